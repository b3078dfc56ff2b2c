package hook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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
