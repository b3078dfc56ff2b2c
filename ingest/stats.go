package ingest

import (
	"maps"
	"sync"
	"time"

	"weer/model"
)

// Stats say how the poller does, for metrics and /readyz. Counters only grow.
type Stats struct {
	Leading      bool              // this node polls
	Waiting      string            // why it does not, or when it will: "" while all is well
	Polls        uint64            // started
	Failures     map[string]uint64 // by kind: those of egen, store, incomplete, cut
	LastComplete time.Time         // this node's clock; zero before the first
	Rows         int               // observations in the last answer
	Changed      uint64            // hospitals whose keys moved, all polls together
	Next         time.Time         // the next poll, while Leading
}

type stats struct {
	mu       sync.Mutex
	now      Stats
	failures map[string]uint64
}

// Stats returns where the poller stands.
func (p *Poller) Stats() Stats {
	p.stats.mu.Lock()
	defer p.stats.mu.Unlock()
	s := p.stats.now
	s.Failures = maps.Clone(p.stats.failures)
	return s
}

func (s *stats) lead(leading bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now.Leading, s.now.Next = leading, time.Time{}
	if leading {
		s.now.Waiting = ""
	}
}

// wait notes why nothing is polled; news when it was not said before.
func (s *stats) wait(why string) (news bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	news = s.now.Waiting != why
	s.now.Waiting = why
	return news
}

func (s *stats) begin() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now.Polls++
}

func (s *stats) recorded(run model.Run) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now.Rows = run.Rows
	s.now.Changed += uint64(run.Changed)
	if run.Complete {
		s.now.LastComplete = time.Now()
	}
}

func (s *stats) fail(kind string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failures[kind]++
	return kind
}

// plan notes the next poll, and after a failure why it is not at its interval.
func (s *stats) plan(next time.Time, outcome string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now.Next, s.now.Waiting = next, ""
	if outcome != "" {
		s.now.Waiting = "after a failure: " + outcome
	}
}
