package hub

import (
	"sync/atomic"

	"weer/model/fault"
	"weer/model/feed"
)

// Stats are the hub's counters at one moment. Maps hold every label that can
// occur, zeros included.
type Stats struct {
	Connections     int // open sockets, signed in or not
	Unauthenticated int
	Subscriptions   int64
	Feeds           int // followed by at least one connection

	Writes uint64 // batches handed to sockets; a burst is one per screen
	Frames uint64
	Bytes  uint64 // of whole frames
	Merges uint64 // events that stand for several

	Resets  map[string]uint64     // by reason
	Refused map[fault.Code]uint64 // handshakes answered with a problem
	Errors  map[fault.Code]uint64 // error frames that left the connection open
	Closes  map[fault.Code]uint64 // connections that the hub ended

	Disproofs uint64 // screens that found their board different from a beat's digest
	Panics    uint64
}

var resetReasons = []string{
	feed.ReasonAsked, feed.ReasonDigest, feed.ReasonEpoch, feed.ReasonTooOld, feed.ReasonFuture, feed.ReasonRepaired,
}

type byCode map[fault.Code]*atomic.Uint64

func newByCode() byCode {
	m := make(byCode, len(fault.Table))
	for _, r := range fault.Table {
		m[r.Code] = new(atomic.Uint64)
	}
	return m
}

// add counts a code; one that has no row is Internal, as it is for the client.
func (m byCode) add(c fault.Code) { m[c.Row().Code].Add(1) }

func (m byCode) read() map[fault.Code]uint64 {
	out := make(map[fault.Code]uint64, len(m))
	for c, n := range m {
		out[c] = n.Load()
	}
	return out
}

// counters never need a lock: the maps are made once.
type counters struct {
	subscriptions                 atomic.Int64
	writes, frames, bytes, merges atomic.Uint64
	disproofs, panics             atomic.Uint64
	resets                        map[string]*atomic.Uint64
	refused, errors, closes       byCode
}

func (c *counters) init() {
	c.refused, c.errors, c.closes = newByCode(), newByCode(), newByCode()
	c.resets = map[string]*atomic.Uint64{}
	for _, reason := range resetReasons {
		c.resets[reason] = new(atomic.Uint64)
	}
}

func (c *counters) closed(code fault.Code) { c.closes.add(code) }

func (c *counters) reset(reason string) {
	if n, ok := c.resets[reason]; ok {
		n.Add(1)
	}
}

func (c *counters) wrote(frames, bytes int) {
	c.writes.Add(1)
	c.frames.Add(uint64(frames))
	c.bytes.Add(uint64(bytes))
}

// Stats reads all counters; each is exact, together they are of nearly one moment.
func (h *Hub) Stats() Stats {
	c := &h.counters
	s := Stats{
		Subscriptions: c.subscriptions.Load(),
		Writes:        c.writes.Load(), Frames: c.frames.Load(), Bytes: c.bytes.Load(), Merges: c.merges.Load(),
		Resets:  map[string]uint64{},
		Refused: c.refused.read(), Errors: c.errors.read(), Closes: c.closes.read(),
		Disproofs: c.disproofs.Load(), Panics: c.panics.Load(),
	}
	for reason, n := range c.resets {
		s.Resets[reason] = n.Load()
	}
	h.mu.Lock()
	s.Connections, s.Unauthenticated = len(h.conns), h.strange
	h.mu.Unlock()
	h.topicsMu.Lock()
	s.Feeds = len(h.topics)
	h.topicsMu.Unlock()
	return s
}
