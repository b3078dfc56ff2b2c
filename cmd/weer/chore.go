package main

import (
	"context"
	"log/slog"
	"time"

	"weer/ingest"
)

// A chore is what a node does again and again for as long as it runs: ending
// what is over, sealing the audit. A turn that fails is made up for by the next,
// here or on another node, so a row of failures is said once.
type chore struct {
	every  time.Duration
	limit  time.Duration                        // cuts a turn
	turns  *turns                               // one node at a time; nil: all of them
	whyNot func() string                        // it has to wait, as for a clock that is right; nil: it never has
	do     func(ctx context.Context) error      // a turn
	after  func(ctx context.Context, mine bool) // comes after each turn, also one that was not this node's; nil: nothing
	failed string                               // what it means when it fails
	log    *slog.Logger

	failing bool // and it was said
}

// run works until the context ends; then another node may at once.
func (c *chore) run(ctx context.Context) error {
	tick := time.NewTicker(c.every)
	defer tick.Stop()
	for {
		c.turn(ctx)
		select {
		case <-tick.C:
		case <-ctx.Done():
			return c.turns.release(ctx)
		}
	}
}

// turn does it when it can be done and is this node's to do.
func (c *chore) turn(ctx context.Context) {
	limited, cancel := context.WithTimeout(ctx, c.limit)
	defer cancel()
	mine, err := c.mine(limited)
	if err == nil && mine {
		err = c.do(limited)
	}
	if err != nil && ctx.Err() == nil && !c.failing {
		c.log.Warn(c.failed, "error", err)
	}
	c.failing = err != nil
	if c.after != nil {
		c.after(limited, mine)
	}
}

func (c *chore) mine(ctx context.Context) (bool, error) {
	if c.whyNot != nil && c.whyNot() != "" {
		return false, nil
	}
	return c.turns.mine(ctx)
}

// turns let one node at a time do a chore: whoever has the lease. A holder that
// died is replaced when it ends.
type turns struct {
	lease ingest.Lease
	name  string // of the lease
	node  string
	ttl   time.Duration
}

func (t *turns) mine(ctx context.Context) (bool, error) {
	if t == nil {
		return true, nil
	}
	return t.lease.Lease(ctx, t.name, t.node, t.ttl)
}

// letGoTime is for a lease to be given up: without that it ends by itself.
const letGoTime = 3 * time.Second

// release is for a context that has ended.
func (t *turns) release(ctx context.Context) error {
	if t == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), letGoTime)
	defer cancel()
	return t.lease.Release(ctx, t.name, t.node)
}
