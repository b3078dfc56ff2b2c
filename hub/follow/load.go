package follow

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"weer/model/feed"
)

// questionTimeout cuts a question: the database itself cuts after 3 s.
const questionTimeout = 5 * time.Second

// A picture is a snapshot made ready outside any lock.
type picture struct {
	feed.Snapshot
	state  *feed.State
	agrees bool // the entries have the stored digest
}

// load takes a feed's snapshot into its replica.
func (f *Follower) load(ctx context.Context, r *replica) {
	r.begin()
	p, err := f.picture(ctx, r.name)
	if err == nil && !p.agrees {
		f.counters.mismatches.Add(1)
		p, err = f.picture(ctx, r.name)
	}
	if err != nil {
		f.failed(ctx, err, wantLoad, r)
		return
	}
	if p.Epoch != f.currentEpoch() { // one of the two is old: the next verification tells
		f.agenda.postpone(r, wantLoad)
		return
	}
	f.settle(r, r.install(p))
}

func (f *Follower) picture(ctx context.Context, name string) (picture, error) {
	ctx, cancel := context.WithTimeout(ctx, questionTimeout)
	defer cancel()
	f.counters.loads.Add(1)
	s, err := f.store.Snapshot(ctx, name)
	if err != nil {
		return picture{}, err
	}
	for _, e := range s.Entries {
		if (!e.Gone || e.Value != nil) && !json.Valid(e.Value) {
			return picture{}, fmt.Errorf("the value of %s at %d is not JSON", e.Key, e.Seq)
		}
	}
	state := feed.NewState(true)
	state.Load(s.Epoch, s.Seq, s.Entries)
	return picture{s, state, state.Digest() == s.Digest}, nil
}

// failed leaves a question for after the next successful verification.
func (f *Follower) failed(ctx context.Context, err error, w want, list ...*replica) {
	for _, r := range list {
		f.agenda.postpone(r, w)
	}
	if ctx.Err() == nil {
		f.counters.failures.Add(1)
		f.log.Warn("the database did not answer; it is asked again", "feed", list[0].name, "feeds", len(list), "error", err)
	}
}

// install takes a picture, unless it brings nothing: the copy only goes forward,
// and an unproved feed's readers are left alone until a picture agrees.
func (r *replica) install(p picture) outcome {
	r.mu.Lock()
	defer r.mu.Unlock()
	var o outcome
	if r.void && p.Epoch == r.status.Epoch && p.Seq < r.floor {
		o.later = wantLoad // taken before the copy went wrong; doubt asked for another
		return o
	}
	fresh := !r.loaded || r.void || p.Epoch != r.status.Epoch
	same := p.Seq == r.status.Seq && p.state.Digest() == r.state.Digest()
	switch {
	case fresh:
		r.take(p, &o, r.generations.Add(1))
	case p.Seq < r.status.Seq:
	case r.status.Unproved && !p.agrees && p.Seq == r.status.Seq:
	case r.status.Unproved && p.agrees && !same:
		r.take(p, &o, r.generations.Add(1))
	default:
		r.take(p, &o, r.status.Generation)
	}
	r.arrived(true)
	r.drain(&o)
	if r.must > r.status.Seq {
		o.want |= wantRead
	}
	return o
}

func (r *replica) take(p picture, o *outcome, generation uint64) {
	switch {
	case !p.agrees && !r.status.Unproved:
		o.proof = lost
	case p.agrees && r.status.Unproved:
		o.proof = regained
	}
	if !p.agrees {
		o.mismatches++
	}
	r.status = Status{Epoch: p.Epoch, Seq: p.Seq, Digest: p.Digest, Generation: generation, Unproved: !p.agrees}
	r.state, r.first = p.state, max(p.First, 1)
	r.ring.clear()
	r.cache = cache{}
	r.void, r.dry, r.refused, r.movedAt = false, 0, 0, time.Now()
	o.moved = true
	if !r.loaded {
		r.loaded = true
		close(r.ready)
	}
}
