package ingest

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"weer/ingest/egen"
	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
)

// Failures that are not E-Gen's, beside its kinds, as [OperationStats] counts
// them.
const (
	failedIncomplete = "incomplete" // fewer rows than announced
	failedStore      = "store"      // the database did not take everything, or did not count the call
	failedBudget     = "budget"     // the day's calls are used up by our own count
	failedCut        = "cut"        // stopped in the middle, or the lease was lost
)

// A result is how a poll ended. The outcome is "" for a complete one, else the
// kind of failure; the message is for people and holds no key and no URL.
type result struct {
	outcome, message string
	rows             int // of an answer
}

// poll runs one poll to the end of its row.
func (p *Poller) poll(ctx context.Context, o *operation) result {
	run := p.begin(o)
	made := p.budget.made(o.source)
	answer, err := o.ask(Counted(ctx, o.source))
	p.budget.learn(o.source, p.budget.made(o.source)-made)
	if err != nil {
		return p.failed(ctx, o, run, err)
	}
	recorded, err := answer.record(ctx, run)
	if err != nil {
		return p.unrecorded(ctx, o, run, recorded, err)
	}
	o.state.recorded(recorded)
	if !recorded.Complete {
		p.log.Warn("an answer was not complete", "source", o.source, "rows", answer.rows, "announced", answer.total)
		return o.state.fail(result{failedIncomplete, recorded.Error, answer.rows})
	}
	return result{rows: answer.rows}
}

func (p *Poller) begin(o *operation) model.Run {
	o.state.begin()
	offset, _ := p.clock()
	return model.Run{
		ID: uuid.Must(uuid.NewV7()).String(), Source: o.source,
		StartedAt: feed.At(time.Now().Add(offset)), IntervalMS: o.interval.Milliseconds(),
	}
}

// failed ends the row of a poll that brought nothing.
func (p *Poller) failed(ctx context.Context, o *operation, run model.Run, err error) result {
	r := judge(err)
	if ctx.Err() != nil {
		r = result{outcome: failedCut, message: reason(ctx)}
	}
	run.Error = r.message
	p.end(ctx, run)
	p.report(o, r.outcome, err)
	return o.state.fail(r)
}

// judge tells what E-Gen said from what was never asked.
func judge(err error) result {
	switch {
	case errors.Is(err, errSpent):
		return result{outcome: failedBudget, message: errSpent.Error()}
	case errors.Is(err, errUncounted):
		return result{outcome: failedStore, message: errUncounted.Error()}
	}
	return result{outcome: string(egen.KindOf(err)), message: fault.Public(err).Message}
}

// Explain makes of an error of a client behind a [Budget] one for people: the
// client takes a call that was not made for one that failed.
func Explain(err error) error {
	if errors.Is(err, errSpent) || errors.Is(err, errUncounted) {
		return fault.Wrap(fault.Unavailable, err, "%s", judge(err).message)
	}
	return err
}

// unrecorded makes sure that the row of a poll that the database did not wholly
// take is there. The model has ended it where the run knows how it ended.
func (p *Poller) unrecorded(ctx context.Context, o *operation, run, recorded model.Run, err error) result {
	r := result{outcome: failedStore, message: fault.Public(err).Message}
	if ctx.Err() != nil {
		r = result{outcome: failedCut, message: reason(ctx)}
	}
	if ended := recorded.Complete || recorded.Error != ""; !ended || ctx.Err() != nil {
		run.Rows, run.Changed, run.Rejected, run.Error = recorded.Rows, recorded.Changed, recorded.Rejected, r.message
		p.end(ctx, run)
	}
	p.report(o, r.outcome, err)
	return o.state.fail(r)
}

// end writes the row, also when the poll's own context is over.
func (p *Poller) end(ctx context.Context, run model.Run) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), farewell)
	defer cancel()
	if err := p.service.FailPoll(ctx, run); err != nil {
		p.log.Warn("a run could not be ended", "run", run.ID, "error", err)
	}
}

func (p *Poller) report(o *operation, outcome string, err error) {
	switch outcome {
	case failedCut:
		p.log.Info("a poll was cut", "source", o.source, "error", err)
	case string(egen.Operator), string(egen.Bug), string(egen.Quota), failedBudget:
		p.log.Error("E-Gen must be looked at", "source", o.source, "kind", outcome, "error", err)
	default:
		p.log.Warn("a poll failed", "source", o.source, "kind", outcome, "error", err)
	}
}

// reason says why a poll was cut.
func reason(ctx context.Context) string {
	switch cause := context.Cause(ctx); {
	case errors.Is(cause, errLeaseLost):
		return "cut: the lease was lost"
	case errors.Is(cause, errClockOff):
		return "cut: this node's clock is off"
	}
	return "cut: this node stopped"
}
