package model

import (
	"context"
	"errors"
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

// keepDeadline moves one case on. Another node may have been faster, and then
// there is nothing to do under the locks.
func (s *Service) keepDeadline(ctx context.Context, of Case) (moved bool, err error) {
	err = s.write(ctx, func(ctx context.Context, tx Tx) error {
		sc, err := s.enter(ctx, tx, of, func(d *Docket) []string { return d.expiring(tx.Now(), s.times) })
		if err != nil {
			return err
		}
		sc.tick(sc.Moment)
		changed := sc.changed()
		if moved = len(changed) > 0; !moved {
			return nil
		}
		if err := sc.leave(ctx, tx); err != nil {
			return err
		}
		for _, r := range changed {
			if did := r.tellTime(); did != "" {
				if err := tx.Sign(ctx, Call{}, Deed{Operation: did, Subject: "case/" + r.Case, Detail: "reservation/" + r.ID + " at " + subjectOf(r.Hospital)}, nil); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return moved && err == nil, err
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
