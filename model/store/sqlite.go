package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/gofrs/flock"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	"github.com/uptrace/bun/driver/sqliteshim"

	"weer/model/fault"
)

// sqliteDB is the dialect of the embedded database: one process, one
// connection that writes, some that read beside it.
type sqliteDB struct{}

func openSQLite(path string, log *slog.Logger) (*DB, error) {
	path, err := sqlitePath(path)
	if err != nil {
		return nil, err
	}
	lock := flock.New(path+".lock", flock.SetPermissions(0o600))
	held, err := lock.TryLock()
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "cannot write in %s: choose another WEER_DATABASE_URL", filepath.Dir(path))
	}
	if !held {
		return nil, fault.New(fault.Conflict, "another process has the database %s open: stop it, or choose another WEER_DATABASE_URL", path)
	}
	db, err := openFile(path, log)
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	db.release = func(closed ...error) error { return errors.Join(append(closed, lock.Close())...) }
	return db, nil
}

func sqlitePath(path string) (string, error) {
	if path == "" || strings.HasPrefix(path, ":") || strings.ContainsRune(path, 0) {
		return "", fault.Bad("database_url", "sqlite: needs the path of a file, as in sqlite:weer.db")
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	if dir, err := os.Stat(filepath.Dir(path)); errors.Is(err, fs.ErrNotExist) || err == nil && !dir.IsDir() {
		return "", fault.Bad("database_url", "there is no folder %s for the database: make it, or choose another WEER_DATABASE_URL", filepath.Dir(path))
	}
	return path, nil
}

func openFile(path string, log *slog.Logger) (*DB, error) {
	// SQLite would make it readable for everybody.
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "cannot open the database %s for writing: choose another WEER_DATABASE_URL", path)
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	w, err := openSQLitePool(path, 1, url.Values{"_txlock": {"immediate"}, "_pragma": {"journal_mode(WAL)", "synchronous(FULL)"}})
	if err != nil {
		return nil, err
	}
	r, err := openSQLitePool(path, max(4, runtime.GOMAXPROCS(0)), url.Values{"_pragma": {"query_only(1)"}})
	if err != nil {
		return nil, errors.Join(err, w.Close())
	}
	return &DB{dialect: sqliteDB{}, w: w, r: r, turns: make(chan struct{}, 1), log: log}, nil
}

func openSQLitePool(path string, size int, settings url.Values) (*bun.DB, error) {
	settings.Add("_pragma", fmt.Sprintf("busy_timeout(%d)", cut.Milliseconds()))
	settings.Add("_pragma", "foreign_keys(1)")
	name := "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + settings.Encode()
	pool, err := sql.Open(sqliteshim.ShimName, name)
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(size)
	pool.SetMaxIdleConns(size)
	return bun.NewDB(pool, sqlitedialect.New()), nil
}

func (sqliteDB) name() string { return "sqlite" }

func (sqliteDB) clock() string { return "CAST(ROUND(unixepoch('now', 'subsec') * 1000) AS INTEGER)" }

func (sqliteDB) orUpdate(keys ...string) string {
	return "ON CONFLICT (`" + strings.Join(keys, "`, `") + "`) DO UPDATE SET"
}
func (sqliteDB) incoming(column string) string { return "EXCLUDED.`" + column + "`" }

// SQLite has one isolation, which is more than either asks for: a reader sees
// one moment, and writers come one after another.
func (sqliteDB) writing() *sql.TxOptions { return nil }
func (sqliteDB) reading() *sql.TxOptions { return nil }

// Primary result codes of SQLite.
const (
	sqliteBusy      = 5
	sqliteLocked    = 6
	sqliteInterrupt = 9 // by the end of a context
)

func (sqliteDB) collided(err error) bool {
	var coded interface{ Code() int }
	if !errors.As(err, &coded) {
		return false
	}
	primary := coded.Code() & 0xff
	return primary == sqliteBusy || primary == sqliteLocked || primary == sqliteInterrupt
}

// away: a file cannot be away; what fails with it, fails.
func (sqliteDB) away(error) bool { return false }

// alone: the file's lock is held already.
func (sqliteDB) alone(_ context.Context, db *DB, work func(*bun.DB) error) error { return work(db.w) }
