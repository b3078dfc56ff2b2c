package model

import (
	"strings"

	"weer/model/feed"
)

// The sources, by the names they have in runs, beats and settings.
const (
	SourceBeds          = "egen.beds"         // operation 1
	SourceAcceptance    = "egen.acceptance"   // operation 2
	SourceInstitutions  = "egen.institutions" // operation 3
	SourceAnnouncements = "egen.messages"     // operation 9
	// SourceConsole is what people and programs say here of their own hospitals.
	SourceConsole = "console"
	// PushPrefix begins the names of hospital systems that push their own
	// observations: "push:<key>".
	PushPrefix = "push:"
)

func pushed(source string) bool { return strings.HasPrefix(source, PushPrefix) }

// An Observed is the last observation of one source of readings. The last one
// of each source is kept; which of them a screen is shown is decided anew
// whenever one moves ([Hospital.settle]).
type Observed struct {
	SourceTimes
	Readings Readings
}

// trusted reports whether the source's time may be compared with another's: it
// could be read, and does not lie in the future.
func (o Observed) trusted(now feed.Time) bool {
	return o.ObservedAt != 0 && !ahead(o.ObservedAt, now)
}

// ahead reports whether a source's time lies further in the future than clocks
// differ.
func ahead(t, now feed.Time) bool {
	return t > now+feed.Time(feed.DefaultTimings.FutureSkewMS)
}

// outdates reports whether an observation that comes now is older than the one
// held: answers may arrive out of order. A held time that lies in the future
// outdates nothing: sent once by mistake, it would shut out everything that
// comes until then. A time that could not be read is neither older nor newer;
// the newer answer counts, and shows as stale.
//
// Where no clock can be asked, now is 0: the moment when the held observation
// came is then the latest that is known to be past.
func (o Observed) outdates(came, now feed.Time) bool {
	return came != 0 && came < o.ObservedAt && !ahead(o.ObservedAt, max(now, o.ReceivedAt))
}
