package api

import (
	"context"
	"sync"
	"time"
)

// A deadline is a request's context: what context.WithTimeout makes, but for a
// timer that is only set when somebody waits. Answers from memory never do.
type deadline struct {
	context.Context // what it is made of: the background
	at              time.Time

	mu     sync.Mutex
	timed  context.Context // nil until somebody waits
	cancel context.CancelFunc
	over   bool // the request was answered
}

func newDeadline(at time.Time) *deadline { return &deadline{Context: context.Background(), at: at} }

// Deadline is when the answer has to be ready.
func (d *deadline) Deadline() (time.Time, bool) { return d.at, true }

// Done is closed at the deadline or when the request was answered.
func (d *deadline) Done() <-chan struct{} { return d.timer().Done() }

// Err is why Done is closed, nil while it is not.
func (d *deadline) Err() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.timed != nil:
		return d.timed.Err()
	case d.over:
		return context.Canceled
	case !time.Now().Before(d.at):
		return context.DeadlineExceeded
	}
	return nil
}

// Value lets contexts made of this one find the timer that they hang on.
func (d *deadline) Value(key any) any {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.timed != nil {
		return d.timed.Value(key)
	}
	return d.Context.Value(key)
}

func (d *deadline) timer() context.Context {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.timed == nil {
		d.timed, d.cancel = context.WithDeadline(d.Context, d.at)
		if d.over {
			d.cancel()
		}
	}
	return d.timed
}

// end releases whoever still waits: the request was answered.
func (d *deadline) end() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.over = true
	if d.cancel != nil {
		d.cancel()
	}
}
