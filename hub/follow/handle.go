package follow

import (
	"context"
	"slices"
	"sync"
	"time"

	"weer/model/fault"
)

// A Feed is one follow of a feed. Its methods may be called from any goroutine.
type Feed struct {
	follower *Follower
	replica  *replica
	moved    func()

	mu      sync.Mutex
	calling bool // moved runs now
	again   bool // and has to run once more
	closed  bool
}

func (r *replica) attach(f *Follower, moved func()) *Feed {
	r.mu.Lock()
	defer r.mu.Unlock()
	d := &Feed{follower: f, replica: r, moved: moved}
	r.follows = append(r.follows, d)
	return d
}

func (r *replica) followers() []*Feed {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.follows)
}

// poke calls moved, never two at a time; what happens during a call is told by
// one more call after it.
func (d *Feed) poke() {
	if d.moved == nil || !d.enter() {
		return
	}
	for more := true; more; more = d.leave() {
		d.moved()
	}
}

func (d *Feed) enter() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed || d.calling {
		d.again = d.calling
		return false
	}
	d.calling = true
	return true
}

func (d *Feed) leave() (more bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	more = d.again && !d.closed
	d.calling, d.again = more, false
	return more
}

// Close ends the follow. No call of moved begins after it returned; one that
// runs may still run. Closing twice is closing once.
func (d *Feed) Close() {
	d.mu.Lock()
	d.closed = true
	d.mu.Unlock()
	r := d.replica
	r.mu.Lock()
	defer r.mu.Unlock()
	if i := slices.Index(r.follows, d); i >= 0 {
		r.follows = slices.Delete(r.follows, i, i+1)
		r.idleAt = time.Now()
	}
}

// Name returns the feed's name.
func (d *Feed) Name() string { return d.replica.name }

// Status returns where the feed stands.
func (d *Feed) Status() Status {
	d.replica.mu.Lock()
	defer d.replica.mu.Unlock()
	return d.replica.now()
}

// Start makes the place of a screen that comes with a cursor of its own.
func (d *Feed) Start(epoch string, seq uint64) Place {
	return Place{Epoch: epoch, Seq: seq, Generation: d.Status().Generation}
}

// Reach reads up from the database until the feed is at seq or the database
// says that it is shorter: for a cursor above this node's head. The error is
// Timeout when ctx ended first.
func (d *Feed) Reach(ctx context.Context, seq uint64) error {
	w := d.wait(seq)
	if w == nil {
		return nil
	}
	d.follower.agenda.ask(d.replica, wantRead)
	select {
	case <-w.done:
		return nil
	case <-ctx.Done():
		d.giveUp(w)
		return fault.Wrap(fault.Timeout, ctx.Err(), "%s could not be read in time; try again", d.replica.name)
	}
}

func (d *Feed) wait(seq uint64) *waiter {
	r := d.replica
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.status.Seq >= seq {
		return nil
	}
	w := &waiter{seq: seq, done: make(chan struct{})}
	r.waiters = append(r.waiters, w)
	return w
}

func (d *Feed) giveUp(w *waiter) {
	r := d.replica
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waiters = slices.DeleteFunc(r.waiters, func(o *waiter) bool { return o == w })
}
