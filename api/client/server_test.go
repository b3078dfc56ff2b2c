package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"
	"go.uber.org/goleak"

	"weer/api/client"
	"weer/model/fault"
	"weer/model/feed"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	seoul = "region:11"
	epoch = "0123456789abcdef"
)

// A network of pipes: servers by host name, without a clock of its own, so
// that synctest decides about time.
type network map[string]*server

// A server of the network accepts sockets and lets the test say what it does.
type server struct {
	conns  chan net.Conn
	peers  chan *peer
	done   chan struct{}
	down   atomic.Bool                      // refuses connections
	refuse atomic.Pointer[http.HandlerFunc] // when set, answers the handshake instead
}

func newNetwork(t *testing.T, hosts ...string) network {
	n := network{}
	for _, h := range hosts {
		s := &server{conns: make(chan net.Conn), peers: make(chan *peer), done: make(chan struct{})}
		hs := &http.Server{Handler: s}
		go hs.Serve(s)
		t.Cleanup(func() {
			close(s.done)
			hs.Close()
			synctest.Wait()
		})
		n[h] = s
	}
	return n
}

// refusing answers handshakes with a handler; nil ends that.
func (s *server) refusing(h http.HandlerFunc) {
	if h == nil {
		s.refuse.Store(nil)
		return
	}
	s.refuse.Store(&h)
}

// pass lets the bubble's clock go on.
func pass(d time.Duration) { <-time.After(d) }

func (n network) client() *http.Client {
	return &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: n.dial}}
}

func (n network) dial(ctx context.Context, _, addr string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	s, ok := n[host]
	if !ok || s.down.Load() {
		return nil, fmt.Errorf("dial %s: connection refused", host)
	}
	ours, theirs := net.Pipe()
	select {
	case s.conns <- theirs:
		return ours, nil
	case <-s.done:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Accept, Close and Addr make the server its own net.Listener.
func (s *server) Accept() (net.Conn, error) {
	select {
	case c := <-s.conns:
		return c, nil
	case <-s.done:
		return nil, net.ErrClosed
	}
}
func (s *server) Close() error   { return nil }
func (s *server) Addr() net.Addr { return &net.TCPAddr{} }

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if refuse := s.refuse.Load(); refuse != nil {
		(*refuse)(w, r)
		return
	}
	c, err := websocket.Accept(w, r, &websocket.AcceptOptions{
		Subprotocols: []string{feed.Protocol}, CompressionMode: websocket.CompressionNoContextTakeover, CompressionThreshold: 64,
	})
	if err != nil {
		return
	}
	p := &peer{conn: c, gone: make(chan struct{}), extensions: r.Header.Get("Sec-WebSocket-Extensions")}
	select {
	case s.peers <- p:
	case <-s.done:
		c.CloseNow()
		return
	}
	select {
	case <-p.gone:
	case <-s.done:
	}
	c.CloseNow()
}

// A peer is the server's end of one socket, driven by the test.
type peer struct {
	t          *testing.T
	conn       *websocket.Conn
	gone       chan struct{}
	extensions string
}

// accept waits for the next socket.
func (s *server) accept(t *testing.T) *peer {
	t.Helper()
	select {
	case p := <-s.peers:
		p.t = t
		return p
	case <-time.After(time.Minute):
		t.Fatal("nobody connected within a minute")
		return nil
	}
}

// next reads the client's next frame.
func (p *peer) next() feed.ClientFrame {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
	defer cancel()
	_, b, err := p.conn.Read(ctx)
	if err != nil {
		p.t.Fatalf("the client's next frame: %v", err)
	}
	f, err := feed.DecodeClient(b)
	if err != nil {
		p.t.Fatalf("the client sent %s: %v", b, err)
	}
	return f
}

// want reads the next frame and holds it against a JSON text.
func (p *peer) want(text string) {
	p.t.Helper()
	f := p.next()
	if got, _ := json.Marshal(f); string(got) != text {
		p.t.Fatalf("the client sent %s, want %s", got, text)
	}
}

func (p *peer) send(frames ...any) {
	p.t.Helper()
	for _, f := range frames {
		b, err := json.Marshal(f)
		if err != nil {
			p.t.Fatal(err)
		}
		if err := p.conn.Write(context.Background(), websocket.MessageText, b); err != nil {
			p.t.Fatalf("sending %s: %v", b, err)
		}
	}
	synctest.Wait()
}

// ended waits until the client has closed the socket and returns its code.
func (p *peer) ended() websocket.StatusCode {
	p.t.Helper()
	for {
		_, _, err := p.conn.Read(context.Background())
		if err != nil {
			return websocket.CloseStatus(err)
		}
	}
}

func (p *peer) close(code int) {
	p.conn.Close(websocket.StatusCode(code), "")
	close(p.gone)
	synctest.Wait()
}

// welcome answers the auth frame and returns its token.
func (p *peer) welcome(lifetime time.Duration) string {
	p.t.Helper()
	f := p.next()
	if f.Type != feed.TypeAuth {
		p.t.Fatalf("the first frame is %s, want auth", f.Type)
	}
	p.send(feed.Welcome{
		Type: feed.TypeWelcome, Protocol: feed.Protocol, Mode: "simulated", Epoch: epoch, At: serverNow(), Subject: "test", Role: "viewer",
		ExpiresAt: serverNow() + feed.Time(lifetime.Milliseconds()), Limits: feed.DefaultLimits, Timings: feed.DefaultTimings,
	})
	return f.Token
}

// serverNow is the servers' clock, an hour behind the client's.
func serverNow() feed.Time { return feed.At(time.Now().Add(-time.Hour)) }

// A board is what the servers tell of a feed.
type board struct{ *feed.State }

func newBoard(values ...string) board {
	b := board{feed.NewState(true)}
	b.Load(epoch, 0, nil)
	for _, v := range values {
		b.set(v)
	}
	return b
}

func (b board) name() string { return seoul }

// set moves one key, named like its value, and returns the event.
func (b board) set(key string) feed.EventFrame {
	n := b.Seq() + 1
	e := feed.Entry{Key: key, Seq: n, Value: json.RawMessage(fmt.Sprintf(`"%s@%d"`, key, n))}
	if _, err := b.Apply(n, n, []feed.Entry{e}); err != nil {
		panic(err)
	}
	return b.since(n - 1)
}

func (b board) remove(key string) feed.EventFrame {
	n := b.Seq() + 1
	if _, err := b.Apply(n, n, []feed.Entry{{Key: key, Seq: n, Gone: true}}); err != nil {
		panic(err)
	}
	return b.since(n - 1)
}

// since merges everything after the cursor into one event.
func (b board) since(cursor uint64) feed.EventFrame {
	keys, _ := json.Marshal(b.Since(cursor))
	return feed.EventFrame{Type: feed.TypeEvent, Feed: b.name(), From: cursor + 1, To: b.Seq(), Keys: keys}
}

func (b board) reset(reason string) feed.Reset {
	return feed.Reset{Type: feed.TypeReset, Feed: b.name(), Epoch: epoch, Seq: b.Seq(), Digest: b.Digest(), Reason: reason, Keys: b.Live()}
}

func (b board) resumed(cursor uint64) feed.Resumed {
	return feed.Resumed{Type: feed.TypeResumed, Feed: b.name(), Epoch: epoch, Seq: cursor}
}

func (b board) beat() feed.Beat {
	return feed.Beat{Type: feed.TypeBeat, Feed: b.name(), Epoch: epoch, Seq: b.Seq(), Digest: b.Digest(), At: serverNow(), VerifiedAt: serverNow() - 200}
}

func (b board) wrongBeat() feed.Beat {
	f := b.beat()
	f.Digest = f.Digest.Add("a key that nobody has", 1)
	return f
}

// A running client, stopped at the end of the test.
type running struct {
	*client.Client
	stop context.CancelFunc
	err  chan error
}

func run(t *testing.T, o client.Options) *running {
	t.Helper()
	if o.Token == nil {
		o.Token = func(context.Context) (string, error) { return "token", nil }
	}
	c, err := client.New(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	r := &running{c, cancel, make(chan error, 1)}
	go func() { r.err <- c.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		synctest.Wait()
	})
	return r
}

// ended returns the code with which Run ended by itself.
func (r *running) ended(t *testing.T) fault.Code {
	t.Helper()
	select {
	case err := <-r.err:
		var e *fault.Error
		if !errors.As(err, &e) {
			t.Fatalf("Run ended with %v, want a fault", err)
		}
		return e.Code
	case <-time.After(time.Minute):
		t.Fatal("Run goes on")
		return ""
	}
}

func wantLink(t *testing.T, d *client.Display, link feed.Link, why string) {
	t.Helper()
	if l, w := d.Link(); l != link || w != why {
		t.Fatalf("link %s %s, want %s %s", l, w, link, why)
	}
}

// wantBoard compares a display with the server's board, key by key.
func wantBoard(t *testing.T, d *client.Display, b board) {
	t.Helper()
	got, _ := json.Marshal(d.Board())
	want, _ := json.Marshal(b.Live())
	if string(got) != string(want) {
		t.Fatalf("board\n got %s\nwant %s", got, want)
	}
}

// goLive answers a new client until its display is live.
func goLive(t *testing.T, s *server, b board, lifetime time.Duration) *peer {
	t.Helper()
	p := s.accept(t)
	p.welcome(lifetime)
	p.want(`{"type":"subscribe","feed":"region:11"}`)
	p.send(b.reset(feed.ReasonAsked), b.beat())
	return p
}
