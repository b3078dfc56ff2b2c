package model

import (
	"slices"

	"weer/model/feed"
)

// A Reservation (수용 요청) is one case at one hospital: the crew's question, the
// hospital's answer, and what becomes of the patient there. Its row is owned by
// whoever holds the lock of its case; the bed that it takes stands with the
// hospital ([Hold]).
type Reservation struct {
	ID       string // UUIDv7
	Case     string
	Unit     string // the case's
	Region   string // 시도 code of the case: whose control room sees it
	Hospital string // hpid
	Name     string // of the hospital when it was asked, as is Tel: a crew needs them without its region's feed
	Tel      string
	Item     string // code of the kind of bed: what is asked for, and held after a yes

	State   ReservationState
	Version uint64 // counts all changes
	End     End    // why it was canceled; "" of all other states
	Reason  AnnouncementReason
	// Override is why a hospital that was known to be full said yes; "" when it
	// was not.
	Override   string
	Designated bool // by the control room (지정 병원), not by the hospital
	Others     int  // how many other hospitals were asked with the same command

	CaseVersion  uint64 // the case's now, of one that was read for somebody; it is not stored
	AskedVersion uint64 // the case's when it was asked
	SeenVersion  uint64 // the case's that whoever said yes had seen
	WorseVersion uint64 // the case's at which the patient was worse than the hospital knew
	AckedVersion uint64 // the case's that the hospital acknowledged last

	Escalation Escalation
	Ladder     Ladder

	AskedAt      feed.Time
	ArriveAt     feed.Time // expected by the crew; 0: not said
	AnswerBy     feed.Time // no answer by then is told
	NoAnswerAt   feed.Time // it was told: a fact and no state, a late yes still wins
	AnsweredAt   feed.Time // of the yes or the no; 0 without either
	ArriveBy     feed.Time // of an approved one: later it is overdue
	OverdueAt    feed.Time // it was told to both sides
	ArrivedAt    feed.Time
	HandedOverAt feed.Time
	ConfirmedAt  feed.Time // the crew has seen what became of it last
	EndedAt      feed.Time // it is neither asked nor approved any more
	DueAt        feed.Time // when time alone changes something next; 0: never
	Shown        bool      // it is on the hospital's feed

	AnsweredBy string // actor of the yes or the no
	Command    string // Idempotency-Key of the last command; "" of what nobody asked for
}

// A ReservationState says how far a reservation has come.
type ReservationState string

// The states of a reservation. Pending and approved ones go on; the others are
// the end. What may follow what is in [Docket].
const (
	Pending  ReservationState = "pending"  // 응답 대기
	Approved ReservationState = "approved" // 수용: a bed is held
	Rejected ReservationState = "rejected" // 수용 불가, with a reason
	Canceled ReservationState = "canceled" // 취소, see [End]
	Expired  ReservationState = "expired"  // nobody answered, or control ended an overdue one
	Arrived  ReservationState = "arrived"  // 도착
)

// ReservationStates are all states, in the order of a reservation's life.
var ReservationStates = []ReservationState{Pending, Approved, Rejected, Canceled, Expired, Arrived}

func (s ReservationState) known() bool { return slices.Contains(ReservationStates, s) }

// Goes reports whether a reservation is asked or approved.
func (s ReservationState) Goes() bool { return s == Pending || s == Approved }

// An End says why a reservation was canceled.
type End string

// The ends.
const (
	EndByCrew     End = "crew"        // the crew took it back
	EndByControl  End = "control"     // the control room did
	EndSuperseded End = "superseded"  // another hospital took the patient (다른 병원 수용)
	EndCaseClosed End = "case_closed" // the case is over
	EndWithdrawn  End = "withdrawn"   // the hospital took its yes back, with a reason
	EndUndone     End = "undone"      // the hospital took its yes back at once (되돌리기)
)

// An Escalation says how long a request has waited.
type Escalation int

// The escalations.
const (
	EscalatedNone   Escalation = iota
	EscalatedLouder            // the alarm goes up a level
	EscalatedSecond            // the second channel: a lamp, a telephone, a pager
	EscalatedSilent            // no answer (무응답): crew and control are told
)

// A Ladder is how far a request has come to people, each rung with the first
// moment at which a console of the hospital proved it. What is shown was pushed,
// and what sounded or was opened was shown; a request can be opened in silence.
type Ladder struct {
	PushedAt  feed.Time // a console has it
	ShownAt   feed.Time // on a visible page
	SoundedAt feed.Time // its alarm could be heard
	OpenedAt  feed.Time // a person looked into it
	OpenedBy  string    // who did first
}

// A Rung is a step of the ladder.
type Rung string

// The rungs, from the lowest.
const (
	RungPushed  Rung = "pushed"
	RungShown   Rung = "shown"
	RungSounded Rung = "sounded"
	RungOpened  Rung = "opened"
)

// Rungs are all rungs, the lowest first.
var Rungs = []Rung{RungPushed, RungShown, RungSounded, RungOpened}

func (l Ladder) climb(rung Rung, m Moment) Ladder {
	first := func(at *feed.Time) bool {
		if *at != 0 {
			return false
		}
		*at = m.Now
		return true
	}
	first(&l.PushedAt)
	if rung != RungPushed {
		first(&l.ShownAt)
	}
	if rung == RungSounded {
		first(&l.SoundedAt)
	}
	if rung == RungOpened && first(&l.OpenedAt) {
		l.OpenedBy = m.By
	}
	return l
}

// ReservationTimes are after how many milliseconds time alone does something.
// All of them are compared with the database's clock.
type ReservationTimes struct {
	LouderMS   int64 // of a request without an answer: the alarm goes up a level
	SecondMS   int64 // the second channel
	NoAnswerMS int64 // it is told that nobody answers
	ExpireMS   int64 // the request ends
	UndoMS     int64 // a yes can be taken back without a reason
	GraceMS    int64 // after the expected arrival: overdue
	UnsaidMS   int64 // of a yes without an expected arrival: overdue
}

// DefaultReservationTimes are the steps of the architecture; what it leaves open
// (grace, unsaid) is our own choice.
var DefaultReservationTimes = ReservationTimes{
	LouderMS: 30_000, SecondMS: 60_000, NoAnswerMS: 90_000, ExpireMS: 30 * 60_000,
	UndoMS: 10_000, GraceMS: 15 * 60_000, UnsaidMS: 60 * 60_000,
}

// Bounds of what a reservation says, and of how long it is shown.
const (
	// MaxAsk is how many hospitals one command asks: more would be a broadcast,
	// and every one of them would have to answer.
	MaxAsk = 10
	// MaxArriveMS is the longest way that a crew announces.
	MaxArriveMS = 6 * 60 * 60_000
	// MaxOverride is the longest reason of an override, in characters.
	MaxOverride = 200
	// HospitalShownMS is how long a request that ended stays on its hospital's
	// feed: whoever looks away reads what became of it, and a patient who went
	// elsewhere is not kept there. One who arrived stays for [CaseShownMS].
	HospitalShownMS = 60 * 60_000
	// AbsorbMS is how long the bed of a patient who has arrived is kept at most,
	// when the hospital's own number does not come.
	AbsorbMS = 30 * 60_000
)

// DefaultItem is what is asked for when nothing else is said.
const DefaultItem = "er.general"

// Record is whose the reservation is.
func (r Reservation) Record() Record {
	return Record{Hospital: r.Hospital, Region: r.Region, Unit: r.Unit}
}

// deed is what was done to it, for the audit.
func (r Reservation) deed(operation string) Deed {
	return Deed{Operation: operation, Subject: "case/" + r.Case, Detail: "reservation/" + r.ID + " at " + subjectOf(r.Hospital)}
}

// due is when time alone changes something of the reservation next.
func (t ReservationTimes) due(r Reservation) feed.Time {
	switch {
	case r.State == Pending:
		return r.AskedAt + feed.Time([...]int64{t.LouderMS, t.SecondMS, t.NoAnswerMS, t.ExpireMS}[r.Escalation])
	case r.State == Approved && r.OverdueAt == 0:
		return r.ArriveBy
	case r.State == Arrived && r.Shown:
		return r.EndedAt + CaseShownMS
	case !r.State.Goes() && r.Shown:
		return r.EndedAt + HospitalShownMS
	}
	return 0
}

// arriveBy is when an approved reservation is overdue.
func (t ReservationTimes) arriveBy(arrive, now feed.Time) feed.Time {
	if arrive == 0 {
		return now + feed.Time(t.UnsaidMS)
	}
	return max(arrive, now) + feed.Time(t.GraceMS)
}

// worse reports whether a patient needs help sooner than was said before. One
// who was not assessed counts as a 3.
func (t Triage) worse(than Triage) bool {
	assumed := func(ktas int) int {
		if ktas == 0 {
			return 3
		}
		return ktas
	}
	return t.KTAS != 0 && assumed(t.KTAS) < assumed(than.KTAS)
}
