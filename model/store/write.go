package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/uptrace/bun"

	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
)

// cut is how long a transaction may take, and on MySQL one wait for a lock.
const cut = 3 * time.Second

// maxTries and the pauses between them add up to some four seconds: a database
// that is killed is back within one or two.
const maxTries = 10

func pauses() backoff.BackOff {
	return &backoff.ExponentialBackOff{
		InitialInterval: 10 * time.Millisecond, Multiplier: 2,
		MaxInterval: time.Second, RandomizationFactor: 0.8,
	}
}

// Write runs a change in one transaction; see [model.Store] for its promises
// and the package's comment for its order.
func (db *DB) Write(ctx context.Context, change func(context.Context, model.Tx) error) (epoch string, events []feed.Event, err error) {
	return db.write(ctx, func(ctx context.Context, t *tx) error { return change(ctx, t) })
}

func (db *DB) write(ctx context.Context, change func(context.Context, *tx) error) (epoch string, events []feed.Event, err error) {
	err = db.transact(ctx, func(ctx context.Context, q bun.Tx) error {
		t, err := db.begin(ctx, q)
		if err != nil {
			return err
		}
		defer t.end()
		err = change(ctx, t)
		if t.failed != nil {
			err = t.failed // also when change made something else of it, or nothing
		}
		if err != nil {
			return err
		}
		epoch = t.epoch
		events, err = t.flush(ctx)
		return err
	})
	if err != nil {
		return "", nil, err
	}
	return epoch, events, nil
}

// transact runs work in a transaction when its turn comes, again as a whole when
// it collides or the connection is lost. A pool hands free connections to
// anybody who waits; turns go to who has waited longest.
func (db *DB) transact(ctx context.Context, work func(context.Context, bun.Tx) error) error {
	return db.repeat(ctx, func() error {
		select {
		case db.turns <- struct{}{}:
			defer func() { <-db.turns }()
			return db.once(ctx, work)
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	})
}

// express is transact for what takes an instant and others depend on: it passes
// everybody whose turn has not come. A poller must not lose its lease because
// its own writes stand in line before the renewal.
func (db *DB) express(ctx context.Context, work func(context.Context, bun.Tx) error) error {
	return db.repeat(ctx, func() error { return db.once(ctx, work) })
}

func (db *DB) repeat(ctx context.Context, once func() error) error {
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		err := once()
		if err != nil && (ctx.Err() != nil || !db.transient(err)) {
			err = backoff.Permanent(err)
		}
		return struct{}{}, err
	}, backoff.WithBackOff(pauses()), backoff.WithMaxTries(maxTries), backoff.WithNotify(func(err error, pause time.Duration) {
		db.log.Debug("a transaction runs again", "error", err, "after", pause)
	}))
	var final *backoff.PermanentError
	if errors.As(err, &final) { // of the last try it is handed on as it is
		err = final.Unwrap()
	}
	var told *fault.Error
	switch {
	case err == nil || errors.As(err, &told):
		return err
	case ctx.Err() != nil:
		return fault.Wrap(fault.Timeout, err, "the time was over before the database had made the change; nothing was changed")
	case db.transient(err):
		return fault.Wrap(fault.Unavailable, err, "the database is busy or away; nothing was changed, try again")
	}
	return err
}

// transient tells errors after which nothing was committed and the next try may
// succeed, as long as the caller still waits: then a deadline was the cut's.
func (db *DB) transient(err error) bool {
	var told *fault.Error
	if errors.As(err, &told) { // it was judged already, whatever its cause
		return false
	}
	return errors.Is(err, errTwin) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, sql.ErrTxDone) || db.collided(err) || db.away(err)
}

// once runs work in one transaction. The time that it waits for a connection is
// its caller's; the three seconds begin with the transaction.
func (db *DB) once(ctx context.Context, work func(context.Context, bun.Tx) error) error {
	conn, err := db.w.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // goes back to its pool
	ctx, cancel := context.WithTimeout(ctx, cut)
	defer cancel()
	tx, err := conn.BeginTx(ctx, db.writing())
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // does nothing after the commit
	if err := work(ctx, tx); err != nil {
		return err
	}
	return db.commit(conn, tx)
}

// commit ends the transaction. The context's end no longer stops it; an answer
// that does not come within the connection's read timeout is an unknown outcome.
func (db *DB) commit(conn bun.Conn, tx bun.Tx) error {
	err := tx.Commit()
	if err == nil {
		return nil
	}
	// The connection may still be in the transaction, which the next BEGIN on it
	// would commit.
	discard := func(any) error { return driver.ErrBadConn }
	_ = conn.Raw(discard) // returns what discard does
	if db.refused(err) {
		return err
	}
	return fault.Wrap(fault.Unavailable, err, "the database did not say whether it made the change: look before trying again")
}

// refused tells errors of a COMMIT that was certainly not executed: never sent,
// or answered with a rollback.
func (db *DB) refused(err error) bool {
	return errors.Is(err, sql.ErrTxDone) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) ||
		errors.Is(err, driver.ErrBadConn) || db.collided(err)
}
