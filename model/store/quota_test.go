package store

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
)

func TestCallsAreCountedUpToTheLimit(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		for i, c := range []struct {
			operation, day string
			limit, calls   int
			ok             bool
		}{
			{"egen.beds", "2026-11-23", 2, 1, true}, {"egen.beds", "2026-11-23", 2, 2, true}, {"egen.beds", "2026-11-23", 2, 2, false},
			{"egen.messages", "2026-11-23", 2, 1, true}, {"egen.beds", "2026-11-24", 2, 1, true},
			{"egen.beds", "2026-11-23", 3, 3, true}, {"egen.beds", "2026-11-23", 1, 3, false}, // the limit was changed
			{"new", "2026-11-23", 0, 0, false}, {"new", "2026-11-23", -1, 0, false},
		} {
			calls, ok, err := b.CountCall(t.Context(), c.operation, c.limit, c.day)
			if calls != c.calls || ok != c.ok || err != nil {
				t.Errorf("call %d: %d, %v, %v; want %d, %v", i, calls, ok, err, c.calls, c.ok)
			}
		}
		for _, bad := range [][2]string{{"", "2026-11-23"}, {"a b", "2026-11-23"}, {strings.Repeat("x", 61), "2026-11-23"}, {"a", "23.11.2026"}, {"a", "2026-02-30"}} {
			if _, ok, err := b.CountCall(t.Context(), bad[0], 9, bad[1]); !fault.Is(err, fault.Invalid) || ok {
				t.Errorf("%q: %v, %v", bad, ok, err)
			}
		}
	})
}

// Twenty callers, on MariaDB of two nodes, never get more than the limit, and
// get all of it.
func TestTheLimitHoldsAgainstManyCallers(t *testing.T) {
	const callers, each, limit = 20, 6, 73
	both(t, func(t *testing.T, b *bench) {
		nodes := []*DB{b.DB, b.DB}
		if b.name() == "mysql" {
			nodes[1] = open(t, b.url, Options{})
		}
		var allowed atomic.Int64
		var all sync.WaitGroup
		for i := range callers {
			all.Go(func() {
				for range each {
					calls, ok, err := nodes[i%2].CountCall(t.Context(), "egen.beds", limit, "2026-11-23")
					if err != nil || calls < 1 || calls > limit {
						t.Errorf("%d, %v, %v", calls, ok, err)
					}
					if ok {
						allowed.Add(1)
					}
				}
			})
		}
		all.Wait()
		if stored := b.number(t, "SELECT calls FROM quota"); allowed.Load() != limit || stored != limit {
			t.Errorf("%d calls were allowed, %d stand in the database; the limit is %d", allowed.Load(), stored, limit)
		}
	})
}

// A run that ended complete stays complete, at its first moment, whatever comes
// later; one that did not may still.
func TestARunThatEndsTwice(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		end := func(complete bool, changed int) {
			t.Helper()
			run := model.Run{ID: "r1", Source: "egen.beds", StartedAt: 5, IntervalMS: 60_000, Changed: changed, Complete: complete}
			if !complete {
				run.Error = "it is away"
			}
			if err := b.EndRun(t.Context(), run); err != nil {
				t.Fatal(err)
			}
		}
		state := func() (s string) {
			t.Helper()
			var complete, changed, ended, at int64
			var text string
			err := b.plain.QueryRow("SELECT r.complete, r.changed, r.error, r.ended_at, s.complete_at FROM ingest_run AS r JOIN source AS s ON s.name = r.source").
				Scan(&complete, &changed, &text, &ended, &at)
			if err != nil {
				t.Fatal(err)
			}
			return fmt.Sprint(complete, changed, text, complete == 1 && ended == at, complete == 0 && at == 0)
		}
		// Each end happens an hour after the one before it.
		later := func() {
			b.exec(t, "UPDATE ingest_run SET ended_at = ended_at - 3600000")
			b.exec(t, "UPDATE source SET complete_at = complete_at - 3600000 WHERE complete_at > 0")
		}
		for i, step := range []struct {
			complete bool
			changed  int
			want     string
		}{
			{false, 1, "0 1it is awayfalse true"}, {false, 2, "0 2it is awayfalse true"}, {true, 3, "1 3true false"},
			{false, 4, "1 3true false"}, {true, 5, "1 3true false"},
		} {
			end(step.complete, step.changed)
			if got := state(); strings.ReplaceAll(got, " ", "") != strings.ReplaceAll(step.want, " ", "") {
				t.Errorf("step %d: %s, want %s", i, got, step.want)
			}
			later()
		}
		// An older run that ends late does not take the moment back.
		later()
		before := b.number(t, "SELECT complete_at FROM source")
		b.exec(t, "UPDATE ingest_run SET ended_at = ended_at - 7200000")
		end(true, 6)
		if now := b.number(t, "SELECT complete_at FROM source"); now != before {
			t.Errorf("the last complete poll moved from %d to %d", before, now)
		}
	})
}

func TestPruneTakesOldRunsAndCounts(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		v, err := b.Verify(t.Context(), 0)
		if err != nil {
			t.Fatal(err)
		}
		day := int64(24 * time.Hour / time.Millisecond)
		var old []string
		for i := range pruneEvents + 3 {
			old = append(old, fmt.Sprintf("('old%d', 'egen.beds', %d, 1, 1, 1, 1, '[]', 1, '')", i, int64(v.Now)-31*day-int64(i)))
		}
		for id, days := range map[string]int64{"a": 0, "b": 29} {
			run := model.Run{ID: id, Source: "egen.beds", StartedAt: v.Now - feed.Time(days*day), IntervalMS: 1, Complete: true}
			if err := b.EndRun(t.Context(), run); err != nil {
				t.Fatal(err)
			}
		}
		b.exec(t, "INSERT INTO ingest_run (id, source, started_at, ended_at, interval_ms, seen, changed, rejected, complete, error) VALUES "+strings.Join(old, ", "))
		for _, days := range []int64{0, 29, 32, 400} {
			if _, _, err := b.CountCall(t.Context(), "egen.beds", 9, (v.Now - feed.Time(days*day)).Std().Format(time.DateOnly)); err != nil {
				t.Fatal(err)
			}
		}
		b.prune(t, 0)
		if n := b.number(t, "SELECT COUNT(*) FROM ingest_run"); n != 2 {
			t.Errorf("%d runs stay", n)
		}
		if n := b.number(t, "SELECT COUNT(*) FROM quota"); n != 2 {
			t.Errorf("%d counts stay", n)
		}
	})
}
