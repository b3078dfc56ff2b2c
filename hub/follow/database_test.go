package follow

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"weer/model/feed"
)

var errDown = errors.New("the database is down")

// A database is an honest little store in memory, with switches for what can
// go wrong. Beside what a Store answers from it remembers, in plain maps, what
// every feed held at every number: that is what judges compare screens with,
// and it shares nothing with digests, states and merges.
type database struct {
	mu      sync.Mutex
	epoch   string
	epochs  int
	feeds   map[string]*table
	history map[string]map[string]string // epoch/feed/seq → key → value
	moves   map[string][]move            // per feed, when it came to be where it is
	sources map[string]feed.Source

	latency                        time.Duration
	noVerify, noSnapshot, noEvents bool
	questions                      questions
	beforeAnswer                   func() // called without the lock after a question was answered, before it arrives
}

// questions are what was asked.
type questions struct {
	snapshots, events int
	since             []feed.Time // of each verification
}

func (db *database) asked() questions {
	db.mu.Lock()
	defer db.mu.Unlock()
	return db.questions
}

type table struct {
	seq, first uint64
	changed    time.Time
	digest     feed.Digest // as stored: planted faults propagate, as in SQL
	entries    map[string]feed.Entry
	events     []feed.Event
}

type move struct {
	at    time.Time
	epoch string
	seq   uint64
}

func newDatabase() *database {
	db := &database{
		epoch: "00000000000000e0", feeds: map[string]*table{}, history: map[string]map[string]string{},
		moves: map[string][]move{}, sources: map[string]feed.Source{"egen.beds": {IntervalMS: 5000}},
	}
	return db
}

func (db *database) table(name string) *table {
	t := db.feeds[name]
	if t == nil {
		t = &table{first: 1, entries: map[string]feed.Entry{}}
		db.feeds[name] = t
	}
	return t
}

// write sets keys, or removes those whose value is "", in one event.
func (db *database) write(name string, keys map[string]string) feed.Hint {
	db.mu.Lock()
	defer db.mu.Unlock()
	t := db.table(name)
	t.seq++
	t.changed = time.Now()
	var changed []feed.Entry
	for _, k := range slices.Sorted(maps.Keys(keys)) {
		e := feed.Entry{Key: k, Seq: t.seq}
		if held, ok := t.entries[k]; ok && !held.Gone {
			t.digest = t.digest.Remove(k, held.Seq)
		}
		if v := keys[k]; v == "" {
			e.Gone = true
		} else {
			e.Value, _ = json.Marshal(v)
			t.digest = t.digest.Add(k, t.seq)
		}
		t.entries[k] = e
		changed = append(changed, e)
	}
	raw, _ := json.Marshal(changed)
	ev := feed.Event{Feed: name, From: t.seq, To: t.seq, Digest: t.digest, Keys: raw}
	t.events = append(t.events, ev)
	db.remember(name)
	return feed.Hint{Epoch: db.epoch, Event: ev}
}

func place(epoch, name string, seq uint64) string { return fmt.Sprintf("%s/%s/%d", epoch, name, seq) }

func (db *database) remember(name string) {
	t := db.table(name)
	now := map[string]string{}
	for k, e := range t.entries {
		if !e.Gone {
			now[k] = string(e.Value)
		}
	}
	db.history[place(db.epoch, name, t.seq)] = now
	db.moves[name] = append(db.moves[name], move{time.Now(), db.epoch, t.seq})
}

// prune forgets all but the newest keep events and the tombstones before them.
func (db *database) prune(name string, keep int) {
	db.mu.Lock()
	defer db.mu.Unlock()
	t := db.table(name)
	if t.seq == 0 || len(t.events) <= keep {
		return
	}
	t.events = slices.Clone(t.events[len(t.events)-keep:])
	t.first = t.events[0].From
	maps.DeleteFunc(t.entries, func(_ string, e feed.Entry) bool { return e.Gone && e.Seq < t.first })
}

// restore goes back by up to n events of each feed into a new epoch: what was
// lost may be written again, differently.
func (db *database) restore(n int) { db.rewind(n, true) }

func (db *database) rewind(n int, newEpoch bool) {
	db.mu.Lock()
	defer db.mu.Unlock()
	old := db.epoch
	if newEpoch {
		db.epochs++
		db.epoch = fmt.Sprintf("%016x", 0xe0+db.epochs)
	}
	for name, t := range db.feeds {
		keep := max(1, len(t.events)-n)
		if keep < len(t.events) {
			t.events = slices.Clone(t.events[:keep])
			t.seq = t.events[keep-1].To
			t.entries, t.digest = map[string]feed.Entry{}, feed.Digest{}
			for k, v := range db.history[place(old, name, t.seq)] {
				// The true versions are lost with the shortcut; any consistent ones do.
				t.entries[k] = feed.Entry{Key: k, Seq: t.seq, Value: json.RawMessage(v)}
				t.digest = t.digest.Add(k, t.seq)
			}
			t.events = t.events[keep-1:]
			t.events[0].Digest = t.digest
			t.first = t.seq
		}
		if !newEpoch {
			db.moves[name] = nil // nobody can know how old a place is any more
		}
		db.remember(name)
	}
}

// lose drops a stored event in the middle, as no honest database does.
func (db *database) lose(name string) {
	db.mu.Lock()
	defer db.mu.Unlock()
	if t := db.table(name); len(t.events) > 1 {
		i := len(t.events) - 2
		t.events = slices.Delete(slices.Clone(t.events), i, i+1)
	}
}

// spoil plants a wrong digest; what follows is computed from it. repair
// recounts, in a new event.
func (db *database) spoil(name string) {
	db.mu.Lock()
	defer db.mu.Unlock()
	t := db.table(name)
	t.digest = t.digest.Add("planted", 1)
	if n := len(t.events); n > 0 {
		t.events = slices.Clone(t.events)
		t.events[n-1].Digest = t.digest
	}
}

func (db *database) repair(name string) feed.Hint {
	db.mu.Lock()
	t := db.table(name)
	t.digest = feed.Digest{}
	for k, e := range t.entries {
		if !e.Gone {
			t.digest = t.digest.Add(k, e.Seq)
		}
	}
	db.mu.Unlock()
	return db.write(name, nil)
}

// ask is what every question goes through.
func (db *database) ask(ctx context.Context, down *bool, answer func()) error {
	db.mu.Lock()
	wait, hook := db.latency, db.beforeAnswer
	db.mu.Unlock()
	if !pause(ctx, wait/2) {
		return ctx.Err()
	}
	db.mu.Lock()
	failed := *down
	if !failed {
		answer()
	}
	db.mu.Unlock()
	if hook != nil {
		hook()
	}
	if !pause(ctx, wait/2) {
		return ctx.Err()
	}
	if failed {
		return errDown
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) bool {
	if d == 0 {
		return true
	}
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

func (db *database) Verify(ctx context.Context, since feed.Time) (v feed.Verification, err error) {
	err = db.ask(ctx, &db.noVerify, func() {
		db.questions.since = append(db.questions.since, since)
		v = feed.Verification{Now: feed.At(time.Now()), Epoch: db.epoch, Mode: "simulated", Sources: db.sources}
		for name, t := range db.feeds {
			if t.seq > 0 && (since == 0 || feed.At(t.changed) >= since) {
				v.Heads = append(v.Heads, feed.Head{Feed: name, Seq: t.seq, First: t.first})
			}
		}
	})
	return v, err
}

func (db *database) Snapshot(ctx context.Context, name string) (s feed.Snapshot, err error) {
	err = db.ask(ctx, &db.noSnapshot, func() {
		db.questions.snapshots++
		s = feed.Snapshot{Head: feed.Head{Feed: name, First: 1}, Epoch: db.epoch}
		if t := db.feeds[name]; t != nil {
			s.Head = feed.Head{Feed: name, Seq: t.seq, First: t.first}
			s.Digest = t.digest
			s.Entries = slices.Collect(maps.Values(t.entries))
		}
	})
	return s, err
}

// maxEvents is small, so that tests meet answers that were cut.
const maxEvents = 20

func (db *database) Events(ctx context.Context, after []feed.Cursor) (list []feed.Event, err error) {
	err = db.ask(ctx, &db.noEvents, func() {
		db.questions.events++
		for _, c := range after {
			if c.Epoch == db.epoch {
				list = append(list, db.after(c)...)
			}
			if len(list) > maxEvents {
				list = list[:maxEvents]
			}
		}
	})
	return list, err
}

func (db *database) after(c feed.Cursor) []feed.Event {
	t := db.feeds[c.Feed]
	if t == nil {
		return nil
	}
	i := slices.IndexFunc(t.events, func(e feed.Event) bool { return e.From == c.Seq+1 })
	if i < 0 {
		return nil
	}
	return t.events[i:]
}

func (db *database) set(change func()) {
	db.mu.Lock()
	defer db.mu.Unlock()
	change()
}

func (db *database) head(name string) (epoch string, seq uint64) {
	db.mu.Lock()
	defer db.mu.Unlock()
	return db.epoch, db.table(name).seq
}

// truth is what a feed held at a place, and whether the place exists.
func (db *database) truth(epoch, name string, seq uint64) (map[string]string, bool) {
	db.mu.Lock()
	defer db.mu.Unlock()
	if seq == 0 {
		return nil, true
	}
	m, ok := db.history[place(epoch, name, seq)]
	return m, ok
}

// staleness tells for how long a place has no longer been the newest.
func (db *database) staleness(name, epoch string, seq uint64, now time.Time) time.Duration {
	db.mu.Lock()
	defer db.mu.Unlock()
	list := db.moves[name]
	for i, m := range list {
		if newer := m.epoch > epoch || (m.epoch == epoch && m.seq > seq); newer {
			return now.Sub(list[i].at)
		}
	}
	return 0
}
