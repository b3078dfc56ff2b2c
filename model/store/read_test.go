package store

import (
	"fmt"
	"testing"
	"time"

	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
)

const ttl = time.Minute

func TestVerifyTellsWhatMovedSince(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		b.write(t, put("region:11", "a", 1))
		b.write(t, put("region:26", "a", 1))
		b.write(t, put("region:26", "a", 2))
		b.exec(t, "UPDATE feed SET changed_at = 1000 WHERE name = 'region:11'")
		all, err := b.Verify(t.Context(), 0)
		if err != nil || fmt.Sprint(all.Heads) != "[{region:11 1 1} {region:26 2 1}]" || all.Mode != model.Simulated {
			t.Errorf("all: %+v, %v", all, err)
		}
		for since, want := range map[feed.Time]string{
			1000: "[{region:11 1 1} {region:26 2 1}]", 1001: "[{region:26 2 1}]", all.Now + 3_600_000: "[]",
		} {
			if v, err := b.Verify(t.Context(), since); err != nil || fmt.Sprint(v.Heads) != want {
				t.Errorf("since %d: %v, %v", since, v.Heads, err)
			}
		}
	})
}

// The clocks of both databases are of this machine: their answers are true.
func TestTheClockIsTheDatabases(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		before := feed.At(time.Now())
		b.write(t, put("region:11", "a", 1))
		v, err := b.Verify(t.Context(), 0)
		after := feed.At(time.Now())
		if err != nil || v.Now < before-1 || v.Now > after+1 {
			t.Errorf("%d is not between %d and %d, %v", v.Now, before, after, err)
		}
		for _, column := range []string{"SELECT changed_at FROM feed", "SELECT created_at FROM feed_event"} {
			if at := feed.Time(b.number(t, column)); at < before-1 || at > v.Now {
				t.Errorf("%s: %d is not between %d and %d", column, at, before, v.Now)
			}
		}
	})
}

func TestAFeedThatNeverMovedIsEmptyAtZero(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		s, err := b.Snapshot(t.Context(), "region:11")
		if err != nil || s.Seq != 0 || s.First != 1 || len(s.Entries) != 0 || s.Digest != (feed.Digest{}) || len(s.Epoch) != 16 || s.Feed != "region:11" {
			t.Errorf("%+v, %v", s, err)
		}
		if _, err := b.Snapshot(t.Context(), "region:1'1"); !fault.Is(err, fault.UnknownFeed) {
			t.Errorf("no name of a feed: %v", err)
		}
	})
}

func TestEventsComeInOrderAndNeverBehindAHole(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		var epoch string
		for i := range 6 {
			var err error
			if epoch, _, err = b.Write(t.Context(), put("region:11", "a", i)); err != nil {
				t.Fatal(err)
			}
		}
		b.write(t, put("admin", "a", 1))
		b.exec(t, "DELETE FROM feed_event WHERE feed = 'region:11' AND seq IN (1, 5)")
		for _, c := range []struct {
			after []feed.Cursor
			want  string
		}{
			{nil, ""},
			{[]feed.Cursor{{Feed: "region:11", Epoch: epoch, Seq: 0}}, ""}, // the first is gone
			{[]feed.Cursor{{Feed: "region:11", Epoch: epoch, Seq: 1}}, "region:11 2, region:11 3, region:11 4, "},
			{[]feed.Cursor{{Feed: "region:11", Epoch: epoch, Seq: 3}, {Feed: "admin", Epoch: epoch}, {Feed: "system", Epoch: epoch}}, "admin 1, region:11 4, "},
			{[]feed.Cursor{{Feed: "region:11", Epoch: epoch, Seq: 4}}, ""},
			{[]feed.Cursor{{Feed: "region:11", Epoch: epoch, Seq: 99}}, ""},
			{[]feed.Cursor{{Feed: "region:11", Epoch: "0123456789abcdef", Seq: 1}, {Feed: "admin", Epoch: epoch}}, "admin 1, "},
		} {
			events, err := b.Events(t.Context(), c.after)
			got := ""
			for _, e := range events {
				got += fmt.Sprintf("%s %d, ", e.Feed, e.To)
				if e.From != e.To || len(entries(t, e)) != 1 || e.Digest == (feed.Digest{}) {
					t.Errorf("event %+v", e)
				}
			}
			if err != nil || got != c.want {
				t.Errorf("after %v: %q, %v; want %q", c.after, got, err, c.want)
			}
		}
		if _, err := b.Events(t.Context(), []feed.Cursor{{Feed: "no", Epoch: epoch}}); !fault.Is(err, fault.UnknownFeed) {
			t.Errorf("no name of a feed: %v", err)
		}
	})
}

// Five hundred feeds in one question, as a follower asks after a dark minute.
func TestEventsOfManyFeedsAreShared(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		now := b.number(t, "SELECT COUNT(*) FROM feed")
		var after []feed.Cursor
		m, err := readMeta(t.Context(), b.r, b.clock())
		if err != nil || now != 0 {
			t.Fatal(now, err)
		}
		tx, err := b.plain.Begin()
		if err != nil {
			t.Fatal(err)
		}
		for i := range 500 {
			name := fmt.Sprintf("unit:%03d", i)
			after = append(after, feed.Cursor{Feed: name, Epoch: m.Epoch, Seq: 1})
			for seq := range 4 {
				if _, err := tx.Exec("INSERT INTO feed_event (feed, seq, digest, body, created_at) VALUES (?, ?, '0000000000000000', '[]', 1)", name, seq+1); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
		events, err := b.Events(t.Context(), after)
		if err != nil || len(events) != 1000 {
			t.Fatalf("%d events, %v", len(events), err)
		}
		for i, e := range events {
			if e.Feed != after[i/2].Feed || e.To != uint64(2+i%2) {
				t.Fatalf("event %d is %s %d", i, e.Feed, e.To)
			}
		}
	})
}

func TestRunsAndTheLastCompletePoll(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		source := func() feed.Source {
			v, err := b.Verify(t.Context(), 0)
			if err != nil {
				t.Fatal(err)
			}
			return v.Sources["egen.beds"]
		}
		run := model.Run{ID: "r1", Source: "egen.beds", StartedAt: 5, IntervalMS: 60_000, Error: "it's away"}
		if err := b.EndRun(t.Context(), run); err != nil {
			t.Fatal(err)
		}
		if s := source(); s != (feed.Source{IntervalMS: 60_000}) || !s.Late(time.Now()) {
			t.Errorf("a source that never was complete: %+v", s)
		}
		run = model.Run{ID: "r2", Source: "egen.beds", StartedAt: 6, IntervalMS: 5_000, Rows: 412, Changed: 7, Rejected: []string{"a 'row'\\"}, Complete: true}
		if err := b.EndRun(t.Context(), run); err != nil {
			t.Fatal(err)
		}
		complete := source()
		if complete.IntervalMS != 5_000 || complete.Late(time.Now()) {
			t.Errorf("after a complete poll: %+v", complete)
		}
		run.ID, run.Complete = "r3", false
		if err := b.EndRun(t.Context(), run); err != nil {
			t.Fatal(err)
		}
		if source() != complete {
			t.Errorf("a poll that was not complete moved it: %+v, it was %+v", source(), complete)
		}
		var rejected string
		var seen, changed int
		if err := b.plain.QueryRow("SELECT seen, changed, rejected FROM ingest_run WHERE id = 'r2' AND ended_at > 6").Scan(&seen, &changed, &rejected); err != nil || seen != 412 || changed != 7 || rejected != `["a 'row'\\"]` {
			t.Errorf("the run: %d %d %s, %v", seen, changed, rejected, err)
		}
		for _, bad := range []model.Run{{Source: "x"}, {ID: "r"}} {
			if err := b.EndRun(t.Context(), bad); !fault.Is(err, fault.Invalid) {
				t.Errorf("%+v: %v", bad, err)
			}
		}
	})
}

func TestALeaseHasOneHolder(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		lease := func(holder string, want bool) {
			t.Helper()
			if held, err := b.Lease(t.Context(), "ingest", holder, ttl); err != nil || held != want {
				t.Errorf("%s has it: %v, %v", holder, held, err)
			}
		}
		lease("n1", true)
		lease("n2", false)
		lease("n1", true) // renewed
		if err := b.Release(t.Context(), "ingest", "n2"); err != nil {
			t.Fatal(err)
		}
		lease("n2", false) // it was not n2's to give
		if err := b.Release(t.Context(), "ingest", "n1"); err != nil {
			t.Fatal(err)
		}
		lease("n2", true)
		lease("n1", false)
		b.exec(t, "UPDATE lease SET expires_at = expires_at - 60001") // a minute later
		lease("n1", true)
		if left := b.number(t, "SELECT expires_at FROM lease") - time.Now().UnixMilli(); left <= 0 || left > ttl.Milliseconds()+1 {
			t.Errorf("it ends in %d ms", left)
		}
		if _, err := b.Lease(t.Context(), "", "n1", ttl); !fault.Is(err, fault.Invalid) {
			t.Errorf("a lease without a name: %v", err)
		}
	})
}
