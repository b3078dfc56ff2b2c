package hook

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"weer/model"
)

// dying does not write down what its first request came to: its node was killed.
type dying struct {
	*model.Service
	dead atomic.Bool
}

func (d *dying) SettleWebhook(ctx context.Context, id, claim string, a model.HookAttempt) (*model.Webhook, error) {
	d.dead.Store(true)
	return nil, errors.New("killed")
}

func (d *dying) ReleaseWebhook(ctx context.Context, id, claim string) error {
	if d.dead.Load() {
		return errors.New("killed")
	}
	return d.Service.ReleaseWebhook(ctx, id, claim)
}

func TestANodeKilledAfterThePostPostsTheSameAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		first := b.node(&dying{Service: b.work})
		_, r := b.hook(first, "receiver")
		b.base.put("A1/er", 3)
		stop := b.run(first)
		time.Sleep(lookEvery)
		stop()
		if n, _, _ := r.seen(); n != 1 {
			t.Fatalf("%d requests before the kill", n)
		}
		second := b.node(b.work)
		b.run(second)
		time.Sleep(claimTime - 3*time.Second)
		if n, _, _ := r.seen(); n != 1 {
			t.Errorf("another node posted while the claim lasted")
		}
		time.Sleep(5 * time.Second)
		b.same(r)
		r.mu.Lock()
		defer r.mu.Unlock()
		if len(r.ids) != 2 || r.ids[0] != r.ids[1] || r.events[0] != r.events[1] {
			t.Errorf("messages %q with events %q", r.ids, r.events)
		}
	})
}

func TestANodeThatStopsGivesItsClaimBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		first := b.node(b.work)
		id, r := b.hook(first, "receiver")
		r.answer = func(n int, _ http.ResponseWriter, req *http.Request) {
			if n == 1 {
				<-req.Context().Done()
				panic(http.ErrAbortHandler)
			}
		}
		stop := b.run(first)
		time.Sleep(2 * time.Second) // the first request hangs
		begun := time.Now()
		stop()
		if took := time.Since(begun); took > time.Second {
			t.Errorf("it took %s to stop", took)
		}
		if w := b.webhook(id); w.Claim != "" || w.Failures != 0 || w.State != model.HookActive {
			t.Errorf("%+v", w)
		}
		b.run(b.node(b.work))
		time.Sleep(2 * time.Second)
		b.same(r)
	})
}

func TestASlowTargetCostsOnlyItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		h := b.node(b.work)
		_, good := b.hook(h, "good")
		for i := range 2 * failingLane {
			_, r := b.hook(h, fmt.Sprintf("slow%d", i))
			r.answer = func(_ int, _ http.ResponseWriter, req *http.Request) {
				<-req.Context().Done()
				panic(http.ErrAbortHandler)
			}
		}
		b.run(h)
		for i := range 100 {
			b.base.put("A1/er", i)
			time.Sleep(lookEvery + 2*leastGap)
			b.same(good)
		}
		if slow := h.Stats().Requests[string(model.HookTimeout)]; slow < 50 {
			t.Errorf("the slow ones were asked %d times only", slow)
		}
	})
}

// Two nodes that look at the same webhooks never post out of order, and never
// two requests at once; the receiver sees to both.
func TestTwoNodesDeliverInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		nodes := []*Hooks{b.node(b.work), b.node(b.work), b.node(b.work)}
		_, r := b.hook(nodes[0], "receiver")
		r.answer = func(n int, w http.ResponseWriter, _ *http.Request) {
			time.Sleep(time.Duration(n%7) * 10 * time.Millisecond)
			if n%5 == 3 {
				w.WriteHeader(http.StatusBadGateway)
			}
		}
		for _, h := range nodes {
			b.run(h)
		}
		for i := range 300 {
			b.base.put(fmt.Sprint("A", i%9), i)
			nodes[i%3].Wake()
			time.Sleep(time.Duration(i%11) * 5 * time.Millisecond)
		}
		time.Sleep(time.Minute)
		b.same(r)
		_, events, resets := r.seen()
		seen := map[string]bool{}
		for _, id := range events {
			if seen[id] {
				t.Errorf("event %s was taken twice though no node died", id)
			}
			seen[id] = true
		}
		if len(resets) != 1 {
			t.Errorf("resets %q", resets)
		}
	})
}

// An answer that never ends counts by its first line: nothing of it is read.
func TestNothingOfAnAnswerIsRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		h := b.node(b.work)
		_, r := b.hook(h, "receiver")
		r.answer = func(_ int, w http.ResponseWriter, req *http.Request) {
			w.WriteHeader(http.StatusOK)
			for req.Context().Err() == nil {
				if _, err := w.Write(make([]byte, 64<<10)); err != nil {
					return
				}
			}
		}
		b.run(h)
		time.Sleep(lookEvery)
		b.same(r)
		if got := h.Stats().Requests; got[Taken] != 1 || len(got) != 1 {
			t.Errorf("requests %v", got)
		}
	})
}

// A log that lost an event, by whatever fault, costs a reset and no event.
func TestAHoleInTheLogIsAReset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		h := b.node(b.work)
		_, r := b.hook(h, "receiver")
		b.run(h)
		time.Sleep(2 * time.Second)
		for i := range 3 {
			b.base.put(fmt.Sprint("A", i), i)
		}
		b.base.mu.Lock()
		b.base.events = b.base.events[1:]
		b.base.mu.Unlock()
		time.Sleep(2 * time.Second)
		b.same(r)
		if n, _, resets := r.seen(); n != 2 || !slices.Equal(resets, []string{"asked", "too_old"}) {
			t.Errorf("%d requests, resets %q", n, resets)
		}
	})
}
