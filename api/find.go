package api

import (
	"cmp"
	"context"
	"net/http"
	"slices"

	"weer/api/road"
	"weer/model"
	"weer/model/fault"
)

// A Router knows the roads: [road.Router].
type Router interface {
	Legs(ctx context.Context, from model.Point, to []model.Point) []road.Leg
}

// estimates are a Router without a server.
type estimates struct{}

func (estimates) Legs(_ context.Context, from model.Point, to []model.Point) []road.Leg {
	legs := make([]road.Leg, len(to))
	for i, p := range to {
		legs[i] = road.Estimate(from, p)
	}
	return legs
}

// A FoundHospital is a hospital with how it fits what is looked for.
type FoundHospital struct {
	Hospital
	Fit     string       `json:"fit" enum:"yes,unknown,no" doc:"yes, unknown (somebody may ask) or no: as bad as its worst reason."`
	Reasons []FindReason `json:"reasons" maxItems:"100" doc:"What is not a yes, and why."`
	Road    *Road        `json:"road,omitempty" doc:"Absent when nobody knows where the hospital is."`
}

// A FindReason is one criterion that a hospital does not surely meet.
type FindReason struct {
	About string    `json:"about" maxLength:"60" example:"icu.general" doc:"Code of the item or disease, or name, region, level, distance."`
	Fit   string    `json:"fit" enum:"unknown,no"`
	Why   model.Why `json:"why" enum:"far,no_place,name,region,level,no_level,full,not_offered,not_reported,unknown,no_time,too_old,refused,announcement"`
}

// A Road is the way to a hospital.
type Road struct {
	Minutes float64  `json:"minutes" minimum:"0" doc:"Of driving."`
	KM      float64  `json:"km" minimum:"0" doc:"Of road."`
	By      road.By  `json:"by" enum:"estimate,osrm" doc:"estimate: from the great-circle distance with an assumed detour and speed; osrm: a routing server's word."`
	Why     road.Why `json:"why,omitempty" enum:"timeout,unreachable,bad_answer,implausible,no_route,resting,too_many" doc:"Why an estimate stands where the routing server's word should."`
}

type findInput struct {
	Paging
	Lat      float64  `query:"lat" required:"true" minimum:"-90" maximum:"90" example:"37.5663" doc:"Where the patient is."`
	Lon      float64  `query:"lon" required:"true" minimum:"-180" maximum:"180" example:"126.9779"`
	KM       float64  `query:"km" minimum:"0" maximum:"1000" doc:"Great-circle distance. 0: however far."`
	Items    []string `query:"items" maxItems:"20" maxLength:"60" doc:"Codes of items that are needed, each with a free bed or usable; with commas between them."`
	Diseases []string `query:"diseases" maxItems:"10" maxLength:"60" doc:"Codes of diseases that have to be accepted."`
	Level    []string `query:"level" maxItems:"10" maxLength:"20"`
	Region   []string `query:"region" maxItems:"20" maxLength:"2" doc:"Only these 시도."`
	Name     string   `query:"name" maxLength:"100" doc:"Part of a name."`
	Misses   bool     `query:"misses" doc:"Also what does not fit, with its reasons."`
	Sort     string   `query:"sort" enum:"distance,road" default:"distance" doc:"Within each fit: by great-circle distance, or by minutes of driving."`
}

// A FindPage is a part of what was found, the best fit first.
type FindPage struct {
	Page[FoundHospital]
	Places
}

type findOutput struct{ Body FindPage }

func (r *rest) find() {
	add(r, operation{
		ID: "find-hospitals", Method: http.MethodGet, Path: "/find", Tag: hospitalsTag, Right: model.ReadBoard,
		Summary: "Hospitals that may take a patient, with what speaks against them",
		Text:    "Nothing that may fit is left out: unknown is no no. A number that is withdrawn or of no known time is unknown, however good it looks.",
	}, r.server.find)
}

func (in *findInput) query() (model.Query, error) {
	from := model.Point{Lat: in.Lat, Lon: in.Lon}
	errs := []error{checkRegions(in.Region...)}
	if !from.InKorea() {
		errs = append(errs, fault.Bad("lat", "lies with lon outside of Korea"))
	}
	for _, code := range in.Items {
		if _, ok := model.ItemByCode(code); !ok {
			errs = append(errs, fault.Bad("items", "has a code of no item: see /items"))
			break
		}
	}
	for _, code := range in.Diseases {
		if _, ok := model.DiseaseByCode(code); !ok {
			errs = append(errs, fault.Bad("diseases", "has a code of no disease: see /diseases"))
			break
		}
	}
	q := model.Query{From: &from, WithinKM: in.KM, Items: in.Items, Diseases: in.Diseases, Name: in.Name, Misses: in.Misses}
	for _, l := range in.Level {
		q.Levels = append(q.Levels, model.Level(l))
	}
	return q, fault.All(errs...)
}

func (s *Server) find(ctx context.Context, in *findInput) (*findOutput, error) {
	q, err := in.query()
	if err != nil {
		return nil, err
	}
	c, err := s.service.Capacity(ctx, model.HospitalFilter{Regions: in.Region})
	if err != nil {
		return nil, err
	}
	q.Now = c.Now
	list := []FoundHospital{}
	for _, f := range model.Find(cardsOf(c), q) {
		list = append(list, foundOf(f))
	}
	if in.Sort == "road" {
		s.drive(ctx, *q.From, list)
		slices.SortStableFunc(list, FoundHospital.sooner)
	}
	page, err := pageOf(in.Paging, list, func(f FoundHospital) string { return f.ID })
	if err == nil && in.Sort != "road" {
		s.drive(ctx, *q.From, page.Items)
	}
	return &findOutput{FindPage{page, placesFor(ctx, c.Heads)}}, err
}

func foundOf(f model.Found) FoundHospital {
	out := FoundHospital{Hospital: cardOf(*f.Card), Fit: f.Fit.String(), Reasons: []FindReason{}}
	if f.HasKM {
		out.KM = ptr(f.KM)
	}
	for _, r := range f.Reasons {
		out.Reasons = append(out.Reasons, FindReason{r.About, r.Fit.String(), r.Why})
	}
	return out
}

// drive finds the ways to the hospitals that have a place.
func (s *Server) drive(ctx context.Context, from model.Point, list []FoundHospital) {
	places := make([]*Point, len(list))
	for i, f := range list {
		places[i] = f.Place
	}
	for i, way := range s.roads(ctx, from, places) {
		list[i].Road = way
	}
}

// roads are the ways to places, in one request; nil to where nobody knows.
func (s *Server) roads(ctx context.Context, from model.Point, places []*Point) []*Road {
	var to []model.Point
	var of []int
	for i, p := range places {
		if p != nil {
			to, of = append(to, model.Point(*p)), append(of, i)
		}
	}
	ways := make([]*Road, len(places))
	for i, leg := range s.router.Legs(ctx, from, to) {
		ways[of[i]] = &Road{leg.Minutes, leg.KM, leg.By, leg.Why}
	}
	return ways
}

// sooner orders by fit, then by minutes; what has no place comes last.
func (f FoundHospital) sooner(other FoundHospital) int {
	minutes := func(f FoundHospital) float64 {
		if f.Road == nil {
			return 1e9
		}
		return f.Road.Minutes
	}
	fits := []string{"yes", "unknown", "no"}
	return cmp.Or(cmp.Compare(slices.Index(fits, f.Fit), slices.Index(fits, other.Fit)), cmp.Compare(minutes(f), minutes(other)))
}
