package api

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"testing"

	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
	"weer/model/store"
)

// quiet is a bus that nobody hears.
type quiet struct{}

func (quiet) Publish(...feed.Hint) {}

func stored(t *testing.T) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "weer.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func TestAFeedIsReadFromItsSnapshotOn(t *testing.T) {
	db := stored(t)
	move := func(change func(model.Tx) error) {
		t.Helper()
		if _, _, err := db.Write(t.Context(), func(_ context.Context, tx model.Tx) error { return change(tx) }); err != nil {
			t.Fatal(err)
		}
	}
	move(func(tx model.Tx) error { return tx.Put("region:11", "A1100001/er", 1) })
	move(func(tx model.Tx) error { return tx.Put("region:11", "A1100002/er", 2) })
	move(func(tx model.Tx) error { return tx.Remove("region:11", "A1100001/er") })
	h := rig(t, Options{Service: model.NewService(db, quiet{})})
	get := func(path string, into any) {
		t.Helper()
		res, body := h.ask("GET", "/api/v1/feeds/"+path, "", "Authorization", "Bearer viewer")
		if err := json.Unmarshal([]byte(body), into); err != nil || res.StatusCode != 200 {
			t.Fatalf("%s: %s %s %v", path, res.Status, body, err)
		}
	}
	var snap FeedSnapshot
	get("region%3A11/snapshot", &snap)
	reader := feed.NewState(false)
	reader.Load(snap.Epoch, snap.Seq, entries(t, snap.Keys))
	if snap.Seq != 3 || len(snap.Keys) != 1 || reader.Digest().String() != snap.Digest || fmt.Sprint(snap.Feeds) != fmt.Sprint([]FeedPlace{snap.FeedPlace}) {
		t.Fatalf("%+v", snap)
	}
	for i := range 5 {
		move(func(tx model.Tx) error { return tx.Put("region:11", "A1100003/er", i) })
	}
	for turns := 0; turns == 0 || reader.Seq() < 8; turns++ {
		var part FeedEvents
		get(fmt.Sprintf("region:11/events?after=%d&epoch=%s&limit=2", reader.Seq(), snap.Epoch), &part)
		for _, e := range part.Events {
			if _, err := reader.Apply(e.From, e.To, entries(t, e.Keys)); err != nil || reader.Digest().String() != e.Digest {
				t.Fatalf("%+v: %v", e, err)
			}
		}
		if part.Seq != reader.Seq() || part.Head != 8 || len(part.Events) > 2 {
			t.Fatalf("%+v, reader at %d", part, reader.Seq())
		}
	}
	var head FeedHead
	get("region:11", &head)
	if head.Seq != 8 || head.Digest != reader.Digest().String() || head.FirstSeq != 1 || head.Epoch != snap.Epoch || head.Mode != "simulated" || head.VerifiedAt == 0 {
		t.Errorf("%+v", head)
	}
}

func entries(t *testing.T, keys []FeedKey) []feed.Entry {
	t.Helper()
	text, err := json.Marshal(keys)
	if err != nil {
		t.Fatal(err)
	}
	var out []feed.Entry
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestWhatAFeedRefuses(t *testing.T) {
	db := stored(t)
	h := rig(t, Options{Service: model.NewService(db, quiet{})})
	head, err := db.Head(t.Context(), "region:11")
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		path  string
		code  fault.Code
		field string
	}{
		{"admin", fault.Forbidden, "feed"},
		{"hospital:A1100001/snapshot", fault.Forbidden, "feed"},
		{"hospital:A1100009/events?after=0&epoch=" + head.Epoch, fault.Forbidden, "feed"},
		{"system", fault.Forbidden, "feed"},
		{"region:99", fault.UnknownFeed, "feed"},
		{"region:11%00/snapshot", fault.Invalid, "path"},
		{"region:11/events?epoch=" + head.Epoch, fault.Invalid, "after"},
		{"region:11/events?after=-1&epoch=" + head.Epoch, fault.Invalid, "after"},
		{"region:11/events?after=0&epoch=nothex", fault.Invalid, "epoch"},
		{"region:11/events?after=0&limit=201&epoch=" + head.Epoch, fault.Invalid, "limit"},
		{"region:11/events?after=1&epoch=" + head.Epoch, fault.Gone, "after"},
		{"region:11/events?after=0&epoch=ffffffffffffffff", fault.Gone, "epoch"},
	} {
		res, body := h.ask("GET", "/api/v1/feeds/"+tc.path, "", "Authorization", "Bearer viewer")
		if p := strict(t, res, body); p.Code != tc.code || p.Field != tc.field {
			t.Errorf("%s: %+v", tc.path, p)
		}
	}
}
