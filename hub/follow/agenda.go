package follow

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	readers  = 4   // questions about feeds at one time
	batchLen = 500 // feeds in one question for events
	holeWait = 20 * time.Millisecond
)

// A want is a set of questions to the database.
type want uint8

const (
	wantRead want = 1 << iota
	wantLoad
)

// A task is a replica's place on the agenda: nobody reads or loads one replica
// twice at a time.
type task struct {
	wants want
	busy  bool
}

type hole struct {
	replica *replica
	due     time.Time
}

// agenda is what the readers have to ask. Its lock is the innermost of all.
type agenda struct {
	mu        sync.Mutex
	loads     []*replica
	reads     []*replica
	holes     []hole // all wait equally long, so the first is due first
	postponed map[*replica]want
	wake      chan struct{}
}

func newAgenda() *agenda {
	return &agenda{postponed: map[*replica]want{}, wake: make(chan struct{}, 1)}
}

// ask adds questions; one that waits already is not asked twice.
func (a *agenda) ask(r *replica, w want) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.add(r, w)
}

func (a *agenda) add(r *replica, w want) {
	had := r.task.wants
	r.task.wants |= w
	if r.task.busy {
		return // finish looks again
	}
	switch added := w &^ had; {
	case added&wantLoad != 0:
		a.loads = append(a.loads, r)
	case added&wantRead != 0:
		a.reads = append(a.reads, r)
	}
	a.signal()
}

// await asks for a read at a later time, if there still is a hole then.
func (a *agenda) await(r *replica, due time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.holes = append(a.holes, hole{r, due})
	a.signal()
}

// postpone keeps questions until retry.
func (a *agenda) postpone(r *replica, w want) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.postponed[r] |= w
}

func (a *agenda) retry() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for r, w := range a.postponed {
		a.add(r, w)
	}
	clear(a.postponed)
}

// take returns the next job: some replicas to read, or one to load.
func (a *agenda) take() (reads []*replica, load *replica) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for len(a.reads) > 0 && len(reads) < batchLen {
		r := a.reads[0]
		a.reads = a.reads[1:]
		if r.task.wants == wantRead && !r.task.busy { // a load asked for since makes the read needless
			r.task = task{busy: true}
			reads = append(reads, r)
		}
	}
	if len(reads) > 0 {
		return reads, nil
	}
	for len(a.loads) > 0 {
		r := a.loads[0]
		a.loads = a.loads[1:]
		if r.task.wants&wantLoad != 0 && !r.task.busy {
			r.task = task{busy: true}
			return nil, r
		}
	}
	return nil, nil
}

// finish ends a job and puts back what was asked for meanwhile.
func (a *agenda) finish(list ...*replica) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, r := range list {
		w := r.task.wants
		r.task = task{}
		if w != 0 {
			a.add(r, w)
		}
	}
}

// due returns the replicas whose holes have waited long enough, and how long
// the next one has to wait.
func (a *agenda) due(now time.Time) (list []*replica, next time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for len(a.holes) > 0 && !a.holes[0].due.After(now) {
		list = append(list, a.holes[0].replica)
		a.holes = a.holes[1:]
	}
	if len(a.holes) > 0 {
		return list, a.holes[0].due.Sub(now)
	}
	return list, time.Hour
}

func (a *agenda) signal() {
	select {
	case a.wake <- struct{}{}:
	default:
	}
}

// work hands the agenda to a bounded number of readers until ctx ends. While
// all are busy reads gather, and the next question asks for all of them.
func (f *Follower) work(ctx context.Context) {
	var g errgroup.Group
	g.SetLimit(readers)
	defer g.Wait() //nolint:errcheck // readers report for themselves
	for ctx.Err() == nil {
		wait := f.ripen()
		reads, load := f.agenda.take()
		switch {
		case load != nil:
			g.Go(func() error { f.load(ctx, load); f.agenda.finish(load); return nil })
		case reads != nil:
			g.Go(func() error { f.read(ctx, reads); f.agenda.finish(reads...); return nil })
		default:
			f.rest(ctx, wait)
		}
	}
}

// ripen turns holes that were not filled in time into reads.
func (f *Follower) ripen() (wait time.Duration) {
	list, wait := f.agenda.due(time.Now())
	for _, r := range list {
		if r.overdue() {
			f.agenda.ask(r, wantRead)
		}
	}
	return wait
}

func (f *Follower) rest(ctx context.Context, wait time.Duration) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-f.agenda.wake:
	case <-timer.C:
	}
}
