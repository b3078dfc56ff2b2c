package drill

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"weer/api/client"
	"weer/deploy/lab"
	"weer/model"
	"weer/model/feed"
)

// corrected is the hospital whose numbers these tests correct.
const corrected = "A1100017"

// Two nodes share MariaDB and nothing else: without Redis a display on one
// learns what happened on the other only when its node asks the database.
func twoNodes(t *testing.T) (nodes [2]*lab.Node, env []string) {
	env = lab.Settings(t, lab.MariaDB(t), lab.Simulate(t).URL(), 5*time.Second)
	for i := range nodes {
		nodes[i] = lab.Serve(t, fmt.Sprint("node", i+1), env)
	}
	return nodes, env
}

// A console is somebody of the control room, on one node.
func console(t *testing.T, n *lab.Node) (*client.REST, *client.SignedIn) {
	t.Helper()
	in := client.SignIn("demo.control", "weer-demo-control", n.URL())
	r, err := client.NewREST(client.RESTOptions{URLs: []string{n.URL()}, Token: in.Token})
	if err != nil {
		t.Fatal(err)
	}
	return r, in
}

// follow runs a client until the test ends.
func follow(t *testing.T, n *lab.Node, tap func([]byte)) *client.Client {
	t.Helper()
	c, err := client.New(client.Options{URLs: []string{n.URL()}, Token: client.DemoToken(n.URL()), OnFrame: tap})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	var run sync.WaitGroup
	run.Go(func() { _ = c.Run(ctx) }) // it ends with ctx
	t.Cleanup(func() { stop(); run.Wait() })
	return c
}

func live(t *testing.T, d *client.Display) {
	t.Helper()
	lab.Until(t, d.Feed()+" is live", 30*time.Second, func() error {
		if l, why := d.Link(); l != feed.Live {
			return fmt.Errorf("%s %s", l, why)
		}
		return nil
	})
}

// correct corrects a bed and returns what that came to in the region's feed.
func correct(t *testing.T, r *client.REST, beds int) feed.Answer {
	t.Helper()
	moved, err := r.Correct(t.Context(), corrected, "er.general", model.Reading{State: model.Known, Value: beds})
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range moved {
		if a.Feed == seoul && len(a.Keys) > 0 {
			return a
		}
	}
	t.Fatalf("the correction moved %+v", moved)
	return feed.Answer{}
}

const seoul = "region:11"

// shows reports whether a display shows exactly what an answer said.
func shows(d *client.Display, a feed.Answer) bool {
	for _, k := range a.Keys {
		e, ok := d.Get(k.Key)
		if ok == k.Gone || string(e.Value) != string(k.Value) {
			return false
		}
	}
	return true
}

// A frame as it was received, in what matters here.
type frame struct {
	Type, Feed string
	From, To   uint64
	Keys       []feed.Entry
}

func TestASocketGoesOnFromABoardWithoutAGap(t *testing.T) {
	nodes, _ := twoNodes(t)
	r, _ := console(t, nodes[0])
	board, err := r.Board(t.Context(), "11")
	if err != nil {
		t.Fatal(err)
	}
	between := correct(t, r, 3)

	var mu sync.Mutex
	var frames []frame
	c := follow(t, nodes[1], func(raw []byte) {
		var f frame
		if json.Unmarshal(raw, &f) == nil && f.Feed == seoul {
			mu.Lock()
			frames = append(frames, f)
			mu.Unlock()
		}
	})
	d := c.FollowFrom(board)
	var reached time.Time
	lab.Until(t, "what happened in between is there, and proved", 30*time.Second, func() error {
		v := d.View()
		if reached.IsZero() && v.Cursor.Seq >= between.Seq {
			reached = time.Now()
		}
		if reached.IsZero() || v.Link != feed.Live || v.ProvedAt.Before(reached) {
			return fmt.Errorf("%s at %d, of %d", v.Link, v.Cursor.Seq, between.Seq)
		}
		return nil
	})
	if !shows(d, between) {
		t.Error("what happened in between is not shown")
	}
	mu.Lock()
	defer mu.Unlock()
	if len(frames) == 0 || frames[0].Type != feed.TypeResumed {
		t.Errorf("the socket did not go on from the board: %d frames", len(frames))
	}
	if n := arrivals(frames, between); n != 1 {
		t.Errorf("what happened in between arrived %d times", n)
	}
}

// arrivals counts the events that brought an answer's number.
func arrivals(frames []frame, a feed.Answer) (n int) {
	for _, f := range frames {
		if f.Type == feed.TypeEvent && f.From <= a.Seq && a.Seq <= f.To {
			n++
		}
	}
	return n
}

func TestACommandIsShownBeforeItsOwnNodeKnows(t *testing.T) {
	nodes, env := twoNodes(t)
	r, _ := console(t, nodes[0])
	c := follow(t, nodes[1], nil)
	d := c.Follow(seoul)
	live(t, d)

	a := ahead(t, r, c, d)
	older := a
	older.Seq, older.Keys = a.Seq-1, []feed.Entry{{Key: a.Keys[0].Key, Seq: a.Seq - 1, Value: json.RawMessage(`"older"`)}}
	foreign := a
	foreign.Epoch, foreign.Seq, foreign.Keys = "ffffffffffffffff", a.Seq+1000, older.Keys
	c.Overlay(older, foreign)
	if !shows(d, a) {
		t.Error("an answer that is older, or of another history, was shown over the newest")
	}
	for range d.Changes(t.Context()) { // first at once
		if !shows(d, a) {
			e, _ := d.Get(a.Keys[0].Key)
			t.Fatalf("at %d, of %d, it flickered to %s", d.Cursor().Seq, a.Seq, e.Value)
		}
		if d.Cursor().Seq >= a.Seq {
			break
		}
	}
	live(t, d)

	made := feed.Answer{Feed: seoul, Epoch: a.Epoch, Seq: d.Cursor().Seq + 100_000, Keys: older.Keys}
	c.Overlay(made)
	if !shows(d, made) {
		t.Fatal("an answer ahead of the socket is not shown")
	}
	lab.Command(t, env, "db", "new-epoch")
	lab.Until(t, "a reset drops what lay over the board", 30*time.Second, func() error {
		if d.Cursor().Epoch == a.Epoch || shows(d, made) {
			return fmt.Errorf("of epoch %s it shows the answer: %v", d.Cursor().Epoch, shows(d, made))
		}
		return nil
	})
	live(t, d)
}

// ahead corrects a bed on one node until the display on the other shows it
// before its own node has moved: by chance that node may ask in this very moment.
func ahead(t *testing.T, r *client.REST, c *client.Client, d *client.Display) (a feed.Answer) {
	t.Helper()
	for beds := 1; beds <= 20; beds++ {
		a = correct(t, r, beds)
		c.Overlay(a)
		if !shows(d, a) {
			t.Fatalf("%d beds are not shown at once", beds)
		}
		if d.Cursor().Seq < a.Seq {
			return a
		}
	}
	t.Fatal("the other node always moved first: it was told, or this shows nothing")
	return a
}

// A person who signed in follows with the session's tokens, and is told apart
// from one whose session ended.
func TestASignedInClientIsCutWhenItsSessionEnds(t *testing.T) {
	nodes, _ := twoNodes(t)
	r, in := console(t, nodes[0])
	who, err := r.Who(t.Context())
	if err != nil || who.Role != model.RoleControl || who.Login != "demo.control" {
		t.Fatalf("signed in as %+v, %v", who, err)
	}
	c, err := client.New(client.Options{URLs: []string{nodes[1].URL()}, Token: in.Token})
	if err != nil {
		t.Fatal(err)
	}
	d := c.Follow("control:11")
	ended := make(chan error, 1)
	go func() { ended <- c.Run(t.Context()) }()
	live(t, d)
	if err := in.SignOut(t.Context()); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-ended:
		t.Logf("ended by %v", err)
		if l, _ := d.Link(); l == feed.Live {
			t.Error("the display is live")
		}
	case <-time.After(3 * time.Second):
		t.Error("its socket goes on for three seconds after the sign-out")
	}
}
