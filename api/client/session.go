package client

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"github.com/coder/websocket"

	"weer/model/fault"
	"weer/model/feed"
)

const (
	openTimeout  = 10 * time.Second // from the first packet to the welcome
	writeTimeout = 5 * time.Second
	byeTimeout   = 5 * time.Second // a server that said bye closes within this
	closeTimeout = time.Second     // a polite close takes no longer
	renewRetry   = 5 * time.Second // between failed tries to get a token
	leastAfter   = time.Second     // the wait of retry_after when no bye says it
	maxFrame     = 16 << 20        // largest snapshot that is taken
)

// A session is one welcome socket. Its reading goroutine applies frames; the
// goroutine of Run writes what is due, woken by Client.wake or its one timer.
type session struct {
	c       *Client
	conn    *websocket.Conn
	timings feed.Timings
	token   string // the one that was sent last; of the writing goroutine
	pingAt  time.Time

	mu       sync.Mutex
	proved   bool
	said     *feed.ErrorFrame // the last error frame about the connection
	bye      *feed.Bye
	byeAt    time.Time
	renewAt  time.Time // when to fetch a newer token; zero: not
	fetching bool
	fresh    string // a token that came, to be sent
	renewing bool   // one was sent; its welcome, or a refusal, is awaited
}

// connect opens a socket to the URL and serves the displays over it until it ends.
func (c *Client) connect(ctx context.Context, url string) outcome {
	s, err := c.open(ctx, url)
	if err != nil {
		return failed(err)
	}
	// The reading context outlives ctx, for a polite close.
	reading, stop := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan error, 1)
	var hands sync.WaitGroup
	hands.Go(func() { ended <- s.read(reading) })
	end := s.work(ctx, ended, &hands)
	c.detach()
	if ctx.Err() != nil {
		s.leave(stop)
	}
	s.conn.CloseNow()
	stop()
	hands.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	end.proved = s.proved
	return end
}

// work sends what is due until the socket, or ctx, ends.
func (s *session) work(ctx context.Context, ended <-chan error, hands *sync.WaitGroup) outcome {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return failed(ctx.Err())
		case err := <-ended:
			return s.outcome(err)
		case <-s.c.wake:
		case <-timer.C:
		}
		next, err := s.tend(ctx, time.Now(), hands)
		if err != nil {
			return s.outcome(s.verdict(err, ended))
		}
		timer.Reset(time.Until(next))
	}
}

// verdict is why the socket ended after a write or the watchdog failed: the
// close code, when one had come by then.
func (s *session) verdict(err error, ended <-chan error) error {
	s.conn.CloseNow()
	if read := <-ended; websocket.CloseStatus(read) != -1 {
		return read
	}
	return err
}

// tend does everything that is due at now and returns when there is more.
func (s *session) tend(ctx context.Context, now time.Time, hands *sync.WaitGroup) (next time.Time, err error) {
	askAt, err := s.sendDue(ctx, now)
	if err != nil {
		return next, err
	}
	if !now.Before(s.pingAt) {
		if err := s.send(ctx, feed.ClientFrame{Type: feed.TypePing}); err != nil {
			return next, err
		}
		s.pingAt = now.Add(time.Duration(s.timings.PingMS) * time.Millisecond)
	}
	leaveAt, err := s.watchdog(now)
	if err != nil {
		return next, err
	}
	return earliest(s.pingAt, askAt, leaveAt, s.renewal(ctx, now, hands)), nil
}

// sendDue sends a newer token, what is no longer followed and what is asked
// for, and returns when more of that is due.
func (s *session) sendDue(ctx context.Context, now time.Time) (again time.Time, err error) {
	if token := s.takeFresh(); token != "" && token != s.token {
		s.token = token
		if err := s.send(ctx, feed.ClientFrame{Type: feed.TypeAuth, Token: token}); err != nil {
			return again, err
		}
	}
	for _, name := range s.c.takeDropped() {
		if err := s.send(ctx, feed.ClientFrame{Type: feed.TypeUnsubscribe, Feed: name}); err != nil {
			return again, err
		}
	}
	for _, f := range s.c.takeAcks() {
		if err := s.send(ctx, f); err != nil {
			return again, err
		}
	}
	for _, d := range s.c.all() {
		f, due, at := d.asking(now)
		again = earliest(again, at)
		if !due {
			continue
		}
		if err := s.send(ctx, f); err != nil {
			return again, err
		}
	}
	return again, nil
}

func (s *session) takeFresh() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	token := s.fresh
	s.fresh = ""
	s.renewing = token != "" && token != s.token
	return token
}

// watchdog ends a socket that is open and proves nothing, and one whose server
// said bye and did not close. It returns when to look again.
func (s *session) watchdog(now time.Time) (again time.Time, err error) {
	s.mu.Lock()
	if s.bye != nil {
		again = s.byeAt.Add(byeTimeout)
	}
	s.mu.Unlock()
	if !again.IsZero() && !now.Before(again) {
		return again, errLeft
	}
	for _, d := range s.c.all() {
		until, silent := d.patience(s.timings)
		if until.IsZero() || now.Before(until) {
			again = earliest(again, until)
			continue
		}
		if !silent {
			d.disappointed()
		}
		s.mu.Lock()
		s.proved = false // whatever it proved before, the next URL may do better
		s.mu.Unlock()
		return again, fault.New(fault.Unavailable, "%s was not proved for too long; another socket is tried", d.feed)
	}
	return again, nil
}

var errLeft = errors.New("the server said bye and did not close")

// renewal fetches a newer token when it is time, beside the session's work, and
// returns when it will be.
func (s *session) renewal(ctx context.Context, now time.Time, hands *sync.WaitGroup) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fetching || s.renewAt.IsZero() || now.Before(s.renewAt) {
		if s.fetching {
			return time.Time{}
		}
		return s.renewAt
	}
	s.fetching = true
	hands.Go(func() { s.fetch(ctx) })
	return time.Time{}
}

func (s *session) fetch(ctx context.Context) {
	token, err := s.c.keys.get(ctx)
	s.mu.Lock()
	s.fetching = false
	s.fresh, s.renewAt = token, time.Time{}
	if err != nil {
		s.c.log.Warn("no newer token", "err", err)
		s.renewAt = time.Now().Add(renewRetry)
	}
	s.mu.Unlock()
	s.c.rouse()
}

func (s *session) send(ctx context.Context, f feed.ClientFrame) error {
	b, err := json.Marshal(f)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	return s.conn.Write(ctx, websocket.MessageText, b)
}

// leave closes politely, within closeTimeout: a CloseNow would wait for the
// Close, the end of the reading context does not.
func (s *session) leave(stopReading func()) {
	hurry := time.AfterFunc(closeTimeout, stopReading)
	defer hurry.Stop()
	s.conn.Close(websocket.StatusNormalClosure, "")
}

// earliest returns the first of the moments that are set.
func earliest(moments ...time.Time) (first time.Time) {
	for _, m := range moments {
		if !m.IsZero() && (first.IsZero() || m.Before(first)) {
			first = m
		}
	}
	return first
}
