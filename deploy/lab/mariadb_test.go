package lab

import (
	"database/sql"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"
)

func TestMain(m *testing.M) { os.Exit(Main(m)) }

// open connects to a database of the lab as a stranger would.
func open(t *testing.T, raw string) *sql.DB {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	cfg := mysql.NewConfig()
	cfg.User = u.User.Username()
	cfg.Passwd, _ = u.User.Password()
	cfg.Net, cfg.Addr, cfg.DBName = "unix", u.Query().Get("socket"), strings.TrimPrefix(u.Path, "/")
	cfg.Logger = &mysql.NopLogger{}
	connector, err := mysql.NewConnector(cfg)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	t.Cleanup(func() { db.Close() })
	return db
}

func TestMariaDBGivesEmptyDatabases(t *testing.T) {
	first, second := MariaDB(t), MariaDB(t)
	if first == second {
		t.Fatal("two tests got one database")
	}
	if _, err := open(t, first).Exec("CREATE TABLE t (id INT)"); err != nil {
		t.Fatal(err)
	}
	var tables int
	if err := open(t, second).QueryRow("SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE()").Scan(&tables); err != nil || tables != 0 {
		t.Fatalf("%d tables, %v", tables, err)
	}
}

func TestMariaDBKeepsWhatWasCommittedBeforeItWasKilled(t *testing.T) {
	s := StartMariaDB(t)
	db := open(t, s.Database(t))
	if _, err := db.Exec("CREATE TABLE t (id INT)"); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("INSERT INTO t VALUES (1)"); err != nil {
		t.Fatal(err)
	}
	s.Kill()
	if err := db.Ping(); err == nil {
		t.Fatal("a killed server answers")
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	var rows int
	if err := db.QueryRow("SELECT COUNT(*) FROM t").Scan(&rows); err != nil || rows != 1 {
		t.Fatalf("%d rows, %v", rows, err)
	}
	var flush, binlog int
	if err := db.QueryRow("SELECT @@innodb_flush_log_at_trx_commit, @@sync_binlog").Scan(&flush, &binlog); err != nil || flush != 1 || binlog != 1 {
		t.Fatalf("durability: %d %d, %v", flush, binlog, err)
	}
}
