package store

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"testing"

	"weer/model"
	"weer/model/fault"
)

// What reservations promise to people, one test for each sentence. Time is moved
// by plain SQL, because all of it is the database's.

// yes says it for a hospital that has seen a version of the case.
func (w *wardDesk) yes(t *testing.T, hospital, id string, seen uint64) error {
	t.Helper()
	_, err := w.ApproveRequest(as(t, staff(hospital)), model.ApproveCommand{ID: id, Seen: seen})
	return err
}

// taken is a case that the near hospital has said yes to, and its requests.
func (w *wardDesk) taken(t *testing.T, hospitals ...string) (id string, asked map[string]string) {
	t.Helper()
	id = w.open(t)
	asked = w.ask(t, id, hospitals...)
	must(t, w.yes(t, near, asked[near], 1))
	return id, asked
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// refused fails the test unless an error is of a code, and returns what it says
// is true, by name.
func refused(t *testing.T, err error, code fault.Code) map[string]string {
	t.Helper()
	if !fault.Is(err, code) {
		t.Errorf("%v, want %s", err, code)
		return nil
	}
	facts := map[string]string{}
	for _, f := range fault.Public(err).Fields {
		facts[f.Name] = f.Message
	}
	return facts
}

// pass lets time pass for whatever waits for it, and does what is due.
func (w *wardDesk) pass(t *testing.T, ms int64) {
	t.Helper()
	w.exec(t, "UPDATE reservation SET asked_at = asked_at - ?, answered_at = answered_at - ?, arrive_by = arrive_by - ?, due_at = due_at - ?,"+
		" ended_at = ended_at - ? WHERE due_at > 0", ms, ms, ms, ms, ms)
	w.exec(t, "UPDATE bed_hold SET since = since - ?", ms)
	w.exec(t, "UPDATE patient_condition SET closed_at = closed_at - ?", ms)
	if _, err := w.KeepDeadlines(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func (w *wardDesk) crewSees(t *testing.T, id string) map[string]any {
	t.Helper()
	return w.key(t, "unit:"+w.unit.ID, "reservation/"+id)
}

func (w *wardDesk) staffSees(t *testing.T, hospital, id string) map[string]any {
	t.Helper()
	return w.key(t, "hospital:"+hospital, "request/"+id)
}

const minute = 60_000

func TestALateYesWinsWhileTheCaseIsOpen(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		w := newWardDesk(t, b)
		id := w.open(t)
		asked := w.ask(t, id, near, far)
		w.pass(t, 29*minute)
		if v := w.crewSees(t, asked[near]); v["no_answer_at"] == nil || v["state"] != "pending" {
			t.Errorf("without an answer the crew sees %v", v)
		}
		must(t, w.yes(t, near, asked[near], 1))
		if v := w.shown(t, "control:11", id); v["winner"] != asked[near] {
			t.Errorf("the late yes did not win: %v", v)
		}
		closed := w.open(t)
		late := w.ask(t, closed, far)[far]
		_, _, err := w.CloseCase(as(t, w.crew), closed, 0, model.CaseCanceled)
		must(t, err)
		if facts := refused(t, w.yes(t, far, late, 1), fault.Conflict); facts["end"] != "case_closed" {
			t.Errorf("a yes after the case: %v", facts)
		}
		w.whole(t)
	})
}

func TestAHoldNeverLapsesSilently(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		w := newWardDesk(t, b)
		id, asked := w.taken(t, near)
		release := func(who model.Principal) error {
			_, err := w.ReleaseOverdue(as(t, who), asked[near])
			return err
		}
		if facts := refused(t, release(controlOf11), fault.Conflict); facts["arrive_by"] == "" {
			t.Errorf("released while the patient is expected: %v", facts)
		}
		w.pass(t, 60*minute)
		for _, v := range []map[string]any{w.crewSees(t, asked[near]), w.staffSees(t, near, asked[near]), w.key(t, "control:11", "reservation/"+asked[near])} {
			if v["overdue_at"] == nil || v["state"] != "approved" {
				t.Errorf("overdue, somebody sees %v", v)
			}
		}
		w.pass(t, 7*24*60*minute)
		if l := w.load(t, near); l != (model.ItemLoad{Held: 1, Coming: 1}) {
			t.Errorf("after a week the hospital has %+v", l)
		}
		for _, who := range []model.Principal{w.crew, staff(near), {Role: model.RoleControl, Regions: []string{"26"}, Session: "s", Subject: "c"}} {
			refused(t, release(who), fault.NotFound)
		}
		must(t, release(controlOf11))
		if v := w.crewSees(t, asked[near]); v["state"] != "expired" || w.load(t, near) != (model.ItemLoad{}) || w.shown(t, "control:11", id)["winner"] != nil {
			t.Errorf("released: %v", v)
		}
		refused(t, release(controlOf11), fault.Conflict)
		w.whole(t)
	})
}

// Somebody who says when the patient comes instead is not overdue any more.
func TestALaterArrivalIsWaitedForAnew(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		w := newWardDesk(t, b)
		_, asked := w.taken(t, near)
		w.pass(t, 60*minute)
		now, err := b.Now(t.Context())
		must(t, err)
		_, err = w.ExtendArrival(as(t, w.crew), asked[near], now+20*minute)
		must(t, err)
		if v := w.staffSees(t, near, asked[near]); v["overdue_at"] != nil {
			t.Errorf("it is still overdue: %v", v)
		}
		w.pass(t, 34*minute)
		if v := w.staffSees(t, near, asked[near]); v["overdue_at"] != nil {
			t.Errorf("14 minutes late is overdue: %v", v)
		}
		w.pass(t, 2*minute)
		if v := w.staffSees(t, near, asked[near]); v["overdue_at"] == nil {
			t.Errorf("16 minutes late is not overdue: %v", v)
		}
		_, err = w.ExtendArrival(as(t, w.crew), asked[near], now+7*60*minute)
		refused(t, err, fault.Invalid)
	})
}

func TestAWithdrawalReachesACrewThatWasAway(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		w := newWardDesk(t, b)
		id, asked := w.taken(t, near, far)
		confirm := func(who model.Principal, seen model.ReservationState) error {
			_, err := w.ConfirmOutcome(as(t, who), asked[near], seen)
			return err
		}
		w.pass(t, 11_000)
		_, err := w.WithdrawApproval(as(t, staff(near)), asked[near], "")
		if f := fault.Public(err); f.Code != fault.Invalid || f.Field != "reason" {
			t.Errorf("after ten seconds without a reason: %+v", f)
		}
		_, err = w.WithdrawApproval(as(t, staff(near)), asked[near], model.ReasonNoICU)
		must(t, err)
		withdrawn := func() map[string]any {
			v := w.crewSees(t, asked[near])
			if v["state"] != "canceled" || v["end"] != "withdrawn" || v["reason"] != "no_icu" {
				t.Errorf("back again, the crew finds %v", v)
			}
			return v
		}
		if withdrawn()["confirmed_at"] != nil {
			t.Error("it is confirmed, and nobody has seen it")
		}
		// A word about the yes that left a dead zone only now.
		if facts := refused(t, confirm(w.crew, model.Approved), fault.Conflict); facts["end"] != "withdrawn" {
			t.Errorf("the crew is told %v", facts)
		}
		refused(t, confirm(controlOf11, model.Canceled), fault.NotFound)
		w.pass(t, 11*60*minute)
		if withdrawn()["confirmed_at"] != nil {
			t.Error("it was confirmed by something else than the crew")
		}
		must(t, confirm(w.crew, model.Canceled))
		if withdrawn()["confirmed_at"] == nil {
			t.Error("the crew's word is lost")
		}
		again := w.ask(t, id, near, far)
		if v := w.staffSees(t, far, again[far]); v["state"] != "pending" || v["case_version"] != 3.0 {
			t.Errorf("asked again, the other hospital sees %v", v)
		}
		must(t, w.yes(t, far, again[far], 3))
		w.whole(t)
	})
}

func TestAPatientWhoGotWorseIsNotTakenUnseen(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		w := newWardDesk(t, b)
		id := w.open(t)
		asked := w.ask(t, id, near)
		w.assess(t, id, 1)
		if v := w.staffSees(t, near, asked[near]); v["ktas"] != 1.0 || v["worse_version"] != 2.0 || v["case_version"] != 2.0 {
			t.Errorf("the hospital sees %v", v)
		}
		if facts := refused(t, w.yes(t, near, asked[near], 1), fault.PreconditionFailed); len(facts) != 1 || facts["ktas"] == "" {
			t.Errorf("a yes to the old condition: %v", facts)
		}
		if l := w.load(t, near); l != (model.ItemLoad{Asked: 1}) {
			t.Errorf("refused, it has %+v", l)
		}
		must(t, w.yes(t, near, asked[near], 2))
		if v := w.staffSees(t, near, asked[near]); v["acked_version"] != 2.0 {
			t.Errorf("a yes to it acknowledges it: %v", v)
		}
	})
}

// assess changes a case's KTAS.
func (w *wardDesk) assess(t *testing.T, id string, ktas int) {
	t.Helper()
	_, _, err := w.ChangeCase(as(t, w.crew), id, 0, model.CaseChange{Triage: func(t *model.Triage) { t.KTAS = ktas }})
	must(t, err)
}

func TestWorseAfterTheYesHasToBeAcknowledged(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		w := newWardDesk(t, b)
		id, asked := w.taken(t, near)
		unheard := func(hospital, request string) bool {
			v := w.staffSees(t, hospital, request)
			worse, _ := v["worse_version"].(float64)
			acked, _ := v["acked_version"].(float64)
			return worse > acked
		}
		w.assess(t, id, 4)
		if unheard(near, asked[near]) {
			t.Error("a better patient has to be acknowledged")
		}
		w.assess(t, id, 1)
		if !unheard(near, asked[near]) || w.staffSees(t, near, asked[near])["state"] != "approved" {
			t.Error("a worse patient needs no word")
		}
		_, err := w.AcknowledgeCase(as(t, staff(near)), asked[near], 3)
		must(t, err)
		if !unheard(near, asked[near]) {
			t.Error("a word about an older version counts")
		}
		_, err = w.AcknowledgeCase(as(t, staff(near)), asked[near], 5)
		refused(t, err, fault.Invalid)
		_, err = w.AcknowledgeCase(as(t, staff(near)), asked[near], 4)
		must(t, err)
		if unheard(near, asked[near]) {
			t.Error("the word is lost")
		}

		// The control room's word is not the hospital's.
		other := w.open(t)
		request := w.ask(t, other, far)[far]
		w.assess(t, other, 1)
		_, err = w.Designate(as(t, controlOf11), model.DesignateCommand{Case: other, Seen: 2, Hospital: model.Ask{ID: newID(), Hospital: far}})
		must(t, err)
		if !unheard(far, request) {
			t.Error("a designation silences what the hospital has not seen")
		}
	})
}

func TestTwoConsolesNeverBothOwnAnAnswer(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		w := newWardDesk(t, b)
		for round := range 6 {
			id := w.open(t)
			request := w.ask(t, id, far)[far]
			errs := make([]error, 4)
			var all sync.WaitGroup
			for i := range errs {
				all.Go(func() {
					if ctx := as(t, staff(far)); (i+round)%2 == 0 {
						_, errs[i] = w.ApproveRequest(ctx, model.ApproveCommand{ID: request, Seen: 1, Override: "one more"})
					} else {
						_, errs[i] = w.RejectRequest(ctx, model.RejectCommand{ID: request, Reason: model.ReasonNoStaff})
					}
				})
			}
			all.Wait()
			state := w.staffSees(t, far, request)["state"]
			owners := 0
			for _, err := range errs {
				if err == nil {
					owners++
				} else if facts := refused(t, err, fault.Conflict); facts["state"] != state {
					t.Errorf("it is %v, a console is told %v", state, facts)
				}
			}
			if owners != 1 {
				t.Errorf("%d consoles own the answer: %v", owners, errs)
			}
		}
		w.whole(t)
	})
}

// Two hospitals that say yes in the same moment: one has the patient.
func TestTwoHospitalsNeverBothHaveThePatient(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		w := newWardDesk(t, b)
		for range 6 {
			asked := w.ask(t, w.open(t), near, far, other)
			var all sync.WaitGroup
			var mu sync.Mutex
			won := 0
			for hospital, id := range asked {
				all.Go(func() {
					_, err := w.ApproveRequest(as(t, staff(hospital)), model.ApproveCommand{ID: id, Seen: 1, Override: "one more"})
					mu.Lock()
					defer mu.Unlock()
					if err == nil {
						won++
					} else if facts := refused(t, err, fault.Conflict); facts["end"] != "superseded" {
						t.Errorf("the second is told %v", facts)
					}
				})
			}
			if all.Wait(); won != 1 {
				t.Errorf("%d hospitals have the patient", won)
			}
		}
		w.whole(t)
	})
}

func TestTheSameAskFromTwoTabletsIsOneAsk(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		w := newWardDesk(t, b)
		id := w.open(t)
		ask := func(key string) (string, error) {
			ctx := model.WithCall(t.Context(), model.Call{By: w.crew, Key: key, Digest: "the same", Request: "r"})
			r, err := w.AskHospitals(ctx, model.AskCommand{Case: id, Hospitals: []model.Ask{{ID: newID(), Hospital: near, Item: model.DefaultItem}}})
			return string(r.Result), err
		}
		results := make([]string, 6)
		var all sync.WaitGroup
		for i := range results {
			all.Go(func() {
				var err error
				if results[i], err = ask("k1"); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if slices.Sort(results); results[0] != results[len(results)-1] || results[0] == "" {
			t.Errorf("one command came to %v", results)
		}
		_, err := ask("k2")
		if f := fault.Public(err); f.Code != fault.Conflict || f.Field != "hospitals[0].hospital_id" {
			t.Errorf("another command for the same hospital: %+v", f)
		}
		if n := b.number(t, "SELECT COUNT(*) FROM reservation"); n != 1 {
			t.Errorf("%d requests were put", n)
		}
		r, err := w.OpenCase(as(t, w.crew), model.Case{ID: newID(), Unit: w.unit.ID}, model.Clinical{})
		var opened model.Opened
		if json.Unmarshal(r.Result, &opened); err != nil || opened.Others != 1 {
			t.Errorf("a second case of the vehicle: %+v, %v", opened, err)
		}
		w.whole(t)
	})
}

func TestAnAskThatComesTooLateAsksNobody(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		w := newWardDesk(t, b)
		now, err := b.Now(t.Context())
		must(t, err)
		_, err = w.AskHospitals(as(t, w.crew), model.AskCommand{Case: w.open(t), SendBy: now - 1, Hospitals: []model.Ask{{ID: newID(), Hospital: near, Item: model.DefaultItem}}})
		if f := fault.Public(err); f.Code != fault.Conflict || f.Field != "send_by" || w.load(t, near) != (model.ItemLoad{}) {
			t.Errorf("%+v, and the hospital has %+v", f, w.load(t, near))
		}
	})
}

// A command that was carried out is answered as it was then, whatever has become
// of its case.
func TestACommandIsReplayedAfterItsCaseIsClosed(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		w := newWardDesk(t, b)
		id := w.open(t)
		asked := w.ask(t, id, near)
		yes := func(digest string) (model.Receipt, error) {
			ctx := model.WithCall(t.Context(), model.Call{By: staff(near), Key: "yes", Digest: digest, Request: "r"})
			return w.ApproveRequest(ctx, model.ApproveCommand{ID: asked[near], Seen: 1})
		}
		first, err := yes("one")
		must(t, err)
		_, _, err = w.CloseCase(as(t, w.crew), id, 0, model.CaseCanceled)
		must(t, err)
		again, err := yes("one")
		if err != nil || !again.Replayed || string(again.Result) != string(first.Result) || len(again.Feeds) != 0 {
			t.Errorf("replayed as %+v, %v; was %+v", again, err, first)
		}
		_, err = yes("another")
		refused(t, err, fault.KeyReused)
	})
}
