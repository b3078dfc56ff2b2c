package follow

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"weer/model/feed"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A wire is a bus in the hands of a test: what is sent arrives, in this order,
// if it is followed.
type wire struct {
	mu      sync.Mutex
	follows map[string]int
	hints   chan feed.Hint
}

func newWire() *wire { return &wire{follows: map[string]int{}, hints: make(chan feed.Hint, 10_000)} }

func (w *wire) Follow(epoch, name string)   { w.count(epoch+"/"+name, 1) }
func (w *wire) Unfollow(epoch, name string) { w.count(epoch+"/"+name, -1) }

func (w *wire) count(k string, n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.follows[k] += n
}

func (w *wire) followed(epoch, name string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.follows[epoch+"/"+name]
}

func (w *wire) send(h feed.Hint) {
	if feed.Private(h.Feed) {
		h.Event = feed.Event{Feed: h.Feed, From: h.To, To: h.To}
	}
	w.hints <- h
}

func (w *wire) Run(ctx context.Context, deliver func(feed.Hint)) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case h := <-w.hints:
			if w.followed(h.Epoch, h.Feed) > 0 {
				deliver(h)
			}
		}
	}
}

// A node is a running follower with its wire.
type node struct {
	*Follower
	wire *wire
	stop func()
}

func startNode(t *testing.T, db *database) *node {
	t.Helper()
	w := newWire()
	n := &node{Follower: New(Options{Store: db, Bus: w}), wire: w}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- n.Run(ctx) }()
	n.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	t.Cleanup(n.stop)
	return n
}

func (n *node) follow(t *testing.T, name string) *Feed {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	d, err := n.Follow(ctx, name, nil)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// A screen is an honest display: a feed.Reader behind one Feed, served as a hub
// serves it.
type screen struct {
	reader  *feed.Reader
	feed    *Feed
	place   Place
	ask     string // the reset that it waits for
	resumed *feed.Resumed
	resets  []string
}

func newScreen(d *Feed) *screen {
	s := &screen{reader: feed.NewReader(d.Name()), feed: d}
	s.connect(d)
	return s
}

// connect subscribes at a node, with the cursor that the reader has.
func (s *screen) connect(d *Feed) {
	s.feed = d
	s.reader.Closed()
	s.reader.Opened(feed.DefaultTimings)
	s.subscribe()
}

func (s *screen) subscribe() {
	f := s.reader.Subscription()
	s.ask, s.resumed = "", nil
	switch {
	case f.Cause != "":
		s.ask = f.Cause
	case f.Seq == nil:
		s.ask = feed.ReasonAsked
	default:
		s.place = s.feed.Start(f.Epoch, *f.Seq)
		s.resumed = &feed.Resumed{Feed: f.Feed, Epoch: f.Epoch, Seq: *f.Seq}
	}
}

// pump sends what there is, and a beat when the screen is at the head.
func (s *screen) pump(now time.Time) {
	var t Tail
	if s.ask != "" {
		if t = s.feed.Reset(s.ask); len(t.Packets) == 0 {
			return
		}
		s.ask = ""
	} else {
		t = s.feed.Tail(s.place)
	}
	for _, p := range t.Packets {
		s.take(p)
	}
	if len(t.Packets) > 0 {
		s.place = Place{t.Status.Epoch, t.Status.Seq, t.Status.Generation}
	}
	if s.place != (Place{t.Status.Epoch, t.Status.Seq, t.Status.Generation}) {
		return
	}
	if s.resumed != nil {
		s.step(s.reader.Resumed(s.resumed))
		s.resumed = nil
	}
	s.step(s.reader.Beat(&feed.Beat{
		Epoch: t.Status.Epoch, Seq: t.Status.Seq, Digest: t.Status.Digest, At: feed.At(now),
		VerifiedAt: t.Status.VerifiedAt, Unproved: t.Status.Unproved,
	}, now))
}

func (s *screen) take(p *Packet) {
	if p.Reset != nil {
		s.resets = append(s.resets, p.Reset.Reason)
		s.resumed = nil
		s.reader.Reset(p.Reset)
		return
	}
	if s.resumed != nil {
		s.step(s.reader.Resumed(s.resumed))
		s.resumed = nil
	}
	keys, err := p.Event.Entries()
	if err != nil {
		panic(err)
	}
	s.step(s.reader.Event(p.Event.From, p.Event.To, keys))
}

func (s *screen) step(step feed.Step) {
	if step.Ask {
		s.subscribe()
	}
}

func (s *screen) board() map[string]string {
	m := map[string]string{}
	for _, e := range s.reader.Board() {
		m[e.Key] = string(e.Value)
	}
	return m
}

// judge holds what the screen believes live against the database's own memory.
func (s *screen) judge(db *database, now time.Time) error {
	if link, _ := s.reader.Link(now); link != feed.Live {
		return nil
	}
	c := s.reader.Cursor()
	want, ok := db.truth(c.Epoch, c.Feed, c.Seq)
	if !ok {
		return fmt.Errorf("%s is live at %s %d, where the database never was", c.Feed, c.Epoch, c.Seq)
	}
	if got := s.board(); !maps.Equal(got, want) {
		return fmt.Errorf("%s is live at %d with %v, not %v", c.Feed, c.Seq, got, want)
	}
	if old := db.staleness(c.Feed, c.Epoch, c.Seq, now); old > 10*time.Second {
		return fmt.Errorf("%s is live at %d, which is old since %v", c.Feed, c.Seq, old)
	}
	return nil
}

// level reports how a screen differs from the database's head; nil when it is
// live there.
func (s *screen) level(db *database, now time.Time) error {
	epoch, seq := db.head(s.reader.Feed())
	c := s.reader.Cursor()
	if c.Epoch != epoch || c.Seq != seq {
		return fmt.Errorf("%s stands at %s %d, the database at %s %d", c.Feed, c.Epoch, c.Seq, epoch, seq)
	}
	if link, why := s.reader.Link(now); link != feed.Live {
		return fmt.Errorf("%s at the head is %s %s", c.Feed, link, why)
	}
	return s.judge(db, now)
}
