package feed_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
	"unsafe"

	"pgregory.net/rapid"

	"weer/model/feed"
)

// A history is the truth of one feed that readers are held against: the board
// after each event, as a plain map, kept apart from State and Digest.
type history struct {
	epoch  string
	boards []map[string]feed.Entry // by seq; boards[0] is empty
	events [][]feed.Entry          // events[n] leads to boards[n]
}

func newHistory(epoch string) *history {
	return &history{epoch: epoch, boards: []map[string]feed.Entry{{}}, events: [][]feed.Entry{nil}}
}

func (h *history) head() uint64 { return uint64(len(h.boards) - 1) }

// move adds an event that sets some keys and removes others.
func (h *history) move(t *rapid.T) {
	seq := h.head() + 1
	board, touched := maps.Clone(h.boards[seq-1]), map[string]bool{}
	var keys []feed.Entry
	for range rapid.IntRange(0, 4).Draw(t, "keys") {
		key := fmt.Sprintf("A%d/er", rapid.IntRange(0, 7).Draw(t, "key"))
		if touched[key] {
			continue
		}
		touched[key] = true
		if _, held := board[key]; held && rapid.Bool().Draw(t, "remove") {
			delete(board, key)
			keys = append(keys, feed.Entry{Key: key, Seq: seq, Gone: true})
			continue
		}
		e := feed.Entry{Key: key, Seq: seq, Value: json.RawMessage(fmt.Sprintf(`"%s at %d"`, key, seq))}
		board[key] = e
		keys = append(keys, e)
	}
	h.boards, h.events = append(h.boards, board), append(h.events, keys)
}

// digest counts the board anew, so that nobody's running sum is trusted.
func (h *history) digest(seq uint64) (d feed.Digest) {
	for _, e := range h.boards[seq] {
		d = d.Add(e.Key, e.Seq)
	}
	return d
}

// merged is the one event that leads from a cursor to a number.
func (h *history) merged(from, to uint64) []feed.Entry {
	last := map[string]feed.Entry{}
	for n := from + 1; n <= to; n++ {
		for _, e := range h.events[n] {
			last[e.Key] = e
		}
	}
	return slices.Collect(maps.Values(last))
}

func (h *history) reset(seq uint64) *feed.Reset {
	return &feed.Reset{Feed: "region:11", Epoch: h.epoch, Seq: seq, Digest: h.digest(seq), Keys: slices.Collect(maps.Values(h.boards[seq]))}
}

// shows reports whether a reader shows exactly the board at its cursor.
func (h *history) shows(r *feed.Reader) error {
	c := r.Cursor()
	if c.Epoch != h.epoch || c.Seq > h.head() {
		return fmt.Errorf("the reader is at %+v, the history at %s %d", c, h.epoch, h.head())
	}
	got := map[string]string{}
	for _, e := range r.Board() {
		got[e.Key] = fmt.Sprint(e.Seq, string(e.Value))
	}
	want := map[string]string{}
	for _, e := range h.boards[c.Seq] {
		want[e.Key] = fmt.Sprint(e.Seq, string(e.Value))
	}
	if !maps.Equal(got, want) {
		return fmt.Errorf("at %d the reader shows %v, the truth is %v", c.Seq, got, want)
	}
	return nil
}

// A wire carries a server's frames to one reader and may lose, double and
// reorder all of them.
type wire struct {
	t       *rapid.T
	now     time.Time
	r       *feed.Reader
	h       *history
	flying  []func() feed.Step
	tamper  func([]feed.Entry) []feed.Entry // what a broken server does to events
	asks    int
	settled bool // nothing is lost any more
}

func newWire(t *rapid.T) *wire {
	w := &wire{t: t, now: time.Unix(1_800_000_000, 0), r: feed.NewReader("region:11"), h: newHistory("0123456789abcdef")}
	w.tamper = func(keys []feed.Entry) []feed.Entry { return keys }
	return w
}

func (w *wire) fly(deliver func() feed.Step) { w.flying = append(w.flying, deliver) }

// ask is the server's side of a subscription.
func (w *wire) ask() {
	w.asks++
	f, h := w.r.Subscription(), w.h
	if f.Seq == nil || f.Epoch != h.epoch || *f.Seq > h.head() {
		reset := h.reset(h.head())
		w.fly(func() feed.Step { return w.r.Reset(reset) })
		return
	}
	from, to := *f.Seq, h.head()
	w.fly(func() feed.Step { return w.r.Resumed(&feed.Resumed{Epoch: h.epoch, Seq: from}) })
	if from < to {
		keys := w.tamper(h.merged(from, to))
		w.fly(func() feed.Step { return w.r.Event(from+1, to, keys) })
	}
}

func (w *wire) event() {
	w.h.move(w.t)
	n := w.h.head()
	keys := w.tamper(w.h.events[n])
	w.fly(func() feed.Step { return w.r.Event(n, n, keys) })
}

func (w *wire) beat() {
	at := feed.At(w.now)
	b := feed.Beat{Epoch: w.h.epoch, Seq: w.h.head(), Digest: w.h.digest(w.h.head()), At: at, VerifiedAt: at}
	w.fly(func() feed.Step { return w.r.Beat(&b, w.now) })
}

// deliver lets one flying frame arrive, mostly the first.
func (w *wire) deliver() {
	if len(w.flying) == 0 {
		return
	}
	i := 0
	if !w.settled && rapid.IntRange(0, 4).Draw(w.t, "reordered") == 0 {
		i = rapid.IntRange(0, len(w.flying)-1).Draw(w.t, "frame")
	}
	arrive := w.flying[i]
	fate := 0
	if !w.settled {
		fate = rapid.IntRange(0, 5).Draw(w.t, "fate")
	}
	if fate != 1 { // 1: it comes again later
		w.flying = slices.Delete(w.flying, i, i+1)
	}
	if fate == 2 { // lost
		return
	}
	if arrive().Ask {
		w.ask()
	}
}

func (w *wire) reconnect() {
	w.r.Closed()
	w.flying = nil
	w.r.Opened(feed.DefaultTimings)
	w.ask()
}

// settle lets everything arrive on a new socket.
func (w *wire) settle() {
	w.settled = true
	w.now = w.now.Add(time.Hour) // no older proof counts
	w.reconnect()
	w.beat()
	for range 20 {
		for len(w.flying) > 0 {
			w.deliver()
		}
		w.beat()
	}
	for len(w.flying) > 0 {
		w.deliver()
	}
}

// TestReaderShowsTheTruth: whatever is lost, doubled, late or out of order, a
// reader shows exactly the server's board at its cursor, and on a socket that
// loses nothing it gets to the head and is live.
func TestReaderShowsTheTruth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWire(t)
		w.reconnect()
		for range rapid.IntRange(0, 60).Draw(t, "steps") {
			switch rapid.IntRange(0, 9).Draw(t, "step") {
			case 0, 1, 2:
				w.event()
			case 3:
				w.beat()
			case 4:
				if rapid.IntRange(0, 3).Draw(t, "lost") == 0 {
					w.reconnect()
				}
			case 5:
				w.now = w.now.Add(time.Duration(rapid.IntRange(0, 6000).Draw(t, "ms")) * time.Millisecond)
			default:
				w.deliver()
			}
			if w.r.Cursor().Epoch == "" {
				continue
			}
			if err := w.h.shows(w.r); err != nil {
				t.Fatal(err)
			}
		}
		w.settle()
		if err := w.h.shows(w.r); err != nil {
			t.Fatal(err)
		}
		if l, why := w.r.Link(w.now); l != feed.Live || w.r.Cursor().Seq != w.h.head() {
			t.Fatalf("after a quiet while %s %s at %d of %d", l, why, w.r.Cursor().Seq, w.h.head())
		}
	})
}

// TestReaderThatIsWrongIsNotLive plants faults: a server that drops, doubles or
// changes keys of its events. A reader whose board is wrong may not be live
// after the next beat, and asks for at most one reset in ten minutes.
func TestReaderThatIsWrongIsNotLive(t *testing.T) {
	caught := 0
	rapid.Check(t, func(t *rapid.T) {
		w := newWire(t)
		w.settled = true
		w.tamper = tamper(rapid.Uint64().Draw(t, "seed"))
		w.reconnect()
		resets := 0
		for range rapid.IntRange(1, 80).Draw(t, "steps") {
			w.event()
			w.beat()
			w.now = w.now.Add(time.Second)
			for len(w.flying) > 0 {
				before := w.asks
				w.deliver()
				if w.asks > before && w.r.Subscription().Cause == feed.ReasonDigest {
					resets++
				}
			}
			wrong := w.h.shows(w.r)
			if l, _ := w.r.Link(w.now); l == feed.Live && wrong != nil {
				t.Fatalf("live, though %v", wrong)
			}
			if wrong != nil {
				caught++
			}
		}
		if resets > 1 {
			t.Fatalf("%d resets within ten minutes", resets)
		}
	})
	if caught == 0 {
		t.Error("no planted fault made a board wrong: this test proves nothing")
	}
}

// tamper drops a key of an event, or changes its version, now and then.
func tamper(seed uint64) func([]feed.Entry) []feed.Entry {
	rng := rand.New(rand.NewPCG(seed, 0))
	return func(keys []feed.Entry) []feed.Entry {
		if len(keys) == 0 || rng.IntN(6) != 0 {
			return keys
		}
		keys = slices.Clone(keys)
		i := rng.IntN(len(keys))
		if rng.IntN(2) == 0 {
			return slices.Delete(keys, i, i+1)
		}
		keys[i].Seq += 1 << 20
		return keys
	}
}

// TestOverlayChangesNothingBelow: answers of any kind never change the cursor,
// the digest or the link, and are gone at the reset.
func TestOverlayChangesNothingBelow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWire(t)
		w.settled = true
		for range rapid.IntRange(0, 6).Draw(t, "events") {
			w.h.move(t)
		}
		w.settle()
		for range rapid.IntRange(1, 10).Draw(t, "answers") {
			seq := rapid.Uint64Range(0, w.h.head()+5).Draw(t, "seq")
			key := fmt.Sprintf("A%d/er", rapid.IntRange(0, 9).Draw(t, "key"))
			e := feed.Entry{Key: key, Seq: seq, Gone: rapid.Bool().Draw(t, "gone")}
			step := w.r.Overlay(feed.Answer{Feed: "region:11", Epoch: w.h.epoch, Seq: seq, Keys: []feed.Entry{e}})
			if got, ok := w.r.Get(key); len(step.Changed) > 0 && (ok == e.Gone || ok && got.Seq != seq) {
				t.Fatalf("%s is shown as %+v, the answer was %+v", key, got, e)
			}
			if seq <= w.h.head() && len(step.Changed) > 0 {
				t.Fatalf("an answer of %d changed a board at %d", seq, w.h.head())
			}
		}
		if l, _ := w.r.Link(w.now); l != feed.Live || w.r.Digest() != w.h.digest(w.h.head()) || w.r.Cursor().Seq != w.h.head() {
			t.Fatalf("answers made it %s at %+v", l, w.r.Cursor())
		}
		w.r.Reset(w.h.reset(w.h.head()))
		if err := w.h.shows(w.r); err != nil {
			t.Fatal(err)
		}
	})
}

// TestMergeEqualsTheEvents: from every cursor that no tombstone lies below, the
// follower's merge leads to the same state as the events one by one.
func TestMergeEqualsTheEvents(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := newHistory("e")
		follower := feed.NewState(true)
		follower.Load("e", 0, nil)
		for range rapid.IntRange(1, 40).Draw(t, "events") {
			h.move(t)
			if _, err := follower.Apply(h.head(), h.head(), h.events[h.head()]); err != nil {
				t.Fatal(err)
			}
		}
		first := rapid.Uint64Range(1, h.head()).Draw(t, "first")
		follower.Bury(first)
		for cursor := first - 1; cursor <= h.head(); cursor++ {
			reader := feed.NewState(false)
			reader.Load("e", cursor, slices.Collect(maps.Values(h.boards[cursor])))
			if _, err := reader.Apply(cursor+1, h.head(), follower.Since(cursor)); err != nil {
				t.Fatal(err)
			}
			if reader.Digest() != h.digest(h.head()) || len(reader.Live()) != len(h.boards[h.head()]) {
				t.Fatalf("from %d the merge leads to %v, want %v", cursor, reader.Live(), h.boards[h.head()])
			}
		}
	})
}

// TestLinkSurvivesSleepAndSetClocks: a machine that slept, or whose clock was
// set back, does not call old proofs young.
func TestLinkSurvivesSleepAndSetClocks(t *testing.T) {
	proved := time.Now()
	r := feed.NewReader("region:11")
	r.Opened(feed.DefaultTimings)
	r.Reset(&feed.Reset{Epoch: "e"})
	r.Beat(&feed.Beat{Epoch: "e", At: feed.At(proved), VerifiedAt: feed.At(proved)}, proved)
	if l, _ := r.Link(proved.Add(time.Second)); l != feed.Live {
		t.Fatalf("after a second: %s", l)
	}
	for name, now := range map[string]time.Time{
		"asleep for ten minutes":  monotonicBehind(proved.Add(10*time.Minute), 599*time.Second),
		"clock set back, 10 min":  monotonicBehind(proved.Add(time.Second), -599*time.Second),
		"no monotonic clock here": proved.Round(0).Add(10 * time.Minute),
	} {
		if l, _ := r.Link(now); l != feed.Offline {
			t.Errorf("%s: %s", name, l)
		}
		if on := r.ServerTime(now).Sub(feed.At(proved).Std()); on < 10*time.Minute {
			t.Errorf("%s: the server's clock went on by %v", name, on)
		}
	}
}

// monotonicBehind takes d from t's monotonic reading and leaves its wall clock.
// No function of package time does, so this knows how a Time is laid out, and
// proves that it does.
func monotonicBehind(t time.Time, d time.Duration) time.Time {
	moved := t
	(*struct {
		wall uint64
		ext  int64
		loc  *time.Location
	})(unsafe.Pointer(&moved)).ext -= int64(d)
	if t.Sub(moved) != d || !t.Round(0).Equal(moved.Round(0)) {
		panic("a time.Time is laid out otherwise")
	}
	return moved
}

func TestApplyTellsWhatChanged(t *testing.T) {
	s := feed.NewState(false)
	s.Load("e", 2, []feed.Entry{{Key: "A/er", Seq: 1}, {Key: "B/er", Seq: 2}})
	changed, err := s.Apply(1, 4, []feed.Entry{{Key: "A/er", Seq: 1}, {Key: "B/er", Seq: 4, Gone: true}, {Key: "C/er", Seq: 3}})
	if want := []string{"B/er", "C/er"}; err != nil || !slices.Equal(changed, want) {
		t.Errorf("changed %v, %v; want %v", changed, err, want)
	}
}

func TestLateSource(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	for age, late := range map[time.Duration]bool{0: false, 10 * time.Second: false, 10*time.Second + time.Millisecond: true} {
		s := feed.Source{CompleteAt: feed.At(now.Add(-age)), IntervalMS: 5000}
		if s.Late(now) != late {
			t.Errorf("%v after its last poll Late is %v", age, !late)
		}
	}
	if !(feed.Source{IntervalMS: 5000}).Late(now) {
		t.Error("a source that never came is not late")
	}
}
