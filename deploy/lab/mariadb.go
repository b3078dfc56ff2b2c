package lab

import (
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
)

// The account that tests use; it may do everything, from this machine only.
const (
	mariaUser     = "weer"
	mariaPassword = "lab-only"
)

// mariaPatience is how long a server may take from its start to its first
// answer, recovery after a kill included, on a busy machine.
const mariaPatience = 60 * time.Second

// A MariaDBServer is a private mariadbd on a socket file in a folder of its
// own, in memory where there is room. It is small and quick, but set as durable
// as a real one: each commit is written and synced (log and binary log) before
// it is answered.
type MariaDBServer struct {
	dir       string
	process   *child
	databases atomic.Int64
}

var sharedMariaDB = sync.OnceValues(func() (*MariaDBServer, error) {
	s, err := newMariaDB()
	if err == nil {
		atEnd(s.remove)
	}
	return s, err
})

// MariaDB returns the URL (mysql://…) of a fresh, empty database on the server
// that the tests of this process share. TestMain has to run them with [Main].
func MariaDB(tb testing.TB) string {
	tb.Helper()
	s, err := sharedMariaDB()
	if err != nil {
		tb.Fatal(err)
	}
	return s.Database(tb)
}

// StartMariaDB starts a server of the test's own, to be killed and started
// again; it ends with the test.
func StartMariaDB(tb testing.TB) *MariaDBServer {
	tb.Helper()
	s, err := newMariaDB()
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(s.remove)
	return s
}

// Database makes a fresh, empty database and returns its URL, which stays
// valid when the server is killed and started again.
func (s *MariaDBServer) Database(tb testing.TB) string {
	tb.Helper()
	name := fmt.Sprintf("weer_%d", s.databases.Add(1))
	if err := s.asRoot("CREATE DATABASE " + name + " CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci"); err != nil {
		tb.Fatal(err)
	}
	u := url.URL{
		Scheme: "mysql", User: url.UserPassword(mariaUser, mariaPassword), Host: "localhost", Path: "/" + name,
		RawQuery: url.Values{"socket": {s.Socket()}}.Encode(),
	}
	return u.String()
}

// Socket is the path of the server's socket file.
func (s *MariaDBServer) Socket() string { return filepath.Join(s.dir, "db.sock") }

// Kill ends the server as a power cut would, with kill -9, and waits for it.
func (s *MariaDBServer) Kill() { s.process.kill() }

// Start starts the server again after Kill and returns when it answers, with
// everything that it had committed.
func (s *MariaDBServer) Start() (err error) {
	log, err := os.OpenFile(s.logPath(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close() //nolint:errcheck // the child has its own descriptor
	cmd := exec.Command("mariadbd", "--no-defaults", "--user=root",
		"--datadir="+s.Files(), "--tmpdir="+s.dir, "--socket="+s.Socket(), "--pid-file="+filepath.Join(s.dir, "db.pid"),
		"--skip-networking", "--skip-name-resolve", "--max-connections=500",
		"--innodb-buffer-pool-size=64M", "--innodb-log-file-size=32M", "--performance-schema=OFF",
		"--log-bin="+filepath.Join(s.Files(), "bin"), "--binlog-format=ROW", "--sync-binlog=1", "--innodb-flush-log-at-trx-commit=1")
	cmd.Stdout, cmd.Stderr = log, log
	if s.process, err = startChild(cmd); err != nil {
		return missing(err)
	}
	return s.await()
}

func newMariaDB() (*MariaDBServer, error) {
	dir, err := os.MkdirTemp(roomy(), "weer-maria-") // short: a socket's path has at most 107 bytes
	if err != nil {
		return nil, err
	}
	s := &MariaDBServer{dir: dir}
	if err := s.install(); err != nil {
		os.RemoveAll(dir) //nolint:errcheck // the first error counts
		return nil, err
	}
	if err := s.boot(); err != nil {
		s.remove()
		return nil, err
	}
	return s, nil
}

func (s *MariaDBServer) install() error {
	out, err := exec.Command("mariadb-install-db", "--no-defaults", "--user=root", "--datadir="+s.Files(), "--tmpdir="+s.dir,
		"--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve").CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w\n%s", missing(err), out)
	}
	return nil
}

func (s *MariaDBServer) boot() error {
	if err := s.Start(); err != nil {
		return err
	}
	return s.asRoot(fmt.Sprintf("GRANT ALL ON *.* TO '%s'@'localhost' IDENTIFIED BY '%s'", mariaUser, mariaPassword))
}

func missing(err error) error {
	if errors.Is(err, exec.ErrNotFound) {
		return fmt.Errorf("%w: `make test` installs mariadb-server", err)
	}
	return err
}

// await asks until the server answers or has ended: it tells nobody when it is
// ready.
func (s *MariaDBServer) await() error {
	patience := time.After(mariaPatience)
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for {
		err := s.asRoot("SELECT 1")
		if err == nil {
			return nil
		}
		select {
		case <-s.process.ended:
			return fmt.Errorf("mariadbd ended: %w\n%s", err, s.log())
		case <-patience:
			return fmt.Errorf("mariadbd does not answer: %w\n%s", err, s.log())
		case <-again.C:
		}
	}
}

func (s *MariaDBServer) asRoot(statement string) error {
	cfg := mysql.NewConfig()
	cfg.User, cfg.Net, cfg.Addr = "root", "unix", s.Socket()
	cfg.Logger = &mysql.NopLogger{}
	connector, err := mysql.NewConnector(cfg)
	if err != nil {
		return err
	}
	db := sql.OpenDB(connector)
	defer db.Close() //nolint:errcheck // a connection of one statement
	_, err = db.Exec(statement)
	return err
}

func (s *MariaDBServer) remove() {
	if s.process != nil {
		s.process.kill()
	}
	os.RemoveAll(s.dir) //nolint:errcheck // a temporary folder
}

// Files is the folder in which the server keeps everything: tables, logs of
// changes, what it needs to recover.
func (s *MariaDBServer) Files() string { return filepath.Join(s.dir, "data") }

func (s *MariaDBServer) logPath() string { return filepath.Join(s.dir, "db.log") }

// log returns the end of what the server printed.
func (s *MariaDBServer) log() []byte {
	const most = 4 << 10
	b, err := os.ReadFile(s.logPath())
	if err != nil {
		return []byte(err.Error())
	}
	return b[max(0, len(b)-most):]
}
