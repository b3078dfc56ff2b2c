package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"weer/api/client"
	"weer/model/fault"
	"weer/model/feed"
)

func TestFromNothingToLive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, b := newNetwork(t, "one"), newBoard("A/er", "B/er")
		c := run(t, client.Options{URLs: []string{"http://one"}, HTTPClient: n.client()})
		d := c.Follow(seoul)
		wantLink(t, d, feed.Connecting, "")
		p := n["one"].accept(t)
		if !strings.Contains(p.extensions, "permessage-deflate; client_no_context_takeover; server_no_context_takeover") {
			t.Errorf("the client offers %q, want deflate without takeover", p.extensions)
		}
		if token := p.welcome(time.Hour); token != "token" {
			t.Errorf("signed in with %q", token)
		}
		wantLink(t, d, feed.Syncing, "")
		if off := time.Until(d.ServerTime()); off != -time.Hour {
			t.Errorf("before a beat the server's clock is %v off, want welcome's hour", off)
		}
		p.want(`{"type":"subscribe","feed":"region:11"}`)
		p.send(b.reset(feed.ReasonAsked))
		wantLink(t, d, feed.Syncing, "")
		p.send(b.beat())
		wantLink(t, d, feed.Live, "")
		wantBoard(t, d, b)

		p.send(b.set("A/er"), b.remove("B/er"), b.beat())
		wantBoard(t, d, b)
		if l, _ := c.Link(); l != feed.Live || !c.Connected() || c.Err() != nil {
			t.Errorf("client is %s, connected %v, %v", l, c.Connected(), c.Err())
		}
		if w, ok := c.Welcome(); !ok || w.Mode != "simulated" {
			t.Errorf("welcome %+v", w)
		}
		v := d.View()
		if v.Link != feed.Live || v.Cursor.Seq != 4 || v.Digest != b.Digest() || len(v.Board) != 1 || v.Err != nil {
			t.Errorf("view %+v", v)
		}
		if off := time.Until(v.Server); off != -time.Hour {
			t.Errorf("the server's clock is %v off, want an hour behind", off)
		}
	})
}

func TestResumesWhatItHolds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, b := newNetwork(t, "one"), newBoard("A/er", "B/er")
		c := run(t, client.Options{URLs: []string{"http://one"}, HTTPClient: n.client()})
		d := c.Follow(seoul)
		p := goLive(t, n["one"], b, time.Hour)
		p.close(1011)
		wantLink(t, d, feed.Delayed, feed.WhyClosed)
		if !fault.Is(c.Err(), fault.Internal) {
			t.Errorf("Err is %v, want internal", c.Err())
		}
		b.set("C/er")
		b.remove("A/er")

		p = n["one"].accept(t)
		p.welcome(time.Hour)
		p.want(`{"type":"subscribe","feed":"region:11","epoch":"0123456789abcdef","seq":2}`)
		p.send(b.resumed(2), b.since(2), b.beat())
		wantLink(t, d, feed.Live, "")
		wantBoard(t, d, b)
	})
}

func TestHoleIsAskedForOnTheSameSocket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, b := newNetwork(t, "one"), newBoard("A/er")
		c := run(t, client.Options{URLs: []string{"http://one"}, HTTPClient: n.client()})
		d := c.Follow(seoul)
		p := goLive(t, n["one"], b, time.Hour)
		b.set("lost/er")
		p.send(b.set("A/er"), b.set("B/er"))
		p.want(`{"type":"subscribe","feed":"region:11","epoch":"0123456789abcdef","seq":1}`)
		p.send(b.resumed(1), b.since(1), b.beat())
		wantBoard(t, d, b)
	})
}

func TestByeIsHonoured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, b := newNetwork(t, "one", "two"), newBoard("A/er")
		c := run(t, client.Options{URLs: []string{"http://one", "http://two"}, HTTPClient: n.client()})
		d := c.Follow(seoul)
		p := goLive(t, n["one"], b, time.Hour)
		said := time.Now()
		p.send(feed.Bye{Type: feed.TypeBye, Code: fault.Restarting, RetryAfterMS: 3000})
		p.close(1012)
		n["two"].accept(t).welcome(time.Hour) // the leaving node is not asked again
		if waited := time.Since(said); waited < 3*time.Second || waited > 3*time.Second+250*time.Millisecond {
			t.Errorf("connected again after %v, want 3 s and a little", waited)
		}
		wantLink(t, d, feed.Live, "")
	})
}

func TestByeWithoutACloseIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, b := newNetwork(t, "one"), newBoard("A/er")
		c := run(t, client.Options{URLs: []string{"http://one"}, HTTPClient: n.client()})
		c.Follow(seoul)
		p := goLive(t, n["one"], b, time.Hour)
		said := time.Now()
		p.send(feed.Bye{Type: feed.TypeBye, Code: fault.Restarting, RetryAfterMS: 1000})
		n["one"].accept(t)
		if waited := time.Since(said); waited < 5*time.Second || waited > 6*time.Second {
			t.Errorf("connected again after %v, want about 5 s", waited)
		}
	})
}

func TestTokenIsRenewedInBand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, b := newNetwork(t, "one"), newBoard("A/er")
		given := 0
		token := func(context.Context) (string, error) {
			given++
			if given == 2 {
				return "", errors.New("the token service is away")
			}
			return fmt.Sprint("token-", given), nil
		}
		c := run(t, client.Options{URLs: []string{"http://one"}, HTTPClient: n.client(), Token: token})
		d := c.Follow(seoul)
		start := time.Now()
		p := goLive(t, n["one"], b, 10*time.Minute)
		frame := beatUntil(p, b, feed.TypeAuth)
		if at := time.Since(start).Round(time.Second); at < 8*time.Minute || at > 8*time.Minute+10*time.Second {
			t.Errorf("renewed after %v, want 8 min and one retry", at)
		}
		if frame.Token != "token-3" {
			t.Errorf("renewed with %q", frame.Token)
		}
		p.send(feed.Welcome{Type: feed.TypeWelcome, At: serverNow(), ExpiresAt: serverNow() + 600_000, Timings: feed.DefaultTimings})
		if frame = beatUntil(p, b, feed.TypeAuth); frame.Token != "token-4" {
			t.Errorf("renewed again with %q", frame.Token)
		}
		wantLink(t, d, feed.Live, "")
	})
}

func TestTokenRefusedInBandGetsASocketOfItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, b, given := newNetwork(t, "one"), newBoard("A/er"), 0
		token := func(context.Context) (string, error) { given++; return fmt.Sprint("token-", given), nil }
		c := run(t, client.Options{URLs: []string{"http://one"}, HTTPClient: n.client(), Token: token})
		d := c.Follow(seoul)
		p := goLive(t, n["one"], b, 10*time.Minute)
		beatUntil(p, b, feed.TypeAuth)
		p.send(b.beat(), feed.ErrorFrame{Type: feed.TypeError, Code: fault.Forbidden, Message: "of another account"})
		if got := n["one"].accept(t).welcome(time.Hour); got != "token-2" {
			t.Errorf("signed in with %q", got)
		}
		wantLink(t, d, feed.Live, "")
	})
}

// beatUntil proves the board every two seconds until the client sends a frame
// of the type.
func beatUntil(p *peer, b board, kind string) feed.ClientFrame {
	p.t.Helper()
	frames := make(chan feed.ClientFrame)
	go func() {
		for {
			f := p.next()
			frames <- f
			if f.Type == kind {
				return
			}
		}
	}()
	for range 1000 {
		select {
		case f := <-frames:
			if f.Type == kind {
				return f
			}
		case <-time.After(2 * time.Second):
			p.send(b.beat())
		}
	}
	p.t.Fatalf("no %s in half an hour", kind)
	return feed.ClientFrame{}
}

func TestExpiredTokenIsReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, given := newNetwork(t, "one"), 0
		token := func(context.Context) (string, error) { given++; return fmt.Sprint("token-", given), nil }
		c := run(t, client.Options{URLs: []string{"http://one"}, HTTPClient: n.client(), Token: token})
		p := n["one"].accept(t)
		p.next()
		p.close(4403)
		p = n["one"].accept(t)
		if got := p.welcome(time.Hour); got != "token-2" {
			t.Errorf("signed in with %q, want the next token", got)
		}
		p.close(1001) // any other close keeps the token
		if got := n["one"].accept(t).welcome(time.Hour); got != "token-2" || given != 2 {
			t.Errorf("signed in with %q after %d calls", got, given)
		}
		_ = c
	})
}

func TestTheSameExpiredTokenEndsRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, "one")
		c := run(t, client.Options{URLs: []string{"http://one"}, HTTPClient: n.client()})
		p := n["one"].accept(t)
		p.next()
		p.close(4403)
		if code := c.ended(t); code != fault.TokenInvalid {
			t.Errorf("Run ended with %s", code)
		}
	})
}

func TestSeveralURLsInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, b := newNetwork(t, "two", "three"), newBoard("A/er")
		n["two"].refusing(func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "a proxy without a server behind it", http.StatusBadGateway)
		})
		c := run(t, client.Options{URLs: []string{"http://one", "http://two", "http://three"}, HTTPClient: n.client()})
		d := c.Follow(seoul)
		start := time.Now()
		p := goLive(t, n["three"], b, time.Hour)
		if took := time.Since(start); took > 500*time.Millisecond {
			t.Errorf("the first round took %v", took)
		}
		p.close(1011) // it served well: once more, then the others
		n["three"].accept(t).close(1011)
		n["two"].refusing(nil)
		p = n["two"].accept(t)
		p.welcome(time.Hour)
		p.want(`{"type":"subscribe","feed":"region:11","epoch":"0123456789abcdef","seq":1}`)
		p.send(b.resumed(1), b.beat())
		wantLink(t, d, feed.Live, "")
	})
}

func TestNeverGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, "one")
		n["one"].down.Store(true)
		c := run(t, client.Options{URLs: []string{"http://one"}, HTTPClient: n.client()})
		d := c.Follow(seoul)
		pass(2 * time.Hour)
		n["one"].down.Store(false)
		back := time.Now()
		goLive(t, n["one"], newBoard("A/er"), time.Hour)
		if took := time.Since(back); took > 8*time.Second {
			t.Errorf("found the server after %v, want 8 s at most", took)
		}
		wantLink(t, d, feed.Live, "")
	})
}

func TestHTTPRefusals(t *testing.T) {
	t.Run("a code of the table that stops", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			n := newNetwork(t, "one")
			n["one"].refusing(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(http.StatusForbidden)
				json.NewEncoder(w).Encode(map[string]string{"code": "foreign_origin", "message": "not from there"})
			})
			c := run(t, client.Options{URLs: []string{"http://one"}, HTTPClient: n.client()})
			if code := c.ended(t); code != fault.ForeignOrigin {
				t.Errorf("Run ended with %s", code)
			}
		})
	})
	t.Run("Retry-After is honoured", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			n := newNetwork(t, "one")
			var tries atomic.Int32
			n["one"].refusing(func(w http.ResponseWriter, _ *http.Request) {
				tries.Add(1)
				w.Header().Set("Retry-After", "20")
				w.WriteHeader(http.StatusServiceUnavailable)
			})
			run(t, client.Options{URLs: []string{"http://one"}, HTTPClient: n.client()})
			pass(19 * time.Second)
			if got := tries.Load(); got != 1 {
				t.Errorf("%d tries within 19 s, want 1", got)
			}
			pass(11 * time.Second)
			if got := tries.Load(); got != 2 {
				t.Errorf("%d tries within 30 s, want 2", got)
			}
		})
	})
}

func TestEndsPolitely(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, b := newNetwork(t, "one"), newBoard("A/er")
		c := run(t, client.Options{URLs: []string{"http://one"}, HTTPClient: n.client()})
		d := c.Follow(seoul)
		p := goLive(t, n["one"], b, time.Hour)
		c.stop()
		if code := p.ended(); code != 1000 {
			t.Errorf("closed with %d, want 1000", code)
		}
		if err := <-c.err; !errors.Is(err, context.Canceled) {
			t.Errorf("Run returned %v", err)
		}
		wantLink(t, d, feed.Delayed, feed.WhyClosed)
		wantBoard(t, d, b)
	})
}

func TestEndsThoughTheServerHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, b := newNetwork(t, "one"), newBoard("A/er")
		c := run(t, client.Options{URLs: []string{"http://one"}, HTTPClient: n.client()})
		c.Follow(seoul)
		goLive(t, n["one"], b, time.Hour) // and never reads again
		start := time.Now()
		c.stop()
		<-c.err
		if took := time.Since(start); took > time.Second {
			t.Errorf("stopping took %v", took)
		}
	})
}

func TestPings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, b := newNetwork(t, "one"), newBoard("A/er")
		c := run(t, client.Options{URLs: []string{"http://one"}, HTTPClient: n.client()})
		c.Follow(seoul)
		p := goLive(t, n["one"], b, time.Hour)
		for range 3 {
			start := time.Now()
			beatUntil(p, b, feed.TypePing)
			if took := time.Since(start); took != 15*time.Second {
				t.Errorf("a ping after %v, want 15 s", took)
			}
		}
	})
}
