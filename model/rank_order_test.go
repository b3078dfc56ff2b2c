package model

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"weer/model/feed"
)

// A dial is one thing that may be known of a hospital, from the worst to the
// best; what is not known stands where the ranking has to put it.
type dial struct {
	name  string
	steps []func(*Card, *Need)
}

func steps[T any](set func(*Card, *Need, T), values ...T) (of []func(*Card, *Need)) {
	for _, v := range values {
		of = append(of, func(c *Card, n *Need) { set(c, n, v) })
	}
	return of
}

func setReading(c *Card, _ *Need, r Reading) { c.Readings[general] = r }

func setHeld(c *Card, _ *Need, held int) {
	l := c.Load[general]
	l.Held, l.Coming = held, held/2
	c.Load[general] = l
}

func setAsked(c *Card, _ *Need, asked int) {
	l := c.Load[general]
	l.Asked = asked
	c.Load[general] = l
}

func setAge(c *Card, _ *Need, ms feed.Time) { c.ObservedAt = testNoon - ms }

func setDeclared(c *Card, _ *Need, d Declaration) { c.Declarations[heart] = d }

func setMinutes(c *Card, n *Need, minutes float64) {
	if minutes >= 0 {
		n.Minutes[c.ID] = minutes
	}
}

func announce(c *Card, kind AnnouncementKind, reason AnnouncementReason, disease string, lifted bool) {
	c.Announcements = append(c.Announcements, Announcement{
		ID: fmt.Sprintf("m%d", len(c.Announcements)), Kind: kind, Reason: reason, Disease: disease, Lifted: lifted, StartsAt: testNoon - testMin,
	})
}

// The dials by their places.
const (
	dialBeds = iota
	dialAge
	dialHeld
	dialAsked
	dialDeclared
	dialNotice
	dialDoor
	dialMinutes
	dialLevel
	dialConsole
)

// firstBed is the first step of the beds at which there is one.
const firstBed = 5

var dials = []dial{
	{"beds", steps(setReading,
		Reading{State: Known, Value: -9}, Reading{State: Known, Value: -2}, Reading{State: Known},
		Reading{State: Unknown, Value: 7}, Reading{State: NotReported},
		Reading{State: Known, Value: 1}, Reading{State: Known, Value: 2}, Reading{State: Known, Value: 4}, Reading{State: Known, Value: 30})},
	{"age", steps(setAge, testNoon, 90*testMin, 60*testMin, 20*testMin+1, 15*testMin, 5*testMin, 0)},
	{"held", steps(setHeld, 5, 2, 1, 0)},
	{"asked", steps(setAsked, 9, 3, 1, 0)},
	{"declared", steps(setDeclared, Declaration{State: Refuses}, Declaration{State: AcceptanceNotStated}, Declaration{State: Accepts, Note: "성인"}, Declaration{State: Accepts})},
	{"notice", []func(*Card, *Need){
		func(c *Card, _ *Need) { announce(c, AnnouncementSevere, ReasonNoSpecialist, heart, false) },
		func(c *Card, _ *Need) { announce(c, AnnouncementSevere, ReasonNoSpecialist, heart, true) },
	}},
	{"door", []func(*Card, *Need){
		func(c *Card, _ *Need) { announce(c, AnnouncementER, ReasonClosed, "", false) },
		func(c *Card, _ *Need) { announce(c, AnnouncementER, "", "", false) },
		func(c *Card, _ *Need) { announce(c, AnnouncementER, ReasonPossible, "", false) },
	}},
	{"minutes", steps(setMinutes, -1, 180, 45.5, 20, 7.25, 0)},
	{"level", steps(func(c *Card, _ *Need, l Level) { c.Level = l }, LevelReported, "", LevelLocal, LevelRegional)},
	{"console", steps(func(c *Card, _ *Need, r Reach) { c.Console = r }, "", ReachOpen, ReachVisible, ReachAudible)},
}

// turned is a hospital with its dials turned so.
func turned(id string, at []int, n *Need) Card {
	c := Card{ID: id, Name: id, Readings: Readings{}, Declarations: Declarations{}, Load: Load{}, Corrected: map[string]feed.Time{}}
	for i, d := range dials {
		d.steps[at[i]](&c, n)
	}
	return c
}

// outranked reports whether a hospital comes behind one that is as good but for
// one thing, in which it is worse: the judge of the order, who knows no weight.
// The better one has the smaller id, so that it comes first where both weigh the
// same.
func outranked(better, worse []int, n Need, w Weights) bool {
	n.Minutes = map[string]float64{}
	board := []Card{turned("b", worse, &n), turned("a", better, &n)}
	return Rank(board, n, w)[0].Card.ID != "a"
}

// improves reports whether a turn of a dial makes something better. Two do not
// always: how young a number is and that there is one at all makes nothing better
// when it says that there is no room, for what is not known is a smaller no.
func improves(raised []int, d int) bool {
	if d != dialAge && d != dialBeds || raised[dialBeds] < firstBed && d == dialBeds {
		return true
	}
	n := Need{Minutes: map[string]float64{}}
	c := turned("a", raised, &n)
	return !NetOf(c.Readings[general], testNoon, c.Load[general], testNoon, feed.DefaultTimings).Full()
}

func drawDials(t *rapid.T, name string) []int {
	at := make([]int, len(dials))
	for i, d := range dials {
		at[i] = rapid.IntRange(0, len(d.steps)-1).Draw(t, name+" "+d.name)
	}
	return at
}

func drawNeed(t *rapid.T) Need {
	return Need{Triage: Triage{KTAS: rapid.IntRange(0, 5).Draw(t, "ktas"), Category: rapid.SampledFrom([]string{"", heart}).Draw(t, "category")}, Now: testNoon}
}

// drawWeights are any that pass the check.
func drawWeights(t *rapid.T) Weights {
	more := func(name string) float64 { return float64(rapid.IntRange(0, 20).Draw(t, name)) / 2 }
	w := Weights{Announced: more("announced"), Noted: more("noted"), PerBed: more("per bed"), Scarce: more("scarce"), Ageing: more("ageing"), LocalCentre: more("local"), ConsoleVisible: more("visible")}
	w.Enough = rapid.IntRange(0, 9).Draw(t, "enough")
	w.NotDeclared = w.Noted + more("not declared")
	w.Stale = w.Ageing + more("stale")
	w.BedsUnknown = w.Scarce + w.Stale + more("beds unknown")
	w.No = max(w.NotDeclared+w.Announced, w.BedsUnknown) + more("no")
	w.LevelUnknown = w.LocalCentre + more("level unknown")
	w.NoCentre = w.LevelUnknown + more("no centre")
	w.ConsoleOpen = w.ConsoleVisible + more("open")
	w.ConsoleNone = w.ConsoleOpen + more("none")
	if err := w.Check(); err != nil {
		t.Fatal(err)
	}
	return w
}

// Whatever gets better about a hospital, it never ranks lower for it; and as what
// is not known is a step of each dial, it lies between yes and no.
func TestBetterNeverRanksLower(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, w, worse := drawNeed(t), drawWeights(t), drawDials(t, "")
		d := rapid.IntRange(0, len(dials)-1).Draw(t, "turned")
		if worse[d] == len(dials[d].steps)-1 {
			return
		}
		raised := slices.Clone(worse)
		raised[d] = rapid.IntRange(worse[d]+1, len(dials[d].steps)-1).Draw(t, "to")
		if improves(raised, d) && outranked(raised, worse, n, w) {
			t.Fatalf("a better %s ranks lower", dials[d].name)
		}
	})
}

// The judge proves itself: each weighing that Check refuses is one of which it
// finds two hospitals in the wrong order.
func TestTheJudgeNoticesWeightsThatLie(t *testing.T) {
	for name, spoil := range map[string]func(*Weights){
		"a note":    func(w *Weights) { w.Noted = w.NotDeclared + 1 },
		"stale":     func(w *Weights) { w.Stale = w.BedsUnknown + 1 },
		"ageing":    func(w *Weights) { w.Ageing = w.Stale + 1 },
		"scarce":    func(w *Weights) { w.Scarce = w.BedsUnknown + 1; w.PerBed = w.Scarce },
		"per bed":   func(w *Weights) { w.PerBed = -1 },
		"announced": func(w *Weights) { w.Announced = -1 },
		"level":     func(w *Weights) { w.LevelUnknown = w.NoCentre + 1 },
		"centre":    func(w *Weights) { w.LocalCentre = w.LevelUnknown + 1 },
		"console":   func(w *Weights) { w.ConsoleOpen = w.ConsoleNone + 1 },
		"no":        func(w *Weights) { w.No = 1 },
	} {
		w := DefaultWeights
		spoil(&w)
		if w.Check() == nil {
			t.Errorf("%s: passed the check", name)
		}
		if !anyOutranked(w) {
			t.Errorf("%s: the judge notices nothing", name)
		}
	}
	if anyOutranked(DefaultWeights) {
		t.Error("the judge finds fault with the default weights")
	}
}

// anyOutranked turns each dial of a good hospital, and of one that is refused
// anyway, from each step to each better one.
func anyOutranked(w Weights) bool {
	need := Need{Triage: Triage{KTAS: 1, Category: heart}, Now: testNoon}
	for _, at := range [][]int{{8, 6, 3, 3, 3, 1, 2, 3, 3, 3}, {5, 6, 3, 3, 3, 1, 2, 3, 3, 3}, {8, 6, 3, 3, 3, 1, 0, 3, 3, 3}} {
		for d := range dials {
			for from := range dials[d].steps {
				for to := from + 1; to < len(dials[d].steps); to++ {
					worse, raised := slices.Clone(at), slices.Clone(at)
					worse[d], raised[d] = from, to
					if improves(raised, d) && outranked(raised, worse, need, w) {
						return true
					}
				}
			}
		}
	}
	return false
}

func TestARankIsATotalOrderThatHidesNobody(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, w := drawNeed(t), drawWeights(t)
		n.Minutes = map[string]float64{}
		board := make([]Card, rapid.IntRange(0, 8).Draw(t, "hospitals"))
		for i := range board {
			board[i] = turned(string(rune('a'+i)), drawDials(t, fmt.Sprint(i)), &n)
		}
		ranked := Rank(board, n, w)
		shuffled := rapid.Permutation(board).Draw(t, "shuffled")
		if again := Rank(shuffled, n, w); ids(again) != ids(ranked) {
			t.Fatalf("%s, and shuffled %s", ids(ranked), ids(again))
		}
		if len(ranked) != len(board) {
			t.Fatalf("%d of %d", len(ranked), len(board))
		}
		for i, r := range ranked {
			if r.LeftOut && (n.KTAS < 3 || r.Fit != FitNo) || r.Fit == FitNo && n.KTAS >= 3 != r.LeftOut {
				t.Fatalf("KTAS %d, %v, left out %v", n.KTAS, r.Fit, r.LeftOut)
			}
			if i > 0 && ranked[i-1].Fit == FitNo && r.Fit != FitNo {
				t.Fatal("a no stands before what is none")
			}
			sum, parts := 0.0, map[Part]bool{}
			for _, f := range r.Facts {
				sum += f.Minutes
				if parts[f.Part()] || f.Part() == "" || f.Minutes < 0 {
					t.Fatalf("%+v", r.Facts)
				}
				parts[f.Part()] = true
			}
			if sum != r.Score || len(r.Facts) > 7 {
				t.Fatalf("%v is not what %+v add", r.Score, r.Facts)
			}
			if f, ok := r.Fact(PartBeds); !ok || r.Fit == FitYes && (f.Code != FactBeds || r.Net.Contested <= 0) {
				t.Fatalf("%+v promises a bed", r)
			}
		}
	})
}

func BenchmarkRank(b *testing.B) {
	cards := board()
	n := Need{Triage: Triage{KTAS: 2, Category: heart}, Minutes: map[string]float64{}, Now: testNoon}
	for i := range cards {
		n.Minutes[cards[i].ID] = float64(i % 90)
	}
	b.ReportAllocs()
	for b.Loop() {
		if len(Rank(cards, n, Weights{})) != len(cards) {
			b.Fatal("somebody vanished")
		}
	}
}
