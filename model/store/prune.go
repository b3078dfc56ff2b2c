package store

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"weer/model/feed"
)

// pruneEvents is how many events go in one transaction: few enough that the
// writers of the feed hardly notice.
const pruneEvents = 500

// keepRuns is how long the runs of polls and the counts of calls stay.
const keepRuns = 30 * 24 * time.Hour

// keepCommands is how long a command's key stands for what it came to.
const keepCommands = 24 * time.Hour

// Prune removes events that are older than keep, by the database's clock, and
// the tombstones below the oldest event that stays, and returns how many events
// went. A feed's newest event stays whatever its age. The runs of polls and the
// counts of calls go after thirty days. It goes in chunks; an error leaves what
// was done done.
func (db *DB) Prune(ctx context.Context, keep time.Duration) (removed int64, err error) {
	m, err := readMeta(ctx, db.r, db.clock())
	if err != nil {
		return 0, err
	}
	before := m.Now - feed.Time(keep.Milliseconds())
	var names []string
	err = db.r.NewRaw("SELECT f.name FROM feed AS f JOIN feed_event AS e ON e.feed = f.name AND e.seq = f.first_seq"+
		" WHERE f.first_seq < f.seq AND e.created_at < ? ORDER BY f.name", before).Scan(ctx, &names)
	if err != nil {
		return 0, err
	}
	for _, name := range names {
		n, err := db.pruneFeed(ctx, name, before)
		removed += n
		if err != nil {
			return removed, fmt.Errorf("prune %s: %w", name, err)
		}
	}
	if err := db.pruneCommands(ctx, m.Now-feed.Time(keepCommands.Milliseconds())); err != nil {
		return removed, fmt.Errorf("prune command: %w", err)
	}
	if err := db.pruneAccounts(ctx, m.Now); err != nil {
		return removed, fmt.Errorf("prune session: %w", err)
	}
	if err := db.pruneQuota(ctx, m.Now); err != nil {
		return removed, fmt.Errorf("prune quota: %w", err)
	}
	if err := db.pruneRuns(ctx, m.Now-feed.Time(keepRuns.Milliseconds())); err != nil {
		return removed, fmt.Errorf("prune ingest_run: %w", err)
	}
	return removed, nil
}

// pruneCommands removes what commands came to that were carried out before a
// moment.
func (db *DB) pruneCommands(ctx context.Context, before feed.Time) error {
	for more := true; more; {
		var old []commandRow
		err := db.r.NewSelect().Model(&old).Column("actor", "key").Where("created_at < ?", before).
			OrderExpr("created_at").Limit(pruneEvents).Scan(ctx)
		if err != nil || len(old) == 0 {
			return err
		}
		err = db.transact(ctx, func(ctx context.Context, q bun.Tx) error {
			_, err := q.NewDelete().Model(&old).WherePK().Exec(ctx)
			return err
		})
		if err != nil {
			return err
		}
		more = len(old) == pruneEvents
	}
	return nil
}

// pruneQuota removes the counts of old days. The oldest that stays is said in
// UTC, which is behind Korea: a day more, never one less.
func (db *DB) pruneQuota(ctx context.Context, now feed.Time) error {
	oldest := now.Std().UTC().Add(-keepRuns).Format(time.DateOnly)
	return db.transact(ctx, func(ctx context.Context, q bun.Tx) error {
		_, err := q.NewRaw("DELETE FROM quota WHERE day < ?", oldest).Exec(ctx)
		return err
	})
}

// pruneRuns removes runs that began before a moment, source by source, which is
// how the index has them.
func (db *DB) pruneRuns(ctx context.Context, before feed.Time) error {
	var sources []string
	if err := db.r.NewRaw("SELECT name FROM source ORDER BY name").Scan(ctx, &sources); err != nil {
		return err
	}
	for _, source := range sources {
		for more := true; more; {
			var ids []string
			err := db.r.NewRaw("SELECT id FROM ingest_run WHERE source = ? AND started_at < ? ORDER BY started_at LIMIT ?",
				source, before, pruneEvents).Scan(ctx, &ids)
			if err != nil {
				return err
			}
			if err := db.dropRuns(ctx, ids); err != nil {
				return err
			}
			more = len(ids) == pruneEvents
		}
	}
	return nil
}

func (db *DB) dropRuns(ctx context.Context, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	return db.transact(ctx, func(ctx context.Context, q bun.Tx) error {
		_, err := q.NewRaw("DELETE FROM ingest_run WHERE id IN (?)", bun.List(ids)).Exec(ctx)
		return err
	})
}

func (db *DB) pruneFeed(ctx context.Context, name string, before feed.Time) (removed int64, err error) {
	for {
		var first uint64
		first, err = db.oldestToKeep(ctx, name, before)
		if err != nil || first == 0 {
			return removed, err
		}
		n, err := db.dropBelow(ctx, name, first)
		removed += n
		if err != nil {
			return removed, err
		}
	}
}

// oldestToKeep looks at the next chunk without locks, which is enough: nobody
// changes an event, and nobody but pruning removes one. 0: nothing to remove.
func (db *DB) oldestToKeep(ctx context.Context, name string, before feed.Time) (first uint64, err error) {
	var events []eventRow
	err = db.r.NewRaw("SELECT e.seq, e.created_at FROM feed_event AS e JOIN feed AS f ON f.name = e.feed"+
		" WHERE e.feed = ? AND e.seq < f.seq ORDER BY e.seq LIMIT ?", name, pruneEvents).Scan(ctx, &events)
	if err != nil {
		return 0, err
	}
	for _, e := range events {
		if e.CreatedAt >= before {
			break
		}
		first = e.Seq + 1
	}
	return first, nil
}

// dropBelow raises the feed's first number and removes what lies below it, in
// one transaction under the feed's lock.
func (db *DB) dropBelow(ctx context.Context, name string, first uint64) (removed int64, err error) {
	err = db.transact(ctx, func(ctx context.Context, q bun.Tx) error {
		_, err := q.NewRaw("UPDATE feed SET first_seq = ? WHERE name = ? AND first_seq < ? AND seq >= ?", first, name, first, first).Exec(ctx)
		if err != nil {
			return err
		}
		res, err := q.NewRaw("DELETE FROM feed_event WHERE feed = ? AND seq < ?", name, first).Exec(ctx)
		if err != nil {
			return err
		}
		if removed, err = res.RowsAffected(); err != nil {
			return err
		}
		_, err = q.NewRaw("DELETE FROM feed_key WHERE feed = ? AND gone = ? AND seq < ?", name, true, first).Exec(ctx)
		return err
	})
	return removed, err
}
