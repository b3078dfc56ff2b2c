package model

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"weer/model/fault"
	"weer/model/feed"
)

// A Need is a patient for whom a hospital is looked for.
type Need struct {
	Triage
	Item    string             // code of the item that the patient needs; "": a bed of the emergency room for the age
	Minutes map[string]float64 // of driving, by hospital id; nobody knows those of a hospital that is not in it

	Now     feed.Time    // the server's clock
	Timings feed.Timings // the server's bands; zero is [feed.DefaultTimings]
}

// Check refuses what no patient can need. Invalid names each field.
func (n Need) Check() error {
	var item error
	if _, known := ItemByCode(n.Item); n.Item != "" && !known {
		item = noSuchItem()
	}
	return fault.All(n.Triage.check(), item)
}

// A Ranked is a hospital in its place, with all that put it there.
type Ranked struct {
	Card *Card
	// Fit is as bad as the worst that is known of its door, its acceptance and
	// its beds.
	Fit Fit
	// Score is in minutes, less is better: those of the way, where they are
	// known, and what each fact adds. It is the sum over the facts.
	Score      float64
	HasMinutes bool
	// LeftOut says that a screen may leave the hospital out: it says no, and the
	// patient is of KTAS 3 to 5. For graver ones, and before anybody has
	// assessed it, nothing is left out: in need somebody asks all the same.
	LeftOut bool

	Item       string    // what was looked for here
	Net        Net       // what is left of it
	ObservedAt feed.Time // when that was observed; 0 when it could not be read
	Facts      []Fact    // in the order in which they are read
}

// Rank puts hospitals in order for a patient, the best first. It hides nothing:
// whatever is on the board is in the answer.
//
// A hospital that says no comes after all that do not; then one whose minutes
// nobody knows after those whose are known; then the score decides, then the id.
// So the order is total and depends on nothing but the board, the need and the
// weights. Whatever gets better about a hospital never makes its place worse,
// and what is not known stands between yes and no: for weights that pass
// [Weights.Check]; zero is [DefaultWeights]. The vectors in testdata/rank.json
// hold Go and TypeScript together.
func Rank(cards []Card, n Need, w Weights) []Ranked {
	if n.Timings == (feed.Timings{}) {
		n.Timings = feed.DefaultTimings
	}
	if w == (Weights{}) {
		w = DefaultWeights
	}
	ranked := make([]Ranked, len(cards))
	for i := range cards {
		ranked[i] = n.rank(&cards[i], &w)
	}
	slices.SortFunc(ranked, Ranked.compare)
	return ranked
}

func (r Ranked) compare(other Ranked) int {
	return cmp.Or(
		trueLast(r.Fit == FitNo, other.Fit == FitNo),
		trueLast(!r.HasMinutes, !other.HasMinutes),
		cmp.Compare(r.Score, other.Score),
		strings.Compare(r.Card.ID, other.Card.ID))
}

func trueLast(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

func (n *Need) rank(c *Card, w *Weights) Ranked {
	r := Ranked{Card: c, Fit: FitYes, Item: n.itemAt(c)}
	r.Net, r.ObservedAt = c.Net(r.Item, n.Now, n.Timings), c.observedAt(r.Item)
	r.Facts = slices.Concat(
		doorOf(c, n.Now, w), n.acceptance(c, w), n.way(c.ID), bedsOf(r.Item, r.Net, w),
		n.age(r.ObservedAt, r.Net, w), n.level(c.Level, w), consoleOf(c.Console, w))
	for _, f := range r.Facts {
		r.Score += f.Minutes
		r.HasMinutes = r.HasMinutes || f.Code == FactMinutes
		switch f.Part() {
		case PartDoor, PartAcceptance, PartBeds:
			r.Fit = min(r.Fit, f.Fit())
		}
	}
	r.LeftOut = r.Fit == FitNo && n.KTAS >= 3
	return r
}

const (
	pediatricBeds = "er.pediatric"
	// gatekeeper is the disease by which a hospital declares of its emergency
	// room as a whole.
	gatekeeper = "severe.emergency_room"
)

// children are the ages that a paediatric emergency room is for.
var children = []string{"newborn", "infant", "child"}

// itemAt is what the patient needs at a hospital. Few have beds for children
// alone; where they are not told of, a child lies in one like others.
func (n *Need) itemAt(c *Card) string {
	if n.Item == "" && slices.Contains(children, n.AgeBand) && c.Readings.Of(pediatricBeds).State == Known {
		return pediatricBeds
	}
	return cmp.Or(n.Item, DefaultItem)
}

// critical reports whether the patient is one for whom the large emergency
// centres are.
func (n *Need) critical() bool { return n.KTAS == 1 || n.KTAS == 2 }

// way is how long the way is. What is no time is not known.
func (n *Need) way(id string) []Fact {
	minutes, ok := n.Minutes[id]
	if !ok || !(minutes >= 0) || math.IsInf(minutes, 1) {
		return []Fact{{Code: FactNoMinutes}}
	}
	return []Fact{{Code: FactMinutes, Minutes: minutes, Count: int(math.Round(minutes))}}
}
