package model

import (
	"context"
	"errors"
	"slices"
)

// dueAtOnce bounds the cases of one turn; more are the next turn's.
const dueAtOnce = 200

// KeepDeadlines does what time alone does to reservations: an alarm goes up a
// level, nobody has answered, a request ends, a patient is overdue. Any node may
// do it at any time, and all of them do; doing it twice changes nothing. It
// returns how many cases moved. One case that fails does not stop the others.
func (s *Service) KeepDeadlines(ctx context.Context) (moved int, err error) {
	due, err := s.store.DueCases(ctx, dueAtOnce)
	if err != nil {
		return 0, err
	}
	for _, c := range due {
		did, failed := s.keepDeadline(ctx, c)
		if err = errors.Join(err, failed); did {
			moved++
		}
	}
	return moved, err
}

// LateDeadline is for how many milliseconds a deadline has been due that nobody
// has kept, the oldest; 0 when all are kept.
func (s *Service) LateDeadline(ctx context.Context) (ms int64, err error) {
	return s.store.LateDeadline(ctx)
}

// keepDeadline moves one case on. Another node may have been faster, and then
// there is nothing to do under the locks.
func (s *Service) keepDeadline(ctx context.Context, of Case) (moved bool, err error) {
	err = s.write(ctx, func(ctx context.Context, tx Tx) error {
		sc, err := s.enter(ctx, tx, of, func(d *Docket) []string { return d.expiring(s.moment(ctx, tx.Now())) })
		if err != nil {
			return err
		}
		sc.tick(sc.Moment)
		changed := sc.changed()
		if moved = len(changed) > 0; !moved {
			return nil
		}
		return firstError(
			func() error { return sc.leave(ctx, tx) },
			func() error { return signTime(ctx, tx, changed) },
		)
	})
	return moved && err == nil, err
}

// signTime writes down what time did.
func signTime(ctx context.Context, tx Tx, changed []Reservation) error {
	for _, r := range changed {
		did := r.tellTime()
		if did == "" {
			continue
		}
		if err := tx.Sign(ctx, Call{}, r.deed(did), nil); err != nil {
			return err
		}
	}
	return nil
}

// tellTime is what time did to a reservation, as far as the audit has to know.
func (r Reservation) tellTime() string {
	switch {
	case r.State == Expired && r.Shown:
		return "reservation.expire"
	case r.State == Pending && r.Escalation == EscalatedSilent:
		return "reservation.no_answer"
	case r.State == Approved:
		return "reservation.overdue"
	}
	return ""
}

// tick does what time alone does. Doing it twice changes nothing.
func (d *Docket) tick(m Moment) {
	for i := range d.Reservations {
		r := &d.Reservations[i]
		for due := r.DueAt; due != 0 && due <= m.Now; due = r.DueAt {
			m.pass(r)
		}
	}
}

// pass does what the next deadline of a reservation asks for.
func (m Moment) pass(r *Reservation) {
	switch {
	case r.State == Pending && r.Escalation == EscalatedSilent:
		m.end(r, Expired, "")
		return
	case r.State == Pending:
		if r.Escalation++; r.Escalation == EscalatedSilent {
			r.NoAnswerAt = m.Now
		}
	case r.State == Approved:
		r.OverdueAt = m.Now
	default:
		r.Shown = false
	}
	m.moved(r)
}

// expiring names the hospitals whose requests end when time passes: those of
// which the tick, tried on a copy, gives something free.
func (d *Docket) expiring(m Moment) (ids []string) {
	after := Docket{d.Case, slices.Clone(d.Reservations)}
	after.tick(m)
	for i, r := range after.Reservations {
		if r.State != d.Reservations[i].State {
			ids = append(ids, r.Hospital)
		}
	}
	return ids
}
