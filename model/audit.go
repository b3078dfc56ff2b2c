package model

import (
	"context"
	"fmt"
	"time"

	"weer/model/fault"
	"weer/model/feed"
)

// An AuditQuery says which entries of the audit are wanted, the oldest first.
// What is empty is not asked.
type AuditQuery struct {
	Actor, Subject, Operation string
	From, To                  feed.Time // at or after, before
	After                     string    // id of the last one of the page before
	Most                      int
}

// An AuditStore is what the audit needs of a [Store] to be read.
type AuditStore interface {
	Audit(ctx context.Context, q AuditQuery) ([]Entry, error)
}

// LeastAuditKeep is how long entries stay at the least: two years, as the law has
// it where health is concerned, of which one may be a leap year.
const LeastAuditKeep = 731 * 24 * time.Hour

// Bounds of an export.
const (
	leastExportReason = 10 // characters: "업무상" is no reason
	MaxExport         = 5000
)

// Audit reads entries. That somebody read them is no entry: exporting is.
func (s *Service) Audit(ctx context.Context, q AuditQuery) ([]Entry, error) {
	return s.store.Audit(ctx, q)
}

// ExportAudit reads up to [MaxExport] entries to be taken away, which is written
// down first, with its reason.
func (s *Service) ExportAudit(ctx context.Context, q AuditQuery, reason string) ([]Entry, error) {
	if err := fault.All(checkExportReason(reason), q.check()); err != nil {
		return nil, err
	}
	call, _ := CallOf(ctx)
	call.Reason = reason
	did := Deed{Operation: "audit.export", Subject: q.Subject, Detail: fmt.Sprintf("actor %s, operation %s, %d to %d ms", q.Actor, q.Operation, q.From, q.To)}
	if err := s.witness(WithCall(ctx, call), did); err != nil {
		return nil, err
	}
	q.Most = MaxExport
	return s.store.Audit(ctx, q)
}

func checkExportReason(reason string) error {
	if len([]rune(reason)) < leastExportReason || !Printable(reason, MaxReason) {
		return fault.Bad("reason", "says why the entries are taken away, in %d to %d characters", leastExportReason, MaxReason)
	}
	return nil
}

// check refuses what no entry can hold, because an export's own entry says what
// was asked for.
func (q AuditQuery) check() error {
	var actor, subject, operation error
	if !Printable(q.Actor, 200) {
		actor = fault.Bad("actor", "has at most 200 characters, none of them a control character")
	}
	if q.Subject != "" && !feed.ValidKey(q.Subject) {
		subject = fault.Bad("subject", "is a kind and an id in at most 128 ASCII characters, as in hospital/A1100001")
	}
	if q.Operation != "" && (!feed.ValidKey(q.Operation) || len(q.Operation) > 80) {
		operation = fault.Bad("operation", "is the name of an operation in at most 80 ASCII characters, as in user.approve")
	}
	return fault.All(actor, subject, operation)
}

// Note writes down what is no change of anything else: a command of the command
// line, a sign-in that was refused.
func (s *Service) Note(ctx context.Context, did Deed) error { return s.witness(ctx, did) }
