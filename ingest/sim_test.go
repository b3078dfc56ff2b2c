package ingest_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"weer/ingest/egen"
	"weer/ingest/sim"
)

// direct carries requests to a handler without a socket.
type direct struct{ http.Handler }

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	return w.Result(), nil
}

// The poller, the client and the simulator together: what is set by hand comes
// with the next poll, and every fault of the gateway ends in its own row.
func TestAgainstTheSimulator(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := sim.New(sim.Options{Seed: 1})
		client, err := egen.New(egen.Options{URL: "http://127.0.0.1", Key: sim.DefaultKey, Transport: direct{s.Handler()}})
		if err != nil {
			t.Fatal(err)
		}
		n := newNode("a", &leaseTable{})
		n.beds = client.Beds
		p, stop := n.run(t, every)
		defer stop()
		pass(time.Second)
		if err := s.Set("A1100001", map[string]int{"er.general": 1}); err != nil {
			t.Fatal(err)
		}
		pass(every)
		last := n.began[len(n.began)-1]
		if !last.Complete || len(last.Rows) != 417 || last.Rows[0].Readings["er.general"].Value != 1 {
			t.Errorf("%d observations, complete %v", len(last.Rows), last.Complete)
		}
		for _, mode := range []string{sim.FaultError502, sim.FaultHTML, sim.FaultTruncated, sim.FaultHalf, sim.FaultEmpty, sim.FaultSlow} {
			if err := s.Fault(sim.Fault{Mode: mode, Count: 1, DelayMS: 1}); err != nil {
				t.Fatal(err)
			}
			pass(4 * every) // the fault, and the way out of it with any jitter
		}
		stats := bedStats(p)
		if stats.Failures["transient"] != 3 || stats.Failures["incomplete"] != 2 || stats.Waiting != "" || stats.Rows != 417 {
			t.Errorf("%+v", stats)
		}
		var errors []string
		for _, row := range n.rows() {
			errors = append(errors, row.Error)
		}
		for _, want := range []string{"HTTP 502 without a usable answer (cut, or no XML of this service)", "the answer was not complete"} {
			if !slices.Contains(errors, want) {
				t.Errorf("no row says %q: %q", want, slices.Compact(errors))
			}
		}
		if uint64(len(n.rows())) != stats.Polls {
			t.Errorf("%d rows for %d polls", len(n.rows()), stats.Polls)
		}
	})
}
