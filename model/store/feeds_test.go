package store

import (
	"fmt"
	"testing"

	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
)

func TestTheHeadOfAFeed(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		h, err := b.Head(t.Context(), "region:11")
		if err != nil || h.Seq != 0 || h.First != 1 || h.Digest != (feed.Digest{}) || len(h.Epoch) != 16 || h.Mode != model.Simulated || h.At == 0 {
			t.Errorf("a feed that never moved: %+v, %v", h, err)
		}
		b.write(t, put("region:11", "a", 1))
		b.write(t, put("region:11", "a", 2))
		h, err = b.Head(t.Context(), "region:11")
		if err != nil || h.Seq != 2 || h.First != 1 || h.Digest != (feed.Digest{}.Add("a", 2)) {
			t.Errorf("%+v, %v", h, err)
		}
		if _, err := b.Head(t.Context(), "region:1'1"); !fault.Is(err, fault.UnknownFeed) {
			t.Errorf("no name of a feed: %v", err)
		}
	})
}

func TestEventsAfterACursor(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		for i := range 5 {
			b.write(t, put("region:11", "a", i))
		}
		h, err := b.Head(t.Context(), "region:11")
		if err != nil {
			t.Fatal(err)
		}
		for _, tc := range []struct {
			after uint64
			limit int
			want  string
		}{{0, 2, "[1 2]"}, {2, 9, "[3 4 5]"}, {5, 9, "[]"}, {9, 9, "[]"}} {
			events, err := b.EventsAfter(t.Context(), feed.Cursor{Feed: "region:11", Epoch: h.Epoch, Seq: tc.after}, tc.limit)
			seqs := []uint64{}
			for _, e := range events {
				seqs = append(seqs, e.To)
			}
			if err != nil || fmt.Sprint(seqs) != tc.want {
				t.Errorf("%+v: %v, %v", tc, seqs, err)
			}
		}
	})
}

func TestWhoReadsAFeedOfPatientsIsWrittenDown(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		b.write(t, put("hospital:A1100001", "request/1", 1))
		b.write(t, put("region:11", "a", 1))
		s := b.service()
		as := func(role model.Role) model.Call {
			return model.Call{From: "192.0.2.1", By: model.Principal{Subject: "u", Session: "s", Role: role, Hospital: "A1100001", Regions: []string{"26"}}}
		}
		ctx := model.WithCall(t.Context(), as(model.RoleHospital))
		snap, err := s.FeedSnapshot(ctx, "hospital:A1100001")
		if err != nil || len(snap.Entries) != 1 {
			t.Fatalf("%+v, %v", snap, err)
		}
		if got := b.number(t, "SELECT COUNT(*) FROM audit WHERE operation = 'feed.read' AND subject = 'hospital/A1100001' AND detail = 'snapshot'"); got != 1 {
			t.Errorf("%d entries of the snapshot", got)
		}
		cursor := feed.Cursor{Feed: "hospital:A1100001", Epoch: snap.Epoch}
		if read, err := s.FeedEvents(ctx, cursor, 10); err != nil || len(read.Events) != 1 {
			t.Errorf("%+v, %v", read, err)
		}
		if _, err := s.FeedSnapshot(ctx, "region:11"); err != nil {
			t.Error(err)
		}
		if got := b.number(t, "SELECT COUNT(*) FROM audit"); got != 2 {
			t.Errorf("%d entries of two reads of patients and one of a board", got)
		}
		for _, role := range []model.Role{model.RoleControl, model.RoleViewer, model.RoleAdmin} {
			ctx := model.WithCall(t.Context(), as(role))
			_, head := s.FeedHead(ctx, "hospital:A1100001")
			_, state := s.FeedSnapshot(ctx, "hospital:A1100001")
			_, log := s.FeedEvents(ctx, cursor, 10)
			for _, err := range []error{head, state, log} {
				if !fault.Is(err, fault.Forbidden) {
					t.Errorf("%s: %v", role, err)
				}
			}
		}
	})
}

func TestACursorFromWhichOneCannotGoOnIsGone(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		for i := range 5 {
			b.write(t, put("region:11", "a", i))
		}
		h, err := b.Head(t.Context(), "region:11")
		if err != nil {
			t.Fatal(err)
		}
		b.exec(t, "DELETE FROM feed_event WHERE seq < 3")
		b.exec(t, "UPDATE feed SET first_seq = 3")
		s := b.service()
		ctx := model.WithCall(t.Context(), model.Call{By: model.Principal{Role: model.RoleViewer}})
		for _, tc := range []struct {
			epoch string
			after uint64
			field string // "" when it goes on
		}{
			{h.Epoch, 2, ""}, {h.Epoch, 5, ""}, {h.Epoch, 1, "after"}, {h.Epoch, 0, "after"}, {h.Epoch, 6, "after"}, {"0123456789abcdef", 4, "epoch"},
		} {
			read, err := s.FeedEvents(ctx, feed.Cursor{Feed: "region:11", Epoch: tc.epoch, Seq: tc.after}, 10)
			f := fault.Public(err)
			switch {
			case tc.field == "" && (err != nil || len(read.Events) != int(5-tc.after)):
				t.Errorf("%+v: %d events, %v", tc, len(read.Events), err)
			case tc.field != "" && (f.Code != fault.Gone || f.Field != tc.field):
				t.Errorf("%+v: %v", tc, err)
			}
		}
	})
}
