package store

import (
	"context"
	"encoding/json"

	"github.com/uptrace/bun"

	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
)

// EndRun stores a run. A complete one is its source's last complete poll, now
// by the database's clock; one that is not tells at least that there is such a
// source and how often it should answer.
func (db *DB) EndRun(ctx context.Context, run model.Run) error {
	if !feed.ValidKey(run.ID) || len(run.ID) > 40 {
		return fault.Bad("id", "a run has an id of at most 40 printable ASCII characters")
	}
	if !feed.ValidKey(run.Source) || len(run.Source) > 60 {
		return fault.Bad("source", "a source has a name of at most 60 printable ASCII characters")
	}
	rejected, err := json.Marshal(run.Rejected)
	if err != nil {
		return err
	}
	return db.transact(ctx, func(ctx context.Context, q bun.Tx) error {
		m, err := readMeta(ctx, q, db.clock())
		if err != nil {
			return err
		}
		row := runRow{
			ID: run.ID, Source: run.Source, StartedAt: run.StartedAt, EndedAt: m.Now, IntervalMS: run.IntervalMS,
			Seen: run.Rows, Changed: run.Changed, Rejected: string(rejected), Complete: run.Complete, Error: run.Error,
		}
		if err := upsert(ctx, db, q, []runRow{row}, []string{"id"}, "ended_at", "seen", "changed", "rejected", "complete", "error"); err != nil {
			return err
		}
		source, columns := sourceRow{Name: run.Source, IntervalMS: run.IntervalMS}, []string{"interval_ms"}
		if run.Complete {
			source.CompleteAt, columns = m.Now, append(columns, "complete_at")
		}
		return upsert(ctx, db, q, []sourceRow{source}, []string{"name"}, columns...)
	})
}
