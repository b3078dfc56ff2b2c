package follow

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"weer/model/feed"
)

const (
	seoul  = "region:11"
	busan  = "region:26"
	closed = "hospital:A1100001"
)

// inTime runs a test on a clock of its own; sleeping there waits for nobody.
func inTime(t *testing.T, test func(t *testing.T, db *database)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(t, newDatabase()) })
}

func pass(d time.Duration) {
	time.Sleep(d) // the bubble's clock: no time passes outside
	synctest.Wait()
}

func stands(t *testing.T, d *Feed, seq uint64) {
	t.Helper()
	if s := d.Status(); s.Seq != seq {
		t.Fatalf("%s stands at %d, not %d", d.Name(), s.Seq, seq)
	}
}

func TestHintIsAppliedAtOnce(t *testing.T) {
	inTime(t, func(t *testing.T, db *database) {
		n := startNode(t, db)
		d := n.follow(t, seoul)
		s := newScreen(d)
		for range 3 {
			n.wire.send(db.write(seoul, map[string]string{"a": "1"}))
		}
		synctest.Wait()
		stands(t, d, 3)
		s.pump(time.Now())
		if err := s.level(db, time.Now()); err != nil {
			t.Fatal(err)
		}
		if db.asked().events != 0 {
			t.Fatalf("%d reads though no hint was lost", db.asked().events)
		}
	})
}

func TestLostHintIsFoundByTheNextQuestion(t *testing.T) {
	inTime(t, func(t *testing.T, db *database) {
		n := startNode(t, db)
		d := n.follow(t, seoul)
		pass(500 * time.Millisecond)
		db.write(seoul, map[string]string{"a": "1"})
		pass(400 * time.Millisecond)
		stands(t, d, 0)
		pass(200 * time.Millisecond)
		stands(t, d, 1)
	})
}

func TestHoleWaitsThenReads(t *testing.T) {
	inTime(t, func(t *testing.T, db *database) {
		n := startNode(t, db)
		d := n.follow(t, seoul)
		pass(100 * time.Millisecond)
		db.write(seoul, map[string]string{"a": "1"})
		n.wire.send(db.write(seoul, map[string]string{"b": "1"}))
		pass(19 * time.Millisecond)
		stands(t, d, 0)
		if db.asked().events != 0 {
			t.Fatal("read before the predecessor had its 20 ms")
		}
		pass(2 * time.Millisecond)
		stands(t, d, 2)
		if s := n.Stats(); s.Holes != 1 || s.Reads != 1 || s.Applied != 2 {
			t.Fatalf("stats %+v", s)
		}
	})
}

func TestReorderedHintsNeedNoRead(t *testing.T) {
	inTime(t, func(t *testing.T, db *database) {
		n := startNode(t, db)
		d := n.follow(t, seoul)
		pass(100 * time.Millisecond)
		var hints []feed.Hint
		for range 5 {
			hints = append(hints, db.write(seoul, map[string]string{"a": "1"}))
		}
		slices.Reverse(hints)
		for _, h := range hints {
			n.wire.send(h)
			n.wire.send(h)
		}
		synctest.Wait()
		stands(t, d, 5)
		pass(100 * time.Millisecond)
		if db.asked().events != 0 {
			t.Fatalf("%d reads", db.asked().events)
		}
	})
}

func TestPrivateHintIsRead(t *testing.T) {
	inTime(t, func(t *testing.T, db *database) {
		n := startNode(t, db)
		d := n.follow(t, closed)
		pass(100 * time.Millisecond)
		for range 2*maxEvents + 5 { // more than one answer holds
			db.write(closed, map[string]string{"r": "1"})
		}
		n.wire.send(db.write(closed, map[string]string{"r": "2"}))
		synctest.Wait()
		stands(t, d, 2*maxEvents+6)
	})
}

func TestManyPrivateFeedsShareAQuestion(t *testing.T) {
	inTime(t, func(t *testing.T, db *database) {
		n := startNode(t, db)
		var list []*Feed
		for i := range 100 {
			list = append(list, n.follow(t, "unit:"+string(rune('a'+i/10))+string(rune('a'+i%10))))
		}
		pass(100 * time.Millisecond)
		db.set(func() { db.latency = 10 * time.Millisecond })
		for _, d := range list {
			n.wire.send(db.write(d.Name(), map[string]string{"r": "1"}))
		}
		pass(500 * time.Millisecond)
		for _, d := range list {
			stands(t, d, 1)
		}
		if db.asked().events > 20 {
			t.Fatalf("%d questions for 100 feeds", db.asked().events)
		}
	})
}

func TestQuestionsOverlapAndAllIsAskedEachMinute(t *testing.T) {
	inTime(t, func(t *testing.T, db *database) {
		begin := feed.At(time.Now())
		startNode(t, db)
		pass(2500 * time.Millisecond)
		// At start all; before that answer the epoch was not known, so all again.
		if want := []feed.Time{0, 0, begin - 5000, begin - 4000}; !slices.Equal(db.asked().since, want) {
			t.Fatalf("asked since %v, not %v", db.asked().since, want)
		}
		pass(time.Minute)
		all := 0
		for _, s := range db.asked().since[4:] {
			if s == 0 {
				all++
			}
		}
		if all != 1 || len(db.asked().since) != 64 {
			t.Fatalf("%d of %d questions were for all", all, len(db.asked().since))
		}
		db.set(func() { db.noVerify = true })
		pass(61 * time.Second)
		db.set(func() { db.noVerify = false; db.questions.since = nil })
		pass(time.Second)
		if len(db.asked().since) != 1 || db.asked().since[0] != 0 {
			t.Fatalf("after 60 s without an answer: since %v", db.asked().since)
		}
	})
}

func TestFactsComeFromTheDatabase(t *testing.T) {
	inTime(t, func(t *testing.T, db *database) {
		db.latency = 100 * time.Millisecond
		n := startNode(t, db)
		pass(150 * time.Millisecond)
		f := n.Facts()
		if f.Epoch != db.epoch || f.Mode != "simulated" || f.Sources["egen.beds"].IntervalMS != 5000 || f.ClockOffset != 0 || f.VerifiedAt == 0 {
			t.Fatalf("facts %+v", f)
		}
		if !n.Verified(time.Second) {
			t.Fatal("not verified")
		}
		db.set(func() { db.noVerify = true })
		pass(3 * time.Second)
		if n.Verified(time.Second) || !n.Verified(time.Minute) {
			t.Fatal("verified without an answer")
		}
	})
}

// TestBehindIsNotVerified: the database says that a feed moved, and does not
// give the events. The feed's own verified-at must stay where it was.
func TestBehindIsNotVerified(t *testing.T) {
	inTime(t, func(t *testing.T, db *database) {
		n := startNode(t, db)
		d, other := n.follow(t, seoul), n.follow(t, busan)
		s := newScreen(d)
		s.pump(time.Now())
		db.set(func() { db.noEvents, db.noSnapshot = true, true })
		db.write(seoul, map[string]string{"a": "1"})
		pass(20 * time.Second)
		s.pump(time.Now())
		if link, _ := s.reader.Link(time.Now()); link == feed.Live {
			t.Fatal("a screen is live on a board that is 20 s old")
		}
		if o := other.Status().VerifiedAt; o != n.Facts().VerifiedAt || d.Status().VerifiedAt >= o {
			t.Fatalf("verified: the feed behind %v, the other %v", d.Status().VerifiedAt, o)
		}
		db.set(func() { db.noEvents, db.noSnapshot = false, false })
		pass(1100 * time.Millisecond)
		s.pump(time.Now())
		if err := s.level(db, time.Now()); err != nil {
			t.Fatal(err)
		}
	})
}

func TestNewEpochReloadsEverything(t *testing.T) {
	inTime(t, func(t *testing.T, db *database) {
		n := startNode(t, db)
		d := n.follow(t, seoul)
		for range 4 {
			n.wire.send(db.write(seoul, map[string]string{"a": "1"}))
		}
		synctest.Wait()
		s := newScreen(d)
		s.pump(time.Now())
		old := d.Status()
		db.restore(2)
		n.wire.send(db.write(seoul, map[string]string{"a": "other"})) // foreign to a node that does not know yet
		pass(1100 * time.Millisecond)
		s.pump(time.Now())
		if err := s.level(db, time.Now()); err != nil {
			t.Fatal(err)
		}
		if now := d.Status(); now.Generation == old.Generation || now.Epoch == old.Epoch {
			t.Fatalf("%+v after %+v", now, old)
		}
		if s.resets[len(s.resets)-1] != feed.ReasonEpoch {
			t.Fatalf("resets %v", s.resets)
		}
		if n.wire.followed(old.Epoch, seoul) != 0 || n.wire.followed(db.epoch, seoul) != 1 {
			t.Fatalf("follows %v", n.wire.follows)
		}
		n.wire.send(db.write(seoul, map[string]string{"b": "1"}))
		synctest.Wait()
		stands(t, d, 4)
	})
}

func TestRestoreWithoutANewEpochIsNoticed(t *testing.T) {
	inTime(t, func(t *testing.T, db *database) {
		n := startNode(t, db)
		d := n.follow(t, seoul)
		for range 4 {
			n.wire.send(db.write(seoul, map[string]string{"a": "1"}))
		}
		pass(10 * time.Second)
		s := newScreen(d)
		s.pump(time.Now())
		db.rewind(2, false)
		db.set(func() { db.feeds[seoul].changed = time.Now() })
		pass(1100 * time.Millisecond)
		stands(t, d, 2)
		s.pump(time.Now())
		if err := s.level(db, time.Now()); err != nil {
			t.Fatal(err)
		}
		if s.resets[len(s.resets)-1] != feed.ReasonRepaired {
			t.Fatalf("resets %v", s.resets)
		}
	})
}

// TestHintsBetweenQuestionAndAnswer: an answer that is older than the copy is
// no sign of a restore.
func TestHintsBetweenQuestionAndAnswer(t *testing.T) {
	inTime(t, func(t *testing.T, db *database) {
		n := startNode(t, db)
		d := n.follow(t, seoul)
		generation := d.Status().Generation
		db.set(func() {
			db.latency = 50 * time.Millisecond
			db.beforeAnswer = func() { n.wire.send(db.write(seoul, map[string]string{"a": "1"})) }
		})
		pass(5 * time.Second)
		db.set(func() { db.beforeAnswer = nil })
		pass(5 * time.Second)
		if s := d.Status(); s.Generation != generation || s.Seq < 5 {
			t.Fatalf("status %+v", s)
		}
	})
}

func TestGoneEventsAreLoadedAndVoidNobody(t *testing.T) {
	inTime(t, func(t *testing.T, db *database) {
		n := startNode(t, db)
		d := n.follow(t, seoul)
		n.wire.send(db.write(seoul, map[string]string{"a": "1", "b": "1"}))
		synctest.Wait()
		near, far := newScreen(d), newScreen(d)
		near.pump(time.Now())
		far.pump(time.Now())
		generation := d.Status().Generation
		for range 5 {
			db.write(seoul, map[string]string{"a": "2", "b": ""})
		}
		db.prune(seoul, 2)
		pass(1100 * time.Millisecond)
		stands(t, d, 6)
		if d.Status().Generation != generation {
			t.Fatal("screens were voided")
		}
		far.pump(time.Now())
		if err := far.level(db, time.Now()); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(far.resets, []string{feed.ReasonAsked, feed.ReasonTooOld}) {
			t.Fatalf("resets %v", far.resets)
		}
	})
}
