package drill

import (
	"context"
	"database/sql"
	"net/url"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"
	_ "modernc.org/sqlite" // the driver "sqlite"
)

// Open opens a node's database beside the node, by the URL that the node has.
func Open(tb testing.TB, databaseURL string) *sql.DB {
	tb.Helper()
	db, err := open(databaseURL)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { db.Close() }) //nolint:errcheck // only read from
	return db
}

func open(databaseURL string) (*sql.DB, error) {
	if path, ok := strings.CutPrefix(databaseURL, "sqlite:"); ok {
		return sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(10000)")
	}
	u, err := url.Parse(databaseURL)
	if err != nil {
		return nil, err
	}
	cfg := mysql.NewConfig()
	cfg.User, cfg.DBName = u.User.Username(), strings.TrimPrefix(u.Path, "/")
	cfg.Passwd, _ = u.User.Password()
	cfg.Net, cfg.Addr = "unix", u.Query().Get("socket")
	connector, err := mysql.NewConnector(cfg)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(connector), nil
}

// number asks for one number.
func number(ctx context.Context, db *sql.DB, query string, args ...any) (n int64, err error) {
	err = db.QueryRowContext(ctx, query, args...).Scan(&n)
	return n, err
}

// must runs a statement.
func must(tb testing.TB, db interface {
	ExecContext(context.Context, string, ...any) (sql.Result, error)
}, statement string, args ...any) {
	tb.Helper()
	result, err := db.ExecContext(tb.Context(), statement, args...)
	if err != nil {
		tb.Fatal(err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		tb.Fatalf("%s changed nothing (%v)", statement, err)
	}
}
