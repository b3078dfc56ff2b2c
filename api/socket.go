package api

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"runtime/debug"
	"strconv"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/adaptor"

	"weer/model/fault"
)

// This file hands a Fiber connection to a plain http.Handler, which never hears
// of Fiber. fasthttp's own bridge cannot: its writer is no Hijacker.
//
// The upgrade runs through Fiber's routing and middleware, then fasthttp gives
// up the connection ("hijack"). Its hijacked connection would keep a request
// context and a 4 KiB reader as long as the socket lives; so the real one is
// taken out, the bytes that were already read are kept, and fasthttp's callback
// returns at once: KeepHijackedConns makes it free everything but the
// connection. An idle socket then holds the small buffers below, and what the
// hub keeps.

const (
	// Buffers of a socket. A frame that is larger than the writer's costs one
	// more system call; clients' frames are small.
	readBuffer  = 512
	writeBuffer = 1024 + 14 // the usual frame and the longest header of one

	handshakeTime = 5 * time.Second        // to write the answer to an upgrade
	lingerTime    = 500 * time.Millisecond // for a refused client to read why, before the reset that unread bytes cause
)

// sockets counts the goroutines that hand connections to the hub, so that
// somebody can wait for them.
type sockets struct {
	hub http.Handler
	log *slog.Logger

	mu     sync.Mutex
	open   int
	ending chan struct{} // not nil: no more are taken; closed when none is open
}

// hand gives the connection of an upgrade, or of what should have been one, to
// the hub.
func (s *sockets) hand(c *fiber.Ctx) error {
	r, err := detach(c)
	if err != nil {
		return err
	}
	c.Status(fiber.StatusSwitchingProtocols) // for the middleware; the hub writes the real answer
	c.Context().HijackSetNoResponse(true)
	c.Context().Hijack(func(hijacked net.Conn) { s.take(hijacked, r) })
	return nil
}

// take runs in a goroutine of fasthttp and returns at once.
func (s *sockets) take(hijacked net.Conn, r *http.Request) {
	conn := hijacked.(interface{ UnsafeConn() net.Conn }).UnsafeConn()
	early, err := buffered(hijacked)
	if err != nil || !s.enter() {
		_ = conn.Close() // nobody is there to be told
		return
	}
	go s.serve(conn, early, r)
}

// buffered takes what fasthttp read beyond the request: frames of a client that
// did not wait for our answer. With a deadline in the past its reader yields
// what it holds and then fails without touching the connection.
func buffered(hijacked net.Conn) ([]byte, error) {
	if err := hijacked.SetReadDeadline(time.Unix(1, 0)); err != nil {
		return nil, err
	}
	early, _ := io.ReadAll(hijacked)
	return early, hijacked.SetReadDeadline(time.Time{})
}

func (s *sockets) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ending != nil {
		return false
	}
	s.open++
	return true
}

func (s *sockets) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open--; s.open == 0 && s.ending != nil {
		close(s.ending)
	}
}

func (s *sockets) wait(ctx context.Context) error {
	s.mu.Lock()
	if s.ending == nil {
		if s.ending = make(chan struct{}); s.open == 0 {
			close(s.ending)
		}
	}
	ending := s.ending
	s.mu.Unlock()
	select {
	case <-ending:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// serve lets the hub serve one upgrade. Fiber's recover does not reach here, and
// a panic would end the process and every screen with it.
func (s *sockets) serve(conn net.Conn, early []byte, r *http.Request) {
	defer s.leave()
	w := &upgrade{conn: conn, early: early, header: http.Header{}}
	defer func() {
		if reason := recover(); reason != nil {
			s.log.Error("a socket panicked", "panic", reason, "stack", string(debug.Stack()))
			_ = conn.Close()
		}
	}()
	s.hub.ServeHTTP(w, r)
	w.finish()
}

// upgrade is the hub's ResponseWriter: it becomes a socket by Hijack, or says
// why not and closes.
type upgrade struct {
	conn     net.Conn
	early    []byte
	header   http.Header
	status   int
	body     bytes.Buffer // of a refusal
	hijacked bool
}

// Header, WriteHeader and Write are those of http.ResponseWriter. Nothing is
// sent before Hijack or the end of the handler.
func (w *upgrade) Header() http.Header { return w.header }

func (w *upgrade) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

func (w *upgrade) Write(b []byte) (int, error) {
	if w.hijacked {
		return 0, http.ErrHijacked
	}
	w.WriteHeader(http.StatusOK)
	return w.body.Write(b)
}

// Hijack sends the answer that WriteHeader began (101 and its headers) and gives
// the connection away, with what the client has already sent in the reader.
func (w *upgrade) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	if w.hijacked {
		return nil, nil, http.ErrHijacked
	}
	w.hijacked = true
	if w.status != 0 {
		if err := w.send(nil); err != nil {
			_ = w.conn.Close()
			return nil, nil, err
		}
	}
	return w.conn, bufio.NewReadWriter(w.reader(), bufio.NewWriterSize(w.conn, writeBuffer)), nil
}

// reader holds the early bytes in its buffer: whoever takes over looks there and
// then reads from the connection.
func (w *upgrade) reader() *bufio.Reader {
	if len(w.early) == 0 {
		return bufio.NewReaderSize(w.conn, readBuffer)
	}
	early := w.early
	w.early = nil
	br := bufio.NewReaderSize(io.MultiReader(bytes.NewReader(early), w.conn), max(readBuffer, len(early)))
	_, _ = br.Peek(len(early)) // cannot fail: they are at hand
	return br
}

// send writes status, headers and body in one write.
func (w *upgrade) send(body []byte) error {
	var b bytes.Buffer
	b.WriteString("HTTP/1.1 " + strconv.Itoa(w.status) + " " + http.StatusText(w.status) + "\r\n")
	_ = w.header.Write(&b) // a Buffer takes everything
	b.WriteString("\r\n")
	b.Write(body)
	if err := w.conn.SetWriteDeadline(time.Now().Add(handshakeTime)); err != nil {
		return err
	}
	if _, err := w.conn.Write(b.Bytes()); err != nil {
		return err
	}
	return w.conn.SetWriteDeadline(time.Time{})
}

// finish ends a request that did not become a socket: the refusal, a moment for
// the client to read it, the end.
func (w *upgrade) finish() {
	if w.hijacked {
		return
	}
	defer w.conn.Close()
	w.WriteHeader(http.StatusOK)
	w.header.Set("Connection", "close")
	w.header.Set("Content-Length", strconv.Itoa(w.body.Len()))
	w.header.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	if err := w.send(w.body.Bytes()); err != nil {
		return
	}
	if half, ok := w.conn.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
		_ = w.conn.SetReadDeadline(time.Now().Add(lingerTime))
		_, _ = io.CopyN(io.Discard, w.conn, bodyLimit)
	}
}

// detach copies a request for net/http. Nothing of it aliases fasthttp's
// buffers, which are used again when the handler returns, and repeated headers
// stay repeated (Fiber's adaptor does neither). Its context has the request's
// values but not its deadline: a socket outlives it.
func detach(c *fiber.Ctx) (*http.Request, error) {
	in := c.Request()
	uri := string(in.RequestURI())
	u, err := url.ParseRequestURI(uri)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the request's target is no path")
	}
	major, minor, ok := http.ParseHTTPVersion(string(in.Header.Protocol()))
	if !ok {
		return nil, fault.New(fault.Invalid, "the protocol is no HTTP")
	}
	body := bytes.Clone(in.Body())
	r := &http.Request{
		Method: c.Method(), RequestURI: uri, URL: u,
		Proto: string(in.Header.Protocol()), ProtoMajor: major, ProtoMinor: minor,
		Header: http.Header{}, Host: string(in.Header.Host()), RemoteAddr: c.Context().RemoteAddr().String(),
		Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)),
		TLS: c.Context().TLSConnectionState(),
	}
	for k, v := range in.Header.All() {
		if name := string(k); name != fiber.HeaderHost {
			r.Header.Add(name, string(v))
		}
	}
	return r.WithContext(context.WithoutCancel(c.UserContext())), nil
}

// mount serves a handler of net/http under a prefix. Its answer is buffered.
func mount(prefix string, h http.Handler) fiber.Handler {
	h = http.StripPrefix(prefix, h)
	return func(c *fiber.Ctx) error {
		r, err := detach(c)
		if err != nil {
			return err
		}
		r = r.WithContext(c.UserContext())
		return adaptor.HTTPHandlerFunc(func(w http.ResponseWriter, _ *http.Request) { h.ServeHTTP(w, r) })(c)
	}
}
