package store

import (
	"encoding/json"
	"strings"
	"testing"

	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
)

// What reservations promise about beds and about who may do what, one test for
// each sentence.

// observes lets a hospital's own system say its free beds, as of a moment that
// lies so many milliseconds after the database's now.
func (w *wardDesk) observes(t *testing.T, id string, free int, after feed.Time) {
	t.Helper()
	now, err := w.Now(t.Context())
	must(t, err)
	outcomes, _, err := w.Push(t.Context(), "push:test", []model.Observation{{
		HospitalID: id, ObservedAt: now + after, Readings: model.Readings{model.DefaultItem: {State: model.Known, Value: free}},
	}})
	if err != nil || outcomes[0] != nil {
		t.Fatal(err, outcomes)
	}
}

func TestAnArrivedPatientsBedIsNotFreeTwice(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		w := newWardDesk(t, b)
		absorbed := model.ItemLoad{Held: 1}
		arrive := func(who model.Principal) {
			t.Helper()
			_, asked := w.taken(t, near)
			_, err := w.ReportArrival(as(t, who), asked[near])
			must(t, err)
			if l := w.load(t, near); l != absorbed {
				t.Errorf("arrived, the hospital has %+v", l)
			}
		}
		free := func(why string, held model.ItemLoad) {
			t.Helper()
			if l := w.load(t, near); l != held {
				t.Errorf("%s: it has %+v, want %+v", why, l, held)
			}
			w.whole(t)
		}
		w.exec(t, "UPDATE observation SET observed_at = observed_at - 300000, received_at = received_at - 300000")
		arrive(w.crew)
		w.observes(t, near, 2, -60_000)
		free("what was observed before the arrival came after it", absorbed)
		w.exec(t, "UPDATE bed_hold SET since = since - 30000") // it is 30 s since the arrival
		w.observes(t, near, 3, -10_000)
		free("it was observed after the arrival", model.ItemLoad{})

		w.observes(t, near, 2, 90_000) // by a clock that is ahead
		arrive(staff(near))
		_, err := w.Correct(as(t, staff(near)), model.CorrectCommand{HospitalID: near, Item: "icu.general", Value: model.Reading{State: model.Known, Value: 1}})
		must(t, err)
		free("a clock that is ahead had said it before the arrival", absorbed)
		_, err = w.Correct(as(t, staff(near)), model.CorrectCommand{HospitalID: near, Item: model.DefaultItem, Value: model.Reading{State: model.Known, Value: 1}})
		must(t, err)
		free("a person has said the number", model.ItemLoad{})
		_, err = w.Uncorrect(as(t, staff(near)), near, model.DefaultItem)
		must(t, err)
		free("and taken it back", absorbed)

		w.exec(t, "UPDATE bed_hold SET since = since - ?", model.AbsorbMS-60_000)
		_, err = w.EndOverdue(t.Context())
		must(t, err)
		free("after 29 minutes", absorbed)
		w.exec(t, "UPDATE bed_hold SET since = since - 60000")
		_, err = w.EndOverdue(t.Context())
		must(t, err)
		free("after half an hour", model.ItemLoad{})
		if n := b.number(t, "SELECT COUNT(*) FROM bed_hold"); n != 0 {
			t.Errorf("%d holds are left", n)
		}
	})
}

func TestAFullHospitalSaysYesOnlyWithAReason(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		w := newWardDesk(t, b)
		w.observes(t, near, 1, 0)
		w.taken(t, near)
		id := w.open(t)
		asked := w.ask(t, id, near)
		yes := func(override, item string) error {
			_, err := w.ApproveRequest(as(t, staff(near)), model.ApproveCommand{ID: asked[near], Seen: 1, Override: override, Item: item})
			return err
		}
		if f := fault.Public(yes("", "")); f.Code != fault.Conflict || f.Field != "override" {
			t.Errorf("the last bed is held: %+v", f)
		}
		must(t, yes("복도 병상", ""))
		if v := w.crewSees(t, asked[near]); v["overridden"] != true || strings.Contains(string(mustJSON(t, v)), "복도") {
			t.Errorf("the crew sees %v", v)
		}
		if n := b.number(t, "SELECT COUNT(*) FROM audit WHERE operation = 'reservation.approve' AND reason = '복도 병상'"); n != 1 {
			t.Errorf("the reason was written down %d times", n)
		}

		// Of another kind nothing is known, and no reason is needed.
		asked = w.ask(t, w.open(t), near)
		must(t, yes("", "icu.general"))
		if r, err := b.Reservation(t.Context(), asked[near]); err != nil || r.Item != "icu.general" || r.Override != "" {
			t.Errorf("%+v, %v", r, err)
		}

		// Nor of a number that is too old, and a reason that was not needed is none.
		b.exec(t, "UPDATE observation SET observed_at = observed_at - 3700000 WHERE hospital_id = ?", near)
		asked = w.ask(t, w.open(t), near)
		must(t, yes("to be sure", ""))
		if r, err := b.Reservation(t.Context(), asked[near]); err != nil || r.Override != "" {
			t.Errorf("%+v, %v", r, err)
		}
		w.whole(t)
	})
}

func mustJSON(t *testing.T, v any) json.RawMessage {
	t.Helper()
	text, err := json.Marshal(v)
	must(t, err)
	return text
}

func TestARefusalBecomesAnAnnouncement(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		w := newWardDesk(t, b)
		request := w.ask(t, w.open(t), near)[near]
		now, err := b.Now(t.Context())
		must(t, err)
		refuse := func(who model.Principal, ends feed.Time) (string, error) {
			a := model.AnnounceCommand{ID: newID(), Kind: model.AnnouncementER, EndsAt: ends}
			_, err := w.RejectRequest(as(t, who), model.RejectCommand{ID: request, Reason: model.ReasonNoStaff, Announce: &a})
			return near + "/msg/" + a.ID, err
		}
		onlyAnswers := model.Principal{Key: "k", Role: model.RoleIntegration, Hospital: near, Scopes: []model.Right{model.AnswerRequests}}
		_, err = refuse(onlyAnswers, now+30*minute)
		refused(t, err, fault.Forbidden)
		_, err = refuse(staff(near), now-1)
		refused(t, err, fault.Invalid)
		if v := w.staffSees(t, near, request); v["state"] != "pending" || w.load(t, near) != (model.ItemLoad{Asked: 1}) {
			t.Errorf("what was refused changed the request: %v", v)
		}
		key, err := refuse(staff(near), now+30*minute)
		must(t, err)
		if v := w.key(t, "region:11", key); v["reason"] != "no_staff" || v["text"] != "인력 부족" {
			t.Errorf("everybody sees %v", v)
		}
		if v := w.crewSees(t, request); v["state"] != "rejected" || v["reason"] != "no_staff" || w.load(t, near) != (model.ItemLoad{}) {
			t.Errorf("the crew sees %v", v)
		}
		w.whole(t)
	})
}

func TestTheControlRoomDesignates(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		w := newWardDesk(t, b)
		designate := func(who model.Principal, id, hospital string, seen uint64, override string) (string, error) {
			r, err := w.Designate(as(t, who), model.DesignateCommand{Case: id, Seen: seen, Hospital: model.Ask{ID: newID(), Hospital: hospital}, Override: override})
			var made model.Asked
			if err == nil {
				must(t, json.Unmarshal(r.Result, &made))
				return made.Reservations[0].ID, nil
			}
			return "", err
		}
		id := w.open(t)
		asked := w.ask(t, id, near, far)
		of26 := model.Principal{Subject: "c", Session: "s", Role: model.RoleControl, Regions: []string{"26"}}
		for _, who := range []model.Principal{w.crew, staff(near), of26} {
			_, err := designate(who, id, near, 1, "")
			refused(t, err, fault.NotFound)
		}
		over, err := designate(controlOf11, id, near, 1, "")
		if v := w.crewSees(t, asked[near]); err != nil || over != asked[near] || v["designated"] != true || v["state"] != "approved" {
			t.Errorf("over a request that waits: %v, %v", v, err)
		}
		if v := w.staffSees(t, far, asked[far]); v["end"] != "superseded" {
			t.Errorf("the other hospital sees %v", v)
		}
		_, err = designate(controlOf11, id, far, 2, "")
		if facts := refused(t, err, fault.Conflict); facts["winner"] != over {
			t.Errorf("a second designation: %v", facts)
		}
		_, err = w.WithdrawApproval(as(t, staff(near)), over, "")
		refused(t, err, fault.Invalid)
		_, err = w.CancelReservation(as(t, controlOf11), over)
		must(t, err)
		if v := w.crewSees(t, over); v["end"] != "control" {
			t.Errorf("taken back, the crew sees %v", v)
		}

		// Another region's hospital, which was not asked, and is full.
		w.observes(t, other, 0, 0)
		_, err = designate(controlOf11, id, other, 1, "")
		if f := fault.Public(err); f.Code != fault.Conflict || f.Field != "override" {
			t.Errorf("a full hospital: %+v", f)
		}
		if n := b.number(t, "SELECT COUNT(*) FROM reservation"); n != 2 {
			t.Errorf("what was refused left %d requests", n)
		}
		made, err := designate(controlOf11, id, other, 3, "가장 가깝다")
		must(t, err)
		if l := w.load(t, other); l != (model.ItemLoad{Held: 1, Coming: 1}) || w.key(t, "region:26", other+"/load") == nil {
			t.Errorf("it has %+v", l)
		}
		if n := b.number(t, "SELECT COUNT(*) FROM audit WHERE operation = 'reservation.designate' AND reason = '가장 가깝다'"); n != 1 {
			t.Errorf("the reason was written down %d times", n)
		}
		if _, err := w.ReservationFor(as(t, of26), model.ReadReservations, made); !fault.Is(err, fault.NotFound) {
			t.Errorf("the control room of the hospital's region reads it: %v", err)
		}
		w.whole(t)
	})
}

// What the control room says over a request that waits is put over it; what it
// leaves open stays as it was asked.
func TestADesignationKeepsWhatWasAskedFor(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		w := newWardDesk(t, b)
		now, err := b.Now(t.Context())
		must(t, err)
		for _, c := range []struct {
			said model.Ask
			want model.Ask
		}{
			{model.Ask{}, model.Ask{Item: "icu.general", ArriveAt: now + 5*minute}},
			{model.Ask{Item: model.DefaultItem, ArriveAt: now + 9*minute}, model.Ask{Item: model.DefaultItem, ArriveAt: now + 9*minute}},
		} {
			id, request := w.open(t), newID()
			_, err := w.AskHospitals(as(t, w.crew), model.AskCommand{Case: id, Hospitals: []model.Ask{{ID: request, Hospital: near, Item: "icu.general", ArriveAt: now + 5*minute}}})
			must(t, err)
			c.said.ID, c.said.Hospital = newID(), near
			_, err = w.Designate(as(t, controlOf11), model.DesignateCommand{Case: id, Seen: 1, Hospital: c.said})
			must(t, err)
			if r, err := b.Reservation(t.Context(), request); err != nil || r.Item != c.want.Item || r.ArriveAt != c.want.ArriveAt || r.ArriveBy != c.want.ArriveAt+15*minute {
				t.Errorf("%+v became %+v, %v", c.said, r, err)
			}
		}
		_, err = w.Designate(as(t, controlOf11), model.DesignateCommand{Case: w.open(t), Hospital: model.Ask{ID: newID(), Hospital: "x", Item: "equipment.ct"}, Override: strings.Repeat("왜", 201)})
		facts := refused(t, err, fault.Invalid)
		for _, field := range []string{"hospital_id", "item", "case_version", "override"} {
			if facts[field] == "" {
				t.Errorf("%s is not named: %v", field, facts)
			}
		}
		w.whole(t)
	})
}

func TestWhateverEndsACaseFreesEveryBed(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		w := newWardDesk(t, b)
		free := func(why string, left model.ItemLoad) {
			t.Helper()
			for h, want := range map[string]model.ItemLoad{near: left, far: {}, other: {}} {
				if l := w.load(t, h); l != want {
					t.Errorf("%s: %s has %+v", why, h, l)
				}
			}
			w.whole(t)
		}
		id, _ := w.taken(t, near, far, other)
		_, _, err := w.CloseCase(as(t, w.crew), id, 0, model.CaseCanceled)
		must(t, err)
		free("the case is canceled after a yes", model.ItemLoad{})

		id = w.open(t)
		w.ask(t, id, near, far, other)
		_, _, err = w.CloseCase(as(t, w.crew), id, 0, model.CaseArrived)
		must(t, err)
		free("the patient went somewhere without a yes", model.ItemLoad{})

		id, asked := w.taken(t, near, far)
		_, err = w.CancelReservation(as(t, w.crew), asked[near])
		must(t, err)
		free("the crew takes a yes back", model.ItemLoad{})
		if v := w.staffSees(t, near, asked[near]); v["end"] != "crew" || w.shown(t, "control:11", id)["winner"] != nil {
			t.Errorf("the hospital sees %v", v)
		}

		_, asked = w.taken(t, near, far)
		_, err = w.WithdrawApproval(as(t, staff(near)), asked[near], "")
		must(t, err)
		free("the hospital undoes its yes", model.ItemLoad{})

		id, asked = w.taken(t, near, far)
		_, _, err = w.CloseCase(as(t, w.crew), id, 0, model.CaseArrived)
		must(t, err)
		free("the crew says that it is over", model.ItemLoad{Held: 1})
		if v := w.staffSees(t, near, asked[near]); v["state"] != "arrived" || v["arrived_at"] == nil {
			t.Errorf("the hospital sees %v", v)
		}
	})
}

// A reservation is its crew's, its hospital's, and the control room's of the
// case's region. To everybody else it is not there.
func TestAnothersReservationIsNotThere(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		w := newWardDesk(t, b)
		id := w.open(t)
		request := w.ask(t, id, other)[other]
		before := b.number(t, "SELECT COUNT(*) FROM audit")
		of26 := model.Principal{Subject: "c", Session: "s", Role: model.RoleControl, Regions: []string{"26"}}
		for name, who := range map[string]model.Principal{
			"the hospital's control room": of26, "another hospital": staff(near), "another crew": {Role: model.RoleCrew, Unit: newID()},
			"a crew without a unit": {Role: model.RoleCrew}, "an administrator": {Role: model.RoleAdmin}, "a viewer": {Role: model.RoleViewer}, "nobody": {},
		} {
			ctx := as(t, who)
			for step, do := range map[string]func() error{
				"approve": func() error { _, err := w.ApproveRequest(ctx, model.ApproveCommand{ID: request, Seen: 1}); return err },
				"reject": func() error {
					_, err := w.RejectRequest(ctx, model.RejectCommand{ID: request, Reason: model.ReasonNoBeds})
					return err
				},
				"withdraw": func() error { _, err := w.WithdrawApproval(ctx, request, model.ReasonNoBeds); return err },
				"ack":      func() error { _, err := w.AcknowledgeCase(ctx, request, 1); return err },
				"cancel":   func() error { _, err := w.CancelReservation(ctx, request); return err },
				"extend":   func() error { _, err := w.ExtendArrival(ctx, request, 1); return err },
				"confirm":  func() error { _, err := w.ConfirmOutcome(ctx, request, model.Approved); return err },
				"arrive":   func() error { _, err := w.ReportArrival(ctx, request); return err },
				"handOver": func() error { _, err := w.HandOver(ctx, request); return err },
				"release":  func() error { _, err := w.ReleaseOverdue(ctx, request); return err },
				"read":     func() error { _, err := w.ReservationFor(ctx, model.ReadReservations, request); return err },
				"look":     func() error { _, _, _, err := w.ReadRequest(ctx, request); return err },
				"ask": func() error {
					_, err := w.AskHospitals(ctx, model.AskCommand{Case: id, Hospitals: []model.Ask{{ID: newID(), Hospital: near, Item: model.DefaultItem}}})
					return err
				},
			} {
				if err := do(); !fault.Is(err, fault.NotFound) {
					t.Errorf("%s: %s: %v", name, step, err)
				}
			}
			if list, err := w.Reservations(ctx, model.ReservationQuery{Most: 10}); len(list) != 0 {
				t.Errorf("%s lists %v, %v", name, list, err)
			}
		}
		if after := b.number(t, "SELECT COUNT(*) FROM audit"); after != before {
			t.Errorf("%d entries tell of what did not happen", after-before)
		}
		for _, who := range []model.Principal{w.crew, staff(other), controlOf11} {
			if list, err := w.Reservations(as(t, who), model.ReservationQuery{Case: id, Going: true, Most: 10}); err != nil || len(list) != 1 || list[0].ID != request {
				t.Errorf("%s lists %v, %v", who.Role, list, err)
			}
		}
	})
}

func TestAHospitalsSystemMayAnswer(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		w := newWardDesk(t, b)
		system := model.Principal{Key: "k", Role: model.RoleIntegration, Hospital: near}
		request := w.ask(t, w.open(t), near)[near]
		yes := func() error {
			_, err := w.ApproveRequest(as(t, system), model.ApproveCommand{ID: request, Seen: 1})
			return err
		}
		refused(t, yes(), fault.NotFound) // without the scope
		system.Scopes = []model.Right{model.AnswerRequests}
		must(t, yes())
		if v := w.staffSees(t, near, request); v["state"] != "approved" || v["answered_by"] != "key:k" {
			t.Errorf("the hospital sees %v", v)
		}
		if v := w.crewSees(t, request); v["answered_by"] != nil {
			t.Errorf("the crew sees who answered: %v", v)
		}
	})
}

func TestAHospitalReadsThePatientWhileItHasToKnow(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		w := newWardDesk(t, b)
		id := w.open(t)
		asked := w.ask(t, id, near, far, other)
		read := func(hospital string) error {
			t.Helper()
			was := b.number(t, "SELECT COUNT(*) FROM audit WHERE operation = 'case.read' AND detail LIKE ?", "%reservation/"+asked[hospital])
			_, clinical, _, err := w.ReadRequest(as(t, staff(hospital)), asked[hospital])
			is := b.number(t, "SELECT COUNT(*) FROM audit WHERE operation = 'case.read' AND detail LIKE ?", "%reservation/"+asked[hospital])
			if (err == nil) != (clinical == inPain) || (err == nil) != (is == was+1) {
				t.Errorf("%s reads %+v, %v, and %d entries say so", hospital, clinical, err, is-was)
			}
			return err
		}
		for _, h := range []string{near, far, other} {
			must(t, read(h))
		}
		_, err := w.RejectRequest(as(t, staff(other)), model.RejectCommand{ID: asked[other], Reason: model.ReasonNoBeds})
		must(t, err)
		must(t, w.yes(t, near, asked[near], 1))
		must(t, read(near))
		refused(t, read(far), fault.Forbidden)
		refused(t, read(other), fault.Forbidden)
		_, err = w.ReportArrival(as(t, staff(near)), asked[near])
		must(t, err)
		_, err = w.HandOver(as(t, staff(near)), asked[near])
		must(t, err)
		must(t, read(near))
		w.pass(t, model.CaseShownMS)
		refused(t, read(near), fault.Forbidden)
		_, _, err = w.TidyCases(t.Context(), model.CaseKeepMS)
		must(t, err)
		w.pass(t, model.CaseKeepMS)
		_, _, err = w.TidyCases(t.Context(), model.CaseKeepMS)
		must(t, err)
		if _, clinical, destroyed, err := w.ReadRequest(as(t, w.crew), asked[near]); err != nil || !destroyed || clinical != (model.Clinical{}) {
			t.Errorf("destroyed, the crew reads %+v, %v", clinical, err)
		}
	})
}

// A case that is taken off the feeds leaves nothing behind on any of them, and
// nothing that is said of it later brings it back.
func TestAHiddenCaseLeavesNothingOnAnyFeed(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		w := newWardDesk(t, b)
		_, asked := w.taken(t, near, far, other)
		_, err := w.ReportArrival(as(t, w.crew), asked[near])
		must(t, err)
		left := func() int64 {
			return b.number(t, "SELECT COUNT(*) FROM feed_key WHERE gone = 0 AND (`key` LIKE 'case/%' OR `key` LIKE 'reservation/%' OR `key` LIKE 'request/%')")
		}
		if n := left(); n != 2+3+3+3 {
			t.Errorf("%d keys are shown", n)
		}
		b.exec(t, "UPDATE patient_condition SET closed_at = closed_at - ?", model.CaseShownMS)
		hidden, _, err := w.TidyCases(t.Context(), model.CaseKeepMS)
		if n := left(); err != nil || hidden != 1 || n != 0 {
			t.Errorf("%d cases hidden, %d keys left, %v", hidden, n, err)
		}
		w.whole(t)
		for name, err := range map[string]error{
			"hand over": errorOf(w.HandOver(as(t, staff(near)), asked[near])),
			"confirm":   errorOf(w.ConfirmOutcome(as(t, w.crew), asked[near], model.Arrived)),
		} {
			if n := left(); err != nil || n != 0 {
				t.Errorf("%s: %v, %d keys are back", name, err, n)
			}
		}
		w.pass(t, model.CaseShownMS)
		if n := left(); n != 0 {
			t.Errorf("time brings %d keys back", n)
		}
		w.whole(t)
	})
}

func errorOf(_ model.Receipt, err error) error { return err }

// A command that says nothing new moves no feed.
func TestNothingNewMovesNoFeed(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		w := newWardDesk(t, b)
		id, asked := w.taken(t, near)
		for name, say := range map[string]func() (model.Receipt, error){
			"confirm":     func() (model.Receipt, error) { return w.ConfirmOutcome(as(t, w.crew), asked[near], model.Approved) },
			"acknowledge": func() (model.Receipt, error) { return w.AcknowledgeCase(as(t, staff(near)), asked[near], 2) },
			"change": func() (model.Receipt, error) {
				_, r, err := w.ChangeCase(as(t, w.crew), id, 0, model.CaseChange{Triage: func(t *model.Triage) { t.KTAS = 5 }})
				return r, err
			},
		} {
			r, err := say()
			if err != nil || len(r.Feeds) == 0 {
				t.Errorf("%s: %+v, %v", name, r, err)
			}
			heads := b.number(t, "SELECT SUM(seq) FROM feed")
			if r, err = say(); err != nil || len(r.Feeds) != 0 || b.number(t, "SELECT SUM(seq) FROM feed") != heads {
				t.Errorf("%s again: %+v, %v", name, r, err)
			}
		}
	})
}

// A vehicle that leaves service, or moves to another region, takes its open case
// to its end where it was opened.
func TestAnOpenCaseOutlivesItsUnitsService(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		w := newWardDesk(t, b)
		id := w.open(t)
		out, busan := false, "26"
		_, _, err := w.ChangeUnit(as(t, model.Principal{Subject: "a", Session: "s", Role: model.RoleAdmin}), w.unit.ID, 0, model.UnitChange{Active: &out, Region: &busan})
		must(t, err)
		asked := w.ask(t, id, near, other)
		must(t, w.yes(t, other, asked[other], 1))
		_, err = w.ExtendArrival(as(t, controlOf11), asked[other], 1)
		refused(t, err, fault.Invalid) // it is there, and the time is not
		_, err = w.ReportArrival(as(t, w.crew), asked[other])
		must(t, err)
		if v := w.key(t, "control:11", "reservation/"+asked[other]); v["state"] != "arrived" {
			t.Errorf("the case's control room sees %v", v)
		}
		if v := w.key(t, "control:26", "reservation/"+asked[other]); v != nil {
			t.Errorf("the unit's new control room sees %v", v)
		}
		w.whole(t)
	})
}

// A hospital that moves to another region takes its load along.
func TestAHospitalThatMovesTakesItsLoadAlong(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		w := newWardDesk(t, b)
		_, asked := w.taken(t, near)
		admin := model.Principal{Subject: "a", Session: "s", Role: model.RoleAdmin}
		_, err := w.Override(as(t, admin), near, model.Override{Field: model.FieldRegion, Value: "41", Owner: "a", Reason: "moved"})
		must(t, err)
		if w.key(t, "region:11", near+"/load") != nil || w.key(t, "region:41", near+"/load") == nil {
			t.Error("its load stayed behind")
		}
		_, err = w.CancelReservation(as(t, controlOf11), asked[near])
		must(t, err)
		if v := w.key(t, "region:41", near+"/load"); v != nil {
			t.Errorf("the bed is held still: %v", v)
		}
		w.whole(t)
	})
}

// The longest that anybody may be called, say, or send fits into the rows.
func TestTheLongestTextsOfAReservation(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		w := newWardDesk(t, b)
		listed := model.Institution{HospitalID: near, Name: strings.Repeat("긴", model.MaxName), Tel: strings.Repeat("☎", model.MaxTel), Region: "11"}
		held, _, err := w.Hospital(t.Context(), near)
		must(t, err)
		held.Listed = listed
		b.write(t, save(held))
		call := func(by model.Principal) model.Call {
			return model.Call{By: by, Key: strings.Repeat("k", 128), Digest: strings.Repeat("d", 64), Request: "r"}
		}
		id, request := w.open(t), newID()
		w.crew.Subject = strings.Repeat("c", 128)
		_, err = w.AskHospitals(model.WithCall(t.Context(), call(w.crew)), model.AskCommand{Case: id, Hospitals: []model.Ask{{ID: request, Hospital: near, Item: model.DefaultItem}}})
		must(t, err)
		w.observes(t, near, 0, 0)
		nurse := staff(near)
		nurse.Subject, nurse.Session = strings.Repeat("간", 42), ""
		override := strings.Repeat("왜", model.MaxOverride)
		_, err = w.ApproveRequest(model.WithCall(t.Context(), call(nurse)), model.ApproveCommand{ID: request, Seen: 1, Override: override})
		must(t, err)
		r, err := b.Reservation(t.Context(), request)
		if err != nil || r.Name != listed.Name || r.Tel != listed.Tel || r.Override != override || r.AnsweredBy != nurse.Actor() || r.Command != strings.Repeat("k", 128) {
			t.Errorf("it came back as %+v, %v", r, err)
		}
		w.whole(t)
	})
}
