package model

import (
	"cmp"

	"weer/model/fault"
)

// Weights say what each fact is worth in minutes of driving: a hospital whose
// number is stale is ranked as if it lay a quarter of an hour further away.
// Everybody can argue with that, and an operator can change it: they are data.
type Weights struct {
	No float64 `json:"no"` // each no: the door is closed, the disease refused, nothing left; it comes last anyway, this orders those

	Announced   float64 `json:"announced"`    // an announcement about the emergency room or the disease is to be read first
	Noted       float64 `json:"noted"`        // the disease is accepted, with a note
	NotDeclared float64 `json:"not_declared"` // nothing is declared of the disease

	Enough      int     `json:"enough"`       // so many beds left, after all who ask, are as good as more
	PerBed      float64 `json:"per_bed"`      // each bed below that, or each patient over capacity
	Scarce      float64 `json:"scarce"`       // at most so much for all of them
	BedsUnknown float64 `json:"beds_unknown"` // no number of beds may be believed

	Ageing float64 `json:"ageing"` // the number of beds is ageing
	Stale  float64 `json:"stale"`  // it is stale (R12 of the screens' rules)

	// For KTAS 1 and 2; a 권역응급의료센터 adds nothing.
	LocalCentre  float64 `json:"local_centre"` // 지역응급의료센터
	LevelUnknown float64 `json:"level_unknown"`
	NoCentre     float64 `json:"no_centre"`

	// A console that is heard adds nothing.
	ConsoleVisible float64 `json:"console_visible"`
	ConsoleOpen    float64 `json:"console_open"`
	ConsoleNone    float64 `json:"console_none"` // somebody has to call by telephone
}

// DefaultWeights are those of a server that was told no others.
var DefaultWeights = Weights{
	No:        60,
	Announced: 10, Noted: 3, NotDeclared: 15,
	Enough: 4, PerBed: 2, Scarce: 10, BedsUnknown: 25,
	Ageing: 3, Stale: 15,
	LocalCentre: 3, LevelUnknown: 5, NoCentre: 10,
	ConsoleVisible: 1, ConsoleOpen: 3, ConsoleNone: 5,
}

// Check refuses weights by which something better could rank lower, or by which
// what is not known would not lie between yes and no. Invalid names each field.
func (w Weights) Check() error {
	var errs []error
	for _, of := range []struct {
		field        string
		value, least float64
	}{
		{"no", w.No, max(w.NotDeclared+w.Announced, w.BedsUnknown)},
		{"announced", w.Announced, 0}, {"noted", w.Noted, 0}, {"not_declared", w.NotDeclared, w.Noted},
		{"enough", float64(w.Enough), 0}, {"per_bed", w.PerBed, 0}, {"scarce", w.Scarce, 0}, {"beds_unknown", w.BedsUnknown, w.Scarce + w.Stale},
		{"ageing", w.Ageing, 0}, {"stale", w.Stale, w.Ageing},
		{"local_centre", w.LocalCentre, 0}, {"level_unknown", w.LevelUnknown, w.LocalCentre}, {"no_centre", w.NoCentre, w.LevelUnknown},
		{"console_visible", w.ConsoleVisible, 0}, {"console_open", w.ConsoleOpen, w.ConsoleVisible}, {"console_none", w.ConsoleNone, w.ConsoleOpen},
	} {
		if !(of.value >= of.least && of.value <= mostWeight) {
			errs = append(errs, fault.Bad(of.field, "lies between %v, for what is better weighs less, and %v", of.least, mostWeight))
		}
	}
	return fault.All(errs...)
}

// mostWeight is more minutes than any hospital is away.
const mostWeight = 10_000.0

// scarcity is what it adds that so few beds are left.
func (w *Weights) scarcity(left int) float64 {
	return min(w.Scarce, w.PerBed*float64(max(w.Enough-left, 0)))
}

// overload is what it adds that so many patients are over capacity.
func (w *Weights) overload(over int) float64 { return min(w.Scarce, w.PerBed*float64(over)) }

// ofLevel is what it adds that a critical patient is driven to such a hospital. A
// level that nobody says may be a centre's.
func (w *Weights) ofLevel(l Level) (FactCode, float64) {
	switch l {
	case LevelRegional:
		return FactRegionalCentre, 0
	case LevelLocal:
		return FactLocalCentre, w.LocalCentre
	case LevelLocalUnit, LevelReported:
		return FactNoCentre, w.NoCentre
	}
	return FactLevelUnknown, w.LevelUnknown
}

// ofReach is what it adds that a request is noticed so; a reach that a later
// server invents is none that can be relied on.
func (w *Weights) ofReach(r Reach) (FactCode, float64) {
	switch cmp.Or(r, ReachNone) {
	case ReachAudible:
		return FactConsoleAudible, 0
	case ReachVisible:
		return FactConsoleVisible, w.ConsoleVisible
	case ReachOpen:
		return FactConsoleOpen, w.ConsoleOpen
	}
	return FactConsoleNone, w.ConsoleNone
}
