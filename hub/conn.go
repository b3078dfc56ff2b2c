package hub

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/coder/websocket"
	"golang.org/x/time/rate"

	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
)

// A conn is one screen's connection. Its reader (the goroutine of [conn.read])
// owns it: it alone changes subs and ends the connection for good.
type conn struct {
	hub     *Hub
	rate    *rate.Limiter
	writer  errand
	write   func()          // runs the writer; made once so that starting it allocates nothing
	heard   atomic.Int64    // Hub.age of the last frame from the client
	beating atomic.Bool     // beats of all feeds are due
	slot    int             // in the wheel, -1 outside; guarded by wheel.mu
	index   int             // in the slot; guarded by wheel.mu
	ws      *websocket.Conn // reads; set by start
	tap     *tap
	line    line // used by the writer only

	mu      sync.Mutex
	nc      net.Conn // set by start; nil while the handshake runs
	deflate bool     // the client takes deflated frames
	who     model.Principal
	signed  bool
	answers [][]byte // to the client's own frames, not yet sent
	pong    []byte   // the answer to the latest ping of the WebSocket protocol
	subs    []*sub
	ending  *ending // no answer and no event goes out any more
	said    bool    // the ending was handed to the socket
	severed bool    // closed at once, or to be as soon as there is a socket
}

// An ending is how a connection ends: last words, then a close frame.
type ending struct {
	code   fault.Code // to be counted; "" when the client ended it
	words  []byte     // a whole frame, or nothing
	status int
	reason string
}

// maxAnswers bounds what is kept for a client that asks and does not read.
const maxAnswers = 256

func newConn(h *Hub) *conn {
	c := &conn{hub: h, slot: -1, rate: rate.NewLimiter(rate.Limit(h.opt.Limits.FramesPerSec), h.opt.Limits.FramesBurst)}
	c.write = func() { c.writer.run(c.writing) }
	return c
}

// start gives the connection its socket and its reader.
func (c *conn) start(ws *websocket.Conn, t *tap, deflate bool) {
	ws.SetReadLimit(-1) // receive has its own, with the error that the table names
	c.ws, c.tap = ws, t
	c.line = line{nc: t.Conn, patience: c.hub.opt.Bounds.StalledAfter}
	c.heard.Store(int64(c.hub.age()))
	c.mu.Lock()
	c.nc, c.deflate = t.Conn, deflate
	switch {
	case c.severed:
		_ = c.nc.Close()
	case c.ending != nil:
		c.deadline(c.hub.opt.Bounds.CloseWithin)
	case !c.signed:
		c.deadline(c.hub.opt.Bounds.AuthWithin)
	default:
		c.hub.wheel.join(c)
	}
	c.mu.Unlock()
	c.kick()
	go c.read()
}

// deadline lets the reader's Read return after d; 0 lets it wait. c.mu is held.
func (c *conn) deadline(d time.Duration) {
	if c.nc == nil {
		return
	}
	var at time.Time
	if d > 0 {
		at = time.Now().Add(d)
	}
	_ = c.nc.SetReadDeadline(at) // fails only on a closed socket, as the read will
}

// read is the connection's one parked goroutine. It takes one frame and leaves
// the next to a new goroutine: a stack that was used for inflating, decoding
// and answering stays large for as long as its goroutine waits (8 KB), one that
// has only waited is small (4 KB), and waiting is what a connection mostly does.
func (c *conn) read() {
	if c.converse() {
		go c.read()
		return
	}
	c.linger()
	c.leave()
}

// converse takes one frame and tells whether there may be another.
func (c *conn) converse() (more bool) {
	defer c.hub.contain("reading", c.broken)
	f, err := c.receive()
	if err == nil {
		err = c.obey(f)
	}
	if c.over() || errors.Is(err, errGone) {
		return false
	}
	return err == nil || !c.fail(c.strict(err), f.Feed)
}

// broken ends a connection after a panic.
func (c *conn) broken() {
	c.fail(fault.New(fault.Internal, "something went wrong on our side; connect again"), "")
}

// strict turns what would only be an error frame into the end for a client
// that has not signed in: it has one frame, and that must be auth.
func (c *conn) strict(err error) error {
	e := fault.Public(err)
	if c.isSigned() || e.Code.Row().Close != 0 {
		return err
	}
	if e.Code == fault.Unavailable || e.Code == fault.Timeout {
		return fault.Wrap(fault.Overloaded, err, "signing in is not possible now; connect again in a moment")
	}
	return &fault.Error{Code: fault.AuthRequired, Field: e.Field, Message: "the first frame must be auth: " + e.Message, Cause: err}
}

// errGone tells that there is nobody left to answer.
var errGone = errors.New("the client is gone")

// receive waits for a frame. An error is a fault that fail answers, or errGone.
func (c *conn) receive() (f feed.ClientFrame, err error) {
	kind, r, err := c.ws.Reader(context.Background())
	if err != nil {
		return f, c.judge(err)
	}
	c.heard.Store(int64(c.hub.age()))
	if !c.rate.Allow() {
		return f, fault.New(fault.TooManyFrames, "at most %d frames a second, %d at once", c.hub.opt.Limits.FramesPerSec, c.hub.opt.Limits.FramesBurst)
	}
	if kind != websocket.MessageText {
		return f, fault.New(fault.NotText, "frames of weer.v1 are JSON text")
	}
	room := c.hub.buffers.Get().(*[]byte)
	defer c.hub.buffers.Put(room)
	limit := c.frameLimit()
	n, err := io.ReadFull(r, (*room)[:limit+1])
	switch {
	case err == nil:
		return f, fault.New(fault.FrameTooBig, "a frame has at most %d bytes", limit)
	case !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF), c.tap.err != nil:
		return f, c.judge(err)
	case !utf8.Valid((*room)[:n]):
		return f, fault.New(fault.BadUTF8, "the frame's text is not UTF-8")
	}
	return feed.DecodeClient((*room)[:n])
}

func (c *conn) frameLimit() int {
	if c.isSigned() {
		return c.hub.opt.Limits.FrameBytes
	}
	return c.hub.opt.Bounds.AuthBytes
}

// judge says what a failed read means: the client closed, the network or a
// deadline ended it, or the bytes were no frames of RFC 6455.
func (c *conn) judge(err error) error {
	if status := websocket.CloseStatus(err); status != -1 {
		c.end(ending{status: int(status)})
		return errGone
	}
	if c.tap.err == nil {
		return fault.Wrap(fault.BadFrame, err, "these bytes are no frames of the WebSocket protocol")
	}
	if errors.Is(c.tap.err, os.ErrDeadlineExceeded) && !c.isSigned() {
		return fault.New(fault.AuthRequired, "no auth frame came within %v", c.hub.opt.Bounds.AuthWithin)
	}
	return errGone
}

// pinged answers a ping of the WebSocket protocol in the way of all answers;
// it counts as a frame. coder/websocket is told not to answer itself.
func (c *conn) pinged(_ context.Context, payload []byte) bool {
	if !c.rate.Allow() {
		c.fail(fault.New(fault.TooManyFrames, "too many pings"), "")
		return false
	}
	frame := rawFrame(opPong, payload)
	c.mu.Lock()
	c.pong = frame // RFC 6455 5.5.3: only the latest needs an answer
	c.mu.Unlock()
	c.kick()
	return false
}

// fail answers an error as the table says and tells whether that ended the
// connection. The first end counts; what comes after it is not heard any more.
func (c *conn) fail(err error, feedName string) (ended bool) {
	e := fault.Public(err)
	if e.Code == fault.Internal || e.Code == fault.Unavailable {
		c.hub.opt.Log.Warn("hub: a frame failed", "code", e.Code, "feed", feedName, "error", err)
	}
	words := textFrame(feed.ErrorFrame{Type: feed.TypeError, Code: e.Code, Message: e.Message, Field: e.Field, Feed: feedName})
	row := e.Code.Row()
	if row.Close != 0 {
		return c.end(ending{code: e.Code, words: words, status: row.Close, reason: string(e.Code)})
	}
	c.hub.counters.errors.add(e.Code)
	return c.answer(words)
}

// answer sends a frame in order with all other answers. A client that asks and
// never reads is ended when too many wait.
func (c *conn) answer(frame []byte) (ended bool) {
	c.mu.Lock()
	full := len(c.answers) >= maxAnswers
	if !full && c.ending == nil {
		c.answers = append(c.answers, frame)
	}
	c.mu.Unlock()
	if full {
		return c.fail(fault.New(fault.Stalled, "answers wait and none is read"), "")
	}
	c.kick()
	return false
}

// end lets the connection end with e, unless it is ending already. From now on
// nothing but e is sent, and the reader lets go when the client hangs up or
// CloseWithin is over.
func (c *conn) end(e ending) bool {
	c.mu.Lock()
	first := c.ending == nil && !c.severed
	if first {
		c.ending = &e
		c.deadline(c.hub.opt.Bounds.CloseWithin)
		if e.code != "" {
			c.hub.counters.closed(e.code) // before a writer can tell the client
		}
	}
	c.mu.Unlock()
	if first {
		c.kick()
	}
	return first
}

// linger reads what the client still sends, so that the kernel does not throw
// away our last words with a reset, until it hangs up or the deadline comes.
func (c *conn) linger() {
	if c.over() {
		_, _ = io.Copy(io.Discard, c.tap.Conn)
	}
}

// leave ends the connection for good; the reader's last act.
func (c *conn) leave() {
	c.hub.wheel.part(c)
	c.cut()
	c.writer.retire()
	c.mu.Lock()
	subs, signed := c.subs, c.signed
	c.subs, c.answers = nil, nil
	c.mu.Unlock()
	for _, s := range subs {
		s.release()
	}
	_ = c.ws.CloseNow() // gives its buffers back; the socket is ours and closed
	c.hub.forget(c, signed)
}

// cut closes the socket at once, without a word.
func (c *conn) cut() {
	c.mu.Lock()
	c.severed = true
	if c.nc != nil {
		_ = c.nc.Close()
	}
	c.mu.Unlock()
}

func (c *conn) over() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ending != nil
}

func (c *conn) isSigned() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.signed
}

func (c *conn) is(match func(model.Principal) bool) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.signed && match(c.who)
}
