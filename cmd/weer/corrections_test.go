package main

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// deadlines are a database with corrections that are over, as several nodes see it.
type deadlines struct {
	mu      sync.Mutex
	holder  string
	until   time.Time
	over    int // hospitals with corrections to end
	by      []string
	failing bool
}

func (d *deadlines) Lease(_ context.Context, name, holder string, ttl time.Duration) (bool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if name != "corrections" {
		return false, errors.New("a lease of another name: " + name)
	}
	if d.failing || d.holder != holder && time.Now().Before(d.until) {
		return false, map[bool]error{true: errors.New("the database is away")}[d.failing]
	}
	d.holder, d.until = holder, time.Now().Add(ttl)
	return true, nil
}

func (d *deadlines) Release(_ context.Context, _, holder string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.holder == holder {
		d.until = time.Time{}
	}
	return nil
}

func (d *deadlines) set(over int, failing bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.over, d.failing = over, failing
}

// An executor is one node's service over the deadlines.
type executor struct {
	*deadlines
	name string
}

func (e executor) EndOverdue(context.Context) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	ended := e.over
	if e.over = 0; ended > 0 {
		e.by = append(e.by, e.name)
	}
	return ended, nil
}

func expire(t *testing.T, d *deadlines, name, whyNot string, log *strings.Builder) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	e := &expirer{
		service: executor{d, name}, lease: d, node: name, whyNot: func() string { return whyNot },
		log: slog.New(slog.NewTextHandler(log, nil)),
	}
	go func() { done <- e.chore().run(ctx) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func wait(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func TestOneNodeEndsCorrectionsWithinSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, log := &deadlines{}, new(strings.Builder)
		stopOff := expire(t, d, "off", "this node's clock differs", log)
		stopA := expire(t, d, "a", "", log)
		wait(time.Second)
		stopB := expire(t, d, "b", "", log)
		for range 10 {
			d.set(1, false)
			wait(correctionsEvery)
		}
		stopA()
		d.set(1, false)
		wait(correctionsEvery)
		stopB()
		stopOff()
		if len(d.by) != 11 || d.by[9] != "a" || d.by[10] != "b" {
			t.Errorf("ended by %v", d.by)
		}
	})
}

func TestADatabaseThatIsAwayIsSaidOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, log := &deadlines{failing: true, over: 1}, new(strings.Builder)
		stop := expire(t, d, "a", "", log)
		wait(time.Minute)
		d.set(1, false)
		wait(correctionsEvery)
		stop()
		if strings.Count(log.String(), "may still be shown") != 1 || len(d.by) != 1 {
			t.Errorf("ended by %v: %s", d.by, log)
		}
	})
}
