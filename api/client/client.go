package client

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"weer/model/fault"
	"weer/model/feed"
)

// Options of a client.
type Options struct {
	// URLs are the servers, the preferred one first: http(s)://host[:port][/base],
	// whose socket is at /ws below it, or the ws(s) address itself.
	URLs []string
	// Token returns a token that is valid now. It is called before the first
	// socket, when a token is about to end, and when a server calls it expired;
	// the token is kept in between. A *fault.Error whose action is stop or
	// sign_in ends Run, any other error is tried again.
	Token func(context.Context) (string, error)
	// HTTPClient makes the handshakes; nil: http.DefaultClient.
	HTTPClient *http.Client
	// OnFrame sees every text frame of the server as received, before it is
	// applied. It must not keep raw, and the socket waits for it.
	OnFrame func(raw []byte)
	// Log hears what goes wrong with sockets; nil: nobody does.
	Log *slog.Logger
}

// A Client holds one socket to one of several servers, for any number of displays.
type Client struct {
	opts      Options
	endpoints []string
	keys      *keyring
	log       *slog.Logger
	wake      chan struct{} // something is to be sent; see session.tend

	mu       sync.Mutex
	displays map[string]*Display
	dropped  []string      // feeds to unsubscribe from
	acks     []ack         // to be sent
	session  *session      // nil without a welcome socket
	welcome  *feed.Welcome // the last one
	ahead    time.Duration // the server's clock minus ours in it
	lastErr  error
}

// New makes a client that is not yet connected; see [Client.Run]. The error is
// a *fault.Error that names the option.
func New(o Options) (*Client, error) {
	endpoints, err := socketURLs(o.URLs)
	if err != nil {
		return nil, err
	}
	if o.Token == nil {
		return nil, fault.Bad("Token", "a client needs a source of tokens")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Client{
		opts: o, endpoints: endpoints, keys: &keyring{fetch: o.Token}, log: o.Log,
		wake: make(chan struct{}, 1), displays: map[string]*Display{},
	}, nil
}

// Follow returns the display of a feed, the same one for the same name. It may
// be called at any time; a feed that the server refuses says so in Err.
func (c *Client) Follow(name string) *Display { return c.follow(name, nil) }

// FollowFrom is Follow with what a REST answer gave ([REST.Board] and
// [REST.Snapshot]): a display that holds nothing yet shows it at once, and its
// socket goes on from there. Live it is only by a server's proof.
func (c *Client) FollowFrom(w feed.Whole) *Display { return c.follow(w.Feed, &w) }

func (c *Client) follow(name string, from *feed.Whole) *Display {
	c.mu.Lock()
	defer c.mu.Unlock()
	d, held := c.displays[name]
	if !held {
		d = newDisplay(c, name)
		c.displays[name] = d
		c.dropped = slices.DeleteFunc(c.dropped, func(dropped string) bool { return dropped == name })
	}
	if from != nil {
		d.begin(*from)
	}
	if !held && c.session != nil {
		d.opened(c.welcome.Timings, c.ahead, time.Now())
		c.rouse()
	}
	return d
}

// Overlay lays what a command came to over the boards of the feeds that are
// followed; see [Display.Overlay].
func (c *Client) Overlay(answers ...feed.Answer) {
	for _, a := range answers {
		if d := c.display(a.Feed); d != nil {
			d.Overlay(a)
		}
	}
}

// An ack is what a console proves of one request.
type ack struct {
	feed string
	feed.Ack
}

// Ack tells the server how far requests on a hospital's feed, which is followed,
// have come to the people there. What cannot be sent now is forgotten: what to
// acknowledge follows from the state that is held, and is told again from there.
func (c *Client) Ack(name string, acks ...feed.Ack) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.session == nil {
		return
	}
	for _, a := range acks {
		if one := (ack{name, a}); !slices.Contains(c.acks, one) {
			c.acks = append(c.acks, one)
		}
	}
	c.rouse()
}

// takeAcks are the acks to be sent, as frames.
func (c *Client) takeAcks() (frames []feed.ClientFrame) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, a := range c.acks {
		last := len(frames) - 1
		if last < 0 || frames[last].Feed != a.feed || len(frames[last].Acks) == feed.MaxAcks {
			frames = append(frames, feed.ClientFrame{Type: feed.TypeAck, Feed: a.feed})
			last++
		}
		frames[last].Acks = append(frames[last].Acks, a.Ack)
	}
	c.acks = nil
	return frames
}

func (c *Client) forget(d *Display) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.displays[d.feed] != d {
		return
	}
	delete(c.displays, d.feed)
	if c.session != nil {
		c.dropped = append(c.dropped, d.feed)
		c.rouse()
	}
}

// rouse makes the session look at what there is to send.
func (c *Client) rouse() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// Link returns the worst link state of all displays, which is what a screen
// shows, and its reason. A client without displays is connecting or syncing.
func (c *Client) Link() (worst feed.Link, why string) {
	worst = feed.Live
	all := c.all()
	for _, d := range all {
		if l, w := d.Link(); l.Worse(worst) || l == worst && why == "" {
			worst, why = l, w
		}
	}
	if len(all) > 0 {
		return worst, why
	}
	if c.Connected() {
		return feed.Syncing, ""
	}
	return feed.Connecting, ""
}

// Connected reports whether a socket is open and welcome.
func (c *Client) Connected() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.session != nil
}

// Welcome returns what the server of the last socket said of itself and of the
// token; ok is false before the first.
func (c *Client) Welcome() (w feed.Welcome, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.welcome == nil {
		return w, false
	}
	return *c.welcome, true
}

// Err returns why the last socket, or the last try to open one, ended; nil
// while one is open and before the first try.
func (c *Client) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lastErr
}

func (c *Client) all() []*Display {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make([]*Display, 0, len(c.displays))
	for _, d := range c.displays {
		out = append(out, d)
	}
	slices.SortFunc(out, func(a, b *Display) int { return compareFeeds(a.feed, b.feed) })
	return out
}

func (c *Client) display(name string) *Display {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.displays[name]
}

// Run keeps the displays connected until ctx ends, whose error it returns, or
// until a *fault.Error says that trying again would end the same. A client runs
// once at a time.
func (c *Client) Run(ctx context.Context) error {
	route := &route{urls: c.endpoints}
	for {
		end := c.connect(ctx, route.url())
		if ctx.Err() != nil {
			return ctx.Err()
		}
		c.note(end, route.url())
		if end.final() {
			return end.err
		}
		if end.err.Code.Row().Action == fault.ActionRefreshToken {
			c.keys.discard()
		}
		if !sleep(ctx, route.after(end)) {
			return ctx.Err()
		}
	}
}

func (c *Client) note(end outcome, url string) {
	c.mu.Lock()
	c.lastErr = end.err
	c.mu.Unlock()
	c.log.Info("no socket", "url", url, "code", end.err.Code, "proved", end.proved, "err", end.err)
}

// attach gives all displays the session's socket.
func (c *Client) attach(s *session, w *feed.Welcome) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	c.session, c.welcome, c.lastErr, c.dropped, c.acks = s, w, nil, nil, nil
	if c.ahead = 0; w.At != 0 {
		c.ahead = w.At.Std().Sub(now.Round(0))
	}
	for _, d := range c.displays {
		d.opened(w.Timings, c.ahead, now)
	}
	c.rouse()
}

// detach takes it from them; what they hold stays.
func (c *Client) detach() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.session = nil
	for _, d := range c.displays {
		d.closed()
	}
}

// renewed takes the welcome to a token that was renewed in band.
func (c *Client) renewed(w *feed.Welcome) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.welcome = w
	for _, d := range c.displays {
		d.permitted(time.Now())
	}
	c.rouse()
}

func (c *Client) takeDropped() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	dropped := c.dropped
	c.dropped = nil
	return dropped
}

func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
