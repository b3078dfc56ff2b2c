package client_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"

	"weer/api/client"
	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
)

// Each step of a reservation is one operation; what it came to is read whole.
func TestStepsOfAReservation(t *testing.T) {
	const answer = `{"id":"r1","case":"c1","unit":"u1","hospital":"A1100017","name":"서울병원","state":"approved","version":3,"end":"","seen_version":2,"asked_at":"2026-07-01T00:00:00.000Z","feeds":[{"feed":"unit:u1","epoch":"0123456789abcdef","seq":7,"keys":[]}]}`
	type step func(context.Context, *client.REST) (client.Reservation, []feed.Answer, error)
	for path, want := range map[string]struct {
		body string
		take step
	}{
		"/patient-conditions/c1/designation": {`{"hospital_id":"A1100017","item":"er.isolation","case_version":2,"override":"재난"}`, func(ctx context.Context, r *client.REST) (client.Reservation, []feed.Answer, error) {
			return r.Designate(ctx, "c1", client.Designation{Asked: client.Asked{Hospital: "A1100017", Item: "er.isolation"}, CaseVersion: 2, Override: "재난"})
		}},
		"/reservations/r1/approve": {`{"case_version":2,"item":"icu.general"}`, func(ctx context.Context, r *client.REST) (client.Reservation, []feed.Answer, error) {
			return r.Approve(ctx, "r1", client.Yes{CaseVersion: 2, Item: "icu.general"})
		}},
		"/reservations/r1/reject": {`{"reason":"no_icu"}`, func(ctx context.Context, r *client.REST) (client.Reservation, []feed.Answer, error) {
			return r.Reject(ctx, "r1", model.ReasonNoICU)
		}},
		"/reservations/r1/withdraw": {`{}`, func(ctx context.Context, r *client.REST) (client.Reservation, []feed.Answer, error) {
			return r.Withdraw(ctx, "r1", "")
		}},
		"/reservations/r1/acknowledge": {`{"case_version":3}`, func(ctx context.Context, r *client.REST) (client.Reservation, []feed.Answer, error) {
			return r.Acknowledge(ctx, "r1", 3)
		}},
		"/reservations/r1/cancel": {`{}`, func(ctx context.Context, r *client.REST) (client.Reservation, []feed.Answer, error) {
			return r.Cancel(ctx, "r1")
		}},
		"/reservations/r1/extend": {`{"arrive_at":"2026-07-01T00:10:00.000Z"}`, func(ctx context.Context, r *client.REST) (client.Reservation, []feed.Answer, error) {
			return r.Extend(ctx, "r1", 1782864600000)
		}},
		"/reservations/r1/confirm": {`{"state":"approved"}`, func(ctx context.Context, r *client.REST) (client.Reservation, []feed.Answer, error) {
			return r.Confirm(ctx, "r1", model.Approved)
		}},
		"/reservations/r1/arrive": {`{}`, func(ctx context.Context, r *client.REST) (client.Reservation, []feed.Answer, error) {
			return r.Arrive(ctx, "r1")
		}},
		"/reservations/r1/hand-over": {`{}`, func(ctx context.Context, r *client.REST) (client.Reservation, []feed.Answer, error) {
			return r.HandOver(ctx, "r1")
		}},
		"/reservations/r1/release": {`{}`, func(ctx context.Context, r *client.REST) (client.Reservation, []feed.Answer, error) {
			return r.Release(ctx, "r1")
		}},
	} {
		synctest.Test(t, func(t *testing.T) {
			r, d, _ := newDesk(t, breaks, says(200, answer))
			after, moved, err := want.take(t.Context(), r)
			if err != nil || after.ID != "r1" || after.Hospital != "A1100017" || after.State != model.Approved || after.SeenVersion != 2 || len(moved) != 1 {
				t.Errorf("%s: %+v, %+v, %v", path, after, moved, err)
			}
			if c := d.calls[1]; c.method != http.MethodPost || c.path != "/api/v1"+path || c.body != want.body || len(d.keys()) != 1 {
				t.Errorf("%s: called %+v with the keys %q", path, c, d.keys())
			}
		})
	}
}

func TestAskingHospitals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, d, _ := newDesk(t, says(201, `{"reservations":[{"id":"r1","hospital":"A1100017"},{"id":"r2","hospital":"A1100002"}],"feeds":[]}`), says(200, `{"items":[{"id":"r1"}]}`))
		list, _, err := r.AskHospitals(t.Context(), "c1", 0, client.Asked{Hospital: "A1100017"}, client.Asked{Hospital: "A1100002", ArriveAt: 1782864600000})
		if err != nil || len(list) != 2 || list[1].ID != "r2" || list[1].Hospital != "A1100002" {
			t.Fatalf("%+v, %v", list, err)
		}
		if list, err = r.Reservations(t.Context(), "c1", true); err != nil || len(list) != 1 {
			t.Errorf("%+v, %v", list, err)
		}
		if c := d.calls[0]; c.body != `{"hospitals":[{"hospital_id":"A1100017"},{"hospital_id":"A1100002","arrive_at":"2026-07-01T00:10:00.000Z"}]}` {
			t.Errorf("asked with %s", c.body)
		}
	})
}

// What a refusal says is true now is there to be read.
func TestARefusalSaysWhatIsTrue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, d, _ := newDesk(t, says(409, `{"code":"conflict","detail":"another hospital takes the patient","field":"state","errors":[{"field":"state","detail":"canceled"},{"field":"end","detail":"superseded"}]}`))
		_, _, err := r.Approve(t.Context(), "r1", client.Yes{CaseVersion: 1})
		var e *fault.Error
		if !errors.As(err, &e) || e.Code != fault.Conflict || len(e.Fields) != 2 || e.Fields[1] != (fault.Field{Name: "end", Message: "superseded"}) {
			t.Errorf("%+v", err)
		}
		if len(d.calls) != 1 {
			t.Errorf("asked %d times", len(d.calls))
		}
	})
}
