package lab

import (
	"encoding/json"
	"maps"
	"testing"
)

// A Simulator is a `weer sim egen` of its own process: a source that outlives
// the nodes which poll it.
type Simulator struct {
	*Program
	Addr string // host:port, loopback
}

// Simulate starts a simulator and waits until it answers.
func Simulate(tb testing.TB, args ...string) *Simulator {
	tb.Helper()
	addr := Addr(tb)
	s := &Simulator{Run(tb, "simulator", nil, append([]string{"sim", "egen", "--addr", addr}, args...)...), addr}
	Until(tb, "the simulator answers", readyPatience, func() error {
		s.running()
		_, err := Get(tb.Context(), s.URL()+"/state")
		return err
	})
	return s
}

// URL is what WEER_EGEN_URL takes.
func (s *Simulator) URL() string { return "http://" + s.Addr }

// Pause stops all motion, or lets it go on.
func (s *Simulator) Pause(paused bool) { s.control("/pause", map[string]any{"paused": paused}) }

// Churn makes each poll move a fraction of all values, and nothing else move.
func (s *Simulator) Churn(fraction float64) {
	s.control("/churn", map[string]any{"fraction": fraction})
}

// Drop leaves a hospital out of all answers from now on.
func (s *Simulator) Drop(hospital string) {
	s.control("/fault", map[string]any{"mode": "drop_hospital", "hospital": hospital})
}

// Set changes something of a hospital by hand, as POST /set takes it: items,
// acceptance, a message, the list.
func (s *Simulator) Set(hospital string, change map[string]any) {
	s.tb.Helper()
	order := map[string]any{"hospital": hospital}
	maps.Copy(order, change)
	s.control("/set", order)
}

func (s *Simulator) control(path string, order map[string]any) {
	s.tb.Helper()
	body, err := json.Marshal(order)
	if err == nil {
		_, err = Post(s.tb.Context(), s.URL()+path, string(body))
	}
	if err != nil {
		s.tb.Fatal(err)
	}
}
