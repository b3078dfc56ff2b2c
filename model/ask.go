package model

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"weer/model/fault"
	"weer/model/feed"
)

// An AskCommand asks hospitals to take a patient.
type AskCommand struct {
	Case      string
	Hospitals []Ask
	SendBy    feed.Time // a request that comes later is not put; 0: whenever
}

// Asked is the reference to what was asked: the receipt's result.
type Asked struct {
	Reservations []AskedOne `json:"reservations"`
}

// AskedOne is one reservation of an [Asked].
type AskedOne struct {
	ID       string `json:"id"`
	Hospital string `json:"hospital"`
}

// AskHospitals puts a case to hospitals, all of them or none. The receipt's result is an
// [Asked]. NotFound: there is no such case, or it is not the caller's. Conflict:
// the case is over or has its hospital, a hospital is being asked already, or it
// is too late.
func (s *Service) AskHospitals(ctx context.Context, c AskCommand) (Receipt, error) {
	if err := c.check(); err != nil {
		return Receipt{}, err
	}
	of, err := s.ownCase(ctx, AskHospitals, c.Case)
	if err != nil {
		return Receipt{}, err
	}
	ids := make([]string, len(c.Hospitals))
	asked := Asked{make([]AskedOne, len(c.Hospitals))}
	for i, a := range c.Hospitals {
		ids[i], asked.Reservations[i] = a.Hospital, AskedOne{a.ID, a.Hospital}
	}
	did := func() Deed {
		return Deed{Operation: "reservation.ask", Subject: "case/" + c.Case, Detail: fmt.Sprintf("hospitals %v", ids)}
	}
	return s.onDocket(ctx, of, did, func(*Docket) []string { return ids }, func(sc *scene) error {
		if c.SendBy != 0 && sc.Now > c.SendBy {
			return &fault.Error{Code: fault.Conflict, Field: "send_by", Message: "it is too late to send this request, and nobody was asked: look at the board and ask again"}
		}
		return sc.askAll(c.Hospitals)
	}, func() any { return asked })
}

func (c AskCommand) check() error {
	var errs []error
	if len(c.Hospitals) == 0 || len(c.Hospitals) > MaxAsk {
		errs = append(errs, fault.Bad("hospitals", "one command asks 1 to %d hospitals", MaxAsk))
	}
	for i, a := range c.Hospitals {
		if slices.ContainsFunc(c.Hospitals[:i], func(b Ask) bool { return b.Hospital == a.Hospital }) {
			errs = append(errs, fault.Bad(field(nthAsk(i), "hospital_id"), "names each hospital once"))
		}
		errs = append(errs, a.check(nthAsk(i)))
	}
	return fault.All(errs...)
}

// nthAsk names one ask of several.
func nthAsk(i int) string { return fmt.Sprintf("hospitals[%d]", i) }

func (a Ask) check(in string) error {
	var unnamed error
	if !ValidHospitalID(a.Hospital) {
		unnamed = fault.Bad(field(in, "hospital_id"), "is the hpid of a hospital")
	}
	return fault.All(unnamed, checkBed(field(in, "item"), a.Item))
}

// checkBed refuses what no patient can lie in.
func checkBed(field, code string) error {
	if item, known := ItemByCode(code); !known || item.Group == GroupEquipment {
		return fault.Bad(field, "is the code of a kind of bed or room, as in %s", DefaultItem)
	}
	return nil
}

// askAll checks and puts requests at the hospitals that are locked.
func (sc *scene) askAll(asks []Ask) error {
	var errs []error
	for i, a := range asks {
		errs = append(errs, sc.checkAsk(nthAsk(i), a))
	}
	if err := fault.All(errs...); err != nil {
		return err
	}
	return sc.put(asks)
}

// checkAsk refuses what nobody can be asked at a hospital that is locked.
func (sc *scene) checkAsk(in string, a Ask) error {
	var unknown error
	if !sc.hospitals[a.Hospital].mentioned() {
		unknown = fault.Bad(field(in, "hospital_id"), "no source knows this hospital")
	}
	return fault.All(unknown, sc.checkArrival(field(in, "arrive_at"), a.ArriveAt))
}

// put puts requests that were checked.
func (sc *scene) put(asks []Ask) error {
	if err := sc.ask(asks, sc.Moment); err != nil {
		return err
	}
	for i := len(sc.Reservations) - len(asks); i < len(sc.Reservations); i++ {
		v := sc.hospitals[sc.Reservations[i].Hospital].value()
		sc.Reservations[i].Name, sc.Reservations[i].Tel = v.Name, v.Tel
	}
	return nil
}

// checkArrival bounds an expected arrival by the database's clock.
func (m Moment) checkArrival(field string, at feed.Time) error {
	if at != 0 && (at < m.Now-MaxArriveMS || at > m.Now+MaxArriveMS) {
		return fault.Bad(field, "a patient arrives within %d hours", MaxArriveMS/3_600_000)
	}
	return nil
}

// CancelReservation takes a request or a yes back, on the crew's side or the control room's.
func (s *Service) CancelReservation(ctx context.Context, id string) (Receipt, error) {
	why := EndByCrew
	if call, _ := CallOf(ctx); call.By.Role == RoleControl {
		why = EndByControl
	}
	return s.onReservation(ctx, AskHospitals, "reservation.cancel", id, there(id), func(sc *scene) error {
		return sc.cancel(id, why, sc.Moment)
	})
}

// ExtendArrival says when the patient will arrive instead.
func (s *Service) ExtendArrival(ctx context.Context, id string, arrive feed.Time) (Receipt, error) {
	return s.onReservation(ctx, AskHospitals, "reservation.extend", id, nowhere, func(sc *scene) error {
		if arrive == 0 {
			return fault.Bad("arrive_at", "says when the patient will arrive")
		}
		if err := sc.checkArrival("arrive_at", arrive); err != nil {
			return err
		}
		return sc.extend(id, arrive, sc.Moment)
	})
}

// ConfirmOutcome says that the crew has seen what became of a reservation: the
// state that it saw. Only whoever follows the unit's feed can have seen it there,
// so a control room confirms nothing for a crew. Conflict: it is of another state
// by now, which is what has to be seen.
func (s *Service) ConfirmOutcome(ctx context.Context, id string, seen ReservationState) (Receipt, error) {
	if seen == Pending || !seen.known() {
		return Receipt{}, fault.Bad("state", "is the state that was seen: approved, rejected, canceled, expired or arrived")
	}
	return s.onReservation(ctx, ReadUnitFeed, "reservation.confirm", id, nowhere, func(sc *scene) error {
		return sc.confirm(id, seen, sc.Moment)
	})
}

// ReportArrival says that the patient is at the hospital that said yes.
func (s *Service) ReportArrival(ctx context.Context, id string) (Receipt, error) {
	return s.onReservation(ctx, ReportArrival, "reservation.arrive", id, everywhere, func(sc *scene) error {
		return sc.arrive(id, sc.Moment)
	})
}

// HandOver says that the hospital has taken the patient over.
func (s *Service) HandOver(ctx context.Context, id string) (Receipt, error) {
	return s.onReservation(ctx, ReportArrival, "reservation.hand_over", id, nowhere, func(sc *scene) error {
		return sc.handOver(id, sc.Moment)
	})
}

// ReleaseOverdue gives up the bed of a patient who is overdue; control does.
func (s *Service) ReleaseOverdue(ctx context.Context, id string) (Receipt, error) {
	return s.onReservation(ctx, DesignateHospital, "reservation.release", id, there(id), func(sc *scene) error {
		return sc.release(id, sc.Moment)
	})
}

// A DesignateCommand is a control room's decision where a patient goes.
type DesignateCommand struct {
	Case string
	Seen uint64 // version of the case that was looked at
	// Hospital is a new request, or when the hospital is being asked already the
	// bed and the arrival instead of those that were asked for, where they are said.
	Hospital Ask
	Override string // why, although no bed is known to be free
}

// Designate decides for a hospital where a patient goes (지정 병원): a yes without
// its word. The receipt's result is an [Asked] with the one reservation.
func (s *Service) Designate(ctx context.Context, c DesignateCommand) (Receipt, error) {
	approve := ApproveCommand{Seen: c.Seen, Override: c.Override}
	if err := fault.All(c.Hospital.orDefault().check(""), approve.check()); err != nil {
		return Receipt{}, err
	}
	of, err := s.ownCase(ctx, DesignateHospital, c.Case)
	if err != nil {
		return Receipt{}, err
	}
	made := AskedOne{Hospital: c.Hospital.Hospital}
	did := func() Deed {
		return Reservation{ID: made.ID, Case: c.Case, Hospital: made.Hospital}.deed("reservation.designate")
	}
	lock := func(d *Docket) []string { return append(d.hospitals(), c.Hospital.Hospital) }
	return s.onDocket(because(ctx, c.Override), of, did, lock, func(sc *scene) (err error) {
		made.ID, err = sc.designate(c)
		return err
	}, func() any { return Asked{[]AskedOne{made}} })
}

func (sc *scene) designate(c DesignateCommand) (id string, err error) {
	a := c.Hospital
	if err := sc.checkAsk("", a); err != nil {
		return "", err
	}
	if r := sc.with(a.Hospital); r != nil {
		a.ID, r.ArriveAt = r.ID, cmp.Or(a.ArriveAt, r.ArriveAt)
	} else if err := sc.put([]Ask{a.orDefault()}); err != nil {
		return "", err
	}
	return a.ID, sc.say(a.ID, Approval{Seen: c.Seen, Item: a.Item, Override: c.Override, Designated: true})
}
