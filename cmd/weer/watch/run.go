package watch

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"sync"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"weer/api/client"
	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
)

// Options say what is watched and how it is shown.
type Options struct {
	Feed     string
	URLs     []string // the preferred server first
	Token    string   // "": that of Login, or the demo token of a simulated server on this machine
	Login    string   // account to sign in as; its session ends with Run
	Password string
	Filter   string // only hospitals whose name or id contains it
	JSON     bool   // print every frame of the server, one a line

	// Cases shows the cases of a unit's or a control room's feed; see [RunCases].
	Cases bool
	People
	demo client.Demo // whom the demo token is for

	In       io.Reader // keys, when Terminal
	Out      io.Writer
	Terminal bool // Out can be drawn on
	Colour   bool
	Wide     bool // see Screen.Wide
}

// refresh is how often a display looks by itself: ages, marks and the link
// move without a frame.
const refresh = 250 * time.Millisecond

// Run watches until ctx ends, the person quits (both return nil), or nothing
// more can come: the server wants another token, the feed does not exist, Out
// cannot be written.
func Run(ctx context.Context, o Options) error {
	if err := checkFeed(o.Feed); err != nil {
		return err
	}
	in := o.signIn()
	defer signOut(ctx, in)
	return o.follow(ctx, in)
}

// follow shows the feed until it ends, as [Run] says.
func (o Options) follow(ctx context.Context, in *client.SignedIn) error {
	inner, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	c, err := client.New(o.client(in, stop))
	if err != nil {
		return err
	}
	w := &watcher{c: c, d: c.Follow(o.Feed), stop: stop}
	var hands sync.WaitGroup
	hands.Go(func() { stop(c.Run(inner)) })
	switch {
	case o.JSON:
		w.look(inner, func(Frame) error { return nil })
	case o.Terminal:
		stop(w.draw(inner, o))
	default:
		w.look(inner, o.lines())
	}
	hands.Wait()
	return o.ending(ctx, context.Cause(inner))
}

// lines writes what changes, one line each.
func (o Options) lines() func(Frame) error {
	if o.Cases {
		return NewCaseLines(o.Out, o.People).Take
	}
	return NewLines(o.Out, o.Filter).Take
}

// picture is what a terminal shows.
func (o Options) picture() tea.Model {
	if o.Cases {
		return NewCaseModel(o.Feed, o.People, o.Colour, o.Wide)
	}
	return NewModel(o.Feed, o.Filter, o.Colour, o.Wide)
}

// checkFeed refuses names that no server could have anything to show for.
func checkFeed(name string) error {
	kind, ok := feed.KindOf(name)
	if !ok {
		return fault.Bad("feed", "%q is no feed; feeds are named like region:11", clean(name))
	}
	here := func(r model.RegionInfo) bool { return feed.RegionFeed(r.Code) == name }
	if kind == feed.Region && !slices.ContainsFunc(model.Regions, here) {
		return fault.Bad("feed", "no region has the code of %s; 서울 is region:11", name)
	}
	return nil
}

// signIn is the session of the account that is named; nil for none.
func (o Options) signIn() *client.SignedIn {
	if o.Login == "" {
		return nil
	}
	return client.SignIn(o.Login, o.Password, o.URLs...)
}

// signOut ends the session, if there is one, as far as a server answers soon; else
// it ends by its own time.
func signOut(ctx context.Context, in *client.SignedIn) {
	if in == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), signOutTime)
	defer cancel()
	_ = in.SignOut(ctx) // nobody waits for it any more
}

const signOutTime = 2 * time.Second

func (o Options) client(in *client.SignedIn, stop func(error)) client.Options {
	opts := client.Options{URLs: o.URLs, Token: o.tokens(in)}
	if o.JSON {
		opts.OnFrame = func(raw []byte) {
			if err := printFrame(o.Out, raw); err != nil {
				stop(err)
			}
		}
	}
	return opts
}

// tokens is the source of tokens of whoever watches.
func (o Options) tokens(in *client.SignedIn) func(context.Context) (string, error) {
	switch {
	case in != nil:
		return in.Token
	case o.Token != "":
		return func(context.Context) (string, error) { return o.Token, nil }
	}
	return client.DemoTokenFor(o.demo, o.URLs...)
}

// printFrame writes a frame as received; only line breaks between its tokens,
// which would make two lines of it, are taken out.
func printFrame(out io.Writer, raw []byte) error {
	line := bytes.Clone(raw)
	if bytes.ContainsAny(line, "\r\n") {
		var b bytes.Buffer
		if json.Compact(&b, raw) == nil {
			line = b.Bytes()
		}
	}
	_, err := out.Write(append(line, '\n'))
	return err
}

// ending makes the error of Run from why it ended.
func (o Options) ending(ctx context.Context, cause error) error {
	if ctx.Err() != nil || errors.Is(cause, context.Canceled) {
		return nil
	}
	var e *fault.Error
	if o.Token == "" && o.Login == "" && errors.As(cause, &e) && (e.Code == fault.TokenInvalid || e.Code == fault.LoopbackOnly) {
		return fault.Wrap(e.Code, cause, "%s; give one with --token or WEER_TOKEN, or sign in with --login", e.Message)
	}
	return cause
}

// A watcher looks at one display of one client.
type watcher struct {
	c    *client.Client
	d    *client.Display
	stop func(error)
}

// draw runs the terminal's display until it is quit.
func (w *watcher) draw(ctx context.Context, o Options) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	p := tea.NewProgram(o.picture(),
		tea.WithContext(ctx), tea.WithInput(o.In), tea.WithOutput(o.Out), tea.WithAltScreen(), tea.WithoutSignalHandler())
	var hands sync.WaitGroup
	hands.Go(func() {
		w.look(ctx, func(f Frame) error { p.Send(f); return nil })
	})
	_, err := p.Run()
	ended := ctx.Err() != nil
	cancel()
	hands.Wait()
	if ended {
		return nil // the cause is known already
	}
	return err
}

// look shows a frame whenever something moved, and every refresh.
func (w *watcher) look(ctx context.Context, show func(Frame) error) {
	moved := make(chan struct{}, 1)
	var hands sync.WaitGroup
	defer hands.Wait()
	hands.Go(func() {
		for range w.d.Changes(ctx) {
			select {
			case moved <- struct{}{}:
			default:
			}
		}
	})
	tick := time.NewTicker(refresh)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-moved:
		case <-tick.C:
		}
		f := w.frame()
		err := f.View.Err
		if err == nil {
			err = show(f)
		}
		if err != nil {
			w.stop(err)
			return
		}
	}
}

func (w *watcher) frame() Frame {
	f := Frame{At: time.Now(), View: w.d.View(), Timings: feed.DefaultTimings}
	if welcome, ok := w.c.Welcome(); ok {
		f.Timings, f.Mode = welcome.Timings, welcome.Mode
	}
	if err := w.c.Err(); err != nil {
		f.Problem = fault.Public(err).Message
	}
	return f
}
