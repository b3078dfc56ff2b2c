package hub

import (
	"sync"
	"sync/atomic"
	"testing"
)

// However calls fall: never two rounds at a time, a round begins after each
// call, and none begins or runs after retire returned.
func TestErrand(t *testing.T) {
	for range 200 {
		var e errand
		var inside, rounds, seen, calls atomic.Int64
		var late atomic.Bool
		round := func() {
			if inside.Add(1) != 1 {
				t.Error("two rounds at a time")
			}
			if late.Load() {
				t.Error("a round after retire")
			}
			seen.Store(calls.Load())
			rounds.Add(1)
			inside.Add(-1)
		}
		var callers, started sync.WaitGroup
		for range 8 {
			callers.Go(func() {
				for range 50 {
					calls.Add(1)
					if e.call() {
						started.Go(func() { e.run(round) })
					}
				}
			})
		}
		callers.Wait()
		started.Wait()
		if seen.Load() != calls.Load() {
			t.Fatalf("the last round began before the last call: %d of %d", seen.Load(), calls.Load())
		}
		if e.call() {
			started.Go(func() { e.run(round) })
		}
		e.retire()
		late.Store(true)
		if e.call() {
			t.Error("a retired errand starts")
		}
		started.Wait()
	}
}
