package ingest

import (
	"maps"
	"sync"
	"time"

	"weer/model"
)

// Stats say how the poller does, for metrics and /readyz. Counters only grow.
type Stats struct {
	Leading    bool             // this node polls
	Waiting    string           // why it does not: "" while it does
	Operations []OperationStats // always the same ones in the same order
}

// OperationStats are those of one operation on this node.
type OperationStats struct {
	Source       string
	Interval     time.Duration     // as set
	Pace         time.Duration     // as it is now: longer while the budget is stretched
	Waiting      string            // why the next poll is not at its interval: "" while all is well
	Next         time.Time         // the next poll, while this node leads
	Polls        uint64            // started
	Failures     map[string]uint64 // by kind: those of egen, budget, store, incomplete, cut
	LastComplete time.Time         // this node's clock; by another node when it was before this one led; zero before the first
	Rows         int               // in the last answer
	Changed      uint64            // hospitals of which something moved, all polls together
	Rejected     uint64            // rows that were of no use, all polls together
	Calls        int               // today in Korea, by all nodes as far as this one knows
	Budget       int               // calls a day; 0: no limit
}

// Stats returns where the poller stands.
func (p *Poller) Stats() Stats {
	s := p.standing.read()
	for _, o := range p.operations {
		one := o.state.read()
		one.Calls, one.Budget = p.budget.today(o.source, time.Now())
		s.Operations = append(s.Operations, one)
	}
	return s
}

// Of returns the stats of one operation, by its source.
func (s Stats) Of(source string) OperationStats {
	for _, o := range s.Operations {
		if o.Source == source {
			return o
		}
	}
	return OperationStats{}
}

// standing is whether this node polls, or why not.
type standing struct {
	mu  sync.Mutex
	now Stats
}

func (s *standing) read() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *standing) lead(leading bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now.Leading = leading
	if leading {
		s.now.Waiting = ""
	}
}

// wait notes why nothing is polled; news when it was not said before.
func (s *standing) wait(why string) (news bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	news = s.now.Waiting != why
	s.now.Waiting = why
	return news
}

// A state is what is known of an operation: counters of this node, and what
// alerts are made of.
type state struct {
	mu       sync.Mutex
	stats    OperationStats
	failures map[string]uint64
	health   health
}

func (s *state) read() OperationStats {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.stats
	o.Failures = maps.Clone(s.failures)
	return o
}

func (s *state) begin() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats.Polls++
}

func (s *state) recorded(run model.Run) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats.Rows = run.Rows
	s.stats.Changed += uint64(run.Changed)
	s.stats.Rejected += uint64(len(run.Rejected))
	if run.Complete {
		s.stats.LastComplete = time.Now()
	}
}

// completed notes a complete poll of whichever node.
func (s *state) completed(at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats.LastComplete = latest(s.stats.LastComplete, at)
}

func (s *state) fail(r result) result {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failures[r.outcome]++
	return r
}

// plan notes the next poll, why it is not at its interval, and the pace; it
// returns the pace that was.
func (s *state) plan(next time.Time, pace time.Duration, waiting string) (was time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	was = s.stats.Pace
	s.stats.Next, s.stats.Pace, s.stats.Waiting = next, pace, waiting
	return was
}
