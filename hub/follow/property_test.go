package follow

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"weer/model/feed"
)

// An op is one thing that happens to two nodes over one database.
type op struct {
	Do    string
	Feed  int    // which feed
	Node  int    // which node, or which screen
	N     int    // how many, or which switch
	Fates [2]int // of a hint at each node
}

// The fates of a hint.
const (
	arrives = iota
	isLost
	isDoubled
	isLate
)

var things = []string{
	"write", "write", "write", "write", "write", "write", "pass", "pass", "pass", "pump", "pump",
	"release", "break", "mend", "slow", "prune", "hop", "restart", "epoch", "lose", "spoil", "repair",
}

var ops = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) op {
	fate := rapid.IntRange(arrives, isLate)
	return op{
		Do:    rapid.SampledFrom(things).Draw(t, "do"),
		Feed:  rapid.IntRange(0, 2).Draw(t, "feed"),
		Node:  rapid.IntRange(0, 5).Draw(t, "node"),
		N:     rapid.IntRange(0, 11).Draw(t, "n"),
		Fates: [2]int{fate.Draw(t, "fate a"), fate.Draw(t, "fate b")},
	}
}), 1, 80)

var names = []string{seoul, busan, closed}

var spans = []time.Duration{
	time.Millisecond, 5 * time.Millisecond, 25 * time.Millisecond, 100 * time.Millisecond, 300 * time.Millisecond,
	700 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second, 7 * time.Second, 13 * time.Second, 65 * time.Second,
}

// A world is two nodes, and on each a screen per feed.
type world struct {
	t       *testing.T
	db      *database
	nodes   [2]*node
	feeds   [2][]*Feed
	late    [2][]feed.Hint
	screens []*screen
	at      []int // the node of each screen
	writes  int
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, db: newDatabase()}
	for i := range w.nodes {
		w.start(i)
	}
	for i := range w.nodes {
		for j := range names {
			w.screens = append(w.screens, newScreen(w.feeds[i][j]))
			w.at = append(w.at, i)
		}
	}
	return w
}

func (w *world) start(i int) {
	w.nodes[i] = startNode(w.t, w.db)
	w.feeds[i] = nil
	for _, name := range names {
		w.feeds[i] = append(w.feeds[i], w.nodes[i].follow(w.t, name))
	}
}

func (w *world) do(o op) {
	name := names[o.Feed]
	switch o.Do {
	case "write":
		w.write(name, o)
	case "pass":
		pass(spans[o.N])
	case "pump":
		w.screens[o.Node].pump(time.Now())
	case "release":
		w.release(o.Node % 2)
	case "break", "mend":
		w.db.set(func() {
			*[]*bool{&w.db.noVerify, &w.db.noEvents, &w.db.noSnapshot}[o.N%3] = o.Do == "break"
		})
	case "slow":
		w.db.set(func() { w.db.latency = spans[o.N%5] - spans[0] })
	case "prune":
		w.db.prune(name, o.N%4+1)
	case "hop":
		w.hop(o.Node, 1-w.at[o.Node])
	case "restart":
		w.restart(o.Node % 2)
	case "epoch":
		w.db.restore(o.N % 4)
	case "lose":
		w.db.lose(name)
	case "spoil":
		w.db.spoil(name)
	case "repair":
		w.hint(w.db.repair(name), o.Fates)
	}
	synctest.Wait()
}

func (w *world) write(name string, o op) {
	w.writes++
	value := fmt.Sprint("v", w.writes)
	if o.N%3 == 0 {
		value = ""
	}
	w.hint(w.db.write(name, map[string]string{fmt.Sprint("k", o.N/2): value, fmt.Sprint("l", o.N/3): fmt.Sprint("v", w.writes)}), o.Fates)
}

func (w *world) hint(h feed.Hint, fates [2]int) {
	for i, n := range w.nodes {
		switch fates[i] {
		case arrives:
			n.wire.send(h)
		case isDoubled:
			n.wire.send(h)
			n.wire.send(h)
		case isLate:
			w.late[i] = append(w.late[i], h)
		}
	}
}

func (w *world) release(i int) {
	slices.Reverse(w.late[i])
	for _, h := range w.late[i] {
		w.nodes[i].wire.send(h)
	}
	w.late[i] = nil
}

// hop takes a screen to a node as a client that reconnects: a cursor above the
// node's head is first read up.
func (w *world) hop(screen, node int) {
	s := w.screens[screen]
	d := w.feeds[node][screen%len(names)]
	if c := s.reader.Cursor(); c.Epoch == d.Status().Epoch && c.Seq > d.Status().Seq {
		ctx, cancel := context.WithTimeout(w.t.Context(), time.Second)
		defer cancel()
		if d.Reach(ctx, c.Seq) != nil {
			return // told to try again
		}
	}
	w.at[screen] = node
	s.connect(d)
}

// restart kills a node; one that has just started takes over its screens.
func (w *world) restart(i int) {
	var up bool
	w.db.set(func() { up = !w.db.noVerify && !w.db.noEvents && !w.db.noSnapshot })
	if !up {
		return
	}
	w.nodes[i].stop()
	w.start(i)
	for j, s := range w.screens {
		if w.at[j] == i {
			s.connect(w.feeds[i][j%len(names)])
		}
	}
}

func (w *world) judge() error {
	for _, s := range w.screens {
		if err := s.judge(w.db, time.Now()); err != nil {
			return err
		}
	}
	return nil
}

// heal ends all that is wrong; the hints of the last writes are lost as well.
func (w *world) heal() {
	w.db.set(func() { w.db.noVerify, w.db.noEvents, w.db.noSnapshot, w.db.latency = false, false, false, 0 })
	for _, name := range names {
		w.db.repair(name)
	}
	for range 4 {
		pass(1100 * time.Millisecond)
		for _, s := range w.screens {
			s.pump(time.Now())
		}
	}
}

func (w *world) healed() error {
	for i, list := range w.feeds {
		for _, d := range list {
			epoch, seq := w.db.head(d.Name())
			if s := d.Status(); s.Epoch != epoch || s.Seq != seq || s.Unproved {
				return fmt.Errorf("node %d: %s is %+v, the database at %s %d", i, d.Name(), s, epoch, seq)
			}
		}
	}
	for _, s := range w.screens {
		if err := s.level(w.db, time.Now()); err != nil {
			return err
		}
	}
	return nil
}

// play runs a schedule and returns what the judges found.
func play(t *testing.T, schedule []op) (err error) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		for i, o := range schedule {
			w.do(o)
			if found := w.judge(); found != nil {
				err = fmt.Errorf("after step %d: %w", i, found)
				return
			}
		}
		w.heal()
		err = errors.Join(w.judge(), w.healed())
	})
	return err
}

// TestWhateverHappens: for any schedule of writes, losses, duplicates,
// reorderings, outages, prunes, planted faults, restarts and new epochs no
// screen ever believes a wrong or an old board live, and after healing every
// node and every screen has the database's state, proved.
func TestWhateverHappens(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		schedule := ops.Draw(rt, "schedule")
		if err := play(t, schedule); err != nil {
			rt.Fatal(err)
		}
	})
}

// TestTheJudgesSee plants what the property must find.
func TestTheJudgesSee(t *testing.T) {
	plants := map[string]func(s *screen, db *database){
		"an old board that is called verified": func(s *screen, db *database) {
			db.write(seoul, map[string]string{"a": "2"})
			pass(11 * time.Second)
		},
		"a board with another value": func(_ *screen, db *database) {
			db.set(func() { db.history[place(db.epoch, seoul, 1)]["a"] = "else" })
		},
		"a place that never was": func(_ *screen, db *database) {
			db.set(func() { delete(db.history, place(db.epoch, seoul, 1)) })
		},
	}
	for name, plant := range plants {
		t.Run(name, func(t *testing.T) {
			inTime(t, func(t *testing.T, db *database) {
				db.write(seoul, map[string]string{"a": "1"})
				n := startNode(t, db)
				s := newScreen(n.follow(t, seoul))
				s.pump(time.Now())
				if err := s.judge(db, time.Now()); err != nil {
					t.Fatal(err)
				}
				n.stop()
				plant(s, db)
				now := time.Now()
				st := s.feed.Status()
				s.reader.Beat(&feed.Beat{Epoch: st.Epoch, Seq: st.Seq, Digest: st.Digest, At: feed.At(now), VerifiedAt: feed.At(now)}, now)
				if s.judge(db, now) == nil {
					t.Fatal("not found")
				}
			})
		})
	}
}
