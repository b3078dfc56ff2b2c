package store

import (
	"context"
	"encoding/json"
	"testing"

	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
)

// A wardDesk is a case desk with hospitals that have beds, and their staff.
type wardDesk struct {
	*caseDesk
}

const (
	near  = "A1100001"
	far   = "A1100002"
	other = "A1200003" // in another region
)

func newWardDesk(t *testing.T, b *bench) *wardDesk {
	t.Helper()
	w := &wardDesk{newCaseDesk(t, b)}
	for _, id := range []string{near, far, other} {
		w.beds(t, id, 2)
	}
	return w
}

// beds lets a hospital's own system say how many beds of the emergency room are
// free now.
func (w *wardDesk) beds(t *testing.T, id string, free int) {
	t.Helper()
	c, err := w.Capacity(t.Context(), model.HospitalFilter{IDs: []string{id}})
	if err != nil {
		t.Fatal(err)
	}
	outcomes, _, err := w.Push(t.Context(), "push:test", []model.Observation{{
		HospitalID: id, ObservedAt: c.Now, Readings: model.Readings{model.DefaultItem: {State: model.Known, Value: free}},
	}})
	if err != nil || outcomes[0] != nil {
		t.Fatal(err, outcomes)
	}
}

func staff(hospital string) model.Principal {
	return model.Principal{Subject: "nurse", Session: "s", Role: model.RoleHospital, Hospital: hospital}
}

// ask puts a case to hospitals and returns the reservations by hospital.
func (w *wardDesk) ask(t *testing.T, id string, hospitals ...string) map[string]string {
	t.Helper()
	c := model.AskCommand{Case: id}
	for _, h := range hospitals {
		c.Hospitals = append(c.Hospitals, model.Ask{ID: newID(), Hospital: h, Item: model.DefaultItem})
	}
	r, err := w.AskHospitals(as(t, w.crew), c)
	if err != nil {
		t.Fatal(err)
	}
	var asked model.Asked
	if err := json.Unmarshal(r.Result, &asked); err != nil {
		t.Fatal(err)
	}
	ids := map[string]string{}
	for _, one := range asked.Reservations {
		ids[one.Hospital] = one.ID
	}
	return ids
}

// load is what the region's feed says of a hospital's beds.
func (w *wardDesk) load(t *testing.T, hospital string) model.ItemLoad {
	t.Helper()
	h, _, err := w.Hospital(t.Context(), hospital)
	if err != nil {
		t.Fatal(err)
	}
	text, err := w.Value(t.Context(), h.Feed(), hospital+"/load")
	if err != nil {
		t.Fatal(err)
	}
	load := model.Load{}
	if text != nil {
		if err := json.Unmarshal(text, &load); err != nil {
			t.Fatal(err)
		}
	}
	return load[model.DefaultItem]
}

func (w *wardDesk) key(t *testing.T, feedName, key string) (v map[string]any) {
	t.Helper()
	text, err := w.Value(t.Context(), feedName, key)
	if err != nil {
		t.Fatal(err)
	}
	if text != nil {
		if err := json.Unmarshal(text, &v); err != nil {
			t.Fatal(err)
		}
	}
	return v
}

func TestTheFirstYesWins(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		w := newWardDesk(t, b)
		id := w.open(t)
		asked := w.ask(t, id, near, far, other)
		for _, h := range []string{near, far, other} {
			if l := w.load(t, h); l != (model.ItemLoad{Asked: 1}) {
				t.Errorf("%s is asked, and has %+v", h, l)
			}
			v := w.key(t, "hospital:"+h, "request/"+asked[h])
			if v["state"] != "pending" || v["ktas"] != 2.0 || v["others"] != 2.0 || v["call_sign"] != "강남 201" || v["case_version"] != 1.0 {
				t.Errorf("%s sees %v", h, v)
			}
		}
		if _, err := w.ApproveRequest(as(t, staff(far)), model.ApproveCommand{ID: asked[far], Seen: 1}); err != nil {
			t.Fatal(err)
		}
		_, err := w.ApproveRequest(as(t, staff(near)), model.ApproveCommand{ID: asked[near], Seen: 1})
		if !fault.Is(err, fault.Conflict) || fault.Public(err).Fields[1].Message != "superseded" {
			t.Errorf("the second yes: %v", err)
		}
		for h, want := range map[string]model.ItemLoad{near: {}, far: {Held: 1, Coming: 1}, other: {}} {
			if l := w.load(t, h); l != want {
				t.Errorf("%s has %+v, want %+v", h, l, want)
			}
		}
		if v := w.key(t, "hospital:"+near, "request/"+asked[near]); v["state"] != "canceled" || v["end"] != "superseded" {
			t.Errorf("the other hospital sees %v", v)
		}
		for _, feed := range w.feeds() {
			if v := w.key(t, feed, "reservation/"+asked[far]); v["state"] != "approved" || v["hospital"] != far {
				t.Errorf("%s sees %v", feed, v)
			}
			if v := w.shown(t, feed, id); v["winner"] != asked[far] {
				t.Errorf("%s sees the case %v", feed, v)
			}
		}
	})
}

func TestDeadlinesAreKeptByTheDatabasesClock(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		w := newWardDesk(t, b)
		r := w.ask(t, w.open(t), near)[near]
		pass := func(ms int64, moved int) map[string]any {
			t.Helper()
			b.exec(t, "UPDATE reservation SET asked_at = asked_at - ?, due_at = due_at - ?", ms, ms)
			if n, err := w.KeepDeadlines(context.Background()); err != nil || n != moved {
				t.Errorf("%d cases moved, %v; want %d", n, err, moved)
			}
			return w.key(t, "hospital:"+near, "request/"+r)
		}
		if v := pass(29_000, 0); v["escalation"] != nil {
			t.Errorf("after 29 s: %v", v)
		}
		if v := pass(1_000, 1); v["escalation"] != 1.0 {
			t.Errorf("after 30 s: %v", v)
		}
		if v := pass(60_000, 1); v["escalation"] != 3.0 || v["no_answer_at"] == nil || v["state"] != "pending" {
			t.Errorf("after 90 s: %v", v)
		}
		late := func() int64 {
			t.Helper()
			ms, err := w.LateDeadline(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			return ms
		}
		if ms := late(); ms != 0 {
			t.Errorf("nothing is due, for %d ms", ms)
		}
		b.exec(t, "UPDATE reservation SET due_at = due_at - ?", 30*60_000)
		if ms := late(); ms < 90_000 || ms > 90_000+60_000 {
			t.Errorf("90 s late is %d ms", ms)
		}
		b.exec(t, "UPDATE reservation SET due_at = due_at + ?", 30*60_000)
		if v := pass(29*60_000, 1); v["state"] != "expired" {
			t.Errorf("after half an hour: %v", v)
		}
		if l := w.load(t, near); l != (model.ItemLoad{}) {
			t.Errorf("expired, it has %+v", l)
		}
		if v := pass(0, 0); v["state"] != "expired" {
			t.Errorf("again: %v", v)
		}
	})
}

// Only the first proof of a rung counts, and whoever looked into a request is
// named; what comes too late, or of another hospital, changes nothing.
func TestTheLadderIsClimbedOnce(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		w := newWardDesk(t, b)
		asked := w.ask(t, w.open(t), near, far)
		head := func() uint64 {
			h, err := b.Head(t.Context(), "hospital:"+near)
			if err != nil {
				t.Fatal(err)
			}
			return h.Seq
		}
		climb := func(who model.Principal, hospital string, rung model.Rung, moved uint64) map[string]any {
			t.Helper()
			before := head()
			ack := feed.Ack{ID: asked[near], Rung: string(rung)}
			if err := w.Climb(as(t, who), "hospital:"+hospital, []feed.Ack{ack, ack}); err != nil {
				t.Error(err)
			}
			if got := head() - before; got != moved {
				t.Errorf("%s moved the feed by %d, want %d", rung, got, moved)
			}
			return w.key(t, "hospital:"+near, "request/"+asked[near])
		}
		if v := climb(staff(near), near, model.RungPushed, 1); v["pushed_at"] == nil || v["shown_at"] != nil {
			t.Errorf("pushed: %v", v)
		}
		climb(staff(near), near, model.RungPushed, 0)
		if v := climb(staff(near), near, model.RungSounded, 1); v["shown_at"] == nil || v["sounded_at"] == nil || v["opened_at"] != nil {
			t.Errorf("sounded: %v", v)
		}
		climb(staff(near), near, model.RungShown, 0)
		climb(staff(far), far, model.RungOpened, 0) // of another hospital's request
		if v := climb(staff(near), near, model.RungOpened, 1); v["opened_at"] == nil || v["opened_by"] != "nurse" {
			t.Errorf("opened: %v", v)
		}
		if v := w.key(t, w.feeds()[0], "reservation/"+asked[near]); v["sounded_at"] == nil || v["opened_by"] != nil {
			t.Errorf("the crew sees %v", v)
		}
		if n := b.number(t, "SELECT COUNT(*) FROM audit WHERE operation = 'reservation.open'"); n != 1 {
			t.Errorf("written down %d times", n)
		}
		for _, wrong := range []struct {
			who  model.Principal
			ack  feed.Ack
			want fault.Code
		}{
			{staff(far), feed.Ack{ID: asked[near], Rung: "shown"}, fault.Forbidden},
			{w.crew, feed.Ack{ID: asked[near], Rung: "shown"}, fault.Forbidden},
			{staff(near), feed.Ack{ID: asked[near], Rung: "smelled"}, fault.Invalid},
		} {
			if err := w.Climb(as(t, wrong.who), "hospital:"+near, []feed.Ack{wrong.ack}); !fault.Is(err, wrong.want) {
				t.Errorf("%+v: %v", wrong, err)
			}
		}
		if _, err := w.RejectRequest(as(t, staff(near)), model.RejectCommand{ID: asked[near], Reason: model.ReasonNoBeds}); err != nil {
			t.Fatal(err)
		}
		if err := w.Climb(as(t, staff(near)), "hospital:"+near, []feed.Ack{{ID: asked[near], Rung: "shown"}, {ID: newID(), Rung: "shown"}}); err != nil {
			t.Errorf("too late: %v", err)
		}
	})
}

// Who was told no under a key is never told, or given, a yes under it: an earlier
// try of the same command may have been on its way for long.
func TestARefusalIsFinalForItsKey(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		w := newWardDesk(t, b)
		asked := w.ask(t, w.open(t), near)[near]
		w.beds(t, near, 0)
		approve := func(key string) (model.Receipt, error) {
			ctx := model.WithCall(t.Context(), model.Call{By: staff(near), Key: key, Digest: "d", Request: "r"})
			return w.ApproveRequest(ctx, model.ApproveCommand{ID: asked, Seen: 1})
		}
		for range 2 {
			if _, err := approve("k1"); !fault.Is(err, fault.Conflict) || fault.Public(err).Field != "override" {
				t.Fatalf("a full hospital's yes: %v", err)
			}
		}
		w.beds(t, near, 2)
		if _, err := approve("k1"); !fault.Is(err, fault.Conflict) || fault.Public(err).Field != "override" {
			t.Errorf("with beds, under the refused key: %v", err)
		}
		ctx := model.WithCall(t.Context(), model.Call{By: staff(near), Key: "k1", Digest: "another", Request: "r"})
		if _, err := w.WithdrawApproval(ctx, asked, ""); !fault.Is(err, fault.KeyReused) {
			t.Errorf("another command under the refused key: %v", err)
		}
		if n := b.number(t, "SELECT COUNT(*) FROM audit WHERE operation = 'reservation.approve'"); n != 0 {
			t.Errorf("%d yeses are written down", n)
		}
		if r, err := approve("k2"); err != nil || r.Replayed {
			t.Errorf("under a key of its own: %+v, %v", r, err)
		}
		if r, err := approve("k2"); err != nil || !r.Replayed {
			t.Errorf("again: %+v, %v", r, err)
		}
	})
}
