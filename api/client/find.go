package client

import (
	"context"
	"net/url"
	"strconv"
	"strings"

	"weer/model"
	"weer/model/feed"
)

// A Need is what is looked for around a place.
type Need struct {
	From     model.Point
	KM       float64  // great-circle distance; 0: however far
	Items    []string // codes of items, each with a free bed or usable
	Diseases []string // codes of diseases that have to be accepted
	Levels   []string
	Regions  []string // 시도 codes; none: all
	Name     string   // a part of it
	Misses   bool     // also what does not fit, with its reasons
	ByRoad   bool     // within each fit by minutes of driving instead of distance
}

// A Found hospital is told with how it fits and how long the way is.
type Found struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Tel  string `json:"tel"`
	// Fit is yes, unknown (somebody may ask) or no, as bad as its worst reason.
	Fit     string `json:"fit"`
	Reasons []struct {
		About string    `json:"about"`
		Fit   string    `json:"fit"`
		Why   model.Why `json:"why"`
	} `json:"reasons"`
	Road *struct { // nil when nobody knows where the hospital is
		Minutes float64 `json:"minutes"`
		KM      float64 `json:"km"`
		By      string  `json:"by"` // estimate or osrm
	} `json:"road"`
}

// Find returns the hospitals that may take a patient, the best first, and from
// where in each feed that is.
func (r *REST) Find(ctx context.Context, n Need) (found []Found, at []feed.Cursor, err error) {
	var out struct {
		Items []Found
		Feeds []feed.Cursor
	}
	err = r.get(ctx, "/find", n.query(), &out)
	return out.Items, out.Feeds, err
}

func (n Need) query() url.Values {
	number := func(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
	q := url.Values{"lat": {number(n.From.Lat)}, "lon": {number(n.From.Lon)}}
	for name, list := range map[string][]string{"items": n.Items, "diseases": n.Diseases, "level": n.Levels, "region": n.Regions} {
		if len(list) > 0 {
			q.Set(name, strings.Join(list, ","))
		}
	}
	if n.KM > 0 {
		q.Set("km", number(n.KM))
	}
	if n.Name != "" {
		q.Set("name", n.Name)
	}
	if n.Misses {
		q.Set("misses", "true")
	}
	if n.ByRoad {
		q.Set("sort", "road")
	}
	return q
}
