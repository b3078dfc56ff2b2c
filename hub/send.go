package hub

import (
	"context"
	"errors"
	"slices"
	"sync"

	"weer/hub/follow"
	"weer/model/fault"
	"weer/model/feed"
)

// A sub is a connection's place in one feed.
type sub struct {
	conn  *conn
	topic *topic
	index int // in topic.subs, guarded by topic.mu

	// Guarded by conn.mu.
	place follow.Place
	asked []request // each is answered once, in order
}

// A request is a subscribe frame that waits for its answer.
type request struct {
	reason string // a reset for this reason; "" means go on from the cursor
	epoch  string
	seq    uint64
}

// ask takes a subscribe frame. A cursor above this hub's head is first read up
// from the database, so that "future" means above the feed.
func (s *sub) ask(f feed.ClientFrame) error {
	r := request{reason: feed.ReasonAsked, epoch: f.Epoch}
	switch {
	case f.Seq != nil:
		r.reason, r.seq = "", *f.Seq
		if err := s.reach(f.Epoch, *f.Seq); err != nil {
			return err
		}
	case f.Cause != "":
		r.reason = f.Cause
	}
	c := s.conn
	c.mu.Lock()
	s.asked = append(s.asked, r)
	if !slices.Contains(c.subs, s) {
		c.subs = append(c.subs, s)
	}
	c.mu.Unlock()
	c.kick()
	return nil
}

func (s *sub) reach(epoch string, seq uint64) error {
	if at := s.topic.feed.Status(); at.Epoch != epoch || at.Seq >= seq {
		return nil
	}
	ctx, cancel := context.WithTimeout(s.conn.hub.life, s.conn.hub.opt.Bounds.AskWithin)
	defer cancel()
	if err := s.topic.feed.Reach(ctx, seq); err != nil {
		return unreadable(err)
	}
	return nil
}

func (s *sub) release() {
	s.topic.part(s)
	s.conn.hub.counters.subscriptions.Add(-1)
	s.conn.hub.closeTopic(s.topic)
}

// kick makes sure that a writer looks at the connection from now on. It takes
// no lock and never blocks.
func (c *conn) kick() {
	if c.writer.call() {
		go c.write()
	}
}

// writing is a turn of the connection's writer, which exists only while there
// is something to send, and takes at each turn all that there is, in one write.
func (c *conn) writing() {
	defer c.hub.contain("writing", c.fumbled)
	if !c.sendAll() {
		c.cut()
	}
}

// fumbled ends a connection whose writer panicked: nobody knows what was sent.
func (c *conn) fumbled() {
	c.hub.counters.closed(fault.Internal)
	c.cut()
}

// sendAll sends what there is and tells whether the socket is still good.
func (c *conn) sendAll() bool {
	b := batches.Get().(*batch)
	defer b.free()
	c.gather(b)
	if len(b.pieces) == 0 {
		return true
	}
	frames, bytes := b.frames, size(b.pieces)
	if err := c.line.send(b.pieces); err != nil {
		if errors.Is(err, errStalled) {
			c.hub.counters.closed(fault.Stalled)
			c.hub.opt.Log.Info("hub: a client took no byte", "for", c.hub.opt.Bounds.StalledAfter)
		}
		return false
	}
	c.hub.counters.wrote(frames, bytes)
	if b.last {
		c.line.hangUp()
	}
	return true
}

// A batch is what goes out in one write.
type batch struct {
	pieces [][]byte
	frames int
	last   bool // a close frame is at its end
}

var batches = sync.Pool{New: func() any { return new(batch) }}

func (b *batch) free() {
	clear(b.pieces[:cap(b.pieces)])
	*b = batch{pieces: b.pieces[:0]}
	batches.Put(b)
}

func (b *batch) add(frames ...[]byte) {
	b.pieces = append(b.pieces, frames...)
	b.frames += len(frames)
}

// gather puts together what the connection has not been sent, and moves its
// places: what is in the batch is sent or the connection ends.
func (c *conn) gather(b *batch) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.nc == nil || c.said || c.severed {
		return
	}
	if c.pong != nil {
		b.add(c.pong)
		c.pong = nil
	}
	b.add(c.answers...)
	c.answers = nil
	if c.ending != nil {
		if c.ending.words != nil {
			b.add(c.ending.words)
		}
		b.add(closeFrame(c.ending.status, c.ending.reason))
		c.said, b.last = true, true
		return
	}
	beats := c.beating.Swap(false)
	for _, s := range c.subs {
		s.gather(b, beats)
	}
}

// gather adds the answers that are owed, the events up to the head and, right
// behind them, the beat. Answers are followed by a beat at once.
func (s *sub) gather(b *batch, beat bool) {
	for ; len(s.asked) > 0; s.asked = s.asked[1:] {
		if !s.reply(b, s.asked[0]) {
			return // moved tells when there is an answer
		}
		beat = true
	}
	s.asked = nil
	if !beat {
		s.take(b, s.topic.after(s.place, s.conn.deflate))
		return
	}
	if t := s.topic.fresh(s.place, s.conn.deflate); s.take(b, t) {
		b.add(s.topic.beat(t.status))
	}
}

// reply answers a request, if there is an answer now; resumed goes before a
// tail that is no reset.
func (s *sub) reply(b *batch, r request) bool {
	t := s.topic
	if r.reason != "" {
		out := t.encode(follow.Place{}, t.feed.Reset(r.reason), s.conn.deflate)
		return s.take(b, out)
	}
	out := t.fresh(follow.Place{Epoch: r.epoch, Seq: r.seq, Generation: t.feed.Status().Generation}, s.conn.deflate)
	if out.leads() && out.reset == "" {
		b.add(textFrame(feed.Resumed{Type: feed.TypeResumed, Feed: t.name, Epoch: r.epoch, Seq: r.seq}))
	}
	return s.take(b, out)
}

// take adds a tail and moves the place to its end; one that leads nowhere is
// left alone.
func (s *sub) take(b *batch, t *tail) bool {
	if !t.leads() {
		return false
	}
	b.pieces = append(b.pieces, t.pieces...)
	b.frames += t.frames
	s.place = t.end()
	counters := &s.conn.hub.counters
	if t.merges > 0 {
		counters.merges.Add(t.merges)
	}
	if t.reset != "" {
		counters.reset(t.reset)
	}
	return true
}
