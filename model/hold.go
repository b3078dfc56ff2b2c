package model

import (
	"maps"

	"weer/model/feed"
)

// A Hold is what one reservation takes of a hospital. It is a part of the
// hospital: whoever changes it holds the hospital's lock, and /load is derived
// from all of them, so that no bed is counted that no reservation stands for.
type Hold struct {
	Reservation string // id
	Item        string // code of the kind of bed
	Kind        HoldKind
	Since       feed.Time // when it became of this kind, the database's clock
}

// A HoldKind says how firmly a bed is taken.
type HoldKind string

// The kinds of holds.
const (
	HoldAsked    HoldKind = "asked"    // nothing is kept yet
	HoldComing   HoldKind = "coming"   // kept for a patient on the way
	HoldAbsorbed HoldKind = "absorbed" // the patient is there, and not in the hospital's own number yet
)

// Load is what reservations make of the hospital. Where a person has said a
// number since a patient arrived, it has the patient in it.
func (h Hospital) Load() Load {
	var load Load
	for _, hold := range h.Holds {
		l := load[hold.Item]
		switch hold.Kind {
		case HoldAsked:
			l.Asked++
		case HoldComing:
			l.Held++
			l.Coming++
		case HoldAbsorbed:
			if h.Corrections[hold.Item].MadeAt > hold.Since {
				continue
			}
			l.Held++
		}
		load = with(load, hold.Item, l)
	}
	return load
}

// take makes of a reservation's hold what its state asks for.
func (h Hospital) take(r Reservation, now feed.Time) Hospital {
	kind := map[ReservationState]HoldKind{Pending: HoldAsked, Approved: HoldComing, Arrived: HoldAbsorbed}[r.State]
	if kind == "" {
		h.Holds = without(h.Holds, r.ID)
		return h
	}
	hold := Hold{Reservation: r.ID, Item: r.Item, Kind: kind, Since: now}
	if was := h.Holds[r.ID]; was.Kind == kind {
		hold.Since = was.Since
	}
	h.Holds = with(h.Holds, r.ID, hold)
	return h
}

// kept are the holds without those of patients who are in the hospital's own
// number by now, or would have to be: a bed that somebody lies in is not free
// twice, and not kept for ever either. A correction takes none away, because it
// may be taken back.
func (h Hospital) kept(now feed.Time) map[string]Hold {
	after := maps.Clone(h.Holds)
	maps.DeleteFunc(after, func(_ string, hold Hold) bool {
		return hold.lapsed(now) || hold.Kind == HoldAbsorbed && h.observedSince(hold.Item, hold.Since, now)
	})
	return after
}

func (hold Hold) lapsed(now feed.Time) bool {
	return hold.Kind == HoldAbsorbed && now >= hold.Since+AbsorbMS
}

// observedSince reports whether the number that is shown of an item was observed
// after a moment, also when the source's clock runs ahead of ours. It is not
// where a person's word is shown instead.
func (h Hospital) observedSince(item string, moment, now feed.Time) bool {
	if _, corrected := h.Corrections[item]; corrected {
		return false
	}
	base := h.Observed[h.Base]
	return base.Readings.Of(item).State == Known && base.trusted(now) && min(base.ObservedAt, base.ReceivedAt) > moment
}
