package reserve

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"weer/model"
)

// A Plan says how a storm goes.
type Plan struct {
	Commands int    // at least so many
	Kills    int    // of a node, the database, a node, Redis, over and over
	Seed     uint64 // of what everybody does and of who is killed; not of the order in which it happens
}

// A Storm is a site full of people who want the same few beds.
type Storm struct {
	*site
	plan     Plan
	rand     *rand.Rand
	history  *History
	stats    *stats
	crews    []*crew
	consoles []*console
	systems  []*system
	took     time.Duration
}

// Begin builds the site, and lets every hospital say how many beds it has.
func Begin(tb testing.TB, p Plan) *Storm {
	tb.Helper()
	s := &Storm{site: build(tb), plan: p, rand: rand.New(rand.NewPCG(p.Seed, 0)), history: new(History), stats: newStats()}
	for i, unit := range s.units {
		s.crews = append(s.crews, &crew{s.caller(model.Principal{Subject: fmt.Sprintf("crew %d", i+1), Role: model.RoleCrew, Unit: unit}), map[string]uint64{}, s.enough})
	}
	for _, h := range hospitals {
		for i := range consolesOfHospital {
			s.consoles = append(s.consoles, &console{caller: s.caller(model.Principal{Subject: fmt.Sprintf("console %s %d", h, i+1), Role: model.RoleHospital, Hospital: h})})
		}
		s.systems = append(s.systems, &system{s.caller(model.Principal{Subject: "system " + h, Role: model.RoleHospital, Hospital: h}), h, 0})
	}
	s.count(bedsThere)
	return s
}

func (s *Storm) caller(p model.Principal) caller {
	c := s.person(p)
	c.rand, c.history, c.stats = rand.New(rand.NewPCG(s.rand.Uint64(), 0)), s.history, s.stats
	return c
}

// count has every hospital count its beds until it is heard.
func (s *Storm) count(beds int) {
	s.tb.Helper()
	for _, sys := range s.systems {
		for sys.observe(s.tb.Context(), beds).Outcome == Unknown {
		}
	}
}

// Rage lets everybody do what they do until there were enough commands, kills
// what the plan says meanwhile, and returns when everybody is done.
func (s *Storm) Rage() {
	s.tb.Helper()
	began := time.Now()
	ctx, stop := context.WithCancel(s.tb.Context())
	defer stop()
	var all sync.WaitGroup
	for _, c := range s.crews {
		all.Go(func() { s.until(ctx, func() { c.oneCase(ctx) }) })
	}
	for _, c := range s.consoles {
		all.Go(func() { s.until(ctx, func() { c.turn(ctx) }) })
	}
	for _, sys := range s.systems {
		all.Go(func() { s.until(ctx, func() { sys.turn(ctx) }) })
	}
	for kill := range s.plan.Kills {
		s.reach(s.plan.Commands * (kill + 1) / (s.plan.Kills + 1))
		s.strike(kill)
	}
	all.Wait()
	s.took = time.Since(began)
}

// until does something again until there were enough commands.
func (s *Storm) until(ctx context.Context, turn func()) {
	for ctx.Err() == nil && !s.enough() {
		turn()
	}
}

func (s *Storm) enough() bool { return s.stats.done() >= s.plan.Commands }

// turn counts beds: mostly as many as there are, sometimes none, sometimes too
// few for those who are coming.
func (s *system) turn(ctx context.Context) {
	s.observe(ctx, []int{bedsThere, bedsThere, bedsThere + 2, bedsThere - 1, 0, -1}[s.rand.IntN(6)])
	s.pause(ctx, 400*time.Millisecond)
}

// reach waits until there were so many commands.
func (s *Storm) reach(commands int) {
	s.tb.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	quiet, last := time.Now(), 0
	for done := s.stats.done(); done < commands; done = s.stats.done() {
		if done > last {
			quiet, last = time.Now(), done
		}
		if time.Since(quiet) > patience {
			s.tb.Fatalf("nothing was answered for %s, after %d commands", patience, done)
		}
		<-tick.C
	}
}

// strike kills something and starts it again.
func (s *Storm) strike(kill int) {
	s.tb.Helper()
	began := time.Now()
	n := s.nodes[s.rand.IntN(len(s.nodes))]
	victim := n.Name
	switch kill % 4 {
	case 1:
		victim = "the database"
		s.database.Kill()
		if err := s.database.Start(); err != nil {
			s.tb.Fatal(err)
		}
	case 3:
		victim = "Redis"
		s.redis.Kill()
		s.redis.Start()
	default:
		n.Kill()
		n.Start()
		n.Ready()
	}
	s.tb.Logf("kill %d after %d commands: %s, back after %s", kill+1, s.stats.done(), victim, time.Since(began).Round(time.Millisecond))
}

// Calm ends all cases that still go on, and has every hospital count its beds
// once more: from then on nothing is held anywhere.
func (s *Storm) Calm() {
	s.tb.Helper()
	for _, c := range s.crews {
		for {
			if left, ok := c.tidy(s.tb.Context()); ok && left == 0 {
				break
			}
			if s.tb.Context().Err() != nil {
				s.tb.Fatal("the cases do not end")
			}
		}
	}
	s.count(bedsThere)
}

// Report logs the numbers of the storm.
func (s *Storm) Report() {
	st := s.stats
	s.tb.Logf("%d commands in %s: %.0f a second; %d carried out, %d replayed, %d refused, %d of unknown outcome, %d retries",
		st.commands, s.took.Round(time.Millisecond), float64(st.commands)/s.took.Seconds(),
		st.outcomes(Done), st.outcomes(Replayed), st.outcomes(Refused), st.outcomes(Unknown), st.retries)
	for _, kind := range []Kind{Ask, Approve} {
		s.tb.Logf("%s: half within %s, 99 %% within %s", kind, st.quantile(kind, 0.5), st.quantile(kind, 0.99))
	}
	s.tb.Logf("by kind: %v", st.kinds)
	s.tb.Logf("refused: %v", st.refusals)
}
