package model

import "weer/model/feed"

// A NetState says whether the number of a [Net] may be believed.
type NetState string

// The states. All but NetKnown have no number.
const (
	NetKnown       NetState = "known"
	NetUnknown     NetState = "unknown"      // the source said something that is no value
	NetNotReported NetState = "not_reported" // the source said nothing (미보고)
	NetNotOffered  NetState = "not_offered"  // the hospital does not have it (미보유)
	NetUndated     NetState = "undated"      // a number of no time, or of one that is still to come
	NetWithdrawn   NetState = "withdrawn"    // a number too old to be shown as one
)

// A Net is what is left of an item for the next patient: beds, or the one of a
// yes-or-no item, which a hold takes. It is never stored or sent: each reader
// makes it of a reading and what reservations make of the item, and the vectors
// in testdata/net.json hold Go and TypeScript together. It is comparable.
//
// A hospital's number tells what is free now; a patient on the way lies in none
// of its beds yet. An approval holds the bed that the patient is on the way to,
// so Coming is a part of Held and not another bed: what is free is value − Held.
// Who only asks holds nothing yet, and is counted apart.
type Net struct {
	State     NetState `json:"state"`
	Free      int      `json:"free"`      // value − held; negative: over by so many
	Contested int      `json:"contested"` // Free − asked: what is left if everybody who asks hears yes
}

// NetOf is what a reading and the item's load leave. observed is the time of the
// number: of a corrected one that of the person's word. A number that is too
// old, of no time or ahead of the clock is none, however good it looks, and a
// count below zero holds nothing: no bed comes of it.
func NetOf(r Reading, observed feed.Time, l ItemLoad, now feed.Time, t feed.Timings) Net {
	state := r.standing(observed, now, t)
	if state != NetKnown {
		return Net{State: state}
	}
	free := r.Value - max(l.Held, 0)
	return Net{state, free, free - max(l.Asked, 0)}
}

// Full reports whether it is known that nothing is left: only this refuses an
// approval that nobody insists on. What is not known is not full.
func (n Net) Full() bool { return n.State == NetKnown && n.Free <= 0 }

// standing is whether a reading that was observed then is a number now.
func (r Reading) standing(observed, now feed.Time, t feed.Timings) NetState {
	switch r.State {
	case Known:
	case NotReported:
		return NetNotReported
	case NotOffered:
		return NetNotOffered
	default:
		return NetUnknown
	}
	switch {
	case observed == 0 || observed > now+feed.Time(t.FutureSkewMS):
		return NetUndated
	case t.FreshnessOf(observed, now.Std()) == feed.Withdrawn:
		return NetWithdrawn
	}
	return NetKnown
}

// Net is what is left of an item at the hospital.
func (c *Card) Net(item string, now feed.Time, t feed.Timings) Net {
	return NetOf(c.Readings.Of(item), c.observedAt(item), c.Load[item], now, t)
}
