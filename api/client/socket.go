package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/coder/websocket"

	"weer/model/fault"
	"weer/model/feed"
)

// open dials, signs in and waits for the welcome.
func (c *Client) open(ctx context.Context, url string) (*session, error) {
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	token, err := c.keys.get(ctx)
	if err != nil {
		return nil, err
	}
	conn, err := c.dial(ctx, url)
	if err != nil {
		return nil, err
	}
	s := &session{c: c, conn: conn, token: token}
	w, err := s.signIn(ctx)
	if err != nil {
		end := s.outcome(err) // the server's own words, when it had any
		conn.CloseNow()
		return nil, &refused{end}
	}
	s.timings = usable(w.Timings)
	s.pingAt = time.Now().Add(time.Duration(s.timings.PingMS) * time.Millisecond)
	s.renewAt = c.keys.accepted(w)
	w.Timings = s.timings
	c.attach(s, w)
	return s, nil
}

// A refused is an outcome on its way as an error.
type refused struct{ outcome }

func (r *refused) Error() string { return r.err.Error() }

func (c *Client) dial(ctx context.Context, url string) (*websocket.Conn, error) {
	conn, resp, err := websocket.Dial(ctx, url, &websocket.DialOptions{
		HTTPClient:      c.opts.HTTPClient,
		Subprotocols:    []string{feed.Protocol},
		CompressionMode: websocket.CompressionNoContextTakeover,
	})
	if err != nil {
		if resp != nil && resp.StatusCode != http.StatusSwitchingProtocols {
			return nil, refusal(resp)
		}
		return nil, fault.Wrap(fault.Unavailable, err, "%s does not answer", url)
	}
	if conn.Subprotocol() != feed.Protocol {
		conn.CloseNow()
		return nil, fault.New(fault.Unavailable, "%s does not speak %s", url, feed.Protocol)
	}
	conn.SetReadLimit(maxFrame)
	return conn, nil
}

func (s *session) signIn(ctx context.Context) (*feed.Welcome, error) {
	if err := s.send(ctx, feed.ClientFrame{Type: feed.TypeAuth, Token: s.token}); err != nil {
		return nil, err
	}
	for {
		frame, err := s.next(ctx)
		if err != nil {
			return nil, err
		}
		switch f := frame.(type) {
		case *feed.Welcome:
			return f, nil
		case *feed.ErrorFrame:
			_ = s.hear(f) // the close that follows ends the wait
		case *feed.Bye:
			s.hearBye(f)
		}
	}
}

// usable replaces timings that a server left out.
func usable(t feed.Timings) feed.Timings {
	if t.PingMS <= 0 || t.LiveMS <= 0 || t.OfflineMS <= 0 {
		return feed.DefaultTimings
	}
	return t
}

// read applies frames until the socket ends.
func (s *session) read(ctx context.Context) error {
	for {
		frame, err := s.next(ctx)
		if err == nil {
			err = s.apply(frame)
		}
		if err != nil {
			return err
		}
	}
}

// next reads one frame; nil for one of a type that is not known.
func (s *session) next(ctx context.Context) (any, error) {
	kind, raw, err := s.conn.Read(ctx)
	if err != nil {
		return nil, err
	}
	if kind != websocket.MessageText {
		return nil, errors.New("the server sent a binary frame")
	}
	if s.c.opts.OnFrame != nil {
		s.c.opts.OnFrame(raw)
	}
	return feed.DecodeServer(raw)
}

func (s *session) apply(frame any) error {
	switch f := frame.(type) {
	case *feed.Reset:
		return s.deliver(f.Feed, f)
	case *feed.Resumed:
		return s.deliver(f.Feed, f)
	case *feed.EventFrame:
		return s.deliver(f.Feed, f)
	case *feed.Beat:
		return s.deliver(f.Feed, f)
	case *feed.Welcome:
		f.Timings = s.timings // those of the socket's first welcome hold
		at := s.c.keys.accepted(f)
		s.mu.Lock()
		s.renewAt, s.renewing = at, false
		s.mu.Unlock()
		s.c.renewed(f)
	case *feed.ErrorFrame:
		return s.hear(f)
	case *feed.Bye:
		s.hearBye(f)
	}
	return nil
}

// deliver gives a frame to its display; one that nobody follows any more is
// dropped.
func (s *session) deliver(name string, frame any) error {
	d := s.c.display(name)
	if d == nil {
		return nil
	}
	ask, proved, err := d.take(frame, time.Now())
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if proved {
		s.mu.Lock()
		s.proved = true
		s.mu.Unlock()
	}
	if ask {
		s.c.rouse()
	}
	return nil
}

// hear takes an error: about a feed it is the display's, else it explains the
// close that follows. A newer token that is refused in band gets a socket of
// its own, while the old one still holds.
func (s *session) hear(f *feed.ErrorFrame) error {
	s.c.log.Warn("the server reports an error", "code", f.Code, "feed", f.Feed, "field", f.Field, "message", f.Message)
	if d := s.c.display(f.Feed); f.Feed != "" && d != nil {
		d.refuse(f, time.Now())
		s.c.rouse()
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.said = f
	if s.renewing && f.Code.Row().Close == 0 {
		return fault.New(fault.Unavailable, "the newer token was refused in band: %s", f.Message)
	}
	return nil
}

func (s *session) hearBye(f *feed.Bye) {
	s.mu.Lock()
	s.bye, s.byeAt = f, time.Now()
	s.mu.Unlock()
	s.c.rouse()
}

// outcome translates the error that ended the socket by the table of close
// codes, with the server's own message and the wait that it asked for.
func (s *session) outcome(err error) outcome {
	s.mu.Lock()
	defer s.mu.Unlock()
	end := failed(err)
	row, known := fault.ByClose(int(websocket.CloseStatus(err)))
	switch {
	case known:
		end.err = fault.New(row.Code, "%s", row.Meaning)
		if s.said != nil && s.said.Code == row.Code {
			end.err = &fault.Error{Code: row.Code, Message: s.said.Message, Field: s.said.Field}
		}
		if row.Action == fault.ActionRetryAfter {
			end.after = leastAfter // when the server does not say how long
		}
	case s.bye != nil:
		end.err = fault.Wrap(s.bye.Code, err, "%s", s.bye.Code.Row().Meaning)
	case s.said != nil && s.said.Code.Row().Close != 0: // its close frame was lost
		end.err = &fault.Error{Code: s.said.Code, Message: s.said.Message, Field: s.said.Field}
	}
	if s.bye != nil {
		asked := time.Duration(s.bye.RetryAfterMS) * time.Millisecond
		end.after = max(0, asked-time.Since(s.byeAt))
	}
	return end
}

// failed is the outcome of an error that no server explained.
func failed(err error) outcome {
	var r *refused
	if errors.As(err, &r) {
		return r.outcome
	}
	var f *retryLater
	if errors.As(err, &f) {
		return outcome{err: f.err, after: f.after}
	}
	var e *fault.Error
	if errors.As(err, &e) {
		return outcome{err: e}
	}
	return outcome{err: fault.Wrap(fault.Unavailable, err, "the connection was lost")}
}

// A retryLater is an HTTP refusal that says how long to wait.
type retryLater struct {
	err   *fault.Error
	after time.Duration
}

func (r *retryLater) Error() string { return r.err.Error() }
func (r *retryLater) Unwrap() error { return r.err }

// A problem is what a server says about an error (RFC 9457); the handshake of a
// proxy may say less.
type problem struct {
	Code    fault.Code    `json:"code"`
	Message string        `json:"message"`
	Detail  string        `json:"detail"`
	Field   string        `json:"field"`
	Errors  []fault.Field `json:"errors"`
}

// refusal reads an HTTP answer that is not what was asked for. A code of the
// table in its body decides what follows; an answer that is not WeER's is
// tried again, proxies come and go.
func refusal(resp *http.Response) error {
	var p problem
	body, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10)) // coder/websocket keeps the first KiB of a refused handshake
	_ = json.Unmarshal(body, &p)                             // no JSON: the status says enough
	e := fault.New(fault.Unavailable, "%s answered %s", resp.Request.URL.Host, resp.Status)
	if known := p.Code != "" && p.Code.Row().Code == p.Code; known {
		e = fault.New(p.Code, "%s", firstOf(p.Detail, p.Message, p.Code.Row().Meaning))
		e.Field, e.Fields = p.Field, p.Errors
	}
	if secs, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && secs > 0 {
		e.RetryAfter = time.Duration(secs) * time.Second
		return &retryLater{e, min(e.RetryAfter, time.Minute)}
	}
	return e
}

func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}
