package hub_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"
	"go.uber.org/goleak"

	"weer/hub"
	"weer/hub/schema"
	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A rig is a running hub, its follower and a way to reach it.
type rig struct {
	t      testing.TB
	hub    *hub.Hub
	book   *book
	dial   func() net.Conn
	serve  func(net.Conn) net.Conn // wraps the server's side of each connection
	stop   context.CancelFunc
	serves sync.WaitGroup
}

type option func(*hub.Options)

// newRig runs a hub on pipes, inside the bubble that calls it. It is stopped,
// and every goroutine waited for, when the test ends.
func newRig(t testing.TB, options ...option) *rig {
	r := &rig{t: t, book: newBook(), serve: func(nc net.Conn) net.Conn { return nc }}
	o := hub.Options{Follower: r.book, Authenticate: authenticate, Build: "test", Log: slog.New(slog.DiscardHandler)}
	for _, set := range options {
		set(&o)
	}
	r.hub = hub.New(o)
	r.dial = func() net.Conn {
		here, there := net.Pipe()
		r.serves.Go(func() { serveSmall(r.hub, r.serve(there)) })
		return here
	}
	ctx, cancel := context.WithCancel(context.Background())
	r.stop = cancel
	var run sync.WaitGroup
	run.Go(func() { _ = r.hub.Run(ctx) })
	t.Cleanup(func() { cancel(); run.Wait(); r.serves.Wait() })
	return r
}

// overTCP makes the rig listen on a loopback port.
func (r *rig) overTCP() *rig {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		r.t.Fatal(err)
	}
	r.serves.Go(func() {
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			r.serves.Go(func() { serveSmall(r.hub, r.serve(nc)) })
		}
	})
	r.t.Cleanup(func() { _ = l.Close() })
	r.dial = func() net.Conn {
		nc, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			r.t.Fatal(err)
		}
		return nc
	}
	return r
}

// authenticate knows tokens that say what they are: "viewer alice", "control:11 bob".
func authenticate(_ context.Context, token string) (model.Principal, error) {
	role, subject, ok := strings.Cut(token, " ")
	role, region, _ := strings.Cut(role, ":")
	switch {
	case token == "expired":
		return model.Principal{}, fault.New(fault.TokenExpired, "the token's time is over")
	case token == "panic":
		panic("planted in the authenticator")
	case token == "database down":
		return model.Principal{}, fault.New(fault.Unavailable, "no database")
	case token == "bug":
		return model.Principal{}, errors.New("secret text of a bug")
	case !ok || !slices.Contains(model.Roles, model.Role(role)):
		return model.Principal{}, fault.New(fault.TokenInvalid, "the token is not one of this server's")
	}
	return model.Principal{Subject: subject, Role: model.Role(role), Regions: []string{region}}, nil
}

// serveSmall is a server as the api's is: it reads one request and gives the
// socket away with small buffers.
func serveSmall(h http.Handler, nc net.Conn) {
	br := bufio.NewReaderSize(nc, 512)
	r, err := http.ReadRequest(br)
	if err != nil {
		_ = nc.Close()
		return
	}
	w := &smallWriter{nc: nc, br: br, head: http.Header{}}
	h.ServeHTTP(w, r)
	if !w.hijacked {
		_ = nc.Close()
	}
}

type smallWriter struct {
	nc       net.Conn
	br       *bufio.Reader
	head     http.Header
	status   int
	hijacked bool
}

func (w *smallWriter) Header() http.Header { return w.head }

func (w *smallWriter) WriteHeader(status int) {
	w.status = status
	if status != http.StatusSwitchingProtocols {
		w.head.Set("Connection", "close")
		_, _ = io.WriteString(w.nc, w.top())
	}
}

func (w *smallWriter) Write(p []byte) (int, error) { return w.nc.Write(p) }

func (w *smallWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	w.hijacked = true
	if _, err := io.WriteString(w.nc, w.top()); err != nil {
		return nil, nil, err
	}
	return w.nc, bufio.NewReadWriter(w.br, bufio.NewWriterSize(w.nc, 1024)), nil
}

func (w *smallWriter) top() string {
	var b strings.Builder
	fmt.Fprintf(&b, "HTTP/1.1 %d %s\r\n", w.status, http.StatusText(w.status))
	_ = w.head.Write(&b)
	return b.String() + "\r\n"
}

// A screen is a client: it reads all that comes, holds every frame against the
// document and drives one feed.Reader per feed with it.
type screen struct {
	t    testing.TB
	rig  *rig
	ws   *websocket.Conn
	nc   net.Conn
	resp *http.Response

	mu      sync.Mutex
	changed *sync.Cond
	frames  []any
	readers map[string]*feed.Reader
	welcome *feed.Welcome
	dead    []string // beats after which a reader that should be was not live
	err     error    // how the connection ended
	gate    chan struct{}
}

// handshake connects and reads nothing yet.
func (r *rig) handshake(head http.Header) (*screen, error) {
	s := &screen{t: r.t, rig: r, readers: map[string]*feed.Reader{}}
	s.changed = sync.NewCond(&s.mu)
	transport := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		s.nc = r.dial()
		return s.nc, nil
	}}
	defer transport.CloseIdleConnections()
	ws, resp, err := websocket.Dial(context.Background(), "ws://weer.test/", &websocket.DialOptions{
		HTTPClient: &http.Client{Transport: transport}, HTTPHeader: head,
		Subprotocols: []string{feed.Protocol}, CompressionMode: websocket.CompressionNoContextTakeover,
		CompressionThreshold: 1 << 20,
	})
	s.resp = resp
	if err != nil {
		return s, err
	}
	ws.SetReadLimit(-1)
	s.ws = ws
	r.t.Cleanup(func() { _ = ws.CloseNow() })
	return s, nil
}

// connect opens a socket and reads from it.
func (r *rig) connect() *screen {
	s, err := r.handshake(nil)
	if err != nil {
		r.t.Fatal(err)
	}
	go s.read()
	return s
}

// viewer is a screen that has signed in and follows feeds.
func (r *rig) viewer(feeds ...string) *screen {
	s := r.connect()
	s.signIn("viewer alice")
	s.follow(feeds...)
	return s
}

func (s *screen) signIn(token string) {
	s.send(feed.ClientFrame{Type: feed.TypeAuth, Token: token})
	s.until("welcome", func() bool { return s.welcome != nil })
}

func (s *screen) follow(feeds ...string) {
	for _, name := range feeds {
		s.mu.Lock()
		r := feed.NewReader(name)
		r.Opened(s.welcome.Timings)
		s.readers[name] = r
		s.mu.Unlock()
		s.send(r.Subscription())
	}
	for _, name := range feeds {
		s.until(name+" live", func() bool { return s.live(name) })
	}
}

func (s *screen) live(name string) bool {
	l, _ := s.readers[name].Link(time.Now())
	return l == feed.Live
}

// send sends a frame that the document allows.
func (s *screen) send(f feed.ClientFrame) {
	raw, _ := json.Marshal(f)
	if err := schema.Check(schema.Client, raw); err != nil {
		s.t.Error(err)
	}
	s.say(string(raw))
}

// say sends any text.
func (s *screen) say(text string) {
	if err := s.ws.Write(context.Background(), websocket.MessageText, []byte(text)); err != nil {
		s.mu.Lock()
		s.t.Logf("send: %v", err)
		s.mu.Unlock()
	}
}

func (s *screen) read() {
	for {
		s.mu.Lock()
		gate := s.gate
		s.mu.Unlock()
		if gate != nil {
			<-gate
		}
		_, raw, err := s.ws.Read(context.Background())
		s.mu.Lock()
		if err != nil {
			s.err = err
			s.changed.Broadcast()
			s.mu.Unlock()
			return
		}
		next := s.take(raw)
		s.changed.Broadcast()
		s.mu.Unlock()
		if next != nil {
			s.send(*next)
		}
	}
}

// take handles a frame under s.mu and returns one to send.
func (s *screen) take(raw []byte) (next *feed.ClientFrame) {
	if err := schema.Check(schema.Server, raw); err != nil {
		s.t.Error(err)
	}
	f, err := feed.DecodeServer(raw)
	if err != nil || f == nil {
		s.t.Errorf("frame %s: %v", raw, err)
		return nil
	}
	s.frames = append(s.frames, f)
	var step feed.Step
	var name string
	switch f := f.(type) {
	case *feed.Welcome:
		s.welcome = f
	case *feed.Reset:
		if name = f.Feed; s.readers[name] != nil {
			step = s.readers[name].Reset(f)
		}
	case *feed.Resumed:
		if name = f.Feed; s.readers[name] != nil {
			step = s.readers[name].Resumed(f)
		}
	case *feed.EventFrame:
		if name = f.Feed; s.readers[name] != nil {
			keys, _ := feed.Event{Keys: f.Keys}.Entries()
			step = s.readers[name].Event(f.From, f.To, keys)
		}
	case *feed.Beat:
		if name = f.Feed; s.readers[name] != nil {
			step = s.readers[name].Beat(f, time.Now())
			if l, why := s.readers[name].Link(time.Now()); l != feed.Live {
				s.dead = append(s.dead, fmt.Sprintf("%s at %d: %s %s", name, f.Seq, l, why))
			}
		}
	}
	if step.Ask {
		sub := s.readers[name].Subscription()
		next = &sub
	}
	return next
}

// until waits for a condition, which runs under s.mu; it fails the test after a
// minute of the test's clock.
func (s *screen) until(what string, cond func() bool) {
	s.t.Helper()
	late := false
	timer := time.AfterFunc(time.Minute, func() {
		s.mu.Lock()
		late = true
		s.changed.Broadcast()
		s.mu.Unlock()
	})
	defer timer.Stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	for !cond() {
		if late || (s.err != nil && what != "the end") {
			s.t.Fatalf("%s: never came; end %v, frames %s", what, s.err, s.tell())
		}
		s.changed.Wait()
	}
}

func (s *screen) tell() string {
	var b strings.Builder
	for _, f := range s.frames[max(0, len(s.frames)-8):] {
		raw, _ := json.Marshal(f)
		fmt.Fprintf(&b, "\n  %.160s", raw)
	}
	return b.String()
}

// pause stops the reading; the returned function goes on.
func (s *screen) pause() (resume func()) {
	gate := make(chan struct{})
	s.mu.Lock()
	s.gate = gate
	s.mu.Unlock()
	return func() {
		s.mu.Lock()
		s.gate = nil
		s.mu.Unlock()
		close(gate)
	}
}

// of returns the frames of a type that came so far.
func of[T any](s *screen) (out []T) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.frames {
		if f, ok := f.(T); ok {
			out = append(out, f)
		}
	}
	return out
}

func (s *screen) forgetFrames() {
	s.mu.Lock()
	s.frames, s.dead = nil, nil
	s.mu.Unlock()
}

// ended waits for the end and returns its close code and the last error frame's code.
func (s *screen) ended() (status int, last fault.Code) {
	s.t.Helper()
	s.until("the end", func() bool { return s.err != nil })
	for _, e := range of[*feed.ErrorFrame](s) {
		last = e.Code
	}
	return int(websocket.CloseStatus(s.err)), last
}

// endsWith holds an end against the table.
func (s *screen) endsWith(code fault.Code) {
	s.t.Helper()
	if status, last := s.ended(); status != code.Row().Close || last != code {
		s.t.Errorf("closed with %d after an error %q (%v), want %d after %q", status, last, s.err, code.Row().Close, code)
	}
	if n := s.rig.hub.Stats().Closes[code]; n == 0 {
		s.t.Errorf("%s was not counted", code)
	}
}

// shows compares what a display shows with the feed.
func (s *screen) shows(name string) {
	s.t.Helper()
	want := s.rig.book.page(name).board()
	s.mu.Lock()
	defer s.mu.Unlock()
	if got := board(s.readers[name].Board()); !same(got, want) {
		s.t.Errorf("%s shows %v, want %v", name, got, want)
	}
}

func (s *screen) noDeadBeat() {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.dead) > 0 {
		s.t.Errorf("%d beats did not prove, first: %s", len(s.dead), s.dead[0])
	}
}

// bubble runs a test on the fake clock with a rig on pipes.
func bubble(t *testing.T, test func(t *testing.T, r *rig), options ...option) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(t, newRig(t, options...)) })
}

// elapse lets the bubble's clock go on, and all that is due then happen.
func elapse(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}
