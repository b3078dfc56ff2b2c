package ingest

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"weer/ingest/egen"
	"weer/model"
	"weer/model/feed"
)

// Service is what the poller needs of [model.Service].
type Service interface {
	RecordPoll(ctx context.Context, runID string, p model.Poll) (model.Run, error)
	RecordAcceptance(ctx context.Context, runID string, p model.AcceptancePoll) (model.Run, error)
	RecordAnnouncements(ctx context.Context, runID string, p model.AnnouncementPoll) (model.Run, error)
	RecordInstitutions(ctx context.Context, runID string, p model.InstitutionPoll) (model.Run, error)
	FailPoll(ctx context.Context, run model.Run) error
	Alert(ctx context.Context, name string, a model.Alert) error
	Calm(ctx context.Context, name string) error
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
	Beds(ctx context.Context) (egen.Answer[model.Observation], error)
	Acceptance(ctx context.Context) (egen.Answer[model.Declared], error)
	Announcements(ctx context.Context) (egen.Answer[model.Announcement], error)
	Institutions(ctx context.Context) (egen.Answer[model.Institution], error)
}

// Options make a Poller.
type Options struct {
	Service   Service
	Lease     Lease
	Client    Client
	Intervals Intervals // those that are 0 are those of RealIntervals
	Budget    *Budget   // through which the client calls; nil: nobody counts
	// Node holds the lease; no two running processes have the same. One that
	// keeps it over a restart takes its own lease back at once.
	Node  string
	Clock Clock // nil: the clocks are the same
	// LastComplete is a source's last complete poll by any node, by the
	// database's clock; 0 when there was none. nil: there never was one.
	LastComplete func(source string) feed.Time
	Log          *slog.Logger // nil is none
}

var (
	errLeaseLost = errors.New("the lease was lost")
	errClockOff  = errors.New("the clock is off")
)

// A Poller polls the operations of E-Gen.
type Poller struct {
	service    Service
	lease      Lease
	budget     *Budget
	operations []*operation
	node       string
	clock      Clock
	complete   func(source string) feed.Time
	log        *slog.Logger
	standing   standing
	news       chan struct{} // a poll has ended
}

// New makes a poller that does nothing before Run.
func New(o Options) *Poller {
	p := &Poller{
		service: o.Service, lease: o.Lease, budget: o.Budget, operations: operations(o),
		node: o.Node, clock: o.Clock, complete: o.LastComplete, log: o.Log, news: make(chan struct{}, 1),
	}
	if p.clock == nil {
		p.clock = sameClock
	}
	if p.complete == nil {
		p.complete = func(string) feed.Time { return 0 }
	}
	if p.log == nil {
		p.log = slog.New(slog.DiscardHandler)
	}
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
		} else {
			p.confess(ctx)
		}
		pause(ctx, leaseStep)
	}
	p.standing.wait("stopped")
}

// lead polls while the lease is held.
func (p *Poller) lead(ctx context.Context, term time.Time) {
	p.log.Info("this node polls E-Gen")
	p.standing.lead(true)
	leading, lose := context.WithCancelCause(ctx)
	for _, o := range p.operations {
		o.forget()
	}
	var all sync.WaitGroup
	all.Go(func() { p.keep(leading, lose, term) })
	all.Go(func() { p.speak(leading) })
	for _, o := range p.operations {
		all.Go(func() { p.polls(leading, o, lose) })
	}
	all.Wait()
	lose(nil)
	p.standing.lead(false)
	p.release(ctx)
	p.log.Info("this node no longer polls E-Gen", "because", context.Cause(leading))
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
