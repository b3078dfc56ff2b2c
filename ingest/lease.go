package ingest

import (
	"context"
	"time"

	"weer/model"
)

// acquire tries for the lease; term is when it counts as lost, reckoned from
// before the database was asked.
func (p *Poller) acquire(ctx context.Context) (term time.Time, held bool) {
	asked := time.Now()
	limited, cancel := context.WithTimeout(ctx, leaseEdge)
	defer cancel()
	held, err := p.lease.Lease(limited, model.SourceBeds, p.node, leaseTTL)
	switch {
	case err != nil:
		if p.stats.wait("the database gives no lease") {
			p.log.Warn("no lease", "error", err)
		}
	case !held:
		p.stats.wait("another node polls")
	}
	return asked.Add(leaseEdge), err == nil && held
}

// keep renews the lease until the context ends. When the lease goes to another,
// or could not be renewed before its term, it takes the turn away.
func (p *Poller) keep(ctx context.Context, lose context.CancelCauseFunc, term time.Time) {
	for {
		pause(ctx, min(leaseStep, time.Until(term)))
		if ctx.Err() != nil {
			return
		}
		next, held, err := p.renew(ctx, term)
		switch {
		case held:
			term = next
		case err == nil, !time.Now().Before(term):
			lose(errLeaseLost)
			return
		default:
			p.log.Warn("the lease was not renewed", "error", err, "left", time.Until(term))
		}
	}
}

func (p *Poller) renew(ctx context.Context, term time.Time) (next time.Time, held bool, err error) {
	asked := time.Now()
	limited, cancel := context.WithDeadline(ctx, term)
	defer cancel()
	held, err = p.lease.Lease(limited, model.SourceBeds, p.node, leaseTTL)
	return asked.Add(leaseEdge), err == nil && held, err
}

// release gives the lease back, also while stopping. Who does not hold it any
// more releases nothing.
func (p *Poller) release(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), farewell)
	defer cancel()
	if err := p.lease.Release(ctx, model.SourceBeds, p.node); err != nil {
		p.log.Warn("the lease was not released; it ends by itself", "error", err)
	}
}
