package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"weer/deploy/lab"
	"weer/model"
	"weer/model/fault"
)

// again is a log handler that tells when a transaction runs again.
type again chan struct{}

func (again) Enabled(context.Context, slog.Level) bool { return true }
func (a again) Handle(_ context.Context, r slog.Record) error {
	if r.Message == "a transaction runs again" {
		a <- struct{}{}
	}
	return nil
}
func (a again) WithAttrs([]slog.Attr) slog.Handler { return a }
func (a again) WithGroup(string) slog.Handler      { return a }

// attempt runs a change that puts into feeds and counts its tries.
func attempt(t *testing.T, db *DB, feeds ...string) (tries int, err error) {
	_, _, err = db.Write(t.Context(), func(_ context.Context, tx model.Tx) error {
		tries++
		for _, name := range feeds {
			if err := tx.Put(name, "a", tries); err != nil {
				return err
			}
		}
		return nil
	})
	return tries, err
}

// A stranger holds one feed's row; the change takes the other first and waits;
// then the stranger wants that one. It has written much, so the database ends
// the change's transaction and not the stranger's.
func TestADeadlockRunsTheChangeAgain(t *testing.T) {
	b := newBench(t, databases["mariadb"](t))
	if _, err := attempt(t, b.DB, "region:11", "region:12"); err != nil {
		t.Fatal(err)
	}
	stranger := begin(t, b.plain)
	for i := range 50 {
		run(t, stranger, "INSERT INTO lease (name, holder, expires_at) VALUES (?, 'x', 0)", fmt.Sprint(i))
	}
	run(t, stranger, "UPDATE feed SET changed_at = 1 WHERE name = 'region:12'")
	type outcome struct {
		tries int
		err   error
	}
	done := make(chan outcome, 1)
	go func() {
		tries, err := attempt(t, b.DB, "region:12", "region:11")
		done <- outcome{tries, err}
	}()
	lab.Until(t, "the change waits for the stranger", cut, func() error {
		if b.number(t, "SELECT variable_value FROM information_schema.global_status WHERE variable_name = 'Innodb_row_lock_current_waits'") == 0 {
			return errors.New("nobody waits")
		}
		return nil
	})
	run(t, stranger, "UPDATE feed SET changed_at = 1 WHERE name = 'region:11'")
	if err := stranger.Commit(); err != nil {
		t.Fatal(err)
	}
	if o := <-done; o.err != nil || o.tries != 2 {
		t.Errorf("%d tries, %v", o.tries, o.err)
	}
	b.sound(t)
}

func begin(t *testing.T, db *sql.DB) *sql.Tx {
	t.Helper()
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tx.Rollback() }) //nolint:errcheck // it is committed by then
	return tx
}

func run(t *testing.T, tx *sql.Tx, statement string, args ...any) {
	t.Helper()
	if _, err := tx.Exec(statement, args...); err != nil {
		t.Fatal(err)
	}
}

func TestALockThatIsNotHadInTimeIsTriedAgain(t *testing.T) {
	for name, newURL := range databases {
		t.Run(name, func(t *testing.T) {
			url, notice := newURL(t), make(again, maxTries)
			b := &bench{DB: open(t, url, Options{Log: slog.New(notice)}), plain: openPlain(t, url)}
			if _, err := attempt(t, b.DB, "region:11"); err != nil {
				t.Fatal(err)
			}
			stranger := begin(t, b.plain)
			run(t, stranger, "UPDATE feed SET changed_at = 1 WHERE name = 'region:11'")
			done := make(chan error, 1)
			go func() {
				_, err := attempt(t, b.DB, "region:11")
				done <- err
			}()
			<-notice
			if err := stranger.Commit(); err != nil {
				t.Error(err)
			}
			if err := <-done; err != nil {
				t.Error(err)
			}
			if f := b.sound(t)["region:11"]; f.seq != 2 {
				t.Errorf("the feed is at %d", f.seq)
			}
		})
	}
}

// The caller's own deadline ends the tries, and it is told that nothing was
// changed.
func TestTheCallersDeadlineEndsTheTries(t *testing.T) {
	b := newBench(t, databases["mariadb"](t))
	b.write(t, put("region:11", "a", 1))
	stranger := begin(t, b.plain)
	run(t, stranger, "UPDATE feed SET changed_at = 1 WHERE name = 'region:11'")
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, events, err := b.Write(ctx, put("region:11", "a", 2))
	if !fault.Is(err, fault.Timeout) || !errors.Is(err, context.DeadlineExceeded) || events != nil {
		t.Errorf("%v, %v", events, err)
	}
}

// Ten tries are made; what the last one says counts.
func TestTheTriesEnd(t *testing.T) {
	boom := errors.New("boom")
	for _, last := range []error{boom, driver.ErrBadConn} {
		t.Run(last.Error(), func(t *testing.T) {
			t.Parallel() // the pauses are real
			b := newBench(t, databases["mariadb"](t))
			tries := 0
			_, events, err := b.Write(t.Context(), func(_ context.Context, tx model.Tx) error {
				if tries++; tries < maxTries {
					return driver.ErrBadConn
				}
				return errors.Join(tx.Put("region:11", "a", 1), last)
			})
			if tries != maxTries || events != nil || !errors.Is(err, last) || fault.Is(err, fault.Unavailable) != (last != boom) {
				t.Errorf("%d tries: %v, %v", tries, events, err)
			}
			if len(b.sound(t)) != 0 {
				t.Error("something was written")
			}
		})
	}
}

// A cutter stands between the store and MariaDB and can cut a connection at a
// statement of the store.
type cutter struct {
	socket, backend string
	at              atomic.Pointer[cutting]
	all             sync.WaitGroup
}

type cutting struct {
	statement string // the first that contains this
	deliver   bool   // the server gets it, the store never its answer
}

// newCutter returns a cutter and the URL of a fresh database through it.
func newCutter(t *testing.T) (c *cutter, viaURL, plainURL string) {
	t.Helper()
	plainURL = databases["mariadb"](t)
	u, err := url.Parse(plainURL)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "weer-cut-") // a socket's path has at most 107 bytes
	if err != nil {
		t.Fatal(err)
	}
	c = &cutter{socket: filepath.Join(dir, "s"), backend: u.Query().Get("socket")}
	l, err := net.Listen("unix", c.socket)
	if err != nil {
		t.Fatal(err)
	}
	c.all.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			c.all.Go(func() { c.carry(conn) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		c.all.Wait()
		os.RemoveAll(dir)
	})
	u.RawQuery = url.Values{"socket": {c.socket}}.Encode()
	return c, u.String(), plainURL
}

func (c *cutter) carry(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("unix", c.backend)
	if err != nil {
		return
	}
	defer server.Close()
	var deaf atomic.Bool
	c.all.Go(func() { answer(client, server, &deaf) })
	for {
		packet, err := readPacket(client)
		if err != nil {
			return
		}
		if cutting := c.at.Load(); cutting != nil && strings.Contains(string(packet), cutting.statement) {
			c.at.Store(nil)
			if !cutting.deliver {
				return
			}
			deaf.Store(true)
		}
		if _, err := server.Write(packet); err != nil {
			return
		}
	}
}

// answer carries answers until one must not arrive.
func answer(client, server net.Conn, deaf *atomic.Bool) {
	defer client.Close()
	buf := make([]byte, 64<<10)
	for {
		n, err := server.Read(buf)
		if err != nil || deaf.Load() {
			return
		}
		if _, err := client.Write(buf[:n]); err != nil {
			return
		}
	}
}

// readPacket reads one packet of MySQL's protocol: three bytes of length, one
// of order, the rest.
func readPacket(r io.Reader) ([]byte, error) {
	head := make([]byte, 4)
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, err
	}
	packet := make([]byte, 4+int(binary.LittleEndian.Uint32([]byte{head[0], head[1], head[2], 0})))
	copy(packet, head)
	_, err := io.ReadFull(r, packet[4:])
	return packet, err
}

func TestAConnectionLostInATransactionRunsTheChangeAgain(t *testing.T) {
	for _, statement := range []string{"START TRANSACTION", "SELECT CAST(UNIX_TIMESTAMP", "INSERT INTO feed (", "INSERT INTO `feed_event`"} {
		for _, deliver := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/%v", statement, deliver), func(t *testing.T) {
				c, viaURL, plainURL := newCutter(t)
				b := &bench{DB: open(t, viaURL, Options{}), plain: openPlain(t, plainURL)}
				c.at.Store(&cutting{statement, deliver})
				_, err := attempt(t, b.DB, "region:11", "region:26")
				if err != nil || c.at.Load() != nil {
					t.Fatalf("cut: %v, %v", c.at.Load() == nil, err)
				}
				if f := b.sound(t)["region:11"]; f.seq != 1 {
					t.Errorf("the feed is at %d", f.seq)
				}
			})
		}
	}
}

func TestACommitWithoutAnAnswerIsUnknownAndAnnouncesNothing(t *testing.T) {
	for _, delivered := range []bool{false, true} {
		t.Run(fmt.Sprint(delivered), func(t *testing.T) {
			c, viaURL, plainURL := newCutter(t)
			b := &bench{DB: open(t, viaURL, Options{}), plain: openPlain(t, plainURL)}
			b.write(t, put("region:11", "a", 1))
			c.at.Store(&cutting{"\x03COMMIT", delivered})
			tries := 0
			_, events, err := b.Write(t.Context(), func(_ context.Context, tx model.Tx) error {
				tries++
				return tx.Put("region:11", "a", 2)
			})
			if !fault.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), "did not say") || events != nil || tries != 1 {
				t.Errorf("%d tries: %v, %v", tries, events, err)
			}
			next := b.write(t, put("region:11", "a", 3))[0].To
			if want := map[bool]uint64{false: 2, true: 3}[delivered]; next != want {
				t.Errorf("the next event is %d, want %d", next, want)
			}
			b.sound(t)
		})
	}
}

// What was acknowledged survives a kill -9 of the server, and writers go on by
// themselves when it is back.
func TestNothingAcknowledgedIsLostWithTheServer(t *testing.T) {
	server := lab.StartMariaDB(t)
	b := newBench(t, server.Database(t))
	var mu sync.Mutex
	acknowledged := map[string]string{} // "feed seq": keys
	count := func() int {
		mu.Lock()
		defer mu.Unlock()
		return len(acknowledged)
	}
	stop := make(chan struct{})
	var all sync.WaitGroup
	for w := range 8 {
		all.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				_, events, err := b.Write(t.Context(), put(stormFeeds[w%3], fmt.Sprintf("w%d", w), n))
				if err != nil && !fault.Is(err, fault.Unavailable) {
					t.Errorf("neither done nor unknown: %v", err)
				}
				mu.Lock()
				for _, e := range events {
					acknowledged[fmt.Sprint(e.Feed, " ", e.To)] = string(e.Keys)
				}
				mu.Unlock()
			}
		})
	}
	more := func(than int) {
		lab.Until(t, "writers go on", 30*time.Second, func() error {
			if n := count(); n < than {
				return fmt.Errorf("%d of %d", n, than)
			}
			return nil
		})
	}
	for range 2 {
		more(count() + 50)
		server.Kill()
		if err := server.Start(); err != nil {
			t.Fatal(err)
		}
	}
	more(count() + 50)
	close(stop)
	all.Wait()
	b.sound(t)
	for place, keys := range acknowledged {
		var name, body string
		var seq int64
		fmt.Sscan(place, &name, &seq)
		if err := b.plain.QueryRow("SELECT body FROM feed_event WHERE feed = ? AND seq = ?", name, seq).Scan(&body); err != nil || body != keys {
			t.Errorf("%s was acknowledged: %v", place, err)
		}
	}
}
