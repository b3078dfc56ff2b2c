package hook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"
	webhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"go.uber.org/goleak"

	"weer/deploy/lab"
	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
	"weer/model/seal"
)

func TestMain(m *testing.M) {
	code := lab.Main(m)
	if err := goleak.Find(); code == 0 && err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

const region = "region:11"

var key = model.Principal{Role: model.RoleIntegration, Key: "k1", Scopes: []model.Right{model.ManageHooks, model.ReadBoard}}

func asKey(ctx context.Context) context.Context {
	return model.WithCall(ctx, model.Call{By: key, From: "192.0.2.1"})
}

// A chest is a key service that can be away.
type chest struct {
	seal.KeyService
	away bool
}

func newChest(tb testing.TB) *chest {
	keys, err := seal.LoadOrCreate(filepath.Join(tb.TempDir(), "case-key"))
	if err != nil {
		tb.Fatal(err)
	}
	return &chest{KeyService: keys}
}

func (c *chest) Unwrap(ctx context.Context, about string, wrapped []byte) ([]byte, error) {
	if c.away {
		return nil, errors.New("the key service does not answer")
	}
	return c.KeyService.Unwrap(ctx, about, wrapped)
}

// owners are who is somebody now.
type owners struct {
	mu   sync.Mutex
	list map[string]model.Principal
	err  error
}

func newOwners() *owners { return &owners{list: map[string]model.Principal{key.Actor(): key}} }

func (o *owners) ask(_ context.Context, actor string) (model.Principal, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	p, ok := o.list[actor]
	switch {
	case o.err != nil:
		return p, o.err
	case !ok:
		return p, fault.New(fault.Revoked, "the key was revoked")
	}
	return p, nil
}

func (o *owners) set(p model.Principal, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.list, o.err = map[string]model.Principal{p.Actor(): p}, err
}

// A receiver is another system: it verifies every request as its libraries do,
// and applies what it takes.
type receiver struct {
	tb     testing.TB
	secret string
	answer func(n int, w http.ResponseWriter, r *http.Request) // nil, or writes nothing: 204

	mu       sync.Mutex
	requests int
	inside   int // requests that are being answered now
	ids      []string
	events   []string // ids of the events taken, in order
	resets   []string // reasons
	pings    int
	state    *feed.State
	moved    chan struct{}
}

func newReceiver(tb testing.TB) *receiver {
	return &receiver{tb: tb, state: feed.NewState(false), moved: make(chan struct{}, 1)}
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.mu.Lock()
	r.requests++
	r.inside++
	n := r.requests
	if r.inside > 1 {
		r.tb.Errorf("%d requests at once", r.inside)
	}
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		r.inside--
		r.mu.Unlock()
		select {
		case r.moved <- struct{}{}:
		default:
		}
	}()
	body, err := io.ReadAll(req.Body)
	if err != nil {
		r.tb.Error(err)
	}
	rec := &statusWriter{ResponseWriter: w}
	if r.answer != nil {
		r.answer(n, rec, req)
	}
	if rec.status == 0 {
		rec.WriteHeader(http.StatusNoContent)
	}
	if rec.status < 300 {
		r.take(req.Header, body)
	}
}

type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// take applies a request that was answered with 2xx.
func (r *receiver) take(h http.Header, body []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	verifier, err := webhooks.NewWebhook(r.secret)
	if err == nil {
		err = verifier.Verify(body, h)
	}
	if err != nil {
		r.tb.Errorf("the signature: %v", err)
	}
	if h.Get("Content-Type") != ContentType || !strings.HasPrefix(h.Get("User-Agent"), "WeER/") {
		r.tb.Errorf("headers %v", h)
	}
	r.ids = append(r.ids, h.Get("webhook-id"))
	var batch []cloudevents.Event // the library's own reading and its validation
	if err := json.Unmarshal(body, &batch); err != nil || len(batch) == 0 {
		r.tb.Errorf("no batch of CloudEvents: %v: %.200s", err, body)
	}
	for _, e := range batch {
		if err := e.Validate(); err != nil {
			r.tb.Error(err)
		}
		r.apply(e)
	}
}

func (r *receiver) apply(e cloudevents.Event) {
	switch e.Type() {
	case TypePing:
		r.pings++
	case TypeReset:
		var d ResetData
		r.decode(e, &d)
		r.state.Load(d.Epoch, d.Seq, d.Keys)
		r.resets = append(r.resets, d.Reason)
		r.prove(e, d.Feed, d.Digest)
	case TypeEvent:
		var d EventData
		r.decode(e, &d)
		var keys []feed.Entry
		if err := json.Unmarshal(d.Keys, &keys); err != nil {
			r.tb.Error(err)
		}
		at := r.state.Seq()
		if _, err := r.state.Apply(d.From, d.To, keys); err != nil || d.Epoch != r.state.Epoch() || e.ID() != eventID(d.Epoch, d.To) {
			r.tb.Errorf("event %s of epoch %s at %s/%d: %v", e.ID(), d.Epoch, r.state.Epoch(), at, err)
		}
		if d.To > at {
			r.prove(e, d.Feed, d.Digest)
		}
	default:
		r.tb.Errorf("an event of type %s", e.Type())
	}
	r.events = append(r.events, e.ID())
}

func (r *receiver) decode(e cloudevents.Event, data any) {
	if err := json.Unmarshal(e.Data(), data); err != nil {
		r.tb.Error(err)
	}
}

// prove compares what is held with what the database had.
func (r *receiver) prove(e cloudevents.Event, name string, want feed.Digest) {
	if r.state.Digest() != want || name != region || e.Source() != "/feeds/"+name || e.Subject() != name {
		r.tb.Errorf("event %s of %s: digest %s, want %s", e.ID(), e.Source(), r.state.Digest(), want)
	}
	if age := time.Since(e.Time()); age < -time.Minute || age > 96*time.Hour {
		r.tb.Errorf("event %s is %s old", e.ID(), age)
	}
}

// held is what the receiver holds.
func (r *receiver) held() (cursor feed.Cursor, keys map[string]string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	keys = map[string]string{}
	for _, e := range r.state.Live() {
		keys[e.Key] = string(e.Value)
	}
	return feed.Cursor{Feed: region, Epoch: r.state.Epoch(), Seq: r.state.Seq()}, keys
}

// seen is how often it was asked, and what it took.
func (r *receiver) seen() (requests int, events, resets []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.requests, slices.Clone(r.events), slices.Clone(r.resets)
}

// until waits for a condition on the receiver.
func (r *receiver) until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	limit := time.After(20 * time.Second)
	for !holds() {
		select {
		case <-r.moved:
		case <-limit:
			t.Fatalf("%s: not within 20 s", what)
		}
	}
}

// loopback is the setting that lets tests post to this machine.
var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

// A wire connects hooks in a bubble of synctest to receivers in it, by host,
// without a network.
type wire struct {
	mu    sync.Mutex
	hosts map[string]*pipes
}

type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { p.once.Do(func() { close(p.closed) }); return nil }
func (p *pipes) Addr() net.Addr { return pipeAddr{} }

type pipeAddr struct{}

func (pipeAddr) Network() string { return "pipe" }
func (pipeAddr) String() string  { return "pipe" }

func (w *wire) dial(ctx context.Context, _, address string) (net.Conn, error) {
	host, _, _ := net.SplitHostPort(address)
	w.mu.Lock()
	p := w.hosts[host]
	w.mu.Unlock()
	if p == nil {
		return nil, errors.New("nobody listens")
	}
	ours, theirs := net.Pipe()
	select {
	case p.conns <- theirs:
		return ours, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// serve runs a receiver at http://host/ until the test ends.
func (w *wire) serve(t *testing.T, host string, h http.Handler) {
	p := &pipes{conns: make(chan net.Conn), closed: make(chan struct{})}
	w.mu.Lock()
	w.hosts[host] = p
	w.mu.Unlock()
	s := &http.Server{Handler: h}
	done := make(chan struct{})
	go func() { defer close(done); _ = s.Serve(p) }()
	t.Cleanup(func() { s.Close(); <-done })
}

// A base is a database in memory, with one feed and this bubble's clock.
type base struct {
	model.Store
	mu      sync.Mutex
	epoch   string
	hooks   map[string]model.Webhook
	letters []model.DeadLetter
	deeds   []string
	alerts  map[string]bool
	state   *feed.State
	first   uint64
	events  []model.DatedEvent
}

func newBase() *base {
	b := &base{epoch: "00000000000000e1", hooks: map[string]model.Webhook{}, alerts: map[string]bool{}, state: feed.NewState(true), first: 1}
	b.state.Load(b.epoch, 0, nil)
	return b
}

func (b *base) Publish(...feed.Hint) {}

func (b *base) now() feed.Time { return feed.At(time.Now()) }

func (b *base) head() feed.Head { return feed.Head{Feed: region, Seq: b.state.Seq(), First: b.first} }

// Write keeps nothing of a change that fails.
func (b *base) Write(ctx context.Context, change func(context.Context, model.Tx) error) (string, []feed.Event, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return "", nil, fault.Wrap(fault.Timeout, err, "the time was over")
	}
	hooks, letters, deeds := maps.Clone(b.hooks), b.letters, b.deeds
	if err := change(ctx, &baseTx{base: b}); err != nil {
		b.hooks, b.letters, b.deeds = hooks, letters, deeds
		return "", nil, err
	}
	return b.epoch, nil, nil
}

func (b *base) Webhook(_ context.Context, id string) (*model.Webhook, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if w, ok := b.hooks[id]; ok {
		return &w, nil
	}
	return nil, nil
}

func (b *base) DueWebhooks(ctx context.Context, most int) (due []model.DueWebhook, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, id := range slices.Sorted(maps.Keys(b.hooks)) {
		w := b.hooks[id]
		owed := w.Place.Epoch != b.epoch || w.Place.Seq != b.state.Seq()
		if owed && (w.State == model.HookActive || w.State == model.HookFailing) && w.DueAt <= b.now() && w.ClaimedUntil <= b.now() && len(due) < most {
			due = append(due, model.DueWebhook{ID: id, Failing: w.Failures > 0})
		}
	}
	return due, ctx.Err()
}

func (b *base) Backlog(_ context.Context, place feed.Cursor, most int) (model.Backlog, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	log := model.Backlog{Epoch: b.epoch, Head: b.head()}
	for _, e := range b.events {
		if e.To == place.Seq+1+uint64(len(log.Events)) && len(log.Events) < most {
			log.Events = append(log.Events, e)
		}
	}
	return log, nil
}

func (b *base) snapshot(context.Context, string) (feed.Snapshot, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return feed.Snapshot{Head: b.head(), Epoch: b.epoch, Digest: b.state.Digest(), Entries: b.state.Since(0)}, nil
}

// put moves the feed by one event; a negative value removes the key.
func (b *base) put(key string, value int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	seq := b.state.Seq() + 1
	e := feed.Entry{Key: key, Seq: seq, Value: json.RawMessage(fmt.Sprint(value))}
	if value < 0 {
		e.Gone, e.Value = true, nil
	}
	if _, err := b.state.Apply(seq, seq, []feed.Entry{e}); err != nil {
		panic(err)
	}
	keys, _ := json.Marshal([]feed.Entry{e})
	b.events = append(b.events, model.DatedEvent{
		Event: feed.Event{Feed: region, From: seq, To: seq, Digest: b.state.Digest(), Keys: keys}, At: b.now(),
	})
}

// prune forgets all events but the newest.
func (b *base) prune() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if n := len(b.events); n > 0 {
		b.events = b.events[n-1:]
		b.first = b.events[0].To
		b.state.Bury(b.first)
	}
}

// restore gives the history a new name.
func (b *base) restore(epoch string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.epoch = epoch
}

// held is what the feed holds.
func (b *base) held() (feed.Cursor, map[string]string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	keys := map[string]string{}
	for _, e := range b.state.Live() {
		keys[e.Key] = string(e.Value)
	}
	return feed.Cursor{Feed: region, Epoch: b.epoch, Seq: b.state.Seq()}, keys
}

type baseTx struct {
	*base
	model.Tx
}

func (t *baseTx) Now() feed.Time { return t.now() }

func (t *baseTx) LockWebhook(_ context.Context, id string) (*model.Webhook, error) {
	if w, ok := t.hooks[id]; ok {
		return &w, nil
	}
	return nil, nil
}

func (t *baseTx) SaveWebhook(_ context.Context, w model.Webhook) error {
	t.hooks[w.ID] = w
	return nil
}

func (t *baseTx) AddDeadLetter(_ context.Context, d model.DeadLetter) error {
	t.letters = append(t.letters, d)
	return nil
}

func (t *baseTx) CountWebhooks(context.Context, string) (int, error) { return 0, nil }

func (t *baseTx) FeedHead(context.Context, string) (feed.Head, string, error) {
	return t.head(), t.epoch, nil
}

func (t *baseTx) Sign(_ context.Context, _ model.Call, did model.Deed, _ json.RawMessage) error {
	t.deeds = append(t.deeds, did.Operation)
	return nil
}

func (t *baseTx) Put(_, key string, _ any) error { t.alerts[key] = true; return nil }
func (t *baseTx) Remove(_, key string) error     { delete(t.alerts, key); return nil }

// A bubble is hooks and receivers in a bubble of synctest.
type bubble struct {
	t      *testing.T
	base   *base
	wire   *wire
	owners *owners
	chest  *chest
	work   *model.Service
}

func newBubble(t *testing.T) *bubble {
	b := &bubble{t: t, base: newBase(), wire: &wire{hosts: map[string]*pipes{}}, owners: newOwners(), chest: newChest(t)}
	b.work = model.NewService(b.base, b.base)
	return b
}

// node makes hooks that post over the wire.
func (b *bubble) node(work Work) *Hooks {
	h := New(Options{Work: work, Snapshot: b.base.snapshot, Keys: b.chest, Owner: b.owners.ask, Networks: loopback, Plain: true, Build: "test"})
	for scheme := range h.poster.clients {
		h.poster.clients[scheme] = newClient(b.wire.dial, nil)
	}
	return h
}

// run runs hooks until the test ends, or stop is called.
func (b *bubble) run(h *Hooks) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := h.Run(ctx); err != nil {
			b.t.Error(err)
		}
	}()
	var once sync.Once
	stop = func() { once.Do(func() { cancel(); <-done }) }
	b.t.Cleanup(stop)
	return stop
}

// hook makes a webhook whose target is a new receiver.
func (b *bubble) hook(h *Hooks, host string) (id string, r *receiver) {
	b.t.Helper()
	r = newReceiver(b.t)
	b.wire.serve(b.t, host, r)
	w, secret, _, err := h.Create(asKey(context.Background()), region, "http://"+host+"/")
	if err != nil {
		b.t.Fatal(err)
	}
	r.secret = secret
	return w.ID, r
}

func (b *bubble) webhook(id string) model.Webhook {
	b.t.Helper()
	w, err := b.base.Webhook(context.Background(), id)
	if err != nil || w == nil {
		b.t.Fatal(err)
	}
	return *w
}

// same fails unless a receiver holds exactly what the feed holds.
func (b *bubble) same(r *receiver) {
	b.t.Helper()
	at, have := r.held()
	head, want := b.base.held()
	if at != head || !maps.Equal(have, want) {
		b.t.Errorf("the receiver holds %v at %+v, the feed %v at %+v", have, at, want, head)
	}
}
