package feed

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A State is the content of one feed at one number: what a follower keeps to
// serve resets and merges, and what a reader shows. The zero value is an empty
// feed at 0. It is not safe for concurrent use.
type State struct {
	epoch   string
	seq     uint64
	digest  Digest
	entries map[string]Entry
	graves  bool // tombstones are kept, for merges
}

// NewState makes an empty state. A follower keeps tombstones, a reader does not.
func NewState(keepTombstones bool) *State {
	return &State{entries: map[string]Entry{}, graves: keepTombstones}
}

// Epoch returns the history that the state belongs to, "" before the first load.
func (s *State) Epoch() string { return s.epoch }

// Seq returns the number of the newest event applied.
func (s *State) Seq() uint64 { return s.seq }

// Digest returns the digest of the live keys, kept up to date with each change.
func (s *State) Digest() Digest { return s.digest }

// Load discards everything and takes the entries as the state at seq.
func (s *State) Load(epoch string, seq uint64, entries []Entry) {
	s.epoch, s.seq, s.digest = epoch, seq, Digest{}
	s.entries = make(map[string]Entry, len(entries))
	for _, e := range entries {
		s.put(e)
	}
}

// Apply takes an event and returns the keys that it changed. An event that the
// state already holds changes nothing; one that leaves a hole is refused and
// changes nothing either.
func (s *State) Apply(from, to uint64, entries []Entry) (changed []string, err error) {
	if to <= s.seq {
		return nil, nil
	}
	if from > s.seq+1 {
		return nil, fmt.Errorf("hole: event from %d, cursor at %d", from, s.seq)
	}
	for _, e := range entries {
		if held, ok := s.entries[e.Key]; !ok || held.Seq < e.Seq {
			s.put(e)
			changed = append(changed, e.Key)
		}
	}
	s.seq = to
	return changed, nil
}

func (s *State) put(e Entry) {
	if held, ok := s.entries[e.Key]; ok && !held.Gone {
		s.digest = s.digest.Remove(held.Key, held.Seq)
	}
	if e.Gone && !s.graves {
		delete(s.entries, e.Key)
		return
	}
	s.entries[e.Key] = e
	if !e.Gone {
		s.digest = s.digest.Add(e.Key, e.Seq)
	}
}

// Get returns a live key.
func (s *State) Get(key string) (Entry, bool) {
	e, ok := s.entries[key]
	return e, ok && !e.Gone
}

// Live returns the live keys, sorted by name.
func (s *State) Live() []Entry {
	return s.pick(func(e Entry) bool { return !e.Gone })
}

// Since returns every key, tombstones included, whose version is above the
// cursor, sorted by name: with it a reader goes from any cursor that is not
// below the oldest tombstone straight to the head.
func (s *State) Since(cursor uint64) []Entry {
	return s.pick(func(e Entry) bool { return e.Seq > cursor })
}

// Bury forgets tombstones below first, the oldest event that is still kept.
func (s *State) Bury(first uint64) {
	maps.DeleteFunc(s.entries, func(_ string, e Entry) bool { return e.Gone && e.Seq < first })
}

func (s *State) pick(want func(Entry) bool) []Entry {
	out := make([]Entry, 0, len(s.entries))
	for _, e := range s.entries {
		if want(e) {
			out = append(out, e)
		}
	}
	slices.SortFunc(out, func(a, b Entry) int { return strings.Compare(a.Key, b.Key) })
	return out
}
