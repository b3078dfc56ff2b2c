package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"weer/model"
	"weer/model/fault"
)

var _ model.Store = (*DB)(nil)

func TestModeIsOfBirthAndNeverChanges(t *testing.T) {
	for name, newURL := range databases {
		for _, born := range []string{"", model.Simulated, model.Real} {
			t.Run(name+"/"+born, func(t *testing.T) {
				url := newURL(t)
				reopen(t, url, born)
				is, other := model.Simulated, model.Real
				if born == model.Real {
					is, other = other, is
				}
				_, err := Open(t.Context(), url, Options{Mode: other, hook: grammar{t}})
				if !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "--mode "+is) || strings.Contains(err.Error(), "\n") {
					t.Errorf("opened as %s: %v", other, err)
				}
				for _, mode := range []string{"", is} {
					if got := reopen(t, url, mode); got != is {
						t.Errorf("opened with %q it is %s, born %s", mode, got, is)
					}
				}
			})
		}
	}
}

// reopen opens and closes a database and returns its mode.
func reopen(t *testing.T, url, mode string) string {
	t.Helper()
	db, err := Open(t.Context(), url, Options{Mode: mode, hook: grammar{t}})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
	return db.Mode()
}

func TestWhatWasWrittenIsThereAfterReopening(t *testing.T) {
	for name, newURL := range databases {
		t.Run(name, func(t *testing.T) {
			url := newURL(t)
			first, err := Open(t.Context(), url, Options{hook: grammar{t}})
			if err != nil {
				t.Fatal(err)
			}
			epoch, _, err := first.Write(t.Context(), put("region:11", "a", 1))
			if err := errors.Join(err, first.Close()); err != nil {
				t.Fatal(err)
			}
			b := newBench(t, url)
			again, events, err := b.Write(t.Context(), put("region:11", "b", 1))
			if err != nil || again != epoch || events[0].To != 2 {
				t.Fatalf("epoch %s then %s, event %v, %v", epoch, again, events, err)
			}
			b.sound(t)
		})
	}
}

func TestNodesThatStartTogetherMakeOneDatabase(t *testing.T) {
	url := databases["mariadb"](t)
	epochs := make([]string, 8)
	var all sync.WaitGroup
	for i := range epochs {
		all.Go(func() {
			db, err := Open(t.Context(), url, Options{hook: grammar{t}})
			if err != nil {
				t.Error(err)
				return
			}
			defer db.Close()
			epochs[i], _, err = db.Write(t.Context(), put("region:11", "a", i))
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for _, e := range epochs {
		if e != epochs[0] || len(e) != 16 {
			t.Fatalf("epochs %q", epochs)
		}
	}
	if feeds := newBench(t, url).sound(t); feeds["region:11"].seq != int64(len(epochs)) {
		t.Errorf("at %d after %d writes", feeds["region:11"].seq, len(epochs))
	}
}

func TestAMigrationThatWasCutIsRepeated(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		epoch, _, err := b.Write(t.Context(), put("region:11", "a", 1))
		if err != nil {
			t.Fatal(err)
		}
		b.exec(t, "DROP TABLE lease")           // as if it had died before its last statements
		b.exec(t, "DELETE FROM bun_migrations") // and before it was noted
		if err := b.migrate(t.Context(), model.Real); err != nil {
			t.Fatal(err)
		}
		if held, err := b.Lease(t.Context(), "ingest", "n1", ttl); !held || err != nil {
			t.Errorf("lease %v, %v", held, err)
		}
		m, err := readMeta(t.Context(), b.r, b.clock())
		if err != nil || m.Epoch != epoch || m.Mode != model.Simulated {
			t.Errorf("now epoch %s mode %s (%v), it was %s", m.Epoch, m.Mode, err, epoch)
		}
		b.sound(t)
	})
}

func TestASecondProcessIsRefusedASQLiteFile(t *testing.T) {
	url := databases["sqlite"](t)
	db := open(t, url, Options{})
	_, err := Open(t.Context(), url, Options{})
	if !fault.Is(err, fault.Conflict) || strings.Contains(err.Error(), "\n") {
		t.Errorf("opened twice: %v", err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	reopen(t, url, "")
}

func TestASQLiteFileIsPrivateAndMayHaveAnyName(t *testing.T) {
	path := filepath.Join(t.TempDir(), "응급 50%?#.db")
	reopen(t, "sqlite:"+path, "")
	for _, name := range []string{path, path + ".lock"} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s is %s", name, info.Mode())
		}
	}
}

func TestDurabilityIsOn(t *testing.T) {
	b := newBench(t, databases["sqlite"](t))
	var journal string
	var synchronous int
	if err := b.w.NewRaw("PRAGMA journal_mode").Scan(t.Context(), &journal); err != nil {
		t.Fatal(err)
	}
	if err := b.w.NewRaw("PRAGMA synchronous").Scan(t.Context(), &synchronous); err != nil {
		t.Fatal(err)
	}
	if journal != "wal" || synchronous != 2 {
		t.Errorf("journal_mode %s, synchronous %d", journal, synchronous)
	}
}

func TestOpenSaysInOneLineWhatIsWrong(t *testing.T) {
	notADatabase := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(notADatabase, []byte(strings.Repeat("no database ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ url, mode, says string }{
		"no scheme":       {"weer.db", "", "sqlite:PATH"},
		"other database":  {"postgres://u:secret@h/db", "", "sqlite:PATH"},
		"unreadable":      {"mysql://u:sec%ret@h/db", "", "percent-encode"},
		"no path":         {"sqlite:", "", "path of a file"},
		"in memory":       {"sqlite::memory:", "", "path of a file"},
		"no folder":       {"sqlite:" + filepath.Join(t.TempDir(), "a", "b.db"), "", "no folder"},
		"a folder":        {"sqlite:" + t.TempDir(), "", "cannot open"},
		"no database":     {"sqlite:" + notADatabase, "", "not a database"},
		"no name":         {"mysql://u:secret@127.0.0.1:1/", "", "name of a database"},
		"no user":         {"mysql://127.0.0.1:1/weer", "", "needs a user"},
		"a parameter":     {"mysql://u:secret@127.0.0.1:1/weer?sslmode=on", "", "sslmode"},
		"tls of no kind":  {"mysql://u:secret@127.0.0.1:1/weer?tls=maybe", "", "tls is"},
		"nobody listens":  {"mysql://u:secret@127.0.0.1:1/weer", "", "does not answer"},
		"wrong password":  {strings.Replace(databases["mariadb"](t), "lab-only", "secret", 1), "", "refuses"},
		"a mode of a dog": {"sqlite:x.db", "dog", "simulated or real"},
	} {
		db, err := Open(t.Context(), c.url, Options{Mode: c.mode})
		if err == nil {
			db.Close()
			t.Errorf("%s: opened", name)
			continue
		}
		if text := err.Error(); !strings.Contains(text, c.says) || strings.Contains(text, "\n") || strings.Contains(text, "secret") || strings.Contains(text, "sec%ret") {
			t.Errorf("%s: %s", name, text)
		}
	}
}

func TestANewEpochIsEverywhere(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		before, _, err := b.Write(t.Context(), put("region:11", "a", 1))
		if err != nil {
			t.Fatal(err)
		}
		epoch, err := b.NewEpoch(t.Context())
		if err != nil || epoch == before || len(epoch) != 16 {
			t.Fatalf("epoch %s after %s, %v", epoch, before, err)
		}
		wrote, events, err := b.Write(t.Context(), put("region:11", "a", 2))
		if err != nil || wrote != epoch || events[0].To != 2 {
			t.Errorf("write: %s %v, %v", wrote, events, err)
		}
		if v, err := b.Verify(t.Context(), 0); err != nil || v.Epoch != epoch {
			t.Errorf("verify: %s, %v", v.Epoch, err)
		}
		if s, err := b.Snapshot(t.Context(), "region:26"); err != nil || s.Epoch != epoch {
			t.Errorf("snapshot of an empty feed: %s, %v", s.Epoch, err)
		}
	})
}

func TestCanceledContextEndsEverything(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, events, err := b.Write(ctx, put("region:11", "a", 1))
		if !errors.Is(err, context.Canceled) || events != nil || !fault.Is(err, fault.Timeout) {
			t.Errorf("write: %v, %v", events, err)
		}
		if _, err := b.Snapshot(ctx, "region:11"); !errors.Is(err, context.Canceled) {
			t.Errorf("snapshot: %v", err)
		}
		if len(b.sound(t)) != 0 {
			t.Error("something was written")
		}
	})
}
