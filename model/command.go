package model

import (
	"context"

	"weer/model/fault"
	"weer/model/feed"
)

// An order is what somebody wants of one hospital, and what the audit calls it.
type order struct {
	operation string // as in "correction.set"
	hospital  string
	detail    string // the item, the field, the announcement; no value
	right     Right
	decide    decision
	result    func() any // what the receipt names, asked after the change; may be nil
}

// command carries out an order. Whether its caller may is decided under the
// hospital's lock, by the region in which the hospital is then.
func (s *Service) command(ctx context.Context, o order) (Receipt, error) {
	decide := func(h Hospital, now feed.Time) (Hospital, bool, error) {
		if err := permit(ctx, o.right, Record{Hospital: h.ID, Region: h.Region}); err != nil {
			return h, false, err
		}
		return o.decide(h, now)
	}
	did := func() Deed {
		return Deed{Operation: o.operation, Subject: subjectOf(o.hospital), Detail: o.detail}
	}
	return s.act(ctx, did, func(ctx context.Context, tx Tx) error {
		_, err := changeIn(ctx, tx, []string{o.hospital}, decide)
		return err
	}, o.result)
}

// permit decides whether the context's caller has a right to a record. What
// nobody asked for is the system's own, and may.
func permit(ctx context.Context, right Right, of Record) error {
	call, asked := CallOf(ctx)
	if !asked {
		return nil
	}
	return call.By.May(right, of)
}

// speaker names who speaks: the context's caller, else whom the command names.
func speaker(ctx context.Context, named string) string {
	if call, asked := CallOf(ctx); asked {
		return call.By.Actor()
	}
	return named
}

// because is the context of a call that says why.
func because(ctx context.Context, reason string) context.Context {
	call, asked := CallOf(ctx)
	if !asked {
		return ctx
	}
	call.Reason = reason
	return WithCall(ctx, call)
}

func subjectOf(hospitalID string) string { return "hospital/" + hospitalID }

func checkAccount(by string) error {
	if by == "" || !Printable(by, MaxAccount) {
		return fault.Bad("by", "a person's word names the account that gives it, in at most %d characters", MaxAccount)
	}
	return nil
}
