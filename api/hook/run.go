package hook

import (
	"context"
	"maps"
	"sync"
	"time"

	"weer/model"
)

const (
	// lookEvery is how often a node looks without being woken: what another node
	// committed, or left behind when it died, waits no longer.
	lookEvery = time.Second
	// leastGap is the shortest time between two looks: a storm of changes is
	// looked at together.
	leastGap = 20 * time.Millisecond
	// holdTime is how long this node leaves a webhook alone for which something
	// on our side failed: its owner or its secret could not be read.
	holdTime = 10 * time.Second
)

// Wake makes Run look at once. It never blocks.
func (h *Hooks) Wake() {
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

// Run delivers until ctx ends, and returns nil after the last delivery has
// ended.
func (h *Hooks) Run(ctx context.Context) error {
	defer h.poster.close()
	var running sync.WaitGroup
	defer running.Wait()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for h.paced.Wait(ctx) == nil {
		h.look(ctx, &running)
		select {
		case <-tick.C:
		case <-h.wake:
		case <-ctx.Done():
		}
	}
	return nil
}

// look starts the delivery of what is owed, as far as there is room.
func (h *Hooks) look(ctx context.Context, running *sync.WaitGroup) {
	limited, cancel := context.WithTimeout(ctx, postTime)
	defer cancel()
	due, err := h.Work.DueWebhooks(limited, 2*(soundLane+failingLane))
	if ctx.Err() != nil {
		return
	}
	h.looked(len(due), err)
	for _, d := range due {
		if h.begin(d, time.Now()) {
			running.Go(func() { h.end(d, h.deliver(ctx, d.ID)) })
		}
	}
}

// begin takes room for a delivery; false when this node delivers the webhook
// already, leaves it alone, or has no room.
func (h *Hooks) begin(d model.DueWebhook, now time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	maps.DeleteFunc(h.held, func(_ string, until time.Time) bool { return !now.Before(until) })
	_, busy := h.busy[d.ID]
	if _, alone := h.held[d.ID]; busy || alone {
		return false
	}
	if !h.lanes[d.Failing].TryAcquire(1) {
		h.crowded = true
		return false
	}
	h.busy[d.ID] = struct{}{}
	return true
}

// An outcome of a delivery says whether this node looks again at once.
type outcome int

const (
	idle  outcome = iota // there was nothing to send, or the target did not take it
	moved                // and more may have come since
	held                 // something on our side failed
)

func (h *Hooks) end(d model.DueWebhook, o outcome) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.busy, d.ID)
	h.lanes[d.Failing].Release(1)
	if o == held {
		h.held[d.ID] = time.Now().Add(holdTime)
	}
	if o == moved || h.crowded {
		h.crowded = false
		h.Wake()
	}
}
