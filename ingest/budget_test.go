package ingest_test

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"weer/ingest"
	"weer/ingest/egen"
	"weer/model"
)

// counters are the database's: they outlive nodes.
type counters struct {
	mu     sync.Mutex
	calls  map[string]int
	broken bool
}

func newCounters() *counters { return &counters{calls: map[string]int{}} }

func (c *counters) CountCall(_ context.Context, operation string, limit int, day string) (int, bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := operation + " " + day
	switch {
	case c.broken:
		return 0, false, errDatabase
	case c.calls[key] >= limit:
		return c.calls[key], false, nil
	}
	c.calls[key]++
	return c.calls[key], true, nil
}

func (c *counters) set(operation string, day time.Time, calls int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls[operation+" "+day.In(korea).Format(time.DateOnly)] = calls
}

var korea = time.FixedZone("", 9*60*60)

// A gateway counts what really arrives, by day in Korea.
type gateway struct {
	mu       sync.Mutex
	arrived  map[string]int
	response func(*http.Request) (*http.Response, error)
}

func newGateway() *gateway { return &gateway{arrived: map[string]int{}} }

func (g *gateway) RoundTrip(r *http.Request) (*http.Response, error) {
	g.mu.Lock()
	g.arrived[time.Now().In(korea).Format(time.DateOnly)]++
	g.mu.Unlock()
	if g.response != nil {
		return g.response(r)
	}
	return says(http.StatusOK, "")
}

func says(status int, body string) (*http.Response, error) {
	return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader(body))}, nil
}

func (g *gateway) days() map[string]int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.arrived
}

// rationed is a node whose beds go through a budget.
func rationed(table *leaseTable, c *counters, g *gateway, limit int) *node {
	n := newNode("a", table)
	n.budget = ingest.NewBudget(ingest.BudgetOptions{Counter: c, Limit: limit, Transport: g, Clock: n.clock})
	for _, source := range []string{model.SourceAcceptance, model.SourceAnnouncements, model.SourceInstitutions} {
		c.set(source, time.Now(), limit)
		for day := range 10 {
			c.set(source, time.Now().AddDate(0, 0, day), limit) // only the beds reach the gateway
		}
	}
	return n
}

func TestAThinBudgetIsSpreadOverTheDay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGateway()
		n := rationed(&leaseTable{}, newCounters(), g, 40)
		pass(untilMidnight - 4*time.Hour)
		p, stop := n.run(t, 90*time.Second)
		pass(4*time.Hour + 6*time.Hour)
		stats := bedStats(p)
		stop()
		if today, tomorrow := g.days()["2000-01-01"], g.days()["2000-01-02"]; today < 39 || today > 40 || tomorrow < 10 || tomorrow > 12 {
			t.Errorf("%v", g.days())
		}
		calls := n.called()
		if g := gaps(calls[:39]); slices.Max(g) > 7*time.Minute || slices.Min(g) < 6*time.Minute {
			t.Errorf("from %s to %s", slices.Min(g), slices.Max(g))
		}
		if stats.Interval != 90*time.Second || stats.Pace < 35*time.Minute || n.rows()[40].IntervalMS != 90_000 {
			t.Errorf("%+v, run %+v", stats, n.rows()[40])
		}
		if !slices.Contains(n.standing(), "quota/egen.beds") || n.alert("quota/egen.beds").Severity != model.Warning {
			t.Errorf("%v", n.all())
		}
	})
}

func TestABudgetThatLastsChangesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGateway()
		n := rationed(&leaseTable{}, newCounters(), g, ingest.DefaultQuota)
		pass(untilMidnight - 3*time.Hour)
		p, stop := n.run(t, 90*time.Second)
		pass(6 * time.Hour)
		stop()
		if d := gaps(n.called()); slices.Min(d) != 90*time.Second || slices.Max(d) != 90*time.Second {
			t.Errorf("from %s to %s", slices.Min(d), slices.Max(d))
		}
		if s := bedStats(p); s.Budget != 1000 || s.Calls == 0 || s.Calls > 960 || s.Pace != s.Interval {
			t.Errorf("%+v", s)
		}
	})
}

// The day's calls were made before this node started: it makes none until
// midnight, says so once, and goes on then.
func TestARestartForgetsNoCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, c := newGateway(), newCounters()
		n := rationed(&leaseTable{}, c, g, 10_000)
		c.set(model.SourceBeds, time.Now(), 10_000)
		pass(untilMidnight - 2*time.Hour)
		for range 5 {
			_, stop := n.run(t, 90*time.Second)
			pass(12 * time.Minute)
			stop()
		}
		if len(g.days()) != 0 || len(n.rows()) != 5 || n.rows()[4].Error != "the day's budget of calls is used up" {
			t.Fatalf("%v %+v", g.days(), n.rows())
		}
		p, stop := n.run(t, 90*time.Second)
		pass(time.Hour)
		stands, stats := n.standing(), bedStats(p)
		if !slices.Contains(stands, "quota/egen.beds") || n.alert("quota/egen.beds").Severity != model.Critical || stats.Failures["budget"] != 1 || !strings.Contains(stats.Waiting, "used up") {
			t.Errorf("%v %+v", stands, stats)
		}
		pass(11 * time.Second) // midnight in Korea, and a little
		if g.days()["2000-01-02"] != 1 {
			t.Errorf("%v", g.days())
		}
		pass(time.Minute)
		if slices.Contains(n.standing(), "quota/egen.beds") {
			t.Error("the alert stands")
		}
		stop()
		if w := n.written(); len(n.about("quota/egen.beds")) != 2 {
			t.Errorf("%v", w)
		}
	})
}

func TestPagesCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGateway()
		n := rationed(&leaseTable{}, newCounters(), g, 240)
		n.pages = 4
		pass(untilMidnight - 3*time.Hour)
		p, stop := n.run(t, 90*time.Second)
		pass(10 * time.Minute)
		if s := bedStats(p); s.Calls != 4*int(s.Polls) || s.Pace < 170*time.Second || s.Pace > 190*time.Second {
			t.Errorf("%+v", s)
		}
		pass(3*time.Hour - 10*time.Minute - time.Second)
		stop()
		if calls := g.days()["2000-01-01"]; calls > 240 || calls < 230 {
			t.Errorf("%d calls", calls)
		}
	})
}

// Failures are asked again soon, but not sooner than the budget allows.
func TestFailuresDoNotEatTheBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGateway()
		n := rationed(&leaseTable{}, newCounters(), g, 100)
		n.fails(egen.Transient)
		pass(untilMidnight - 3*time.Hour)
		_, stop := n.run(t, 10*time.Second)
		pass(3*time.Hour - time.Second)
		stop()
		calls := n.called()
		if last := calls[len(calls)-1]; g.days()["2000-01-01"] > 100 || time.Since(last) > 10*time.Minute {
			t.Errorf("%v, the last one %s ago", g.days(), time.Since(last))
		}
	})
}

func TestACallThatIsNotCountedIsNotMade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, c := newGateway(), newCounters()
		n := rationed(&leaseTable{}, c, g, 1000)
		c.broken = true
		p, stop := n.run(t, every)
		pass(time.Minute)
		stop()
		if s := bedStats(p); len(g.days()) != 0 || s.Failures["store"] == 0 || strings.Contains(n.rows()[0].Error, "secret") {
			t.Errorf("%v %+v %+v", g.days(), s, n.rows()[0])
		}
	})
}

func TestACallOfNobodyKnowsWhatIsRefused(t *testing.T) {
	g := newGateway()
	b := ingest.NewBudget(ingest.BudgetOptions{Counter: newCounters(), Limit: 1, Transport: g})
	body := &closed{Reader: strings.NewReader("x")}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://127.0.0.1/", body)
	if err != nil {
		t.Fatal(err)
	}
	if res, err := b.RoundTrip(req); err == nil || res != nil || len(g.days()) != 0 || !body.done {
		t.Errorf("%v %v", err, g.days())
	}
}

type closed struct {
	io.Reader
	done bool
}

func (c *closed) Close() error { c.done = true; return nil }

// The real client hands on why a call was not made.
func TestTheClientTellsASpentBudgetFromAFailure(t *testing.T) {
	b := ingest.NewBudget(ingest.BudgetOptions{Counter: newCounters(), Limit: 1, Transport: newGateway()})
	client, err := egen.New(egen.Options{URL: "http://127.0.0.1", Key: "k", Transport: b})
	if err != nil {
		t.Fatal(err)
	}
	ctx := ingest.Counted(t.Context(), ingest.OperationInstitution)
	_, first := client.Institution(ctx, "A1100001")
	_, second := client.Institution(ctx, "A1100001")
	var e *egen.Error
	if !errors.As(ingest.Explain(first), &e) || !strings.Contains(ingest.Explain(second).Error(), "the day's budget of calls is used up") {
		t.Errorf("%v, then %v", first, second)
	}
}

// Whatever happens, no day in Korea has more calls than the limit, and the next
// day begins with a poll.
func TestNoDayHasMoreCallsThanTheLimit(t *testing.T) {
	for seed := range uint64(6) {
		synctest.Test(t, func(t *testing.T) {
			dice, luck := rand.New(rand.NewPCG(seed, 1)), rand.New(rand.NewPCG(seed, 2))
			limit, interval := 1+dice.IntN(200), time.Duration(5+dice.IntN(900))*time.Second
			pass(untilMidnight - 5*time.Hour)
			g := newGateway()
			n := rationed(&leaseTable{}, newCounters(), g, limit)
			n.pages = 1 + dice.IntN(3)
			n.answers(model.SourceBeds, func(context.Context) (bool, error) {
				if luck.IntN(4) == 0 {
					return false, &egen.Error{Kind: egen.Transient}
				}
				return luck.IntN(5) > 0, nil
			})
			for range 4 {
				_, stop := n.run(t, interval)
				pass(time.Duration(dice.IntN(90)) * time.Minute)
				stop()
			}
			_, stop := n.run(t, interval)
			now := time.Now().In(korea)
			pass(time.Date(now.Year(), now.Month(), now.Day()+1, 0, 0, 11, 0, korea).Sub(now))
			pass(16 * time.Minute)
			stop()
			for day, calls := range g.days() {
				if calls > limit {
					t.Errorf("seed %d: %d calls on %s, %d allowed", seed, calls, day, limit)
				}
			}
			if g.days()[time.Now().In(korea).Format(time.DateOnly)] == 0 && n.pages <= limit {
				t.Errorf("seed %d: %d pages every %s, %d allowed, none today: %v", seed, n.pages, interval, limit, g.days())
			}
		})
	}
}

func TestTheJudgeOfDaysSeesACounterThatForgets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGateway()
		for range 3 {
			n := rationed(&leaseTable{}, newCounters(), g, 1) // a new counter each time: the planted fault
			_, stop := n.run(t, every)
			pass(time.Minute)
			stop()
		}
		if g.days()["2000-01-01"] <= 1 {
			t.Errorf("%v", g.days())
		}
	})
}
