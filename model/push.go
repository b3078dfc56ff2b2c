package model

import (
	"context"
	"maps"
	"slices"
	"time"

	"weer/model/fault"
	"weer/model/feed"
)

// maxSource is the longest name of a source.
const maxSource = 60

// Push takes a batch of observations from a hospital's own system. Each item has
// its own outcome, in the order of the batch; one that is refused costs no
// other. nil says that the observation is held, or was already; Conflict, that
// one of the same source which is newer is held, and this one ignored.
//
// The error is for what concerns the whole batch: a source that has no name.
func (s *Service) Push(ctx context.Context, source string, batch []Observation) (outcomes []error, err error) {
	if !pushed(source) || !feed.ValidKey(source) || len(source) > maxSource || source == PushPrefix {
		return nil, fault.Bad("source", "a pushing source is named %s and a key, in at most %d characters", PushPrefix, maxSource)
	}
	p := push{source, batch, make([]error, len(batch)), map[string][]int{}}
	for i := range batch {
		p.sort(i)
	}
	regions := byPrefix(slices.Collect(maps.Keys(p.items)))
	for _, region := range slices.Sorted(maps.Keys(regions)) {
		if _, err := s.change(ctx, regions[region], p.take); err != nil {
			p.failAll(regions[region], err)
		}
	}
	return p.outcomes, nil
}

// A push is a batch on its way.
type push struct {
	source   string
	batch    []Observation
	outcomes []error
	items    map[string][]int // places in the batch, by hospital
}

func (p push) sort(i int) {
	o, err := p.batch[i].check()
	if err == nil && o.ObservedAt == 0 {
		err = fault.Bad("observed_at", "%s: a push says when it was observed", o.HospitalID)
	}
	if p.outcomes[i] = err; err == nil {
		p.items[o.HospitalID] = append(p.items[o.HospitalID], i)
	}
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
	return h, moved, nil
}

func (p push) failAll(ids []string, err error) {
	for _, id := range ids {
		for _, i := range p.items[id] {
			p.outcomes[i] = err
		}
	}
}
