package api

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"weer/model"
)

// A patient on the way: who may say what, what it makes of the reservation, and
// whose screens move for it, each once.
func TestTheWayOfAPatient(t *testing.T) {
	w := openWard(t, wardTimes)
	id := w.opened()
	var at []string
	if moved := w.moved(func() { at = w.put(id, here, south) }); moved != "unit control here south region" {
		t.Errorf("asking moves %s", moved)
	}
	later := time.Now().Add(20 * time.Minute).UTC().Format(time.RFC3339)
	for _, step := range []struct {
		who, does, body string
		state           model.ReservationState
		moves           string
	}{
		{w.crew(), "extend", `{"arrive_at":"` + later + `"}`, model.Pending, "unit control here"},
		{ofHere, "acknowledge", `{"case_version":1}`, model.Pending, "unit control here"},
		{ofHere, "acknowledge", `{"case_version":1}`, model.Pending, ""},
		{ofHere, "approve", `{"case_version":1}`, model.Approved, "unit control here south region"},
		{w.crew(), "confirm", `{"state":"approved"}`, model.Approved, "unit control here"},
		{w.crew(), "confirm", `{"state":"approved"}`, model.Approved, ""},
		{w.crew(), "arrive", `{}`, model.Arrived, "unit control here region"},
		{ofHere, "hand-over", `{}`, model.Arrived, "unit control here"},
	} {
		var r Reservation
		moved := w.moved(func() { r = w.step(step.who, at[0]+"/"+step.does, step.body) })
		if r.State != step.state || moved != step.moves {
			t.Errorf("%s by %s: %s, and %q moved; want %s, %q", step.does, step.who, r.State, moved, step.state, step.moves)
		}
	}
	_, r, text := as[Reservation](w.harness, of11, "GET", at[0], "")
	if r.Case != id || r.Hospital != here || r.Item != model.DefaultItem || r.ArrivedAt == 0 || r.HandedOverAt == 0 || r.Others != 1 || r.AckedVersion != 1 {
		t.Errorf("in the end it is %s", text)
	}
	_, c, text := as[PatientCase](w.harness, w.crew(), "GET", "/patient-conditions/"+id, "")
	if c.State != model.CaseArrived || "/reservations/"+c.Winner != at[0] {
		t.Errorf("the case is %s", text)
	}
	_, other, text := as[Reservation](w.harness, ofSouth, "GET", at[1], "")
	if other.State != model.Canceled || other.End != model.EndSuperseded || strings.Contains(text, here) {
		t.Errorf("the other hospital reads %s", text)
	}
}

// What a command came to in the feeds stands in its answer, for who may read them.
func TestACommandTellsWhatItMoved(t *testing.T) {
	w := openWard(t, wardTimes)
	named := func(m Moves) (names []string) {
		for _, f := range m.Feeds {
			names = append(names, f.Feed)
		}
		return names
	}
	_, put, text := as[putCase](w.harness, w.crew(), "POST", "/patient-conditions/"+w.opened()+"/reservations", asking(here))
	if got := named(put.Moves); !slices.Equal(got, []string{"region:11", "unit:" + w.unit}) || put.Reservations[0].State != model.Pending || put.Reservations[0].AnswerBy == 0 {
		t.Errorf("the crew is told of %q: %s", got, text)
	}
	_, yes, _ := as[Moves](w.harness, ofHere, "POST", "/reservations/"+put.Reservations[0].ID+"/approve", `{"case_version":1}`)
	if got := named(yes); !slices.Equal(got, []string{"hospital:" + here, "region:11"}) {
		t.Errorf("the hospital is told of %q", got)
	}
	load := fmt.Sprint(yes.Feeds[1].Keys[0].Value)
	if yes.Feeds[1].Keys[0].Key != here+"/load" || !strings.Contains(load, "held:1") {
		t.Errorf("the region's feed has %+v", yes.Feeds[1].Keys)
	}
}

// A yes is to the patient who was looked at. One who has changed since is looked
// at again; what has changed is named, and not what it is now.
func TestAYesToAnotherPatientThanTheOneSeen(t *testing.T) {
	w := openWard(t, wardTimes)
	id := w.opened()
	path := w.put(id, here)[0]
	res, _, text := as[PatientCase](w.harness, w.crew(), "PATCH", "/patient-conditions/"+id,
		`{"triage":{"ktas":1},"clinical":{"systolic":83,"diastolic":51,"complaint":"의식 저하"}}`, "If-Match", `"1"`)
	if res.StatusCode != 200 {
		t.Fatal(text)
	}
	_, _, text = as[any](w.harness, ofHere, "POST", path+"/approve", `{"case_version":1}`)
	if got := facts(text); got != "412 precondition_failed case_version; clinical: changed at version 2; ktas: changed at version 2" {
		t.Errorf("the first try: %s", got)
	}
	res, seen, text := as[struct {
		PatientCase
		Clinical Clinical
	}](w.harness, ofHere, "GET", path+"/patient-condition", "")
	if res.Header.Get("ETag") != `"2"` || seen.Version != 2 || *seen.KTAS != 1 || *seen.Clinical.Systolic != 83 || seen.Clinical.Complaint != "의식 저하" || seen.Clinical.Pulse != nil {
		t.Errorf("the hospital reads %s", text)
	}
	if r := w.step(ofHere, path+"/approve", `{"case_version":2}`); r.State != model.Approved || r.SeenVersion != 2 || r.WorseVersion != 2 || r.AckedVersion != 2 {
		t.Errorf("approved: %+v", r)
	}
}

// Who comes second is told what is true instead.
func TestASecondYes(t *testing.T) {
	w := openWard(t, wardTimes)
	at := w.put(w.opened(), here, south)
	w.step(ofSouth, at[1]+"/approve", `{"case_version":1}`)
	if _, _, text := as[any](w.harness, ofHere, "POST", at[0]+"/approve", `{"case_version":1}`); facts(text) != "409 conflict state; state: canceled; end: superseded" {
		t.Errorf("the second yes: %s", facts(text))
	}
	if res, _, text := as[any](w.harness, ofHere, "GET", at[0]+"/patient-condition", ""); res.StatusCode != 403 {
		t.Errorf("and it reads the patient: %s", text)
	}
	w.step(ofSouth, at[1]+"/withdraw", `{}`)
	if _, _, text := as[any](w.harness, w.crew(), "POST", at[1]+"/confirm", `{"state":"approved"}`); facts(text) != "409 conflict state; state: canceled; end: undone" {
		t.Errorf("confirming what is no more: %s", facts(text))
	}
	if r := w.step(w.crew(), at[1]+"/confirm", `{"state":"canceled"}`); r.ConfirmedAt == 0 {
		t.Errorf("confirmed: %+v", r)
	}
}

// A command that comes twice is carried out once: with its key both times, also
// when the first answer never came.
func TestALostAnswerAsksNobodyTwice(t *testing.T) {
	w := openWard(t, wardTimes)
	path, body := "/patient-conditions/"+w.opened()+"/reservations", asking(here, south)
	conn, answer := w.raw("POST /api/v1" + path + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + w.crew() +
		"\r\nContent-Type: application/json\r\nIdempotency-Key: k1\r\nContent-Length: " + fmt.Sprint(len(body)) + "\r\n\r\n" + body)
	if _, err := answer.Peek(1); err != nil { // it is on its way, and nobody reads it
		t.Fatal(err)
	}
	conn.Close()
	ask := func(key, body string) (res *http.Response, put putCase, text string) {
		return as[putCase](w.harness, w.crew(), "POST", path, body, "Idempotency-Key", key)
	}
	var first, again putCase
	if moved := w.moved(func() {
		var res *http.Response
		if res, first, _ = ask("k1", body); res.StatusCode != 201 || res.Header.Get("Idempotency-Replayed") != "true" {
			t.Errorf("asked again: %d %v", res.StatusCode, res.Header)
		}
		_, again, _ = ask("k1", body)
	}); moved != "" {
		t.Errorf("asking again moves %s", moved)
	}
	if len(first.Reservations) != 2 || first.Reservations[0].ID != again.Reservations[0].ID || len(again.Feeds) != 0 {
		t.Errorf("%+v, then %+v", first, again)
	}
	_, list, text := as[Page[Reservation]](w.harness, w.crew(), "GET", "/reservations", "")
	if len(list.Items) != 2 || list.Items[0].ID != first.Reservations[0].ID {
		t.Errorf("there are %s", text)
	}
	if _, _, text := ask("k1", asking(busan)); problem(text) != "key_reused Idempotency-Key" {
		t.Errorf("another command under the key: %s", text)
	}
	if _, _, text := ask("k2", body); problem(text) != "conflict hospitals[0].hospital_id" {
		t.Errorf("another command that says the same: %s", text)
	}
}

// What is wrong is named where it was said.
func TestWhatAReservationRefuses(t *testing.T) {
	w := openWard(t, wardTimes)
	id, past := w.opened(), time.Now().Add(-time.Minute).UTC().Format(time.RFC3339)
	tomorrow := time.Now().Add(24 * time.Hour).UTC().Format(time.RFC3339)
	ask, decide := "/patient-conditions/"+id+"/reservations", "/patient-conditions/"+id+"/designation"
	at := w.put(w.opened(), here)[0]
	held := w.put(w.opened(), here)[0]
	w.step(ofHere, held+"/approve", `{"case_version":1}`)
	one := func(more string) string { return `{"hospitals":[{"hospital_id":"` + here + `"` + more + `}]}` }
	for _, c := range []struct{ who, path, body, want string }{
		{w.crew(), ask, `{"hospitals":[]}`, "invalid hospitals"},
		{w.crew(), ask, `{}`, "invalid hospitals"},
		{w.crew(), ask, asking(here, here), "invalid hospitals[1].hospital_id"},
		{w.crew(), ask, asking(here, "A1100009"), "invalid hospitals[1].hospital_id"},
		{w.crew(), ask, asking(slices.Repeat([]string{here}, 11)...), "invalid hospitals"},
		{w.crew(), ask, one(`,"item":"equipment.ct"`), "invalid hospitals[0].item"},
		{w.crew(), ask, one(`,"arrive_at":"` + tomorrow + `"`), "invalid hospitals[0].arrive_at"},
		{w.crew(), ask, `{"hospitals":[{"hospital_id":"` + here + `"}],"send_by":"` + past + `"}`, "conflict send_by"},
		{"crew@0197f3a0-0000-7000-8000-00000000a999", ask, asking(here), "not_found"},
		{"control@26", ask, asking(here), "not_found"},
		{ofHere, ask, asking(here), "forbidden"},
		{w.crew(), decide, `{"hospital_id":"` + here + `","case_version":1}`, "forbidden"},
		{of11, decide, `{"hospital_id":"A1100009","case_version":1}`, "invalid hospital_id"},
		{of11, decide, `{"hospital_id":"` + here + `","case_version":7}`, "precondition_failed case_version"},
		{of11, decide, `{"hospital_id":"` + here + `"}`, "invalid case_version"},
		{ofHere, at + "/approve", `{"case_version":0}`, "invalid case_version"},
		{ofHere, at + "/approve", `{"case_version":9}`, "precondition_failed case_version"},
		{ofHere, at + "/approve", `{"case_version":1,"item":"ward.general"}`, "conflict override"},
		{ofSouth, at + "/approve", `{"case_version":1}`, "not_found"},
		{w.crew(), at + "/approve", `{"case_version":1}`, "forbidden"},
		{ofHere, at + "/reject", `{"reason":"possible"}`, "invalid reason"},
		{ofHere, at + "/reject", `{}`, "invalid reason"},
		{ofHere, at + "/reject", `{"reason":"no_icu","announcement":{"ends_at":"` + past + `"}}`, "invalid announcement.ends_at"},
		{ofHere, at + "/reject", `{"reason":"no_icu","announcement":{"disease":"severe.x","ends_at":"` + tomorrow + `"}}`, "invalid announcement.disease"},
		{ofHere, at + "/withdraw", `{}`, "conflict state"},
		{ofHere, at + "/acknowledge", `{"case_version":9}`, "invalid case_version"},
		{ofHere, at + "/hand-over", `{}`, "conflict state"},
		{ofHere, at + "/cancel", `{}`, "forbidden"},
		{w.crew(), at + "/arrive", `{}`, "conflict state"},
		{w.crew(), at + "/extend", `{}`, "invalid arrive_at"},
		{w.crew(), at + "/extend", `{"arrive_at":"` + tomorrow + `"}`, "invalid arrive_at"},
		{w.crew(), at + "/confirm", `{"state":"approved"}`, "conflict state"},
		{of11, held + "/release", `{}`, "conflict arrive_by"},
		{ofHere, held + "/approve", `{"case_version":1}`, "conflict state"},
		{ofHere, "/reservations/0197f3a0-0000-7000-8000-00000000ffff/approve", `{"case_version":1}`, "not_found"},
	} {
		moved := w.moved(func() {
			res, _, text := as[any](w.harness, c.who, "POST", c.path, c.body)
			if got := strings.ReplaceAll(problem(text), "body.", ""); res.StatusCode < 400 || got != c.want {
				t.Errorf("%s %s %s: %s, want %s", c.who, c.path, c.body, got, c.want)
			}
		})
		if moved != "" {
			t.Errorf("%s %s moves %s", c.path, c.body, moved)
		}
	}
}

// Why a full hospital says yes is for it and the control room; that it was full
// is for everybody concerned.
func TestAYesAtAFullHospital(t *testing.T) {
	w := openWard(t, wardTimes)
	path := w.put(w.opened(), here)[0]
	const why = "침상 하나를 비우는 중"
	w.step(ofHere, path+"/approve", `{"case_version":1,"item":"ward.general","override":"`+why+`"}`)
	for who, want := range map[string]string{ofHere: why, of11: why, w.crew(): ""} {
		_, r, text := as[Reservation](w.harness, who, "GET", path, "")
		if r.Override != want || !r.Overridden || r.Item != "ward.general" {
			t.Errorf("%s reads %s", who, text)
		}
		if _, list, text := as[Page[Reservation]](w.harness, who, "GET", "/reservations?going=true", ""); len(list.Items) != 1 || list.Items[0].Override != want {
			t.Errorf("%s lists %s", who, text)
		}
	}
	for _, who := range []string{ofSouth, "control@26", "crew@0197f3a0-0000-7000-8000-00000000a999"} {
		if res, _, text := as[any](w.harness, who, "GET", path, ""); res.StatusCode != 404 {
			t.Errorf("%s reads %s", who, text)
		}
		if _, list, text := as[Page[Reservation]](w.harness, who, "GET", "/reservations", ""); len(list.Items) != 0 {
			t.Errorf("%s lists %s", who, text)
		}
	}
}

// A program that may answer, and not even read, is told what its answer came to.
func TestAProgramThatOnlyAnswers(t *testing.T) {
	w := openWard(t, wardTimes)
	path := w.put(w.opened(), here)[0]
	const program = "program"
	if res, _, text := as[any](w.harness, program, "GET", path, ""); res.StatusCode != 403 {
		t.Errorf("it reads %s", text)
	}
	if r := w.step(program, path+"/reject", `{"reason":"no_specialist"}`); r.State != model.Rejected || r.Reason != model.ReasonNoSpecialist {
		t.Errorf("rejected: %+v", r)
	}
	path = w.put(w.opened(), here)[0]
	ends := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	no := `{"reason":"no_specialist","announcement":{"ends_at":"` + ends + `"}}`
	if res, _, text := as[any](w.harness, program, "POST", path+"/reject", no); res.StatusCode != 403 {
		t.Errorf("it announces: %s", text)
	}
	w.step(ofHere, path+"/reject", no)
	_, page, text := as[AnnouncementPage](w.harness, ofHere, "GET", "/hospitals/"+here+"/announcements", "")
	if len(page.Items) != 1 || page.Items[0].Reason != model.ReasonNoSpecialist || page.Items[0].Kind != model.AnnouncementER {
		t.Errorf("announced: %s", text)
	}
}

// The control room decides, and gives up a bed for a patient who never came:
// only when the time is over.
func TestTheControlRoomDecidesAndGivesUp(t *testing.T) {
	times := wardTimes
	times.UnsaidMS = 0
	w := openWard(t, times)
	id := w.opened()
	asked := w.put(id, here)[0]
	r := w.step(of11, "/patient-conditions/"+id+"/designation", `{"hospital_id":"`+here+`","case_version":1}`)
	if "/reservations/"+r.ID != asked || !r.Designated || r.State != model.Approved || r.ArriveBy != r.AnsweredAt {
		t.Fatalf("designated: %+v", r)
	}
	if _, err := w.of.service.KeepDeadlines(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, r, text := as[Reservation](w.harness, ofHere, "GET", asked, ""); r.OverdueAt == 0 || r.State != model.Approved {
		t.Fatalf("it is overdue: %s", text)
	}
	if moved := w.moved(func() { r = w.step(of11, asked+"/release", `{}`) }); r.State != model.Expired || moved != "unit control here region" {
		t.Errorf("given up: %+v, and %s moved", r, moved)
	}
}

// Two tablets of one vehicle do not overwrite each other.
func TestACaseIsChangedAsItWasRead(t *testing.T) {
	w := openWard(t, wardTimes)
	path := "/patient-conditions/" + w.opened()
	const change, end = `{"triage":{"ktas":2}}`, `{"state":"canceled"}`
	for _, c := range []struct{ method, path, body, tag, want string }{
		{"PATCH", path, change, "", "invalid If-Match"},
		{"POST", path + "/close", end, "", "invalid If-Match"},
		{"PATCH", path, change, `W/"1"`, "precondition_failed If-Match"},
		{"PATCH", path, change, `"1", "2"`, "precondition_failed If-Match"},
		{"PATCH", path, change, `"1"`, ""},
		{"PATCH", path, `{"triage":{"ktas":4}}`, `"1"`, "precondition_failed ktas"},
		{"POST", path + "/close", end, `"1"`, "precondition_failed ktas"},
		{"PATCH", path, `{"triage":{"ktas":1}}`, "*", ""},
		{"POST", path + "/close", end, `"3"`, ""},
		{"PATCH", path, change, "*", "conflict case_state"},
	} {
		var head []string
		if c.tag != "" {
			head = []string{"If-Match", c.tag}
		}
		res, _, text := as[PatientCase](w.harness, w.crew(), c.method, c.path, c.body, head...)
		if got := problem(text); res.StatusCode < 300 != (c.want == "") || c.want != "" && got != c.want {
			t.Errorf("%s %s with %q: %d %s, want %q", c.method, c.body, c.tag, res.StatusCode, got, c.want)
		}
	}
}

// A list goes on where the page before ended, the oldest first.
func TestReservationsInPages(t *testing.T) {
	w := openWard(t, wardTimes)
	id := w.opened()
	var want, got []string
	for _, hospitals := range [][]string{{here, south}, {busan}} {
		want = append(want, w.put(id, hospitals...)...)
	}
	w.put(w.opened(), here)
	for cursor := ""; ; {
		_, page, text := as[Page[Reservation]](w.harness, w.crew(), "GET", "/reservations?limit=2&case="+id+cursor, "")
		for _, r := range page.Items {
			got = append(got, "/reservations/"+r.ID)
		}
		if len(page.Items) == 0 || page.Next == "" {
			if !slices.Equal(got, want) {
				t.Errorf("%q, want %q; the last page is %s", got, want, text)
			}
			break
		}
		cursor = "&cursor=" + page.Next
	}
	w.step(w.crew(), want[0]+"/cancel", `{}`)
	if _, page, text := as[Page[Reservation]](w.harness, w.crew(), "GET", "/reservations?going=true&case="+id, ""); len(page.Items) != 2 {
		t.Errorf("of three, one is canceled: %s", text)
	}
	if _, _, text := as[any](w.harness, w.crew(), "GET", "/reservations?case=nothing", ""); problem(text) != "invalid case" {
		t.Errorf("no id: %s", text)
	}
}
