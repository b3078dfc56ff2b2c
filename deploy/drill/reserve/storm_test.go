package reserve

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"weer/deploy/drill"
	"weer/deploy/lab"
)

var (
	commands = flag.Int("commands", 3000, "how many commands a storm has")
	kills    = flag.Int("kills", 3, "how often something is killed meanwhile")
	seed     = flag.Uint64("seed", 0, "of what everybody does; 0 draws one")
)

func TestMain(m *testing.M) {
	flag.Parse()
	code := lab.Main(m)
	if err := goleak.Find(); code == 0 && err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// Crews and consoles want the same few beds while nodes, the database and Redis
// are killed; there is an order of all that they did in which the rules hold,
// and it is the database's.
func TestYes(t *testing.T) {
	plan := Plan{Commands: *commands, Kills: *kills, Seed: *seed}
	if plan.Seed == 0 {
		plan.Seed = rand.Uint64()
	}
	t.Logf("-commands %d -kills %d -seed %d", plan.Commands, plan.Kills, plan.Seed)
	s := Begin(t, plan)
	s.Rage()
	s.Calm()
	s.Report()
	for _, odd := range s.stats.odds {
		t.Error(odd)
	}
	trial := s.trial()
	acquit(t, trial.judge(t, true))
	for _, p := range planted {
		convict(t, p, trial)
	}
}

// A trial is what the judges go by.
type trial struct {
	ops     []*Op
	witness *Witness
	suspect string // the hospital of whose beds a plant lies
}

func (s *Storm) trial() trial {
	s.tb.Helper()
	w, err := Summon(s.tb.Context(), drill.Open(s.tb, s.url), region)
	if err != nil {
		s.tb.Fatal(err)
	}
	ops := s.history.Ops()
	if err := w.Name(ops); err != nil {
		s.tb.Fatal(err)
	}
	return trial{ops: ops, witness: w}
}

// judge asks all judges, and logs how long each thinks.
func (tr trial) judge(t *testing.T, log bool) (faults []string) {
	t.Helper()
	for _, one := range []struct {
		name  string
		judge func() []string
	}{
		{"cases by themselves", func() []string { return linearCases(tr.ops) }},
		{"beds by themselves", func() []string { return linearWards(tr.ops, hospitals) }},
		{"all of it in the database's order", func() []string { return Verdict(tr.ops, tr.witness, hospitals) }},
	} {
		began := time.Now()
		found := one.judge()
		if log {
			t.Logf("%s: %d ops, %d faults, after %s", one.name, len(tr.ops), len(found), time.Since(began).Round(time.Millisecond))
		}
		faults = append(faults, found...)
	}
	return faults
}

func acquit(t *testing.T, faults []string) {
	t.Helper()
	for _, f := range faults[:min(20, len(faults))] {
		t.Error(f)
	}
	if len(faults) > 0 {
		t.Fatalf("%d contradictions", len(faults))
	}
}
