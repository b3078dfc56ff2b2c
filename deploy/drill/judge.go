package drill

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// A Held is what somebody holds under a key.
type Held struct {
	Seq   uint64
	Value string // canonical JSON
}

// A Board is all that somebody holds of a feed, by key.
type Board map[string]Held

// A Shown is a display at one moment.
type Shown struct {
	Who   string
	Feed  string
	Seq   uint64
	Board Board
}

// Verdict returns every contradiction between the displays, the feeds' keys,
// the log of events, the domain's rows and the runs; none when all say the same.
func (r *Record) Verdict(shown []Shown) []string {
	faults := r.log()
	faults = append(faults, r.replay()...)
	faults = append(faults, r.domain()...)
	faults = append(faults, r.outcomes()...)
	for _, s := range shown {
		faults = append(faults, r.display(s)...)
	}
	return faults
}

// log finds holes and doubles: a feed's events are first_seq to seq, once each.
func (r *Record) log() (faults []string) {
	for name, events := range r.events {
		if _, ok := r.feeds[name]; !ok && len(events) > 0 {
			faults = append(faults, fmt.Sprintf("%s has events and no row", name))
		}
	}
	for name, f := range r.feeds {
		want := f.first
		for _, e := range r.events[name] {
			if e.seq != want {
				faults = append(faults, fmt.Sprintf("%s: event %d stands where %d should", name, e.seq, want))
			}
			want = e.seq + 1
		}
		if want != f.seq+1 {
			faults = append(faults, fmt.Sprintf("%s: its events end at %d, its row says %d", name, want-1, f.seq))
		}
	}
	return faults
}

// replay finds keys that are not what the events say, one after the other. Keys
// older than the oldest event are what they are.
func (r *Record) replay() (faults []string) {
	for name, f := range r.feeds {
		last := map[string]eventKey{}
		for _, e := range r.events[name] {
			for _, k := range e.keys {
				if k.Seq != e.seq {
					faults = append(faults, fmt.Sprintf("%s: event %d sets %s at %d", name, e.seq, k.Key, k.Seq))
				}
				last[k.Key] = k
			}
		}
		told := map[string]keyRow{}
		for key, k := range last {
			told[key] = keyRow{k.Seq, k.Gone, canonical(k.Value)}
		}
		held := maps.Clone(r.keys[name])
		maps.DeleteFunc(held, func(_ string, k keyRow) bool { return k.seq < f.first })
		faults = append(faults, differ(name+": the keys and the events", held, told)...)
	}
	return faults
}

// domain finds keys that are not what the hospitals' rows say, and rows without
// their keys.
func (r *Record) domain() (faults []string) {
	for name := range r.feeds {
		if !strings.HasPrefix(name, "region:") {
			continue
		}
		held := map[string]string{}
		for k, v := range r.live(name) {
			held[k] = v.Value
		}
		faults = append(faults, differ(name+": the keys and the hospitals' rows", held, r.truth[name])...)
	}
	for name := range r.truth {
		if _, ok := r.feeds[name]; !ok {
			faults = append(faults, fmt.Sprintf("%s has hospitals and no feed", name))
		}
	}
	return append(faults, r.odd...)
}

// display finds what a display shows and should not, and what it lacks.
func (r *Record) display(s Shown) []string {
	who := fmt.Sprintf("%s of %s", s.Who, s.Feed)
	var faults []string
	if head := r.feeds[s.Feed].seq; s.Seq != head {
		faults = append(faults, fmt.Sprintf("%s is at %d, the feed at %d", who, s.Seq, head))
	}
	return append(faults, differ(who+" and the database", s.Board, r.live(s.Feed))...)
}

func (r *Record) live(name string) Board {
	board := Board{}
	for key, k := range r.keys[name] {
		if !k.gone {
			board[key] = Held{k.seq, k.value}
		}
	}
	return board
}

// differ lists the keys on which two sides are not of one mind.
func differ[V comparable](sides string, a, b map[string]V) (faults []string) {
	all := slices.Collect(maps.Keys(a))
	for k := range b {
		if _, both := a[k]; !both {
			all = append(all, k)
		}
	}
	slices.Sort(all)
	for _, k := range all {
		x, inA := a[k]
		y, inB := b[k]
		switch {
		case !inA:
			faults = append(faults, fmt.Sprintf("%s: only the second has %s = %v", sides, k, y))
		case !inB:
			faults = append(faults, fmt.Sprintf("%s: only the first has %s = %v", sides, k, x))
		case x != y:
			faults = append(faults, fmt.Sprintf("%s: %s is %v and %v", sides, k, x, y))
		}
	}
	return faults
}

// canonical writes JSON in one form: no blanks, names sorted, numbers as they were.
func canonical(raw json.RawMessage) string {
	if len(raw) == 0 {
		return ""
	}
	return canonicals.of(string(raw), func() string {
		var v any
		if err := decode(raw, &v); err != nil {
			return "not JSON: " + string(raw)
		}
		b, err := json.Marshal(v)
		if err != nil {
			return "not JSON: " + string(raw)
		}
		return string(b)
	})
}

// decode reads JSON and keeps numbers as they are written.
func decode(raw []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	return dec.Decode(into)
}

// A memo keeps what was made of a text: the judge reads the same database once
// for every lie.
type memo[V any] struct {
	mu   sync.Mutex
	made map[string]V
}

func (m *memo[V]) of(text string, make func() V) V {
	m.mu.Lock()
	defer m.mu.Unlock()
	v, ok := m.made[text]
	if !ok {
		v = make()
		m.made[text] = v
	}
	return v
}

var canonicals = &memo[string]{made: map[string]string{}}

// moment writes milliseconds since 1970 as the values do.
func moment(ms int64) any {
	if ms == 0 {
		return nil
	}
	return time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05.000Z")
}
