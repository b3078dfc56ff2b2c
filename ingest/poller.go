package ingest

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/cenkalti/backoff/v5"

	"weer/ingest/egen"
	"weer/model"
)

// Service is what the poller needs of [model.Service].
type Service interface {
	RecordPoll(ctx context.Context, runID string, p model.Poll) (model.Run, error)
	FailPoll(ctx context.Context, run model.Run) error
}

// Lease is a lock with an end, by the database's clock. Lease takes it for the
// holder or renews it, false when another has it; Release gives it back, and
// does nothing when another has it.
type Lease interface {
	Lease(ctx context.Context, name, holder string, ttl time.Duration) (bool, error)
	Release(ctx context.Context, name, holder string) error
}

// Client is what the poller needs of [egen.Client].
type Client interface {
	Beds(ctx context.Context) (egen.Answer, error)
}

// Intervals of polls: in the demo, and in real mode (960 of 1,000 calls a day).
const (
	DemoInterval = 5 * time.Second
	RealInterval = 90 * time.Second
)

// Options make a Poller.
type Options struct {
	Service  Service
	Lease    Lease
	Client   Client
	Interval time.Duration // between the starts of two polls; 0 is RealInterval
	// Node holds the lease; no two running processes have the same. One that
	// keeps it over a restart takes its own lease back at once.
	Node string
	// Clock says how far the database's clock is ahead of this node's, ok when
	// that is known. nil: the clocks are the same.
	Clock func() (offset time.Duration, ok bool)
	Log   *slog.Logger // nil is none
}

const (
	leaseTTL  = 10 * time.Second
	leaseStep = leaseTTL / 4             // between renewals, and between tries to get it
	leaseEdge = leaseTTL - 2*time.Second // after this without a renewal the lease counts as lost

	maxOffset = time.Second
	slowRetry = 5 * time.Minute
	maxRetry  = 5 * time.Minute
	farewell  = 3 * time.Second // to end a row and release the lease when stopping
)

var (
	errLeaseLost = errors.New("the lease was lost")
	errClockOff  = errors.New("the clock is off")
)

// A Poller polls one operation of E-Gen: the beds.
type Poller struct {
	service  Service
	lease    Lease
	client   Client
	interval time.Duration
	node     string
	clock    func() (time.Duration, bool)
	log      *slog.Logger

	retry *backoff.ExponentialBackOff
	stats stats
}

// New makes a poller that does nothing before Run.
func New(o Options) *Poller {
	p := &Poller{
		service: o.Service, lease: o.Lease, client: o.Client, interval: cmp.Or(o.Interval, RealInterval),
		node: o.Node, clock: o.Clock, log: o.Log, stats: stats{failures: map[string]uint64{}},
	}
	if p.clock == nil {
		p.clock = func() (time.Duration, bool) { return 0, true }
	}
	if p.log == nil {
		p.log = slog.New(slog.DiscardHandler)
	}
	p.retry = backoff.NewExponentialBackOff()
	p.retry.InitialInterval = min(p.interval, DemoInterval)
	p.retry.MaxInterval = min(4*p.interval, maxRetry)
	p.retry.Multiplier, p.retry.RandomizationFactor = 2, .25
	return p
}

// Run polls until the context ends, whenever it is this node's turn.
func (p *Poller) Run(ctx context.Context) {
	for ctx.Err() == nil {
		if p.clockOK() {
			if term, held := p.acquire(ctx); held {
				p.lead(ctx, term)
				continue
			}
		}
		pause(ctx, leaseStep)
	}
	p.stats.wait("stopped")
}

// lead polls while the lease is held.
func (p *Poller) lead(ctx context.Context, term time.Time) {
	p.log.Info("this node polls E-Gen", "interval", p.interval)
	p.stats.lead(true)
	leading, lose := context.WithCancelCause(ctx)
	kept := make(chan struct{})
	go func() {
		defer close(kept)
		p.keep(leading, lose, term)
	}()
	lose(p.polls(leading))
	<-kept
	p.stats.lead(false)
	p.release(ctx)
	p.log.Info("this node no longer polls E-Gen", "because", context.Cause(leading))
}

// polls runs one poll after the other until the context ends or the clock is
// off; the error is which of them.
func (p *Poller) polls(ctx context.Context) error {
	p.retry.Reset()
	for ctx.Err() == nil {
		if !p.clockOK() {
			return errClockOff
		}
		start := time.Now()
		outcome := p.poll(ctx)
		if ctx.Err() == nil {
			next := p.next(start, outcome)
			p.stats.plan(next, outcome)
			p.idle(ctx, next)
		}
	}
	return context.Cause(ctx)
}

// idle waits for the next poll, and watches the clock meanwhile: the pause may
// be hours, and who cannot poll must not hold the lease.
func (p *Poller) idle(ctx context.Context, until time.Time) {
	for ctx.Err() == nil && p.clockOK() {
		left := time.Until(until)
		if left <= 0 {
			return
		}
		pause(ctx, min(left, leaseStep))
	}
}

// next decides when to poll again.
func (p *Poller) next(start time.Time, outcome string) time.Time {
	now := time.Now()
	switch outcome {
	case "", failedIncomplete:
		p.retry.Reset()
		return latest(start.Add(p.interval), now)
	case string(egen.Quota):
		return p.midnight(now)
	case string(egen.Operator), string(egen.Bug):
		return now.Add(max(slowRetry, p.interval))
	}
	return now.Add(p.retry.NextBackOff())
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

var kst = time.FixedZone("KST", 9*60*60)

// midnight is the next one in Korea by the database's clock, a little later so
// that clocks that differ by a moment agree about the day.
func (p *Poller) midnight(now time.Time) time.Time {
	offset, _ := p.clock()
	y, m, d := now.Add(offset).In(kst).Date()
	return time.Date(y, m, d+1, 0, 0, 10, 0, kst).Add(-offset)
}

// clockOK reports whether the node may poll by its clock, and says so when not.
func (p *Poller) clockOK() bool {
	offset, known := p.clock()
	switch {
	case !known:
		p.stats.wait("the database's clock is not known yet")
	case offset.Abs() > maxOffset:
		if p.stats.wait("this node's clock is off by more than " + maxOffset.String()) {
			p.log.Error("this node does not poll: its clock is off", "ahead", -offset)
		}
	default:
		return true
	}
	return false
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
