package store

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"weer/model/fault"
	"weer/model/feed"
)

const twoDays = 48 * time.Hour

// age makes a feed's events up to seq older than two days.
func (b *bench) age(tb testing.TB, name string, seq uint64) {
	tb.Helper()
	b.exec(tb, "UPDATE feed_event SET created_at = created_at - 172800001 WHERE feed = ? AND seq <= ? AND created_at > 1700000000000", name, seq)
}

func (b *bench) prune(tb testing.TB, want int64) {
	tb.Helper()
	if n, err := b.Prune(tb.Context(), twoDays); err != nil || n != want {
		tb.Errorf("pruned %d events, %v; want %d", n, err, want)
	}
}

func TestPruneKeepsTwoDaysAndTheNewestEvent(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		for i := range 5 { // 1…9: k0 lives, the others are removed at 3, 5, 7, 9
			b.write(t, put("region:11", fmt.Sprintf("k%d", i), i))
			b.write(t, remove("region:11", fmt.Sprintf("k%d", max(1, i))))
		}
		b.write(t, put("region:26", "a", 1))
		before, err := b.Snapshot(t.Context(), "region:11")
		if err != nil {
			t.Fatal(err)
		}
		b.prune(t, 0)
		b.age(t, "region:11", 6)
		b.prune(t, 6)
		if f := b.sound(t)["region:11"]; f.first != 7 || b.number(t, "SELECT COUNT(*) FROM feed_key WHERE gone = 1") != 2 {
			t.Errorf("the first is %d, keys %v", f.first, f.state)
		}
		b.prune(t, 0)
		b.age(t, "region:11", 99)
		b.age(t, "region:26", 99)
		b.prune(t, 2)
		f := b.sound(t)["region:11"]
		after, err := b.Snapshot(t.Context(), "region:11")
		if err != nil || f.first != f.seq || after.Digest != before.Digest || after.Seq != before.Seq || after.First != after.Seq {
			t.Errorf("the first is %d of %d; snapshot %+v, it was %+v, %v", f.first, f.seq, after, before, err)
		}
		b.write(t, put("region:11", "k1", "back"))
		b.sound(t)
	})
}

func TestPruneGoesInChunksBesideWriters(t *testing.T) {
	const old = 3*pruneEvents + 7
	both(t, func(t *testing.T, b *bench) {
		b.write(t, put("region:11", "a", 1))
		b.history(t, "region:11", old)
		b.write(t, put("region:11", "a", 2))
		stop := make(chan struct{})
		var all sync.WaitGroup
		for i := range 2 {
			all.Go(func() {
				for n := 0; ; n++ {
					select {
					case <-stop:
						return
					default:
						b.write(t, put("region:11", fmt.Sprintf("w%d", i), n))
					}
				}
			})
		}
		all.Go(func() {
			defer close(stop)
			b.prune(t, old)
		})
		all.Wait()
		if f := b.sound(t)["region:11"]; f.first != old+1 {
			t.Errorf("the first is %d, want %d", f.first, old+1)
		}
	})
}

// history gives a feed with one event many old ones.
func (b *bench) history(tb testing.TB, name string, events int) {
	tb.Helper()
	digest := ""
	if err := b.plain.QueryRow("SELECT digest FROM feed_event WHERE feed = ?", name).Scan(&digest); err != nil {
		tb.Fatal(err)
	}
	rows := make([]string, 0, events)
	for seq := 2; seq <= events; seq++ {
		rows = append(rows, fmt.Sprintf("('%s', %d, '%s', '[]', %d)", name, seq, digest, seq))
	}
	b.exec(tb, "INSERT INTO feed_event (feed, seq, digest, body, created_at) VALUES "+strings.Join(rows, ", "))
	b.exec(tb, "UPDATE feed_event SET created_at = 1 WHERE feed = ?", name)
	b.exec(tb, "UPDATE feed SET seq = ? WHERE name = ?", events, name)
}

func TestRepairCountsAnew(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		b.write(t, put("region:11", "a", 1))
		b.write(t, put("region:11", "b", 1))
		f := b.sound(t)["region:11"]
		right := digestOf(f.state)
		old, now, err := b.Repair(t.Context(), "region:11")
		if err != nil || old.String() != right || now != old {
			t.Errorf("a healthy feed: %s %s, %v; want %s", old, now, err, right)
		}
		b.sound(t)
		b.exec(t, "UPDATE feed_event SET digest = '0123456789abcdef' WHERE seq = 3")
		old, now, err = b.Repair(t.Context(), "region:11")
		if err != nil || old.String() != "0123456789abcdef" || now.String() != right {
			t.Errorf("a wrong digest: %s %s, %v; want %s", old, now, err, right)
		}
		s, err := b.Snapshot(t.Context(), "region:11")
		if err != nil || s.Seq != 4 || s.Digest != now {
			t.Errorf("snapshot after it: %+v, %v", s, err)
		}
		events, err := b.Events(t.Context(), []feed.Cursor{{Feed: "region:11", Epoch: s.Epoch, Seq: 3}})
		if err != nil || told(events) != "region:11 4-4 []" {
			t.Errorf("its event: %s, %v", told(events), err)
		}
		b.write(t, put("region:11", "c", 1))
		if _, wrong := judge(t, b.plain); len(wrong) != 1 || !strings.Contains(wrong[0], "event 3 says") {
			t.Errorf("beside the planted one there is %q", wrong)
		}
		if _, _, err := b.Repair(t.Context(), "region:26"); !fault.Is(err, fault.NotFound) {
			t.Errorf("a feed that never moved: %v", err)
		}
		if _, _, err := b.Repair(t.Context(), "x"); !fault.Is(err, fault.UnknownFeed) {
			t.Errorf("no feed: %v", err)
		}
	})
}

// A feed that has lost its newest event goes on with the right digest, and a
// snapshot of it meanwhile proves nothing.
func TestAFeedOutlivesTheLossOfItsNewestEvent(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		b.write(t, put("region:11", "a", 1))
		b.write(t, put("region:11", "b", 1))
		b.exec(t, "DELETE FROM feed_event WHERE seq = 2")
		s, err := b.Snapshot(t.Context(), "region:11")
		if err != nil || s.Digest != (feed.Digest{}) || len(s.Entries) != 2 {
			t.Errorf("snapshot %+v, %v", s, err)
		}
		event := b.write(t, put("region:11", "c", 1))[0]
		feeds, _ := judge(t, b.plain)
		if got := digestOf(feeds["region:11"].state); got != event.Digest.String() {
			t.Errorf("the event says %s, the keys have %s", event.Digest, got)
		}
	})
}
