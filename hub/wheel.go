package hub

import (
	"context"
	"sync"
	"time"

	"weer/model/fault"
)

// spokes is into how many turns a beat's interval is divided: every connection
// has its own, so that the work is spread and no connection needs a timer.
const spokes = 100

// A wheel holds the signed-in connections, each at the spoke of its turn.
type wheel struct {
	mu     sync.Mutex
	spokes [spokes][]*conn
	next   int // the spoke of the next connection
}

func newWheel() *wheel { return new(wheel) }

func (w *wheel) join(c *conn) {
	w.mu.Lock()
	c.slot, c.index = w.next, len(w.spokes[w.next])
	w.spokes[c.slot] = append(w.spokes[c.slot], c)
	w.next = (w.next + 1) % spokes
	w.mu.Unlock()
}

// part takes a connection off; one that is not on the wheel stays so.
func (w *wheel) part(c *conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if c.slot < 0 {
		return
	}
	spoke := w.spokes[c.slot]
	last := len(spoke) - 1
	spoke[c.index] = spoke[last]
	spoke[c.index].index = c.index
	spoke[last] = nil
	w.spokes[c.slot], c.slot = spoke[:last], -1
}

// at copies a spoke into room.
func (w *wheel) at(spoke int, room []*conn) []*conn {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append(room[:0], w.spokes[spoke]...)
}

// turn turns the wheel, once round in each interval of beats, until ctx ends.
// A tick that came late is followed by all the turns that were missed.
func (h *Hub) turn(ctx context.Context) {
	step := max(time.Duration(h.opt.Timings.BeatMS)*time.Millisecond/spokes, time.Millisecond)
	tick := time.NewTicker(step)
	defer tick.Stop()
	var room []*conn
	for at, start := 0, time.Now(); ; {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		due := int(time.Since(start) / step)
		at = max(at, due-spokes)
		for ; at < due; at++ {
			room = h.wheel.at(at%spokes, room)
			h.serve(room)
			clear(room)
		}
	}
}

// serve gives connections their turn.
func (h *Hub) serve(conns []*conn) {
	now, age := time.Now(), h.age()
	silent := time.Duration(h.opt.Timings.SilentMS) * time.Millisecond
	for _, c := range conns {
		expired, follows := c.check(now)
		switch {
		case expired:
			c.fail(fault.New(fault.TokenExpired, "the token's time is over; get a new one"), "")
		case age-time.Duration(c.heard.Load()) > silent:
			c.fail(fault.New(fault.Silent, "no frame came for %v; send a ping every %d ms", silent, h.opt.Timings.PingMS), "")
		case follows:
			c.beating.Store(true)
			c.kick()
		}
	}
}

func (c *conn) check(now time.Time) (expired, follows bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	expired = c.who.ExpiresAt != 0 && !now.Before(c.who.ExpiresAt.Std())
	return expired, len(c.subs) > 0
}
