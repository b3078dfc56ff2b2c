package store

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"sync"
	"testing"

	"weer/model"
	"weer/model/feed"
)

// ward is a hospital with a reading of each kind in each group.
func ward(id string, free int) model.Hospital {
	region, _ := model.RegionOfHospital(id)
	h := model.Hospital{
		ID: id, Name: "가상'병원\\ \"🚑\"", Tel: "02-000-0000", Region: region,
		Missed: map[string]int{model.SourceBeds: 0}, Base: model.SourceBeds,
	}
	readings := model.Readings{}
	for i, item := range model.Items {
		r := []model.Reading{
			{State: model.Known, Value: free - i%7, Total: 40, HasTotal: true},
			{State: model.Known, Value: 0},
			{State: model.Unknown, Value: 999},
			{State: model.Unknown},
			{State: model.NotOffered},
			{State: model.NotReported},
		}[i%6]
		readings[item.Code] = r
	}
	return observed(h, 1_795_000_000_123, readings)
}

// observed is the hospital with another observation of its base, shown as it is.
func observed(h model.Hospital, at feed.Time, readings model.Readings) model.Hospital {
	times := model.SourceTimes{ObservedAt: at, ReceivedAt: 1_795_000_001_456}
	h.Observed = maps.Clone(h.Observed)
	set(&h.Observed, h.Base, model.Observed{SourceTimes: times, Readings: readings})
	h.Readings = maps.Clone(readings)
	return h
}

// full is a hospital with something of everything: observations of two sources,
// a correction that is shown, a list's row and an override of it, declarations,
// announcements.
func full(id string, free int) model.Hospital {
	h := ward(id, free)
	h.Listed = model.Institution{
		HospitalID: id, Name: "가상대학교병원", Address: "서울특별시 가상구  가상로 1 (가상동", Region: h.Region, District: "가상구",
		Level: model.LevelRegional, LevelName: model.LevelRegional.Name(), Tel: "02-1", MainTel: "02-2",
		Place: &model.Point{Lat: 37.566812345678, Lon: 126.978412345678},
	}
	h.Overrides = map[string]model.Override{"tel": {Field: "tel", Value: "02-3", Owner: "김", Reason: "옛 번호", SetAt: 5}}
	for _, source := range []string{model.SourceAcceptance, model.SourceInstitutions, model.SourceAnnouncements} {
		h.Missed[source] = 0
	}
	h.Observed["push:a"] = model.Observed{SourceTimes: model.SourceTimes{ObservedAt: 3, ReceivedAt: 4}, Readings: model.Readings{"er.general": {State: model.Unknown}}}
	h.Corrections = map[string]model.Correction{"er.general": {
		Item: "er.general", Value: model.Reading{State: model.Known, Value: 1}, By: "a", MadeAt: 6, EndsAt: 7,
		Said: map[string]model.Reading{model.SourceBeds: {State: model.Known, Value: 3}, "push:a": {State: model.NotReported}},
	}}
	h.Readings["er.general"] = model.Reading{State: model.Known, Value: 1}
	h.Declarations = model.Declarations{}
	for _, d := range model.Diseases[:9] {
		h.Declarations[d.Code] = model.Declaration{State: model.Accepts, Since: 1_795_000_000_123, Note: "3세 이상"}
	}
	h.Console, h.ConsoleAt = model.ReachAudible, 12
	h.Words = map[string]model.Word{"severe.burn": {
		Disease: "severe.burn", State: model.Refuses, Note: "야간 '불가'", Said: model.Said{State: model.Accepts, Note: "3세 이상"}, By: "a", MadeAt: 6, EndsAt: 7,
	}}
	own := model.Announcement{
		ID: "0197f3a0-0000-7000-8000-000000000001", HospitalID: id, Source: model.SourceConsole, Kind: model.AnnouncementER, Reason: model.ReasonOvercrowded,
		Text: "응급실 포화", Automatic: true, StartsAt: 8, EndsAt: 9, SinceAt: 10, By: "김", Revision: 3,
	}
	h.Announcements = map[string]model.Announcement{own.ID: own}
	for i := range 2 {
		a := model.Announcement{
			HospitalID: id, Source: model.SourceAnnouncements, Kind: model.AnnouncementSevere, Code: "Y0010", Disease: "severe.mi_reperfusion", Text: fmt.Sprintf("'불가' \\ %d 🚑", i),
			Department: "심장내과", Lifted: i == 1, Automatic: i == 0, StartsAt: 8, EndsAt: 9, SinceAt: 10, Missed: i,
		}
		a.ID = a.Identify()
		set(&h.Announcements, a.ID, a)
	}
	return h
}

// save is a change that locks and saves hospitals as they are.
func save(hospitals ...model.Hospital) func(context.Context, model.Tx) error {
	return func(ctx context.Context, tx model.Tx) error {
		var ids []string
		for _, h := range hospitals {
			ids = append(ids, h.ID)
		}
		if _, err := tx.LockHospitals(ctx, ids); err != nil {
			return err
		}
		return tx.SaveHospitals(ctx, hospitals)
	}
}

func TestAHospitalComesBackAsItWasSaved(t *testing.T) {
	unknown := ward("A1100003", 3)
	unknown = observed(unknown, 0, unknown.Readings)
	unknown.Missed[model.SourceBeds], unknown.Tel = 1, ""
	bare := model.Hospital{ID: "A2100001", Name: "b", Region: "41"}
	both(t, func(t *testing.T, b *bench) {
		want := map[string]model.Hospital{"A1100001": full("A1100001", -3), "A1100003": unknown, "A2100001": bare}
		b.write(t, save(want["A1100001"], unknown, bare))
		got, err := b.Hospitals(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got  %v\nwant %v", got, want)
		}
		b.write(t, func(ctx context.Context, tx model.Tx) error {
			locked, err := tx.LockHospitals(ctx, []string{"A1100003", "A1100001", "A1100002", "A1100001"})
			if err != nil {
				return err
			}
			delete(want, "A2100001")
			if !reflect.DeepEqual(locked, want) {
				t.Errorf("locked %v\nwant   %v", locked, want)
			}
			return nil
		})
		if now, err := b.Hospitals(t.Context()); err != nil || !reflect.DeepEqual(now, got) {
			t.Errorf("a lock made a hospital: %v, %v", now, err)
		}
	})
}

func TestOnlyTheKeysThatDifferMove(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		h := ward("A1100001", 5)
		if keys := entries(t, b.write(t, save(h))[0]); len(keys) != 6 {
			t.Errorf("a new hospital has %d keys: %v", len(keys), keys)
		}
		if events := b.write(t, save(h)); events != nil {
			t.Errorf("the same again: %s", told(events))
		}
		readings := maps.Clone(h.Readings)
		readings["icu.general"] = model.Reading{State: model.Known, Value: 1}
		h = observed(h, h.Observed[h.Base].ObservedAt+1, readings)
		expect(t, entries(t, b.write(t, save(h))[0]), "A1100001/egen", "A1100001/icu")

		h.Missed = map[string]int{model.SourceBeds: model.MissedPolls}
		gone := b.write(t, save(h))[0]
		for _, e := range entries(t, gone) {
			if !e.Gone {
				t.Errorf("a withdrawn hospital has %s", e.Key)
			}
		}
		h.Missed = map[string]int{model.SourceBeds: 0}
		if events := b.write(t, save(h)); len(entries(t, events[0])) != 6 {
			t.Errorf("it came back with %s", told(events))
		}
		b.sound(t)
	})
}

func TestAHospitalThatMovesLeavesItsOldRegion(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		h := ward("A1500001", 5)
		b.write(t, save(h))
		h.Region = "41"
		events := b.write(t, save(h))
		if len(events) != 2 || events[0].Feed != "region:12" || events[1].Feed != "region:41" {
			t.Fatal(told(events))
		}
		for i, gone := range []bool{true, false} {
			for _, e := range entries(t, events[i]) {
				if e.Gone != gone {
					t.Errorf("%s: %v", events[i].Feed, e)
				}
			}
		}
		b.sound(t)
	})
}

// What a change does to the maps it was given or gave must not reach the
// comparison with before.
func TestAChangeMayKeepAndChangeItsReadings(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		b.write(t, save(ward("A1100001", 5)))
		events := b.write(t, func(ctx context.Context, tx model.Tx) error {
			locked, err := tx.LockHospitals(ctx, []string{"A1100001"})
			if err != nil {
				return err
			}
			h := locked["A1100001"]
			h.Readings["er.general"] = model.Reading{State: model.Known, Value: 77}
			if err := tx.SaveHospitals(ctx, []model.Hospital{h}); err != nil {
				return err
			}
			h.Readings["icu.general"] = model.Reading{State: model.Known, Value: 88}
			return tx.SaveHospitals(ctx, []model.Hospital{h})
		})
		expect(t, entries(t, events[0]), "A1100001/er", "A1100001/icu")
		b.sound(t)
	})
}

// Writers that each add one to what they read under the lock, on hospitals that
// do not exist at first: none may be lost.
func TestNoUpdateOfAHospitalIsLost(t *testing.T) {
	const writers, rounds = 8, 6
	ids := []string{"A1100001", "A1100002", "A1100003"}
	both(t, func(t *testing.T, b *bench) {
		var all sync.WaitGroup
		for range writers {
			all.Go(func() {
				for range rounds {
					if _, _, err := b.Write(t.Context(), increment(ids)); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		held, err := b.Hospitals(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range ids {
			if got := held[id].Readings["er.general"].Value; got != writers*rounds {
				t.Errorf("%s counted %d of %d", id, got, writers*rounds)
			}
		}
		if f := b.sound(t)["region:11"]; f.seq != writers*rounds {
			t.Errorf("the feed is at %d", f.seq)
		}
	})
}

func increment(ids []string) func(context.Context, model.Tx) error {
	return func(ctx context.Context, tx model.Tx) error {
		locked, err := tx.LockHospitals(ctx, ids)
		if err != nil {
			return err
		}
		var after []model.Hospital
		for _, id := range ids {
			n := locked[id].Readings["er.general"].Value
			h := model.Hospital{ID: id, Region: "11", Missed: map[string]int{model.SourceBeds: 0}, Base: model.SourceBeds}
			after = append(after, observed(h, tx.Now(), model.Readings{"er.general": {State: model.Known, Value: n + 1}}))
		}
		return tx.SaveHospitals(ctx, after)
	}
}

func entries(tb testing.TB, e feed.Event) []feed.Entry {
	tb.Helper()
	keys, err := e.Entries()
	if err != nil {
		tb.Fatal(err)
	}
	return keys
}

func expect(tb testing.TB, got []feed.Entry, keys ...string) {
	tb.Helper()
	var names []string
	for _, e := range got {
		names = append(names, e.Key)
	}
	if fmt.Sprint(names) != fmt.Sprint(keys) {
		tb.Errorf("keys %v, want %v", names, keys)
	}
}
