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
	level    string // in two syllables; "" when the list does not say
	er, icu  count
	reported bool      // somebody said something of its beds: a source, or a person
	observed feed.Time // of the source that is shown; without one, of the person's word
	state    feed.Freshness
	notices  []string // the texts of the announcements in force, the most important first
}

// A count is a reading with what it is worth. A person's word (병원 확인) is as
// old as the person's word, whatever the source beside it.
type count struct {
	model.Reading
	state     feed.Freshness
	confirmed bool // 병원 확인
}

// known reports whether the count says how many beds are free.
func (c count) known() bool { return c.State == model.Known && c.state != feed.Withdrawn }

// rowsOf makes the rows of a board, sorted by name, judged at the server's clock.
func rowsOf(board []feed.Entry, now time.Time, t feed.Timings) []row {
	hospitals := map[string]map[string]json.RawMessage{}
	for _, e := range board {
		id, name, ok := strings.Cut(e.Key, "/")
		if !ok || !shown(name) {
			continue
		}
		if hospitals[id] == nil {
			hospitals[id] = map[string]json.RawMessage{}
		}
		hospitals[id][e.Key] = e.Value
	}
	rows := make([]row, 0, len(hospitals))
	for id, keys := range hospitals {
		rows = append(rows, readReport(id, keys).row(now, t))
	}
	return named(rows)
}

// named gives every row a name that no other row has.
func named(rows []row) []row {
	count := map[string]int{}
	for i := range rows {
		rows[i].name = spoken(rows[i].full)
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
	if !r.er.known() {
		return -1 << 30
	}
	return r.er.Value
}

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
		if r.er.known() {
			t.free += max(0, r.er.Value)
			t.reported++
		}
	}
	return t
}

// lateSources names the sources that missed two of their intervals, the ones
// that move fastest first.
func lateSources(sources map[string]feed.Source, now time.Time) (late []string) {
	for name, s := range sources {
		if s.Late(now) {
			late = append(late, name)
		}
	}
	slices.SortFunc(late, bySource)
	return late
}

var sourceOrder = []string{model.SourceBeds, model.SourceAcceptance, model.SourceAnnouncements, model.SourceInstitutions}

// bySource puts sources that it does not know before the others: their names
// are the longest, and must not be what is cut off.
func bySource(a, b string) int {
	return cmp.Or(cmp.Compare(slices.Index(sourceOrder, a), slices.Index(sourceOrder, b)), strings.Compare(a, b))
}
