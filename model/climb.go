package model

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"weer/model/fault"
	"weer/model/feed"
)

// Climb takes what a console proves of requests to its hospital, by the name of
// the hospital's feed. A request that is over, or is not there, is passed over,
// and so is a rung that was proved before: acks may come late and twice. Forbidden:
// the hospital is not the caller's. Only that somebody opened a request is written
// into the audit: it names a person.
func (s *Service) Climb(ctx context.Context, feedName string, acks []feed.Ack) error {
	hospital, ok := strings.CutPrefix(feedName, string(feed.Hospital)+":")
	if !ok {
		return fault.Bad("feed", "is the feed of a hospital")
	}
	if err := mayEach(ctx, AnswerRequests, Record{Hospital: hospital}); err != nil {
		return err
	}
	for i, a := range acks {
		if !slices.Contains(Rungs, Rung(a.Rung)) {
			return fault.Bad(fmt.Sprintf("acks[%d].rung", i), "is one of %v", Rungs)
		}
	}
	for _, a := range acks {
		if err := s.climb(ctx, hospital, a.ID, Rung(a.Rung)); err != nil {
			return err
		}
	}
	return nil
}

// climb looks first without locks: of several consoles that show the same
// request only the first has anything to write.
func (s *Service) climb(ctx context.Context, hospital, id string, rung Rung) error {
	r, err := s.store.Reservation(ctx, id)
	switch {
	case err != nil:
		return err
	case r == nil || r.Hospital != hospital || !r.State.Goes() || r.Ladder.climb(rung, Moment{Now: 1}) == r.Ladder:
		return nil
	}
	call, _ := CallOf(ctx)
	return s.write(ctx, func(ctx context.Context, tx Tx) error {
		if err := stands(ctx, tx, call.By); err != nil {
			return err
		}
		sc, err := s.enter(ctx, tx, Case{ID: r.Case, Unit: r.Unit}, nowhere)
		if err != nil {
			return err
		}
		if err := sc.climb(id, rung, sc.Moment); err != nil {
			return err
		}
		if err := sc.leave(ctx, tx); err != nil || rung != RungOpened || len(sc.changed()) == 0 {
			return err
		}
		return tx.Sign(ctx, call, r.deed("reservation.open"), nil)
	})
}
