package model

import "weer/model/feed"

// A Net is what is free of an item once the holds are taken off.
type Net struct {
	Known bool
	Free  int
}

// NetOf takes the holds off a reading.
func NetOf(r Reading, observed feed.Time, l ItemLoad, now feed.Time, t feed.Timings) Net {
	known := r.State == Known && observed != 0 && !ahead(observed, now) && t.FreshnessOf(observed, now.Std()) != feed.Withdrawn
	return Net{known, r.Value - l.Held}
}

// Full reports whether it is known that nothing is left.
func (n Net) Full() bool { return n.Known && n.Free <= 0 }
