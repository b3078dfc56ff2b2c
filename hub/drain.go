package hub

import (
	"context"
	"math/rand/v2"
	"time"

	"weer/model/fault"
	"weer/model/feed"
)

// Drain ends all connections politely: new ones are refused at once, those that
// are get their bye spread evenly over the window, in random order, each with a
// random time to wait, so that the nodes that remain are not stormed. It
// returns when the last has gone. When ctx ends before, what is left is cut and
// the context's error returned.
func (h *Hub) Drain(ctx context.Context, window time.Duration) error {
	conns := h.shut()
	rand.Shuffle(len(conns), func(i, j int) { conns[i], conns[j] = conns[j], conns[i] })
	start := time.Now()
	for i, c := range conns {
		if !sleepUntil(ctx, start.Add(window*time.Duration(i)/time.Duration(len(conns)))) {
			break
		}
		c.bye(window)
	}
	select {
	case <-h.deserted:
		return nil
	case <-ctx.Done():
		for _, c := range h.all() {
			h.counters.closed(fault.GoingAway)
			c.cut()
		}
		return ctx.Err()
	}
}

// bye ends the connection with the announcement of a restart. A client that
// has not signed in is told nothing but the close code.
func (c *conn) bye(window time.Duration) {
	e := ending{code: fault.Restarting, status: fault.Restarting.Row().Close, reason: string(fault.Restarting)}
	if c.isSigned() {
		e.words = textFrame(feed.Bye{Type: feed.TypeBye, Code: fault.Restarting, RetryAfterMS: rand.Int64N(window.Milliseconds() + 1)})
	}
	c.end(e)
}

// sleepUntil tells whether the moment came before the context's end.
func sleepUntil(ctx context.Context, at time.Time) bool {
	d := time.Until(at)
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
