package bus

import (
	"context"
	"sync/atomic"

	"weer/model/feed"
)

// Local is the bus of a process that is alone.
type Local struct {
	counters
	interest *interest
	queue    chan feed.Hint
	running  atomic.Bool
}

// NewLocal makes a bus inside this process.
func NewLocal() *Local {
	return &Local{interest: newInterest(), queue: make(chan feed.Hint, queueLen)}
}

// Publish implements [Bus].
func (l *Local) Publish(hints ...feed.Hint) {
	for _, h := range hints {
		if !l.running.Load() || !l.offer(bare(h)) {
			l.dropped.Add(1)
			continue
		}
		l.published.Add(1)
	}
}

func (l *Local) offer(h feed.Hint) bool {
	select {
	case l.queue <- h:
		return true
	default:
		return false
	}
}

// Follow implements [Bus].
func (l *Local) Follow(epoch, name string) { l.interest.add(topic{epoch, name}) }

// Unfollow implements [Bus].
func (l *Local) Unfollow(epoch, name string) { l.interest.remove(topic{epoch, name}) }

// Run implements [Bus].
func (l *Local) Run(ctx context.Context, deliver func(feed.Hint)) error {
	if !l.running.CompareAndSwap(false, true) {
		return errRunning()
	}
	defer l.running.Store(false)
	for {
		select {
		case <-ctx.Done():
			return nil
		case h := <-l.queue:
			if l.interest.has(topic{h.Epoch, h.Feed}) {
				l.received.Add(1)
				deliver(h)
			}
		}
	}
}

// Stats implements [Bus].
func (l *Local) Stats() Stats { return l.stats(l.running.Load()) }
