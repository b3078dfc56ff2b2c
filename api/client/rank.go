package client

import (
	"context"
	"net/url"
	"strconv"
	"strings"

	"weer/model"
	"weer/model/feed"
)

// A Patient is for whom hospitals are put in order. What is left empty is not
// known.
type Patient struct {
	From     *model.Point // nil: no minutes, and Regions is needed
	KM       float64      // great-circle distance from there; 0: however far
	Regions  []string     // 시도 codes; none: all
	KTAS     int          // 1 to 5; 0: not assessed
	Category string       // code of a disease
	AgeBand  string
	Item     string // code of what is needed; "": a bed of the emergency room for the age
	Limit    int    // how many of the best; 0: the server's default
}

// A Ranked hospital is told with what put it in its place.
type Ranked struct {
	ID    string  `json:"id"`
	Name  string  `json:"name"`
	Tel   string  `json:"tel"`
	Fit   string  `json:"fit"`           // yes, unknown (somebody may ask) or no
	Score float64 `json:"score_minutes"` // less is better
	Item  string  `json:"item"`          // what was looked for there
	Net   struct {
		State     model.NetState `json:"state"`
		Free      *int           `json:"free"` // nil unless it is known
		Contested *int           `json:"contested"`
	} `json:"net"`
	ObservedAt feed.Time      `json:"observed_at"`
	Freshness  feed.Freshness `json:"freshness"`
	Console    model.Reach    `json:"console"` // "" when there never was one
	Road       *struct {      // nil when nobody knows the way
		Minutes float64 `json:"minutes"`
		KM      float64 `json:"km"`
		By      string  `json:"by"` // estimate or osrm
	} `json:"road"`
	Reasons []struct {
		Part    model.Part     `json:"part"`
		Code    model.FactCode `json:"code"`
		Fit     string         `json:"fit"`
		Minutes float64        `json:"minutes"` // what it adds to the score
		About   string         `json:"about"`
		Count   int            `json:"count"`
		Korean  string         `json:"ko"`
		English string         `json:"en"`
	} `json:"reasons"`
}

// A Ranking is hospitals in order for a patient, the best first. LeftOut is what
// says no to one of KTAS 3 to 5; for others a no comes last in Items.
type Ranking struct {
	Items        []Ranked      `json:"items"`
	Total        int           `json:"total"` // also beyond the limit
	LeftOut      []Ranked      `json:"left_out"`
	TotalLeftOut int           `json:"total_left_out"`
	Feeds        []feed.Cursor `json:"feeds"` // from where in each feed that is
}

// Rank puts hospitals in order for a patient.
func (r *REST) Rank(ctx context.Context, p Patient) (out Ranking, err error) {
	err = r.get(ctx, "/rank", p.query(), &out)
	return out, err
}

func (p Patient) query() url.Values {
	number := func(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
	q := url.Values{}
	if p.From != nil {
		q.Set("lat", number(p.From.Lat))
		q.Set("lon", number(p.From.Lon))
	}
	if p.KM > 0 {
		q.Set("within_km", number(p.KM))
	}
	if p.KTAS > 0 {
		q.Set("ktas", strconv.Itoa(p.KTAS))
	}
	if p.Limit > 0 {
		q.Set("limit", strconv.Itoa(p.Limit))
	}
	for name, value := range map[string]string{"region": strings.Join(p.Regions, ","), "category": p.Category, "age_band": p.AgeBand, "item": p.Item} {
		if value != "" {
			q.Set(name, value)
		}
	}
	return q
}
