package model

import (
	"maps"

	"weer/model/feed"
)

// settle decides what a screen is shown of everything that the sources say:
//
//   - the region: that of the list's address or an administrator's word, else
//     the one that the hpid names;
//   - the base: among the last observations of all sources the newest whose time
//     can be trusted;
//   - which corrections and words still stand, and which announcements that were
//     made here are over for so long that they go;
//   - which beds of patients who have arrived are in the hospital's own number;
//   - the readings: the base's with the corrections.
//
// It is called once for each hospital that is saved, with the database's clock.
func (h Hospital) settle(now feed.Time) Hospital {
	h.Region = h.region()
	h.Base = h.base(now)
	h.Corrections = h.standing(now)
	h.Words = h.spoken(now)
	h.Announcements = h.told(now)
	h.Holds = h.kept(now)
	h.Readings = h.merged()
	return h
}

func (h Hospital) region() string {
	if code := h.Institution().Region; code != "" {
		return code
	}
	code, _ := RegionOfHospital(h.ID)
	return code
}

func (h Hospital) base(now feed.Time) (base string) {
	for source := range h.Observed {
		if !h.gone(source) && (base == "" || h.prefers(source, base, now)) {
			base = source
		}
	}
	return base
}

// prefers reports whether source is rather shown than other. It orders any
// number of sources, whatever order they are asked in.
func (h Hospital) prefers(source, other string, now feed.Time) bool {
	a, b := h.Observed[source], h.Observed[other]
	trust := a.trusted(now)
	switch {
	case trust != b.trusted(now):
		return trust
	case trust && a.ObservedAt != b.ObservedAt:
		return a.ObservedAt > b.ObservedAt
	case pushed(source) != pushed(other):
		return pushed(source) // the hospital's own system is nearer to the beds
	case a.ReceivedAt != b.ReceivedAt:
		return a.ReceivedAt > b.ReceivedAt
	}
	return source < other
}

// standing are the corrections that nothing has ended.
func (h Hospital) standing(now feed.Time) map[string]Correction {
	after := maps.Clone(h.Corrections)
	maps.DeleteFunc(after, func(_ string, c Correction) bool { return now >= c.EndsAt || h.overtakes(c, now) })
	return after
}

// overtakes reports whether the base has news of a corrected item: another
// number than this source had when the person spoke, observed after that. The
// same number with a newer time is no news, nor is it news that another source
// has become the base with the number that it had all along.
func (h Hospital) overtakes(c Correction, now feed.Time) bool {
	base := h.Observed[h.Base]
	if !base.trusted(now) || base.ObservedAt <= c.MadeAt {
		return false
	}
	said, spoke := c.Said[h.Base]
	return !spoke || !said.sameNumber(base.Readings.Of(c.Item))
}

// merged are the base's readings with the corrections over them. A corrected
// number keeps the total that the base knows.
func (h Hospital) merged() Readings {
	base := h.Observed[h.Base].Readings
	if len(h.Corrections) == 0 {
		return base
	}
	after := make(Readings, len(base)+len(h.Corrections))
	maps.Copy(after, base)
	for item, c := range h.Corrections {
		r := c.Value
		if was := base[item]; r.State == Known && !r.HasTotal {
			r.Total, r.HasTotal = was.Total, was.HasTotal
		}
		after[item] = r
	}
	return after
}
