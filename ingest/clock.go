package ingest

import (
	"context"
	"errors"
	"time"
)

// A Clock says how far the database's clock is ahead of this node's, ok when
// that is known.
type Clock func() (offset time.Duration, ok bool)

func sameClock() (time.Duration, bool) { return 0, true }

const maxOffset = time.Second // between this node's clock and the database's

// clockOK reports whether the node may poll by its clock, and says so when not.
func (p *Poller) clockOK() bool {
	offset, known := p.clock()
	switch {
	case !known:
		p.standing.wait("the database's clock is not known yet")
	case offset.Abs() > maxOffset:
		if p.standing.wait("this node's clock is off by more than " + maxOffset.String()) {
			p.log.Error("this node does not poll: its clock is off", "ahead", -offset)
		}
	default:
		return true
	}
	return false
}

// A node whose clock is off cannot lead, so it speaks for itself, under a lease
// of its own: one node at a time. It keeps that lease while its clock is off; who
// leads and gets it knows that no clock is off any more, also when the node that
// said so is gone.
const (
	clockLease   = "egen.clock"
	absolveEvery = 30 * time.Second
)

func (p *Poller) confess(ctx context.Context) {
	if _, known := p.clock(); !known {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, leaseEdge)
	defer cancel()
	held, err := p.lease.Lease(ctx, clockLease, p.node, leaseTTL)
	if err == nil && held {
		err = p.service.Alert(ctx, alertClock, *critical(
			"the clock of node %s is off by more than %s from the database's, so it does not poll: set its clock", p.node, maxOffset))
	}
	if err != nil {
		p.complain(ctx, alertClock, err)
	}
}

func (p *Poller) absolve(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, leaseEdge)
	defer cancel()
	held, err := p.lease.Lease(ctx, clockLease, p.node, leaseTTL)
	if err == nil && held {
		err = errors.Join(p.service.Calm(ctx, alertClock), p.lease.Release(ctx, clockLease, p.node))
	}
	if err != nil {
		p.complain(ctx, alertClock, err)
	}
}
