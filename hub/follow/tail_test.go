package follow

import (
	"bytes"
	"fmt"
	"maps"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"weer/model/feed"
)

// A desk is one replica without a follower, beside the database that it copies.
type desk struct {
	db    *database
	feed  *Feed
	hints []feed.Hint // everything that was ever written, pruned or not
}

func newDesk(name string) *desk {
	db := newDatabase()
	var facts atomic.Pointer[Facts]
	facts.Store(&Facts{Epoch: db.epoch})
	r := newReplica(name, &facts, new(atomic.Uint64))
	return &desk{db: db, feed: r.attach(nil, nil)}
}

func (k *desk) write(keys map[string]string) {
	k.hints = append(k.hints, k.db.write(k.feed.Name(), keys))
}

// load starts the replica afresh, from the database's snapshot.
func (k *desk) load(tb testing.TB) {
	tb.Helper()
	f := &Follower{store: k.db}
	p, err := f.picture(tb.Context(), k.feed.Name())
	if err != nil || !p.agrees {
		tb.Fatalf("snapshot: agrees %v, %v", p.agrees, err)
	}
	k.feed.replica.install(p)
}

// hear gives the replica the hints after its head.
func (k *desk) hear(tb testing.TB) {
	tb.Helper()
	for _, h := range k.hints[k.feed.Status().Seq:] {
		a, err := decode(h.Epoch, h.Event)
		if err != nil {
			tb.Fatal(err)
		}
		k.feed.replica.hint(a)
	}
}

// reader is an honest display that has seen everything up to seq.
func (k *desk) reader(seq uint64) *feed.Reader {
	r := feed.NewReader(k.feed.Name())
	r.Opened(feed.DefaultTimings)
	r.Reset(&feed.Reset{Epoch: k.db.epoch, Keys: []feed.Entry{}})
	for _, h := range k.hints[:seq] {
		keys, err := h.Entries()
		if err != nil {
			panic(err)
		}
		r.Event(h.From, h.To, keys)
	}
	return r
}

// resume takes a reader from its cursor by what Tail says, and judges it.
func (k *desk) resume(cursor uint64) (reasons []string, err error) {
	s := &screen{reader: k.reader(cursor), feed: k.feed, place: k.feed.Start(k.db.epoch, cursor)}
	t := k.feed.Tail(s.place)
	for _, p := range t.Packets {
		s.take(p)
	}
	want, _ := k.db.truth(k.db.epoch, k.feed.Name(), t.Status.Seq)
	if c := s.reader.Cursor(); c.Seq != t.Status.Seq || s.reader.Digest() != t.Status.Digest {
		return s.resets, fmt.Errorf("from %d to %d with %v, not to %d with %v", cursor, c.Seq, s.reader.Digest(), t.Status.Seq, t.Status.Digest)
	}
	if got := s.board(); !maps.Equal(got, want) {
		return s.resets, fmt.Errorf("from %d: %v, not %v", cursor, got, want)
	}
	return s.resets, nil
}

// TestNoGhostsOnAFreshFollower: keys were removed while a display was away, and
// the node that it comes back to has just started.
func TestNoGhostsOnAFreshFollower(t *testing.T) {
	k := newDesk(seoul)
	for i := range 12 {
		k.write(map[string]string{fmt.Sprintf("h%d/er", i%4): "1", "always": fmt.Sprint(i)})
	}
	k.write(map[string]string{"h0/er": "", "h1/er": ""})
	k.write(map[string]string{"h1/er": "back", "h2/er": ""})
	k.db.prune(seoul, 8) // first is 7
	k.load(t)
	for cursor := range uint64(15) {
		reasons, err := k.resume(cursor)
		if err != nil {
			t.Fatal(err)
		}
		if tooOld := cursor < 6; tooOld != (len(reasons) == 1 && reasons[0] == feed.ReasonTooOld) {
			t.Fatalf("from %d: resets %v", cursor, reasons)
		}
	}
}

func TestTailSharesItsPackets(t *testing.T) {
	k := newDesk(seoul)
	k.load(t)
	for i := range 300 {
		k.write(map[string]string{"a": strings.Repeat("x", i)})
	}
	k.hear(t)
	at := func(seq uint64) []*Packet { return k.feed.Tail(k.feed.Start(k.db.epoch, seq)).Packets }
	if a, b := at(298), at(298); len(a) != 2 || a[0] != b[0] || a[1] != b[1] {
		t.Fatalf("a short backlog is %d packets, not the same two", len(a))
	}
	if a, b := at(3), at(3); len(a) != 1 || a[0] != b[0] || a[0].Event.From != 4 || a[0].Event.To != 300 {
		t.Fatalf("a long backlog of one key is %+v, not one merge", a)
	}
	if a, b := k.feed.Reset("asked").Packets[0], k.feed.Reset("asked").Packets[0]; a != b || a.Reset.Seq != 300 || len(a.Reset.Keys) != 1 {
		t.Fatalf("resets %+v and %+v", a.Reset, b.Reset)
	}
	for cursor := range uint64(200) {
		at(cursor)
	}
	if n := len(k.feed.replica.cache.merges); n > mergesKept {
		t.Fatalf("%d merges are kept", n)
	}
	if p := at(300); len(p) != 0 {
		t.Fatalf("at the head there are %d packets", len(p))
	}
}

func TestLongBacklogIsMerged(t *testing.T) {
	k := newDesk(seoul)
	k.load(t)
	for i := range 200 {
		k.write(map[string]string{fmt.Sprintf("h%d/er", i): strings.Repeat("x", 1000)})
	}
	k.hear(t)
	// A merge of these saves only the frames' overhead.
	if n := len(k.feed.Tail(k.feed.Start(k.db.epoch, 0)).Packets); n != 1 {
		t.Fatalf("%d packets, though one merge is smaller", n)
	}
}

// TestMergeThatIsLargerIsNotSent: encoding again escapes what was sent plain.
func TestMergeThatIsLargerIsNotSent(t *testing.T) {
	k := newDesk(seoul)
	k.load(t)
	for i := range 10 {
		k.write(map[string]string{fmt.Sprintf("h%d/er", i): strings.Repeat("<", 1000)})
		k.hints[i].Keys = bytes.ReplaceAll(k.hints[i].Keys, []byte(`\u003c`), []byte("<"))
	}
	k.hear(t)
	if n := len(k.feed.Tail(k.feed.Start(k.db.epoch, 0)).Packets); n != 10 {
		t.Fatalf("%d packets, though the events are smaller than their merge", n)
	}
}

func TestRingIsBounded(t *testing.T) {
	for _, c := range []struct {
		name        string
		size        int
		entries, at int
	}{
		{seoul, 10, 1024, 3000},
		{seoul, 1 << 20, 3, 40}, // 4 MiB with what frames are longer
		{closed, 10, 64, 300},
		{closed, 30 << 10, 2, 20},
		{closed, 70 << 10, 0, 5},
	} {
		g := newRing(feed.Private(c.name))
		for i := 1; i <= c.at; i++ {
			g.push(feed.Event{From: uint64(i), To: uint64(i), Keys: make([]byte, c.size)})
		}
		if len(g.entries) != c.entries || g.end()-g.begin > g.maxBytes {
			t.Errorf("%s with %d bytes each: %d entries of %d bytes", c.name, c.size, len(g.entries), g.end()-g.begin)
		}
		oldest := uint64(c.at - len(g.entries))
		if list, bytes, ok := g.after(oldest); ok != (c.entries > 0) || len(list) != c.entries || bytes != c.entries*(c.size+frameOverhead) {
			t.Errorf("after %d: %d entries, %d bytes, %v", oldest, len(list), bytes, ok)
		}
		if _, _, ok := g.after(oldest - 1); ok {
			t.Error("the ring has a hole")
		}
	}
}

func TestReasonsOfResets(t *testing.T) {
	k := newDesk(seoul)
	for range 9 {
		k.write(map[string]string{"a": "1"})
	}
	k.db.prune(seoul, 5)
	k.load(t)
	s := k.feed.Status()
	for _, c := range []struct {
		place  Place
		reason string
	}{
		{Place{"00000000000000ff", 9, s.Generation}, feed.ReasonEpoch},
		{Place{"", 0, 0}, feed.ReasonEpoch},
		{Place{s.Epoch, 9, s.Generation - 1}, feed.ReasonRepaired},
		{Place{s.Epoch, 10, s.Generation}, feed.ReasonFuture},
		{Place{s.Epoch, 1<<64 - 1, s.Generation}, feed.ReasonFuture},
		{Place{s.Epoch, 3, s.Generation}, feed.ReasonTooOld},
		{Place{s.Epoch, 0, s.Generation}, feed.ReasonTooOld},
		{Place{s.Epoch, 4, s.Generation}, ""},
		{Place{s.Epoch, 9, s.Generation}, ""},
	} {
		got := ""
		if p := k.feed.Tail(c.place).Packets; len(p) == 1 && p[0].Reset != nil {
			got = p[0].Reset.Reason
		}
		if got != c.reason {
			t.Errorf("%+v: reset %q, not %q", c.place, got, c.reason)
		}
	}
}

// TestOldPictureIsNotTaken: while a snapshot was on its way hints went on.
func TestOldPictureIsNotTaken(t *testing.T) {
	k := newDesk(seoul)
	k.load(t)
	k.write(map[string]string{"a": "1"})
	old, err := (&Follower{store: k.db}).picture(t.Context(), seoul)
	if err != nil {
		t.Fatal(err)
	}
	k.write(map[string]string{"a": "2"})
	k.hear(t)
	k.feed.replica.install(old)
	stands(t, k.feed, 2)

	k.write(map[string]string{"a": "3"})
	k.hints[2].Digest = feed.Digest{}
	k.hear(t)
	if o := k.feed.replica.install(old); !k.feed.replica.void || o.later != wantLoad {
		t.Fatalf("a picture from before the fault ended it: %+v", o)
	}
	k.load(t)
	stands(t, k.feed, 3)
	if _, err := k.resume(0); err != nil {
		t.Fatal(err)
	}
}

// FuzzTail: whatever was written, pruned and loaded, and from wherever a reader
// comes, it ends at the truth or at a reset with the right reason.
func FuzzTail(f *testing.F) {
	f.Add([]byte{1, 2, 3, 200, 5, 250, 7, 1}, uint64(3), false)
	f.Add([]byte{1, 129, 1, 129, 1, 251, 129, 9}, uint64(4), true)
	f.Add([]byte{240, 1, 2, 3}, uint64(1<<64-1), false)
	f.Add([]byte{1, 2, 3, 4, 255, 129, 130}, uint64(2), true)
	f.Fuzz(func(t *testing.T, ops []byte, cursor uint64, private bool) {
		name := seoul
		if private {
			name = closed
		}
		k := newDesk(name)
		k.load(t)
		for _, op := range ops[:min(len(ops), 300)] {
			key := map[string]string{fmt.Sprintf("k%d", op%16): ""}
			switch {
			case op >= 250: // prune, and tell
				k.db.prune(name, int(op-250)*4+1)
				k.feed.replica.mu.Lock()
				k.feed.replica.prune(k.db.table(name).first)
				k.feed.replica.mu.Unlock()
			case op >= 245:
				k.hear(t)
			case op >= 240: // a fresh start
				g := k.feed.replica
				k.feed = newReplica(name, g.facts, g.generations).attach(nil, nil)
				k.load(t)
			case op >= 128:
				k.write(key)
			default:
				key[fmt.Sprintf("k%d", op%16)] = strings.Repeat("v", int(op)*20)
				k.write(key)
			}
		}
		k.hear(t)
		head, first := uint64(len(k.hints)), k.feed.replica.first
		tail := k.feed.Tail(k.feed.Start(k.db.epoch, cursor))
		want := ""
		switch {
		case cursor > head:
			want = feed.ReasonFuture
		case cursor < head && cursor < first-1:
			want = feed.ReasonTooOld
		}
		got := ""
		if len(tail.Packets) > 0 && tail.Packets[0].Reset != nil {
			got = tail.Packets[0].Reset.Reason
		}
		if got != want {
			t.Fatalf("from %d, head %d, first %d: reset %q, not %q", cursor, head, first, got, want)
		}
		for c := range head + 1 {
			if _, err := k.resume(c); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// TestTheJudgeSeesAGhost plants what the suite is there to find: a merge that
// forgot a tombstone.
func TestTheJudgeSeesAGhost(t *testing.T) {
	k := newDesk(seoul)
	k.write(map[string]string{"a": "1", "b": "1"})
	k.write(map[string]string{"a": "2"})
	k.write(map[string]string{"b": ""})
	k.load(t)
	k.feed.replica.state.Bury(9)
	if _, err := k.resume(1); err == nil {
		t.Fatal("a ghost passed")
	}
}

func TestPacketIsEncodedOncePerVariant(t *testing.T) {
	var p Packet
	var calls atomic.Int32
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			p.Frame([]string{"plain", "deflated"}[i%2], func() []byte {
				calls.Add(1)
				return []byte("x")
			})
		})
	}
	all.Wait()
	if calls.Load() != 2 {
		t.Fatalf("%d encodings", calls.Load())
	}
}
