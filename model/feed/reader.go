package feed

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// A Link is the state of a reader's connection to the truth. A screen shows the
// worst of its feeds.
type Link string

// The link states, from the first to the worst.
const (
	Connecting Link = "connecting" // never proved, no socket
	Syncing    Link = "syncing"    // never proved, a socket is open
	Live       Link = "live"       // proved, and lately
	Delayed    Link = "delayed"    // proved once, not lately enough; the reason says why
	Offline    Link = "offline"    // the last proof is too old to act on
)

// Reasons of Delayed.
const (
	WhySilent     = "silent"     // the socket is open and says nothing
	WhyClosed     = "closed"     // the socket is closed
	WhyUnverified = "unverified" // the hub has not asked the database lately
	WhyUnproved   = "unproved"   // the board differs from the server's
)

// Worse reports whether l is a worse state to be in than other.
func (l Link) Worse(other Link) bool { return l.rank() > other.rank() }

func (l Link) rank() int {
	return slices.Index([]Link{Live, Delayed, Syncing, Connecting, Offline}, l)
}

// A Step is what a frame did to a reader.
type Step struct {
	Ask     bool     // send Subscription now
	Reset   bool     // everything held was replaced
	Changed []string // keys set or removed by this frame
}

// An Answer is a REST answer's part in one feed: the values of some keys as of
// (epoch, seq).
type Answer struct {
	Feed  string  `json:"feed"`
	Epoch string  `json:"epoch"`
	Seq   uint64  `json:"seq"`
	Keys  []Entry `json:"keys"`
}

// A Whole is a feed's whole state at Seq, as a snapshot or a board over REST
// gives it.
type Whole struct {
	Feed   string  `json:"feed"`
	Epoch  string  `json:"epoch"`
	Seq    uint64  `json:"seq"`
	Digest Digest  `json:"digest"`
	Keys   []Entry `json:"keys"`
}

type overlaid struct {
	Entry
	until uint64 // the cursor that makes the overlay needless
}

// A Reader is one display of one feed. See the package's comment.
type Reader struct {
	feed    string
	timings Timings
	state   *State
	overlay map[string]overlaid

	open     bool
	asked    bool   // a subscription is on its way; only its answer counts
	loaded   bool   // a whole state was taken
	cause    string // why the next subscription asks for a reset
	provedAt time.Time
	verified bool // the last proof said that the hub is verified
	wrong    bool // the newest beat or reset disproved the board, or the hub calls it unproved
	disproof time.Time

	beatAt   time.Time // arrival of the last beat, by the local clock
	serverAt Time      // and the server's clock in it
	sources  map[string]Source
}

// NewReader makes a reader of a feed that holds nothing.
func NewReader(feed string) *Reader {
	return &Reader{feed: feed, timings: DefaultTimings, state: NewState(false), overlay: map[string]overlaid{}}
}

// Feed returns the feed's name.
func (r *Reader) Feed() string { return r.feed }

// Opened tells of a socket that is welcome; the owner sends Subscription next.
func (r *Reader) Opened(t Timings) {
	r.open, r.asked, r.timings = true, true, t
}

// Closed tells that the socket is gone. What is held stays.
func (r *Reader) Closed() { r.open, r.asked = false, false }

// Subscription is the frame to send: with the cursor when there is one.
func (r *Reader) Subscription() ClientFrame {
	f := ClientFrame{Type: TypeSubscribe, Feed: r.feed}
	switch {
	case r.cause != "":
		f.Cause = r.cause
	case r.loaded:
		seq := r.state.Seq()
		f.Epoch, f.Seq = r.state.Epoch(), &seq
	}
	return f
}

func (r *Reader) ask() Step {
	r.asked = true
	return Step{Ask: true}
}

// Reset takes the whole state. One that differs from its own digest is not
// shown as live; the beat behind it decides whether to ask for another.
func (r *Reader) Reset(f *Reset) Step {
	r.state.Load(f.Epoch, f.Seq, f.Keys)
	clear(r.overlay)
	r.loaded, r.asked, r.cause = true, false, ""
	if f.Digest != r.state.Digest() {
		r.wrong = true
	}
	return Step{Reset: true}
}

// Resumed goes on from the cursor that was sent.
func (r *Reader) Resumed(f *Resumed) Step {
	if !r.loaded || f.Epoch != r.state.Epoch() || f.Seq > r.state.Seq() {
		return r.ask()
	}
	r.asked = false
	return Step{}
}

// Event takes keys. A hole asks again from the cursor; while an answer to that
// is awaited, further holes are silent.
func (r *Reader) Event(from, to uint64, keys []Entry) Step {
	if !r.loaded {
		return Step{}
	}
	changed, err := r.state.Apply(from, to, keys)
	if err != nil {
		if r.asked {
			return Step{}
		}
		return r.ask()
	}
	maps.DeleteFunc(r.overlay, func(_ string, o overlaid) bool { return o.until <= r.state.Seq() })
	return Step{Changed: changed}
}

// Beat proves or disproves the board at the local time now.
func (r *Reader) Beat(f *Beat, now time.Time) Step {
	r.beatAt, r.serverAt, r.sources = now, f.At, f.Sources
	if r.asked || !r.loaded {
		return Step{}
	}
	if f.Epoch != r.state.Epoch() || f.Seq != r.state.Seq() {
		return r.ask()
	}
	if f.Unproved {
		r.wrong = true
		return Step{}
	}
	if f.Digest != r.state.Digest() {
		return r.disproved(now)
	}
	r.wrong, r.provedAt = false, now
	r.verified = f.At != 0 && f.VerifiedAt != 0 && int64(f.At-f.VerifiedAt) < r.timings.LiveMS
	return Step{}
}

func (r *Reader) disproved(now time.Time) Step {
	r.wrong = true
	if !r.disproof.IsZero() && now.Sub(r.disproof) < ms(r.timings.DisproofMS) {
		return Step{}
	}
	r.disproof, r.cause = now, ReasonDigest
	return r.ask()
}

// Begin takes a feed's whole state from an answer, so that there is something to
// show before a socket is open; the first subscription goes on from there. It
// proves nothing: that is for a beat. A reader that holds a state has it from a
// socket and keeps it, and a state that has not its own digest lost something:
// both change nothing.
func (r *Reader) Begin(w Whole) Step {
	if w.Feed != r.feed || r.loaded {
		return Step{}
	}
	s := NewState(false)
	s.Load(w.Epoch, w.Seq, w.Keys)
	if w.Epoch == "" || s.Digest() != w.Digest {
		return Step{}
	}
	r.state, r.loaded = s, true
	return Step{Reset: true}
}

// Overlay lays the keys of an answer over the board, outside the digest, until
// the cursor reaches the answer or a reset comes. An answer of another epoch,
// or one that the cursor has reached, changes nothing.
func (r *Reader) Overlay(a Answer) Step {
	if a.Feed != r.feed || !r.loaded || a.Epoch != r.state.Epoch() || a.Seq <= r.state.Seq() {
		return Step{}
	}
	var s Step
	for _, e := range a.Keys {
		if held, ok := r.overlay[e.Key]; ok && held.until >= a.Seq {
			continue
		}
		r.overlay[e.Key] = overlaid{e, a.Seq}
		s.Changed = append(s.Changed, e.Key)
	}
	return s
}

// Link judges the connection at the local time now; why is set for Delayed.
func (r *Reader) Link(now time.Time) (l Link, why string) {
	if r.provedAt.IsZero() {
		if r.open {
			return Syncing, ""
		}
		return Connecting, ""
	}
	age := elapsed(r.provedAt, now)
	switch {
	case age >= ms(r.timings.OfflineMS):
		return Offline, ""
	case !r.open:
		return Delayed, WhyClosed
	case r.wrong:
		return Delayed, WhyUnproved
	case !r.verified:
		return Delayed, WhyUnverified
	case age >= ms(r.timings.LiveMS):
		return Delayed, WhySilent
	}
	return Live, ""
}

// elapsed is the time from then to now by the clock that saw more of it: the
// monotonic one stands still while a machine sleeps, the wall clock may be set
// back. Too old is safe, too young is not.
func elapsed(then, now time.Time) time.Duration {
	return max(now.Sub(then), now.Round(0).Sub(then.Round(0)))
}

func ms(n int64) time.Duration { return time.Duration(n) * time.Millisecond }

// Cursor returns the place that the board has reached.
func (r *Reader) Cursor() Cursor {
	return Cursor{Feed: r.feed, Epoch: r.state.Epoch(), Seq: r.state.Seq()}
}

// Digest returns the digest of the board without overlays.
func (r *Reader) Digest() Digest { return r.state.Digest() }

// Get returns a key as a screen shows it, overlays included.
func (r *Reader) Get(key string) (Entry, bool) {
	if o, ok := r.overlay[key]; ok {
		return o.Entry, !o.Gone
	}
	return r.state.Get(key)
}

// Board returns all keys as a screen shows them, sorted by name.
func (r *Reader) Board() []Entry {
	out := r.state.Live()
	if len(r.overlay) == 0 {
		return out
	}
	out = slices.DeleteFunc(out, func(e Entry) bool { _, over := r.overlay[e.Key]; return over })
	for _, o := range r.overlay {
		if !o.Gone {
			out = append(out, o.Entry)
		}
	}
	slices.SortFunc(out, func(a, b Entry) int { return strings.Compare(a.Key, b.Key) })
	return out
}

// ProvedAt returns when the board was last proved, by the local clock; zero
// when it never was.
func (r *Reader) ProvedAt() time.Time { return r.provedAt }

// ServerTime returns the server's clock at the local time now: the one that
// ages are measured against. Without a beat it is the local clock.
func (r *Reader) ServerTime(now time.Time) time.Time {
	if r.serverAt == 0 {
		return now
	}
	return r.serverAt.Std().Add(elapsed(r.beatAt, now))
}

// Sources returns the last complete poll of each source, as of the last beat.
func (r *Reader) Sources() map[string]Source { return r.sources }
