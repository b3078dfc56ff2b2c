package hook

import (
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"weer/model"
)

// Taken is the result of a request that its target took; the others are
// [model.HookFailure].
const Taken = "taken"

// Stats are what this node did since it started.
type Stats struct {
	Delivering int       // now
	Due        int       // webhooks that were owed something at the last look, about
	LookedAt   time.Time // the last look that the database answered; zero: none yet

	Requests  map[string]uint64 // by result: [Taken] or how they failed
	Events    uint64            // taken, resets apart
	Resets    uint64            // taken
	Suspended uint64            // paused because their owner may no longer have them
	Dead      uint64
	Held      uint64 // deliveries that failed on our side
	Lost      uint64 // requests whose outcome came after the claim's end
	Panics    uint64
}

type tally struct {
	suspended, dead, held, lost, panics, events, resets atomic.Uint64

	mu       sync.Mutex
	requests map[string]uint64
	due      int
	lookedAt time.Time
}

// count counts a request.
func (t *tally) count(m message, a answer) {
	result := string(a.failure)
	if a.failure == "" {
		result = Taken
		if m.reset {
			t.resets.Add(1)
		} else {
			t.events.Add(uint64(len(m.events)))
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.requests == nil {
		t.requests = map[string]uint64{}
	}
	t.requests[result]++
}

// looked notes a look.
func (h *Hooks) looked(due int, err error) {
	t := &h.tally
	t.mu.Lock()
	defer t.mu.Unlock()
	if err != nil {
		if t.due >= 0 {
			h.Log.Warn("webhooks cannot be looked at", "error", err)
		}
		t.due = -1 // and it was said
		return
	}
	t.due, t.lookedAt = due, time.Now()
}

// Stats returns the counters.
func (h *Hooks) Stats() Stats {
	h.mu.Lock()
	delivering := len(h.busy)
	h.mu.Unlock()
	t := &h.tally
	t.mu.Lock()
	defer t.mu.Unlock()
	return Stats{
		Delivering: delivering, Due: max(0, t.due), LookedAt: t.lookedAt, Requests: maps.Clone(t.requests),
		Events: t.events.Load(), Resets: t.resets.Load(), Suspended: t.suspended.Load(), Dead: t.dead.Load(),
		Held: t.held.Load(), Lost: t.lost.Load(), Panics: t.panics.Load(),
	}
}

// stuckAfter is how long a node may be without a look.
const stuckAfter = 15 * time.Second

// Stuck says why this node delivers nothing, "" while it does.
func (h *Hooks) Stuck() string {
	switch at := h.Stats().LookedAt; {
	case at.IsZero():
		return "webhooks were not looked at yet"
	case time.Since(at) > stuckAfter:
		return "webhooks were last looked at " + at.UTC().Format(time.RFC3339)
	}
	return ""
}

var _ Work = (*model.Service)(nil)
