package hub

import (
	"cmp"
	"context"
	_ "embed"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
)

// Document is the description of the protocol weer.v1: AsyncAPI 3.0 in YAML.
//
//go:embed weer.v1.yaml
var Document []byte

// Options of a hub. Follower and Authenticate are required; what is zero
// otherwise becomes its default.
type Options struct {
	Follower Follower
	// Authenticate turns a token into who it speaks for. It may read the
	// database; its error is a fault, and anything else becomes Internal.
	Authenticate func(ctx context.Context, token string) (model.Principal, error)
	// Acknowledge takes what a console proves of the requests on a hospital's
	// feed that it follows. It may write to the database; its error is a fault.
	// nil: this hub takes no acks.
	Acknowledge func(ctx context.Context, by model.Principal, feedName string, acks []feed.Ack) error
	// Origins are the patterns of pages that may connect besides those of the
	// same host ("weer.example.kr", "https://*.example.kr"; path.Match).
	// Programs send no Origin and are not asked for one.
	Origins []string
	Build   string // of this program, for welcome
	Limits  feed.Limits
	Timings feed.Timings
	Bounds  Bounds
	Log     *slog.Logger
}

// Bounds are what a client need not know to behave well.
type Bounds struct {
	Unauthenticated int           // sockets that have not signed in, at once
	AuthBytes       int           // of the first frame
	AuthWithin      time.Duration // until the first frame is complete
	AskWithin       time.Duration // for one question to the database or the authenticator
	StalledAfter    time.Duration // without a byte accepted by the client's socket
	CloseWithin     time.Duration // for the client to take the last words
}

// DefaultBounds are the architecture's.
var DefaultBounds = Bounds{
	Unauthenticated: 1_000, AuthBytes: 1 << 10, AuthWithin: 5 * time.Second,
	AskWithin: 10 * time.Second, StalledAfter: 30 * time.Second, CloseWithin: 5 * time.Second,
}

func (b Bounds) orDefault() Bounds {
	d := DefaultBounds
	return Bounds{
		Unauthenticated: cmp.Or(b.Unauthenticated, d.Unauthenticated),
		AuthBytes:       cmp.Or(b.AuthBytes, d.AuthBytes),
		AuthWithin:      cmp.Or(b.AuthWithin, d.AuthWithin),
		AskWithin:       cmp.Or(b.AskWithin, d.AskWithin),
		StalledAfter:    cmp.Or(b.StalledAfter, d.StalledAfter),
		CloseWithin:     cmp.Or(b.CloseWithin, d.CloseWithin),
	}
}

// A Hub is an http.Handler that turns upgrades into screens. See the package's comment.
type Hub struct {
	opt      Options
	born     time.Time
	life     context.Context // of questions to the follower and the authenticator
	kill     context.CancelFunc
	running  sync.WaitGroup // registered connections; each waits for what it started
	cuts     atomic.Uint64  // calls of Cut: one that falls into a sign-in makes it ask again
	wheel    *wheel
	counters counters
	buffers  sync.Pool // *[]byte, one larger than the largest frame

	mu       sync.Mutex
	conns    map[*conn]struct{}
	strange  int           // of conns, those that have not signed in
	closing  bool          // no more connections
	deserted chan struct{} // closed when closing and without connections

	topicsMu sync.Mutex
	topics   map[string]*topic
}

// New makes a hub. It serves at once; [Hub.Run] must run for beats and deadlines.
func New(o Options) *Hub {
	if o.Follower == nil || o.Authenticate == nil {
		panic("hub: Options needs Follower and Authenticate")
	}
	o.Limits = cmp.Or(o.Limits, feed.DefaultLimits)
	o.Timings = cmp.Or(o.Timings, feed.DefaultTimings)
	o.Bounds = o.Bounds.orDefault()
	o.Log = cmp.Or(o.Log, slog.New(slog.DiscardHandler))
	h := &Hub{
		opt:      o,
		born:     time.Now(),
		wheel:    newWheel(),
		conns:    map[*conn]struct{}{},
		deserted: make(chan struct{}),
		topics:   map[string]*topic{},
	}
	h.life, h.kill = context.WithCancel(context.Background())
	h.counters.init()
	h.buffers.New = func() any {
		b := make([]byte, max(o.Limits.FrameBytes, h.opt.Bounds.AuthBytes)+1)
		return &b
	}
	return h
}

// Run turns the wheel until ctx ends. Then it cuts what is still connected
// (call [Hub.Drain] before, to be polite) and returns when the last goroutine
// of the hub has ended.
func (h *Hub) Run(ctx context.Context) error {
	h.turn(ctx)
	for _, c := range h.shut() {
		h.counters.closed(fault.GoingAway)
		c.cut()
	}
	h.kill()
	h.running.Wait()
	return nil
}

// Cut closes every connection whose principal matches, with a code that has a
// close code (Revoked, say), and returns how many. A connection that is being
// signed in meanwhile is authenticated again, so none slips through. No further
// event is sent to any of them once Cut has returned, except what a write that
// was running already holds.
func (h *Hub) Cut(match func(model.Principal) bool, code fault.Code) int {
	h.cuts.Add(1)
	var n int
	for _, c := range h.all() {
		if c.is(match) && c.fail(fault.New(code, "%s", code.Row().Meaning), "") {
			n++
		}
	}
	return n
}

// register takes a connection in before it is authenticated.
func (h *Hub) register(c *conn) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.closing:
		return fault.New(fault.Restarting, "this node is being replaced; connect again in a moment")
	case h.strange >= h.opt.Bounds.Unauthenticated:
		return fault.New(fault.Overloaded, "too many connections wait to sign in; connect again in a moment")
	}
	h.conns[c] = struct{}{}
	h.strange++
	h.running.Add(1)
	return nil
}

// known tells that a connection signed in.
func (h *Hub) known() {
	h.mu.Lock()
	h.strange--
	h.mu.Unlock()
}

// forget undoes register; signed tells whether known was called.
func (h *Hub) forget(c *conn, signed bool) {
	h.mu.Lock()
	delete(h.conns, c)
	if !signed {
		h.strange--
	}
	h.checkDeserted()
	h.mu.Unlock()
	h.running.Done()
}

// shut lets no further connection in and returns those that are.
func (h *Hub) shut() []*conn {
	h.mu.Lock()
	h.closing = true
	h.checkDeserted()
	h.mu.Unlock()
	return h.all()
}

func (h *Hub) checkDeserted() {
	if !h.closing || len(h.conns) > 0 {
		return
	}
	select {
	case <-h.deserted:
	default:
		close(h.deserted)
	}
}

func (h *Hub) all() []*conn {
	h.mu.Lock()
	defer h.mu.Unlock()
	all := make([]*conn, 0, len(h.conns))
	for c := range h.conns {
		all = append(all, c)
	}
	return all
}

// age is the hub's own monotonic clock, small enough for an atomic.
func (h *Hub) age() time.Duration { return time.Since(h.born) }

// contain is deferred by every goroutine of the hub: a panic is logged and
// counted, and end makes of it the end of what it happened to.
func (h *Hub) contain(where string, end func()) {
	if p := recover(); p != nil {
		h.counters.panics.Add(1)
		h.opt.Log.Error("hub: panic", "where", where, "panic", p, "stack", string(debug.Stack()))
		end()
	}
}
