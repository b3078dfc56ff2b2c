package ingest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"weer/ingest"
	"weer/ingest/egen"
	"weer/model"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// pass lets time go by in a synctest bubble, and what is due at its end happen.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// work takes a while, or until its caller gives up.
func work(ctx context.Context, d time.Duration) error {
	if d == 0 { // a timer that is due at once can crash the race detector in a bubble (Go 1.26)
		return ctx.Err()
	}
	select {
	case <-time.After(d):
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// A leaseTable is the database's, by one clock.
type leaseTable struct {
	mu     sync.Mutex
	holder string
	until  time.Time
	broken bool // gives everybody the lease: the planted fault
}

func (l *leaseTable) take(holder string, ttl time.Duration) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.holder != holder && time.Now().Before(l.until) && !l.broken {
		return false
	}
	l.holder, l.until = holder, time.Now().Add(ttl)
	return true
}

func (l *leaseTable) drop(holder string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.holder == holder {
		l.until = time.Time{}
	}
}

// A wire is a node's connection to the database: whole, slow, or cut. What is
// asked over a cut one hangs until its caller gives up.
type wire struct {
	table *leaseTable
	mu    sync.Mutex
	cut   bool
	lag   time.Duration
}

func (w *wire) set(cut bool, lag time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut, w.lag = cut, lag
}

func (w *wire) cross(ctx context.Context) error {
	w.mu.Lock()
	cut, lag := w.cut, w.lag
	w.mu.Unlock()
	if cut {
		<-ctx.Done()
		return ctx.Err()
	}
	return work(ctx, lag)
}

func (w *wire) Lease(ctx context.Context, name, holder string, ttl time.Duration) (bool, error) {
	if name != model.SourceBeds {
		return false, fmt.Errorf("a lease named %q", name)
	}
	if err := w.cross(ctx); err != nil {
		return false, err
	}
	held := w.table.take(holder, ttl)
	return held, w.cross(ctx) // the answer may get lost on its way back
}

func (w *wire) Release(ctx context.Context, _, holder string) error {
	if err := w.cross(ctx); err != nil {
		return err
	}
	w.table.drop(holder)
	return nil
}

// A monitor judges that no two polls overlap, whoever runs them.
type monitor struct {
	mu     sync.Mutex
	active string
	faults []string
}

func (m *monitor) enter(node string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.active != "" {
		m.faults = append(m.faults, node+" polls while "+m.active+" does")
	}
	m.active = node
}

func (m *monitor) leave() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.active = ""
}

// A node is a poller with everything around it faked.
type node struct {
	*wire
	name    string
	monitor *monitor

	mu     sync.Mutex
	calls  []time.Time // of E-Gen
	runs   []model.Run // rows that were ended
	began  []model.Poll
	offset time.Duration
	blind  bool // its offset is not known
	beds   func(ctx context.Context) (egen.Answer, error)
	record func(ctx context.Context, run model.Run, p model.Poll) (model.Run, error)
	log    bytes.Buffer
}

func newNode(name string, table *leaseTable) *node {
	return &node{wire: &wire{table: table}, name: name, monitor: &monitor{}}
}

func (n *node) poller(interval time.Duration) *ingest.Poller {
	return ingest.New(ingest.Options{
		Service: n, Lease: n, Client: n, Interval: interval, Node: n.name, Clock: n.clock,
		Log: slog.New(slog.NewTextHandler(n, nil)),
	})
}

// run starts a poller; the function that it returns stops it and waits.
func (n *node) run(t *testing.T, interval time.Duration) (p *ingest.Poller, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	p = n.poller(interval)
	go func() {
		defer close(done)
		p.Run(ctx)
	}()
	return p, func() {
		cancel()
		<-done
	}
}

func (n *node) clock() (time.Duration, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.offset, !n.blind
}

func (n *node) setClock(offset time.Duration, known bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.offset, n.blind = offset, !known
}

func (n *node) Write(line []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.log.Write(line)
}

func (n *node) logged() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.log.String()
}

func (n *node) Beds(ctx context.Context) (egen.Answer, error) {
	n.monitor.enter(n.name)
	defer n.monitor.leave()
	n.mu.Lock()
	n.calls = append(n.calls, time.Now())
	beds := n.beds
	n.mu.Unlock()
	if beds != nil {
		return beds(ctx)
	}
	return egen.Answer{Rows: 1, Total: 1, Complete: true, Observations: []model.Observation{{HospitalID: "A1100001"}}}, nil
}

func (n *node) RecordPoll(ctx context.Context, id string, p model.Poll) (model.Run, error) {
	n.monitor.enter(n.name)
	defer n.monitor.leave()
	run := model.Run{ID: id, Source: p.Source, StartedAt: p.StartedAt, IntervalMS: p.IntervalMS, Rows: len(p.Observations)}
	n.mu.Lock()
	n.began = append(n.began, p)
	record := n.record
	n.mu.Unlock()
	if record != nil {
		return record(ctx, run, p)
	}
	run.Complete, run.Changed = p.Complete, len(p.Observations)
	if !p.Complete {
		run.Error = "the answer was not complete"
	}
	n.ended(run)
	return run, nil
}

func (n *node) FailPoll(_ context.Context, run model.Run) error {
	n.ended(run)
	return nil
}

func (n *node) ended(run model.Run) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.runs = append(n.runs, run)
}

func (n *node) called() []time.Time {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]time.Time(nil), n.calls...)
}

func (n *node) rows() []model.Run {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]model.Run(nil), n.runs...)
}

// answers changes what E-Gen says.
func (n *node) answers(beds func(ctx context.Context) (egen.Answer, error)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.beds = beds
}

func (n *node) fails(kind egen.Kind) {
	n.answers(func(context.Context) (egen.Answer, error) {
		return egen.Answer{}, &egen.Error{Kind: kind, Status: 502, Message: "HTTP 502", Body: "what the gateway said"}
	})
}

var errDatabase = errors.New("dial tcp user:secret@db: refused")
