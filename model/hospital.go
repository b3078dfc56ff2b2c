package model

import (
	"maps"
	"regexp"

	"weer/model/feed"
)

// A Hospital (의료기관) is everything that is known of it, source by source, and
// what follows from that for its region's screens.
type Hospital struct {
	ID     string // hpid: one letter and seven digits
	Region string // 시도 code: the feed it is in

	// As the sources say.
	Name          string                  // in the last bed report (operation 1)
	Tel           string                  // of the emergency room, there
	Listed        Institution             // in the national list; zero when it is not
	Overrides     map[string]Override     // by field of the list
	Observed      map[string]Observed     // by source
	Corrections   map[string]Correction   // by item code
	Declarations  Declarations            // by disease code
	Words         map[string]Word         // by disease code: what people say against the declarations
	Announcements map[string]Announcement // by id
	Holds         map[string]Hold         // by reservation: what is asked and kept of it
	// Console is whether anybody there would notice a request, as its open
	// consoles prove ([Console]), and ConsoleAt since when; "" when it never had one.
	Console   Reach
	ConsoleAt feed.Time
	// Missed counts the complete polls in a row that did not mention it, by
	// source. A source that ever mentioned it is in here, with 0 while it does.
	// What is missed MissedPolls times counts for nothing, but stays in the row:
	// an observation that comes back is still the same one.
	Missed map[string]int

	// What follows ([Hospital.settle]); it is stored as it was decided, because
	// the decision knew the time.
	Base     string   // the source whose observation is shown; "" when none is
	Readings Readings // the base's readings with the corrections that stand
}

// MissedPolls is how many complete polls without a hospital or an announcement
// it takes to believe that it is gone.
const MissedPolls = 2

var hospitalID = regexp.MustCompile(`^[A-Z][0-9]{7}$`)

// ValidHospitalID reports whether id has the form of an hpid.
func ValidHospitalID(id string) bool { return hospitalID.MatchString(id) }

// Feed names the hospital's region feed.
func (h Hospital) Feed() string { return feed.RegionFeed(h.Region) }

// Known reports whether the hospital is more than an id that was locked.
func (h Hospital) Known() bool { return h.Region != "" }

// mentioned reports whether anybody still speaks of the hospital. One that
// nobody does has no keys; its row stays, with what was corrected in the list.
func (h Hospital) mentioned() bool {
	for _, n := range h.Missed {
		if n < MissedPolls {
			return true
		}
	}
	for source := range h.Observed {
		if pushed(source) {
			return true
		}
	}
	return len(h.Announcements)+len(h.Corrections)+len(h.Words)+len(h.Holds) > 0
}

// gone reports whether a source no longer mentions the hospital.
func (h Hospital) gone(source string) bool { return h.Missed[source] >= MissedPolls }

// mention notes that a poll of a source had the hospital.
func (h Hospital) mention(source string) (after Hospital, moved bool) {
	if n, heard := h.Missed[source]; heard && n == 0 {
		return h, false
	}
	h.Missed = with(h.Missed, source, 0)
	return h, true
}

// miss notes that a complete poll of a source did not have the hospital.
func (h Hospital) miss(source string) (after Hospital, moved bool) {
	n, heard := h.Missed[source]
	if !heard || n >= MissedPolls {
		return h, false
	}
	h.Missed = with(h.Missed, source, n+1)
	return h, true
}

// with is a copy of m in which key has the value: what was read from the store
// is never changed in place.
func with[K comparable, V any](m map[K]V, key K, value V) map[K]V {
	after := make(map[K]V, len(m)+1)
	maps.Copy(after, m)
	after[key] = value
	return after
}

// without is a copy of m that has no such key.
func without[K comparable, V any](m map[K]V, key K) map[K]V {
	after := maps.Clone(m)
	delete(after, key)
	return after
}
