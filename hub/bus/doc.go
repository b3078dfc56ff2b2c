// Package bus carries hints from the node that committed to the nodes that
// follow: inside one process ([Local]) or over Redis pub/sub ([Redis]).
//
// # What it promises
//
// A hint arrives at most once, and the hints of one publisher arrive in the
// order in which it published them. Nothing is promised across publishers, and
// nothing about arrival: a hint is lost when a queue is full, while Redis is
// away, while a subscription is on its way, and when nobody runs the bus. Every
// loss that this side can see is counted in [Stats]. A follower notices each of
// them by its number and reads the database, which is the truth.
//
// Publish, Follow and Unfollow never block and never call back. Old hints are
// worth nothing: while the way is closed they are dropped, not kept.
//
// # What travels
//
// A region's events travel whole, they are public data. Of a private feed only
// its name and number travel, in process too, so that both buses mean the
// same. Redis channels are named by the epoch: weer:<epoch>:<feed> for a
// region, weer:<epoch>:p:<00…63>, by a hash of the name, for private feeds. A
// message of another epoch than its channel's is dropped.
//
// # Who owns which goroutine
//
// Run owns them all and returns after the last has ended. deliver is called
// from one of them at a time, without locks; while it is slow a bounded queue
// fills, and what does not fit is lost and counted.
package bus

import (
	"context"
	"sync/atomic"

	"weer/model/fault"
	"weer/model/feed"
)

// A Bus brings hints from publishers to followers. See the package's comment
// for what it promises.
type Bus interface {
	// Publish announces committed events, in order. It never blocks and may lose.
	Publish(hints ...feed.Hint)
	// Follow asks for a feed's hints of one epoch; Unfollow takes one Follow back.
	// Calls are counted. An Unfollow without its Follow does nothing.
	Follow(epoch, name string)
	Unfollow(epoch, name string)
	// Run moves hints until ctx ends and returns nil then. A second Run beside
	// the first is refused with an error.
	Run(ctx context.Context, deliver func(feed.Hint)) error
	Stats() Stats
}

// Stats count hints since the start.
type Stats struct {
	Published uint64 // handed to the way: the queue of this process, or Redis
	Dropped   uint64 // lost on this side, before or after the way, or not understood
	Received  uint64 // delivered
	Connected bool   // both directions are open
}

type counters struct{ published, dropped, received atomic.Uint64 }

func (c *counters) stats(connected bool) Stats {
	return Stats{
		Published: c.published.Load(),
		Dropped:   c.dropped.Load(),
		Received:  c.received.Load(),
		Connected: connected,
	}
}

// queueLen bounds each queue of hints: about half a minute of a busy country,
// at most some megabytes.
const queueLen = 4096

func errRunning() error { return fault.New(fault.Conflict, "this bus runs already") }

// bare takes away what may not travel: of a private feed all but its number.
func bare(h feed.Hint) feed.Hint {
	if feed.Private(h.Feed) {
		return feed.Hint{Epoch: h.Epoch, Event: feed.Event{Feed: h.Feed, From: h.To, To: h.To}}
	}
	return h
}
