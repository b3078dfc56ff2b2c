package model

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"weer/model/feed"
)

var update = flag.Bool("update", false, "write testdata/rank.json anew, for TypeScript to follow; read what moved before keeping it")

// rankVectors is testdata/rank.json; its "about" says what the fields mean.
type rankVectors struct {
	About   string     `json:"about"`
	Now     feed.Time  `json:"now"`
	Weights Weights    `json:"weights"`
	Cases   []rankCase `json:"cases"`
}

type rankCase struct {
	Need   rankNeed                   `json:"need"`
	Board  map[string]json.RawMessage `json:"board"`
	Ranked []rankWant                 `json:"ranked"`
}

type rankNeed struct {
	KTAS     int                `json:"ktas,omitempty"`
	Category string             `json:"category,omitempty"`
	AgeBand  string             `json:"age_band,omitempty"`
	Item     string             `json:"item,omitempty"`
	Minutes  map[string]float64 `json:"minutes"`
}

type rankWant struct {
	ID      string  `json:"id"`
	Fit     Fit     `json:"fit"`
	LeftOut bool    `json:"left_out,omitempty"`
	Score   float64 `json:"score"`
	Facts   string  `json:"facts"`
}

// UnmarshalText reads what MarshalText writes.
func (f *Fit) UnmarshalText(text []byte) error {
	i := slices.Index([]string{"no", "unknown", "yes"}, string(text))
	*f = Fit(i)
	return nil
}

func (c rankCase) rank(t *testing.T, now feed.Time) (want []rankWant) {
	t.Helper()
	n := Need{Triage: Triage{KTAS: c.Need.KTAS, Category: c.Need.Category, AgeBand: c.Need.AgeBand}, Item: c.Need.Item, Minutes: c.Need.Minutes, Now: now}
	var cards []Card
	for key := range c.Board {
		id, found := strings.CutSuffix(key, "/hospital")
		if !found {
			continue
		}
		card, err := ReadCard(id, c.Board)
		if err != nil {
			t.Fatal(err)
		}
		cards = append(cards, card)
	}
	for _, r := range Rank(cards, n, Weights{}) {
		var facts []string
		for _, f := range r.Facts {
			facts = append(facts, fmt.Sprintf("%s %v %s %d", f.Code, f.Minutes, f.About, f.Count))
		}
		want = append(want, rankWant{r.Card.ID, r.Fit, r.LeftOut, r.Score, strings.Join(facts, ", ")})
	}
	return want
}

func TestVectorRanks(t *testing.T) {
	if *update {
		writeRankVectors(t)
	}
	var v rankVectors
	readJSON(t, "testdata/rank.json", &v)
	if len(v.Cases) < 30 || v.Weights != DefaultWeights {
		t.Fatalf("%d cases, weights %+v", len(v.Cases), v.Weights)
	}
	said := map[string]bool{}
	for i, c := range v.Cases {
		got := c.rank(t, v.Now)
		if !slices.Equal(got, c.Ranked) {
			t.Errorf("case %d: %+v, want %+v", i, got, c.Ranked)
		}
		for _, r := range c.Ranked {
			for fact := range strings.SplitSeq(r.Facts, ", ") {
				words := strings.Split(fact, " ")
				said[words[0]], said[words[0]+" "+words[2]] = true, true
			}
		}
	}
	for code := range factKinds {
		if !said[string(code)] {
			t.Errorf("no case says %s", code)
		}
	}
	for _, reason := range Reasons {
		code := map[bool]FactCode{true: FactClosed, false: FactDoorNotice}[reason.Closes]
		if !said[string(code)+" "+string(reason.Code)] && reason.Code != ReasonPossible {
			t.Errorf("no case says %s of %s", code, reason.Code)
		}
	}
}

func writeRankVectors(t *testing.T) {
	v := rankVectors{
		About: "Hospitals in order for a patient: Rank in Go, rank in TypeScript. board is a region's feed, need a patient with the minutes to each hospital (absent: unknown), timings and weights are the default ones. facts are code, minutes, about and count of each, with commas between them. Written by go test ./model -run TestVectorRanks -update.",
		Now:   testNoon, Weights: DefaultWeights,
	}
	r := rand.New(rand.NewPCG(11, 119))
	for range 37 {
		v.Cases = append(v.Cases, drawRankCase(t, r))
	}
	var b bytes.Buffer
	head := mustJSON(rankVectors{v.About, v.Now, v.Weights, []rankCase{}})
	b.Write(bytes.TrimSuffix(head, []byte("]}")))
	for i, c := range v.Cases {
		b.WriteString([]string{"\n", ",\n"}[min(i, 1)])
		b.Write(mustJSON(c))
	}
	b.WriteString("\n]}\n")
	if err := os.WriteFile("testdata/rank.json", b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

func drawRankCase(t *testing.T, r *rand.Rand) rankCase {
	need := rankNeed{
		KTAS: r.IntN(6), Category: []string{"", heart, heart, gatekeeper}[r.IntN(4)], AgeBand: []string{"", "child", "adult"}[r.IntN(3)],
		Item: []string{"", "", "", "equipment.ct"}[r.IntN(4)], Minutes: map[string]float64{},
	}
	c := rankCase{Board: map[string]json.RawMessage{}}
	n := Need{Minutes: need.Minutes}
	for i := range 2 + r.IntN(4) {
		at := make([]int, len(dials))
		for d := range dials {
			at[d] = r.IntN(len(dials[d].steps))
		}
		at[dialAge] = max(at[dialAge], r.IntN(len(dials[dialAge].steps))) // most numbers are no old ones
		card := turned(fmt.Sprintf("A%07d", i), at, &n)
		embellish(&card, r)
		maps.Copy(c.Board, keysOf(card))
	}
	c.Need = need
	c.Ranked = c.rank(t, testNoon)
	return c
}

// embellish adds what no dial turns.
func embellish(c *Card, r *rand.Rand) {
	if r.IntN(4) == 0 {
		c.Readings[pediatricBeds] = Reading{State: []ReadingState{Known, NotOffered}[r.IntN(2)], Value: 0}
		if c.Readings[pediatricBeds].State == Known {
			c.Readings[pediatricBeds] = Reading{State: Known, Value: r.IntN(5) - 1}
		}
	}
	if r.IntN(2) == 0 {
		c.Readings["equipment.ct"] = Reading{State: Known, Value: r.IntN(2)}
		c.Load["equipment.ct"] = ItemLoad{Held: r.IntN(2), Asked: r.IntN(2)}
	}
	if r.IntN(2) == 0 {
		c.Announcements = nil
		announce(c, AnnouncementER, Reasons[r.IntN(len(Reasons))].Code, "", false)
	}
	if r.IntN(8) == 0 {
		c.Level = LevelLocalUnit
	}
	if r.IntN(6) == 0 {
		c.Readings[general] = Reading{State: NotOffered}
	}
	if r.IntN(5) == 0 {
		c.Corrected[general] = testNoon - feed.Time(r.IntN(60*60_000))
	}
	if r.IntN(8) == 0 {
		c.Declarations[gatekeeper] = Declaration{State: Refuses}
	}
	if r.IntN(12) == 0 {
		c.ObservedAt = testNoon + feed.Time(r.IntN(2))*5*testMin
	}
}

// keysOf is a card as a region's feed holds it, as far as a rank reads it.
func keysOf(c Card) map[string]json.RawMessage {
	keys := map[string]json.RawMessage{
		c.ID + "/hospital": mustJSON(hospitalValue{Name: c.Name, Region: "11", Level: c.Level}),
		c.ID + "/egen":     mustJSON(SourceTimes{c.ObservedAt, testNoon}),
	}
	for _, g := range Groups {
		if readings := c.Readings.In(g); readings != nil {
			keys[c.ID+"/"+string(g)] = readings
		}
	}
	if len(c.Corrected) > 0 {
		values := map[string]correctedValue{}
		for item, at := range c.Corrected {
			values[item] = correctedValue{c.Readings[item], c.Readings[item], "u", at, testNoon + testMin}
		}
		keys[c.ID+"/corrected"] = mustJSON(values)
	}
	keys[c.ID+"/acceptance"] = mustJSON(c.Declarations)
	for _, a := range c.Announcements {
		keys[c.ID+"/msg/"+a.ID] = mustJSON(a.value())
	}
	maps.DeleteFunc(c.Load, func(_ string, l ItemLoad) bool { return l == ItemLoad{} })
	if len(c.Load) > 0 {
		keys[c.ID+"/load"] = mustJSON(c.Load)
	}
	if c.Console != "" {
		keys[c.ID+"/console"] = mustJSON(consoleValue{c.Console, testNoon - testMin})
	}
	return keys
}
