package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"weer/model/fault"
	"weer/model/feed"
)

// Lease takes or renews a lease for ttl by the database's clock, and reports
// whether the holder has it: at most one has, of all nodes. The holder may rely
// on it for ttl from before it asked, by its own clock; it renews in time or
// stops.
func (db *DB) Lease(ctx context.Context, name, holder string, ttl time.Duration) (held bool, err error) {
	if !feed.ValidKey(name) || len(name) > 60 || !feed.ValidKey(holder) {
		return false, fault.Bad("lease", "a lease and its holder have names of at most 60 and 128 printable ASCII characters")
	}
	err = db.express(ctx, func(ctx context.Context, q bun.Tx) error {
		clock := bun.Safe(db.clock())
		// The row that is not there cannot be locked: make it, expired.
		_, err := q.NewRaw("INSERT INTO lease (name, holder, expires_at) VALUES (?, ?, 0) "+db.orUpdate("name")+
			" expires_at = expires_at", name, holder).Exec(ctx)
		if err != nil {
			return err
		}
		res, err := q.NewRaw("UPDATE lease SET holder = ?, expires_at = ? + ? WHERE name = ? AND (holder = ? OR expires_at <= ?)",
			holder, clock, ttl.Milliseconds(), name, holder, clock).Exec(ctx)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		held = n == 1
		return err
	})
	return held && err == nil, err
}

// Release gives a lease up at once. One that the holder does not have stays as
// it is.
func (db *DB) Release(ctx context.Context, name, holder string) error {
	return db.express(ctx, func(ctx context.Context, q bun.Tx) error {
		_, err := q.NewRaw("UPDATE lease SET expires_at = 0 WHERE name = ? AND holder = ?", name, holder).Exec(ctx)
		return err
	})
}
