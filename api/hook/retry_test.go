package hook

import (
	"context"
	"errors"
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
				synctest.Wait() // a look that is due at this very moment has ended
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
