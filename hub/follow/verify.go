package follow

import (
	"context"
	"time"

	"weer/model/feed"
)

const (
	verifyEvery = time.Second
	// verifyOverlap is how far a question looks back behind the last one: longer
	// than any transaction lives, so that none can commit unseen.
	verifyOverlap = 5 * time.Second
	// allEvery is how often all feeds are compared, and after how long without
	// an answer.
	allEvery = time.Minute
	// verifyTimeout cuts a question that the database does not answer.
	verifyTimeout = 3 * time.Second
	// forgetAfter is how long a private feed is kept that nobody follows.
	forgetAfter = time.Minute
)

// A rhythm decides what the next question asks for.
type rhythm struct {
	now feed.Time // the database's clock at the last answer
	at  time.Time // ours at that moment
	all time.Time // ours when all feeds were last compared; zero: never in this epoch
	bad bool      // the last question failed
}

func (y *rhythm) since(now time.Time) feed.Time {
	if y.all.IsZero() || now.Sub(y.all) >= allEvery || now.Sub(y.at) >= allEvery {
		return 0
	}
	return y.now - feed.Time(verifyOverlap.Milliseconds())
}

func (f *Follower) verifyEverySecond(ctx context.Context) {
	tick := time.NewTicker(verifyEvery)
	defer tick.Stop()
	var y rhythm
	for {
		f.verify(ctx, &y)
		f.forget()
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-f.hurry:
		}
	}
}

func (f *Follower) verifyNow() {
	select {
	case f.hurry <- struct{}{}:
	default:
	}
}

// verify asks one question and acts on the answer. The facts come last: no
// copy may be called verified before it was compared.
func (f *Follower) verify(ctx context.Context, y *rhythm) {
	asked := time.Now()
	since := y.since(asked)
	v, err := f.question(ctx, since)
	if err != nil {
		f.unanswered(ctx, y, err)
		return
	}
	middle := asked.Add(time.Since(asked) / 2)
	if v.Epoch != f.currentEpoch() {
		f.enter(v.Epoch)
		y.all = time.Time{}
		f.verifyNow()
	} else if since == 0 {
		y.all = asked
	}
	f.compare(v.Epoch, v.Heads, asked, since == 0)
	f.facts.Store(&Facts{
		Epoch: v.Epoch, Mode: v.Mode, Sources: v.Sources,
		VerifiedAt: v.Now, ClockOffset: v.Now.Std().Sub(middle),
	})
	f.verified.Store(time.Now().UnixNano())
	if y.bad {
		f.log.Info("the database answers again")
	}
	y.now, y.at, y.bad = v.Now, asked, false
	f.agenda.retry()
}

func (f *Follower) question(ctx context.Context, since feed.Time) (feed.Verification, error) {
	ctx, cancel := context.WithTimeout(ctx, verifyTimeout)
	defer cancel()
	return f.store.Verify(ctx, since)
}

func (f *Follower) unanswered(ctx context.Context, y *rhythm, err error) {
	if ctx.Err() != nil {
		return
	}
	f.counters.failures.Add(1)
	if !y.bad {
		f.log.Error("the database cannot be asked what moved; screens will not be called live", "error", err)
	}
	y.bad = true
}

// enter begins an epoch: hints of the old one are no longer wanted, and every
// feed is loaded.
func (f *Follower) enter(epoch string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	old := f.epoch
	f.epoch = epoch
	for name, r := range f.replicas {
		f.bus.Follow(epoch, name)
		if old != "" {
			f.bus.Unfollow(old, name)
		}
		r.leave()
		f.agenda.ask(r, wantLoad)
	}
	if old != "" {
		f.log.Warn("the database has a new history; every feed is loaded again", "epoch", epoch, "before", old)
	}
}

func (f *Follower) compare(epoch string, heads []feed.Head, asked time.Time, all bool) {
	named := make(map[string]feed.Head, len(heads))
	for _, h := range heads {
		named[h.Feed] = h
	}
	for _, r := range f.all() {
		h, ok := named[r.name]
		if ok || all { // a feed without a row is at 0
			f.settle(r, r.compare(epoch, h, asked))
		}
		if all && r.unproved() {
			f.agenda.ask(r, wantLoad) // a repair may have changed no more than the digest
		}
	}
}

func (r *replica) unproved() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.status.Unproved
}

// forget drops private feeds that nobody has followed for a minute.
func (f *Follower) forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for name, r := range f.replicas {
		if feed.Private(name) && r.idle(time.Now()) {
			delete(f.replicas, name)
			if f.epoch != "" {
				f.bus.Unfollow(f.epoch, name)
			}
		}
	}
}

func (r *replica) idle(now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.follows) == 0 && now.Sub(r.idleAt) >= forgetAfter
}
