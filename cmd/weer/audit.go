package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"time"

	"weer/api/auth"
	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
	"weer/model/store"
)

type auditCmds struct {
	Verify auditVerifyCmd `cmd:"" help:"Walk the audit's chain and tell of every entry that was changed, removed, put in or reordered."`
	Export auditExportCmd `cmd:"" help:"Print entries as CSV, with the five fields that the law names. That and why is an entry itself."`
}

type auditVerifyCmd struct {
	desk
	Since uint64 `placeholder:"SEQ" help:"Begin behind this seal, as in the hourly line of a node's log. Default: with the first that is kept."`
	Hash  string `placeholder:"HASH" help:"The seal's hash in that line: then a database that was put back as a whole is found too."`
}

// Run is `weer audit verify`. It ends with an error when anything is wrong.
func (c *auditVerifyCmd) Run(ctx context.Context, o outlet) error {
	return c.rows(ctx, o, func(ctx context.Context, db *store.DB, keys *auth.Keys, _ *model.Service) error {
		faults := 0
		n, err := db.VerifyAudit(ctx, store.Anchor{Seq: c.Since, Hash: c.Hash}, keys.CheckStamp, func(f store.AuditFault) {
			faults++
			fmt.Fprintln(o.out, f)
		})
		switch {
		case err != nil:
			return err
		case faults > 0:
			return fault.New(fault.Conflict, "the audit is not as it was written: %d faults in %d entries", faults, n)
		}
		_, err = fmt.Fprintf(o.out, "the audit is as it was written: %d entries\n", n)
		return err
	})
}

type auditExportCmd struct {
	desk
	Reason string    `required:"" placeholder:"TEXT" help:"Why, in at least ten characters."`
	From   time.Time `format:"2006-01-02" placeholder:"DAY" help:"The first day (UTC), as in 2026-11-01."`
	To     time.Time `format:"2006-01-02" placeholder:"DAY" help:"The day behind the last."`
	Actor  string    `placeholder:"NAME" help:"Only what this one did."`
}

// Run is `weer audit export`.
func (c *auditExportCmd) Run(ctx context.Context, o outlet) error {
	return c.rows(ctx, o, func(ctx context.Context, _ *store.DB, _ *auth.Keys, s *model.Service) error {
		out := csv.NewWriter(o.out)
		if err := out.Write([]string{"식별자", "접속일시", "접속지 정보", "처리한 정보주체 정보", "수행업무", "세부", "사유", "id"}); err != nil {
			return err
		}
		q := model.AuditQuery{Actor: c.Actor, From: moment(c.From), To: moment(c.To)}
		for more := true; more; {
			page, err := s.ExportAudit(ctx, q, c.Reason)
			if err != nil {
				return err
			}
			for _, e := range page {
				q.After = e.ID
				if err := out.Write([]string{e.Actor, e.At.Std().Format(time.RFC3339Nano), e.From, e.Subject, e.Operation, e.Detail, e.Reason, e.ID}); err != nil {
					return err
				}
			}
			more = len(page) == model.MaxExport
		}
		out.Flush()
		return out.Error()
	})
}

func moment(t time.Time) feed.Time {
	if t.IsZero() {
		return 0
	}
	return feed.At(t)
}
