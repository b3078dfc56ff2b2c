package ingest

import (
	"cmp"
	"context"
	"time"

	"github.com/cenkalti/backoff/v5"

	"weer/ingest/egen"
	"weer/model"
)

// Intervals are between the starts of two polls, by operation.
type Intervals struct {
	Beds          time.Duration // 1
	Acceptance    time.Duration // 2
	Announcements time.Duration // 9
	Institutions  time.Duration // 3; up to a twentieth more, so that not all ask at one time
}

// The intervals of a demo, and those of real mode: 960, 288, 480 and 1 of the
// 1,000 calls that a key has a day and operation.
var (
	DemoIntervals = Intervals{5 * time.Second, 15 * time.Second, 15 * time.Second, 10 * time.Minute}
	RealIntervals = Intervals{90 * time.Second, 5 * time.Minute, 3 * time.Minute, 24 * time.Hour}
)

// Or fills what is 0.
func (i Intervals) Or(other Intervals) Intervals {
	return Intervals{
		Beds:          cmp.Or(i.Beds, other.Beds),
		Acceptance:    cmp.Or(i.Acceptance, other.Acceptance),
		Announcements: cmp.Or(i.Announcements, other.Announcements),
		Institutions:  cmp.Or(i.Institutions, other.Institutions),
	}
}

// An operation is one of E-Gen's questions, asked again and again. Its schedule
// is that of one goroutine; its state may be read by all.
type operation struct {
	source   string
	interval time.Duration
	jitter   time.Duration  // at most, beyond the interval
	late     model.Severity // of having no complete poll
	ask      func(context.Context) (answer, error)
	retry    *backoff.ExponentialBackOff
	state    state
}

func operations(o Options) []*operation {
	every := o.Intervals.Or(RealIntervals)
	list := newOperation(model.SourceInstitutions, every.Institutions, model.Warning, asking(o.Client.Institutions, o.Service.RecordInstitutions))
	list.jitter = every.Institutions / 20
	return []*operation{
		newOperation(model.SourceBeds, every.Beds, model.Critical, asking(o.Client.Beds, o.Service.RecordPoll)),
		newOperation(model.SourceAcceptance, every.Acceptance, model.Critical, asking(o.Client.Acceptance, o.Service.RecordAcceptance)),
		newOperation(model.SourceAnnouncements, every.Announcements, model.Critical, asking(o.Client.Announcements, o.Service.RecordAnnouncements)),
		list,
	}
}

const (
	firstRetry = 5 * time.Second // after a failure that may pass by itself
	maxRetry   = 5 * time.Minute
	slowRetry  = 5 * time.Minute // after one that a person must mend
	slowest    = time.Hour       // however rarely the operation is asked
)

func newOperation(source string, interval time.Duration, late model.Severity, ask func(context.Context) (answer, error)) *operation {
	o := &operation{source: source, interval: interval, late: late, ask: ask, retry: backoff.NewExponentialBackOff()}
	o.retry.InitialInterval = min(interval, firstRetry)
	o.retry.MaxInterval = min(4*interval, maxRetry)
	o.retry.Multiplier, o.retry.RandomizationFactor = 2, .25
	o.state.stats = OperationStats{Source: source, Interval: interval, Pace: interval}
	o.state.failures = map[string]uint64{}
	return o
}

// An answer came, and knows how it is recorded.
type answer struct {
	rows, total int
	record      func(ctx context.Context, run model.Run) (model.Run, error)
}

// asking ties an operation of the client to the change that the model makes of
// its answers.
func asking[T any](
	ask func(context.Context) (egen.Answer[T], error),
	record func(context.Context, string, model.PollOf[T]) (model.Run, error),
) func(context.Context) (answer, error) {
	return func(ctx context.Context) (answer, error) {
		said, err := ask(ctx)
		return answer{said.Rows, said.Total, func(ctx context.Context, run model.Run) (model.Run, error) {
			return record(ctx, run.ID, model.PollOf[T]{
				Source: run.Source, StartedAt: run.StartedAt, IntervalMS: run.IntervalMS,
				Rows: said.Values, Rejected: said.Rejected, Complete: said.Complete,
			})
		}}, err
	}
}
