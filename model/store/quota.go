package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"weer/model/fault"
	"weer/model/feed"
)

// CountCall counts one call of an operation on a day (of Korea, 2026-11-23),
// unless limit calls of that day have been counted already: then ok is false,
// nothing was counted, and the call must not be made. calls is how many there
// are now. It is counted before the call is made and by the database: whatever
// nodes ask, die or start again, no more than limit are told to go ahead. With
// an error the call may have been counted, and must not be made.
func (db *DB) CountCall(ctx context.Context, operation string, limit int, day string) (calls int, ok bool, err error) {
	if !feed.ValidKey(operation) || len(operation) > 60 {
		return 0, false, fault.Bad("operation", "an operation has a name of at most 60 printable ASCII characters")
	}
	if _, err := time.Parse(time.DateOnly, day); err != nil {
		return 0, false, fault.Bad("day", "a day is written like 2026-11-23, not %.20q", day)
	}
	err = db.express(ctx, func(ctx context.Context, q bun.Tx) error {
		// The upsert that changes nothing is the lock, and makes the row.
		_, err := q.NewRaw("INSERT INTO quota (operation, day, calls) VALUES (?, ?, 0) "+db.orUpdate("operation", "day")+
			" calls = calls", operation, day).Exec(ctx)
		if err != nil {
			return err
		}
		err = q.NewRaw("SELECT calls FROM quota WHERE operation = ? AND day = ?", operation, day).Scan(ctx, &calls)
		if ok = calls < limit; err != nil || !ok {
			return err
		}
		calls++
		_, err = q.NewRaw("UPDATE quota SET calls = ? WHERE operation = ? AND day = ?", calls, operation, day).Exec(ctx)
		return err
	})
	if err != nil {
		return 0, false, err
	}
	return calls, ok, nil
}
