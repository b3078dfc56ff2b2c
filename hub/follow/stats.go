package follow

import (
	"log/slog"
	"sync/atomic"
)

// Stats count since the start; Feeds, Unproved and Behind are as of now.
type Stats struct {
	Applied    uint64 // events applied
	Holes      uint64 // hints that came before their predecessor
	Reads      uint64 // questions for events
	Loads      uint64 // snapshots taken
	Failures   uint64 // questions that the database did not answer
	Mismatches uint64 // digests that differed from the stored one
	Feeds      int    // copies held
	Unproved   int    // of which unproved
	Behind     int    // of which known to be behind the database, or not loaded
}

type counters struct{ applied, holes, reads, loads, failures, mismatches atomic.Uint64 }

func (c *counters) count(o outcome) {
	c.applied.Add(uint64(o.applied))
	c.mismatches.Add(uint64(o.mismatches))
	if o.hole {
		c.holes.Add(1)
	}
}

// Stats returns the counters, for metrics.
func (f *Follower) Stats() Stats {
	s := Stats{
		Applied: f.counters.applied.Load(), Holes: f.counters.holes.Load(),
		Reads: f.counters.reads.Load(), Loads: f.counters.loads.Load(),
		Failures: f.counters.failures.Load(), Mismatches: f.counters.mismatches.Load(),
	}
	for _, r := range f.all() {
		r.mu.Lock()
		s.Feeds++
		if r.status.Unproved {
			s.Unproved++
		}
		if !r.level() {
			s.Behind++
		}
		r.mu.Unlock()
	}
	return s
}

// An outcome is what a change of a replica calls for.
type outcome struct {
	want       want // ask the database
	later      want // ask it after the next verification: at once could turn without end
	hole       bool // wait for a predecessor, then ask
	moved      bool // tell the followers
	applied    int
	mismatches int
	wrong      string // why the copy is void; "" when it is not
	proof      proof  // what became of the feed's proof
}

// A proof is a change of a feed's being proved.
type proof int

const (
	unchanged proof = iota
	lost
	regained
)

func (o outcome) report(log *slog.Logger, name string) {
	if o.wrong != "" {
		log.Error("a feed is loaded again: "+o.wrong, "feed", name)
	}
	switch o.proof {
	case lost:
		log.Error("a feed is unproved: the database's state does not have the database's digest; run `weer feed repair`", "feed", name)
	case regained:
		log.Info("a feed is proved again", "feed", name)
	}
}
