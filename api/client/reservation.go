package client

import (
	"context"
	"net/http"
	"net/url"

	"weer/model"
	"weer/model/feed"
)

// A Reservation (수용 요청) is one case at one hospital as the server has it: what
// the feeds say of it, and whose it is.
type Reservation struct {
	ID     string `json:"id"`
	Unit   string `json:"unit"`
	Region string `json:"region"`
	model.ReservationValue
	Override     string `json:"override"`     // why, of a yes at a full hospital; for the hospital and the control room
	CaseVersion  uint64 `json:"case_version"` // the case's now: what a yes names
	AskedVersion uint64 `json:"asked_version"`
	SeenVersion  uint64 `json:"seen_version"`
}

// An Asked is a hospital that is asked.
type Asked struct {
	Hospital string    `json:"hospital_id"`
	Item     string    `json:"item,omitempty"`      // the kind of bed; "" is [model.DefaultItem]
	ArriveAt feed.Time `json:"arrive_at,omitempty"` // when the crew expects to be there
}

// AskHospitals asks hospitals to take a patient, all of them or none. After
// sendBy nothing is asked any more; 0 is whenever.
func (r *REST) AskHospitals(ctx context.Context, caseID string, sendBy feed.Time, hospitals ...Asked) (list []Reservation, moved []feed.Answer, err error) {
	body := struct {
		Hospitals []Asked   `json:"hospitals"`
		SendBy    feed.Time `json:"send_by,omitempty"`
	}{hospitals, sendBy}
	var out struct{ Reservations []Reservation }
	moved, err = r.Command(ctx, Request{Method: http.MethodPost, Path: casePath(caseID) + "/reservations", Body: body}, &out)
	return out.Reservations, moved, err
}

// A Designation is a control room's decision where a patient goes.
type Designation struct {
	Asked
	CaseVersion uint64 `json:"case_version"`       // the version that was looked at
	Override    string `json:"override,omitempty"` // why, although no bed is known to be free
}

// Designate decides where a patient goes (지정 병원).
func (r *REST) Designate(ctx context.Context, caseID string, d Designation) (Reservation, []feed.Answer, error) {
	return r.reserve(ctx, casePath(caseID)+"/designation", d)
}

// Reservations returns the caller's reservations, at most 200; going: only those
// that are asked or approved; caseID: only that case's, "" is any.
func (r *REST) Reservations(ctx context.Context, caseID string, going bool) (list []Reservation, err error) {
	var page struct{ Items []Reservation }
	query := url.Values{"limit": {"200"}}
	if caseID != "" {
		query.Set("case", caseID)
	}
	if going {
		query.Set("going", "true")
	}
	err = r.get(ctx, "/reservations", query, &page)
	return page.Items, err
}

// Reservation returns one reservation.
func (r *REST) Reservation(ctx context.Context, id string) (one Reservation, err error) {
	err = r.get(ctx, reservationPath(id, ""), nil, &one)
	return one, err
}

// ReservationPatient returns the patient of a reservation with the clinical part.
// Each read is written down.
func (r *REST) ReservationPatient(ctx context.Context, id string) (c Case, err error) {
	err = r.get(ctx, reservationPath(id, "/patient-condition"), nil, &c)
	return c, err
}

// A Yes is a hospital's.
type Yes struct {
	CaseVersion uint64 `json:"case_version"`       // the version of the case that was looked at
	Item        string `json:"item,omitempty"`     // another kind of bed than the one asked for
	Override    string `json:"override,omitempty"` // why, although no bed is known to be free
}

// Approve says yes (수용). The error is a Conflict when it is no question any more
// or no bed is known to be free, and PreconditionFailed, with the names of what
// changed, when the patient is not as in the version that was looked at.
func (r *REST) Approve(ctx context.Context, id string, y Yes) (Reservation, []feed.Answer, error) {
	return r.reserve(ctx, reservationPath(id, "/approve"), y)
}

// Reject says no (수용 불가).
func (r *REST) Reject(ctx context.Context, id string, why model.AnnouncementReason) (Reservation, []feed.Answer, error) {
	return r.reserve(ctx, reservationPath(id, "/reject"), reasoned{why})
}

// Withdraw takes a yes back: in the first seconds without a reason (되돌리기).
func (r *REST) Withdraw(ctx context.Context, id string, why model.AnnouncementReason) (Reservation, []feed.Answer, error) {
	return r.reserve(ctx, reservationPath(id, "/withdraw"), reasoned{why})
}

// Acknowledge says that the hospital has seen a version of the case.
func (r *REST) Acknowledge(ctx context.Context, id string, version uint64) (Reservation, []feed.Answer, error) {
	return r.reserve(ctx, reservationPath(id, "/acknowledge"), map[string]uint64{"case_version": version})
}

// Cancel takes a request or a yes back, on the crew's side.
func (r *REST) Cancel(ctx context.Context, id string) (Reservation, []feed.Answer, error) {
	return r.reserve(ctx, reservationPath(id, "/cancel"), struct{}{})
}

// Extend says when the patient will be there.
func (r *REST) Extend(ctx context.Context, id string, arrive feed.Time) (Reservation, []feed.Answer, error) {
	return r.reserve(ctx, reservationPath(id, "/extend"), map[string]feed.Time{"arrive_at": arrive})
}

// Confirm says that the crew has seen the state that a reservation is in.
func (r *REST) Confirm(ctx context.Context, id string, seen model.ReservationState) (Reservation, []feed.Answer, error) {
	return r.reserve(ctx, reservationPath(id, "/confirm"), map[string]model.ReservationState{"state": seen})
}

// Arrive says that the patient is there (도착); the case is over.
func (r *REST) Arrive(ctx context.Context, id string) (Reservation, []feed.Answer, error) {
	return r.reserve(ctx, reservationPath(id, "/arrive"), struct{}{})
}

// HandOver says that the hospital has taken the patient over (인계).
func (r *REST) HandOver(ctx context.Context, id string) (Reservation, []feed.Answer, error) {
	return r.reserve(ctx, reservationPath(id, "/hand-over"), struct{}{})
}

// Release gives up the bed of a patient who is overdue; a control room does.
func (r *REST) Release(ctx context.Context, id string) (Reservation, []feed.Answer, error) {
	return r.reserve(ctx, reservationPath(id, "/release"), struct{}{})
}

// reserve carries out a step of a reservation and returns it as it is then.
func (r *REST) reserve(ctx context.Context, path string, body any) (after Reservation, moved []feed.Answer, err error) {
	moved, err = r.Command(ctx, Request{Method: http.MethodPost, Path: path, Body: body}, &after)
	return after, moved, err
}

type reasoned struct {
	Reason model.AnnouncementReason `json:"reason,omitempty"`
}

func reservationPath(id, step string) string { return "/reservations/" + url.PathEscape(id) + step }
