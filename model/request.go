package model

import "weer/model/feed"

// A ReservationValue is what the feeds of the unit and its control room hold of
// a reservation, at reservation/ID. Times that are not known are 0.
type ReservationValue struct {
	Case         string             `json:"case"`
	Hospital     string             `json:"hospital"`
	Name         string             `json:"name"`
	Tel          string             `json:"tel,omitempty"`
	Item         string             `json:"item"`
	State        ReservationState   `json:"state"`
	Version      uint64             `json:"version"`
	End          End                `json:"end,omitempty"`
	Reason       AnnouncementReason `json:"reason,omitempty"`
	Overridden   bool               `json:"overridden,omitempty"`
	Designated   bool               `json:"designated,omitempty"`
	Others       int                `json:"others,omitempty"`
	Escalation   Escalation         `json:"escalation,omitempty"`
	WorseVersion uint64             `json:"worse_version,omitempty"`
	AckedVersion uint64             `json:"acked_version,omitempty"`

	AskedAt      feed.Time `json:"asked_at"`
	ArriveAt     feed.Time `json:"arrive_at,omitempty"`
	AnswerBy     feed.Time `json:"answer_by,omitempty"`
	NoAnswerAt   feed.Time `json:"no_answer_at,omitempty"`
	AnsweredAt   feed.Time `json:"answered_at,omitempty"`
	ArriveBy     feed.Time `json:"arrive_by,omitempty"`
	OverdueAt    feed.Time `json:"overdue_at,omitempty"`
	ArrivedAt    feed.Time `json:"arrived_at,omitempty"`
	HandedOverAt feed.Time `json:"handed_over_at,omitempty"`
	ConfirmedAt  feed.Time `json:"confirmed_at,omitempty"`
	EndedAt      feed.Time `json:"ended_at,omitempty"`

	PushedAt  feed.Time `json:"pushed_at,omitempty"`
	ShownAt   feed.Time `json:"shown_at,omitempty"`
	SoundedAt feed.Time `json:"sounded_at,omitempty"`
	OpenedAt  feed.Time `json:"opened_at,omitempty"`

	Command string `json:"command,omitempty"`
}

func (r Reservation) value() ReservationValue {
	return ReservationValue{
		Case: r.Case, Hospital: r.Hospital, Name: r.Name, Tel: r.Tel, Item: r.Item,
		State: r.State, Version: r.Version, End: r.End, Reason: r.Reason, Overridden: r.Override != "", Designated: r.Designated,
		Others: r.Others, Escalation: r.Escalation, WorseVersion: r.WorseVersion, AckedVersion: r.AckedVersion,
		AskedAt: r.AskedAt, ArriveAt: r.ArriveAt, AnswerBy: r.AnswerBy, NoAnswerAt: r.NoAnswerAt, AnsweredAt: r.AnsweredAt,
		ArriveBy: r.ArriveBy, OverdueAt: r.OverdueAt, ArrivedAt: r.ArrivedAt, HandedOverAt: r.HandedOverAt,
		ConfirmedAt: r.ConfirmedAt, EndedAt: r.EndedAt,
		PushedAt: r.Ladder.PushedAt, ShownAt: r.Ladder.ShownAt, SoundedAt: r.Ladder.SoundedAt, OpenedAt: r.Ladder.OpenedAt,
		Command: r.Command,
	}
}

// A RequestValue is what a hospital's feed holds of a reservation, at request/ID:
// that, and what it has to know of the patient and the crew. Nothing clinical is
// in it, and nothing of the hospital that takes the patient instead.
type RequestValue struct {
	ReservationValue
	AnsweredBy  string `json:"answered_by,omitempty"`
	OpenedBy    string `json:"opened_by,omitempty"`
	Code        string `json:"code"`
	Unit        string `json:"unit"`
	CallSign    string `json:"call_sign"`
	CaseVersion uint64 `json:"case_version"`
	KTAS        int    `json:"ktas,omitempty"`
	Category    string `json:"category,omitempty"`
	Kind        string `json:"kind,omitempty"`
	AgeBand     string `json:"age_band,omitempty"`
	Sex         string `json:"sex,omitempty"`
}

func (r Reservation) request(c Case, u Unit) RequestValue {
	return RequestValue{
		ReservationValue: r.value(), AnsweredBy: r.AnsweredBy, OpenedBy: r.Ladder.OpenedBy,
		Code: c.Code(), Unit: r.Unit, CallSign: u.CallSign, CaseVersion: c.Version,
		KTAS: c.KTAS, Category: c.Category, Kind: c.Kind, AgeBand: c.AgeBand, Sex: c.Sex,
	}
}
