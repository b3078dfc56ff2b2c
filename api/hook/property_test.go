package hook

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"weer/model"
)

// Whatever happens to feed, target, webhook and nodes: once it is over, what the
// receiver has applied is the feed's state. On the way the receiver holds each
// event against the digest of the database.
func TestWhatTheReceiverAppliesIsTheFeedsState(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		steps := rapid.SliceOfN(rapid.SampledFrom([]string{
			"put", "put", "put", "remove", "burst", "prune", "restore", "fail", "stall", "heal", "wait", "wait", "long wait",
			"kill", "replay", "replay all", "pause", "resume",
		}), 1, 40).Draw(rt, "steps")
		numbers := rapid.SliceOfN(rapid.IntRange(0, 99), len(steps), len(steps)).Draw(rt, "numbers")
		synctest.Test(t, func(t *testing.T) { play(t, steps, numbers) })
	})
}

func play(t *testing.T, steps []string, numbers []int) {
	b := newBubble(t)
	h := b.node(b.work)
	id, r := b.hook(h, "receiver")
	mood := make(chan string, 1)
	mood <- "heal"
	r.answer = func(_ int, w http.ResponseWriter, req *http.Request) {
		now := <-mood
		mood <- now
		switch now {
		case "fail":
			w.WriteHeader(http.StatusInternalServerError)
		case "stall":
			<-req.Context().Done()
			panic(http.ErrAbortHandler)
		}
	}
	feel := func(now string) { <-mood; mood <- now }
	stop := b.run(h)
	pause := func(yes bool) {
		if _, _, err := h.Change(asKey(context.Background()), model.HookChange{ID: id, Paused: &yes}); err != nil {
			t.Error(err)
		}
	}
	for i, step := range steps {
		n := numbers[i]
		switch step {
		case "put":
			b.base.put(fmt.Sprintf("A%d/er", n%5), n)
		case "remove":
			b.base.put(fmt.Sprintf("A%d/er", n%5), -1)
		case "burst":
			for j := range 2 * n {
				b.base.put(fmt.Sprintf("A%d/er", j%7), j)
			}
		case "prune":
			b.base.prune()
		case "restore":
			b.base.restore(fmt.Sprintf("%016x", n))
		case "fail", "stall", "heal":
			feel(step)
		case "wait":
			time.Sleep(time.Duration(n) * 20 * time.Millisecond)
		case "long wait":
			time.Sleep(time.Duration(n) * 20 * time.Minute)
		case "kill":
			stop()
			h = b.node(b.work)
			stop = b.run(h)
		case "replay", "replay all":
			seq := uint64(n)
			from := &seq
			if step == "replay all" {
				from = nil
			}
			_, _, _ = b.work.ReplayWebhook(asKey(context.Background()), id, from) // refused where the feed has no such event
		case "pause", "resume":
			pause(step == "pause")
		}
	}
	feel("heal")
	pause(false)
	time.Sleep(time.Minute)
	b.same(r)
	if t.Failed() {
		t.Logf("after %q with %v: %+v", steps, numbers, b.webhook(id))
	}
	stop()
}
