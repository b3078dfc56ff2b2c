package client_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"weer/api/client"
	"weer/model/fault"
)

// A counter keeps one session as WeER does: a refresh token is good once, and
// the one before it for ten seconds more, because its answer may be lost.
type counter struct {
	mu       sync.Mutex
	asked    []string // what was done, in order
	n        int      // the token that is good
	usedAt   time.Time
	over     bool
	lost     int // answers to lose
	password string
	signOut  string // the bearer of it
	hold     chan struct{}
}

func (s *counter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.hold != nil {
		<-s.hold
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var body struct {
		Login    string `json:"login"`
		Password string `json:"password"`
		Refresh  string `json:"refresh_token"`
	}
	_ = json.NewDecoder(r.Body).Decode(&body)
	switch r.Method + " " + r.URL.Path {
	case "POST /api/v1/session":
		s.asked = append(s.asked, "sign in")
		if body.Login != "kim" || body.Password != s.password {
			refuses(fault.BadCredentials)(w, r)
			return
		}
		s.over = false
	case "POST /api/v1/session/refresh":
		s.asked = append(s.asked, "refresh")
		again := body.Refresh == fmt.Sprint("refresh-", s.n-1) && time.Since(s.usedAt) < 10*time.Second
		if s.over || body.Refresh != fmt.Sprint("refresh-", s.n) && !again {
			s.over = true
			refuses(fault.SignedOut)(w, r)
			return
		}
	case "DELETE /api/v1/session":
		s.asked, s.signOut, s.over = append(s.asked, "sign out"), r.Header.Get("Authorization"), true
		w.WriteHeader(http.StatusNoContent)
		return
	}
	s.n++
	s.usedAt = time.Now()
	if s.lost > 0 {
		s.lost--
		panic(http.ErrAbortHandler)
	}
	fmt.Fprintf(w, `{"access_token":"access-%d","refresh_token":"refresh-%d"}`, s.n, s.n)
}

func newCounter(t *testing.T) (*counter, *client.SignedIn) {
	n, s := newNetwork(t, "one"), &counter{password: "right"}
	n["one"].refusing(s.ServeHTTP)
	return s, client.SignInOver(n.client(), "kim", "right", "http://one")
}

func wantToken(t *testing.T, in *client.SignedIn, want string) {
	t.Helper()
	if token, err := in.Token(t.Context()); err != nil || token != want {
		t.Fatalf("token %q, %v, want %q", token, err, want)
	}
}

func wantAsked(t *testing.T, s *counter, want ...string) {
	t.Helper()
	if !slices.Equal(s.asked, want) {
		t.Errorf("asked to %q, want %q", s.asked, want)
	}
}

func TestASessionRefreshesItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, in := newCounter(t)
		wantToken(t, in, "access-1")
		pass(8 * time.Minute)
		wantToken(t, in, "access-2")
		pass(8 * time.Minute)
		wantToken(t, in, "access-3")
		wantAsked(t, s, "sign in", "refresh", "refresh")
	})
}

func TestManyWhoAskAtOnceShareOneAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, in := newCounter(t)
		wantToken(t, in, "access-1")
		s.hold = make(chan struct{}) // the answer waits until all have asked
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() { wantToken(t, in, "access-2") })
		}
		synctest.Wait()
		close(s.hold)
		all.Wait()
		wantAsked(t, s, "sign in", "refresh")
	})
}

func TestALostAnswerSignsNobodyOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, in := newCounter(t)
		wantToken(t, in, "access-1")
		s.lost = 1
		wantToken(t, in, "access-3")
		wantToken(t, in, "access-4")
		wantAsked(t, s, "sign in", "refresh", "refresh", "refresh")
	})
}

func TestASessionThatIsOverBeginsAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, in := newCounter(t)
		wantToken(t, in, "access-1")
		s.over = true
		wantToken(t, in, "access-2")
		wantAsked(t, s, "sign in", "refresh", "sign in")

		s.over, s.password = true, "another"
		for range 2 {
			if _, err := in.Token(t.Context()); !fault.Is(err, fault.BadCredentials) {
				t.Errorf("with a password that was changed: %v", err)
			}
		}
		wantAsked(t, s, "sign in", "refresh", "sign in", "refresh", "sign in", "sign in")
	})
}

func TestSignOutEndsTheSessionWithATokenThatIsGood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, in := newCounter(t)
		if err := in.SignOut(t.Context()); err != nil || len(s.asked) != 0 {
			t.Errorf("nobody was signed in: %v, asked to %q", err, s.asked)
		}
		wantToken(t, in, "access-1")
		pass(time.Hour)
		if err := in.SignOut(t.Context()); err != nil || s.signOut != "Bearer access-2" {
			t.Errorf("signed out by %q, %v", s.signOut, err)
		}
		wantAsked(t, s, "sign in", "refresh", "sign out")
		if err := in.SignOut(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// The wrong password ends a client: trying again would only guess.
func TestAWrongPasswordEndsTheClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, s := newNetwork(t, "one"), &counter{password: "another"}
		n["one"].refusing(s.ServeHTTP)
		in := client.SignInOver(n.client(), "kim", "right", "http://one")
		c := run(t, client.Options{URLs: []string{"http://one"}, HTTPClient: n.client(), Token: in.Token})
		if code := c.ended(t); code != fault.BadCredentials {
			t.Errorf("ended by %s", code)
		}
		wantAsked(t, s, "sign in")
	})
}
