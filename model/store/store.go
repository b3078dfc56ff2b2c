package store

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"net/url"
	"strings"

	"github.com/uptrace/bun"

	"weer/model"
	"weer/model/fault"
)

// DB is an open database.
type DB struct {
	dialect
	w, r    *bun.DB       // for transactions that write, for those that only read
	turns   chan struct{} // a place for each connection of w; taken in the order of asking
	log     *slog.Logger
	mode    string
	release func(closed ...error) error // what there is to do after the pools were closed
	hook    bun.QueryHook
}

// Options of Open.
type Options struct {
	// Mode that the database must be of: model.Simulated or model.Real. A new
	// database is born in it. Empty takes what is there, simulated at birth.
	Mode string
	Log  *slog.Logger // nil: silent

	hook bun.QueryHook // tests: sees every statement
}

// A dialect is what differs between the databases.
type dialect interface {
	name() string // and folder of its migrations
	// clock is the expression of the database's clock, in milliseconds, at the
	// moment when a row is written, not when its statement began to wait.
	clock() string
	// orUpdate is what stands between the values of an upsert and what it sets
	// in rows that are there; incoming is the value that would have been written.
	orUpdate(keys ...string) string
	incoming(column string) string
	// writing and reading are the isolation of transactions.
	writing() *sql.TxOptions
	reading() *sql.TxOptions
	// collided tells errors after which the transaction was not committed and
	// may succeed when it is run again; away those of a connection that is lost
	// or cannot be had.
	collided(err error) bool
	away(err error) bool
	// alone runs work while no other node does, with a pool that has the time.
	alone(ctx context.Context, db *DB, work func(*bun.DB) error) error
}

// Open opens a database, sqlite:PATH or mysql://user:password@host:port/name
// (?socket=/path for a Unix socket, ?tls=true), creates or migrates its tables,
// and checks its mode. The error is one line that says what to do.
func Open(ctx context.Context, rawURL string, o Options) (*DB, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Mode != "" && o.Mode != model.Simulated && o.Mode != model.Real {
		return nil, fault.Bad("mode", "the mode is %s or %s, not %.20q", model.Simulated, model.Real, o.Mode)
	}
	db, err := connect(ctx, rawURL, o.Log)
	if err != nil {
		return nil, err
	}
	db.hook = o.hook
	db.w, db.r = db.watched(db.w), db.watched(db.r)
	if err := db.prepare(ctx, o.Mode); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

func connect(ctx context.Context, rawURL string, log *slog.Logger) (*DB, error) {
	if path, ok := strings.CutPrefix(rawURL, "sqlite:"); ok {
		return openSQLite(path, log)
	}
	u, err := url.Parse(rawURL)
	if err != nil || u.Scheme != "mysql" {
		// The URL is not repeated: it may hold a password.
		return nil, fault.Bad("database_url", "the database's URL is sqlite:PATH or mysql://user:password@host:port/name (percent-encode what is special in the password)")
	}
	return openMySQL(ctx, u, log)
}

func (db *DB) watched(pool *bun.DB) *bun.DB {
	if db.hook == nil {
		return pool
	}
	return pool.WithQueryHook(db.hook)
}

// prepare migrates and compares the mode.
func (db *DB) prepare(ctx context.Context, mode string) error {
	born := mode
	if born == "" {
		born = model.Simulated
	}
	if err := db.migrate(ctx, born); err != nil {
		return err
	}
	m, err := readMeta(ctx, db.r, db.clock())
	if err != nil {
		return err
	}
	if mode != "" && m.Mode != mode {
		return fault.New(fault.Conflict, "this database was born %s and stays so: start with --mode %s, or give WEER_DATABASE_URL another database", m.Mode, m.Mode)
	}
	db.mode = m.Mode
	return nil
}

// Mode returns what the database was born as; it never changes.
func (db *DB) Mode() string { return db.mode }

// Close ends all connections and gives the database free.
func (db *DB) Close() error { return db.release(db.w.Close(), db.r.Close()) }
