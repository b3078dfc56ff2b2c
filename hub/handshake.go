package hub

import (
	"bufio"
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"

	"github.com/coder/websocket"

	"weer/model/fault"
	"weer/model/feed"
)

// Buffers of a socket in bytes: the reader's holds the usual frame of a client,
// the writer's is never used, because nothing but the hub writes.
const (
	readBuffer  = 512
	writeBuffer = 16
)

// ServeHTTP turns an upgrade into a screen and returns after the handshake; the
// socket lives on in its own goroutine. A refusal is an RFC 9457 problem.
func (h *Hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	up := &upgrade{ResponseWriter: w}
	if err := h.open(up, r); err != nil {
		h.refuse(up, err)
	}
}

func (h *Hub) open(up *upgrade, r *http.Request) error {
	if err := h.suits(up, r); err != nil {
		return err
	}
	c := newConn(h)
	if err := h.register(c); err != nil {
		return err
	}
	done := false
	defer func() {
		if !done { // refused, or a panic of the authenticator
			h.forget(c, c.isSigned())
		}
	}()
	if token, ok := bearer(r); ok {
		if err := c.signIn(r.Context(), token); err != nil {
			return err
		}
		c.welcome()
	}
	ws, err := websocket.Accept(up, r, &websocket.AcceptOptions{
		Subprotocols:    []string{feed.Protocol},
		OriginPatterns:  h.opt.Origins,
		CompressionMode: websocket.CompressionNoContextTakeover,
		OnPingReceived:  c.pinged,
	})
	if err != nil {
		return up.refusal(err)
	}
	done = true
	c.start(ws, up.tap, up.deflate)
	return nil
}

// suits tells whether this hub can serve the request at all. What is no
// upgrade is left to Accept, which knows the right status.
func (h *Hub) suits(up *upgrade, r *http.Request) error {
	if h.opt.Follower.Facts().Epoch == "" {
		return fault.New(fault.Unavailable, "this node has not reached its database yet; try again in a moment")
	}
	if hasToken(r.Header, "Upgrade", "websocket") && !hasToken(r.Header, "Sec-WebSocket-Protocol", feed.Protocol) {
		up.status = http.StatusBadRequest
		return &fault.Error{Code: fault.Invalid, Field: "Sec-WebSocket-Protocol", Message: "ask for the subprotocol " + feed.Protocol}
	}
	return nil
}

func hasToken(head http.Header, name, want string) bool {
	for _, line := range head.Values(name) {
		for token := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.TrimSpace(token), want) {
				return true
			}
		}
	}
	return false
}

// bearer returns the token of a program that sends it in the handshake.
func bearer(r *http.Request) (string, bool) {
	scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	token = strings.TrimSpace(token)
	return token, ok && strings.EqualFold(scheme, "Bearer") && token != ""
}

// An upgrade stands between coder/websocket and the server's writer: it keeps
// refusals back, so that they become problems, and gives the socket away with
// small buffers and a tap on it.
type upgrade struct {
	http.ResponseWriter
	status  int // of a refusal
	tap     *tap
	deflate bool
}

// WriteHeader lets the upgrade pass and keeps a refusal.
func (u *upgrade) WriteHeader(status int) {
	if status == http.StatusSwitchingProtocols {
		u.ResponseWriter.WriteHeader(status)
		return
	}
	u.status = status
}

// Write drops the text of a refusal.
func (u *upgrade) Write(p []byte) (int, error) { return len(p), nil }

// Hijack takes the socket over.
func (u *upgrade) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	nc, rw, err := http.NewResponseController(u.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	u.deflate = strings.HasPrefix(u.Header().Get("Sec-WebSocket-Extensions"), "permessage-deflate")
	early, _ := rw.Reader.Peek(rw.Reader.Buffered()) // cannot fail: they are there
	u.tap = &tap{Conn: nc, early: bytes.Clone(early)}
	return u.tap, bufio.NewReadWriter(bufio.NewReaderSize(u.tap, readBuffer), bufio.NewWriterSize(u.tap, writeBuffer)), nil
}

// refusal turns coder/websocket's refusal into a fault.
func (u *upgrade) refusal(err error) error {
	switch u.status {
	case http.StatusForbidden:
		return fault.Wrap(fault.ForeignOrigin, err, "pages of this Origin may not connect here")
	case http.StatusMethodNotAllowed:
		return fault.Wrap(fault.MethodNotAllowed, err, "a WebSocket begins with GET")
	case http.StatusBadRequest, http.StatusUpgradeRequired:
		return fault.Wrap(fault.Invalid, err, "this address speaks WebSocket, subprotocol %s", feed.Protocol)
	}
	return err
}

// refuse answers with a problem.
func (h *Hub) refuse(u *upgrade, err error) {
	e := fault.Public(err)
	h.counters.refused.add(e.Code)
	if e.Code == fault.Internal {
		h.opt.Log.Error("hub: a handshake failed", "error", err)
	}
	status := e.Code.Row().HTTP
	if u.status == http.StatusBadRequest || u.status == http.StatusUpgradeRequired {
		status = u.status
	}
	if u.tap != nil { // the socket is not the server's any more
		_ = u.tap.Conn.Close()
		return
	}
	w := u.ResponseWriter
	head := w.Header()
	head.Set("Content-Type", "application/problem+json")
	if status == http.StatusServiceUnavailable {
		head.Set("Retry-After", strconv.Itoa(1+rand.IntN(5)))
	}
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(problem{
		Type: "about:blank", Title: http.StatusText(status), Status: status,
		Detail: e.Message, Code: e.Code, Field: e.Field,
	}) // a client that left does not need its refusal
}

type problem struct {
	Type   string     `json:"type"`
	Title  string     `json:"title"`
	Status int        `json:"status"`
	Detail string     `json:"detail"`
	Code   fault.Code `json:"code"`
	Field  string     `json:"field,omitempty"`
}
