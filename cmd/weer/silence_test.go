package main

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"weer/ingest/sim"
	"weer/model/feed"
)

// Nothing moved: one row a run, and no event in any feed.
func TestNothingMovedIsOneRowAndNoEvent(t *testing.T) {
	t.Parallel() // it waits for most of its time
	file := filepath.Join(t.TempDir(), "weer.db")
	r := begin(t, append([]string{"--database-url", "sqlite:" + file}, quick...)...)
	r.sim.Pause(true)
	r.completed(file, 3) // two take away what left just before
	const heads = "SELECT name || ' ' || seq FROM feed ORDER BY name"
	before, last := rows(t, file, heads), rows(t, file, "SELECT MAX(id) FROM ingest_run")[0]
	r.completed(file, 2)
	if after := rows(t, file, heads); !slices.Equal(before, after) {
		t.Errorf("feeds moved from %q to %q", before, after)
	}
	r.end()
	if len(before) < 17 {
		t.Errorf("only %q had anything to move", before)
	}
	if moved := rows(t, file, "SELECT source || ' changed ' || changed || ' ' || error FROM ingest_run WHERE id > ? AND (changed > 0 OR NOT complete) AND error NOT LIKE 'cut%'", last); len(moved) > 0 {
		t.Errorf("runs: %q", moved)
	}
	for _, o := range r.poller.Stats().Operations {
		if n := rows(t, file, "SELECT COUNT(*) FROM ingest_run WHERE source = ?", o.Source); n[0] != fmt.Sprint(o.Polls) {
			t.Errorf("%d polls of %s left %s rows", o.Polls, o.Source, n[0])
		}
	}
}

// completed waits for complete polls of each source that begin from now on.
func (r *running) completed(file string, n int) {
	r.t.Helper()
	last := rows(r.t, file, "SELECT COALESCE(MAX(started_at), 0) FROM ingest_run")[0]
	for source := range polled {
		r.until(func() error {
			got := rows(r.t, file, "SELECT id FROM ingest_run WHERE complete AND source = ? AND started_at > ?", source, last)
			if len(got) < n {
				return fmt.Errorf("%d of %d runs of %s", len(got), n, source)
			}
			return nil
		})
	}
}

// A poller that hangs, or is not there at all: within two intervals every
// display knows it, while its link is live.
func TestADeadPollerIsOnEveryDisplay(t *testing.T) {
	t.Parallel() // it waits for most of its time
	file := filepath.Join(t.TempDir(), "weer.db")
	// Long enough for a beat to tell that nothing is wrong, before there is.
	slow := []string{"--egen-interval", "4s", "--egen-acceptance-interval", "4s", "--egen-messages-interval", "4s", "--egen-list-interval", "4s"}
	feeds := []string{"region:11", "region:26", "region:36", "region:50"}
	first := begin(t, append([]string{"--database-url", "sqlite:" + file}, slow...)...)
	w := first.wall(file, nil, feeds...)
	w.live(first)
	first.until(w.fresh)
	if err := first.sim.Scenario(sim.FaultSlow); err != nil {
		t.Fatal(err)
	}
	w.dies(first)
	w.off()
	first.end()

	second := begin(t, append([]string{"--database-url", "sqlite:" + file, "--roles", "api,hub"}, slow...)...)
	w = second.wall(file, nil, feeds...)
	w.live(second)
	w.dies(second)
	w.off()
	second.end()
}

// fresh says that no source is late on any display.
func (w *wall) fresh() error {
	for source := range polled {
		for name, d := range w.displays {
			v := d.View()
			if s, ok := v.Sources[source]; !ok || s.Late(v.Server) {
				return fmt.Errorf("%s shows %s complete at %s", name, source, s.CompleteAt.Std())
			}
		}
	}
	return nil
}

// dies waits until every source is late everywhere. No display may take longer
// than two intervals after the last complete poll that it was told of, by the
// server's clock: from then on it must say so, whenever it is looked at.
func (w *wall) dies(r *running) {
	w.t.Helper()
	for source := range polled {
		r.until(func() error {
			for name, d := range w.displays {
				v := d.View()
				s := v.Sources[source]
				over := v.Server.After(s.CompleteAt.Std().Add(2 * 4 * time.Second))
				if s.IntervalMS != 4_000 || over != s.Late(v.Server) {
					w.t.Fatalf("%s: %s complete at %s every %d ms, late: %v, over: %v", name, source, s.CompleteAt.Std(), s.IntervalMS, s.Late(v.Server), over)
				}
				if v.Link != feed.Live {
					return fmt.Errorf("%s is %s", name, v.Link)
				}
			}
			return w.late(source)
		})
	}
}

// Who is on duty is in E-Gen's answers and nowhere else.
func TestPersonalFieldsAreNowhere(t *testing.T) {
	file := filepath.Join(t.TempDir(), "weer.db")
	var log, frames locked
	r := beginLogging(t, &log, append([]string{"--database-url", "sqlite:" + file, "--log-level", "debug"}, quick...)...)
	if err := r.sim.Scenario(sim.FaultPersonal); err != nil {
		t.Fatal(err)
	}
	if said := r.said("egen.beds"); !strings.Contains(said, sim.Personal) {
		t.Fatal("the simulator names nobody")
	}
	w := r.wall(file, frames.add, "region:11", "region:41", "admin")
	w.live(r)
	r.completed(file, 1)
	r.until(func() error { // until a display has something that came with the needle
		if _, ok := w.displays["region:11"].Get("A1100001/er"); !ok {
			return fmt.Errorf("no beds of A1100001")
		}
		return nil
	})
	_, metrics := r.do("GET", "/metrics", "")
	w.off()
	r.end()
	const known = "경희대학교병원"
	runs := strings.Join(rows(t, file, "SELECT rejected || error FROM ingest_run"), "\n")
	for place, found := range map[string]struct{ text, control string }{
		"the file": {content(t, file), known}, "the log": {log.String(), "this node polls E-Gen"},
		"the frames": {frames.String(), known}, "the metrics": {metrics, "weer_ingest_polls_total"}, "the runs": {runs, ""},
	} {
		if !strings.Contains(found.text, found.control) {
			t.Errorf("%s cannot be searched: no %q in %d bytes", place, found.control, len(found.text))
		}
		for _, needle := range []string{sim.Personal, "010-0000-0000", "hvdnm"} {
			if strings.Contains(found.text, needle) {
				t.Errorf("%s has %q", place, needle)
			}
		}
	}
}

// said is an answer of the node's own simulator.
func (r *running) said(source string) string {
	w := httptest.NewRecorder()
	ask := "/B552657/ErmctInfoInqireService/" + polled[source] + "?serviceKey=" + sim.DefaultKey + "&pageNo=1&numOfRows=1000"
	r.sim.Handler().ServeHTTP(w, httptest.NewRequestWithContext(r.t.Context(), http.MethodGet, ask, nil))
	return w.Body.String()
}

// content is a database's file and what lies beside it.
func content(t *testing.T, file string) string {
	t.Helper()
	files, err := filepath.Glob(file + "*")
	if err != nil {
		t.Fatal(err)
	}
	var all []byte
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, b...)
	}
	return string(all)
}

// locked collects what several goroutines write.
type locked struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (l *locked) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.Write(b)
}

func (l *locked) add(frame []byte) { _, _ = l.Write(frame) }

func (l *locked) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.String()
}

// beginLogging is begin with a log that can be read.
func beginLogging(t *testing.T, log io.Writer, args ...string) *running {
	t.Helper()
	return start(t, outlet{log, log}, slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}), args)
}
