package watch

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"weer/model"
	"weer/model/feed"
)

// The two counts that a row shows.
const (
	itemER  = "er.general"  // 응급실 일반병상
	itemICU = "icu.general" // 중환자실 일반
)

// A row is one hospital as the table shows it.
type row struct {
	id       string
	full     string // its official name
	name     string // as people say it
	er, icu  model.Reading
	observed feed.Time
	state    feed.Freshness
}

// rowsOf makes the rows of a board, sorted by name, judged at the server's clock.
func rowsOf(board []feed.Entry, now time.Time, t feed.Timings) []row {
	byID := map[string]*row{}
	var rows []*row
	for _, e := range board {
		id, part, ok := strings.Cut(e.Key, "/")
		if !ok {
			continue
		}
		r := byID[id]
		if r == nil {
			r = &row{id: id, er: model.Reading{State: model.NotReported}, icu: model.Reading{State: model.NotReported}}
			byID[id] = r
			rows = append(rows, r)
		}
		r.take(part, e.Value)
	}
	out := make([]row, len(rows))
	for i, r := range rows {
		r.state = t.FreshnessOf(r.observed, now)
		out[i] = *r
	}
	return named(out)
}

func (r *row) take(part string, value json.RawMessage) {
	switch part {
	case "hospital":
		var h struct{ Name string }
		if json.Unmarshal(value, &h) == nil {
			r.full = clean(h.Name)
		}
	case "egen":
		var times model.SourceTimes
		if json.Unmarshal(value, &times) == nil {
			r.observed = times.ObservedAt // else it stays unknown, which is stale
		}
	case string(model.GroupER):
		r.er = reading(value, itemER)
	case string(model.GroupICU):
		r.icu = reading(value, itemICU)
	}
}

// reading picks one item of a group; a value that cannot be read is unknown.
func reading(value json.RawMessage, item string) model.Reading {
	var all model.Readings
	if json.Unmarshal(value, &all) != nil {
		return model.Reading{State: model.Unknown}
	}
	if r, ok := all[item]; ok {
		return r
	}
	return model.Reading{State: model.NotReported}
}

// named gives every row a name that no other row has.
func named(rows []row) []row {
	count := map[string]int{}
	for i := range rows {
		if rows[i].full == "" {
			rows[i].full = rows[i].id
		}
		rows[i].name = shortName(rows[i].full)
		count[rows[i].name]++
	}
	for i := range rows {
		if count[rows[i].name] > 1 {
			rows[i].name = rows[i].full
		}
	}
	slices.SortFunc(rows, byName)
	return rows
}

func byName(a, b row) int {
	return cmp.Or(strings.Compare(a.name, b.name), strings.Compare(a.id, b.id))
}

// byFree puts most free beds first; what is not known, or not to be shown, last.
func byFree(a, b row) int {
	return cmp.Or(-cmp.Compare(a.rank(), b.rank()), byName(a, b))
}

func (r row) rank() int {
	if !r.counts() {
		return -1 << 30
	}
	return r.er.Value
}

// counts reports whether the row says how many beds are free.
func (r row) counts() bool { return r.er.State == model.Known && r.state != feed.Withdrawn }

func (r row) matches(filter string) bool {
	filter = strings.ToLower(strings.TrimSpace(filter))
	return strings.Contains(strings.ToLower(r.full+" "+r.name+" "+r.id), filter)
}

// A total is a sum that says how many reported. A hospital that is over
// capacity reported, and takes no free bed away from another.
type total struct{ free, reported, hospitals int }

func totalOf(rows []row) total {
	t := total{hospitals: len(rows)}
	for _, r := range rows {
		if r.counts() {
			t.free += max(0, r.er.Value)
			t.reported++
		}
	}
	return t
}

// lateSources names the sources that missed two of their intervals, sorted.
func lateSources(sources map[string]feed.Source, now time.Time) (late []string) {
	for name, s := range sources {
		if s.Late(now) {
			late = append(late, name)
		}
	}
	slices.Sort(late)
	return late
}
