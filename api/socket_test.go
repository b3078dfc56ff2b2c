package api

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

const upgradeRequest = "GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: echo\r\n"

// echo is a hub that sends back what it gets. It knows nothing of Fiber.
type echo struct {
	seen    func(*http.Request)
	entered func()
}

func (e echo) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if e.seen != nil {
		e.seen(r)
	}
	switch r.Header.Get("X-Hub") {
	case "refuse":
		w.Header().Set("X-Why", "full")
		http.Error(w, "too many sockets", http.StatusServiceUnavailable)
		return
	case "silent":
		return
	case "panic":
		panic("before the handshake")
	}
	if r.Header.Get("Upgrade") != "echo" {
		http.Error(w, "this is a socket", http.StatusUpgradeRequired)
		return
	}
	w.Header().Set("Connection", "Upgrade")
	w.Header().Set("Upgrade", "echo")
	w.WriteHeader(http.StatusSwitchingProtocols)
	conn, rw, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	if r.Header.Get("X-Hub") == "panic later" {
		panic("after the handshake")
	}
	defer conn.Close()
	if e.entered != nil {
		e.entered()
	}
	early, _ := rw.Reader.Peek(rw.Reader.Buffered())
	if _, err := conn.Write(early); err == nil {
		_, _ = io.Copy(conn, struct{ io.Reader }{conn}) // without buffers of its own
	}
}

// opened reads the answer to an upgrade and fails unless it is 101.
func (h *harness) opened(r *bufio.Reader) {
	h.t.Helper()
	res, err := http.ReadResponse(r, nil)
	if err != nil || res.StatusCode != http.StatusSwitchingProtocols || res.Header.Get("Upgrade") != "echo" {
		h.t.Fatalf("the upgrade was answered %+v, %v", res, err)
	}
}

func (h *harness) echoes(conn net.Conn, r *bufio.Reader, text string) {
	h.t.Helper()
	if conn != nil {
		if _, err := io.WriteString(conn, text); err != nil {
			h.t.Fatal(err)
		}
	}
	got := make([]byte, len(text))
	if _, err := io.ReadFull(r, got); err != nil || string(got) != text {
		h.t.Fatalf("sent %.60q, got back %.60q, %v", text, got, err)
	}
}

func TestASocketIsHandedOver(t *testing.T) {
	h := serve(t, everything())
	long := strings.Repeat("0123456789", 400) // more than the reader's buffer
	for name, text := range map[string]string{
		"at once":                      upgradeRequest + "\r\n",
		"frames before the answer":     upgradeRequest + "\r\nfirst",
		"a long one before the answer": upgradeRequest + "\r\n" + long,
		"behind a request":             "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n" + upgradeRequest + "\r\n" + long,
	} {
		t.Run(name, func(t *testing.T) {
			conn, r := h.raw(text)
			if strings.HasPrefix(text, "GET /livez") {
				res, err := http.ReadResponse(r, nil)
				if err != nil {
					t.Fatal(err)
				}
				_, _ = io.Copy(io.Discard, res.Body)
				res.Body.Close()
			}
			h.opened(r)
			_, early, _ := strings.Cut(text, "Upgrade: echo\r\n\r\n")
			h.echoes(nil, r, early)
			h.echoes(conn, r, "and then "+long)
		})
	}
}

func TestASocketOnAConnectionThatWasKept(t *testing.T) {
	h := serve(t, everything())
	conn, r := h.raw("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
	res, err := http.ReadResponse(r, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, res.Body)
	res.Body.Close()
	if _, err := io.WriteString(conn, upgradeRequest+"\r\n"); err != nil {
		t.Fatal(err)
	}
	h.opened(r)
	h.echoes(conn, r, "hello")
}

func TestARefusedUpgradeSaysWhy(t *testing.T) {
	h := serve(t, everything())
	for name, tc := range map[string]struct {
		text   string
		status int
		body   string
	}{
		"refused":                        {upgradeRequest + "X-Hub: refuse\r\n\r\n", 503, "too many sockets\n"},
		"refused with frames on the way": {upgradeRequest + "X-Hub: refuse\r\n\r\n" + strings.Repeat("x", 20_000), 503, "too many sockets\n"},
		"no upgrade":                     {"GET /ws HTTP/1.1\r\nHost: localhost\r\n\r\n", 426, "this is a socket\n"},
		"no answer":                      {upgradeRequest + "X-Hub: silent\r\n\r\n", 200, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, r := h.raw(tc.text)
			res, err := http.ReadResponse(r, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			body, err := io.ReadAll(res.Body)
			if err != nil || res.StatusCode != tc.status || string(body) != tc.body || !res.Close || res.ContentLength != int64(len(tc.body)) {
				t.Errorf("%s %q %v, %v", res.Status, body, res.Header, err)
			}
			if name == "refused" && res.Header.Get("X-Why") != "full" {
				t.Error("the hub's header was lost")
			}
			if _, err := r.ReadByte(); !errors.Is(err, io.EOF) {
				t.Errorf("the connection was not closed: %v", err)
			}
		})
	}
}

func TestAPanicEndsOneSocket(t *testing.T) {
	h := serve(t, everything())
	other, otherReader := h.raw(upgradeRequest + "\r\n")
	h.opened(otherReader)
	for _, when := range []string{"panic", "panic later"} {
		_, r := h.raw(upgradeRequest + "X-Hub: " + when + "\r\n\r\n")
		if rest, err := io.ReadAll(r); err != nil || when == "panic" && len(rest) > 0 {
			t.Errorf("%s: %q, %v", when, rest, err)
		}
	}
	h.echoes(other, otherReader, "still here")
	if log := h.log.String(); strings.Count(log, "a socket panicked") != 2 || !strings.Contains(log, "before the handshake") || !strings.Contains(log, "socket_test.go") {
		t.Errorf("the log does not tell: %s", log)
	}
}

// fasthttp uses its buffers for the next request; what the hub keeps of the
// first must not change under it.
func TestARequestKeptIsNotOverwritten(t *testing.T) {
	kept := make(chan *http.Request, 1)
	o := everything()
	o.Socket = echo{seen: func(r *http.Request) {
		select {
		case kept <- r:
		default:
		}
	}}
	h := serve(t, o)
	_, r := h.raw("GET /ws?from=aaaaaaaaaaaaaaaaaaaa HTTP/1.1\r\nHost: aaaaaaaaaaaaaaaaaaaa\r\nX-Twice: one\r\nX-Twice: two\r\n" +
		"User-Agent: aaaaaaaaaaaaaaaaaaaa\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
	h.opened(r)
	req := <-kept
	var others sync.WaitGroup
	for range 8 {
		others.Go(func() {
			for range 50 {
				h.ask("GET", "/livez?from=bbbbbbbbbbbbbbbbbbbb", "", "User-Agent", "bbbbbbbbbbbbbbbbbbbb", "Host", "bbbbbbbbbbbbbbbbbbbb", "X-Twice", "bbb")
			}
		})
	}
	others.Wait()
	if req.Host != "aaaaaaaaaaaaaaaaaaaa" || req.URL.Query().Get("from") != req.Host || req.UserAgent() != req.Host ||
		req.RequestURI != "/ws?from="+req.Host || strings.Join(req.Header["X-Twice"], "+") != "one+two" || req.Header.Get("Host") != "" {
		t.Errorf("it now says %s %s %v", req.Host, req.RequestURI, req.Header)
	}
	if _, has := req.Context().Deadline(); has || req.Context().Err() != nil {
		t.Error("the socket lives under the request's deadline")
	}
}

func TestAThousandSocketsLeaveNothing(t *testing.T) {
	h := serve(t, everything())
	wave := func() {
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				for range 50 {
					conn, r := h.raw(upgradeRequest + "\r\nx")
					h.opened(r)
					h.echoes(nil, r, "x")
					conn.Close()
				}
			})
		}
		all.Wait()
	}
	wave() // fills fasthttp's pools
	h.untilNoneIsOpen()
	before, goroutines := heap(), runtime.NumGoroutine()
	wave()
	h.untilNoneIsOpen()
	if after := heap(); after > before+2<<20 {
		t.Errorf("a thousand sockets left %d KB", (after-before)>>10)
	}
	if n := runtime.NumGoroutine(); n > goroutines+40 { // fasthttp keeps workers for ten seconds
		t.Errorf("%d goroutines, %d before", n, goroutines)
	}
}

func heap() uint64 {
	runtime.GC()
	runtime.GC() // the second empties what pools still held
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func (h *harness) untilNoneIsOpen() {
	h.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; runtime.Gosched() {
		h.sockets.mu.Lock()
		open := h.sockets.open
		h.sockets.mu.Unlock()
		if open == 0 {
			return
		}
		if time.Now().After(deadline) {
			h.t.Fatalf("%d sockets are still open", open)
		}
	}
}

func TestSocketsOutliveTheListener(t *testing.T) {
	entered := make(chan struct{})
	o := everything()
	o.Socket = echo{entered: func() { close(entered) }}
	h := serve(t, o)
	conn, r := h.raw(upgradeRequest + "\r\n")
	h.opened(r)
	<-entered
	if err := h.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if c, err := net.Dial("tcp", h.addr); err == nil {
		c.Close()
		t.Error("a connection was taken after Shutdown")
	}
	h.echoes(conn, r, "still here")
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := h.Wait(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("Wait returned %v while a socket was open", err)
	}
	conn.Close()
	if err := h.Wait(t.Context()); err != nil {
		t.Error(err)
	}
	near, far := net.Pipe()
	h.sockets.take(unsafeConn{near}, &http.Request{})
	if _, err := far.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("a socket was taken after Wait: %v", err)
	}
}

func TestShutdownBeforeServe(t *testing.T) {
	s := New(Options{Log: slog.New(slog.DiscardHandler)})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Serve(ln); err != nil {
		t.Fatal(err)
	}
	if _, err := ln.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("the listener is still open: %v", err)
	}
}

// unsafeConn looks like the connection that fasthttp gives to a callback.
type unsafeConn struct{ net.Conn }

func (c unsafeConn) UnsafeConn() net.Conn { return c.Conn }

func TestHijackHappensOnce(t *testing.T) {
	near, far := net.Pipe()
	defer far.Close()
	w := &upgrade{conn: near, header: http.Header{}}
	if _, _, err := w.Hijack(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.Hijack(); !errors.Is(err, http.ErrHijacked) {
		t.Errorf("hijacked twice: %v", err)
	}
	if _, err := w.Write([]byte("x")); !errors.Is(err, http.ErrHijacked) {
		t.Errorf("wrote after it: %v", err)
	}
	w.finish()
	gone := &upgrade{conn: near, header: http.Header{}}
	near.Close()
	gone.WriteHeader(http.StatusSwitchingProtocols)
	if _, _, err := gone.Hijack(); err == nil {
		t.Error("a handshake to nobody succeeded")
	}
}

func BenchmarkHandover(b *testing.B) {
	s := New(Options{Socket: echo{}, Log: slog.New(slog.DiscardHandler)})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve(ln) }()
	for b.Loop() {
		conn, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			b.Fatal(err)
		}
		_, _ = io.WriteString(conn, upgradeRequest+"\r\n")
		if _, err := bufio.NewReader(conn).ReadString('\n'); err != nil {
			b.Fatal(err)
		}
		conn.Close()
	}
	if err := errors.Join(s.Shutdown(b.Context()), s.Wait(b.Context()), <-served); err != nil {
		b.Fatal(err)
	}
}
