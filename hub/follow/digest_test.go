package follow

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"weer/model/feed"
)

func TestPlantedDigestIsUnprovedAndRecovers(t *testing.T) {
	inTime(t, func(t *testing.T, db *database) {
		n := startNode(t, db)
		d := n.follow(t, seoul)
		n.wire.send(db.write(seoul, map[string]string{"a": "1"}))
		synctest.Wait()
		s := newScreen(d)
		s.pump(time.Now())
		db.spoil(seoul)
		n.wire.send(db.write(seoul, map[string]string{"a": "2"}))
		synctest.Wait()
		s.pump(time.Now())
		if !d.Status().Unproved || n.Stats().Unproved != 1 {
			t.Fatalf("status %+v", d.Status())
		}
		if link, why := s.reader.Link(time.Now()); link != feed.Delayed || why != feed.WhyUnproved {
			t.Fatalf("the screen is %s %s", link, why)
		}
		resets := len(s.resets)
		for range 200 { // more than a minute: it is looked at again, and nobody is reset
			n.wire.send(db.write(seoul, map[string]string{"a": "3"}))
			pass(time.Second)
			s.pump(time.Now())
		}
		if len(s.resets) != resets {
			t.Fatalf("%d resets while unproved", len(s.resets)-resets)
		}
		n.wire.send(db.repair(seoul))
		synctest.Wait()
		s.pump(time.Now())
		if err := s.level(db, time.Now()); err != nil {
			t.Fatal(err)
		}
		if n.Stats().Unproved != 0 || d.Status().Unproved {
			t.Fatal("still unproved")
		}
	})
}

func TestRepairWithoutAnEventIsFoundWithinAMinute(t *testing.T) {
	inTime(t, func(t *testing.T, db *database) {
		db.write(seoul, map[string]string{"a": "1"})
		db.spoil(seoul)
		n := startNode(t, db)
		d := n.follow(t, seoul)
		if !d.Status().Unproved {
			t.Fatal("a snapshot with a wrong digest is proved")
		}
		db.set(func() { db.feeds[seoul].digest = feed.Digest{}.Add("a", 1) })
		pass(61 * time.Second)
		if d.Status().Unproved {
			t.Fatal("still unproved")
		}
	})
}

// TestWrongHintIsRepaired: an event that lost a key on its way is found by its
// digest, and screens get one reset.
func TestWrongHintIsRepaired(t *testing.T) {
	inTime(t, func(t *testing.T, db *database) {
		n := startNode(t, db)
		d := n.follow(t, seoul)
		s := newScreen(d)
		s.pump(time.Now())
		h := db.write(seoul, map[string]string{"a": "1", "b": "2"})
		h.Keys = []byte(`[{"key":"a","seq":1,"value":"1"}]`)
		n.wire.send(h)
		synctest.Wait()
		s.pump(time.Now())
		if err := s.level(db, time.Now()); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(s.resets, []string{feed.ReasonAsked, feed.ReasonRepaired}) || n.Stats().Mismatches != 1 {
			t.Fatalf("resets %v, stats %+v", s.resets, n.Stats())
		}
	})
}

func TestUnreadableHintIsReadFromTheDatabase(t *testing.T) {
	inTime(t, func(t *testing.T, db *database) {
		n := startNode(t, db)
		d := n.follow(t, seoul)
		h := db.write(seoul, map[string]string{"a": "1"})
		h.Keys = []byte(`{`)
		n.wire.send(h)
		synctest.Wait()
		stands(t, d, 1)
	})
}

// TestWhileWrongNothingIsTold: the copy is known to be wrong and the database
// does not answer.
func TestWhileWrongNothingIsTold(t *testing.T) {
	inTime(t, func(t *testing.T, db *database) {
		n := startNode(t, db)
		d := n.follow(t, seoul)
		s := newScreen(d)
		n.wire.send(db.write(seoul, map[string]string{"a": "1"}))
		synctest.Wait()
		s.pump(time.Now())
		db.set(func() { db.noSnapshot = true })
		h := db.write(seoul, map[string]string{"a": "2", "b": "2"})
		h.Keys = []byte(`[]`)
		n.wire.send(h)
		synctest.Wait()
		if tail := d.Tail(s.place); len(tail.Packets) != 0 || tail.Status.Seq != 1 {
			t.Fatalf("told %+v", tail)
		}
		if tail := d.Reset(feed.ReasonAsked); len(tail.Packets) != 0 {
			t.Fatal("a reset from a copy that is wrong")
		}
		pass(10 * time.Second)
		s.pump(time.Now())
		if link, _ := s.reader.Link(time.Now()); link == feed.Live {
			t.Fatal("live without a true copy")
		}
		db.set(func() { db.noSnapshot = false })
		pass(1100 * time.Millisecond)
		s.pump(time.Now())
		if err := s.level(db, time.Now()); err != nil {
			t.Fatal(err)
		}
	})
}
