package ingest

import (
	"context"
	"time"
)

const (
	leaseName = "egen" // who polls

	leaseTTL  = 10 * time.Second
	leaseStep = leaseTTL / 4             // between renewals, and between tries to get it
	leaseEdge = leaseTTL - 2*time.Second // after this without a renewal the lease counts as lost

	farewell = 3 * time.Second // to end a row and release the lease when stopping
)

// acquire tries for the lease; term is when it counts as lost, reckoned from
// before the database was asked.
func (p *Poller) acquire(ctx context.Context) (term time.Time, held bool) {
	asked := time.Now()
	limited, cancel := context.WithTimeout(ctx, leaseEdge)
	defer cancel()
	held, err := p.lease.Lease(limited, leaseName, p.node, leaseTTL)
	switch {
	case err != nil:
		if p.standing.wait("the database gives no lease") {
			p.log.Warn("no lease", "error", err)
		}
	case !held:
		p.standing.wait("another node polls")
	}
	return asked.Add(leaseEdge), err == nil && held
}

// keep renews the lease until the context ends. When the lease goes to another,
// or could not be renewed before its term, or this node's clock goes wrong, it
// takes the turn away: pauses may be hours, and who cannot poll must not hold it.
func (p *Poller) keep(ctx context.Context, lose context.CancelCauseFunc, term time.Time) {
	for {
		pause(ctx, min(leaseStep, time.Until(term)))
		if ctx.Err() != nil {
			return
		}
		if !p.clockOK() {
			lose(errClockOff)
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
	held, err = p.lease.Lease(limited, leaseName, p.node, leaseTTL)
	return asked.Add(leaseEdge), err == nil && held, err
}

// release gives the lease back, also while stopping. Who does not hold it any
// more releases nothing.
func (p *Poller) release(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), farewell)
	defer cancel()
	if err := p.lease.Release(ctx, leaseName, p.node); err != nil {
		p.log.Warn("the lease was not released; it ends by itself", "error", err)
	}
}
