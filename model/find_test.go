package model

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"weer/model/feed"
)

var (
	cityHall = Point{37.5663, 126.9779} // 서울시청
	busanSt  = Point{35.1151, 129.0415} // 부산역
)

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b Point
		km   float64
	}{
		{cityHall, cityHall, 0},
		{cityHall, busanSt, 329.3},
		{cityHall, Point{37.5663 + 1, 126.9779}, 111.2}, // a degree of latitude
		{Point{0, 0}, Point{0, 180}, 20015.1},           // half around
	} {
		if got := Distance(c.a, c.b); math.Abs(got-c.km) > .1 {
			t.Errorf("%v to %v is %.3f km, want %.1f", c.a, c.b, got, c.km)
		}
	}
}

func TestDistanceIsAMetric(t *testing.T) {
	point := rapid.Custom(func(t *rapid.T) Point {
		return Point{rapid.Float64Range(33, 39).Draw(t, "lat"), rapid.Float64Range(124, 132).Draw(t, "lon")}
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := point.Draw(t, "a"), point.Draw(t, "b"), point.Draw(t, "c")
		ab := Distance(a, b)
		if ab < 0 || Distance(a, a) != 0 || math.Abs(ab-Distance(b, a)) > 1e-9 || Distance(a, c) > ab+Distance(b, c)+1e-9 {
			t.Fatalf("%v %v %v", a, b, c)
		}
	})
}

// has is a card of one reading, observed now.
func has(r Reading) Card {
	return Card{ID: "A1100001", Name: "길병원", Region: "11", Level: LevelLocal, ObservedAt: testNoon, Readings: Readings{general: r}}
}

func TestHowAHospitalFits(t *testing.T) {
	known := func(n int) Card { return has(Reading{State: Known, Value: n}) }
	aged := func(c Card, at feed.Time) Card { c.ObservedAt = at; return c }
	need, heart := Query{Items: []string{general}}, Query{Diseases: []string{"severe.mi_reperfusion"}}
	says := func(state Acceptance, words ...Announcement) Card {
		return Card{Declarations: Declarations{"severe.mi_reperfusion": {State: state}}, Announcements: words}
	}
	word := Announcement{Disease: "severe.mi_reperfusion", StartsAt: testNoon}
	lifted, over, other, early := word, word, word, word
	lifted.Lifted, over.EndsAt, other.Disease, early.StartsAt = true, testNoon, "severe.delivery", testNoon+1
	byHand := aged(known(2), testNoon-90*testMin)
	byHand.Corrected = map[string]feed.Time{general: testNoon - testMin}
	place := func(c Card, p Point) Card { c.Place = &p; return c }
	near := Query{From: &cityHall, WithinKM: 10}
	for name, c := range map[string]struct {
		card Card
		q    Query
		fit  Fit
		why  Why
	}{
		"one bed":                   {known(1), need, FitYes, ""},
		"none":                      {known(0), need, FitNo, WhyFull},
		"over capacity":             {known(-3), need, FitNo, WhyFull},
		"an unknown one":            {has(Reading{State: Unknown, Value: 9}), need, FitUnknown, WhyNotUsable},
		"not reported":              {has(Reading{State: NotReported}), need, FitUnknown, WhyNotReported},
		"nothing said of it":        {Card{}, need, FitUnknown, WhyNotReported},
		"not offered":               {has(Reading{State: NotOffered}), need, FitNo, WhyNotOffered},
		"a state of later":          {has(Reading{State: "promised", Value: 9}), need, FitUnknown, WhyNotUsable},
		"an hour old":               {aged(known(30), testNoon-60*testMin), need, FitYes, ""},
		"older":                     {aged(known(30), testNoon-60*testMin-1), need, FitUnknown, WhyTooOld},
		"eight years old":           {aged(known(30), 1_500_000_000_000), need, FitUnknown, WhyTooOld},
		"full an age ago":           {aged(known(0), 1_500_000_000_000), need, FitUnknown, WhyTooOld},
		"of no time":                {aged(known(30), 0), need, FitUnknown, WhyNoTime},
		"of the future":             {aged(known(30), testNoon+3*testMin), need, FitUnknown, WhyNoTime},
		"a person said so":          {byHand, need, FitYes, ""},
		"accepted":                  {says(Accepts), heart, FitYes, ""},
		"refused":                   {says(Refuses), heart, FitNo, WhyRefused},
		"not stated":                {says(AcceptanceNotStated), heart, FitUnknown, WhyNotReported},
		"nothing declared":          {Card{}, heart, FitUnknown, WhyNotReported},
		"accepted and announced":    {says(Accepts, word), heart, FitUnknown, WhyAnnouncement},
		"accepted, lifted":          {says(Accepts, lifted), heart, FitYes, ""},
		"accepted, over":            {says(Accepts, over), heart, FitYes, ""},
		"accepted, not begun":       {says(Accepts, early), heart, FitYes, ""},
		"accepted, of another":      {says(Accepts, other), heart, FitYes, ""},
		"refused and announced":     {says(Refuses, word), heart, FitNo, WhyRefused},
		"of the level":              {known(1), Query{Levels: []Level{LevelRegional, LevelLocal}}, FitYes, ""},
		"of another level":          {known(1), Query{Levels: []Level{LevelRegional}}, FitNo, WhyLevel},
		"of no level":               {Card{}, Query{Levels: []Level{LevelRegional}}, FitUnknown, WhyNoLevel},
		"in the region":             {known(1), Query{Regions: []string{"11", "41"}}, FitYes, ""},
		"in another region":         {known(1), Query{Regions: []string{"41"}}, FitNo, WhyRegion},
		"of the name":               {known(1), Query{Name: "길 병"}, FitYes, ""},
		"of another name":           {known(1), Query{Name: "백병원"}, FitNo, WhyName},
		"near":                      {place(known(1), cityHall), near, FitYes, ""},
		"far":                       {place(known(1), busanSt), near, FitNo, WhyFar},
		"far, but nobody asked":     {place(known(1), busanSt), Query{From: &cityHall}, FitYes, ""},
		"nowhere":                   {known(1), near, FitUnknown, WhyNoPlace},
		"nowhere, but nobody asked": {known(1), Query{From: &cityHall}, FitYes, ""},
		"nothing asked":             {Card{}, Query{}, FitYes, ""},
	} {
		c.q.Now, c.q.Misses = testNoon, true
		found := Find([]Card{c.card}, c.q)
		if len(found) != 1 || found[0].Fit != c.fit {
			t.Errorf("%s: %+v, want %v", name, found, c.fit)
			continue
		}
		reasons := found[0].Reasons
		if c.why == "" && len(reasons) > 0 || c.why != "" && (len(reasons) != 1 || reasons[0].Why != c.why || reasons[0].Fit != c.fit) {
			t.Errorf("%s: %+v, want %s", name, reasons, c.why)
		}
		c.q.Misses = false
		if left := Find([]Card{c.card}, c.q); (len(left) == 1) != (c.fit != FitNo) {
			t.Errorf("%s without misses: %+v", name, left)
		}
	}
}

func TestFoundInOrder(t *testing.T) {
	card := func(id, name string, free int, north float64) Card {
		c := has(Reading{State: Known, Value: free})
		c.ID, c.Name, c.Short = id, name, ShortName(name)
		if north >= 0 {
			c.Place = &Point{cityHall.Lat + north, cityHall.Lon}
		}
		return c
	}
	unknown := card("u", "모름병원", 0, 0)
	unknown.Readings = nil
	board := []Card{
		card("d", "다병원", 1, .2), card("full", "만원병원", 0, 0), unknown, card("far", "먼병원", 1, 2), card("nowhere", "없는병원", 1, -1),
		card("b", "의료법인 하늘의료재단 나병원", 1, .1), card("c", "다병원", 1, .1), card("a", "가병원", 1, .1),
	}
	q := Query{From: &cityHall, Items: []string{general}, Misses: true, Now: testNoon}
	var got []string
	for _, f := range Find(board, q) {
		got = append(got, f.Card.ID)
	}
	if s := strings.Join(got, " "); s != "a b c d far nowhere u full" {
		t.Error(s)
	}
}

func TestAFoundSaysSo(t *testing.T) {
	b, err := json.Marshal(Reason{About: general, Fit: FitUnknown, Why: WhyTooOld})
	if err != nil || string(b) != `{"about":"er.general","fit":"unknown","why":"too_old"}` {
		t.Errorf("%s, %v", b, err)
	}
}

func drawCard(t *rapid.T, id int) Card {
	c := Card{ID: fmt.Sprint(id), Name: rapid.SampledFrom([]string{"가병원", "나병원", "의료법인 가의료재단 다병원"}).Draw(t, "name"),
		Region: rapid.SampledFrom([]string{"11", "26"}).Draw(t, "region"), Level: rapid.SampledFrom([]Level{"", LevelLocal, LevelRegional}).Draw(t, "level"),
		ObservedAt: rapid.SampledFrom([]feed.Time{0, 1, testNoon - 30*testMin, testNoon, 2 * testNoon}).Draw(t, "observed"), Readings: Readings{}, Declarations: Declarations{}}
	for _, item := range []string{general, "equipment.ct"} {
		c.Readings[item] = Reading{State: rapid.SampledFrom([]ReadingState{Known, Unknown, NotOffered, NotReported}).Draw(t, "state"), Value: rapid.IntRange(-1, 2).Draw(t, "value")}
	}
	if state := rapid.SampledFrom([]Acceptance{"", Accepts, Refuses}).Draw(t, "declared"); state != "" {
		c.Declarations["severe.burn"] = Declaration{State: state}
	}
	if rapid.Bool().Draw(t, "place") {
		c.Place = &Point{rapid.Float64Range(34, 38).Draw(t, "lat"), 127}
	}
	return c
}

func drawQuery(t *rapid.T) Query {
	q := Query{Now: testNoon, Misses: true}
	if rapid.Bool().Draw(t, "from") {
		q.From, q.WithinKM = &cityHall, rapid.SampledFrom([]float64{0, 50, 500}).Draw(t, "within")
	}
	q.Items = rapid.SliceOfNDistinct(rapid.SampledFrom([]string{general, "equipment.ct"}), 0, 2, rapid.ID[string]).Draw(t, "items")
	q.Diseases = rapid.SliceOfN(rapid.Just("severe.burn"), 0, 1).Draw(t, "diseases")
	q.Levels = rapid.SliceOfN(rapid.Just(LevelLocal), 0, 1).Draw(t, "levels")
	q.Regions = rapid.SliceOfN(rapid.Just("11"), 0, 1).Draw(t, "regions")
	q.Name = rapid.SampledFrom([]string{"", "다", "가"}).Draw(t, "typed")
	return q
}

func TestFindingHidesNothingAndPromisesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		board := make([]Card, rapid.IntRange(0, 12).Draw(t, "cards"))
		for i := range board {
			board[i] = drawCard(t, i)
		}
		q := drawQuery(t)
		all := Find(board, q)
		if len(all) != len(board) {
			t.Fatalf("%d of %d", len(all), len(board))
		}
		if !slices.IsSortedFunc(all, Found.compare) {
			t.Fatal("not in order")
		}
		for _, f := range all {
			worst := FitYes
			for _, r := range f.Reasons {
				worst = min(worst, r.Fit)
				if r.Fit == FitYes {
					t.Fatalf("a yes is no reason: %+v", r)
				}
			}
			if f.Fit != worst || f.HasKM != (q.From != nil && f.Card.Place != nil) {
				t.Fatalf("%+v", f)
			}
			for _, item := range q.Items {
				r, at := f.Card.Readings[item], f.Card.ObservedAt
				if f.Fit == FitYes && (r.State != Known || r.Value <= 0 || at < testNoon-60*testMin || at > testNoon+2*testMin) {
					t.Fatalf("%+v of %d is promised", r, at)
				}
			}
		}
		q.Misses = false
		for i, f := range Find(board, q) { // the same, in the same order, to the first no
			if f.Card.ID != all[i].Card.ID || f.Fit == FitNo {
				t.Fatalf("%d: %+v", i, f)
			}
		}
	})
}

// board is as large as the country.
func board() []Card {
	cards := make([]Card, 534)
	for i := range cards {
		id := fmt.Sprintf("A11%05d", i)
		cards[i] = Card{
			ID: id, Name: fmt.Sprintf("의료법인 %d의료재단 제%d병원", i%97, i), Region: Regions[i%16].Code, Level: []Level{LevelRegional, LevelLocal, LevelLocalUnit, LevelReported}[i%4],
			Place:        &Point{33.2 + float64(i%100)*.05, 126 + float64(i%37)*.09},
			ObservedAt:   testNoon - feed.Time(i%80)*testMin,
			Readings:     Readings{},
			Declarations: Declarations{},
		}
		for j, item := range Items {
			cards[i].Readings[item.Code] = Reading{State: []ReadingState{Known, Known, NotReported}[(i+j)%3], Value: (i+j)%9 - 1}
		}
		for j, d := range Diseases {
			if (i+j)%3 == 0 {
				cards[i].Declarations[d.Code] = Declaration{State: []Acceptance{Accepts, Refuses}[j%2]}
			}
		}
	}
	return cards
}

func BenchmarkFind(b *testing.B) {
	cards := board()
	for name, q := range map[string]Query{
		"near": {From: &cityHall},
		"need": {From: &cityHall, Items: []string{general, "equipment.ct", "icu.general"}, Diseases: []string{"severe.mi_reperfusion"}},
		"name": {Name: "제12"},
		"all":  {From: &cityHall, WithinKM: 100, Items: []string{general, "equipment.ct"}, Diseases: []string{"severe.delivery"}, Levels: []Level{LevelRegional, LevelLocal}, Regions: []string{"11", "41", "28"}, Name: "병원", Misses: true},
	} {
		q.Now = testNoon
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if len(Find(cards, q)) == 0 {
					b.Fatal("nothing found")
				}
			}
		})
	}
}

func BenchmarkShortName(b *testing.B) {
	for b.Loop() {
		ShortName("학교법인가톨릭학원가톨릭대학교서울성모병원")
	}
}

func BenchmarkReadCard(b *testing.B) {
	h := everything()
	keys := h.Keys()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ReadCard(h.ID, keys); err != nil {
			b.Fatal(err)
		}
	}
}
