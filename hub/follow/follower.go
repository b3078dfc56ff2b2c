package follow

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"weer/model/fault"
	"weer/model/feed"
)

// A Follower keeps this node's copies of feeds true. See the package's comment.
type Follower struct {
	store  Store
	bus    Bus
	log    *slog.Logger
	agenda *agenda
	hurry  chan struct{} // asks for a verification at once

	mu       sync.RWMutex // before a replica's own lock, never after it
	epoch    string       // "" until the database was asked
	replicas map[string]*replica

	facts       atomic.Pointer[Facts]
	verified    atomic.Int64 // this node's clock at the last successful question, nanoseconds
	generations atomic.Uint64
	running     atomic.Bool
	counters    counters
}

// New makes a follower; nothing happens before Run.
func New(o Options) *Follower {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	f := &Follower{
		store: o.Store, bus: o.Bus, log: o.Log,
		agenda: newAgenda(), hurry: make(chan struct{}, 1),
		replicas: map[string]*replica{},
	}
	f.facts.Store(&Facts{})
	return f
}

// Run follows until ctx ends and returns nil then, after its last goroutine
// has ended. It returns early only with an error of the bus.
func (f *Follower) Run(ctx context.Context) error {
	if !f.running.CompareAndSwap(false, true) {
		return fault.New(fault.Conflict, "this follower runs already")
	}
	defer f.running.Store(false)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return f.bus.Run(ctx, f.deliver) })
	g.Go(func() error { f.verifyEverySecond(ctx); return nil })
	g.Go(func() error { f.work(ctx); return nil })
	return g.Wait()
}

// Follow follows a feed and returns when it is loaded. Several follows of one
// feed share its copy. moved (may be nil) is called after each advance, load
// and change of epoch, and may be called before Follow has returned. The error
// is UnknownFeed for a name that no feed can have, and Timeout when ctx ended
// first.
func (f *Follower) Follow(ctx context.Context, name string, moved func()) (*Feed, error) {
	if _, ok := feed.KindOf(name); !ok {
		return nil, &fault.Error{Code: fault.UnknownFeed, Field: "feed", Message: "feeds are named like region:11"}
	}
	d := f.attach(name, moved)
	select {
	case <-d.replica.ready:
		return d, nil
	default:
	}
	select {
	case <-d.replica.ready:
		return d, nil
	case <-ctx.Done():
		d.Close()
		return nil, fault.Wrap(fault.Timeout, ctx.Err(), "%s could not be loaded in time; try again", name)
	}
}

func (f *Follower) attach(name string, moved func()) *Feed {
	f.mu.Lock()
	defer f.mu.Unlock()
	r := f.replicas[name]
	if r == nil {
		r = newReplica(name, &f.facts, &f.generations)
		f.replicas[name] = r
		if f.epoch != "" { // else the first verification does both
			f.bus.Follow(f.epoch, name)
			f.agenda.ask(r, wantLoad)
		}
	}
	return r.attach(f, moved)
}

// deliver takes a hint from the bus.
func (f *Follower) deliver(h feed.Hint) {
	f.mu.RLock()
	r, ours := f.replicas[h.Feed], h.Epoch == f.epoch
	f.mu.RUnlock()
	if r == nil || !ours {
		return
	}
	a, err := decode(h.Epoch, h.Event)
	if err != nil {
		f.log.Warn("a hint cannot be read; the database is asked", "feed", h.Feed, "seq", h.To, "error", err)
	}
	f.settle(r, r.hint(a))
}

// settle does what a replica's change calls for, without locks.
func (f *Follower) settle(r *replica, o outcome) {
	f.counters.count(o)
	if o.want != 0 {
		f.agenda.ask(r, o.want)
	}
	if o.later != 0 {
		f.agenda.postpone(r, o.later)
	}
	if o.hole {
		f.agenda.await(r, time.Now().Add(holeWait))
	}
	o.report(f.log, r.name)
	if o.moved {
		for _, d := range r.followers() {
			d.poke()
		}
	}
}

// Facts returns what travels outside feeds, as of the last successful question.
func (f *Follower) Facts() Facts { return *f.facts.Load() }

// Verified reports whether the database answered within the given time.
func (f *Follower) Verified(within time.Duration) bool {
	at := f.verified.Load()
	return at != 0 && time.Since(time.Unix(0, at)) <= within
}

func (f *Follower) currentEpoch() string {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.epoch
}

func (f *Follower) all() []*replica {
	f.mu.RLock()
	defer f.mu.RUnlock()
	list := make([]*replica, 0, len(f.replicas))
	for _, r := range f.replicas {
		list = append(list, r)
	}
	return list
}
