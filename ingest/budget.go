package ingest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"sync"
	"time"
)

// OperationInstitution is the name under which calls of operation 5 (one
// institution, on demand) are counted. Those of the others are counted under
// the names of their sources.
const OperationInstitution = "egen.institution"

// DefaultQuota is how many calls a day and operation a development key of
// data.go.kr has.
const DefaultQuota = 1000

// A Counter counts calls for good. CountCall counts one more of an operation on
// a day, ok when that was within the limit; else nothing was counted.
type Counter interface {
	CountCall(ctx context.Context, operation string, limit int, day string) (calls int, ok bool, err error)
}

// BudgetOptions make a Budget.
type BudgetOptions struct {
	Counter   Counter
	Limit     int               // calls a day and operation; 0: counted without an end
	Transport http.RoundTripper // nil is http.DefaultTransport
	Clock     Clock             // nil: the clocks are the same
}

// A Budget is the way of a client's calls, and counts them: a call is made only
// when it has been counted and was within the day's limit. The day is that of
// Korea by the database's clock. Calls are told apart by [Counted].
//
// Safe for concurrent use. A nil Budget has no limit.
type Budget struct {
	counter Counter
	limit   int
	next    http.RoundTripper
	clock   Clock

	mu      sync.Mutex
	tallies map[string]tally
}

// A tally is what this node knows of an operation's calls.
type tally struct {
	day   string
	calls int // of all nodes, when this one counted last
	made  int // by this node, ever
	pages int // of its last poll
}

var (
	errSpent     = errors.New("the day's budget of calls is used up")
	errUncounted = errors.New("a call could not be counted and was not made")
)

// NewBudget makes a budget.
func NewBudget(o BudgetOptions) *Budget {
	b := &Budget{counter: o.Counter, limit: o.Limit, next: o.Transport, clock: o.Clock, tallies: map[string]tally{}}
	if b.next == nil {
		b.next = http.DefaultTransport
	}
	if b.clock == nil {
		b.clock = sameClock
	}
	return b
}

type countedKey struct{}

// Counted says of which operation the calls are that are made under a context.
func Counted(ctx context.Context, operation string) context.Context {
	return context.WithValue(ctx, countedKey{}, operation)
}

// RoundTrip implements http.RoundTripper.
func (b *Budget) RoundTrip(r *http.Request) (*http.Response, error) {
	operation, _ := r.Context().Value(countedKey{}).(string)
	if err := b.spend(r.Context(), operation); err != nil {
		if r.Body != nil {
			err = errors.Join(err, r.Body.Close())
		}
		return nil, err
	}
	return b.next.RoundTrip(r)
}

func (b *Budget) spend(ctx context.Context, operation string) error {
	if operation == "" {
		return fmt.Errorf("%w: its operation is not known", errUncounted)
	}
	day := b.now(time.Now()).Format(time.DateOnly)
	calls, ok, err := b.counter.CountCall(ctx, operation, cmp.Or(b.limit, math.MaxInt32), day)
	if err != nil {
		return fmt.Errorf("%w: %w", errUncounted, err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	t := b.tallies[operation]
	t.day, t.calls = day, calls
	if !ok {
		t.calls = max(calls, b.limit)
		b.tallies[operation] = t
		return errSpent
	}
	t.made++
	b.tallies[operation] = t
	return nil
}

// now is the time in Korea by the database's clock.
func (b *Budget) now(now time.Time) time.Time {
	offset, _ := b.clock()
	return now.Add(offset).In(kst)
}

// made is how many calls of an operation this node has ever made.
func (b *Budget) made(operation string) int {
	if b == nil {
		return 0
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.tallies[operation].made
}

// learn notes how many calls one poll takes.
func (b *Budget) learn(operation string, pages int) {
	if b == nil || pages == 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	t := b.tallies[operation]
	t.pages = pages
	b.tallies[operation] = t
}

// today is how many calls of an operation were made today, by all nodes as far
// as this one knows.
func (b *Budget) today(operation string, now time.Time) (calls, limit int) {
	if b == nil {
		return 0, 0
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	t := b.tallies[operation]
	if t.day != b.now(now).Format(time.DateOnly) {
		return 0, b.limit
	}
	return t.calls, b.limit
}

// pace is the interval at which the calls that are left last until midnight,
// reckoned from the start of the last poll: the one that is wished, or longer.
// lasts is false when not even one more poll is left; then the pace means
// nothing.
func (b *Budget) pace(operation string, wished time.Duration, start time.Time) (pace time.Duration, lasts bool) {
	calls, limit := b.today(operation, time.Now())
	if limit == 0 {
		return wished, true
	}
	b.mu.Lock()
	pages := max(1, b.tallies[operation].pages)
	b.mu.Unlock()
	korean := b.now(start)
	left := dayEnd(korean).Sub(korean)
	switch polls := (limit - calls) / pages; {
	case left/wished < time.Duration(max(polls, 1)):
		return wished, true
	case polls <= 0:
		return wished, false
	default:
		return max(wished, left/time.Duration(polls)), true
	}
}
