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
// source and how often it should answer. A run that ended complete stays as it
// is, whatever is said of it later: its changes are committed. So an end that is
// told twice is harmless, and one that was not complete may become so.
func (db *DB) EndRun(ctx context.Context, run model.Run) error {
	if !feed.ValidKey(run.ID) || len(run.ID) > 40 {
		return fault.Bad("id", "a run has an id of at most 40 printable ASCII characters")
	}
	if !validSource(run.Source) {
		return fault.Bad("source", "a source has a name of at most %d printable ASCII characters", maxSource)
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
		return db.endRun(ctx, q, runRow{
			ID: run.ID, Source: run.Source, StartedAt: run.StartedAt, EndedAt: m.Now, IntervalMS: run.IntervalMS,
			Seen: run.Rows, Changed: run.Changed, Rejected: string(rejected), Complete: run.Complete, Error: run.Error,
		})
	})
}

func (db *DB) endRun(ctx context.Context, q bun.Tx, r runRow) error {
	insert := q.NewInsert().Model(&r).On(conflict(db, "id"))
	// MySQL compares with what was set before, so complete comes last.
	for _, column := range []string{"ended_at", "seen", "changed", "rejected", "error", "complete"} {
		insert = insert.Set("?0 = CASE WHEN complete THEN ?0 ELSE ?1 END", bun.Ident(column), bun.Safe(db.incoming(column)))
	}
	if _, err := insert.Exec(ctx); err != nil {
		return err
	}
	// As it is stored now, by this call or an earlier one.
	if err := q.NewSelect().Model(&r).WherePK().Scan(ctx); err != nil {
		return err
	}
	s := sourceRow{Name: r.Source, IntervalMS: r.IntervalMS}
	if r.Complete {
		s.CompleteAt = r.EndedAt
	}
	_, err := q.NewInsert().Model(&s).On(conflict(db, "name")).
		Set("interval_ms = ?", bun.Safe(db.incoming("interval_ms"))).
		Set("complete_at = CASE WHEN complete_at > ?0 THEN complete_at ELSE ?0 END", bun.Safe(db.incoming("complete_at"))).
		Exec(ctx)
	return err
}
