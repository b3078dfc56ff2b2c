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

// Failures that are not E-Gen's, beside its kinds, as [Stats] counts them.
const (
	failedIncomplete = "incomplete" // fewer rows than announced
	failedStore      = "store"      // the database did not take everything
	failedCut        = "cut"        // stopped in the middle, or the lease was lost
)

// poll runs one poll to the end of its row. The outcome is "" for a complete
// one, else the kind of failure.
func (p *Poller) poll(ctx context.Context) (outcome string) {
	run := p.begin()
	answer, err := p.client.Beds(ctx)
	if err != nil {
		return p.failed(ctx, run, err)
	}
	recorded, err := p.service.RecordPoll(ctx, run.ID, model.Poll{
		Source: run.Source, StartedAt: run.StartedAt, IntervalMS: run.IntervalMS,
		Observations: answer.Observations, Rejected: answer.Rejected, Complete: answer.Complete,
	})
	if err != nil {
		return p.unrecorded(ctx, run, recorded, err)
	}
	p.stats.recorded(recorded)
	if !recorded.Complete {
		p.log.Warn("an answer was not complete", "rows", answer.Rows, "announced", answer.Total)
		return p.stats.fail(failedIncomplete)
	}
	return ""
}

func (p *Poller) begin() model.Run {
	p.stats.begin()
	offset, _ := p.clock()
	return model.Run{
		ID: uuid.Must(uuid.NewV7()).String(), Source: model.SourceBeds,
		StartedAt: feed.At(time.Now().Add(offset)), IntervalMS: p.interval.Milliseconds(),
	}
}

// failed ends the row of a poll that brought nothing.
func (p *Poller) failed(ctx context.Context, run model.Run, err error) string {
	outcome := string(egen.KindOf(err))
	run.Error = fault.Public(err).Message
	if ctx.Err() != nil {
		outcome, run.Error = failedCut, reason(ctx)
	}
	p.end(ctx, run)
	p.report(outcome, err)
	return p.stats.fail(outcome)
}

// unrecorded makes sure that the row of a poll that the database did not wholly
// take is there. The model has ended it where the run knows how it ended.
func (p *Poller) unrecorded(ctx context.Context, run, recorded model.Run, err error) string {
	outcome := failedStore
	if ctx.Err() != nil {
		outcome = failedCut
	}
	if ended := recorded.Complete || recorded.Error != ""; !ended || ctx.Err() != nil {
		run.Rows, run.Changed, run.Rejected = recorded.Rows, recorded.Changed, recorded.Rejected
		run.Error = fault.Public(err).Message
		if ctx.Err() != nil {
			run.Error = reason(ctx)
		}
		p.end(ctx, run)
	}
	p.report(outcome, err)
	return p.stats.fail(outcome)
}

// end writes the row, also when the poll's own context is over.
func (p *Poller) end(ctx context.Context, run model.Run) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), farewell)
	defer cancel()
	if err := p.service.FailPoll(ctx, run); err != nil {
		p.log.Warn("a run could not be ended", "run", run.ID, "error", err)
	}
}

func (p *Poller) report(outcome string, err error) {
	switch outcome {
	case failedCut:
		p.log.Info("a poll was cut", "error", err)
	case string(egen.Operator), string(egen.Bug), string(egen.Quota):
		p.log.Error("E-Gen must be looked at", "kind", outcome, "error", err)
	default:
		p.log.Warn("a poll failed", "kind", outcome, "error", err)
	}
}

// reason says why a poll was cut.
func reason(ctx context.Context) string {
	if errors.Is(context.Cause(ctx), errLeaseLost) {
		return "cut: the lease was lost"
	}
	return "cut: this node stopped"
}
