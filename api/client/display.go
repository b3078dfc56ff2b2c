package client

import (
	"maps"
	"math/rand/v2"
	"sync"
	"time"

	"weer/model/fault"
	"weer/model/feed"
)

// A Display is one feed as a screen shows it.
type Display struct {
	c    *Client
	feed string

	mu       sync.Mutex
	reader   *feed.Reader
	ask      bool          // the subscription is to be sent
	askAt    time.Time     // but not before this
	refused  *fault.Error  // the server's answer to it
	openedAt time.Time     // when it was given this socket
	heardAt  time.Time     // its last beat on this socket, proving or not
	beaten   bool          // a beat ever came
	ahead    time.Duration // the server's clock minus ours, by the welcome: good until a beat comes
	barren   int           // sockets in a row whose beats proved nothing
	watchers map[*watcher]struct{}
}

func newDisplay(c *Client, name string) *Display {
	return &Display{c: c, feed: name, reader: feed.NewReader(name), watchers: map[*watcher]struct{}{}}
}

// Feed returns the feed's name.
func (d *Display) Feed() string { return d.feed }

// Close stops following. What is held stays readable and grows old; a later
// Follow makes a new display.
func (d *Display) Close() {
	d.c.forget(d)
	d.closed()
}

// A View is a display at one moment.
type View struct {
	Link     feed.Link
	Why      string // the reason of Delayed
	Cursor   feed.Cursor
	Digest   feed.Digest  // of what the server sent, answers apart
	Board    []feed.Entry // what a screen shows, answers included, sorted by key
	ProvedAt time.Time    // the last proof, by the local clock; zero: never
	Server   time.Time    // the server's clock now: ages are measured against it
	Sources  map[string]feed.Source
	Err      error // why the server refused the feed
}

// View returns everything about the display as of one moment.
func (d *Display) View() View {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := time.Now()
	v := View{
		Cursor: d.reader.Cursor(), Digest: d.reader.Digest(), Board: d.reader.Board(),
		ProvedAt: d.reader.ProvedAt(), Server: d.serverTime(now), Sources: maps.Clone(d.reader.Sources()),
	}
	v.Link, v.Why = d.reader.Link(now)
	if d.refused != nil {
		v.Err = d.refused
	}
	return v
}

// Link returns the display's link state now, and the reason when it is Delayed.
func (d *Display) Link() (feed.Link, string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.reader.Link(time.Now())
}

// Board returns all keys as a screen shows them, sorted.
func (d *Display) Board() []feed.Entry {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.reader.Board()
}

// Get returns a key as a screen shows it.
func (d *Display) Get(key string) (feed.Entry, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.reader.Get(key)
}

// Cursor returns the place that the board has reached.
func (d *Display) Cursor() feed.Cursor {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.reader.Cursor()
}

// Sources returns the last complete poll of each source, as of the last beat.
func (d *Display) Sources() map[string]feed.Source {
	d.mu.Lock()
	defer d.mu.Unlock()
	return maps.Clone(d.reader.Sources())
}

// ServerTime returns the server's clock now; before the first welcome, the local one.
func (d *Display) ServerTime() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.serverTime(time.Now())
}

func (d *Display) serverTime(now time.Time) time.Time {
	if d.beaten {
		return d.reader.ServerTime(now)
	}
	return now.Add(d.ahead)
}

// Err returns why the server refused the feed; nil while it did not.
func (d *Display) Err() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.refused == nil {
		return nil
	}
	return d.refused
}

// Overlay lays the feed's part of a REST answer over the board until the
// socket brings the same, so that a command's own screen shows it at once.
func (d *Display) Overlay(a feed.Answer) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.leaveWord(d.reader.Overlay(a), false)
}

func (d *Display) begin(w feed.Whole) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.leaveWord(d.reader.Begin(w), false)
}

func (d *Display) opened(t feed.Timings, ahead time.Duration, now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.reader.Opened(t)
	d.ahead = ahead
	d.ask, d.askAt, d.refused, d.openedAt, d.heardAt = true, time.Time{}, nil, now, time.Time{}
	d.leaveWord(feed.Step{}, true)
}

func (d *Display) closed() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.reader.Closed()
	d.ask = false
	d.leaveWord(feed.Step{}, true)
}

// permitted asks again for a feed that was refused: a new token may read more.
func (d *Display) permitted(now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.refused != nil {
		d.ask, d.askAt, d.refused, d.openedAt = true, time.Time{}, nil, now
	}
}

// refuse takes the server's error about the feed. One that passes is answered
// by asking again in a while; the others stand until the next socket or token.
func (d *Display) refuse(f *feed.ErrorFrame, now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if f.Code.Row().Action != fault.ActionNone {
		d.ask, d.askAt = true, now.Add(askAgain+rand.N(askAgain))
		return
	}
	d.refused = &fault.Error{Code: f.Code, Message: f.Message, Field: f.Field}
	d.leaveWord(feed.Step{}, true)
}

// askAgain is the least time to the next subscription after a passing error.
const askAgain = time.Second

// asking returns the frame that is to be sent, once; or when it will be.
func (d *Display) asking(now time.Time) (f feed.ClientFrame, due bool, at time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.ask || now.Before(d.askAt) {
		return f, false, d.askAt
	}
	d.ask, d.askAt = false, time.Time{}
	return d.reader.Subscription(), true, time.Time{}
}

// take applies a frame of the feed. ask: a subscription is to be sent; proved:
// the frame was a beat that proved the board.
func (d *Display) take(frame any, now time.Time) (ask, proved bool, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	before, _ := d.reader.Link(now)
	var step feed.Step
	switch f := frame.(type) {
	case *feed.Reset:
		step = d.reader.Reset(f)
	case *feed.Resumed:
		step = d.reader.Resumed(f)
	case *feed.EventFrame:
		keys, err := feed.Event{Keys: f.Keys}.Entries()
		if err != nil {
			return false, false, err
		}
		step = d.reader.Event(f.From, f.To, keys)
	case *feed.Beat:
		step = d.reader.Beat(f, now)
		d.heardAt, d.beaten = now, true
		if proved = d.reader.ProvedAt().Equal(now); proved {
			d.barren = 0
		}
	}
	if step.Ask {
		d.ask, d.askAt = true, time.Time{}
	}
	after, _ := d.reader.Link(now)
	d.leaveWord(step, before != after)
	return step.Ask, proved, nil
}

// patience says until when a socket may go on without a proof. One that brings
// no beats is half-open and is left when the display goes offline. One that
// brings beats which prove nothing is left too, another server may be right,
// but each such socket gets twice the time of the one before.
func (d *Display) patience(t feed.Timings) (until time.Time, silent bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.refused != nil {
		return time.Time{}, false
	}
	offline := time.Duration(t.OfflineMS) * time.Millisecond
	heard := later(d.openedAt, d.heardAt).Add(offline)
	proved := later(d.openedAt, d.reader.ProvedAt()).Add(offline << min(d.barren, 4))
	if heard.Before(proved) {
		return heard, true
	}
	return proved, false
}

func (d *Display) disappointed() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.barren++
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
