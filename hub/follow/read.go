package follow

import (
	"cmp"
	"context"
	"slices"

	"weer/model/feed"
)

// drySpell is how many reads in a row may bring a feed nothing while others of
// its batch fill the answers, before it is believed that nothing is there.
const drySpell = 20

// read asks for what comes after the replicas' heads, all in one question.
func (f *Follower) read(ctx context.Context, list []*replica) {
	cursors := make([]feed.Cursor, 0, len(list))
	for _, r := range list {
		if c, ok := r.begin(); ok {
			cursors = append(cursors, c)
		}
	}
	if len(cursors) == 0 {
		return
	}
	events, err := f.events(ctx, cursors)
	if err != nil {
		f.unread(ctx, err, list)
		return
	}
	came := map[string][]arrival{}
	for _, e := range events {
		a, err := decode("", e)
		if err != nil {
			f.log.Error("a stored event cannot be read", "feed", e.Feed, "seq", e.To, "error", err)
		}
		came[e.Feed] = append(came[e.Feed], a)
	}
	for _, r := range list {
		f.settle(r, r.extend(came[r.name], len(events) == 0))
	}
	slices.SortStableFunc(list, func(a, b *replica) int { // who got nothing is the first to ask again
		return cmp.Compare(min(len(came[a.name]), 1), min(len(came[b.name]), 1))
	})
}

// patience is how many reads in a row may fail before a feed is loaded instead,
// alone: one event that cannot be read shall not hold up its whole batch.
const patience = 3

func (f *Follower) unread(ctx context.Context, err error, list []*replica) {
	for _, r := range list {
		if r.refuse() >= patience {
			f.agenda.postpone(r, wantLoad)
		}
	}
	f.failed(ctx, err, wantRead, list...)
}

func (r *replica) refuse() (inARow int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refused++
	return r.refused
}

func (f *Follower) events(ctx context.Context, cursors []feed.Cursor) ([]feed.Event, error) {
	ctx, cancel := context.WithTimeout(ctx, questionTimeout)
	defer cancel()
	f.counters.reads.Add(1)
	return f.store.Events(ctx, cursors)
}

// begin notes who waits for the question that is about to be asked, and
// returns where it starts; ok is false when a load has to come first.
func (r *replica) begin() (c feed.Cursor, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, w := range r.waiters {
		w.asked = true
	}
	return feed.Cursor{Feed: r.name, Epoch: r.status.Epoch, Seq: r.status.Seq}, r.loaded && !r.void
}

// extend takes the answer to a read; nobody says that no feed of its batch had
// anything. Nothing, though the database is known to be ahead, means that the events are gone: then a
// snapshot is taken, which voids nobody's screen, for what was held is true as
// far as it goes.
func (r *replica) extend(list []arrival, nobody bool) outcome {
	r.mu.Lock()
	defer r.mu.Unlock()
	var o outcome
	r.refused = 0
	if !r.loaded || r.void {
		return o
	}
	for _, a := range list {
		if a.To > r.status.Seq && a.From <= r.status.Seq+1 && !r.void {
			r.apply(a, &o)
		}
	}
	if r.void {
		return o
	}
	if o.applied == 0 {
		r.dry++
	}
	final := o.applied == 0 && (nobody || r.dry >= drySpell)
	switch {
	case final && r.must > r.status.Seq:
		o.later = wantLoad
	case final:
		r.dry, r.early = 0, nil // what waited is not in the database; the next verification decides
		r.arrived(true)
	case r.goal() > r.status.Seq:
		o.want = wantRead
	}
	r.drain(&o)
	return o
}

// goal is the highest number that anything known speaks of.
func (r *replica) goal() uint64 {
	n := r.must
	for _, a := range r.early {
		n = max(n, a.To)
	}
	for _, w := range r.waiters {
		n = max(n, w.seq)
	}
	return n
}

// A waiter waits until the feed has reached a number, or the database has been
// asked and has no more.
type waiter struct {
	seq   uint64
	asked bool
	done  chan struct{}
}

// arrived releases who has what it waits for; with final, also who waits for
// more than the database has.
func (r *replica) arrived(final bool) {
	keep := r.waiters[:0]
	for _, w := range r.waiters {
		if w.seq <= r.status.Seq || (final && w.asked) {
			close(w.done)
		} else {
			keep = append(keep, w)
		}
	}
	clear(r.waiters[len(keep):])
	r.waiters = keep
}
