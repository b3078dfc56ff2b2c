package ingest

import (
	"context"
	"math/rand/v2"
	"time"

	"weer/ingest/egen"
)

// polls asks one operation again and again until the context ends or the clock
// is off.
func (p *Poller) polls(ctx context.Context, o *operation, lose context.CancelCauseFunc) {
	o.retry.Reset()
	now := time.Now()
	due := p.due(o, now)
	o.state.plan(due, o.interval, "")
	if due.Sub(now) > slowRetry {
		o.state.well()
	}
	p.idle(ctx, due)
	for ctx.Err() == nil {
		if !p.clockOK() {
			lose(errClockOff)
			return
		}
		start := time.Now()
		r := p.poll(ctx, o)
		if ctx.Err() == nil {
			p.idle(ctx, p.plan(o, start, r))
		}
	}
}

// due is when an operation is asked first: an interval after its last complete
// poll, whichever node made it. Who leads anew need not ask again what was asked
// a moment ago, and a node that starts again and again does not eat the budget.
func (p *Poller) due(o *operation, now time.Time) time.Time {
	last := p.complete(o.source)
	if last == 0 {
		return now
	}
	offset, _ := p.clock()
	complete := last.Std().Add(-offset)
	o.state.completed(complete)
	at := complete.Add(o.interval + o.luck())
	return earliest(latest(at, now), now.Add(o.interval)) // a time in the future is no reason to wait for it
}

// luck is a wait beyond the interval.
func (o *operation) luck() time.Duration {
	if o.jitter == 0 {
		return 0
	}
	return rand.N(o.jitter)
}

// plan decides when to ask again, and notes what that means.
func (p *Poller) plan(o *operation, start time.Time, r result) (next time.Time) {
	now := time.Now()
	pace, lasts := p.budget.pace(o.source, o.interval, start)
	next = p.after(o, start, now, pace, r.outcome)
	if pace > o.interval { // a failure is not asked again sooner than the budget allows
		next = latest(next, start.Add(pace))
	}
	if !lasts {
		next = p.midnight(now)
	}
	if was := o.state.plan(next, pace, waiting(r.outcome, lasts)); pace > o.interval && was == o.interval {
		p.log.Warn("the day's budget of calls does not last: asked less often", "source", o.source, "every", pace.Round(time.Second))
	}
	o.state.judge(r)
	o.state.judgeBudget(r, pace, lasts)
	p.tell()
	return next
}

// waiting says why the next poll is not at its interval.
func waiting(outcome string, lasts bool) string {
	switch {
	case !lasts:
		return errSpent.Error()
	case outcome != "":
		return "after a failure: " + outcome
	}
	return ""
}

// after is the reaction to each outcome.
func (p *Poller) after(o *operation, start, now time.Time, pace time.Duration, outcome string) time.Time {
	switch outcome {
	case "":
		o.retry.Reset()
		return latest(start.Add(pace+o.luck()), now)
	case failedIncomplete:
		o.retry.Reset()
		return latest(start.Add(min(pace, maxRetry)), now)
	case string(egen.Quota), failedBudget:
		return p.midnight(now)
	case string(egen.Operator), string(egen.Bug):
		return now.Add(min(max(slowRetry, o.interval), slowest))
	}
	return now.Add(o.retry.NextBackOff())
}

// idle waits in steps: a machine that slept has a timer that is late, and a
// clock that is not.
func (p *Poller) idle(ctx context.Context, until time.Time) {
	until = until.Round(0) // by the clock
	for ctx.Err() == nil {
		left := time.Until(until)
		if left <= 0 {
			return
		}
		pause(ctx, min(left, time.Minute))
	}
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earliest(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

var kst = time.FixedZone("KST", 9*60*60)

// midnight is the next one in Korea by the database's clock, a little later so
// that clocks that differ by a moment agree about the day.
func (p *Poller) midnight(now time.Time) time.Time {
	offset, _ := p.clock()
	return dayEnd(now.Add(offset)).Add(10*time.Second - offset)
}

// dayEnd is the next midnight in Korea.
func dayEnd(now time.Time) time.Time {
	y, m, d := now.In(kst).Date()
	return time.Date(y, m, d+1, 0, 0, 0, 0, kst)
}
