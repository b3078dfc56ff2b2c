package model

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"weer/model/fault"
	"weer/model/feed"
)

// maxSource is the longest name of a source.
const maxSource = 60

// PushSource names the source that a caller's pushes are of: its API key, else
// the hospital whose account it is. Pushes are kept by source, so two systems of
// one hospital with a key each stand beside each other, and two people of one
// hospital do not.
func PushSource(p Principal) string {
	if p.Key != "" {
		return PushPrefix + p.Key
	}
	return PushPrefix + p.Hospital
}

// Push takes a batch of observations from a hospital's own system. Each item has
// its own outcome, in the order of the batch; one that is refused costs no
// other. nil says that the observation is held, or was already; Conflict, that
// one of the same source which is newer is held, and this one ignored;
// Forbidden, that the hospital is not the caller's.
//
// Each region is a transaction of its own, and the receipt names what all of
// them came to. A batch needs no Idempotency-Key and keeps none: sent again, it
// finds what it said the first time and moves nothing, so its outcomes are
// decided anew and never remembered. The audit has a row for each hospital that
// moved; a batch without news leaves none.
//
// The error is for what concerns the whole batch: a source that has no name.
func (s *Service) Push(ctx context.Context, source string, batch []Observation) (outcomes []error, receipt Receipt, err error) {
	if !pushed(source) || !feed.ValidKey(source) || len(source) > maxSource || source == PushPrefix {
		return nil, receipt, fault.Bad("source", "a pushing source is named %s and a key, in at most %d characters", PushPrefix, maxSource)
	}
	p := push{source, batch, make([]error, len(batch)), map[string][]int{}, map[string]bool{}}
	for i := range batch {
		p.sort(ctx, i)
	}
	regions := byPrefix(slices.Collect(maps.Keys(p.items)))
	for _, region := range slices.Sorted(maps.Keys(regions)) {
		hints, err := s.writeHints(ctx, func(ctx context.Context, tx Tx) error { return p.write(ctx, tx, regions[region]) })
		if err != nil {
			p.failAll(regions[region], err)
			continue
		}
		moved, err := answers(hints)
		if err != nil {
			return nil, receipt, err
		}
		receipt.Feeds = append(receipt.Feeds, moved...)
	}
	slices.SortFunc(receipt.Feeds, func(a, b feed.Answer) int { return strings.Compare(a.Feed, b.Feed) })
	return p.outcomes, receipt, nil
}

// A push is a batch on its way.
type push struct {
	source   string
	batch    []Observation
	outcomes []error
	items    map[string][]int // places in the batch, by hospital
	moved    map[string]bool  // by hospital: whether it said something new
}

func (p push) sort(ctx context.Context, i int) {
	o, err := p.batch[i].check()
	if err == nil {
		err = fault.All(o.checkPushed(), permit(ctx, PushObservations, Record{Hospital: o.HospitalID}))
	}
	if p.outcomes[i] = err; err == nil {
		p.items[o.HospitalID] = append(p.items[o.HospitalID], i)
	}
}

// checkPushed refuses what a poll is forgiven for: a system that speaks for its
// own hospital can be told what is wrong.
func (o Observation) checkPushed() error {
	var errs []error
	if o.ObservedAt == 0 {
		errs = append(errs, fault.Bad("observed_at", "a push says when it was observed"))
	}
	for _, code := range slices.Sorted(maps.Keys(o.Readings)) {
		item, _ := ItemByCode(code)
		errs = append(errs, o.Readings[code].checkNumbers("readings."+code, item))
	}
	return fault.All(errs...)
}

// write takes one region's items into the database.
func (p push) write(ctx context.Context, tx Tx, ids []string) error {
	call, _ := CallOf(ctx)
	if err := stands(ctx, tx, call.By); err != nil {
		return err
	}
	if _, err := changeIn(ctx, tx, ids, p.take); err != nil {
		return err
	}
	call.Key = "" // the batch keeps none
	for _, id := range slices.Sorted(slices.Values(ids)) {
		if !p.moved[id] {
			continue
		}
		if err := tx.Sign(ctx, call, Deed{Operation: "observation.push", Subject: subjectOf(id), Detail: p.source}, nil); err != nil {
			return err
		}
	}
	return nil
}

// take is the decision about one hospital: its items in their order.
func (p push) take(h Hospital, now feed.Time) (after Hospital, moved bool, err error) {
	for _, i := range p.items[h.ID] {
		o := p.batch[i]
		if held := h.Observed[p.source]; held.outdates(o.ObservedAt, now) {
			p.outcomes[i] = fault.New(fault.Conflict, "%s: an observation of %s is held, which is newer", h.ID, held.ObservedAt.Std().Format(time.RFC3339))
			continue
		}
		p.outcomes[i] = nil
		next, news := h.observe(p.source, o, now)
		h, moved = next, moved || news
	}
	p.moved[h.ID] = moved
	return h, moved, nil
}

func (p push) failAll(ids []string, err error) {
	for _, id := range ids {
		for _, i := range p.items[id] {
			p.outcomes[i] = err
		}
	}
}
