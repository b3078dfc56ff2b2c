package bench

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"weer/api/client"
	"weer/deploy/drill"
	"weer/deploy/lab"
	"weer/ingest/sim"
	"weer/model"
	"weer/model/feed"
)

func TestMain(m *testing.M) { os.Exit(lab.Main(m)) }

const (
	displays  = 1000
	changed   = 0.05 // of the nation's values, with each answer
	pollEvery = 2 * time.Second
)

// BenchmarkPollToDisplay measures from the last byte of an answer of the source
// to the frame at each display; an operation is one poll.
func BenchmarkPollToDisplay(b *testing.B) {
	b.Run("SQLite", func(b *testing.B) { pollToDisplay(b, "sqlite:"+filepath.Join(b.TempDir(), "weer.db")) })
	b.Run("MariaDB", func(b *testing.B) { pollToDisplay(b, lab.MariaDB(b)) })
}

func pollToDisplay(b *testing.B, database string) {
	source := startSource(b, "")
	node := serve(b, database, source.URL)
	db := drill.Open(b, database)
	known(b, db, sources)
	source.answered(b, 2) // of the next, not the one that made the regions
	all := follow(b, node, asHospitalsAre(source.nation, displays))

	var took []time.Duration
	for b.Loop() {
		before := cursors(all)
		at := source.answered(b, 1)
		caughtUp(b, db, all, at)
		for i, d := range all {
			if s := d.seen.Load(); s.seq > before[i] {
				took = append(took, s.at.Sub(at))
			}
		}
	}
	slices.Sort(took)
	report := func(share float64, unit string) {
		b.ReportMetric(float64(took[int(share*float64(len(took)-1))].Microseconds())/1000, unit)
	}
	report(.5, "p50-ms")
	report(.99, "p99-ms")
	report(1, "max-ms")
	b.ReportMetric(float64(len(took))/float64(b.N), "frames/op")
	b.ReportMetric(0, "ns/op") // the time between two polls
}

// serve starts a node that asks for beds again and again, and for everything
// else once.
func serve(b *testing.B, database, source string) *lab.Node {
	env := lab.Settings(b, database, source, pollEvery)
	for _, other := range []string{"ACCEPTANCE", "MESSAGES", "LIST"} {
		env = append(env, "WEER_EGEN_"+other+"_INTERVAL=1h")
	}
	return lab.Serve(b, "node", env)
}

// sources are all that a node polls.
const sources = 4

// known waits until answers for so many sources are written.
func known(b *testing.B, db *sql.DB, filled int) {
	b.Helper()
	lab.Until(b, "the nation is known", time.Minute, func() error {
		var n int
		err := db.QueryRowContext(b.Context(), "SELECT COUNT(*) FROM source WHERE complete_at > 0").Scan(&n)
		if err == nil && n < filled {
			err = fmt.Errorf("%d of %d sources", n, filled)
		}
		return err
	})
}

// A source is a simulator in this process that says when it has answered.
type source struct {
	*httptest.Server
	nation *sim.Sim
	last   atomic.Pointer[answer]
}

// bedsOperation is the one that is measured.
const bedsOperation = "getEmrrmRltmUsefulSckbdInfoInqire"

// An answer is one of that operation.
type answer struct {
	number int
	at     time.Time // when its last byte was written
}

// startSource answers the operations whose path ends so, "" all of them.
func startSource(b *testing.B, operations string) *source {
	s := &source{nation: sim.New(sim.Options{Seed: 1, ChurnPerPoll: changed})}
	s.last.Store(&answer{})
	service := s.nation.Handler()
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, operations) {
			http.Error(w, "not today", http.StatusServiceUnavailable)
			return
		}
		service.ServeHTTP(w, r)
		if path.Base(r.URL.Path) == bedsOperation {
			s.last.Store(&answer{s.last.Load().number + 1, time.Now()}) // polls do not overlap
		}
	}))
	b.Cleanup(s.Close)
	return s
}

// answered waits for so many more answers and returns when the last one was given.
func (s *source) answered(b *testing.B, more int) time.Time {
	b.Helper()
	want := s.last.Load().number + more
	lab.Until(b, "the node polls", time.Minute, func() error {
		if n := s.last.Load().number; n < want {
			return fmt.Errorf("%d of %d", n, want)
		}
		return nil
	})
	return s.last.Load().at
}

// asHospitalsAre spreads feeds over the regions as the hospitals are.
func asHospitalsAre(nation *sim.Sim, n int) (feeds []string) {
	ids := nation.Hospitals()
	for i := range n {
		region, _ := model.RegionOfHospital(ids[i*len(ids)/n])
		feeds = append(feeds, feed.RegionFeed(region))
	}
	return feeds
}

func cursors(all []*display) []uint64 {
	seqs := make([]uint64, len(all))
	for i, d := range all {
		seqs[i] = d.seen.Load().seq
	}
	return seqs
}

// caughtUp waits until the answer of a moment is written and every display is
// where its feed is.
func caughtUp(b *testing.B, db *sql.DB, all []*display, at time.Time) {
	b.Helper()
	lab.Until(b, "every display has caught up", time.Minute, func() error {
		heads, err := heads(b.Context(), db, at)
		if err != nil {
			return err
		}
		for i, d := range all {
			if seq := d.seen.Load().seq; seq != heads[d.feed] {
				return fmt.Errorf("display %d is at %d of %d", i, seq, heads[d.feed])
			}
		}
		return nil
	})
}

// heads reads where the feeds are, once the poll answered at a moment is done.
func heads(ctx context.Context, db *sql.DB, at time.Time) (map[string]uint64, error) {
	var runs int
	err := db.QueryRowContext(ctx, "SELECT COUNT(*) FROM ingest_run WHERE complete AND source = 'egen.beds' AND ended_at >= ?", at.UnixMilli()).Scan(&runs)
	if err != nil || runs == 0 {
		return nil, cmp.Or(err, fmt.Errorf("the poll goes on"))
	}
	rows, err := db.QueryContext(ctx, "SELECT name, seq FROM feed")
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // rows.Err says it
	heads := map[string]uint64{}
	for rows.Next() {
		var name string
		var seq uint64
		if err := rows.Scan(&name, &seq); err != nil {
			return nil, err
		}
		heads[name] = seq
	}
	return heads, rows.Err()
}

// snapshotLimit is what the beds of the largest region may weigh on the wire.
const snapshotLimit = 20 << 10

// BenchmarkSnapshotSize weighs the state of the region with the most hospitals
// as it comes to a display that takes compressed frames: of a nation that says
// nothing but its beds, which has a limit, and of one that says everything.
func BenchmarkSnapshotSize(b *testing.B) {
	b.Run("Beds", func(b *testing.B) {
		if wire := snapshotSize(b, "/"+bedsOperation, 1); wire > snapshotLimit {
			b.Errorf("the beds of the largest region weigh %d bytes on the wire, more than %d", wire, snapshotLimit)
		}
	})
	b.Run("Everything", func(b *testing.B) { snapshotSize(b, "", sources) })
}

// snapshotSize polls the operations whose path ends so, which fill so many sources.
func snapshotSize(b *testing.B, operations string, filled int) (wire int) {
	source := startSource(b, operations)
	database := "sqlite:" + filepath.Join(b.TempDir(), "weer.db")
	node := serve(b, database, source.URL)
	known(b, drill.Open(b, database), filled)
	name, hospitals := largest(source.nation)
	token, err := client.DemoToken(node.URL())(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	var plain int
	for b.Loop() {
		wire, plain = weigh(b, node.Addr, token, name)
	}
	b.ReportMetric(float64(wire), "wire-B")
	b.ReportMetric(float64(plain), "plain-B")
	b.ReportMetric(float64(hospitals), "hospitals")
	return wire
}

func largest(nation *sim.Sim) (name string, hospitals int) {
	count := map[string]int{}
	for _, id := range nation.Hospitals() {
		region, _ := model.RegionOfHospital(id)
		f := feed.RegionFeed(region)
		if count[f]++; count[f] > hospitals {
			name, hospitals = f, count[f]
		}
	}
	return name, hospitals
}

func weigh(b *testing.B, addr, token, name string) (wire, plain int) {
	b.Helper()
	s, err := subscribe(b.Context(), addr, token, name, "permessage-deflate; server_no_context_takeover; client_no_context_takeover")
	if err != nil {
		b.Fatal(err)
	}
	defer s.conn.Close() //nolint:errcheck // only read from
	for {
		m, err := s.next()
		if err != nil {
			b.Fatal(err)
		}
		text, err := m.text()
		if err != nil {
			b.Fatal(err)
		}
		if f, err := feed.DecodeServer(text); err != nil {
			b.Fatal(err)
		} else if _, ok := f.(*feed.Reset); ok {
			return m.wire, len(text)
		}
	}
}
