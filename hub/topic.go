package hub

import (
	"context"
	"sync"
	"sync/atomic"

	"weer/hub/follow"
	"weer/model/fault"
	"weer/model/feed"
)

// A topic is one feed with the connections that follow it. It lives as long as
// one of them does.
type topic struct {
	hub   *Hub
	name  string
	ready chan struct{} // closed when feed or err is set
	feed  Feed
	err   error
	users int // guarded by Hub.topicsMu

	version atomic.Uint64 // grows with each movement, before anybody is woken
	waking  errand

	mu   sync.Mutex
	subs []*sub

	tails [2]atomic.Pointer[tail] // the last one made, by variant
	beats atomic.Pointer[beat]
}

// openTopic returns the topic of a feed, loading it when nobody follows it yet.
// Whoever gets one owes a closeTopic.
func (h *Hub) openTopic(name string) (*topic, error) {
	h.topicsMu.Lock()
	t, found := h.topics[name]
	if !found {
		t = &topic{hub: h, name: name, ready: make(chan struct{})}
		h.topics[name] = t
	}
	t.users++
	h.topicsMu.Unlock()
	if !found {
		t.load()
	}
	<-t.ready
	if t.err != nil {
		h.closeTopic(t)
		return nil, t.err
	}
	return t, nil
}

// load follows the feed. When it fails (a panic included) all who wait for it
// fail, and the next to ask tries anew.
func (t *topic) load() {
	t.err = unreadable(nil)
	defer close(t.ready)
	ctx, cancel := context.WithTimeout(t.hub.life, t.hub.opt.Bounds.AskWithin)
	defer cancel()
	defer func() {
		if t.err != nil {
			t.hub.dropTopic(t)
		}
	}()
	t.feed, t.err = t.hub.opt.Follower.Follow(ctx, t.name, t.moved)
	if t.err != nil {
		t.feed, t.err = nil, unreadable(t.err)
	}
}

// unreadable is what a client is told when a feed cannot be read now.
func unreadable(cause error) error {
	if code := fault.Public(cause).Code; code != fault.Internal && code != fault.Timeout {
		return cause
	}
	return fault.Wrap(fault.Unavailable, cause, "this feed cannot be read now; subscribe again in a moment")
}

func (h *Hub) closeTopic(t *topic) {
	h.topicsMu.Lock()
	t.users--
	last := t.users == 0
	if last && h.topics[t.name] == t {
		delete(h.topics, t.name)
	}
	h.topicsMu.Unlock()
	if last && t.feed != nil {
		t.feed.Close()
		t.waking.retire()
	}
}

func (h *Hub) dropTopic(t *topic) {
	h.topicsMu.Lock()
	if h.topics[t.name] == t {
		delete(h.topics, t.name)
	}
	h.topicsMu.Unlock()
}

// moved is called by the follower after each movement and returns at once.
func (t *topic) moved() {
	t.version.Add(1)
	if t.waking.call() {
		go t.waking.run(t.wake)
	}
}

// wake makes every connection look at the feed. What moves while it walks is
// seen by the next walk, all at once: backlog makes it faster, not slower.
func (t *topic) wake() {
	defer t.hub.contain("waking", func() {})
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, s := range t.subs {
		s.conn.kick()
	}
}

func (t *topic) join(s *sub) {
	t.mu.Lock()
	s.index = len(t.subs)
	t.subs = append(t.subs, s)
	t.mu.Unlock()
}

func (t *topic) part(s *sub) {
	t.mu.Lock()
	last := len(t.subs) - 1
	t.subs[s.index] = t.subs[last]
	t.subs[s.index].index = s.index
	t.subs[last] = nil
	t.subs = t.subs[:last]
	t.mu.Unlock()
}

// A tail is a follow.Tail made ready for sockets of one variant. It is shared
// and never changed.
type tail struct {
	version uint64 // of the topic, not later than the tail
	from    follow.Place
	status  follow.Status // where it ends
	pieces  [][]byte
	frames  int
	bytes   int
	merges  uint64
	reset   string // the reason, when it is one
}

// end is the place that a connection has reached when it holds the tail.
func (t *tail) end() follow.Place {
	return follow.Place{Epoch: t.status.Epoch, Seq: t.status.Seq, Generation: t.status.Generation}
}

// leads tells whether the tail takes a connection from its place to its end.
// While the follower loads a feed that it found wrong it leads nobody anywhere.
func (t *tail) leads() bool { return t.frames > 0 || t.from == t.end() }

// after returns what takes a connection from its place to the head. The one
// made last is kept: in a walk nearly all connections stand at the same place.
// It may end a movement short of the head, but then moved is about to be
// called, and wakes them again.
func (t *topic) after(at follow.Place, deflate bool) *tail {
	slot := &t.tails[0]
	if deflate {
		slot = &t.tails[1]
	}
	version := t.version.Load()
	if kept := slot.Load(); kept != nil && kept.version == version && kept.from == at {
		return kept
	}
	made := t.fresh(at, deflate)
	made.version = version
	slot.Store(made)
	return made
}

// fresh asks the follower itself: for beats, whose status must say when the
// feed was last verified, and for cursors that were just read up to, of which
// moved may not have told yet.
func (t *topic) fresh(at follow.Place, deflate bool) *tail {
	return t.encode(at, t.feed.Tail(at), deflate)
}

// joinTail is the size up to which the frames of a tail are joined once, for all.
const joinTail = 64 << 10

func (t *topic) encode(at follow.Place, what follow.Tail, deflate bool) *tail {
	out := &tail{from: at, status: what.Status, frames: len(what.Packets)}
	for _, p := range what.Packets {
		frame := packetFrame(t.name, p, deflate)
		out.pieces = append(out.pieces, frame)
		out.bytes += len(frame)
		switch {
		case p.Reset != nil:
			out.reset = p.Reset.Reason
		case p.Event.From < p.Event.To:
			out.merges++
		}
	}
	if len(out.pieces) > 1 && out.bytes <= joinTail {
		out.pieces = [][]byte{join(make([]byte, 0, out.bytes), out.pieces)}
	}
	return out
}

// A beat is an encoded beat frame and what it says.
type beat struct {
	status follow.Status
	second int64
	facts  feed.Time
	frame  []byte
}

// beat returns the frame that proves a connection which is exactly at status.
// It is shared while the feed, the second and the last verification stay the same.
func (t *topic) beat(status follow.Status) []byte {
	facts := t.hub.opt.Follower.Facts()
	now := serverTime(facts)
	key := beat{status: status, second: int64(now) / 1000, facts: facts.VerifiedAt}
	if kept := t.beats.Load(); kept != nil && kept.status == key.status && kept.second == key.second && kept.facts == key.facts {
		return kept.frame
	}
	key.frame = textFrame(feed.Beat{
		Type: feed.TypeBeat, Feed: t.name,
		Epoch: status.Epoch, Seq: status.Seq, Digest: status.Digest,
		At: now, VerifiedAt: status.VerifiedAt, Unproved: status.Unproved,
		Sources: sources(facts),
	})
	t.beats.Store(&key)
	return key.frame
}
