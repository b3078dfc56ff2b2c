package model

import (
	"encoding/json"
	"os"
	"testing"
	"time"

	"pgregory.net/rapid"

	"weer/model/feed"
)

// A netCase is one of testdata/net.json, whose "about" says what the fields mean.
type netCase struct {
	Name    string
	Reading *Reading
	AgeMS   *int64 `json:"age_ms"`
	Load    ItemLoad
	Net     Net
}

func readJSON(t *testing.T, path string, into any) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(b, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestVectorNets(t *testing.T) {
	var v struct {
		Now  time.Time
		Nets []netCase
	}
	readJSON(t, "testdata/net.json", &v)
	if len(v.Nets) < 40 {
		t.Fatalf("%d vectors", len(v.Nets))
	}
	now := feed.At(v.Now)
	for _, c := range v.Nets {
		t.Run(c.Name, func(t *testing.T) {
			card := Card{Readings: Readings{}, Load: Load{general: c.Load}}
			if c.Reading != nil {
				card.Readings[general] = *c.Reading
			}
			if c.AgeMS != nil {
				card.ObservedAt = now - feed.Time(*c.AgeMS)
			}
			if got := card.Net(general, now, feed.DefaultTimings); got != c.Net {
				t.Errorf("%+v, want %+v", got, c.Net)
			}
		})
	}
}

func TestAPersonsWordHasThePersonsTime(t *testing.T) {
	card := has(Reading{State: Known, Value: 2})
	card.ObservedAt = testNoon - 90*testMin
	if n := card.Net(general, testNoon, feed.DefaultTimings); n.State != NetWithdrawn || n.Full() {
		t.Errorf("%+v", n)
	}
	card.Corrected = map[string]feed.Time{general: testNoon - testMin}
	card.Load = Load{general: {Held: 2, Coming: 1}}
	if n := card.Net(general, testNoon, feed.DefaultTimings); n != (Net{NetKnown, 0, 0}) || !n.Full() {
		t.Errorf("%+v", n)
	}
}

func TestWhatIsHeldForOthersIsNotFound(t *testing.T) {
	card := has(Reading{State: Known, Value: 2})
	for held, want := range []Fit{FitYes, FitYes, FitNo, FitNo} {
		card.Load = Load{general: {Held: held, Asked: 9}}
		found := Find([]Card{card}, Query{Items: []string{general}, Now: testNoon, Misses: true})
		if found[0].Fit != want {
			t.Errorf("%d of 2 held: %+v", held, found[0])
		}
	}
}

func drawReading(t *rapid.T) Reading {
	state := rapid.SampledFrom([]ReadingState{Known, Known, Unknown, NotOffered, NotReported, "promised"}).Draw(t, "state")
	return Reading{State: state, Value: rapid.IntRange(-5, 9).Draw(t, "value")}
}

func drawLoad(t *rapid.T) ItemLoad {
	held := rapid.IntRange(0, 5).Draw(t, "held")
	return ItemLoad{Held: held, Coming: rapid.IntRange(0, held).Draw(t, "coming"), Asked: rapid.IntRange(0, 5).Draw(t, "asked")}
}

// Whatever comes, a net promises no more than the source said, a bed of somebody
// on the way goes off once, and only a known number can be full.
func TestANetPromisesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, l := drawReading(t), drawLoad(t)
		observed := testNoon - feed.Time(rapid.Int64Range(-5*60_000, 2*3_600_000).Draw(t, "age"))
		n := NetOf(r, observed, l, testNoon, feed.DefaultTimings)
		number := r.State == Known && observed >= testNoon-60*testMin && observed <= testNoon+2*testMin
		if (n.State == NetKnown) != number {
			t.Fatalf("%+v of %+v, %d ms old", n, r, testNoon-observed)
		}
		if !number {
			if n.Full() || n.Free != 0 || n.Contested != 0 {
				t.Fatalf("a number of nothing: %+v", n)
			}
			return
		}
		if n.Free != r.Value-l.Held || n.Contested != r.Value-l.Held-l.Asked || n.Full() != (r.Value <= l.Held) {
			t.Fatalf("%+v of %+v and %+v", n, r, l)
		}
		arrived := l
		arrived.Coming = 0
		if NetOf(r, observed, arrived, testNoon, feed.DefaultTimings) != n {
			t.Fatal("that somebody arrives must not free or take a bed")
		}
	})
}
