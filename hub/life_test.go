package hub_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"weer/hub"
	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
)

func TestNothingIsSentBeforeAuth(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		s := r.connect()
		r.book.page(seoul).set("A/er", 1)
		elapse(4 * time.Second)
		if len(of[any](s)) != 0 || r.hub.Stats().Bytes != 0 {
			t.Fatalf("sent before auth: %s", s.tell())
		}
		s.signIn("viewer alice")
		w := s.welcome
		if w.Subject != "alice" || w.Role != "viewer" || w.Mode != model.Simulated || w.Epoch != epoch1 ||
			w.Limits != feed.DefaultLimits || w.Timings != feed.DefaultTimings || w.Build != "test" {
			t.Errorf("welcome %+v", w)
		}
		if st := r.hub.Stats(); st.Connections != 1 || st.Unauthenticated != 0 {
			t.Errorf("stats %+v", st)
		}
	})
}

func TestAuthDeadline(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		start := time.Now()
		s := r.connect()
		s.endsWith(fault.AuthRequired)
		if took := time.Since(start); took != 5*time.Second {
			t.Errorf("closed after %v", took)
		}
	})
}

func TestWrongTokens(t *testing.T) {
	for token, code := range map[string]fault.Code{
		"nonsense": fault.TokenInvalid, "expired": fault.TokenExpired,
		"database down": fault.Overloaded, "bug": fault.Internal, "panic": fault.Internal,
	} {
		t.Run(token, func(t *testing.T) {
			bubble(t, func(t *testing.T, r *rig) {
				s := r.connect()
				other := r.viewer(seoul)
				s.send(feed.ClientFrame{Type: feed.TypeAuth, Token: token})
				s.endsWith(code)
				for _, e := range of[*feed.ErrorFrame](s) {
					if strings.Contains(e.Message, "secret") || strings.Contains(e.Message, "planted") {
						t.Errorf("the cause left the process: %q", e.Message)
					}
				}
				if panics := r.hub.Stats().Panics; (panics == 1) != (token == "panic") {
					t.Errorf("%d panics counted", panics)
				}
				r.book.page(seoul).set("A/er", 1)
				other.until("the other screen", func() bool { _, ok := other.readers[seoul].Get("A/er"); return ok })
			})
		})
	}
}

func TestHeaderToken(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		s, err := r.handshake(http.Header{"Authorization": {"Bearer viewer alice"}})
		if err != nil {
			t.Fatal(err)
		}
		go s.read()
		s.until("welcome", func() bool { return s.welcome != nil })
		s.follow(seoul)
		elapse(10 * time.Second)
		s.noDeadBeat()

		bad, err := r.handshake(http.Header{"Authorization": {"Bearer nonsense"}})
		if err == nil || bad.resp == nil || bad.resp.StatusCode != 401 {
			t.Fatalf("a wrong header: %v %v", err, bad.resp)
		}
		if st := r.hub.Stats(); st.Refused[fault.TokenInvalid] != 1 || st.Unauthenticated != 0 || st.Connections != 1 {
			t.Errorf("stats %+v", st)
		}
	})
}

func TestUnauthenticatedBound(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		first, second := r.connect(), r.connect()
		third, err := r.handshake(nil)
		if err == nil || third.resp.StatusCode != 503 || third.resp.Header.Get("Retry-After") == "" {
			t.Fatalf("the third: %v, %+v", err, third.resp)
		}
		first.signIn("viewer alice")
		if _, err := r.handshake(nil); err != nil {
			t.Errorf("signing in made no room: %v", err)
		}
		second.ended()
		if n := r.hub.Stats().Refused[fault.Overloaded]; n != 1 {
			t.Errorf("%d counted", n)
		}
	}, func(o *hub.Options) { o.Bounds.Unauthenticated = 2 })
}

func TestExpiryAndRenewal(t *testing.T) {
	auth := func(ctx context.Context, token string) (model.Principal, error) {
		who, err := authenticate(ctx, token)
		who.ExpiresAt = feed.At(time.Now().Add(10 * time.Minute))
		return who, err
	}
	bubble(t, func(t *testing.T, r *rig) {
		renews, lapses := r.viewer(seoul), r.viewer(seoul)
		stopPings := pinging(renews, lapses)
		defer stopPings()
		elapse(9*time.Minute + 30*time.Second)
		renews.send(feed.ClientFrame{Type: feed.TypeAuth, Token: "viewer alice"})
		lapses.endsWith(fault.TokenExpired)
		elapse(5 * time.Minute)
		if n := len(of[*feed.Welcome](renews)); n != 2 {
			t.Errorf("%d welcomes", n)
		}
		renews.send(feed.ClientFrame{Type: feed.TypeAuth, Token: "viewer mallory"})
		renews.until("a refusal", func() bool { return len(renews.frames) > 0 && lastError(renews) == fault.Forbidden })
		if renews.err != nil {
			t.Errorf("a refused renewal closed: %v", renews.err)
		}
	}, func(o *hub.Options) { o.Authenticate = auth })
}

// lastError is the code of the last error frame; s.mu is held.
func lastError(s *screen) (code fault.Code) {
	for _, f := range s.frames {
		if e, ok := f.(*feed.ErrorFrame); ok {
			code = e.Code
		}
	}
	return code
}

// pinging pings as a client must, until stopped.
func pinging(screens ...*screen) (stop func()) {
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case <-done:
				return
			case <-time.After(15 * time.Second):
			}
			for _, s := range screens {
				s.send(feed.ClientFrame{Type: feed.TypePing})
			}
		}
	})
	return func() { close(done); wg.Wait() }
}

func TestRenewalTakesAwayWhatIsNotAllowedAnyMore(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		s := r.connect()
		s.signIn("control:11 bob")
		s.follow("control:11", seoul)
		s.send(feed.ClientFrame{Type: feed.TypeAuth, Token: "control:26 bob"})
		s.until("forbidden", func() bool { return lastError(s) == fault.Forbidden })
		s.forgetFrames()
		r.book.page("control:11").set("case", 1)
		r.book.page(seoul).set("A/er", 1)
		elapse(4 * time.Second)
		for _, e := range of[*feed.EventFrame](s) {
			if e.Feed != seoul {
				t.Errorf("an event of %s", e.Feed)
			}
		}
		s.shows(seoul)
		if n := r.hub.Stats().Subscriptions; n != 1 {
			t.Errorf("%d subscriptions", n)
		}
	})
}

func TestCut(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		alice, bob := r.viewer(seoul), r.connect()
		bob.signIn("viewer bob")
		bob.follow(seoul)
		if n := r.hub.Cut(func(p model.Principal) bool { return p.Subject == "alice" }, fault.Revoked); n != 1 {
			t.Errorf("%d cut", n)
		}
		alice.endsWith(fault.Revoked)
		r.book.page(seoul).set("A/er", 1)
		elapse(4 * time.Second)
		bob.shows(seoul)
		bob.noDeadBeat()
	})
}

// A cut that falls into a sign-in is not missed: the token is checked again.
func TestCutDuringSignIn(t *testing.T) {
	inside, cut := make(chan struct{}), make(chan struct{})
	var mu sync.Mutex
	revoked := false
	auth := func(ctx context.Context, token string) (model.Principal, error) {
		mu.Lock()
		old := revoked
		mu.Unlock()
		if old {
			return model.Principal{}, fault.New(fault.Revoked, "the account's access was taken back")
		}
		close(inside)
		<-cut
		return authenticate(ctx, token)
	}
	s := newRig(t, func(o *hub.Options) { o.Authenticate = auth }).overTCP().connect()
	s.send(feed.ClientFrame{Type: feed.TypeAuth, Token: "viewer alice"})
	<-inside
	mu.Lock()
	revoked = true
	mu.Unlock()
	s.rig.hub.Cut(func(model.Principal) bool { return true }, fault.Revoked)
	close(cut)
	s.endsWith(fault.Revoked)
	if len(of[*feed.Welcome](s)) > 0 {
		t.Error("welcome after the cut")
	}
}

func TestSilence(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		silent, pings := r.viewer(seoul), r.viewer(seoul)
		stop := pinging(pings)
		defer stop()
		start := time.Now()
		silent.endsWith(fault.Silent)
		if took := time.Since(start); took < 45*time.Second || took > 47500*time.Millisecond {
			t.Errorf("closed after %v", took)
		}
		elapse(time.Minute)
		if pings.err != nil {
			t.Errorf("a client that pings was closed: %v", pings.err)
		}
		pings.noDeadBeat()
	})
}

func TestPingIsAnsweredWithBeats(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		s := r.viewer(seoul, busan)
		synctest.Wait()
		s.forgetFrames()
		s.send(feed.ClientFrame{Type: feed.TypePing})
		synctest.Wait()
		if n := len(of[*feed.Beat](s)); n != 2 {
			t.Errorf("%d beats at once, want one per feed", n)
		}
	})
}

func TestDrainSpreads(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		const n, window = 40, 4 * time.Second
		screens := make([]*screen, n)
		for i := range screens {
			screens[i] = r.viewer(seoul)
		}
		stranger := r.connect()
		start := time.Now()
		var ends [n]time.Duration
		var wg sync.WaitGroup
		for i, s := range screens {
			wg.Go(func() { s.ended(); ends[i] = time.Since(start) })
		}
		if err := r.hub.Drain(context.Background(), window); err != nil {
			t.Fatal(err)
		}
		wg.Wait()
		perQuarter, waits := [4]int{}, map[int64]bool{}
		for i, s := range screens {
			bye := of[*feed.Bye](s)
			if status, _ := s.ended(); status != 1012 || len(bye) != 1 {
				t.Fatalf("status %d, %d byes", status, len(bye))
			}
			if ms := bye[0].RetryAfterMS; ms < 0 || ms > window.Milliseconds() {
				t.Errorf("retry after %d ms", ms)
			}
			waits[bye[0].RetryAfterMS] = true
			perQuarter[min(3, int(4*ends[i]/window))]++
		}
		for _, k := range perQuarter {
			if k < n/4-2 || k > n/4+2 {
				t.Errorf("not spread: %v", perQuarter)
			}
		}
		if len(waits) < n/2 {
			t.Errorf("only %d different waits", len(waits))
		}
		stranger.ended()
		if len(of[any](stranger)) > 0 {
			t.Errorf("a stranger was told %s", stranger.tell())
		}
		late, err := r.handshake(nil)
		if err == nil || late.resp.StatusCode != 503 || late.resp.Header.Get("Retry-After") == "" {
			t.Errorf("a draining node took a connection: %v", err)
		}
		if st := r.hub.Stats(); st.Connections != 0 || st.Subscriptions != 0 || st.Feeds != 0 {
			t.Errorf("left over: %+v", st)
		}
	})
}

func TestDrainIsBounded(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		s := r.viewer(seoul)
		resume := s.pause()
		defer resume()
		r.book.page(seoul).set("A/er", 1)
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		start := time.Now()
		if err := r.hub.Drain(ctx, 0); err == nil || time.Since(start) != time.Second {
			t.Errorf("drain returned %v after %v", err, time.Since(start))
		}
		synctest.Wait()
		if n := r.hub.Stats().Connections; n != 0 {
			t.Errorf("%d connections left", n)
		}
	})
}

func TestForeignOrigin(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		for origin, ok := range map[string]bool{
			"https://evil.example": false, "http://weer.test": true, "https://screens.example.kr": true, "null": false,
		} {
			s, err := r.handshake(http.Header{"Origin": {origin}})
			if (err == nil) != ok {
				t.Errorf("%s: %v", origin, err)
			}
			if !ok && (s.resp.StatusCode != 403 || s.resp.Header.Get("Content-Type") != "application/problem+json") {
				t.Errorf("%s: %d %v", origin, s.resp.StatusCode, s.resp.Header)
			}
		}
		if n := r.hub.Stats().Refused[fault.ForeignOrigin]; n != 2 {
			t.Errorf("%d counted", n)
		}
	}, func(o *hub.Options) { o.Origins = []string{"https://*.example.kr"} })
}
