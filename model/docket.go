package model

import (
	"cmp"
	"slices"
	"time"

	"weer/model/fault"
	"weer/model/feed"
)

// A Docket is a case with all its reservations, and the rules of what may happen
// to them: a state machine that knows no database and no clock.
//
//	from      to         who                            and then
//	–         pending    crew, control                  the hospital is asked
//	–         approved   control (designated)           as a yes
//	pending   approved   hospital; control (designated) the case has its winner; the others are superseded
//	pending   rejected   hospital                       with a coded reason
//	pending   canceled   crew, control; a yes elsewhere; the case's end
//	pending   expired    time
//	approved  arrived    crew, hospital                 the case is over
//	approved  canceled   crew, hospital, control; the case's end
//	approved  expired    control, when it is overdue
//
// At most one reservation is approved at a time, and the case names it. What the
// rules refuse is a Conflict that says what is true now, and changes nothing.
type Docket struct {
	Case         Case
	Reservations []Reservation // in the order in which they were asked for
}

// A Moment is what a step of a docket knows of the world.
type Moment struct {
	Now     feed.Time // the database's clock
	By      string    // the actor; "" is the system
	Command string    // its Idempotency-Key
	Times   ReservationTimes
}

// at finds a reservation.
func (d *Docket) at(id string) (*Reservation, error) {
	for i := range d.Reservations {
		if d.Reservations[i].ID == id {
			return &d.Reservations[i], nil
		}
	}
	return nil, noSuchReservation()
}

// in finds a reservation that is in one of some states; of any other state it
// says what is true instead.
func (d *Docket) in(id string, states ...ReservationState) (*Reservation, error) {
	r, err := d.at(id)
	if err == nil && !slices.Contains(states, r.State) {
		return nil, r.isNow()
	}
	return r, err
}

// with finds the reservation that goes on at a hospital; nil when none does.
func (d *Docket) with(hospital string) *Reservation {
	for i := range d.Reservations {
		if r := &d.Reservations[i]; r.Hospital == hospital && r.State.Goes() {
			return r
		}
	}
	return nil
}

// going are the reservations that are asked or approved.
func (d *Docket) going() (going []*Reservation) {
	for i := range d.Reservations {
		if d.Reservations[i].State.Goes() {
			going = append(going, &d.Reservations[i])
		}
	}
	return going
}

// hospitals names the hospitals at which something goes on.
func (d *Docket) hospitals() (ids []string) {
	for _, r := range d.going() {
		ids = append(ids, r.Hospital)
	}
	return ids
}

// open refuses everything once the case is over.
func (d *Docket) open() error {
	if d.Case.State != CaseOpen {
		return isNow("the case is "+string(d.Case.State)+": nothing of it changes any more", "case_state", string(d.Case.State))
	}
	return nil
}

// free refuses what needs a case that nobody has taken.
func (d *Docket) free() error {
	if err := d.open(); err != nil {
		return err
	}
	if d.Case.Winner != "" {
		return isNow("a hospital has said yes already: cancel that first", "winner", d.Case.Winner)
	}
	return nil
}

// moved notes that a reservation was changed.
func (m Moment) moved(r *Reservation) {
	r.Version++
	r.Command = m.Command
	r.DueAt = m.Times.due(*r)
}

// end takes a reservation out of what goes on. What became of it is new to the
// crew, so nothing of that is confirmed.
func (m Moment) end(r *Reservation, state ReservationState, why End) {
	r.State, r.End, r.EndedAt, r.ConfirmedAt = state, why, m.Now, 0
	m.moved(r)
}

// An Ask is what a crew or the control room wants of one hospital.
type Ask struct {
	ID       string    // of the reservation, made by the caller
	Hospital string    // hpid
	Item     string    // of an [AskCommand] always said
	ArriveAt feed.Time // 0: not said
}

func (a Ask) orDefault() Ask {
	a.Item = cmp.Or(a.Item, DefaultItem)
	return a
}

// ask puts requests to hospitals, all of them or none.
func (d *Docket) ask(asks []Ask, m Moment) error {
	if err := d.free(); err != nil {
		return err
	}
	for i, a := range asks {
		if d.with(a.Hospital) != nil {
			return &fault.Error{Code: fault.Conflict, Field: field(nthAsk(i), "hospital_id"), Message: "this hospital is being asked for this case already"}
		}
	}
	for _, a := range asks {
		r := Reservation{
			ID: a.ID, Case: d.Case.ID, Unit: d.Case.Unit, Region: d.Case.Region, Hospital: a.Hospital, Item: a.Item,
			State: Pending, Others: len(asks) - 1, AskedVersion: d.Case.Version, Shown: true,
			AskedAt: m.Now, ArriveAt: a.ArriveAt, AnswerBy: m.Now + feed.Time(m.Times.NoAnswerMS),
		}
		m.moved(&r)
		d.Reservations = append(d.Reservations, r)
	}
	return nil
}

// An Approval is a yes.
type Approval struct {
	Seen       uint64 // version of the case that whoever says yes has seen
	Item       string // the kind of bed that is kept; "" is the one asked for
	Override   string // why, should the hospital be known to be full
	Designated bool
}

// approve says yes, if nobody has said it before. full tells whether a kind of
// bed is known to have none left.
func (d *Docket) approve(id string, a Approval, full func(item string) bool, m Moment) error {
	r, err := d.in(id, Pending)
	if err != nil {
		return err
	}
	if err := d.free(); err != nil {
		return err
	}
	if err := d.Case.sameSince(a.Seen, "case_version"); err != nil {
		return err
	}
	if a.Item = cmp.Or(a.Item, r.Item); !full(a.Item) {
		a.Override = "" // nothing was overridden
	} else if a.Override == "" {
		return &fault.Error{Code: fault.Conflict, Field: "override", Message: "no bed of this kind is free: give a reason to say yes all the same, or another kind of bed"}
	}
	m.accept(r, a)
	d.Case.wins(r.ID, m)
	for _, other := range d.going() {
		if other.ID != r.ID {
			m.end(other, Canceled, EndSuperseded)
		}
	}
	return nil
}

// accept makes a reservation an approved one. Whoever designates a hospital has
// seen the case; the hospital itself has not.
func (m Moment) accept(r *Reservation, a Approval) {
	r.State, r.AnsweredAt, r.AnsweredBy = Approved, m.Now, m.By
	r.Item, r.Override, r.Designated, r.SeenVersion = a.Item, a.Override, a.Designated, a.Seen
	if !a.Designated {
		r.AckedVersion = a.Seen
	}
	r.ArriveBy, r.ConfirmedAt = m.Times.arriveBy(r.ArriveAt, m.Now), 0
	m.moved(r)
}

// reject says no.
func (d *Docket) reject(id string, why AnnouncementReason, m Moment) error {
	r, err := d.in(id, Pending)
	if err != nil {
		return err
	}
	r.Reason, r.AnsweredAt, r.AnsweredBy = why, m.Now, m.By
	m.end(r, Rejected, "")
	return nil
}

// cancel takes back what was asked, or a yes, on the crew's side or the control
// room's.
func (d *Docket) cancel(id string, why End, m Moment) error {
	r, err := d.in(id, Pending, Approved)
	if err != nil {
		return err
	}
	d.giveUp(r, Canceled, why, m)
	return nil
}

// withdraw takes a hospital's yes back: at once without a reason, later with one.
// A yes that the control room said is not the hospital's to undo.
func (d *Docket) withdraw(id string, reason AnnouncementReason, m Moment) error {
	r, err := d.in(id, Approved)
	switch {
	case err != nil:
		return err
	case reason != "":
		r.Reason = reason
		d.giveUp(r, Canceled, EndWithdrawn, m)
	case r.Designated:
		return fault.Bad("reason", "a patient whom the control room has assigned is turned away with a reason")
	case m.Now-r.AnsweredAt > feed.Time(m.Times.UndoMS):
		return fault.Bad("reason", "a yes is taken back with a reason, after the first %d seconds", m.Times.UndoMS/1000)
	default:
		d.giveUp(r, Canceled, EndUndone, m)
	}
	return nil
}

// release ends an approved reservation whose patient never came: only a person
// does that, and only when it is overdue.
func (d *Docket) release(id string, m Moment) error {
	r, err := d.in(id, Approved)
	switch {
	case err != nil:
		return err
	case r.OverdueAt == 0:
		return isNow("the patient is expected still: only an overdue bed is given up so", "arrive_by", r.ArriveBy.Std().Format(time.RFC3339))
	}
	d.giveUp(r, Expired, "", m)
	return nil
}

// giveUp ends a reservation; the case has no winner when it was that.
func (d *Docket) giveUp(r *Reservation, state ReservationState, why End, m Moment) {
	m.end(r, state, why)
	if d.Case.Winner == r.ID {
		d.Case.wins("", m)
	}
}

// arrive says that the patient is at the hospital that said yes. The case is
// over.
func (d *Docket) arrive(id string, m Moment) error {
	if _, err := d.in(id, Approved); err != nil {
		return err
	}
	return d.close(CaseArrived, m)
}

// handOver says that the hospital has taken the patient over.
func (d *Docket) handOver(id string, m Moment) error {
	r, err := d.in(id, Arrived)
	if err == nil && r.HandedOverAt == 0 {
		r.HandedOverAt = m.Now
		m.moved(r)
	}
	return err
}

// extend says when the patient will be there instead.
func (d *Docket) extend(id string, arrive feed.Time, m Moment) error {
	r, err := d.in(id, Pending, Approved)
	if err != nil {
		return err
	}
	r.ArriveAt = arrive
	if r.State == Approved {
		r.ArriveBy, r.OverdueAt = m.Times.arriveBy(arrive, m.Now), 0
	}
	m.moved(r)
	return nil
}

// confirm says that the crew has seen what became of a reservation: which state
// it saw is named, so that a word about the yes, sent in a dead zone, never
// silences that the yes was taken back.
func (d *Docket) confirm(id string, seen ReservationState, m Moment) error {
	r, err := d.in(id, seen)
	switch {
	case err != nil:
		return err
	case r.State == Pending: // nothing has become of it yet
		return r.isNow()
	case r.ConfirmedAt == 0:
		r.ConfirmedAt = m.Now
		m.moved(r)
	}
	return nil
}

// acknowledge says that the hospital has seen a version of the case.
func (d *Docket) acknowledge(id string, seen uint64, m Moment) error {
	r, err := d.in(id, Pending, Approved)
	switch {
	case err != nil:
		return err
	case seen > d.Case.Version:
		return fault.Bad("case_version", "the case has no such version yet")
	case seen > r.AckedVersion:
		r.AckedVersion = seen
		m.moved(r)
	}
	return nil
}

// climb says how far a request has come to the people of its hospital. Only the
// first proof of a rung counts, and none once the request is over.
func (d *Docket) climb(id string, rung Rung, m Moment) error {
	r, err := d.at(id)
	if err != nil || !r.State.Goes() {
		return err
	}
	if after := r.Ladder.climb(rung, m); after != r.Ladder {
		r.Ladder = after
		m.moved(r)
	}
	return nil
}

// change is what follows from a change of the condition: the hospitals
// concerned have to acknowledge a patient who got worse.
func (d *Docket) change(worse bool, m Moment) {
	for _, r := range d.going() {
		if worse {
			r.WorseVersion = d.Case.Version
		}
		m.moved(r) // what its hospital is shown of the case has changed
	}
}

// close ends the case, and everything of it that goes on. A patient who has
// arrived is where the yes was.
func (d *Docket) close(how CaseState, m Moment) error {
	if err := d.open(); err != nil {
		return err
	}
	for _, r := range d.going() {
		if how == CaseArrived && r.State == Approved {
			r.ArrivedAt = m.Now
			m.end(r, Arrived, "")
			continue
		}
		m.end(r, Canceled, EndCaseClosed)
	}
	parts := []string{"state"}
	if how != CaseArrived && d.Case.Winner != "" {
		d.Case.Winner, parts = "", append(parts, "winner")
	}
	d.Case.State, d.Case.ClosedAt = how, m.Now
	d.Case.touched(m, parts...)
	return nil
}
