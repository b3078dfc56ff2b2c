package api

import (
	"context"
	"net/http"

	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
)

// A Reservation (수용 요청) is one case at one hospital. A time that is not known
// is null.
type Reservation struct {
	ID       string `json:"id" maxLength:"40"`
	Case     string `json:"case" maxLength:"40" doc:"Of the patient's condition."`
	Unit     string `json:"unit" maxLength:"40"`
	Region   string `json:"region" maxLength:"2" doc:"Whose control room (상황실) sees it: the case's."`
	Hospital string `json:"hospital" maxLength:"8" example:"A1100017"`
	Name     string `json:"name" maxLength:"400" doc:"Of the hospital when it was asked."`
	Tel      string `json:"tel,omitempty" maxLength:"60"`
	Item     string `json:"item" maxLength:"60" example:"er.general" doc:"The kind of bed that is asked for, and held after a yes; see /items."`

	State      model.ReservationState   `json:"state" enum:"pending,approved,rejected,canceled,expired,arrived" doc:"pending 응답 대기, approved 수용, rejected 수용 불가, canceled 취소, expired 만료, arrived 도착. No answer (무응답) is a fact with a time and no state: a late yes still wins."`
	Version    uint64                   `json:"version" doc:"Counts changes."`
	End        model.End                `json:"end,omitempty" enum:"crew,control,superseded,case_closed,withdrawn,undone" doc:"Why it was canceled: by whom, because another hospital took the patient (superseded, 다른 병원 수용), because the case is over, or because the hospital took its yes back (withdrawn, or undone at once)."`
	Reason     model.AnnouncementReason `json:"reason,omitempty" maxLength:"40" doc:"Of a no, or of a yes that was taken back; see /reasons."`
	Designated bool                     `json:"designated,omitempty" doc:"지정 병원: the control room said yes, not the hospital."`
	Overridden bool                     `json:"overridden,omitempty" doc:"The hospital was known to be full, and the yes was said all the same."`
	Override   string                   `json:"override,omitempty" maxLength:"200" doc:"Why; for the hospital and the control room."`
	Others     int                      `json:"others,omitempty" doc:"How many other hospitals were asked with the same command."`

	CaseVersion  uint64           `json:"case_version" doc:"The case's version now: what a yes names."`
	AskedVersion uint64           `json:"asked_version" doc:"The case's version when it was asked."`
	SeenVersion  uint64           `json:"seen_version,omitempty" doc:"The case's version that whoever said yes had seen."`
	WorseVersion uint64           `json:"worse_version,omitempty" doc:"The case's version at which the patient was worse than the hospital knew; above acked_version it has to be acknowledged."`
	AckedVersion uint64           `json:"acked_version,omitempty"`
	Escalation   model.Escalation `json:"escalation,omitempty" minimum:"0" maximum:"3" doc:"1: the alarm is louder; 2: the second channel; 3: no answer."`

	AskedAt      feed.Time `json:"asked_at"`
	ArriveAt     feed.Time `json:"arrive_at" doc:"Expected by the crew."`
	AnswerBy     feed.Time `json:"answer_by" doc:"No answer by then is told."`
	NoAnswerAt   feed.Time `json:"no_answer_at" doc:"무응답: it was told."`
	AnsweredAt   feed.Time `json:"answered_at"`
	ArriveBy     feed.Time `json:"arrive_by" doc:"Of an approved one: later it is overdue."`
	OverdueAt    feed.Time `json:"overdue_at" doc:"It was told to both sides; the bed is held until a person gives it up."`
	ArrivedAt    feed.Time `json:"arrived_at"`
	HandedOverAt feed.Time `json:"handed_over_at" doc:"인계."`
	ConfirmedAt  feed.Time `json:"confirmed_at" doc:"The crew has seen what became of it last."`
	EndedAt      feed.Time `json:"ended_at"`

	PushedAt  feed.Time `json:"pushed_at" doc:"Delivery ladder (전달 단계): a console had it."`
	ShownAt   feed.Time `json:"shown_at" doc:"On a visible page."`
	SoundedAt feed.Time `json:"sounded_at" doc:"Its alarm could be heard."`
	OpenedAt  feed.Time `json:"opened_at" doc:"A person looked into it."`
}

// reservationFor is a reservation as its caller may see it.
func reservationFor(ctx context.Context) func(model.Reservation) Reservation {
	crew := caller(ctx).Role == model.RoleCrew
	return func(r model.Reservation) Reservation {
		out := Reservation{
			ID: r.ID, Case: r.Case, Unit: r.Unit, Region: r.Region, Hospital: r.Hospital, Name: r.Name, Tel: r.Tel, Item: r.Item,
			State: r.State, Version: r.Version, End: r.End, Reason: r.Reason, Designated: r.Designated, Overridden: r.Override != "", Others: r.Others,
			CaseVersion: r.CaseVersion, AskedVersion: r.AskedVersion, SeenVersion: r.SeenVersion, WorseVersion: r.WorseVersion, AckedVersion: r.AckedVersion, Escalation: r.Escalation,
			AskedAt: r.AskedAt, ArriveAt: r.ArriveAt, AnswerBy: r.AnswerBy, NoAnswerAt: r.NoAnswerAt, AnsweredAt: r.AnsweredAt,
			ArriveBy: r.ArriveBy, OverdueAt: r.OverdueAt, ArrivedAt: r.ArrivedAt, HandedOverAt: r.HandedOverAt, ConfirmedAt: r.ConfirmedAt, EndedAt: r.EndedAt,
			PushedAt: r.Ladder.PushedAt, ShownAt: r.Ladder.ShownAt, SoundedAt: r.Ladder.SoundedAt, OpenedAt: r.Ladder.OpenedAt,
		}
		if !crew {
			out.Override = r.Override
		}
		return out
	}
}

// A ReservationRef is embedded in the input of every operation on one reservation.
type ReservationRef struct {
	ID string `path:"id" format:"uuid" maxLength:"40" doc:"Of the reservation."`
}

// reservationOutput answers a command on one reservation, as it is now.
type reservationOutput struct {
	Replay
	Body struct {
		Reservation
		Moves
	}
}

const reservationTag = "Reservations"

func (r *rest) reservations() {
	add(r, operation{
		ID: "list-reservations", Method: http.MethodGet, Path: "/reservations", Tag: reservationTag, Right: model.ReadReservations,
		Summary: "The caller's reservations", Text: "Of its unit, its hospital or its regions; without the patient.",
	}, r.listReservations)
	add(r, operation{
		ID: "get-reservation", Method: http.MethodGet, Path: "/reservations/{id}", Tag: reservationTag, Right: model.ReadReservations,
		Summary: "A reservation",
	}, r.getReservation)
	add(r, operation{
		ID: "get-reservation-patient", Method: http.MethodGet, Path: "/reservations/{id}/patient-condition", Tag: reservationTag, Right: model.ReadReservations,
		Summary: "The patient of a reservation, with the clinical part",
		Text:    "For the hospital as long as the patient may come, or has arrived. Each read is written down.",
	}, r.getReservationPatient)
	r.asking()
	r.answering()
}

// on is an operation that carries out a command on one reservation.
func on[B any](r *rest, id, step string, right model.Right, summary, text string, faults []fault.Code, carry func(context.Context, string, B) (model.Receipt, error)) {
	add(r, operation{
		ID: id, Method: http.MethodPost, Path: "/reservations/{id}/" + step, Tag: reservationTag, Right: right, Command: true,
		Summary: summary, Text: text, Faults: append([]fault.Code{fault.Conflict}, faults...),
	}, func(ctx context.Context, in *struct {
		ReservationRef
		Body B
	}) (*reservationOutput, error) {
		receipt, err := carry(ctx, in.ID, in.Body)
		if err != nil {
			return nil, err
		}
		return r.reservationAfter(ctx, right, in.ID, receipt)
	})
}

// reservationAfter answers a command with the reservation as it is now: whoever
// may do that may know what came of it.
func (r *rest) reservationAfter(ctx context.Context, right model.Right, id string, receipt model.Receipt) (*reservationOutput, error) {
	held, err := r.server.service.ReservationFor(ctx, right, id)
	out := &reservationOutput{Replay: replayOf(receipt)}
	out.Body.Reservation, out.Body.Moves = reservationFor(ctx)(held), movesFor(ctx, receipt)
	return out, err
}

func (r *rest) listReservations(ctx context.Context, in *struct {
	Paging
	Case  string `query:"case" format:"uuid" maxLength:"40" doc:"Only those of one case."`
	Going bool   `query:"going" doc:"Only those that are asked or approved."`
}) (*struct{ Body Page[Reservation] }, error) {
	after, err := in.afterID()
	if err != nil {
		return nil, err
	}
	found, err := r.server.service.Reservations(ctx, model.ReservationQuery{Case: in.Case, Going: in.Going, After: after, Most: in.Limit + 1})
	page := cutPage(in.Paging, found, reservationFor(ctx), func(r model.Reservation) string { return r.ID })
	return &struct{ Body Page[Reservation] }{page}, err
}

func (r *rest) getReservation(ctx context.Context, in *ReservationRef) (*struct{ Body Reservation }, error) {
	held, err := r.server.service.ReservationFor(ctx, model.ReadReservations, in.ID)
	return &struct{ Body Reservation }{reservationFor(ctx)(held)}, err
}

func (r *rest) getReservationPatient(ctx context.Context, in *ReservationRef) (*readCaseOutput, error) {
	c, clinical, destroyed, err := r.server.service.ReadRequest(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	out := readCaseOf(c, clinical, destroyed)
	if role := caller(ctx).Role; role == model.RoleHospital || role == model.RoleIntegration {
		out.Body.Winner = "" // who takes the patient is for crew and control
	}
	return out, nil
}
