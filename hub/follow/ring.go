package follow

import (
	"slices"

	"weer/model/feed"
)

// frameOverhead is about what a frame is longer than its keys.
const frameOverhead = 80

type ringEntry struct {
	*Packet
	end int // bytes pushed up to and with this one, since the ring was made
}

// ring is the newest events of a feed, without a hole, oldest first.
type ring struct {
	entries  []ringEntry
	begin    int // bytes pushed before the oldest one
	maxLen   int
	maxBytes int
}

func newRing(private bool) ring {
	if private {
		return ring{maxLen: 64, maxBytes: 64 << 10}
	}
	return ring{maxLen: 1024, maxBytes: 4 << 20}
}

func (g *ring) end() int {
	if n := len(g.entries); n > 0 {
		return g.entries[n-1].end
	}
	return g.begin
}

// push adds the event that comes after the newest; the oldest go when the ring
// is full.
func (g *ring) push(e feed.Event) {
	g.entries = append(g.entries, ringEntry{&Packet{Event: &e}, g.end() + len(e.Keys) + frameOverhead})
	drop := 0
	for len(g.entries)-drop > g.maxLen || g.end()-g.begin > g.maxBytes {
		g.begin = g.entries[drop].end
		drop++
	}
	clear(g.entries[:drop]) // append moves the rest when it needs room
	g.entries = g.entries[drop:]
}

func (g *ring) clear() { g.begin, g.entries = g.end(), nil }

// after returns the events that take a reader on from a cursor, and their
// bytes; ok is false when the first of them has left the ring.
func (g *ring) after(cursor uint64) (list []ringEntry, bytes int, ok bool) {
	i, _ := slices.BinarySearchFunc(g.entries, cursor, func(e ringEntry, cursor uint64) int {
		if e.Event.To <= cursor {
			return -1
		}
		return 1
	})
	if i == len(g.entries) || g.entries[i].Event.From > cursor+1 {
		return nil, 0, false
	}
	before := g.begin
	if i > 0 {
		before = g.entries[i-1].end
	}
	return g.entries[i:], g.end() - before, true
}
