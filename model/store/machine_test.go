package store

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"weer/model"
	"weer/model/feed"
)

// The state machine: random changes, removals, prunings and repairs run on
// both databases and on a map, and all three have to agree in every answer.

var machineFeeds = []string{"region:11", "unit:7", "admin"}
var machineKeys = []string{"A1/er", "A1/ER", "a1/er", "x"}

// A modelFeed is what a feed should be.
type modelFeed struct {
	seq, first uint64
	events     map[uint64]string // keys as JSON
	digests    map[uint64]string
	old        uint64 // events up to here are older than two days
	state      map[string]judgedEntry
}

type machine struct {
	t      *testing.T
	stores map[string]*bench
	feeds  map[string]*modelFeed
}

func (m *machine) feed(name string) *modelFeed {
	if m.feeds[name] == nil {
		m.feeds[name] = &modelFeed{first: 1, events: map[uint64]string{}, digests: map[uint64]string{}, state: map[string]judgedEntry{}}
	}
	return m.feeds[name]
}

// step is one call of a change.
type step struct {
	Feed, Key string
	Value     int // negative: remove
}

var steps = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) step {
	return step{
		rapid.SampledFrom(machineFeeds).Draw(t, "feed"), rapid.SampledFrom(machineKeys).Draw(t, "key"),
		rapid.IntRange(-2, 3).Draw(t, "value"),
	}
}), 1, 6)

// change runs one transaction everywhere and compares the events.
func (m *machine) change(rt *rapid.T) {
	calls := steps.Draw(rt, "calls")
	want := m.expect(calls)
	for name, b := range m.stores {
		_, events, err := b.Write(m.t.Context(), func(_ context.Context, tx model.Tx) error {
			for _, c := range calls {
				if c.Value < 0 {
					if err := tx.Remove(c.Feed, c.Key); err != nil {
						return err
					}
				} else if err := tx.Put(c.Feed, c.Key, c.Value); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || told(events) != want {
			rt.Fatalf("%s: %s, %v; want %s", name, told(events), err, want)
		}
		for _, e := range events {
			if got, want := e.Digest.String(), m.feed(e.Feed).digests[e.To]; got != want {
				rt.Fatalf("%s: %s %d has digest %s, want %s", name, e.Feed, e.To, got, want)
			}
		}
	}
}

// expect applies calls to the model and tells the events.
func (m *machine) expect(calls []step) string {
	last := map[string]map[string]int{}
	for _, c := range calls {
		if last[c.Feed] == nil {
			last[c.Feed] = map[string]int{}
		}
		last[c.Feed][c.Key] = c.Value
	}
	var events []feed.Event
	for _, name := range slices.Sorted(maps.Keys(last)) {
		if keys := m.feed(name).move(last[name]); keys != "" {
			seq := m.feed(name).seq
			events = append(events, feed.Event{Feed: name, From: seq, To: seq, Keys: json.RawMessage(keys)})
		}
	}
	return told(events)
}

func (f *modelFeed) move(calls map[string]int) string {
	var parts []string
	for _, key := range slices.Sorted(maps.Keys(calls)) {
		old, known := f.state[key]
		switch v := calls[key]; {
		case v >= 0:
			f.state[key] = judgedEntry{Key: key, Seq: int64(f.seq + 1), Value: json.RawMessage(fmt.Sprint(v))}
			parts = append(parts, fmt.Sprintf(`{"key":"%s","seq":%d,"value":%d}`, key, f.seq+1, v))
		case known && !old.Gone:
			f.state[key] = judgedEntry{Key: key, Seq: int64(f.seq + 1), Gone: true}
			parts = append(parts, fmt.Sprintf(`{"key":"%s","seq":%d,"gone":true}`, key, f.seq+1))
		}
	}
	if parts == nil {
		return ""
	}
	return f.append("[" + join(parts) + "]")
}

func join(parts []string) (s string) {
	for i, p := range parts {
		if i > 0 {
			s += ","
		}
		s += p
	}
	return s
}

func (f *modelFeed) append(keys string) string {
	f.seq++
	f.events[f.seq], f.digests[f.seq] = keys, digestOf(f.state)
	return keys
}

// time lets two days pass for the events so far of a feed.
func (m *machine) time(rt *rapid.T) {
	name := rapid.SampledFrom(machineFeeds).Draw(rt, "feed")
	f := m.feed(name)
	f.old = uint64(rapid.IntRange(int(f.old), int(f.seq)).Draw(rt, "old"))
	for _, b := range m.stores {
		b.age(m.t, name, f.old)
	}
}

func (m *machine) prune(rt *rapid.T) {
	var want int64
	for _, f := range m.feeds {
		for f.first <= f.old && f.first < f.seq {
			delete(f.events, f.first)
			f.first++
			want++
		}
		maps.DeleteFunc(f.state, func(_ string, e judgedEntry) bool { return e.Gone && e.Seq < int64(f.first) })
	}
	for name, b := range m.stores {
		if n, err := b.Prune(m.t.Context(), twoDays); err != nil || n != want {
			rt.Fatalf("%s: pruned %d, %v; want %d", name, n, err, want)
		}
	}
}

func (m *machine) repair(rt *rapid.T) {
	name := rapid.SampledFrom(machineFeeds).Draw(rt, "feed")
	f := m.feed(name)
	if f.seq == 0 {
		return
	}
	want := f.digests[f.seq]
	f.append("[]")
	for id, b := range m.stores {
		old, now, err := b.Repair(m.t.Context(), name)
		if err != nil || old.String() != want || now != old {
			rt.Fatalf("%s: repaired %s to %s, %v; want %s", id, old, now, err, want)
		}
	}
}

// look compares snapshots and events with the model.
func (m *machine) look(rt *rapid.T) {
	name := rapid.SampledFrom(machineFeeds).Draw(rt, "feed")
	f := m.feed(name)
	cursor := uint64(rapid.IntRange(0, int(f.seq)+1).Draw(rt, "cursor"))
	for id, b := range m.stores {
		s, err := b.Snapshot(m.t.Context(), name)
		if err != nil {
			rt.Fatal(err)
		}
		same := &judgedFeed{states: map[int64]string{int64(f.seq): fingerprint(f.state)}}
		if s.Seq != f.seq || s.First != f.first || same.torn(s) != "" {
			rt.Fatalf("%s: snapshot %+v; want %+v", id, s, f)
		}
		events, err := b.Events(m.t.Context(), []feed.Cursor{{Feed: name, Epoch: s.Epoch, Seq: cursor}})
		if err != nil || told(events) != f.tell(name, cursor) {
			rt.Fatalf("%s: after %d come %s, %v; want %s", id, cursor, told(events), err, f.tell(name, cursor))
		}
	}
}

// tell is what has to come after a cursor.
func (f *modelFeed) tell(name string, cursor uint64) string {
	var events []feed.Event
	for seq := cursor + 1; seq <= f.seq && cursor+1 >= f.first; seq++ {
		events = append(events, feed.Event{Feed: name, From: seq, To: seq, Keys: json.RawMessage(f.events[seq])})
	}
	return told(events)
}

func TestBothDatabasesDoWhatAMapDoes(t *testing.T) {
	stores := map[string]*bench{}
	for name, newURL := range databases {
		stores[name] = newBench(t, newURL(t))
	}
	rapid.Check(t, func(rt *rapid.T) {
		m := &machine{t, stores, map[string]*modelFeed{}}
		for _, b := range stores {
			b.clear(t)
		}
		actions := map[string]func(*rapid.T){"change": m.change, "time": m.time, "prune": m.prune, "repair": m.repair, "look": m.look}
		order := rapid.SliceOfN(rapid.SampledFrom([]string{"change", "change", "change", "time", "prune", "repair", "look"}), 3, 12).Draw(rt, "actions")
		for _, a := range order {
			actions[a](rt)
		}
		m.look(rt)
		for _, b := range stores {
			b.sound(t)
		}
	})
}
