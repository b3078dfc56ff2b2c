package main

import (
	"context"
	"log/slog"
	"time"

	"weer/ingest"
)

// Corrections and words end by themselves after half an hour, and announcements
// that were made here go some time after their end; somebody has to see to it:
// each node tries, one at a time does. It is no harm when two do.
const (
	correctionsLease = "corrections"
	correctionsEvery = 3 * time.Second
	correctionsTTL   = 4 * correctionsEvery // a holder that died is replaced within this
)

// An expirer ends what is over: on one node at a time, and only on one whose
// clock is right, as all deadlines.
type expirer struct {
	service interface {
		EndOverdue(ctx context.Context) (hospitals int, err error)
	}
	lease   ingest.Lease
	node    string
	whyNot  func() string // the clock is off, or not known
	log     *slog.Logger
	failing bool // and it was said
}

// run looks every few seconds, until the context ends; then another may at once.
func (e *expirer) run(ctx context.Context) error {
	tick := time.NewTicker(correctionsEvery)
	defer tick.Stop()
	for {
		if e.whyNot() == "" {
			e.expire(ctx)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return e.release(ctx)
		}
	}
}

func (e *expirer) expire(ctx context.Context) {
	limited, cancel := context.WithTimeout(ctx, correctionsTTL)
	defer cancel()
	held, err := e.lease.Lease(limited, correctionsLease, e.node, correctionsTTL)
	if err == nil && held {
		var hospitals int
		if hospitals, err = e.service.EndOverdue(limited); hospitals > 0 {
			e.log.Info("what people had said is over", "hospitals", hospitals)
		}
	}
	if err != nil && ctx.Err() == nil && !e.failing {
		e.log.Warn("corrections that are over may still be shown", "error", err)
	}
	e.failing = err != nil
}

func (e *expirer) release(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), correctionsEvery)
	defer cancel()
	return e.lease.Release(ctx, correctionsLease, e.node)
}
