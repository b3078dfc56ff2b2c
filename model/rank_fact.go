package model

import (
	"slices"

	"weer/model/feed"
)

// A Part is what a fact speaks of. A hospital has at most one fact of each.
type Part string

// The parts, in the order in which they are read: can they take the patient,
// how far is it, how many beds, how old is that, and the rest.
const (
	PartDoor       Part = "door"       // the emergency room as a whole
	PartAcceptance Part = "acceptance" // the disease
	PartMinutes    Part = "minutes"
	PartBeds       Part = "beds" // or what else is needed
	PartAge        Part = "age"  // of the number of beds
	PartLevel      Part = "level"
	PartConsole    Part = "console" // whether a request would be noticed
)

// A Fact is one reason of a hospital's place, told in a code so that a screen may
// word it; [Fact.Korean] and [Fact.English] are words for who has none.
type Fact struct {
	Code    FactCode
	Minutes float64 // what it adds to the score
	About   string  // code of the disease, the item, the announcement's reason or the level that it speaks of; "" of none
	Count   int     // as the code says; else 0
}

// A FactCode says what a fact says.
type FactCode string

// The codes. A door that nothing is said of has no fact; neither has the
// acceptance when the patient's disease is not known, the age of no number, and
// the level when it makes no odds.
const (
	FactClosed     FactCode = "door_closed"    // an announcement closes it; About: its reason
	FactDoorNo     FactCode = "door_refused"   // declared as taking nobody
	FactDoorNotice FactCode = "door_announced" // an announcement is to be read first; About: its reason, where it has one

	FactAccepted      FactCode = "accepted"       // About: the disease, as in all of these
	FactAcceptedNoted FactCode = "accepted_noted" // with a note: limits of age or weight
	FactLimited       FactCode = "limited"        // an announcement about it is to be read first
	FactNotDeclared   FactCode = "not_declared"
	FactRefused       FactCode = "refused"

	FactMinutes   FactCode = "minutes"    // Count: rounded
	FactNoMinutes FactCode = "no_minutes" // nobody knows the way

	FactBeds        FactCode = "beds_free"      // About: the item; Count: what is free
	FactContended   FactCode = "beds_contended" // some are free, but as many ask already; Count: what is free
	FactFull        FactCode = "beds_full"
	FactOver        FactCode = "beds_over" // Count: patients above capacity, those on the way among them
	FactNotOffered  FactCode = "beds_not_offered"
	FactNotReported FactCode = "beds_not_reported"
	FactBedsUnknown FactCode = "beds_unknown"
	FactBedsUndated FactCode = "beds_undated"
	FactBedsTooOld  FactCode = "beds_withdrawn"

	FactFresh  FactCode = "fresh" // Count: seconds since it was observed, as in the other two
	FactAgeing FactCode = "ageing"
	FactStale  FactCode = "stale"

	FactRegionalCentre FactCode = "regional_centre" // 권역응급의료센터
	FactLocalCentre    FactCode = "local_centre"    // 지역응급의료센터
	FactLevelUnknown   FactCode = "level_unknown"
	FactNoCentre       FactCode = "no_centre"

	FactConsoleAudible FactCode = "console_audible"
	FactConsoleVisible FactCode = "console_visible"
	FactConsoleOpen    FactCode = "console_open"
	FactConsoleNone    FactCode = "console_none" // call by telephone
)

type factKind struct {
	part Part
	fit  Fit
}

var factKinds = map[FactCode]factKind{
	FactClosed: {PartDoor, FitNo}, FactDoorNo: {PartDoor, FitNo}, FactDoorNotice: {PartDoor, FitUnknown},

	FactAccepted: {PartAcceptance, FitYes}, FactAcceptedNoted: {PartAcceptance, FitYes},
	FactLimited: {PartAcceptance, FitUnknown}, FactNotDeclared: {PartAcceptance, FitUnknown}, FactRefused: {PartAcceptance, FitNo},

	FactMinutes: {PartMinutes, FitYes}, FactNoMinutes: {PartMinutes, FitUnknown},

	FactBeds: {PartBeds, FitYes}, FactContended: {PartBeds, FitUnknown},
	FactFull: {PartBeds, FitNo}, FactOver: {PartBeds, FitNo}, FactNotOffered: {PartBeds, FitNo},
	FactNotReported: {PartBeds, FitUnknown}, FactBedsUnknown: {PartBeds, FitUnknown},
	FactBedsUndated: {PartBeds, FitUnknown}, FactBedsTooOld: {PartBeds, FitUnknown},

	FactFresh: {PartAge, FitYes}, FactAgeing: {PartAge, FitYes}, FactStale: {PartAge, FitUnknown},

	FactRegionalCentre: {PartLevel, FitYes}, FactLocalCentre: {PartLevel, FitYes},
	FactLevelUnknown: {PartLevel, FitUnknown}, FactNoCentre: {PartLevel, FitUnknown},

	FactConsoleAudible: {PartConsole, FitYes}, FactConsoleVisible: {PartConsole, FitYes},
	FactConsoleOpen: {PartConsole, FitUnknown}, FactConsoleNone: {PartConsole, FitUnknown},
}

// Part is what the fact speaks of.
func (f Fact) Part() Part { return factKinds[f.Code].part }

// Fit says how the fact is to be taken: as good, as something to ask about, or
// as a no.
func (f Fact) Fit() Fit { return factKinds[f.Code].fit }

// doorOf is whether the emergency room takes anybody. An announcement in words
// alone may say anything: it is to be read.
func doorOf(c *Card, now feed.Time, w *Weights) []Fact {
	var notice []Fact
	for _, a := range c.Announcements {
		switch {
		case a.Kind != AnnouncementER || a.Disease != "" || a.Reason == ReasonPossible || !a.ActiveAt(now):
		case reasonByCode[a.Reason].Closes:
			return []Fact{{FactClosed, w.No, string(a.Reason), 0}}
		case notice == nil:
			notice = []Fact{{FactDoorNotice, w.Announced, string(a.Reason), 0}}
		}
	}
	if fitOfDisease(c, gatekeeper, now) == WhyRefused {
		return []Fact{{FactDoorNo, w.No, gatekeeper, 0}}
	}
	return notice
}

// acceptance is whether the hospital takes the patient's disease. Where it
// declares nothing, an announcement about the disease is still to be read.
func (n *Need) acceptance(c *Card, w *Weights) []Fact {
	if n.Category == "" {
		return nil
	}
	f := Fact{Code: FactAccepted, About: n.Category}
	switch why := fitOfDisease(c, n.Category, n.Now); {
	case why == WhyRefused:
		return []Fact{{FactRefused, w.No, n.Category, 0}}
	case why == WhyNotReported:
		f.Code, f.Minutes = FactNotDeclared, w.NotDeclared
	case c.Declarations[n.Category].Note != "":
		f.Code, f.Minutes = FactAcceptedNoted, w.Noted
	}
	if c.warnsOf(n.Category, n.Now) {
		f.Code, f.Minutes = FactLimited, f.Minutes+w.Announced
	}
	return []Fact{f}
}

func bedsOf(item string, net Net, w *Weights) []Fact {
	f := Fact{About: item}
	switch {
	case net.State == NetNotOffered:
		f.Code, f.Minutes = FactNotOffered, w.No
	case net.State != NetKnown:
		f.Code, f.Minutes = "beds_"+FactCode(net.State), w.BedsUnknown
	case net.Free < 0:
		f.Code, f.Minutes, f.Count = FactOver, w.No+w.overload(-net.Free), -net.Free
	case net.Free == 0:
		f.Code, f.Minutes = FactFull, w.No
	case net.Contested <= 0:
		f.Code, f.Minutes, f.Count = FactContended, w.scarcity(net.Contested), net.Free
	default:
		f.Code, f.Minutes, f.Count = FactBeds, w.scarcity(net.Contested), net.Free
	}
	return []Fact{f}
}

// age is how old the number is. That a no is old makes it no worse.
func (n *Need) age(observed feed.Time, net Net, w *Weights) []Fact {
	if net.State != NetKnown {
		return nil
	}
	f := Fact{Code: FactFresh, Count: int(max(n.Now-observed, 0) / 1000)}
	switch n.Timings.FreshnessOf(observed, n.Now.Std()) {
	case feed.Ageing:
		f.Code, f.Minutes = FactAgeing, w.Ageing
	case feed.Stale:
		f.Code, f.Minutes = FactStale, w.Stale
	}
	if net.Full() {
		f.Minutes = 0
	}
	return []Fact{f}
}

func (n *Need) level(l Level, w *Weights) []Fact {
	if !n.critical() {
		return nil
	}
	code, minutes := w.ofLevel(l)
	return []Fact{{code, minutes, string(l), 0}}
}

func consoleOf(r Reach, w *Weights) []Fact {
	code, minutes := w.ofReach(r)
	return []Fact{{Code: code, Minutes: minutes}}
}

// Fact is the hospital's fact of a part.
func (r Ranked) Fact(p Part) (Fact, bool) {
	i := slices.IndexFunc(r.Facts, func(f Fact) bool { return f.Part() == p })
	if i < 0 {
		return Fact{}, false
	}
	return r.Facts[i], true
}
