package store

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/mysqldialect"

	"weer/model/fault"
)

// Connections per pool and node. More writers than this wait for their turn in
// this process, where waiting does not count towards the cut, and not for locks
// in the database: 16 at once on eight feeds were seen to cut each other when
// the machine had no time.
const (
	mysqlWriters = 8
	mysqlReaders = 16
)

const (
	migrationPatience = time.Minute // for another node that migrates
	migrationRead     = time.Hour   // a large table may take this long to change
)

// mysqlDB is the dialect of MySQL, Aurora and MariaDB.
type mysqlDB struct {
	cfg *mysql.Config
}

// mysql8 is bun's dialect with the features that all of them have. By itself
// bun finds out about MariaDB and then adds RETURNING, which MySQL lacks.
type mysql8 struct{ *mysqldialect.Dialect }

func (mysql8) Init(*sql.DB) {}

func openMySQL(ctx context.Context, u *url.URL, log *slog.Logger) (*DB, error) {
	cfg, err := mysqlConfig(u, log)
	if err != nil {
		return nil, err
	}
	w, err := openPool(cfg, mysqlWriters)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the database's URL is not usable: tls is true, false or skip-verify")
	}
	r, err := openReaders(cfg, mysqlReaders)
	if err != nil {
		return nil, errors.Join(err, w.Close())
	}
	db := &DB{dialect: mysqlDB{cfg}, w: w, r: r, turns: make(chan struct{}, mysqlWriters), log: log, release: farewell}
	if err := db.reach(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// mysqlConfig turns a URL into the settings that the promises need; each is in
// here because its absence was seen to break one.
func mysqlConfig(u *url.URL, log *slog.Logger) (*mysql.Config, error) {
	cfg := mysql.NewConfig()
	cfg.User = u.User.Username()
	cfg.Passwd, _ = u.User.Password()
	cfg.DBName = strings.TrimPrefix(u.Path, "/")
	if cfg.User == "" || cfg.DBName == "" || strings.Contains(cfg.DBName, "/") {
		return nil, fault.Bad("database_url", "mysql://user:password@host:port/name needs a user and the name of a database")
	}
	cfg.Net, cfg.Addr = "tcp", net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), "3306"))
	for name, values := range u.Query() {
		switch name {
		case "socket":
			cfg.Net, cfg.Addr = "unix", values[0]
		case "tls":
			cfg.TLSConfig = values[0]
		default:
			return nil, fault.Bad("database_url", "the database's URL has no parameter %.20q; there are socket and tls", name)
		}
	}
	cfg.Loc, cfg.ParseTime = time.UTC, true
	cfg.ClientFoundRows = true // an update counts the rows it finds, as on SQLite
	cfg.RejectReadOnly = true  // a writer that became a replica is left, not believed
	cfg.Timeout, cfg.ReadTimeout, cfg.WriteTimeout = 2*time.Second, 5*time.Second, 5*time.Second
	cfg.Logger = driverLog{log}
	cfg.Params = map[string]string{
		"time_zone":                "'+00:00'",
		"innodb_lock_wait_timeout": fmt.Sprint(int(cut.Seconds())),
		// Strict, and with the meaning of backslash and quotes that bun assumes.
		"sql_mode": "'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,ERROR_FOR_DIVISION_BY_ZERO'",
	}
	return cfg, cfg.Apply(mysql.Charset("utf8mb4", "utf8mb4_unicode_ci"))
}

func openPool(cfg *mysql.Config, size int) (*bun.DB, error) {
	connector, err := mysql.NewConnector(cfg)
	if err != nil {
		return nil, err
	}
	return poolOf(connector, size), nil
}

// openReaders opens a pool whose errors are told as they are: nobody runs a read
// again, so a server that is away is Unavailable at once. What writes has to see
// the driver's own errors, to know what may run again.
func openReaders(cfg *mysql.Config, size int) (*bun.DB, error) {
	connector, err := mysql.NewConnector(cfg)
	if err != nil {
		return nil, err
	}
	return poolOf(telling{connector}, size), nil
}

// telling is a connector that says so when the server is away.
type telling struct{ driver.Connector }

// Connect opens a connection; fault.Unavailable when the server is away.
func (t telling) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := t.Connector.Connect(ctx)
	if err != nil && (mysqlDB{}).away(err) {
		return nil, fault.Wrap(fault.Unavailable, err, "the database is away; try again")
	}
	return conn, err
}

func poolOf(connector driver.Connector, size int) *bun.DB {
	pool := sql.OpenDB(connector)
	pool.SetMaxOpenConns(size)
	pool.SetMaxIdleConns(size)
	pool.SetConnMaxLifetime(3 * time.Minute) // follows a name that now points to another server
	pool.SetConnMaxIdleTime(30 * time.Second)
	return bun.NewDB(pool, mysql8{mysqldialect.New(mysqldialect.WithTimeLocation("UTC"))})
}

// farewell: a pool fails to close only for want of a server to say goodbye to.
func farewell(...error) error { return nil }

// reach asks the server for the settings on which durability rests.
func (db *DB) reach(ctx context.Context) error {
	var flush, binlog int
	err := db.w.NewRaw("SELECT @@innodb_flush_log_at_trx_commit, CASE @@log_bin WHEN 1 THEN @@sync_binlog ELSE 1 END").Scan(ctx, &flush, &binlog)
	if err != nil {
		return fault.Wrap(fault.Unavailable, err, "the database does not answer or refuses: check WEER_DATABASE_URL and that its server runs")
	}
	if flush != 1 || binlog != 1 {
		db.log.Warn("the database may lose acknowledged changes in a crash: set innodb_flush_log_at_trx_commit and sync_binlog to 1")
	}
	return nil
}

// driverLog gives the driver's remarks on lost connections to the log; the
// errors themselves reach whoever asked.
type driverLog struct{ log *slog.Logger }

func (l driverLog) Print(v ...any) { l.log.Debug("mysql driver", "remark", fmt.Sprint(v...)) }

// clock is SYSDATE and not NOW: NOW is when the statement began, before it
// waited for its locks, and what a follower asks for lies five seconds back.
func (mysqlDB) clock() string { return "CAST(UNIX_TIMESTAMP(SYSDATE(3)) * 1000 AS SIGNED)" }

func (mysqlDB) name() string { return "mysql" }

func (mysqlDB) orUpdate(...string) string     { return "ON DUPLICATE KEY UPDATE" }
func (mysqlDB) incoming(column string) string { return "VALUES(`" + column + "`)" }
func (mysqlDB) writing() *sql.TxOptions {
	return &sql.TxOptions{Isolation: sql.LevelReadCommitted}
}
func (mysqlDB) reading() *sql.TxOptions {
	return &sql.TxOptions{Isolation: sql.LevelRepeatableRead}
}

// Numbers of the server's errors.
const (
	lockWaitTimeout  = 1205
	deadlock         = 1213
	recordChanged    = 1020 // MariaDB with snapshot isolation
	tooManyConns     = 1040
	serverShutdown   = 1053
	duplicateEntry   = 1062
	tooManyOfUser    = 1203
	queryInterrupted = 1317
	connectionKilled = 1927
)

func (mysqlDB) collided(err error) bool {
	return hasNumber(err, lockWaitTimeout, deadlock, recordChanged)
}

func (mysqlDB) away(err error) bool {
	var network net.Error
	return errors.Is(err, driver.ErrBadConn) || errors.Is(err, mysql.ErrInvalidConn) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &network) ||
		hasNumber(err, tooManyConns, tooManyOfUser, serverShutdown, queryInterrupted, connectionKilled)
}

func hasNumber(err error, numbers ...uint16) bool {
	var answer *mysql.MySQLError
	return errors.As(err, &answer) && slices.Contains(numbers, answer.Number)
}

// alone holds a named lock of the server: unlike bun's row it is gone with the
// connection of a node that dies. DDL may take longer than the read timeout of
// the pools allows, so work gets a pool of its own.
func (m mysqlDB) alone(ctx context.Context, db *DB, work func(*bun.DB) error) error {
	cfg := m.cfg.Clone()
	cfg.ReadTimeout = migrationRead
	pool, err := openPool(cfg, 4)
	if err != nil {
		return err
	}
	pool = db.watched(pool)
	defer pool.Close() //nolint:errcheck // nothing is pending
	conn, err := pool.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // frees the lock in any case, with the pool
	var held sql.NullInt64
	if err := conn.NewRaw("SELECT GET_LOCK(?, ?)", m.lockName(), int(migrationPatience.Seconds())).Scan(ctx, &held); err != nil {
		return err
	}
	if held.Int64 != 1 {
		return fault.New(fault.Unavailable, "another node has been migrating this database for a minute: look at it, then start again")
	}
	return work(pool)
}

// lockName is of one database: named locks are the whole server's.
func (m mysqlDB) lockName() string {
	return fmt.Sprintf("weer_migrate_%x", sha256.Sum256([]byte(m.cfg.DBName)))[:60]
}
