package model

import (
	"context"
	"fmt"

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
	if len([]rune(reason)) < leastExportReason || !Printable(reason, MaxReason) {
		return nil, fault.Bad("reason", "says why the entries are taken away, in %d to %d characters", leastExportReason, MaxReason)
	}
	call, _ := CallOf(ctx)
	call.Reason = reason
	did := Deed{Operation: "audit.export", Subject: q.Subject, Detail: fmt.Sprintf("actor %q, operation %q, %d to %d ms", q.Actor, q.Operation, q.From, q.To)}
	if err := s.witness(WithCall(ctx, call), did); err != nil {
		return nil, err
	}
	q.Most = MaxExport
	return s.store.Audit(ctx, q)
}

// Note writes down what is no change of anything else: a command of the command
// line, a sign-in that was refused.
func (s *Service) Note(ctx context.Context, did Deed) error { return s.witness(ctx, did) }
