package store

import (
	"context"

	"github.com/uptrace/bun"

	"weer/model/feed"
)

// meta is what the database says of itself, and its clock.
type meta struct {
	Now   feed.Time
	Epoch string
	Mode  string
}

func readMeta(ctx context.Context, q bun.IDB, clock string) (m meta, err error) {
	err = q.NewRaw("SELECT ?, (SELECT value FROM meta WHERE name = 'epoch'), (SELECT value FROM meta WHERE name = 'mode')",
		bun.Safe(clock)).Scan(ctx, &m.Now, &m.Epoch, &m.Mode)
	return m, err
}

// NewEpoch gives the database's history a new name and returns it: for a
// restored or promoted database that may have lost events. Every follower and
// screen then loads its feeds again. A transaction that runs meanwhile may
// still announce its events under the old name; such hints are dropped and the
// events found by verification.
func (db *DB) NewEpoch(ctx context.Context) (string, error) {
	epoch := newEpoch()
	err := db.transact(ctx, func(ctx context.Context, q bun.Tx) error {
		_, err := q.NewRaw("UPDATE meta SET value = ? WHERE name = 'epoch'", epoch).Exec(ctx)
		return err
	})
	if err != nil {
		return "", err
	}
	return epoch, nil
}
