package store

import (
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/uptrace/bun/driver/sqliteshim"
	"go.uber.org/goleak"

	"weer/deploy/lab"
)

func TestMain(m *testing.M) {
	code := lab.Main(m)
	if err := goleak.Find(); code == 0 && err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// A bench is an open store with a way around it: plain SQL, as a judge or a
// saboteur uses.
type bench struct {
	*DB
	url   string
	plain *sql.DB
}

// both runs a test on each database, fresh.
func both(t *testing.T, test func(*testing.T, *bench)) {
	t.Helper()
	for name, newURL := range databases {
		t.Run(name, func(t *testing.T) { test(t, newBench(t, newURL(t))) })
	}
}

var databases = map[string]func(testing.TB) string{
	"sqlite":  func(tb testing.TB) string { return "sqlite:" + filepath.Join(tb.TempDir(), "weer.db") },
	"mariadb": lab.MariaDB,
}

func newBench(tb testing.TB, url string) *bench {
	tb.Helper()
	b := &bench{DB: open(tb, url, Options{}), url: url, plain: openPlain(tb, url)}
	return b
}

// open opens a store that ends with the test, under the eye of the grammar.
func open(tb testing.TB, url string, o Options) *DB {
	tb.Helper()
	o.hook = grammar{tb}
	db, err := Open(tb.Context(), url, o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := db.Close(); err != nil {
			tb.Error(err)
		}
	})
	return db
}

// openPlain connects without the store's code.
func openPlain(tb testing.TB, raw string) *sql.DB {
	tb.Helper()
	db, err := plainDB(raw)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { db.Close() })
	return db
}

func plainDB(raw string) (*sql.DB, error) {
	if path, ok := strings.CutPrefix(raw, "sqlite:"); ok {
		return sql.Open(sqliteshim.ShimName, "file:"+path+"?_pragma=busy_timeout(10000)&_txlock=immediate")
	}
	u, err := url.Parse(raw)
	if err != nil {
		return nil, err
	}
	cfg := mysql.NewConfig()
	cfg.User = u.User.Username()
	cfg.Passwd, _ = u.User.Password()
	cfg.Net, cfg.Addr, cfg.DBName = "unix", u.Query().Get("socket"), strings.TrimPrefix(u.Path, "/")
	cfg.InterpolateParams = true
	connector, err := mysql.NewConnector(cfg)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(connector), nil
}

// exec runs plain SQL.
func (b *bench) exec(tb testing.TB, statement string, args ...any) {
	tb.Helper()
	if _, err := b.plain.Exec(statement, args...); err != nil {
		tb.Fatal(err)
	}
}

// number asks plain SQL for one number.
func (b *bench) number(tb testing.TB, query string, args ...any) (n int64) {
	tb.Helper()
	if err := b.plain.QueryRow(query, args...).Scan(&n); err != nil {
		tb.Fatal(err)
	}
	return n
}
