package store

import (
	"context"

	"github.com/uptrace/bun"

	"weer/model"
	"weer/model/feed"
)

type guessRow struct {
	bun.BaseModel `bun:"table:guess"`

	Name      string `bun:",pk"`
	Tries     int
	WaitUntil feed.Time
	TriedAt   feed.Time
}

// Guess counts a try; see [model.AccountStore].
func (db *DB) Guess(ctx context.Context, names []model.GuessName) (waitMS int64, err error) {
	err = db.transact(ctx, func(ctx context.Context, q bun.Tx) error {
		now, rows, err := db.lockGuesses(ctx, q, names)
		if err != nil {
			return err
		}
		waitMS = 0
		for _, r := range rows {
			waitMS = max(waitMS, int64(r.WaitUntil-now))
		}
		if waitMS > 0 {
			return nil
		}
		for i := range rows {
			r := &rows[i]
			if now-r.TriedAt >= model.GuessKeepMS {
				r.Tries = 0
			}
			r.Tries++
			r.TriedAt, r.WaitUntil = now, now+feed.Time(names[i].WaitMS(r.Tries))
		}
		return upsert(ctx, db, q, rows, []string{"name"}, "tries", "wait_until", "tried_at")
	})
	return waitMS, err
}

// Guessed takes a try that was right back; see [model.AccountStore]. The pair of
// login and address begins anew; the others only lose this try, or whoever has
// one account could guess at all others from the same address for ever.
func (db *DB) Guessed(ctx context.Context, names []model.GuessName) error {
	return db.transact(ctx, func(ctx context.Context, q bun.Tx) error {
		_, rows, err := db.lockGuesses(ctx, q, names)
		if err != nil {
			return err
		}
		for i := range rows {
			rows[i].Tries = max(0, rows[i].Tries-1)
			rows[i].WaitUntil = 0
		}
		rows[0].Tries = 0
		return upsert(ctx, db, q, rows, []string{"name"}, "tries", "wait_until")
	})
}

// lockGuesses makes the rows that are missing, locks all and reads them, in the
// order of names. Row by row in one order: tries of many logins meet at an
// address, and must not wait for each other in a circle.
func (db *DB) lockGuesses(ctx context.Context, q bun.Tx, names []model.GuessName) (now feed.Time, rows []guessRow, err error) {
	for _, n := range names {
		_, err := q.NewRaw("INSERT INTO guess (name, tries, wait_until, tried_at) VALUES (?, 0, 0, 0) "+db.orUpdate("name")+
			" tries = tries", n.Name).Exec(ctx)
		if err != nil {
			return 0, nil, err
		}
	}
	m, err := readMeta(ctx, q, db.clock())
	if err != nil {
		return 0, nil, err
	}
	rows = make([]guessRow, len(names))
	for i, n := range names {
		rows[i].Name = n.Name
		if err := q.NewSelect().Model(&rows[i]).WherePK().Scan(ctx); err != nil {
			return 0, nil, err
		}
	}
	return m.Now, rows, nil
}

// pruneAccounts removes what nobody can use any more: tries that are forgotten,
// and sessions that ended or were left alone, a day after.
func (db *DB) pruneAccounts(ctx context.Context, now feed.Time) error {
	return db.transact(ctx, func(ctx context.Context, q bun.Tx) error {
		if _, err := q.NewRaw("DELETE FROM guess WHERE tried_at < ?", now-model.GuessKeepMS).Exec(ctx); err != nil {
			return err
		}
		const day = feed.Time(24 * 60 * 60_000)
		var old []string
		err := q.NewRaw("SELECT id FROM session WHERE used_at < ? OR (ended <> '' AND used_at < ?) ORDER BY used_at LIMIT ?",
			now-model.SessionIdleMS-day, now-day, pruneEvents).Scan(ctx, &old)
		if err != nil || len(old) == 0 {
			return err
		}
		if _, err := q.NewRaw("DELETE FROM refresh_token WHERE session IN (?)", bun.List(old)).Exec(ctx); err != nil {
			return err
		}
		_, err = q.NewRaw("DELETE FROM session WHERE id IN (?)", bun.List(old)).Exec(ctx)
		return err
	})
}
