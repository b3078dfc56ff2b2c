package api

import (
	"context"
	"net/http"

	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
)

// A RankedHospital is a hospital in its place for a patient, with what put it
// there.
type RankedHospital struct {
	Hospital
	Fit        string          `json:"fit" enum:"yes,unknown,no" doc:"As bad as the worst that is known of its door, its acceptance and its beds. unknown is no no: somebody may ask."`
	Score      float64         `json:"score_minutes" minimum:"0" doc:"Those of the way, and what each reason adds; less is better."`
	Item       string          `json:"item" maxLength:"60" example:"er.general" doc:"What was looked for here: for a child beds for children, where the hospital tells of them."`
	Net        NetAvailability `json:"net"`
	ObservedAt feed.Time       `json:"observed_at" doc:"Of the number; null when it could not be read."`
	Freshness  feed.Freshness  `json:"freshness" enum:"fresh,ageing,stale,withdrawn" doc:"Its age by the server's clock."`
	Acceptance *RankAcceptance `json:"acceptance,omitempty" doc:"What is said of the category, where one was given."`
	Console    model.Reach     `json:"console,omitempty" maxLength:"20" example:"audible" doc:"Whether a request would be noticed: audible, visible, open or none (call by telephone); absent when there never was a console."`
	Road       *Road           `json:"road,omitempty" doc:"Absent when nobody knows the way."`
	Reasons    []RankReason    `json:"reasons" maxItems:"7" doc:"In the order in which they are read."`
}

// NetAvailability is what reservations leave of an item.
type NetAvailability struct {
	State     model.NetState `json:"state" enum:"known,unknown,not_reported,not_offered,undated,withdrawn" doc:"Whether there is a number that may be believed."`
	Free      *int           `json:"free,omitempty" example:"3" doc:"What is left after all holds, negative over capacity; absent unless it is known."`
	Contested *int           `json:"contested,omitempty" example:"1" doc:"What is left of it if everybody who asks hears yes."`
}

// A RankAcceptance is what is said of the patient's disease.
type RankAcceptance struct {
	State model.Acceptance `json:"state" enum:"accepts,refuses,not_reported"`
	Note  string           `json:"note,omitempty" maxLength:"1000" doc:"Limits of age or weight, free text."`
	Since feed.Time        `json:"since" doc:"When it was first heard so."`
}

// A RankReason is one reason of a hospital's place, in a code and in words.
type RankReason struct {
	Part    model.Part     `json:"part" enum:"door,acceptance,minutes,beds,age,level,console" doc:"What it speaks of; each at most once."`
	Code    model.FactCode `json:"code" maxLength:"40" example:"accepted"`
	Fit     string         `json:"fit" enum:"yes,unknown,no" doc:"Good, to be asked about, or a no."`
	Minutes float64        `json:"minutes" minimum:"0" doc:"What it adds to the score."`
	About   string         `json:"about,omitempty" maxLength:"60" doc:"Code of the disease, the item, the announcement's reason or the level that it speaks of."`
	Count   int            `json:"count" doc:"Beds, patients above capacity, minutes, or seconds of age; as the code says."`
	Korean  string         `json:"ko" maxLength:"100" example:"심근경색 가능"`
	English string         `json:"en" maxLength:"100" example:"MI: accepted"`
}

type rankInput struct {
	Lat      float64  `query:"lat" minimum:"-90" maximum:"90" example:"37.5663" doc:"Where the patient is. Without it there are no minutes, and a region is needed."`
	Lon      float64  `query:"lon" minimum:"-180" maximum:"180" example:"126.9779"`
	KM       float64  `query:"within_km" minimum:"0" maximum:"1000" doc:"Great-circle distance from the patient. 0: however far."`
	Region   []string `query:"region" maxItems:"20" maxLength:"2" doc:"Only these 시도."`
	KTAS     int      `query:"ktas" minimum:"0" maximum:"5" doc:"1 to 5; 0 or absent: not assessed."`
	Category string   `query:"category" maxLength:"60" example:"severe.mi_reperfusion" doc:"Code of the disease that it looks like; see /diseases."`
	AgeBand  string   `query:"age_band" maxLength:"20" doc:"newborn, infant, child, adolescent, adult or elderly."`
	Item     string   `query:"item" maxLength:"60" doc:"Code of what is needed; default: a bed of the emergency room for the age."`
	Limit    int      `query:"limit" minimum:"1" maximum:"50" default:"4" doc:"How many of the best."`
}

// A Ranking is hospitals in order for a patient.
type Ranking struct {
	Items        []RankedHospital `json:"items" maxItems:"50" doc:"The best first."`
	Total        int              `json:"total" minimum:"0" doc:"How many there are, beyond the limit too."`
	LeftOut      []RankedHospital `json:"left_out" maxItems:"50" doc:"What says no to a patient of KTAS 3 to 5, the least no first. For others nothing is left out: a no comes last among the items."`
	TotalLeftOut int              `json:"total_left_out" minimum:"0"`
	Places
}

type rankOutput struct{ Body Ranking }

func (r *rest) rank() {
	add(r, operation{
		ID: "rank-hospitals", Method: http.MethodGet, Path: "/rank", Tag: hospitalsTag, Right: model.ReadBoard,
		Summary: "Hospitals in order for a patient, with the reasons",
		Text: "By minutes of driving and what each reason is worth in minutes: a stale number counts as a quarter of an hour. " +
			"What says no comes last, what is not known lies between yes and no, and for KTAS 1 and 2, or before anybody has assessed it, nothing is hidden.",
	}, r.server.rank)
}

func (in *rankInput) need() (model.Need, error) {
	n := model.Need{Triage: model.Triage{KTAS: in.KTAS, Category: in.Category, AgeBand: in.AgeBand}, Item: in.Item}
	return n, fault.All(n.Check(), checkRegions(in.Region...), in.checkPlace())
}

// from is where the patient is, nil when nobody said it. Nobody is at 0,0.
func (in *rankInput) from() *model.Point {
	if in.Lat == 0 && in.Lon == 0 {
		return nil
	}
	return &model.Point{Lat: in.Lat, Lon: in.Lon}
}

func (in *rankInput) checkPlace() error {
	from := in.from()
	switch {
	case from != nil && !from.InKorea():
		return fault.Bad("lat", "lies with lon outside of Korea")
	case from == nil && in.KM > 0:
		return fault.Bad("within_km", "counts from lat and lon, which are missing")
	case from == nil && len(in.Region) == 0:
		return fault.Bad("lat", "is needed with lon, or a region")
	}
	return nil
}

func (s *Server) rank(ctx context.Context, in *rankInput) (*rankOutput, error) {
	need, err := in.need()
	if err != nil {
		return nil, err
	}
	c, err := s.service.Capacity(ctx, model.HospitalFilter{Regions: in.Region})
	if err != nil {
		return nil, err
	}
	need.Now = c.Now
	cards, ways := s.around(ctx, in, c)
	need.Minutes = make(map[string]float64, len(ways))
	for id, way := range ways {
		need.Minutes[id] = way.Minutes
	}
	out := Ranking{Items: []RankedHospital{}, LeftOut: []RankedHospital{}, Places: placesFor(ctx, c.Heads)}
	for _, r := range model.Rank(cards, need, model.DefaultWeights) {
		list, total := &out.Items, &out.Total
		if r.LeftOut {
			list, total = &out.LeftOut, &out.TotalLeftOut
		}
		if *total++; *total <= in.Limit {
			*list = append(*list, rankedOf(r, need, ways[r.Card.ID]))
		}
	}
	return &rankOutput{out}, nil
}

// around are the hospitals that may be asked, and the ways to them by id. The
// nearest come first: a routing server is asked for so many only.
func (s *Server) around(ctx context.Context, in *rankInput, c model.Capacity) (cards []model.Card, ways map[string]*Road) {
	from := in.from()
	var places []*Point
	for _, f := range model.Find(cardsOf(c), model.Query{From: from, WithinKM: in.KM, Now: c.Now}) {
		cards, places = append(cards, *f.Card), append(places, (*Point)(f.Card.Place))
	}
	ways = map[string]*Road{}
	if from == nil {
		return cards, ways
	}
	for i, way := range s.roads(ctx, *from, places) {
		if way != nil {
			ways[cards[i].ID] = way
		}
	}
	return cards, ways
}

func rankedOf(r model.Ranked, n model.Need, way *Road) RankedHospital {
	out := RankedHospital{
		Hospital: cardOf(*r.Card), Fit: r.Fit.String(), Score: r.Score, Item: r.Item, Net: netOf(r.Net),
		ObservedAt: r.ObservedAt, Freshness: freshness(r.ObservedAt, n.Now), Console: r.Card.Console, Road: way,
	}
	if n.Category != "" {
		said := r.Card.Declarations[n.Category]
		if said.State == "" {
			said.State = model.AcceptanceNotStated
		}
		out.Acceptance = &RankAcceptance{said.State, said.Note, said.Since}
	}
	for _, f := range r.Facts {
		out.Reasons = append(out.Reasons, RankReason{f.Part(), f.Code, f.Fit().String(), f.Minutes, f.About, f.Count, f.Korean(), f.English()})
	}
	return out
}

func netOf(n model.Net) NetAvailability {
	out := NetAvailability{State: n.State}
	if n.State == model.NetKnown {
		out.Free, out.Contested = &n.Free, &n.Contested
	}
	return out
}
