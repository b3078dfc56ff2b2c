package ingest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"weer/ingest"
	"weer/ingest/egen"
	"weer/model"
	"weer/model/feed"
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
	rows   map[string]leaseRow
	broken bool // gives everybody the lease: the planted fault
}

type leaseRow struct {
	holder string
	until  time.Time
}

func (l *leaseTable) take(name, holder string, ttl time.Duration) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if row := l.rows[name]; row.holder != holder && time.Now().Before(row.until) && !l.broken {
		return false
	}
	if l.rows == nil {
		l.rows = map[string]leaseRow{}
	}
	l.rows[name] = leaseRow{holder, time.Now().Add(ttl)}
	return true
}

func (l *leaseTable) drop(name, holder string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.rows[name].holder == holder {
		delete(l.rows, name)
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
	if name != "egen" && name != "egen.clock" {
		return false, fmt.Errorf("a lease named %q", name)
	}
	if err := w.cross(ctx); err != nil {
		return false, err
	}
	held := w.table.take(name, holder, ttl)
	return held, w.cross(ctx) // the answer may get lost on its way back
}

func (w *wire) Release(ctx context.Context, name, holder string) error {
	if err := w.cross(ctx); err != nil {
		return err
	}
	w.table.drop(name, holder)
	return nil
}

// A monitor judges that no two polls of one operation overlap, whoever runs them.
type monitor struct {
	mu     sync.Mutex
	active map[string]string // node by source
	faults []string
}

func newMonitor() *monitor { return &monitor{active: map[string]string{}} }

func (m *monitor) enter(source, node string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if other, busy := m.active[source]; busy {
		m.faults = append(m.faults, node+" polls "+source+" while "+other+" does")
	}
	m.active[source] = node
}

func (m *monitor) leave(source string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.active, source)
}

// An admin feed, as the model keeps it: what stands, and every write.
type adminFeed struct {
	mu     sync.Mutex
	stands map[string]model.Alert
	writes []string // "+name" and "-name"
	muted  int      // so many words are not taken
}

func (a *adminFeed) mute(words int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.muted = words
}

// takes is false while the feed is muted.
func (a *adminFeed) takes() bool {
	a.muted--
	return a.muted < 0
}

func (a *adminFeed) Alert(_ context.Context, name string, alert model.Alert) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.takes() {
		return errDatabase
	}
	if held, there := a.stands[name]; there && held == alert {
		return nil
	}
	a.stands[name] = alert
	a.writes = append(a.writes, "+"+name)
	return nil
}

func (a *adminFeed) Calm(_ context.Context, name string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.takes() {
		return errDatabase
	}
	if _, there := a.stands[name]; there {
		delete(a.stands, name)
		a.writes = append(a.writes, "-"+name)
	}
	return nil
}

func (a *adminFeed) standing() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Sorted(maps.Keys(a.stands))
}

func (a *adminFeed) all() map[string]model.Alert {
	a.mu.Lock()
	defer a.mu.Unlock()
	return maps.Clone(a.stands)
}

func (a *adminFeed) alert(name string) model.Alert { return a.all()[name] }

func (a *adminFeed) written() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.writes)
}

// A node is a poller with everything around it faked.
type node struct {
	*wire
	*adminFeed
	name      string
	monitor   *monitor
	intervals ingest.Intervals // of what is not the beds; 0: so rarely that no test sees it twice
	budget    *ingest.Budget
	pages     int // HTTP calls of each poll, when there is a budget
	complete  map[string]feed.Time

	mu     sync.Mutex
	asked  map[string][]time.Time // E-Gen, by source
	runs   []model.Run            // rows that were ended
	began  []model.Poll
	offset time.Duration
	blind  bool // its offset is not known
	reply  map[string]func(ctx context.Context) (complete bool, err error)
	beds   func(ctx context.Context) (egen.Answer[model.Observation], error)
	record func(ctx context.Context, run model.Run) (model.Run, error)
	log    bytes.Buffer
}

func newNode(name string, table *leaseTable) *node {
	return &node{
		wire: &wire{table: table}, name: name, monitor: newMonitor(),
		adminFeed: &adminFeed{stands: map[string]model.Alert{}},
		asked:     map[string][]time.Time{}, reply: map[string]func(context.Context) (bool, error){},
	}
}

const rarely = 1000 * time.Hour

func (n *node) poller(interval time.Duration) *ingest.Poller {
	intervals := n.intervals.Or(ingest.Intervals{Acceptance: rarely, Announcements: rarely, Institutions: rarely})
	intervals.Beds = interval
	return ingest.New(ingest.Options{
		Service: n, Lease: n, Client: n, Intervals: intervals, Budget: n.budget, Node: n.name, Clock: n.clock,
		LastComplete: func(source string) feed.Time { return n.complete[source] },
		Log:          slog.New(slog.NewTextHandler(n, nil)),
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

func (n *node) Beds(ctx context.Context) (egen.Answer[model.Observation], error) {
	n.mu.Lock()
	beds := n.beds
	n.mu.Unlock()
	if beds == nil {
		return ask(ctx, n, model.SourceBeds, model.Observation{HospitalID: "A1100001"})
	}
	defer n.enter(model.SourceBeds)()
	return beds(ctx)
}

func (n *node) Acceptance(ctx context.Context) (egen.Answer[model.Declared], error) {
	return ask(ctx, n, model.SourceAcceptance, model.Declared{})
}

func (n *node) Announcements(ctx context.Context) (egen.Answer[model.Announcement], error) {
	return ask(ctx, n, model.SourceAnnouncements, model.Announcement{})
}

func (n *node) Institutions(ctx context.Context) (egen.Answer[model.Institution], error) {
	return ask(ctx, n, model.SourceInstitutions, model.Institution{})
}

// ask answers with one row, or as the source was told to.
func ask[T any](ctx context.Context, n *node, source string, row T) (egen.Answer[T], error) {
	defer n.enter(source)()
	if err := n.call(ctx); err != nil {
		return egen.Answer[T]{}, err
	}
	n.mu.Lock()
	reply := n.reply[source]
	n.mu.Unlock()
	a := egen.Answer[T]{Values: []T{row}, Rows: 1, Total: 1, Complete: true}
	if reply == nil {
		return a, nil
	}
	complete, err := reply(ctx)
	if err != nil {
		return egen.Answer[T]{}, err
	}
	if !complete {
		a.Total, a.Complete = 2, false
	}
	return a, nil
}

// call goes through the budget as often as there are pages.
func (n *node) call(ctx context.Context) error {
	if n.budget == nil {
		return nil
	}
	for range max(1, n.pages) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://127.0.0.1/", nil)
		if err != nil {
			return err
		}
		res, err := n.budget.RoundTrip(req)
		if err != nil {
			return err
		}
		res.Body.Close()
	}
	return nil
}

func (n *node) enter(source string) (leave func()) {
	n.monitor.enter(source, n.name)
	n.mu.Lock()
	defer n.mu.Unlock()
	n.asked[source] = append(n.asked[source], time.Now())
	return func() { n.monitor.leave(source) }
}

func (n *node) RecordPoll(ctx context.Context, id string, p model.Poll) (model.Run, error) {
	n.mu.Lock()
	n.began = append(n.began, p)
	n.mu.Unlock()
	return keep(ctx, n, id, p)
}

func (n *node) RecordAcceptance(ctx context.Context, id string, p model.AcceptancePoll) (model.Run, error) {
	return keep(ctx, n, id, p)
}

func (n *node) RecordAnnouncements(ctx context.Context, id string, p model.AnnouncementPoll) (model.Run, error) {
	return keep(ctx, n, id, p)
}

func (n *node) RecordInstitutions(ctx context.Context, id string, p model.InstitutionPoll) (model.Run, error) {
	return keep(ctx, n, id, p)
}

func keep[T any](ctx context.Context, n *node, id string, p model.PollOf[T]) (model.Run, error) {
	n.monitor.enter(p.Source, n.name)
	defer n.monitor.leave(p.Source)
	run := model.Run{ID: id, Source: p.Source, StartedAt: p.StartedAt, IntervalMS: p.IntervalMS, Rows: len(p.Rows), Rejected: p.Rejected}
	n.mu.Lock()
	record := n.record
	n.mu.Unlock()
	if record != nil && p.Source == model.SourceBeds {
		return record(ctx, run)
	}
	run.Complete, run.Changed = p.Complete, len(p.Rows)
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

// called tells when the beds were asked for.
func (n *node) called() []time.Time { return n.calledFor(model.SourceBeds) }

func (n *node) calledFor(source string) []time.Time {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.asked[source])
}

// rows are the runs of the beds.
func (n *node) rows() []model.Run { return n.rowsOf(model.SourceBeds) }

func (n *node) rowsOf(source string) []model.Run {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(n.runs), func(r model.Run) bool { return r.Source != source })
}

// bedsAnswer changes what E-Gen says of beds.
func (n *node) bedsAnswer(beds func(ctx context.Context) (egen.Answer[model.Observation], error)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.beds = beds
}

// answers changes how E-Gen answers for a source.
func (n *node) answers(source string, reply func(ctx context.Context) (complete bool, err error)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.reply[source] = reply
}

// fails lets E-Gen refuse the beds, until it answers again.
func (n *node) fails(kind egen.Kind) { n.failsFor(model.SourceBeds, kind) }

func (n *node) failsFor(source string, kind egen.Kind) {
	n.answers(source, func(context.Context) (bool, error) {
		return false, &egen.Error{Kind: kind, Status: 502, Message: "HTTP 502", Body: "what the gateway said"}
	})
}

func (n *node) recovers(source string) { n.answers(source, nil) }

var errDatabase = errors.New("dial tcp user:secret@db: refused")
