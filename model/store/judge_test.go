package store

import (
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"

	"weer/model/feed"
)

// The judge decides from plain SQL alone whether feeds are whole. It shares no
// code with the store and has its own arithmetic for the digest, so that one
// mistake cannot hide another.

// An entry as the judge reads it.
type judgedEntry struct {
	Key   string          `json:"key"`
	Seq   int64           `json:"seq"`
	Gone  bool            `json:"gone"`
	Value json.RawMessage `json:"value"`
}

type judgedFeed struct {
	seq, first int64
	state      map[string]judgedEntry // feed_key
	states     map[int64]string       // fingerprint of the state after each event
	events     []judgedEvent
}

type judgedEvent struct {
	seq          int64
	digest, body string
}

// fnv32 is FNV-1a in 64-bit arithmetic.
func fnv32(start uint64, text string) uint64 {
	h := start
	for _, b := range []byte(text) {
		h = ((h ^ uint64(b)) * 16777619) % (1 << 32)
	}
	return h
}

func shuffle(h, m1, m2 uint64) uint64 {
	h = ((h ^ h/65536) * m1) % (1 << 32)
	h = ((h ^ h/8192) * m2) % (1 << 32)
	return h ^ h/65536
}

// digestOf sums the live entries.
func digestOf(state map[string]judgedEntry) string {
	var a, b uint64
	for _, e := range state {
		if !e.Gone {
			text := fmt.Sprintf("%s\x00%d", e.Key, e.Seq)
			a += shuffle(fnv32(2166136261, text), 0x85ebca6b, 0xc2b2ae35)
			b += shuffle(fnv32(2538058380, text), 0x7feb352d, 0x846ca68b)
		}
	}
	return fmt.Sprintf("%08x%08x", a%(1<<32), b%(1<<32))
}

// fingerprint names a state, tombstones included.
func fingerprint(state map[string]judgedEntry) string {
	sum := sha256.New()
	for _, key := range slices.Sorted(maps.Keys(state)) {
		e := state[key]
		fmt.Fprintf(sum, "%s %d %v %s\n", e.Key, e.Seq, e.Gone, e.Value)
	}
	return fmt.Sprintf("%x", sum.Sum(nil))
}

// judge reads everything and returns what is wrong with it.
func judge(tb testing.TB, db *sql.DB) (feeds map[string]*judgedFeed, wrong []string) {
	tb.Helper()
	feeds = map[string]*judgedFeed{}
	complain := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	of := func(name string) *judgedFeed {
		if feeds[name] == nil {
			complain("%s has events or keys but no row", name)
			feeds[name] = &judgedFeed{state: map[string]judgedEntry{}, states: map[int64]string{}}
		}
		return feeds[name]
	}
	query(tb, db, "SELECT name, seq, first_seq FROM feed", func(scan func(...any)) {
		var name string
		f := &judgedFeed{state: map[string]judgedEntry{}, states: map[int64]string{}}
		scan(&name, &f.seq, &f.first)
		feeds[name] = f
	})
	query(tb, db, "SELECT feed, seq, digest, body FROM feed_event ORDER BY feed, seq", func(scan func(...any)) {
		var name string
		var e judgedEvent
		scan(&name, &e.seq, &e.digest, &e.body)
		f := of(name)
		f.events = append(f.events, e)
	})
	query(tb, db, "SELECT feed, `key`, seq, gone, value FROM feed_key", func(scan func(...any)) {
		var name, value string
		var e judgedEntry
		scan(&name, &e.Key, &e.Seq, &e.Gone, &value)
		if value != "" {
			e.Value = json.RawMessage(value)
		}
		of(name).state[e.Key] = e
	})
	for name, f := range feeds {
		for _, w := range f.judge() {
			complain("%s: %s", name, w)
		}
	}
	return feeds, wrong
}

func query(tb testing.TB, db *sql.DB, text string, row func(scan func(...any))) {
	tb.Helper()
	rows, err := db.Query(text)
	if err != nil {
		tb.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		row(func(dest ...any) {
			if err := rows.Scan(dest...); err != nil {
				tb.Fatal(err)
			}
		})
	}
	if err := rows.Err(); err != nil {
		tb.Fatal(err)
	}
}

// judge replays the events of a feed and compares with its keys. What was
// pruned cannot be replayed; then the newest digest and the keys are compared.
func (f *judgedFeed) judge() (wrong []string) {
	complain := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	if f.seq > 0 && int64(len(f.events)) != f.seq-f.first+1 {
		complain("%d events from %d to %d", len(f.events), f.first, f.seq)
	}
	replayed, pruned := map[string]judgedEntry{}, f.first > 1
	for i, e := range f.events {
		if e.seq != f.first+int64(i) {
			complain("event %d stands where %d should", e.seq, f.first+int64(i))
		}
		var entries []judgedEntry
		if err := json.Unmarshal([]byte(e.body), &entries); err != nil {
			complain("event %d: %v", e.seq, err)
		}
		for _, entry := range entries {
			if entry.Seq != e.seq {
				complain("event %d has key %s at %d", e.seq, entry.Key, entry.Seq)
			}
			replayed[entry.Key] = entry
		}
		f.states[e.seq] = fingerprint(replayed)
		if d := digestOf(replayed); !pruned && d != e.digest {
			complain("event %d says digest %s, its state has %s", e.seq, e.digest, d)
		}
	}
	for key, entry := range f.state {
		_, inLog := replayed[key]
		switch {
		case entry.Gone && entry.Seq < f.first:
			complain("tombstone of %s at %d is older than the first event %d", key, entry.Seq, f.first)
		case !inLog && pruned && entry.Seq < f.first:
			replayed[key] = entry
		}
	}
	if fingerprint(replayed) != fingerprint(f.state) {
		complain("the keys are not what the events say")
	}
	if n := len(f.events); n > 0 && f.events[n-1].digest != digestOf(f.state) {
		complain("newest digest %s, the keys have %s", f.events[n-1].digest, digestOf(f.state))
	}
	return wrong
}

// torn says why a snapshot is of no one moment: its live entries do not have
// its digest, or it is not the state that the events lead to at its number.
func (f *judgedFeed) torn(s feed.Snapshot) string {
	state := map[string]judgedEntry{}
	for _, e := range s.Entries {
		state[e.Key] = judgedEntry{Key: e.Key, Seq: int64(e.Seq), Gone: e.Gone, Value: e.Value}
	}
	if d := digestOf(state); d != s.Digest.String() {
		return fmt.Sprintf("at %d: digest %s, the entries have %s", s.Seq, s.Digest, d)
	}
	if want, known := f.states[int64(s.Seq)]; known && want != fingerprint(state) || !known && len(state) > 0 {
		return fmt.Sprintf("at %d: not the state that the events lead to", s.Seq)
	}
	return ""
}

// sound fails the test when the judge finds anything.
func (b *bench) sound(tb testing.TB) map[string]*judgedFeed {
	tb.Helper()
	feeds, wrong := judge(tb, b.plain)
	for _, w := range wrong {
		tb.Error(w)
	}
	return feeds
}
