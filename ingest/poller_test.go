package ingest_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"weer/ingest"
	"weer/ingest/egen"
	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
)

const every = 5 * time.Second

// untilMidnight in Korea: a bubble begins at midnight in Greenwich. To let it
// pass before a poller runs costs nothing.
const untilMidnight = 15 * time.Hour

func gaps(calls []time.Time) (list []time.Duration) {
	for i := 1; i < len(calls); i++ {
		list = append(list, calls[i].Sub(calls[i-1]))
	}
	return list
}

func bedStats(p *ingest.Poller) ingest.OperationStats { return p.Stats().Of(model.SourceBeds) }

func TestItPollsAtItsInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNode("a", &leaseTable{})
		n.offset = 300 * time.Millisecond
		n.beds = func(ctx context.Context) (egen.Answer[model.Observation], error) {
			return egen.Answer[model.Observation]{Rows: 2, Total: 2, Complete: true, Rejected: []string{"row 2: no hpid"}}, work(ctx, 2*time.Second)
		}
		start := time.Now()
		p, stop := n.run(t, every)
		pass(52 * time.Second)
		leading, stats := p.Stats(), bedStats(p)
		stop()
		calls := n.called()
		if len(calls) != 11 || slices.ContainsFunc(gaps(calls), func(d time.Duration) bool { return d != every }) {
			t.Errorf("polled at %v", gaps(calls))
		}
		first, row := n.began[0], n.rows()[0]
		if first.Source != model.SourceBeds || first.IntervalMS != 5000 || first.StartedAt != feed.At(start.Add(n.offset)) || !first.Complete || len(first.Rejected) != 1 {
			t.Errorf("%+v", first)
		}
		if !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-7`).MatchString(row.ID) || row.ID == n.rows()[1].ID {
			t.Errorf("run %q", row.ID)
		}
		if !leading.Leading || leading.Waiting != "" || stats.Waiting != "" || stats.Polls != 11 || len(stats.Failures) != 0 || !stats.LastComplete.Equal(start.Add(52*time.Second)) && !stats.LastComplete.Equal(start.Add(47*time.Second)) {
			t.Errorf("%+v", stats)
		}
	})
}

func TestASlowAnswerDelaysTheNextPollAndNothingOverlaps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNode("a", &leaseTable{})
		n.beds = func(ctx context.Context) (egen.Answer[model.Observation], error) {
			return egen.Answer[model.Observation]{Complete: true}, work(ctx, 7*time.Second)
		}
		_, stop := n.run(t, every)
		pass(30 * time.Second)
		stop()
		if g := gaps(n.called()); len(g) != 4 || g[0] != 7*time.Second || len(n.monitor.faults) != 0 {
			t.Errorf("%v %v", g, n.monitor.faults)
		}
	})
}

func TestBackOffGrowsHasABoundAndEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNode("a", &leaseTable{})
		n.fails(egen.Transient)
		p, stop := n.run(t, 90*time.Second)
		defer stop()
		pass(40 * time.Minute)
		g := gaps(n.called())
		for i, want := range []time.Duration{5, 10, 20, 40, 80, 160, 300, 300} {
			if want *= time.Second; g[i] < want*3/4 || g[i] > want*5/4+time.Second {
				t.Errorf("wait %d was %v, want about %v", i, g[i], want)
			}
		}
		if !slices.ContainsFunc(g, func(d time.Duration) bool { return d%time.Second != 0 }) {
			t.Error("no jitter")
		}
		failed := len(n.called())
		if s := bedStats(p); s.Failures["transient"] != uint64(failed) || !s.LastComplete.IsZero() || !strings.Contains(s.Waiting, "transient") {
			t.Errorf("%+v", s)
		}
		n.recovers(model.SourceBeds)
		pass(time.Hour)
		after := gaps(n.called()[failed:])
		if slices.ContainsFunc(after, func(d time.Duration) bool { return d != 90*time.Second }) || bedStats(p).Waiting != "" {
			t.Errorf("after the failures: %v", after)
		}
		n.fails(egen.Transient)
		again := len(n.called())
		pass(100 * time.Second)
		if g := gaps(n.called()[again:]); len(g) == 0 || g[0] > 7*time.Second {
			t.Errorf("the back-off did not start anew: %v", g)
		}
	})
}

func TestAFailedPollEndsItsRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNode("a", &leaseTable{})
		n.fails(egen.Transient)
		_, stop := n.run(t, every)
		pass(time.Second)
		stop()
		rows := n.rows()
		if len(rows) != 1 || rows[0].Error != "HTTP 502" || rows[0].Complete || rows[0].ID == "" || rows[0].Source != model.SourceBeds || rows[0].IntervalMS != 5000 {
			t.Errorf("%+v", rows)
		}
	})
}

func TestQuotaPausesUntilMidnightInKorea(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNode("a", &leaseTable{})
		other := newNode("b", n.table)
		n.fails(egen.Quota)
		pass(untilMidnight - time.Hour)
		_, stop := n.run(t, every)
		pass(time.Second)
		_, stopOther := other.run(t, every)
		pass(5 * time.Hour)
		stop()
		stopOther()
		calls := n.called()
		if len(calls) != 2 || len(other.called()) != 0 {
			t.Fatalf("%d calls, %d of the other", len(calls), len(other.called()))
		}
		for _, c := range calls[1:] {
			if clock := c.In(time.FixedZone("", 9*3600)).Format("15:04:05"); clock != "00:00:10" {
				t.Errorf("called at %s in Korea", clock)
			}
		}
	})
}

func TestWhatAPersonMustMendIsAskedRarelyAndLoudly(t *testing.T) {
	for _, kind := range []egen.Kind{egen.Operator, egen.Bug} {
		synctest.Test(t, func(t *testing.T) {
			n := newNode("a", &leaseTable{})
			n.fails(kind)
			p, stop := n.run(t, every)
			pass(21 * time.Minute)
			stop()
			if g := gaps(n.called()); len(g) != 4 || g[0] != 5*time.Minute {
				t.Errorf("%s: %v", kind, g)
			}
			if s := n.logged(); strings.Count(s, "level=ERROR") != 5 || bedStats(p).Failures[string(kind)] != 5 {
				t.Errorf("%s: %s", kind, s)
			}
		})
	}
}

func TestAnIncompleteAnswerIsRecordedAndCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNode("a", &leaseTable{})
		n.bedsAnswer(func(context.Context) (egen.Answer[model.Observation], error) {
			return egen.Answer[model.Observation]{Rows: 1, Total: 2, Values: []model.Observation{{HospitalID: "A1100001"}}}, nil
		})
		p, stop := n.run(t, every)
		pass(12 * time.Second)
		stop()
		s := bedStats(p)
		if g := gaps(n.called()); len(g) != 2 || g[0] != every || s.Failures["incomplete"] != 3 || !s.LastComplete.IsZero() || s.Rows != 1 || s.Changed != 3 {
			t.Errorf("%v %+v", g, s)
		}
		if len(n.rows()) != 3 || n.began[0].Complete {
			t.Errorf("%+v", n.rows())
		}
	})
}

// Each run has one row, whoever could not write it first.
func TestADatabaseThatFailsLeavesOneRowPerRun(t *testing.T) {
	for name, c := range map[string]struct {
		ended bool
		err   error
	}{
		"the model ended the run":       {true, fault.New(fault.Unavailable, "the database is busy")},
		"the model could not even read": {false, errDatabase},
	} {
		synctest.Test(t, func(t *testing.T) {
			n := newNode("a", &leaseTable{})
			n.record = func(_ context.Context, run model.Run) (model.Run, error) {
				if c.ended {
					run.Error = "a region failed"
					n.ended(run)
				}
				return run, c.err
			}
			p, stop := n.run(t, every)
			pass(3 * time.Second)
			stop()
			rows := n.rows()
			if len(rows) != 1 || rows[0].Error == "" || rows[0].Complete || strings.Contains(rows[0].Error, "secret") || bedStats(p).Failures["store"] != 1 {
				t.Errorf("%s: %+v %+v", name, rows, p.Stats())
			}
		})
	}
}

func TestAStopInTheMiddleEndsTheRunAndFreesTheLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		table := &leaseTable{}
		a, b := newNode("a", table), newNode("b", table)
		a.beds = func(ctx context.Context) (egen.Answer[model.Observation], error) {
			return egen.Answer[model.Observation]{}, work(ctx, time.Hour)
		}
		p, stop := a.run(t, every)
		pass(3 * time.Second)
		before := time.Now()
		stop()
		if took := time.Since(before); took != 0 {
			t.Errorf("stopping took %v", took)
		}
		rows := a.rows()
		if len(rows) != 1 || rows[0].Error != "cut: this node stopped" || p.Stats().Leading || bedStats(p).Failures["cut"] != 1 {
			t.Errorf("%+v %+v", rows, p.Stats())
		}
		_, stopB := b.run(t, every)
		synctest.Wait()
		if len(b.called()) != 1 {
			t.Error("the lease was not free")
		}
		stopB()
	})
}

func TestAStopWhileRecordingEndsTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNode("a", &leaseTable{})
		n.record = func(ctx context.Context, run model.Run) (model.Run, error) {
			err := work(ctx, time.Hour)
			run.Error = "something"
			return run, err // and EndRun failed with the context
		}
		_, stop := n.run(t, every)
		pass(time.Second)
		stop()
		if rows := n.rows(); len(rows) != 1 || rows[0].Error != "cut: this node stopped" {
			t.Errorf("%+v", rows)
		}
	})
}

func TestAStopWithTheDatabaseGoneEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNode("a", &leaseTable{})
		_, stop := n.run(t, every)
		pass(time.Second)
		n.set(true, 0)
		before := time.Now()
		stop()
		if took := time.Since(before); took > 5*time.Second {
			t.Errorf("stopping took %v", took)
		}
	})
}

// Killed in the middle of a poll: the same node takes its lease back at once,
// another one as soon as the lease has ended.
func TestAfterAKill(t *testing.T) {
	for restarted, within := range map[string]time.Duration{"a": 0, "b": 13 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			table := &leaseTable{}
			dead := newNode("a", table)
			dead.beds = func(ctx context.Context) (egen.Answer[model.Observation], error) {
				return egen.Answer[model.Observation]{}, work(ctx, time.Hour)
			}
			_, bury := dead.run(t, every)
			pass(time.Second)
			dead.set(true, 0) // nothing of it reaches the database any more
			next := newNode(restarted, table)
			killed := time.Now()
			_, stop := next.run(t, every)
			pass(20 * time.Second)
			if calls := next.called(); len(calls) == 0 || calls[0].Sub(killed) > within {
				t.Errorf("%s polls after %v", restarted, calls)
			}
			stop()
			bury()
		})
	}
}

func TestOnlyTheHolderPolls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		table := &leaseTable{}
		a, b := newNode("a", table), newNode("b", table)
		_, stopA := a.run(t, every)
		synctest.Wait()
		p, stopB := b.run(t, every)
		pass(5 * time.Minute)
		if len(a.called()) != 61 || len(b.called()) != 0 || p.Stats().Leading || p.Stats().Waiting != "another node polls" {
			t.Errorf("a polled %d times, b %d: %+v", len(a.called()), len(b.called()), p.Stats())
		}
		stopA()
		pass(3 * time.Second)
		if len(b.called()) == 0 || !p.Stats().Leading || p.Stats().Waiting != "" {
			t.Errorf("b does not follow: %+v", p.Stats())
		}
		stopB()
	})
}

// storm lets three nodes lose, find and slow down their ways to the database
// at random, with answers of random length, and returns what the monitor saw.
func storm(t *testing.T, seed uint64, table *leaseTable) (faults []string, polls int) {
	dice := rand.New(rand.NewPCG(seed, 0))
	watch := newMonitor()
	var nodes []*node
	for i := range 3 {
		n := newNode(fmt.Sprint("n", i), table)
		n.monitor = watch
		n.intervals = ingest.Intervals{Acceptance: 7 * time.Second, Announcements: 11 * time.Second, Institutions: time.Minute}
		length := rand.New(rand.NewPCG(seed, uint64(i+1)))
		n.beds = func(ctx context.Context) (egen.Answer[model.Observation], error) {
			return egen.Answer[model.Observation]{Complete: true}, work(ctx, time.Duration(length.IntN(12_000))*time.Millisecond)
		}
		nodes = append(nodes, n)
		_, stop := n.run(t, every)
		defer stop()
	}
	for range 100 {
		n := nodes[dice.IntN(len(nodes))]
		n.set(dice.IntN(3) == 0, time.Duration(dice.IntN(3)*dice.IntN(2500))*time.Millisecond)
		pass(time.Duration(dice.IntN(20_000)) * time.Millisecond)
	}
	for _, n := range nodes {
		n.set(false, 0)
		polls += len(n.called())
	}
	return watch.faults, polls
}

func TestNeverTwoPollers(t *testing.T) {
	for seed := range uint64(5) {
		synctest.Test(t, func(t *testing.T) {
			if faults, polls := storm(t, seed, &leaseTable{}); len(faults) != 0 || polls < 30 {
				t.Errorf("seed %d, %d polls: %v", seed, polls, faults)
			}
		})
	}
}

func TestTheMonitorSeesTwoPollers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		if faults, _ := storm(t, 1, &leaseTable{broken: true}); len(faults) == 0 {
			t.Error("a lease for everybody was not found")
		}
	})
}

func TestANodeWhoseClockIsOffLetsOthersPoll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		table := &leaseTable{}
		a, b := newNode("a", table), newNode("b", table)
		a.setClock(-time.Second, true) // just allowed
		pa, stopA := a.run(t, every)
		defer stopA()
		synctest.Wait()
		_, stopB := b.run(t, every)
		defer stopB()
		pass(time.Minute)
		if len(a.called()) != 13 || len(b.called()) != 0 {
			t.Errorf("a %d, b %d", len(a.called()), len(b.called()))
		}
		a.setClock(1001*time.Millisecond, true)
		pass(10 * time.Second)
		was := len(a.called())
		pass(time.Minute)
		s := pa.Stats()
		if len(a.called()) != was || len(b.called()) < 12 || s.Leading || s.Waiting != "this node's clock is off by more than 1s" {
			t.Errorf("a %d after %d, b %d: %+v", len(a.called()), was, len(b.called()), s)
		}
		if n := strings.Count(a.logged(), "its clock is off"); n != 1 {
			t.Errorf("said %d times:\n%s", n, a.logged())
		}
	})
}

func TestANodeThatDoesNotKnowTheTimeWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNode("a", &leaseTable{})
		n.setClock(0, false)
		p, stop := n.run(t, every)
		defer stop()
		pass(time.Minute)
		if len(n.called()) != 0 || !strings.Contains(p.Stats().Waiting, "not known") {
			t.Errorf("%d polls, %+v", len(n.called()), p.Stats())
		}
		n.setClock(0, true)
		pass(3 * time.Second)
		if len(n.called()) == 0 {
			t.Error("it never starts")
		}
	})
}

// The clock goes wrong during a day's pause: the lease must not wait for its end.
func TestAPauseDoesNotKeepTheLeaseFromOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		table := &leaseTable{}
		a, b := newNode("a", table), newNode("b", table)
		a.fails(egen.Quota)
		_, stopA := a.run(t, every)
		defer stopA()
		pass(time.Minute)
		a.setClock(time.Minute, true)
		_, stopB := b.run(t, every)
		defer stopB()
		pass(10 * time.Second)
		if len(b.called()) == 0 {
			t.Error("the lease is held by a node that may not poll")
		}
	})
}
