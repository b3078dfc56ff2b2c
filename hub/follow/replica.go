package follow

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"weer/model/feed"
)

// earlyLen bounds the hints that wait for a predecessor or a load.
const earlyLen = 64

// An arrival is an event on its way into a replica, decoded. A bare one has
// only its number.
type arrival struct {
	feed.Event
	epoch   string
	entries []feed.Entry
	bare    bool
}

// decode reads an event's keys; what has none, or none that can be read, is bare.
func decode(epoch string, e feed.Event) (arrival, error) {
	a := arrival{Event: e, epoch: epoch, bare: e.Keys == nil}
	if a.bare {
		return a, nil
	}
	var err error
	if a.entries, err = e.Entries(); err != nil {
		a.bare = true
	}
	return a, err
}

// A replica is this node's copy of one feed.
type replica struct {
	name        string
	facts       *atomic.Pointer[Facts]
	generations *atomic.Uint64
	task        task          // the agenda's, under the agenda's lock
	ready       chan struct{} // closed by the first load

	mu     sync.Mutex
	loaded bool
	status Status // what screens may be told; VerifiedAt is filled in when asked
	state  *feed.State
	// void says that state is wrong: until it is loaded again nothing more is
	// told than status, and hints wait.
	void    bool
	floor   uint64    // while void: an older picture is not taken
	first   uint64    // the oldest event that the database keeps
	must    uint64    // the number that the database is known to have reached
	levelAt feed.Time // verified at, while behind must
	movedAt time.Time // this node's clock when Seq last changed
	early   []arrival
	holding bool // a hole is on the agenda
	dry     int  // reads in a row that brought nothing
	refused int  // and that were not answered
	waiters []*waiter
	ring    ring
	cache   cache
	follows []*Feed
	idleAt  time.Time // when the last follow was closed
}

func newReplica(name string, facts *atomic.Pointer[Facts], generations *atomic.Uint64) *replica {
	return &replica{
		name: name, facts: facts, generations: generations, ready: make(chan struct{}),
		state: feed.NewState(true), first: 1, ring: newRing(feed.Private(name)),
	}
}

// level reports whether the copy is where the database was at the last question.
func (r *replica) level() bool {
	return r.loaded && !r.void && r.status.Seq >= r.must && r.status.Epoch == r.facts.Load().Epoch
}

// freeze is called before the copy ceases to be level.
func (r *replica) freeze() {
	if r.level() {
		r.levelAt = r.facts.Load().VerifiedAt
	}
}

func (r *replica) now() Status {
	s := r.status
	s.VerifiedAt = r.levelAt
	if r.level() {
		s.VerifiedAt = r.facts.Load().VerifiedAt
	}
	return s
}

// hint takes what came from the bus.
func (r *replica) hint(a arrival) outcome {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.loaded || r.void || a.epoch != r.status.Epoch {
		r.keep(a)
		return outcome{}
	}
	var o outcome
	switch {
	case a.To <= r.status.Seq:
		return o
	case !a.bare && a.From <= r.status.Seq+1:
		r.apply(a, &o)
	default:
		r.keep(a)
	}
	r.drain(&o)
	return o
}

func (r *replica) keep(a arrival) {
	if len(r.early) < earlyLen { // one too many becomes a hole, and that a read
		r.early = append(r.early, a)
	}
}

// drain applies what waits, as far as it follows without a hole.
func (r *replica) drain(o *outcome) {
	for i := r.next(); i >= 0 && !r.void; i = r.next() {
		a := r.early[i]
		r.early = slices.Delete(r.early, i, i+1)
		r.apply(a, o)
	}
	if r.void {
		return
	}
	for _, a := range r.early {
		if a.bare {
			o.want |= wantRead
		} else if !r.holding {
			r.holding, o.hole = true, true
		}
	}
}

// next forgets what is behind the copy and finds what comes next.
func (r *replica) next() int {
	r.early = slices.DeleteFunc(r.early, func(a arrival) bool {
		return a.epoch != r.status.Epoch || a.To <= r.status.Seq
	})
	return slices.IndexFunc(r.early, func(a arrival) bool { return !a.bare && a.From <= r.status.Seq+1 })
}

// apply takes the event that comes next, and compares. The copy of an unproved
// feed goes on, right or wrong: nobody believes it, and a repair shows.
func (r *replica) apply(a arrival, o *outcome) {
	_, err := r.state.Apply(a.From, a.To, a.entries)
	agrees := err == nil && !a.bare && r.state.Digest() == a.Digest
	if !agrees {
		o.mismatches++
	}
	if !agrees && !r.status.Unproved {
		r.doubt("the state after an event does not have its digest", o)
		return
	}
	if agrees && r.status.Unproved {
		o.proof = regained
	}
	r.status.Seq, r.status.Digest, r.status.Unproved = a.To, a.Digest, !agrees
	r.ring.push(a.Event)
	r.cache = cache{}
	r.movedAt, r.dry = time.Now(), 0
	o.applied++
	o.moved = true
	r.arrived(false)
}

// doubt voids the copy: it is loaded again, and nothing is told before.
func (r *replica) doubt(why string, o *outcome) {
	r.freeze()
	r.void, r.floor = true, r.status.Seq
	o.wrong = why
	o.want |= wantLoad
}

// overdue reports whether a hole has not been filled while it was waited for.
func (r *replica) overdue() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.holding = false
	return len(r.early) > 0
}

// leave begins another epoch: nothing of the old one can be verified any more.
func (r *replica) leave() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.freeze()
	r.must = 0
}

// compare takes the database's answer to a question asked at a moment of this
// node's clock.
func (r *replica) compare(epoch string, h feed.Head, asked time.Time) outcome {
	r.mu.Lock()
	defer r.mu.Unlock()
	var o outcome
	if !r.loaded || r.status.Epoch != epoch { // a load is on the agenda
		r.must = max(r.must, h.Seq)
		return o
	}
	if r.void {
		r.must = max(r.must, h.Seq)
		if r.movedAt.Before(asked) {
			r.floor = min(r.floor, h.Seq)
		}
		return o
	}
	r.prune(h.First)
	switch {
	case h.Seq > r.status.Seq:
		r.freeze()
		r.must = max(r.must, h.Seq)
		o.want = wantRead
		if h.First > r.status.Seq+1 {
			o.want = wantLoad
		}
	case h.Seq < r.status.Seq && r.movedAt.Before(asked):
		r.doubt("the database is behind its own past; was it restored without `weer db new-epoch`?", &o)
		r.must, r.floor = h.Seq, 0
	}
	return o
}

func (r *replica) prune(first uint64) {
	if first > r.first {
		r.first = first
		r.state.Bury(first)
	}
}
