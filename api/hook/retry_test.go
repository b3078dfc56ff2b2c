package hook

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"weer/model"
	"weer/model/fault"
)

// answers is a script: what a receiver answers to each request, the last one
// for ever.
func answers(statuses ...int) func(int, http.ResponseWriter, *http.Request) {
	return func(n int, w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(statuses[min(n, len(statuses))-1])
	}
}

func TestAChangeIsPostedAtOnceAndOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		b.base.put("A1/er", 3)
		h := b.node(b.work)
		_, r := b.hook(h, "receiver")
		b.run(h)
		time.Sleep(time.Minute)
		if n, _, resets := r.seen(); n != 1 || !slices.Equal(resets, []string{"asked"}) {
			t.Errorf("a new webhook: %d requests, resets %q", n, resets)
		}
		b.same(r)
		b.base.put("A1/er", 2)
		b.base.put("A2/er", 1)
		h.Wake()
		time.Sleep(2 * leastGap)
		b.same(r)
		b.base.put("A1/er", -1) // somewhere else: nobody wakes this node
		time.Sleep(lookEvery + leastGap)
		b.same(r)
		time.Sleep(time.Minute)
		if n, events, resets := r.seen(); n != 3 || len(events) != 4 || len(resets) != 1 {
			t.Errorf("%d requests, events %q, resets %q", n, events, resets)
		}
		if st := h.Stats(); st.Requests[Taken] != 3 || st.Events != 3 || st.Resets != 1 || st.Delivering != 0 || h.Stuck() != "" {
			t.Errorf("%+v, %s", st, h.Stuck())
		}
	})
}

func TestWhatATargetDoesNotTakeIsPostedAgain(t *testing.T) {
	for name, c := range map[string]struct {
		answer  func(n int, w http.ResponseWriter, r *http.Request)
		failure model.HookFailure
		after   time.Duration // at the latest it has been taken
	}{
		"500 and then 200":   {answers(500, 500, 500, 200), model.HookStatus, 15 * time.Second},
		"a redirect":         {answers(302, 302, 200), model.HookRedirect, 6 * time.Second},
		"429 without a word": {answers(429, 200), model.HookStatus, 3 * time.Second},
		"400":                {answers(400, 202), model.HookStatus, 3 * time.Second},
		"a closed connection": {func(n int, _ http.ResponseWriter, _ *http.Request) {
			if n == 1 {
				panic(http.ErrAbortHandler)
			}
		}, model.HookConnection, 3 * time.Second},
		"a stall": {func(n int, _ http.ResponseWriter, r *http.Request) {
			if n == 1 {
				<-r.Context().Done()
				panic(http.ErrAbortHandler)
			}
		}, model.HookTimeout, postTime + 3*time.Second},
		"more headers than anybody needs": {func(n int, w http.ResponseWriter, _ *http.Request) {
			if n == 1 {
				w.Header().Set("X-Long", strings.Repeat("a", 2*maxHeader))
				w.WriteHeader(http.StatusInternalServerError)
			}
		}, model.HookConnection, 3 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBubble(t)
				h := b.node(b.work)
				id, r := b.hook(h, "receiver")
				r.answer = c.answer
				b.base.put("A1/er", 3)
				b.run(h)
				time.Sleep(c.after)
				b.same(r)
				if _, events, _ := r.seen(); len(events) != 1 {
					t.Errorf("events %q", events)
				}
				if got := h.Stats().Requests; got[string(c.failure)] == 0 || got[Taken] != 1 || len(got) != 2 {
					t.Errorf("requests %v", got)
				}
				if w := b.webhook(id); w.State != model.HookActive || w.Failures != 0 || w.LastFailure != "" || w.Claim != "" {
					t.Errorf("%+v", w)
				}
			})
		})
	}
}

func TestARedirectIsNotFollowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		h := b.node(b.work)
		inner := newReceiver(t)
		b.wire.serve(t, "inner", inner)
		id, r := b.hook(h, "receiver")
		r.answer = func(_ int, w http.ResponseWriter, req *http.Request) {
			http.Redirect(w, req, "http://inner/", http.StatusTemporaryRedirect)
		}
		b.run(h)
		time.Sleep(time.Minute)
		if n, _, _ := inner.seen(); n != 0 {
			t.Errorf("it was followed %d times", n)
		}
		if w := b.webhook(id); w.State != model.HookFailing || w.LastStatus != 307 || w.LastFailure != model.HookRedirect {
			t.Errorf("%+v", w)
		}
	})
}

func TestRetryAfterIsHonoured(t *testing.T) {
	for name, value := range map[string]func() string{
		"seconds": func() string { return "120" },
		"a date":  func() string { return time.Now().Add(2 * time.Minute).UTC().Format(http.TimeFormat) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBubble(t)
				h := b.node(b.work)
				_, r := b.hook(h, "receiver")
				r.answer = func(n int, w http.ResponseWriter, _ *http.Request) {
					if n == 1 {
						w.Header().Set("Retry-After", value())
						w.WriteHeader(http.StatusServiceUnavailable)
					}
				}
				b.run(h)
				time.Sleep(118 * time.Second)
				if n, _, _ := r.seen(); n != 1 {
					t.Errorf("asked %d times before the time was over", n)
				}
				time.Sleep(5 * time.Second)
				if n, _, _ := r.seen(); n != 2 {
					t.Errorf("asked %d times after it", n)
				}
			})
		})
	}
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, text := range []string{"", "soon", "-5", "99999999999999999999", "Thu, 01 Jan 1970 00:00:00 GMT"} {
		if got := retryAfter(text, now); got != 0 {
			t.Errorf("%q asks for %s", text, got)
		}
	}
}

func TestADayOfFailuresIsDeathAndNothingIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		h := b.node(b.work)
		id, r := b.hook(h, "receiver")
		var broken atomic.Bool
		r.answer = func(_ int, w http.ResponseWriter, _ *http.Request) {
			if broken.Load() {
				w.WriteHeader(http.StatusInternalServerError)
			}
		}
		b.run(h)
		time.Sleep(2 * time.Second)
		broken.Store(true)
		b.base.put("A1/er", 3)
		time.Sleep(23 * time.Hour)
		b.base.put("A1/er", 4)
		if w := b.webhook(id); w.State != model.HookFailing {
			t.Fatalf("before the day is over: %+v", w)
		}
		time.Sleep(90 * time.Minute)
		w := b.webhook(id)
		if w.State != model.HookDead || w.Why != model.HookGaveUp || len(b.base.letters) != 1 || !b.base.alerts["alert/webhook/"+id] {
			t.Fatalf("after it: %+v, letters %+v, alerts %v", w, b.base.letters, b.base.alerts)
		}
		if d := b.base.letters[0]; d.From != 1 || d.To != 2 || d.Status != 500 || d.Attempts != w.Failures || d.DiedAt-d.Since < model.HookPatienceMS {
			t.Errorf("%+v", d)
		}
		before, _, _ := r.seen()
		broken.Store(false)
		time.Sleep(24 * time.Hour)
		if n, _, _ := r.seen(); n != before {
			t.Errorf("a dead webhook was posted to %d times", n-before)
		}
		no := false
		if _, _, err := h.Change(asKey(context.Background()), model.HookChange{ID: id, Paused: &no}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		b.same(r)
		if _, events, resets := r.seen(); len(events) != 3 || len(resets) != 1 || len(b.base.alerts) != 0 {
			t.Errorf("resumed: events %q, resets %q, alerts %v", events, resets, b.base.alerts)
		}
	})
}

func TestGoneIsTheTargetsLastWord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		h := b.node(b.work)
		id, r := b.hook(h, "receiver")
		r.answer = answers(410)
		b.run(h)
		time.Sleep(48 * time.Hour)
		n, _, _ := r.seen()
		if w := b.webhook(id); n != 1 || w.State != model.HookPaused || w.Why != model.HookGone || !slices.Contains(b.base.deeds, "webhook.paused") {
			t.Errorf("%d requests, %+v, %q", n, w, b.base.deeds)
		}
	})
}

func TestAnOwnerWhoMayNoLongerReadIsSentNothing(t *testing.T) {
	without := key
	without.Scopes = []model.Right{model.ManageHooks}
	nobody := model.Principal{Key: "other"}
	for name, c := range map[string]struct {
		owner model.Principal
		err   error
		state model.HookState
	}{
		"revoked":         {nobody, nil, model.HookPaused},
		"a scope is gone": {without, nil, model.HookPaused},
		"not known now":   {key, fault.New(fault.Unavailable, "the database is away"), model.HookActive},
		"a bug":           {key, errors.New("nil"), model.HookActive},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBubble(t)
				h := b.node(b.work)
				id, r := b.hook(h, "receiver")
				b.run(h)
				time.Sleep(2 * time.Second)
				b.owners.set(c.owner, c.err)
				b.base.put("A1/er", 3)
				time.Sleep(time.Minute)
				if n, _, _ := r.seen(); n != 1 {
					t.Errorf("%d requests", n)
				}
				if w := b.webhook(id); w.State != c.state || c.state == model.HookPaused && w.Why != model.HookForbidden || w.Claim != "" {
					t.Errorf("%+v", w)
				}
				if c.state == model.HookPaused {
					return
				}
				b.owners.set(key, nil)
				time.Sleep(holdTime + 2*time.Second)
				b.same(r)
			})
		})
	}
}

func TestWithoutItsSecretNothingIsSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		h := b.node(b.work)
		id, r := b.hook(h, "receiver")
		b.chest.away = true
		b.run(h)
		time.Sleep(time.Minute)
		if n, _, _ := r.seen(); n != 0 || b.webhook(id).State != model.HookActive {
			t.Errorf("%d requests, %+v", n, b.webhook(id))
		}
		if held := h.Stats().Held; held < 4 || held > 8 {
			t.Errorf("the vault was asked %d times in a minute", held)
		}
	})
}

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
