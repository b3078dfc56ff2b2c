package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
)

// put is a change that sets one key.
func put(feedName, key string, value any) func(context.Context, model.Tx) error {
	return func(_ context.Context, tx model.Tx) error { return tx.Put(feedName, key, value) }
}

func remove(feedName, key string) func(context.Context, model.Tx) error {
	return func(_ context.Context, tx model.Tx) error { return tx.Remove(feedName, key) }
}

// write runs a change that has to succeed.
func (b *bench) write(tb testing.TB, change func(context.Context, model.Tx) error) []feed.Event {
	tb.Helper()
	_, events, err := b.Write(tb.Context(), change)
	if err != nil {
		tb.Fatal(err)
	}
	return events
}

// told writes events in short.
func told(events []feed.Event) string {
	var parts []string
	for _, e := range events {
		parts = append(parts, fmt.Sprintf("%s %d-%d %s", e.Feed, e.From, e.To, e.Keys))
	}
	return strings.Join(parts, "; ")
}

func TestAChangeMovesItsFeedsByOneInNameOrder(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		steps := []struct {
			change func(tx model.Tx) error
			want   string
		}{
			{func(tx model.Tx) error {
				return errors.Join(tx.Put("region:26", "B/er", json.RawMessage(` {"v": "\u003c'\\ 응급" } `)),
					tx.Put("control:11", "z", nil), tx.Put("control:11", "a", 1), tx.Put("control:11", "a", 2))
			}, `control:11 1-1 [{"key":"a","seq":1,"value":2},{"key":"z","seq":1,"value":null}]; region:26 1-1 [{"key":"B/er","seq":1,"value":{"v":"\u003c'\\ 응급"}}]`},
			{func(tx model.Tx) error {
				return errors.Join(tx.Put("control:11", "b", 1), tx.Remove("control:11", "b"), tx.Remove("control:11", "a"), tx.Remove("region:26", "never"))
			}, `control:11 2-2 [{"key":"a","seq":2,"gone":true}]`},
			{func(tx model.Tx) error { return errors.Join(tx.Remove("control:11", "a"), tx.Remove("admin", "x")) }, ``},
			{func(tx model.Tx) error { return nil }, ``},
			{func(tx model.Tx) error {
				return errors.Join(tx.Remove("control:11", "a"), tx.Put("control:11", "z", 3))
			},
				`control:11 3-3 [{"key":"z","seq":3,"value":3}]`},
			{func(tx model.Tx) error { return tx.Put("control:11", "z", 3) }, `control:11 4-4 [{"key":"z","seq":4,"value":3}]`},
			{func(tx model.Tx) error { return tx.Put("control:11", "a", "back") }, `control:11 5-5 [{"key":"a","seq":5,"value":"back"}]`},
			{func(tx model.Tx) error { return errors.Join(tx.Put("control:11", "A", 1)) }, `control:11 6-6 [{"key":"A","seq":6,"value":1}]`},
		}
		for i, s := range steps {
			events := b.write(t, func(_ context.Context, tx model.Tx) error { return s.change(tx) })
			if told(events) != s.want {
				t.Errorf("step %d: %s\nwant %s", i, told(events), s.want)
			}
		}
		feeds := b.sound(t)
		if len(feeds) != 2 {
			t.Errorf("%d feeds have rows", len(feeds))
		}
		snap, err := b.Snapshot(t.Context(), "control:11")
		if err != nil || feeds["control:11"].torn(snap) != "" || snap.Seq != 6 || snap.First != 1 || len(snap.Entries) != 3 {
			t.Errorf("snapshot %+v, %v", snap, err)
		}
	})
}

func TestAChangeThatFailsChangesNothing(t *testing.T) {
	boom := errors.New("boom")
	refusal := fault.New(fault.Conflict, "no")
	both(t, func(t *testing.T, b *bench) {
		b.write(t, put("region:11", "a", 1))
		for _, want := range []error{boom, refusal} {
			_, events, err := b.Write(t.Context(), func(ctx context.Context, tx model.Tx) error {
				if _, err := tx.LockHospitals(ctx, []string{"A1100001"}); err != nil {
					return err
				}
				if err := tx.Put("region:11", "b", 1); err != nil {
					return err
				}
				return want
			})
			if err != want || events != nil {
				t.Errorf("%v, %v; want %v as it is", events, err, want)
			}
		}
		if f := b.sound(t)["region:11"]; f.seq != 1 || b.number(t, "SELECT COUNT(*) FROM hospital") != 0 {
			t.Errorf("the feed is at %d", f.seq)
		}
	})
}

func TestAPanicLeavesTheDatabaseFree(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		for range 20 { // more than there are connections
			func() {
				defer func() {
					if recover() != "boom" {
						t.Error("the panic was lost")
					}
				}()
				b.Write(t.Context(), func(_ context.Context, tx model.Tx) error { panic("boom") }) //nolint:errcheck // it does not return
			}()
		}
		b.write(t, put("region:11", "a", 1))
		b.sound(t)
	})
}

// A change may overlook an error; the transaction does not.
func TestWhatATransactionRefuses(t *testing.T) {
	lock := func(ids ...string) func(context.Context, model.Tx) error {
		return func(ctx context.Context, tx model.Tx) error {
			_, err := tx.LockHospitals(ctx, ids)
			return err
		}
	}
	save := func(h model.Hospital) func(context.Context, model.Tx) error {
		return func(ctx context.Context, tx model.Tx) error {
			if _, err := tx.LockHospitals(ctx, []string{"A1100001"}); err != nil {
				return err
			}
			return tx.SaveHospitals(ctx, []model.Hospital{h})
		}
	}
	refused := []struct {
		name, says string
		change     func(context.Context, model.Tx) error
	}{
		{"no feed", "region:11", put("Region:11", "a", 1)},
		{"no key", "key", put("region:11", "a b", 1)},
		{"a key with a NUL", "key", put("region:11", "a\x00", 1)},
		{"no JSON", "JSON", put("region:11", "a", json.RawMessage("{"))},
		{"no value", "JSON", put("region:11", "a", func() {})},
		{"no UTF-8", "UTF-8", put("region:11", "a", json.RawMessage("\"\xff\""))},
		{"no key to remove", "key", remove("region:11", "")},
		{"no id", "id", lock("a1100001")},
		{"not locked", "without its lock", save(model.Hospital{ID: "A1100002", Region: "11"})},
		{"no region", "region", save(model.Hospital{ID: "A1100001", Region: "1"})},
		{"a long name", "name", save(model.Hospital{ID: "A1100001", Region: "11", Name: strings.Repeat("응", 401)})},
		{"a NUL in a name", "name", save(model.Hospital{ID: "A1100001", Region: "11", Name: "a\x00b"})},
		{"a broken name", "name", save(model.Hospital{ID: "A1100001", Region: "11", Name: "a\xff"})},
		{"a long number", "tel", save(model.Hospital{ID: "A1100001", Region: "11", Tel: strings.Repeat("1", 201)})},
		{"no item", "item", save(model.Hospital{ID: "A1100001", Region: "11", Readings: model.Readings{"er.dragon": {State: model.Known}}})},
		{"no item observed", "item", save(model.Hospital{ID: "A1100001", Region: "11", Observed: map[string]model.Observed{"a": {Readings: model.Readings{"er.dragon": {}}}}})},
		{"no name of a source", "source", save(model.Hospital{ID: "A1100001", Region: "11", Observed: map[string]model.Observed{"응급": {}}})},
		{"a base that said nothing", "base", save(model.Hospital{ID: "A1100001", Region: "11", Base: model.SourceBeds})},
		{"another hospital's row", "listed", save(model.Hospital{ID: "A1100001", Region: "11", Listed: model.Institution{HospitalID: "A1100002"}})},
		{"a long address", "address", save(model.Hospital{ID: "A1100001", Region: "11", Listed: model.Institution{HospitalID: "A1100001", Address: strings.Repeat("응", 401)}})},
		{"a long note", "note", save(model.Hospital{ID: "A1100001", Region: "11", Declarations: model.Declarations{"severe.burn": {Note: strings.Repeat("응", 1001)}}})},
		{"no disease", "disease", save(model.Hospital{ID: "A1100001", Region: "11", Declarations: model.Declarations{"severe.dragon": {}}})},
		{"a correction of nothing", "correction", save(model.Hospital{ID: "A1100001", Region: "11", Corrections: map[string]model.Correction{"er.general": {Item: "icu.er"}}})},
		{"an announcement elsewhere", "announcement", save(model.Hospital{ID: "A1100001", Region: "11", Announcements: map[string]model.Announcement{"a": {ID: "a", HospitalID: "A1100002"}}})},
		{"a long announcement", "text", save(model.Hospital{ID: "A1100001", Region: "11", Announcements: map[string]model.Announcement{"a": {ID: "a", HospitalID: "A1100001", Source: model.SourceConsole, Text: strings.Repeat("응", 2001)}}})},
		{"an override of another field", "override", save(model.Hospital{ID: "A1100001", Region: "11", Overrides: map[string]model.Override{"tel": {Field: "name"}}})},
		{"a long reason", "reason", save(model.Hospital{ID: "A1100001", Region: "11", Overrides: map[string]model.Override{"tel": {Field: "tel", Reason: strings.Repeat("응", 501)}}})},
		{"out of order", "order", func(ctx context.Context, tx model.Tx) error {
			return errors.Join(lock("A1100005", "A1100003")(ctx, tx), lock("A1100003")(ctx, tx), lock("A1100009")(ctx, tx), lock("A1100004")(ctx, tx))
		}},
	}
	both(t, func(t *testing.T, b *bench) {
		for _, r := range refused {
			_, events, err := b.Write(t.Context(), func(ctx context.Context, tx model.Tx) error {
				if err := tx.Put("region:41", "a", 1); err != nil {
					return err
				}
				_ = r.change(ctx, tx)
				return nil
			})
			var f *fault.Error
			if !errors.As(err, &f) || !strings.Contains(err.Error(), r.says) || events != nil {
				t.Errorf("%s: %v, %v", r.name, events, err)
			}
		}
		if len(b.sound(t)) != 0 {
			t.Error("a refused change was committed")
		}
	})
}

func TestATransactionEndsWithItsChange(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		var kept model.Tx
		b.write(t, func(_ context.Context, tx model.Tx) error {
			kept = tx
			return tx.Put("region:11", "a", 1)
		})
		_, err := kept.LockHospitals(t.Context(), []string{"A1100001"})
		for _, err := range []error{err, kept.Put("region:11", "b", 1), kept.Remove("region:11", "a"), kept.SaveHospitals(t.Context(), nil)} {
			if !fault.Is(err, fault.Internal) {
				t.Errorf("a call after the end: %v", err)
			}
		}
	})
}

// The longest names and values there may be go in and out on both.
func TestTheLongestFit(t *testing.T) {
	unit, key := "unit:"+strings.Repeat("x", 40), strings.Repeat("~", 128)
	value := strings.Repeat("응급🚑", 100_000)
	both(t, func(t *testing.T, b *bench) {
		b.write(t, put(unit, key, value))
		s, err := b.Snapshot(t.Context(), unit)
		if err != nil {
			t.Fatal(err)
		}
		var got string
		if err := json.Unmarshal(s.Entries[0].Value, &got); err != nil || got != value || s.Entries[0].Key != key {
			t.Errorf("%d bytes came back, %v", len(got), err)
		}
		b.sound(t)
	})
}
