package client

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"weer/model"
	"weer/model/feed"
)

// A Triage is what others may see of a patient; left out is not assessed.
type Triage struct {
	KTAS     *int   `json:"ktas"`
	Category string `json:"category,omitempty"` // code of the severe disease (중증응급질환)
	Kind     string `json:"kind,omitempty"`     // disease or injury
	AgeBand  string `json:"age_band,omitempty"`
	Sex      string `json:"sex,omitempty"`
}

// A Clinical is what only who treats the patient sees; nil was not measured.
type Clinical struct {
	AVPU        string   `json:"avpu,omitempty"`
	Systolic    *float64 `json:"systolic"`
	Diastolic   *float64 `json:"diastolic"`
	Pulse       *float64 `json:"pulse"`
	Respiration *float64 `json:"respiration"`
	Temperature *float64 `json:"temperature"`
	SpO2        *float64 `json:"spo2"`
	Complaint   string   `json:"complaint,omitempty"`
}

// A Case is a patient's condition (환자 상태) as the server has it.
type Case struct {
	ID     string `json:"id"`
	Code   string `json:"code"` // as people say it on the telephone
	Unit   string `json:"unit"`
	Region string `json:"region"`
	Triage
	State    model.CaseState `json:"state"`
	Version  uint64          `json:"version"` // the one that a change is meant for
	OpenedAt feed.Time       `json:"opened_at"`
	MovedAt  feed.Time       `json:"moved_at"`
	ClosedAt feed.Time       `json:"closed_at"`
	Others   int             `json:"others"` // just opened: how many others of the unit go on

	Clinical  *Clinical `json:"clinical"`  // of Case alone: nil elsewhere, and when it was destroyed
	Destroyed bool      `json:"destroyed"` // of Case alone
}

// OpenCase opens a case of the unit that the crew is signed on to.
func (r *REST) OpenCase(ctx context.Context, t Triage, c Clinical) (made Case, moved []feed.Answer, err error) {
	body := struct {
		Triage   Triage   `json:"triage"`
		Clinical Clinical `json:"clinical"`
	}{t, c}
	moved, err = r.Command(ctx, Request{Method: http.MethodPost, Path: "/patient-conditions", Body: body}, &made)
	return made, moved, err
}

// Case returns a case with its clinical part. Each read is written down.
func (r *REST) Case(ctx context.Context, id string) (c Case, err error) {
	err = r.get(ctx, casePath(id), nil, &c)
	return c, err
}

// Cases returns the newest cases of the caller's unit or regions, without the
// clinical part; open: only those that go on.
func (r *REST) Cases(ctx context.Context, open bool) (list []Case, err error) {
	var page struct{ Items []Case }
	query := url.Values{"limit": {"200"}}
	if open {
		query.Set("open", "true")
	}
	err = r.get(ctx, "/patient-conditions", query, &page)
	return page.Items, err
}

// ChangeCase replaces the parts that are given, of the version that was read;
// the error is PreconditionFailed when somebody changed the case since.
func (r *REST) ChangeCase(ctx context.Context, c Case, t *Triage, clinical *Clinical) (after Case, moved []feed.Answer, err error) {
	body := struct {
		Triage   *Triage   `json:"triage,omitempty"`
		Clinical *Clinical `json:"clinical,omitempty"`
	}{t, clinical}
	moved, err = r.Command(ctx, Request{Method: http.MethodPatch, Path: casePath(c.ID), Body: body, IfMatch: c.tag()}, &after)
	return after, moved, err
}

// CloseCase ends a case: model.CaseArrived or model.CaseCanceled.
func (r *REST) CloseCase(ctx context.Context, c Case, to model.CaseState) (after Case, moved []feed.Answer, err error) {
	body := struct {
		State model.CaseState `json:"state"`
	}{to}
	moved, err = r.Command(ctx, Request{Method: http.MethodPost, Path: casePath(c.ID) + "/close", Body: body, IfMatch: c.tag()}, &after)
	return after, moved, err
}

func casePath(id string) string { return "/patient-conditions/" + url.PathEscape(id) }

func (c Case) tag() string { return `"` + strconv.FormatUint(c.Version, 10) + `"` }
