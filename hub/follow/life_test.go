package follow

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"weer/model/fault"
	"weer/model/feed"
)

func TestReach(t *testing.T) {
	inTime(t, func(t *testing.T, db *database) {
		n := startNode(t, db)
		d := n.follow(t, seoul)
		pass(100 * time.Millisecond)
		for range 3 * maxEvents {
			db.write(seoul, map[string]string{"a": "1"})
		}
		if err := d.Reach(t.Context(), 3*maxEvents-1); err != nil {
			t.Fatal(err)
		}
		if d.Status().Seq < 3*maxEvents-1 {
			t.Fatalf("reached %d", d.Status().Seq)
		}
		if err := d.Reach(t.Context(), feed.MaxSeq); err != nil { // the database says: shorter
			t.Fatal(err)
		}
		stands(t, d, 3*maxEvents)
		db.set(func() { db.noEvents, db.noSnapshot = true, true })
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		if err := d.Reach(ctx, 1000); !fault.Is(err, fault.Timeout) {
			t.Fatalf("without a database: %v", err)
		}
		if tail := d.Tail(d.Start(db.epoch, 1000)); tail.Packets[0].Reset.Reason != feed.ReasonFuture {
			t.Fatalf("beyond the head: %+v", tail.Packets[0].Reset)
		}
	})
}

func TestFollowWithoutADatabase(t *testing.T) {
	inTime(t, func(t *testing.T, db *database) {
		db.noVerify, db.noSnapshot = true, true
		n := startNode(t, db)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		if _, err := n.Follow(ctx, seoul, nil); !fault.Is(err, fault.Timeout) {
			t.Fatalf("without a database: %v", err)
		}
		if _, err := n.Follow(ctx, "region:seoul", nil); !fault.Is(err, fault.UnknownFeed) {
			t.Fatalf("a name of no feed: %v", err)
		}
		db.set(func() { db.noVerify = false })
		pass(2 * time.Second)
		db.set(func() { db.noSnapshot = false })
		n.follow(t, seoul)
	})
}

func TestPrivateFeedIsForgotten(t *testing.T) {
	inTime(t, func(t *testing.T, db *database) {
		n := startNode(t, db)
		a, b, region := n.follow(t, closed), n.follow(t, closed), n.follow(t, seoul)
		if n.wire.followed(db.epoch, closed) != 1 {
			t.Fatal("a shared feed is followed once")
		}
		a.Close()
		a.Close()
		region.Close()
		pass(2 * time.Minute)
		if n.Stats().Feeds != 2 {
			t.Fatal("forgotten while it was followed")
		}
		b.Close()
		pass(59 * time.Second)
		if n.Stats().Feeds != 2 {
			t.Fatal("forgotten too early")
		}
		pass(2 * time.Second)
		if n.Stats().Feeds != 1 || n.wire.followed(db.epoch, closed) != 0 || n.wire.followed(db.epoch, seoul) != 1 {
			t.Fatalf("stats %+v, follows %v", n.Stats(), n.wire.follows)
		}
		db.write(closed, map[string]string{"r": "1"})
		stands(t, n.follow(t, closed), 1)
	})
}

func TestMovedIsCalledOneAtATimeAndNotAfterClose(t *testing.T) {
	inTime(t, func(t *testing.T, db *database) {
		n := startNode(t, db)
		running, calls, last := 0, 0, uint64(0)
		watch := n.follow(t, seoul)
		d, err := n.Follow(t.Context(), seoul, func() {
			if running++; running > 1 {
				t.Error("two calls at a time")
			}
			calls++
			last = watch.Status().Seq
			time.Sleep(7 * time.Millisecond)
			running--
		})
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		for range 50 {
			h := db.write(seoul, map[string]string{"a": "1"})
			n.wire.send(h)
			go n.settle(d.replica, outcome{moved: true}) // another mover at the same time
			time.Sleep(time.Millisecond)
		}
		pass(time.Second)
		if last != 50 {
			t.Fatalf("the last call saw %d", last)
		}
		d.Close()
		before := calls
		n.wire.send(db.write(seoul, map[string]string{"a": "1"}))
		pass(time.Second)
		if calls != before {
			t.Fatal("called after Close")
		}
	})
}

func TestMovedIsCalledAgainForWhatHappensDuringACall(t *testing.T) {
	inTime(t, func(t *testing.T, db *database) {
		calls := 0
		d, err := startNode(t, db).Follow(t.Context(), seoul, func() {
			calls++
			time.Sleep(10 * time.Millisecond)
		})
		if err != nil {
			t.Fatal(err)
		}
		pass(100 * time.Millisecond)
		calls = 0
		go d.poke()
		pass(time.Millisecond)
		for range 3 {
			d.poke()
		}
		pass(time.Second)
		if calls != 2 {
			t.Fatalf("%d calls, not the running one and one for all that came meanwhile", calls)
		}
	})
}

// TestUnreadableEventsHoldUpNobody: questions for events fail for good, though
// snapshots work.
func TestUnreadableEventsHoldUpNobody(t *testing.T) {
	inTime(t, func(t *testing.T, db *database) {
		n := startNode(t, db)
		a, b := n.follow(t, seoul), n.follow(t, busan)
		db.set(func() { db.noEvents = true })
		db.write(seoul, map[string]string{"a": "1"})
		db.write(busan, map[string]string{"a": "1"})
		pass(5 * time.Second)
		stands(t, a, 1)
		stands(t, b, 1)
	})
}

func TestRunTwiceIsRefused(t *testing.T) {
	inTime(t, func(t *testing.T, db *database) {
		n := startNode(t, db)
		synctest.Wait()
		if err := n.Run(t.Context()); !fault.Is(err, fault.Conflict) {
			t.Fatalf("got %v", err)
		}
	})
}
