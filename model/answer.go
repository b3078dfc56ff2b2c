package model

import (
	"context"

	"weer/model/fault"
	"weer/model/feed"
)

// An ApproveCommand is a hospital's yes.
type ApproveCommand struct {
	ID       string // of the reservation
	Seen     uint64 // version of the case that was looked at
	Item     string // another kind of bed; "" is the one asked for
	Override string // why, although no bed is known to be free
}

func (c ApproveCommand) check() error {
	var errs []error
	if c.Seen == 0 {
		errs = append(errs, fault.Bad("case_version", "a yes names the version of the case that was looked at"))
	}
	if c.Item != "" {
		errs = append(errs, checkBed("item", c.Item))
	}
	return fault.All(append(errs, checkOverride(c.Override))...)
}

func checkOverride(reason string) error {
	if !Printable(reason, MaxOverride) {
		return fault.Bad("override", "has at most %d characters and no control characters", MaxOverride)
	}
	return nil
}

// ApproveRequest says yes for a hospital. Conflict: it is no question any more, another
// hospital was faster, or no bed is known to be free and nothing is said why all
// the same. PreconditionFailed: the patient's condition has changed since it was
// looked at; the error names what.
func (s *Service) ApproveRequest(ctx context.Context, c ApproveCommand) (Receipt, error) {
	if err := c.check(); err != nil {
		return Receipt{}, err
	}
	return s.onReservation(because(ctx, c.Override), AnswerRequests, "reservation.approve", c.ID, everywhere, func(sc *scene) error {
		return sc.say(c.ID, Approval{Seen: c.Seen, Item: c.Item, Override: c.Override})
	})
}

// say approves a reservation of a hospital that is locked.
func (sc *scene) say(id string, a Approval) error {
	r, err := sc.at(id)
	if err != nil {
		return err
	}
	return sc.approve(id, a, func(item string) bool { return sc.hospitals[r.Hospital].full(item, sc.Now) }, sc.Moment)
}

// full reports whether it is known that no bed of a kind is left, now: what was
// over before anybody came to end it counts no more.
func (h Hospital) full(item string, now feed.Time) bool {
	settled := h.settle(now)
	c := settled.Card()
	return c.Net(item, now, feed.DefaultTimings).Full()
}

// A RejectCommand is a hospital's no.
type RejectCommand struct {
	ID       string
	Reason   AnnouncementReason
	Announce *AnnounceCommand // also as an announcement; its hospital and reason are the refusal's
}

// RejectRequest says no for a hospital; with an announcement, everybody hears of the
// reason until its end, for which the caller needs the right to announce as well.
// Conflict: it is no question any more.
func (s *Service) RejectRequest(ctx context.Context, c RejectCommand) (Receipt, error) {
	if err := checkRefusal(c.Reason); err != nil {
		return Receipt{}, err
	}
	return s.onReservation(ctx, AnswerRequests, "reservation.reject", c.ID, there(c.ID), func(sc *scene) error {
		if err := sc.reject(c.ID, c.Reason, sc.Moment); err != nil || c.Announce == nil {
			return err
		}
		r, err := sc.at(c.ID)
		if err != nil {
			return err
		}
		h := sc.hospitals[r.Hospital]
		if err := permit(ctx, WriteCapacity, Record{Hospital: h.ID, Region: h.Region}); err != nil {
			return err
		}
		return fault.Renamed(sc.announce(h, c.Reason, *c.Announce), func(name string) string { return field("announcement", name) })
	})
}

func checkRefusal(code AnnouncementReason) error {
	if reason, known := ReasonByCode(code); !known || !reason.Refuses {
		return fault.Bad("reason", "is the code of a reason that refuses: see the catalogue of reasons")
	}
	return nil
}

// announce lets everybody know why a hospital refuses.
func (sc *scene) announce(h Hospital, reason AnnouncementReason, c AnnounceCommand) error {
	c.HospitalID, c.Reason, c.By = h.ID, reason, sc.By
	a := c.announcement()
	if err := a.checkMade(); err != nil {
		return err
	}
	after, _, err := h.announce(a, sc.Now)
	sc.hospitals[h.ID] = after
	sc.altered[h.ID] = true
	return err
}

// WithdrawApproval takes a hospital's yes back: within the first seconds without a
// reason (되돌리기), later with one.
func (s *Service) WithdrawApproval(ctx context.Context, id string, reason AnnouncementReason) (Receipt, error) {
	if reason != "" {
		if err := checkRefusal(reason); err != nil {
			return Receipt{}, err
		}
	}
	return s.onReservation(ctx, AnswerRequests, "reservation.withdraw", id, there(id), func(sc *scene) error {
		return sc.withdraw(id, reason, sc.Moment)
	})
}

// AcknowledgeCase says that a hospital has seen a version of the case.
func (s *Service) AcknowledgeCase(ctx context.Context, id string, seen uint64) (Receipt, error) {
	return s.onReservation(ctx, AnswerRequests, "reservation.acknowledge", id, nowhere, func(sc *scene) error {
		return sc.acknowledge(id, seen, sc.Moment)
	})
}
