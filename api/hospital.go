package api

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"weer/model"
	"weer/model/fault"
)

// A Point is a place on earth.
type Point struct {
	Lat float64 `json:"lat" minimum:"-90" maximum:"90" example:"37.5663" doc:"Degrees, WGS 84."`
	Lon float64 `json:"lon" minimum:"-180" maximum:"180" example:"126.9779"`
}

// A Hospital (의료기관) is who it is and where, by the national list with an
// administrator's overrides, else by its bed reports.
type Hospital struct {
	ID         string      `json:"id" maxLength:"8" example:"A1100001" doc:"hpid (기관ID)."`
	Name       string      `json:"name" maxLength:"400" example:"경희대학교병원"`
	Short      string      `json:"short_name,omitempty" maxLength:"400" doc:"As people say it."`
	Region     string      `json:"region" maxLength:"2" example:"11" doc:"시도 code."`
	District   string      `json:"district,omitempty" maxLength:"40" example:"동대문구"`
	Address    string      `json:"address,omitempty" maxLength:"400"`
	Level      model.Level `json:"level,omitempty" maxLength:"20" example:"G006" doc:"dutyEmcls; absent when nobody says it."`
	LevelName  string      `json:"level_name,omitempty" maxLength:"100" example:"지역응급의료센터"`
	Tel        string      `json:"tel,omitempty" maxLength:"200" doc:"Of the emergency room."`
	MainTel    string      `json:"main_tel,omitempty" maxLength:"200"`
	Place      *Point      `json:"place,omitempty" doc:"Absent when nobody knows where it is."`
	Overridden []string    `json:"overridden,omitempty" maxItems:"9" doc:"Fields that are an administrator's word against the list."`
	KM         *float64    `json:"distance_km,omitempty" minimum:"0" doc:"Great-circle distance, where one was asked for."`
}

func hospitalOf(h model.Hospital) Hospital {
	out := cardOf(h.Card())
	for field := range h.Overrides {
		out.Overridden = append(out.Overridden, field)
	}
	slices.Sort(out.Overridden)
	return out
}

func cardOf(c model.Card) Hospital {
	out := Hospital{
		ID: c.ID, Name: c.Name, Short: c.Short, Region: c.Region, District: c.District, Address: c.Address,
		Level: c.Level, LevelName: c.LevelName, Tel: c.Tel, MainTel: c.MainTel,
	}
	if c.Place != nil {
		out.Place = &Point{c.Place.Lat, c.Place.Lon}
	}
	return out
}

// A HospitalPage is a part of a list of hospitals.
type HospitalPage struct {
	Page[Hospital]
	Places
}

type listHospitalsInput struct {
	Paging
	Region []string `query:"region" maxItems:"20" maxLength:"2" doc:"시도 codes, with commas between them."`
	Level  []string `query:"level" maxItems:"10" maxLength:"20" doc:"Levels (dutyEmcls), with commas between them."`
	Q      string   `query:"q" maxLength:"100" doc:"Part of a name."`
	BBox   string   `query:"bbox" maxLength:"100" example:"126.8,37.4,127.2,37.7" doc:"West, south, east and north in degrees."`
	Near   string   `query:"near" maxLength:"60" example:"37.5663,126.9779" doc:"Latitude and longitude: distances are from here."`
	KM     float64  `query:"km" minimum:"0" maximum:"1000" doc:"With near: only what lies within so many km. 0: however far."`
	Sort   string   `query:"sort" enum:"id,-id,name,-name,distance,-distance" doc:"Default: distance with near, else id. What has no place is the farthest."`
}

type listHospitalsOutput struct{ Body HospitalPage }

// A HospitalRecord is one hospital, and from where its values are.
type HospitalRecord struct {
	Hospital
	Places
}

type readHospitalInput struct {
	HospitalRef
	Conditions
}

type readHospitalOutput struct {
	Tagged
	Body HospitalRecord
}

const hospitalsTag = "Hospitals"

func (r *rest) hospitals() {
	add(r, operation{
		ID: "list-hospitals", Method: http.MethodGet, Path: "/hospitals", Tag: hospitalsTag, Right: model.ReadBoard,
		Summary: "Hospitals by region, level, name and place",
	}, r.server.listHospitals)
	add(r, operation{
		ID: "get-hospital", Method: http.MethodGet, Path: "/hospitals/{id}", Tag: hospitalsTag, Right: model.ReadBoard,
		Summary: "One hospital",
	}, r.server.readHospital)
}

func (s *Server) readHospital(ctx context.Context, in *readHospitalInput) (*readHospitalOutput, error) {
	h, c, err := s.service.Hospital(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	out := hospitalOf(h)
	tag := tagOf(out)
	if err := in.unchanged(tag); err != nil {
		return nil, err
	}
	return &readHospitalOutput{Tagged{tag}, HospitalRecord{out, placesFor(ctx, c.Heads)}}, nil
}

func (s *Server) listHospitals(ctx context.Context, in *listHospitalsInput) (*listHospitalsOutput, error) {
	near, box, err := in.places()
	if err != nil {
		return nil, err
	}
	c, err := s.service.Capacity(ctx, model.HospitalFilter{Regions: in.Region})
	if err != nil {
		return nil, err
	}
	var list []Hospital
	for _, f := range model.Find(cardsOf(c), in.query(near, c)) {
		h := hospitalOf(c.Hospitals[f.Card.ID])
		if f.HasKM {
			h.KM = ptr(f.KM)
		}
		if f.Fit == model.FitYes && (box == nil || box.holds(h.Place)) {
			list = append(list, h)
		}
	}
	sortHospitals(list, cmp.Or(in.Sort, map[bool]string{true: "distance", false: "id"}[near != nil]))
	page, err := pageOf(in.Paging, list, func(h Hospital) string { return h.ID })
	return &listHospitalsOutput{HospitalPage{page, placesFor(ctx, c.Heads)}}, err
}

func (in *listHospitalsInput) query(near *model.Point, c model.Capacity) model.Query {
	q := model.Query{From: near, Name: in.Q, Now: c.Now}
	if near != nil {
		q.WithinKM = in.KM
	}
	for _, l := range in.Level {
		q.Levels = append(q.Levels, model.Level(l))
	}
	return q
}

// places reads what is written as numbers with commas between them.
func (in *listHospitalsInput) places() (near *model.Point, box *bbox, err error) {
	var badNear, badBox, badKM, badSort error
	if in.Near != "" {
		n, ok := numbers(in.Near, 2)
		if near = new(model.Point); ok {
			*near = model.Point{Lat: n[0], Lon: n[1]}
		}
		if !ok || !near.InKorea() {
			badNear = fault.Bad("near", "is a latitude and a longitude in Korea, with a comma between them")
		}
	} else if in.KM > 0 {
		badKM = fault.Bad("km", "counts from near, which is missing")
	}
	if in.Near == "" && strings.HasSuffix(in.Sort, "distance") {
		badSort = fault.Bad("sort", "by distance is from near, which is missing")
	}
	if in.BBox != "" {
		n, ok := numbers(in.BBox, 4)
		if !ok || n[0] > n[2] || n[1] > n[3] {
			badBox = fault.Bad("bbox", "is west, south, east and north in degrees, with commas between them")
		} else {
			box = &bbox{n[0], n[1], n[2], n[3]}
		}
	}
	return near, box, fault.All(checkRegions(in.Region...), badBox, badNear, badKM, badSort)
}

func numbers(text string, n int) (list []float64, ok bool) {
	for part := range strings.SplitSeq(text, ",") {
		f, err := strconv.ParseFloat(strings.TrimSpace(part), 64)
		if err != nil || f < -180 || f > 180 || f != f {
			return nil, false
		}
		list = append(list, f)
	}
	return list, len(list) == n
}

type bbox struct{ west, south, east, north float64 }

func (b bbox) holds(p *Point) bool {
	return p != nil && p.Lon >= b.west && p.Lon <= b.east && p.Lat >= b.south && p.Lat <= b.north
}

func cardsOf(c model.Capacity) []model.Card {
	cards := make([]model.Card, 0, len(c.Hospitals))
	for _, h := range c.Hospitals {
		cards = append(cards, h.Card())
	}
	return cards
}

// sortHospitals orders by one thing and, where that is the same, by id.
func sortHospitals(list []Hospital, by string) {
	name, descending := strings.CutPrefix(by, "-")
	slices.SortFunc(list, func(a, b Hospital) int {
		order := 0
		switch name {
		case "name":
			order = strings.Compare(a.Name, b.Name)
		case "distance":
			order = cmp.Compare(far(a), far(b))
		}
		if order = cmp.Or(order, strings.Compare(a.ID, b.ID)); descending {
			return -order
		}
		return order
	})
}

// far is a distance by which what has none is the farthest.
func far(h Hospital) float64 {
	if h.KM == nil {
		return 1e9
	}
	return *h.KM
}
