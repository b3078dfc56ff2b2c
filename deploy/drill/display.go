package drill

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"weer/api/client"
	"weer/model/feed"
)

// A Display is one screen of the public SDK, with a socket of its own, that can
// be switched off and on again and keeps what it held meanwhile.
type Display struct {
	*client.Display
	tb     testing.TB
	name   string
	client *client.Client
	off    func() // nil while it is off

	mu     sync.Mutex
	frames map[string]int // received, by type
}

// Watch switches a display of a feed on; urls are its servers, the preferred
// one first.
func Watch(tb testing.TB, name, feedName string, urls ...string) *Display {
	tb.Helper()
	d := &Display{tb: tb, name: name, frames: map[string]int{}}
	c, err := client.New(client.Options{URLs: urls, Token: client.DemoToken(urls...), OnFrame: d.count})
	if err != nil {
		tb.Fatal(err)
	}
	d.client, d.Display = c, c.Follow(feedName)
	d.On()
	tb.Cleanup(d.Off)
	return d
}

// On lets the display connect.
func (d *Display) On() {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- d.client.Run(ctx) }()
	d.off = func() {
		cancel()
		if err := <-ended; err != context.Canceled {
			d.tb.Errorf("%s gave up: %v", d.name, err)
		}
	}
}

// Off ends its socket; what it shows stays. A second call does nothing.
func (d *Display) Off() {
	if d.off != nil {
		d.off()
		d.off = nil
	}
}

func (d *Display) count(raw []byte) {
	var frame struct{ Type string }
	if err := json.Unmarshal(raw, &frame); err != nil {
		d.tb.Errorf("%s received no JSON: %.80q", d.name, raw)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.frames[frame.Type]++
}

// Received is how many frames of a type came, over all sockets.
func (d *Display) Received(kind string) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.frames[kind]
}

// ProvedSince is nil when the display is live by a proof that came after a moment.
func (d *Display) ProvedSince(moment time.Time) error {
	v := d.View()
	if v.Link == feed.Live && v.ProvedAt.After(moment) {
		return nil
	}
	return fmt.Errorf("%s of %s is %s %s, proved at %s (%v)", d.name, d.Feed(), v.Link, v.Why, v.ProvedAt.Format(time.TimeOnly), d.client.Err())
}

// Shown is what the judge is given.
func (d *Display) Shown() Shown {
	v := d.View()
	s := Shown{Who: d.name, Feed: v.Cursor.Feed, Seq: v.Cursor.Seq, Board: Board{}}
	for _, e := range v.Board {
		s.Board[e.Key] = Held{e.Seq, canonical(e.Value)}
	}
	return s
}
