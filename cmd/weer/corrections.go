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
	lease  ingest.Lease
	node   string
	whyNot func() string // the clock is off, or not known
	log    *slog.Logger
}

func (e *expirer) chore() *chore {
	return &chore{
		every: correctionsEvery, limit: correctionsTTL, turns: &turns{e.lease, correctionsLease, e.node, correctionsTTL},
		whyNot: e.whyNot, do: e.expire, failed: "corrections that are over may still be shown", log: e.log,
	}
}

func (e *expirer) expire(ctx context.Context) error {
	hospitals, err := e.service.EndOverdue(ctx)
	if hospitals > 0 {
		e.log.Info("what people had said is over", "hospitals", hospitals)
	}
	return err
}
