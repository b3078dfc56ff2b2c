package main

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"weer/ingest"
	"weer/model"
	"weer/model/store"
)

// The audit is sealed once a second, on one node at a time. It is no harm when
// two do: the database lets one after the other.
const (
	sealLease  = "audit"
	sealEvery  = time.Second
	sealTTL    = 5 * sealEvery
	sealLate   = time.Minute // entries that wait longer are told of
	headEvery  = time.Hour   // the head goes to the log, where no database can change it
	sealsAlert = "audit"     // its name among the administrators' alerts
)

// A sealer seals what was committed, and tells when it cannot.
type sealer struct {
	db interface {
		Seal(ctx context.Context, sign store.Signer, check store.Checker) (sealed int, err error)
		AuditStanding(ctx context.Context) (store.AuditStanding, error)
	}
	service *model.Service
	lease   ingest.Lease
	node    string
	sign    store.Signer
	check   store.Checker
	log     *slog.Logger

	wait   atomic.Int64 // milliseconds that the oldest entry has waited
	headAt time.Time    // the head was logged
}

func (s *sealer) chore() *chore {
	return &chore{
		every: sealEvery, limit: sealTTL, turns: &turns{s.lease, sealLease, s.node, sealTTL},
		do: s.seal, after: s.look, failed: "the audit is not sealed", log: s.log,
	}
}

func (s *sealer) seal(ctx context.Context) error {
	for more := true; more; {
		n, err := s.db.Seal(ctx, s.sign, s.check)
		if err != nil {
			return err
		}
		more = n == store.SealAtOnce
	}
	return nil
}

// look looks how long entries wait, and tells of it when it is this node's turn.
func (s *sealer) look(ctx context.Context, mine bool) {
	at, err := s.db.AuditStanding(ctx)
	if err != nil {
		return // the follower says that the database is away
	}
	s.wait.Store(int64(at.Wait))
	if !mine {
		return
	}
	if time.Since(s.headAt) >= headEvery {
		s.headAt = time.Now()
		s.log.Info("the audit is sealed", "seq", at.Seq, "hash", at.Hash)
	}
	err = s.service.AlertWhile(ctx, s.why() != "", sealsAlert, model.Alert{Severity: model.Warning, Text: "entries of the audit wait for their seal: see the log of the nodes"})
	if err != nil && ctx.Err() == nil {
		s.log.Warn("the audit's alert was not told", "error", err)
	}
}

// why is what /readyz says of it.
func (s *sealer) why() string {
	wait := time.Duration(s.wait.Load()) * time.Millisecond
	if wait < sealLate {
		return ""
	}
	return fmt.Sprintf("entries of the audit have waited %s for their seal", wait.Round(time.Second))
}
