package client_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"weer/api/client"
	"weer/model/fault"
	"weer/model/feed"
)

// What a display may call live, and what becomes of sockets that prove nothing.

func TestHalfOpenSocketIsReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, b := newNetwork(t, "one"), newBoard("A/er")
		c := run(t, client.Options{URLs: []string{"http://one"}, HTTPClient: n.client()})
		d := c.Follow(seoul)
		p := goLive(t, n["one"], b, time.Hour)
		pass(2 * time.Second)
		p.send(b.beat())
		pass(4900 * time.Millisecond)
		wantLink(t, d, feed.Live, "")
		pass(100 * time.Millisecond)
		wantLink(t, d, feed.Delayed, feed.WhySilent)
		pass(6999 * time.Millisecond)
		wantLink(t, d, feed.Delayed, feed.WhySilent)
		pass(time.Millisecond)
		wantLink(t, d, feed.Offline, "")
		b.set("B/er")
		offline := time.Now()
		p = n["one"].accept(t) // though the old socket was never closed
		if took := time.Since(offline); took > 500*time.Millisecond {
			t.Errorf("another socket %v after going offline", took)
		}
		p.welcome(time.Hour)
		p.want(`{"type":"subscribe","feed":"region:11","epoch":"0123456789abcdef","seq":1}`)
		wantLink(t, d, feed.Offline, "")
		p.send(b.resumed(1), b.since(1), b.beat())
		wantLink(t, d, feed.Live, "")
		wantBoard(t, d, b)
	})
}

func TestSilentServerIsLeftForTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, b := newNetwork(t, "one", "two"), newBoard("A/er")
		c := run(t, client.Options{URLs: []string{"http://one", "http://two"}, HTTPClient: n.client()})
		d := c.Follow(seoul)
		p := n["one"].accept(t)
		p.welcome(time.Hour)
		p.next() // and says nothing more
		start := time.Now()
		goLive(t, n["two"], b, time.Hour)
		if took := time.Since(start); took < 12*time.Second || took > 13*time.Second {
			t.Errorf("left after %v, want 12 s and a little", took)
		}
		wantLink(t, d, feed.Live, "")
	})
}

func TestServerThatFallsSilentIsLeftForTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, b := newNetwork(t, "one", "two"), newBoard("A/er")
		c := run(t, client.Options{URLs: []string{"http://one", "http://two"}, HTTPClient: n.client()})
		d := c.Follow(seoul)
		goLive(t, n["one"], b, time.Hour) // and says nothing more
		start := time.Now()
		p := n["two"].accept(t)
		if took := time.Since(start); took > 13*time.Second {
			t.Errorf("left after %v, want 12 s and a little", took)
		}
		p.welcome(time.Hour)
		p.want(`{"type":"subscribe","feed":"region:11","epoch":"0123456789abcdef","seq":1}`)
		p.send(b.resumed(1), b.beat())
		wantLink(t, d, feed.Live, "")
	})
}

func TestWelcomeThatNeverComes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, b := newNetwork(t, "one", "two"), newBoard("A/er")
		c := run(t, client.Options{URLs: []string{"http://one", "http://two"}, HTTPClient: n.client()})
		c.Follow(seoul)
		start := time.Now()
		n["one"].accept(t).next()
		goLive(t, n["two"], b, time.Hour)
		if took := time.Since(start); took < 10*time.Second || took > 11*time.Second {
			t.Errorf("left after %v, want 10 s and a little", took)
		}
	})
}

func TestWrongDigestIsNeverLive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, b := newNetwork(t, "one"), newBoard("A/er", "B/er")
		c := run(t, client.Options{URLs: []string{"http://one"}, HTTPClient: n.client()})
		d := c.Follow(seoul)
		live := watchForLive(t, d)
		p := n["one"].accept(t)
		p.welcome(time.Hour)
		p.want(`{"type":"subscribe","feed":"region:11"}`)
		p.send(b.reset(feed.ReasonAsked), b.wrongBeat())
		p.want(`{"type":"subscribe","feed":"region:11","cause":"digest"}`)
		p.send(b.reset(feed.ReasonDigest), b.wrongBeat())
		wantLink(t, d, feed.Syncing, "")
		// No second reset is asked for. The socket gets its twelve seconds, the
		// next one, because beats do come, twice as long.
		left := time.Now()
		frames := wrongUntilClosed(p, b)
		if len(frames) != 0 {
			t.Errorf("the client also sent %v", frames)
		}
		if took := time.Since(left).Round(time.Second); took != 12*time.Second {
			t.Errorf("left after %v, want 12 s", took)
		}
		p = n["one"].accept(t)
		left = time.Now()
		p.welcome(time.Hour)
		p.want(`{"type":"subscribe","feed":"region:11","epoch":"0123456789abcdef","seq":2}`)
		p.send(b.resumed(2), b.wrongBeat())
		wrongUntilClosed(p, b)
		if took := time.Since(left).Round(time.Second); took != 24*time.Second {
			t.Errorf("left after %v, want 24 s", took)
		}
		if live() {
			t.Fatal("the display was live though no beat proved it")
		}
		p = n["one"].accept(t)
		p.welcome(time.Hour)
		p.next()
		p.send(b.resumed(2), b.beat())
		if !live() {
			t.Fatal("the display is not live after a proof; the watch for it sees nothing")
		}
	})
}

// watchForLive reports whether the display was ever live since.
func watchForLive(t *testing.T, d *client.Display) func() bool {
	ctx, stop := context.WithCancel(context.Background())
	t.Cleanup(stop)
	seen := make(chan struct{})
	go func() {
		for ch := range d.Changes(ctx) {
			if ch.Link == feed.Live {
				close(seen)
				return
			}
		}
	}()
	return func() bool {
		synctest.Wait()
		select {
		case <-seen:
			return true
		default:
			return false
		}
	}
}

// wrongUntilClosed sends a disproving beat every two seconds and returns what
// the client sent, pings apart, until it closed.
func wrongUntilClosed(p *peer, b board) (frames []feed.ClientFrame) {
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		for {
			_, raw, err := p.conn.Read(context.Background())
			if err != nil {
				return
			}
			if f, _ := feed.DecodeClient(raw); f.Type != feed.TypePing {
				frames = append(frames, f)
			}
		}
	}()
	for {
		select {
		case <-closed:
			return frames
		case <-time.After(2 * time.Second):
			beat, _ := json.Marshal(b.wrongBeat())
			_ = p.conn.Write(context.Background(), websocket.MessageText, beat) // the client may just be leaving
		}
	}
}

// TestCloseCodes holds the client against the whole table: what it does about
// each close code, and that it does only that.
func TestCloseCodes(t *testing.T) {
	for _, row := range fault.Table {
		if row.Close == 0 {
			continue
		}
		t.Run(string(row.Code), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { closeWith(t, row) })
		})
	}
}

func closeWith(t *testing.T, row fault.Row) {
	n, b := newNetwork(t, "one"), newBoard("A/er")
	given := 0
	token := func(context.Context) (string, error) { given++; return fmt.Sprint("token-", given), nil }
	c := run(t, client.Options{URLs: []string{"http://one"}, HTTPClient: n.client(), Token: token})
	d := c.Follow(seoul)
	p := goLive(t, n["one"], b, time.Hour)
	p.send(feed.ErrorFrame{Type: feed.TypeError, Code: row.Code, Message: "in the server's words"})
	p.close(row.Close)
	closed := time.Now()
	switch row.Action {
	case fault.ActionStop, fault.ActionSignIn:
		err := <-c.err
		if !fault.Is(err, row.Code) || !strings.Contains(err.Error(), "in the server's words") {
			t.Errorf("Run ended with %v", err)
		}
		wantLink(t, d, feed.Delayed, feed.WhyClosed)
		return
	case fault.ActionRetry, fault.ActionRetryAfter, fault.ActionRefreshToken:
	default:
		t.Fatalf("a close code with the action %s leaves the client without one", row.Action)
	}
	p = n["one"].accept(t)
	wait, got := time.Since(closed), p.welcome(time.Hour)
	if least := row.Action == fault.ActionRetryAfter; least != (wait >= time.Second) || wait > 2*time.Second {
		t.Errorf("connected again after %v", wait)
	}
	if renewed := row.Action == fault.ActionRefreshToken; renewed != (got == "token-2") {
		t.Errorf("signed in with %q", got)
	}
}

func TestRefusedFeed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, b := newNetwork(t, "one"), newBoard("A/er")
		c := run(t, client.Options{URLs: []string{"http://one"}, HTTPClient: n.client()})
		d := c.Follow(seoul)
		p := goLive(t, n["one"], b, 10*time.Minute)
		private := c.Follow("control:11")
		p.want(`{"type":"subscribe","feed":"control:11"}`)
		p.send(feed.ErrorFrame{Type: feed.TypeError, Code: fault.Forbidden, Feed: "control:11", Field: "feed", Message: "not for viewers"})
		if !fault.Is(private.Err(), fault.Forbidden) || d.Err() != nil {
			t.Fatalf("refused: %v, other feed: %v", private.Err(), d.Err())
		}
		wantLink(t, private, feed.Syncing, "")
		wantLink(t, d, feed.Live, "")
		if l, _ := c.Link(); l != feed.Syncing {
			t.Errorf("the worst link is %s", l)
		}
		beatUntil(p, b, feed.TypePing) // the refused feed is no reason to leave the socket
		p.send(feed.Welcome{Type: feed.TypeWelcome, At: serverNow(), ExpiresAt: serverNow() + 600_000, Timings: feed.DefaultTimings})
		p.want(`{"type":"subscribe","feed":"control:11"}`) // a new token may read more
		if private.Err() != nil {
			t.Errorf("still refused: %v", private.Err())
		}
	})
}

func TestPassingErrorOfAFeedIsAskedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, b := newNetwork(t, "one"), newBoard("A/er")
		c := run(t, client.Options{URLs: []string{"http://one"}, HTTPClient: n.client()})
		d := c.Follow(seoul)
		p := n["one"].accept(t)
		p.welcome(time.Hour)
		p.next()
		p.send(feed.ErrorFrame{Type: feed.TypeError, Code: fault.Unavailable, Feed: seoul, Message: "the database does not answer"})
		start := time.Now()
		p.want(`{"type":"subscribe","feed":"region:11"}`)
		if took := time.Since(start); took < time.Second || took > 2*time.Second {
			t.Errorf("asked again after %v", took)
		}
		p.send(b.reset(feed.ReasonAsked), b.beat())
		wantLink(t, d, feed.Live, "")
	})
}

func TestFollowAndCloseWhileConnected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, b := newNetwork(t, "one"), newBoard("A/er")
		c := run(t, client.Options{URLs: []string{"http://one"}, HTTPClient: n.client()})
		p := n["one"].accept(t)
		p.welcome(time.Hour)
		if l, _ := c.Link(); l != feed.Syncing {
			t.Errorf("without displays the client is %s", l)
		}
		d := c.Follow(seoul)
		if c.Follow(seoul) != d {
			t.Error("the same feed has two displays")
		}
		p.want(`{"type":"subscribe","feed":"region:11"}`)
		p.send(b.reset(feed.ReasonAsked), b.beat())
		d.Close()
		p.want(`{"type":"unsubscribe","feed":"region:11"}`)
		p.send(b.set("A/er"), b.beat()) // on its way when the client left
		wantLink(t, d, feed.Delayed, feed.WhyClosed)
		if again := c.Follow(seoul); again == d || len(again.Board()) != 0 {
			t.Error("a closed display came back")
		}
		p.want(`{"type":"subscribe","feed":"region:11"}`)
	})
}

// What cannot be sent is forgotten, and what was told twice is sent once.
func TestAcks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, "one")
		c := run(t, client.Options{URLs: []string{"http://one"}, HTTPClient: n.client()})
		c.Ack("hospital:A1100001", feed.Ack{ID: "lost", Rung: "pushed"})
		p := n["one"].accept(t)
		p.welcome(time.Hour)
		synctest.Wait()
		var many []feed.Ack
		for i := range feed.MaxAcks + 1 {
			many = append(many, feed.Ack{ID: fmt.Sprint(i), Rung: "shown"})
		}
		c.Ack("hospital:A1100001", append(many, many[0])...)
		first, _ := json.Marshal(many[:feed.MaxAcks])
		p.want(`{"type":"ack","feed":"hospital:A1100001","acks":` + string(first) + `}`)
		p.want(`{"type":"ack","feed":"hospital:A1100001","acks":[{"id":"32","rung":"shown"}]}`)
	})
}

func TestAnswerIsShownAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, b := newNetwork(t, "one"), newBoard("A/er")
		c := run(t, client.Options{URLs: []string{"http://one"}, HTTPClient: n.client()})
		d := c.Follow(seoul)
		p := goLive(t, n["one"], b, time.Hour)
		d.Overlay(feed.Answer{Feed: seoul, Epoch: epoch, Seq: 2, Keys: []feed.Entry{{Key: "A/er", Seq: 2, Value: json.RawMessage(`"mine"`)}}})
		if e, ok := d.Get("A/er"); !ok || string(e.Value) != `"mine"` {
			t.Errorf("the display shows %s", e.Value)
		}
		p.send(b.beat()) // still of 1: the answer is outside the digest
		wantLink(t, d, feed.Live, "")
		p.send(b.set("A/er"), b.beat())
		wantBoard(t, d, b)
	})
}

func whole(b board) feed.Whole {
	return feed.Whole{Feed: b.name(), Epoch: epoch, Seq: b.Seq(), Digest: b.Digest(), Keys: b.Live()}
}

func TestDisplayBeginsFromAnAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, b := newNetwork(t, "one"), newBoard("A/er", "B/er")
		c := run(t, client.Options{URLs: []string{"http://one"}, HTTPClient: n.client()})
		d := c.FollowFrom(whole(b))
		wantBoard(t, d, b)
		wantLink(t, d, feed.Connecting, "") // shown, not proved
		p := n["one"].accept(t)
		p.welcome(time.Hour)
		p.want(`{"type":"subscribe","feed":"region:11","epoch":"` + epoch + `","seq":2}`)
		p.send(b.resumed(2), b.set("A/er"), b.beat())
		wantLink(t, d, feed.Live, "")
		wantBoard(t, d, b)

		older := newBoard("A/er")
		if c.FollowFrom(whole(older)) != d {
			t.Error("the same feed has two displays")
		}
		wantBoard(t, d, b) // what it has from a socket it keeps
	})
}

func TestDisplayBeginsFromAnAnswerOnAnOpenSocket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, b := newNetwork(t, "one"), newBoard("A/er")
		c := run(t, client.Options{URLs: []string{"http://one"}, HTTPClient: n.client()})
		p := n["one"].accept(t)
		p.welcome(time.Hour)
		d := c.FollowFrom(whole(b))
		p.want(`{"type":"subscribe","feed":"region:11","epoch":"` + epoch + `","seq":1}`)
		p.send(b.resumed(1), b.beat())
		wantLink(t, d, feed.Live, "")
	})
}

func TestFramesThatCannotBeUnderstood(t *testing.T) {
	for name, frame := range map[string]any{
		"no frame":        "just a text",
		"keys of a key":   feed.EventFrame{Type: feed.TypeEvent, Feed: seoul, From: 2, To: 2, Keys: json.RawMessage(`{"key":"A"}`)},
		"a broken number": map[string]any{"type": "beat", "feed": seoul, "seq": -1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n, b := newNetwork(t, "one"), newBoard("A/er")
				c := run(t, client.Options{URLs: []string{"http://one"}, HTTPClient: n.client()})
				d := c.Follow(seoul)
				p := goLive(t, n["one"], b, time.Hour)
				p.send(frame)
				p.ended()
				p = n["one"].accept(t)
				p.welcome(time.Hour)
				p.next()
				p.send(map[string]any{"type": "of the future", "x": 1}, b.resumed(1), b.beat())
				wantLink(t, d, feed.Live, "")
			})
		})
	}
}

func TestOnFrameSeesEveryFrameAsReceived(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, b := newNetwork(t, "one"), newBoard("A/er")
		var types []string
		tap := func(raw []byte) {
			var f struct{ Type string }
			if err := json.Unmarshal(raw, &f); err != nil {
				t.Error(err)
			}
			types = append(types, f.Type)
		}
		c := run(t, client.Options{URLs: []string{"http://one"}, HTTPClient: n.client(), OnFrame: tap})
		c.Follow(seoul)
		p := goLive(t, n["one"], b, time.Hour)
		p.send(b.set("A/er"), map[string]any{"type": "of the future"}, b.beat())
		if want := []string{"welcome", "reset", "beat", "event", "of the future", "beat"}; !slices.Equal(types, want) {
			t.Errorf("the tap saw %q, want %q", types, want)
		}
	})
}
