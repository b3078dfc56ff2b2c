package ingest_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"weer/ingest"
	"weer/ingest/egen"
	"weer/model"
	"weer/model/feed"
)

// A stalled, a failing and a rare operation, and the beds among them.
func TestNoOperationWaitsForAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNode("a", &leaseTable{})
		n.intervals = ingest.Intervals{Acceptance: 15 * time.Second, Announcements: 15 * time.Second, Institutions: 10 * time.Minute}
		n.answers(model.SourceAcceptance, func(ctx context.Context) (bool, error) { return true, work(ctx, 24*time.Hour) })
		n.failsFor(model.SourceAnnouncements, egen.Operator)
		p, stop := n.run(t, every)
		pass(time.Hour)
		stats := p.Stats()
		stop()
		if g := gaps(n.called()); len(g) != 720 || slices.ContainsFunc(g, func(d time.Duration) bool { return d != every }) {
			t.Errorf("%d polls of beds: %v", len(g), slices.Compact(g))
		}
		if a, m := n.calledFor(model.SourceAcceptance), n.calledFor(model.SourceAnnouncements); len(a) != 1 || len(m) != 13 {
			t.Errorf("%d of acceptance, %d of messages", len(a), len(m))
		}
		list := gaps(n.calledFor(model.SourceInstitutions))
		if len(list) != 5 || slices.Min(list) < 10*time.Minute || slices.Max(list) > 630*time.Second || slices.Min(list) == slices.Max(list) {
			t.Errorf("the list: %v", list)
		}
		for source, want := range map[string]uint64{model.SourceBeds: 721, model.SourceAcceptance: 1, model.SourceAnnouncements: 13, model.SourceInstitutions: 6} {
			rows := n.rowsOf(source)
			if s := stats.Of(source); s.Polls != want || uint64(len(rows)) != want || rows[0].Source != source || rows[0].IntervalMS != s.Interval.Milliseconds() {
				t.Errorf("%s: %+v, %d rows", source, s, len(rows))
			}
		}
	})
}

// Whoever made it: the next poll is an interval after the last complete one.
func TestTheFirstPollOfALeaderIsDueWhenTheLastOneAges(t *testing.T) {
	const ahead = 500 * time.Millisecond // the database's clock
	for name, tc := range map[string]struct {
		every time.Duration
		ago   time.Duration // of the last complete poll; 0: there was none
		wait  [2]time.Duration
	}{
		"never":                       {24 * time.Hour, 0, [2]time.Duration{0, 0}},
		"long ago":                    {24 * time.Hour, 30 * time.Hour, [2]time.Duration{0, 0}},
		"this morning":                {24 * time.Hour, 22 * time.Hour, [2]time.Duration{2 * time.Hour, 3*time.Hour + 12*time.Minute}},
		"in the future, by some slip": {4 * time.Hour, -100 * time.Hour, [2]time.Duration{4 * time.Hour, 4 * time.Hour}},
	} {
		synctest.Test(t, func(t *testing.T) {
			n := newNode("a", &leaseTable{})
			n.offset = ahead
			n.intervals.Institutions = tc.every
			start := time.Now()
			if tc.ago != 0 {
				n.complete = map[string]feed.Time{model.SourceInstitutions: feed.At(start.Add(ahead - tc.ago))}
			}
			_, stop := n.run(t, time.Hour)
			pass(tc.wait[1] + time.Minute)
			stop()
			calls := n.calledFor(model.SourceInstitutions)
			if len(calls) == 0 || calls[0].Sub(start) < tc.wait[0] || calls[0].Sub(start) > tc.wait[1] {
				t.Errorf("%s: asked at %v", name, calls)
			}
		})
	}
}

// A node that starts again and again asks no more often than one that stays.
func TestRestartsDoNotAskMoreOften(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		table := &leaseTable{}
		var calls []time.Time
		n := newNode("a", table)
		n.complete = map[string]feed.Time{}
		for range 100 {
			_, stop := n.run(t, 90*time.Second)
			pass(20 * time.Second)
			stop()
			calls = n.called()
			n.complete[model.SourceBeds] = feed.At(calls[len(calls)-1])
		}
		if g := gaps(calls); slices.Min(g) < 90*time.Second || slices.Max(g) > 91*time.Second {
			t.Errorf("%v", g)
		}
	})
}

func TestADailyOperationThatFailsIsNotAskedTomorrow(t *testing.T) {
	for name, tc := range map[string]struct {
		reply func(context.Context) (bool, error)
		most  time.Duration
	}{
		"transient":  {func(context.Context) (bool, error) { return false, &egen.Error{Kind: egen.Transient} }, 375 * time.Second},
		"incomplete": {func(context.Context) (bool, error) { return false, nil }, 5 * time.Minute},
		"operator":   {func(context.Context) (bool, error) { return false, &egen.Error{Kind: egen.Operator} }, time.Hour},
		"bug":        {func(context.Context) (bool, error) { return false, &egen.Error{Kind: egen.Bug} }, time.Hour},
	} {
		synctest.Test(t, func(t *testing.T) {
			n := newNode("a", &leaseTable{})
			n.intervals.Institutions = 24 * time.Hour
			n.answers(model.SourceInstitutions, tc.reply)
			_, stop := n.run(t, time.Hour)
			pass(3 * time.Hour)
			stop()
			if g := gaps(n.calledFor(model.SourceInstitutions)); len(g) < 3 || slices.Max(g) > tc.most {
				t.Errorf("%s: %v", name, g)
			}
		})
	}
}

// A hand-over in the middle of runs: they end, and the next node asks anew, one
// poll of each operation at a time.
func TestALostLeaseEndsAllRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		table := &leaseTable{}
		a, b := newNode("a", table), newNode("b", table)
		b.monitor = a.monitor
		stall := func(ctx context.Context) (bool, error) { return true, work(ctx, time.Hour) }
		sources := []string{model.SourceBeds, model.SourceAcceptance, model.SourceAnnouncements, model.SourceInstitutions}
		for _, source := range sources {
			a.answers(source, stall)
		}
		_, stopA := a.run(t, every)
		pass(time.Second)
		_, stopB := b.run(t, every)
		a.set(true, 0) // a no longer reaches the database
		pass(20 * time.Second)
		for _, source := range sources {
			rows := a.rowsOf(source)
			if len(rows) != 1 || rows[0].Error != "cut: the lease was lost" || len(b.calledFor(source)) == 0 {
				t.Errorf("%s: %+v, b asked %d times", source, rows, len(b.calledFor(source)))
			}
		}
		if len(a.monitor.faults) != 0 {
			t.Error(a.monitor.faults)
		}
		stopB()
		stopA()
	})
}

// Killed while the answer was being recorded: the next one is taken as a whole.
func TestAKillWhileRecordingLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		table := &leaseTable{}
		dead := newNode("a", table)
		dead.record = func(ctx context.Context, run model.Run) (model.Run, error) { return run, work(ctx, time.Hour) }
		_, bury := dead.run(t, every)
		pass(time.Second)
		dead.set(true, 0)
		next := newNode("a", table)
		_, stop := next.run(t, every)
		synctest.Wait()
		if rows := next.rows(); len(rows) != 1 || !rows[0].Complete || len(next.began[0].Rows) != 1 {
			t.Errorf("%+v", rows)
		}
		stop()
		bury()
	})
}
