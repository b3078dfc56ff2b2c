package model

import (
	"math"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"weer/model/fault"
	"weer/model/feed"
)

const heart = "severe.mi_reperfusion"

// best is a hospital of which everything is known and good.
func best(id string) Card {
	return Card{
		ID: id, Name: id, Level: LevelRegional, ObservedAt: testNoon, Console: ReachAudible,
		Readings:     Readings{general: {State: Known, Value: 9}},
		Declarations: Declarations{heart: {State: Accepts}},
	}
}

// needs is a patient with a heart attack, ten minutes from a and b and so on.
func needs(ktas int) Need {
	minutes := map[string]float64{}
	for _, id := range strings.Split("abcdefgh", "") {
		minutes[id] = 10
	}
	return Need{Triage: Triage{KTAS: ktas, Category: heart}, Minutes: minutes, Now: testNoon}
}

func codesIn(facts []Fact) string {
	codes := make([]string, len(facts))
	for i, f := range facts {
		codes[i] = string(f.Code)
	}
	return strings.Join(codes, " ")
}

func ids(ranked []Ranked) string {
	list := make([]string, len(ranked))
	for i, r := range ranked {
		list[i] = r.Card.ID
	}
	return strings.Join(list, " ")
}

func TestWhatIsSaidOfAHospital(t *testing.T) {
	announced := func(kind AnnouncementKind, reason AnnouncementReason, disease string) func(*Card, *Need) {
		return func(c *Card, _ *Need) {
			c.Announcements = append(c.Announcements, Announcement{ID: "1", Kind: kind, Reason: reason, Disease: disease, StartsAt: testNoon})
		}
	}
	declared := func(d Declaration) func(*Card, *Need) {
		return func(c *Card, _ *Need) { c.Declarations[heart] = d }
	}
	beds := func(r Reading, l ItemLoad) func(*Card, *Need) {
		return func(c *Card, _ *Need) { c.Readings[general], c.Load = r, Load{general: l} }
	}
	aged := func(ms feed.Time) func(*Card, *Need) {
		return func(c *Card, _ *Need) { c.ObservedAt = testNoon - ms }
	}
	w := DefaultWeights
	for name, c := range map[string]struct {
		change func(*Card, *Need)
		facts  string  // that differ from the best's
		adds   float64 // to its ten minutes
		fit    Fit
	}{
		"the best":                          {func(*Card, *Need) {}, "", 0, FitYes},
		"the ER is closed":                  {announced(AnnouncementER, ReasonClosed, ""), "door_closed", w.No, FitNo},
		"the ER is overcrowded":             {announced(AnnouncementER, ReasonOvercrowded, ""), "door_closed", w.No, FitNo},
		"a disaster":                        {announced(AnnouncementER, ReasonDisaster, ""), "door_closed", w.No, FitNo},
		"few people":                        {announced(AnnouncementER, ReasonNoStaff, ""), "door_announced", w.Announced, FitUnknown},
		"words alone":                       {announced(AnnouncementER, "", ""), "door_announced", w.Announced, FitUnknown},
		"the ER is open again":              {announced(AnnouncementER, ReasonPossible, ""), "", 0, FitYes},
		"the ER says it of the disease":     {announced(AnnouncementER, ReasonNoBeds, heart), "limited", w.Announced, FitUnknown},
		"a severe one closes no door":       {announced(AnnouncementSevere, ReasonClosed, ""), "", 0, FitYes},
		"no specialist":                     {announced(AnnouncementSevere, ReasonNoSpecialist, heart), "limited", w.Announced, FitUnknown},
		"of another disease":                {announced(AnnouncementSevere, ReasonNoSpecialist, "severe.burn"), "", 0, FitYes},
		"possible again":                    {announced(AnnouncementSevere, ReasonPossible, heart), "", 0, FitYes},
		"refused":                           {declared(Declaration{State: Refuses}), "refused", w.No, FitNo},
		"not declared":                      {declared(Declaration{}), "not_declared", w.NotDeclared, FitUnknown},
		"not stated":                        {declared(Declaration{State: AcceptanceNotStated, Note: "야간"}), "not_declared", w.NotDeclared, FitUnknown},
		"accepted with a note":              {declared(Declaration{State: Accepts, Note: "성인"}), "accepted_noted", w.Noted, FitYes},
		"the whole ER is refused":           {func(c *Card, _ *Need) { c.Declarations[gatekeeper] = Declaration{State: Refuses} }, "door_refused", w.No, FitNo},
		"nobody knows what the patient has": {func(_ *Card, n *Need) { n.Category = "" }, "", 0, FitYes},
		"four beds":                         {beds(Reading{State: Known, Value: 4}, ItemLoad{}), "", 0, FitYes},
		"two beds":                          {beds(Reading{State: Known, Value: 2}, ItemLoad{}), "", 2 * w.PerBed, FitYes},
		"five, one held and one asked":      {beds(Reading{State: Known, Value: 5}, ItemLoad{Held: 1, Coming: 1, Asked: 1}), "", 1 * w.PerBed, FitYes},
		"as many ask as are free":           {beds(Reading{State: Known, Value: 2}, ItemLoad{Asked: 2}), "beds_contended", 4 * w.PerBed, FitUnknown},
		"many ask":                          {beds(Reading{State: Known, Value: 2}, ItemLoad{Asked: 40}), "beds_contended", w.Scarce, FitUnknown},
		"the last one is held":              {beds(Reading{State: Known, Value: 1}, ItemLoad{Held: 1}), "beds_full", w.No, FitNo},
		"full":                              {beds(Reading{State: Known}, ItemLoad{}), "beds_full", w.No, FitNo},
		"over by two":                       {beds(Reading{State: Known, Value: -2}, ItemLoad{}), "beds_over", w.No + 2*w.PerBed, FitNo},
		"over by fifty":                     {beds(Reading{State: Known, Value: -50}, ItemLoad{}), "beds_over", w.No + w.Scarce, FitNo},
		"none to be had":                    {beds(Reading{State: NotOffered}, ItemLoad{}), "beds_not_offered", w.No, FitNo},
		"beds are not reported":             {beds(Reading{State: NotReported}, ItemLoad{}), "beds_not_reported", w.BedsUnknown, FitUnknown},
		"beds are unknown":                  {beds(Reading{State: Unknown, Value: 999}, ItemLoad{}), "beds_unknown", w.BedsUnknown, FitUnknown},
		"ten minutes old":                   {aged(10 * testMin), "", 0, FitYes},
		"twenty":                            {aged(20 * testMin), "ageing", w.Ageing, FitYes},
		"twenty-three":                      {aged(23 * testMin), "stale", w.Stale, FitYes},
		"older than an hour":                {aged(61 * testMin), "beds_withdrawn", w.BedsUnknown, FitUnknown},
		"of no time":                        {aged(testNoon), "beds_undated", w.BedsUnknown, FitUnknown},
		"of tomorrow":                       {aged(-1440 * testMin), "beds_undated", w.BedsUnknown, FitUnknown},
		"full, and stale":                   {func(c *Card, n *Need) { aged(30*testMin)(c, n); beds(Reading{State: Known}, ItemLoad{})(c, n) }, "beds_full stale", w.No, FitNo},
		"a local centre":                    {func(c *Card, _ *Need) { c.Level = LevelLocal }, "local_centre", w.LocalCentre, FitYes},
		"no centre":                         {func(c *Card, _ *Need) { c.Level = LevelReported }, "no_centre", w.NoCentre, FitYes},
		"of no level":                       {func(c *Card, _ *Need) { c.Level = "" }, "level_unknown", w.LevelUnknown, FitYes},
		"of a level of later":               {func(c *Card, _ *Need) { c.Level = "G010" }, "level_unknown", w.LevelUnknown, FitYes},
		"no centre, and nobody critical":    {func(c *Card, n *Need) { c.Level, n.KTAS = LevelReported, 3 }, "", 0, FitYes},
		"a silent console":                  {func(c *Card, _ *Need) { c.Console = ReachVisible }, "console_visible", w.ConsoleVisible, FitYes},
		"one that nobody sees":              {func(c *Card, _ *Need) { c.Console = ReachOpen }, "console_open", w.ConsoleOpen, FitYes},
		"none":                              {func(c *Card, _ *Need) { c.Console = ReachNone }, "console_none", w.ConsoleNone, FitYes},
		"never one":                         {func(c *Card, _ *Need) { c.Console = "" }, "console_none", w.ConsoleNone, FitYes},
		"nowhere":                           {func(_ *Card, n *Need) { n.Minutes = nil }, "no_minutes", -10, FitYes},
		"in no time":                        {func(_ *Card, n *Need) { n.Minutes["a"] = math.NaN() }, "no_minutes", -10, FitYes},
		"before now":                        {func(_ *Card, n *Need) { n.Minutes["a"] = -1 }, "no_minutes", -10, FitYes},
		"at the end of time":                {func(_ *Card, n *Need) { n.Minutes["a"] = math.Inf(1) }, "no_minutes", -10, FitYes},
	} {
		t.Run(name, func(t *testing.T) {
			card, need := best("a"), needs(1)
			usual := codesIn(Rank([]Card{card}, need, Weights{})[0].Facts)
			c.change(&card, &need)
			r := Rank([]Card{card}, need, Weights{})[0]
			news := slices.DeleteFunc(slices.Clone(r.Facts), func(f Fact) bool { return strings.Contains(" "+usual+" ", " "+string(f.Code)+" ") })
			if codesIn(news) != c.facts || r.Score != 10+c.adds || r.Fit != c.fit {
				t.Errorf("%s, score %v, %v (%+v)", codesIn(news), r.Score, r.Fit, r.Facts)
			}
		})
	}
}

func TestTheOrderForAPatient(t *testing.T) {
	card := func(id string, change func(*Card)) Card {
		c := best(id)
		change(&c)
		return c
	}
	board := []Card{
		card("a", func(c *Card) { c.Readings[general] = Reading{State: Known} }),    // full
		card("b", func(c *Card) { c.ObservedAt -= 30 * testMin }),                   // stale
		card("c", func(c *Card) { c.Declarations = nil }),                           // declares nothing
		card("d", func(*Card) {}),                                                   // the best
		card("e", func(c *Card) { c.Level = LevelReported; c.Console = ReachOpen }), // a small one
		card("far", func(*Card) {}),                                                 // nobody knows how far
	}
	board[5].ID = "z"
	need := needs(2)
	if got := ids(Rank(board, need, Weights{})); got != "d e b c z a" {
		t.Error(got)
	}
	for id, minutes := range map[string]float64{"d": 24.5, "c": 9} {
		need.Minutes[id] = minutes
	}
	if got := ids(Rank(board, need, Weights{})); got != "e c d b z a" {
		t.Errorf("%s, with the best a quarter of an hour further away", got)
	}
	need.KTAS = 4
	ranked := Rank(board, need, Weights{})
	for _, r := range ranked {
		if r.LeftOut != (r.Card.ID == "a") {
			t.Errorf("%s: %v", r.Card.ID, r.LeftOut)
		}
	}
	for _, ktas := range []int{0, 1, 2} {
		need.KTAS = ktas
		for _, r := range Rank(board, need, Weights{}) {
			if r.LeftOut {
				t.Errorf("KTAS %d: %s is left out", ktas, r.Card.ID)
			}
		}
	}
}

func TestChildrenLieInTheirOwnBeds(t *testing.T) {
	reports := func(r Reading) Card {
		c := best("a")
		c.Readings[pediatricBeds] = r
		return c
	}
	for name, c := range map[string]struct {
		card Card
		need Need
		item string
	}{
		"a child":              {reports(Reading{State: Known, Value: 1}), Need{Triage: Triage{AgeBand: "child"}}, pediatricBeds},
		"a child, all full":    {reports(Reading{State: Known}), Need{Triage: Triage{AgeBand: "infant"}}, pediatricBeds},
		"no such beds":         {reports(Reading{State: NotOffered}), Need{Triage: Triage{AgeBand: "newborn"}}, general},
		"nothing told of them": {best("a"), Need{Triage: Triage{AgeBand: "child"}}, general},
		"an adult":             {reports(Reading{State: Known, Value: 1}), Need{Triage: Triage{AgeBand: "adult"}}, general},
		"nobody knows":         {reports(Reading{State: Known, Value: 1}), Need{}, general},
		"something else":       {reports(Reading{State: Known, Value: 1}), Need{Triage: Triage{AgeBand: "child"}, Item: "icu.pediatric"}, "icu.pediatric"},
	} {
		c.need.Now = testNoon
		if r := Rank([]Card{c.card}, c.need, Weights{})[0]; r.Item != c.item {
			t.Errorf("%s: %s", name, r.Item)
		}
	}
}

func TestFactsInWords(t *testing.T) {
	for _, c := range []struct {
		fact            Fact
		korean, english string
	}{
		{Fact{Code: FactAccepted, About: heart}, "심근경색 가능", "MI: accepted"},
		{Fact{Code: FactLimited, About: heart}, "심근경색 제한 확인", "MI: read notice"},
		{Fact{Code: FactClosed, About: string(ReasonDisaster)}, "재난·다수 사상자 대응 중", "Disaster or mass casualties"},
		{Fact{Code: FactOver, About: general, Count: 2}, "포화 +2", "Over by 2"},
		{Fact{Code: FactBeds, About: general, Count: 6}, "병상 6", "6 free"},
		{Fact{Code: FactBeds, About: "equipment.ct", Count: 1}, "사용 가능", "Usable"},
		{Fact{Code: FactMinutes, Count: 7}, "도착 7분", "7 min"},
		{Fact{Code: FactFresh, Count: 9}, "방금", "just now"},
		{Fact{Code: FactFresh, Count: 47}, "40초 전", "40 s ago"},
		{Fact{Code: FactStale, Count: 23*60 + 59}, "23분 전", "23 min ago"},
		{Fact{Code: FactConsoleNone}, "전화로 요청", "Call by telephone"},
	} {
		if k, e := c.fact.Korean(), c.fact.English(); k != c.korean || e != c.english {
			t.Errorf("%+v is %q, %q", c.fact, k, e)
		}
	}
}

// Every fact that there can be has short words, and no hole in them.
func TestEveryFactHasWords(t *testing.T) {
	abouts := map[Part][]string{PartBeds: {general, "equipment.ct"}}
	for _, d := range Diseases {
		abouts[PartAcceptance] = append(abouts[PartAcceptance], d.Code)
	}
	for _, r := range Reasons {
		abouts[PartDoor] = append(abouts[PartDoor], string(r.Code))
	}
	for code, kind := range factKinds {
		for _, about := range append(abouts[kind.part], "")[:max(1, len(abouts[kind.part]))] {
			f := Fact{Code: code, About: about, Count: 9999}
			for language, text := range map[string]string{"Korean": f.Korean(), "English": f.English()} {
				if n := utf8.RuneCountInString(text); n == 0 || n > 40 || language == "Korean" && n > 31 || strings.ContainsAny(text, "%!") || text != strings.TrimSpace(text) {
					t.Errorf("%+v in %s: %q", f, language, text)
				}
			}
		}
	}
	if !strings.HasPrefix((Fact{Code: FactAccepted, About: "severe.flu"}).Korean(), " ") {
		t.Error("a disease without words would not be noticed")
	}
}

func TestWeightsAreChecked(t *testing.T) {
	if err := DefaultWeights.Check(); err != nil {
		t.Fatal(err)
	}
	for field, spoil := range map[string]func(*Weights){
		"no":           func(w *Weights) { w.No = 24 },
		"announced":    func(w *Weights) { w.Announced = -1 },
		"not_declared": func(w *Weights) { w.NotDeclared = 2 },
		"enough":       func(w *Weights) { w.Enough = -1 },
		"beds_unknown": func(w *Weights) { w.BedsUnknown = 24 },
		"stale":        func(w *Weights) { w.Stale = math.NaN() },
		"no_centre":    func(w *Weights) { w.NoCentre = 1 },
		"console_none": func(w *Weights) { w.ConsoleNone = math.Inf(1) },
	} {
		w := DefaultWeights
		spoil(&w)
		if err := w.Check(); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), field) {
			t.Errorf("%s: %v", field, err)
		}
	}
}
