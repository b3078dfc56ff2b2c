package model

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"weer/model/feed"
)

const (
	testNoon = feed.Time(1_800_000_000_000)
	testMin  = feed.Time(60_000)
	onePush  = PushPrefix + "one"
	twoPush  = PushPrefix + "two"
	general  = "er.general"
)

func free(n int) Readings { return Readings{general: {State: Known, Value: n}} }

func seen(at feed.Time, n int) Observed {
	return Observed{SourceTimes{ObservedAt: at, ReceivedAt: testNoon}, free(n)}
}

func TestWhichSourceIsShown(t *testing.T) {
	future := testNoon + 2*testMin + 1
	for name, c := range map[string]struct {
		egen, push feed.Time
		missed     int
		want       string
	}{
		"the push is newer":                             {testNoon - 2, testNoon - 1, 0, onePush},
		"the push is older":                             {testNoon - 1, testNoon - 2, 0, SourceBeds},
		"both the same":                                 {testNoon, testNoon, 0, onePush},
		"a little in the future is the newest":          {testNoon, testNoon + 2*testMin, 0, onePush},
		"the push comes from the future":                {testNoon - 60*testMin, future, 0, SourceBeds},
		"E-Gen comes from the future":                   {future, testNoon - 60*testMin, 0, onePush},
		"E-Gen's time cannot be read":                   {0, 1, 0, onePush},
		"the push's time cannot be read":                {1, 0, 0, SourceBeds},
		"neither can be trusted":                        {0, future, 0, onePush},
		"E-Gen is newer, but has gone":                  {testNoon, testNoon - 60*testMin, MissedPolls, onePush},
		"E-Gen is newer, and missed only once":          {testNoon, testNoon - 60*testMin, MissedPolls - 1, SourceBeds},
		"E-Gen has gone, the push is not to be trusted": {testNoon, 0, MissedPolls, onePush},
	} {
		h := Hospital{ID: "A1100001", Missed: map[string]int{SourceBeds: c.missed},
			Observed: map[string]Observed{SourceBeds: seen(c.egen, 1), onePush: seen(c.push, 2)}}.settle(testNoon)
		if h.Base != c.want || h.Readings[general].Value != map[string]int{SourceBeds: 1, onePush: 2}[c.want] {
			t.Errorf("%s: %s with %v is shown", name, h.Base, h.Readings)
		}
	}
	if h := (Hospital{ID: "A1100001", Missed: map[string]int{SourceBeds: 2}, Observed: map[string]Observed{SourceBeds: seen(1, 1)}}).settle(testNoon); h.Base != "" || len(h.Readings) != 0 {
		t.Errorf("what is gone is shown: %+v", h)
	}
}

func drawObserved(t *rapid.T) Observed {
	at := rapid.SampledFrom([]feed.Time{0, 1, testNoon - testMin, testNoon, testNoon + testMin, testNoon + 3*testMin, 2 * testNoon}).Draw(t, "observed at")
	return Observed{SourceTimes{at, testNoon - feed.Time(rapid.IntRange(0, 2).Draw(t, "ago"))}, free(rapid.IntRange(-3, 9).Draw(t, "free"))}
}

// No source that is left out was to be trusted more, or as much and newer.
func TestTheBaseIsTheNewestThatCanBeTrusted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := Hospital{ID: "A1100001", Observed: map[string]Observed{}, Missed: map[string]int{SourceBeds: rapid.IntRange(0, 2).Draw(t, "missed")}}
		for _, source := range []string{SourceBeds, onePush, twoPush} {
			if rapid.Bool().Draw(t, source) {
				h.Observed[source] = drawObserved(t)
			}
		}
		trusted := func(o Observed) bool { return o.ObservedAt != 0 && o.ObservedAt <= testNoon+2*testMin }
		settled := h.settle(testNoon)
		base, shown := h.Observed[settled.Base]
		for source, o := range h.Observed {
			switch {
			case source == SourceBeds && h.Missed[SourceBeds] == 2:
				if settled.Base == source {
					t.Fatal("what is gone is shown")
				}
			case !shown:
				t.Fatalf("%s is there, and nothing is shown", source)
			case trusted(o) && (!trusted(base) || o.ObservedAt > base.ObservedAt):
				t.Fatalf("%s is shown, not %s", settled.Base, source)
			}
		}
		if !settled.Readings.Equal(base.Readings) {
			t.Fatalf("%v of %v", settled.Readings, base.Readings)
		}
		for range 5 { // whatever order the map has
			if again := h.settle(testNoon); again.Base != settled.Base {
				t.Fatalf("%s, then %s", settled.Base, again.Base)
			}
		}
	})
}

// corrected is a hospital whose person said 7 at noon, when E-Gen said 3 and one
// push, if there is one, said 5.
func corrected(push bool) Hospital {
	h := Hospital{ID: "A1100001", Missed: map[string]int{SourceBeds: 0}, Observed: map[string]Observed{SourceBeds: seen(testNoon-testMin, 3)}}
	if push {
		h.Observed[onePush] = seen(testNoon-testMin/2, 5)
	}
	c := Correction{Item: general, Value: Reading{State: Known, Value: 7}, Said: h.said(general), By: "a", MadeAt: testNoon, EndsAt: testNoon + CorrectionMS}
	h.Corrections = map[string]Correction{general: c}
	return h.settle(testNoon)
}

func TestHowLongACorrectionStands(t *testing.T) {
	after := func(push bool, source string, o Observed) Hospital {
		h := corrected(push)
		h.Observed = with(h.Observed, source, o)
		return h
	}
	gone := corrected(false)
	gone.Missed = map[string]int{SourceBeds: MissedPolls}
	later := testNoon + testMin
	for name, c := range map[string]struct {
		h      Hospital
		now    feed.Time
		stands bool
	}{
		"at once":                                {corrected(false), testNoon, true},
		"to the last millisecond":                {corrected(false), testNoon + CorrectionMS - 1, true},
		"and no longer":                          {corrected(false), testNoon + CorrectionMS, false},
		"the same number, newer":                 {after(false, SourceBeds, seen(later, 3)), later, true},
		"another number, newer":                  {after(false, SourceBeds, seen(later, 4)), later, false},
		"the person's number, newer":             {after(false, SourceBeds, seen(later, 7)), later, false},
		"another number, older than the person":  {after(false, SourceBeds, seen(testNoon-1, 4)), later, true},
		"another number, as old as the person":   {after(false, SourceBeds, seen(testNoon, 4)), later, true},
		"another number, of no time":             {after(false, SourceBeds, seen(0, 4)), later, true},
		"another number, of the future":          {after(false, SourceBeds, seen(later+3*testMin, 4)), later, true},
		"another total only":                     {after(false, SourceBeds, Observed{SourceTimes{later, later}, Readings{general: {State: Known, Value: 3, Total: 9, HasTotal: true}}}), later, true},
		"no number any more":                     {after(false, SourceBeds, Observed{SourceTimes{later, later}, Readings{}}), later, false},
		"another state":                          {after(false, SourceBeds, Observed{SourceTimes{later, later}, Readings{general: {State: Unknown, Value: 3}}}), later, false},
		"another item":                           {after(false, SourceBeds, Observed{SourceTimes{later, later}, Readings{general: {State: Known, Value: 3}, "er.isolation": {State: Known}}}), later, true},
		"E-Gen goes":                             {gone, later, true},
		"E-Gen's old number becomes the base":    {after(true, SourceBeds, seen(later, 3)), later, true},
		"E-Gen's new number becomes the base":    {after(true, SourceBeds, seen(later, 4)), later, false},
		"the push re-stamps its number":          {after(true, onePush, seen(later, 5)), later, true},
		"a push comes that said nothing before":  {after(false, onePush, seen(later, 5)), later, false},
		"an older push that said nothing before": {after(false, onePush, seen(testNoon-1, 5)), later, true},
	} {
		h := c.h.settle(c.now)
		if _, stands := h.Corrections[general]; stands != c.stands || (h.Readings[general].Value == 7) != (c.stands || name == "the person's number, newer") {
			t.Errorf("%s: stands %v, %v is shown", name, stands, h.Readings)
		}
	}
}

func TestACorrectedNumberKeepsTheTotal(t *testing.T) {
	h := corrected(false)
	h.Observed[SourceBeds].Readings[general] = Reading{State: Known, Value: 3, Total: 20, HasTotal: true}
	if got, want := h.settle(testNoon).Readings[general], (Reading{State: Known, Value: 7, Total: 20, HasTotal: true}); got != want {
		t.Errorf("%+v", got)
	}
	c := h.Corrections[general]
	c.Value = Reading{State: NotOffered}
	h.Corrections = map[string]Correction{general: c}
	if got := h.settle(testNoon).Readings[general]; got != c.Value {
		t.Errorf("%+v", got)
	}
}

// Whatever observations come, in whatever order: a person's word stands until
// its end, or until a source that is shown has news of the item which it
// observed after the person spoke.
func TestAPersonsWordIsNeverOverwrittenByWhatIsNoNews(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := corrected(rapid.Bool().Draw(t, "push"))
		said := map[string]int{}
		for source, o := range h.Observed {
			said[source] = o.Readings[general].Value
		}
		now, news := testNoon, false
		for range rapid.IntRange(1, 12).Draw(t, "observations") {
			now += feed.Time(rapid.IntRange(0, 200).Draw(t, "seconds")) * 1000
			source := rapid.SampledFrom([]string{SourceBeds, onePush, twoPush}).Draw(t, "source")
			at := now - feed.Time(rapid.SampledFrom([]int{-300, -60, 0, 60, 600}).Draw(t, "age"))*1000
			o := Observation{ObservedAt: at, Readings: free(rapid.SampledFrom([]int{3, 5, 6}).Draw(t, "free"))}
			if h.Observed[source].outdates(at, now) {
				continue
			}
			h, _ = h.observe(source, o, now)
			h = h.settle(now)
			base := h.Observed[h.Base]
			was, spoke := said[h.Base]
			news = news || base.ObservedAt > testNoon && base.ObservedAt <= now+2*testMin && (!spoke || was != base.Readings[general].Value)
			_, stands := h.Corrections[general]
			if want := !news && now < testNoon+CorrectionMS; stands != want {
				t.Fatalf("stands %v, want %v: base %s %+v", stands, want, h.Base, base)
			}
			if stands != (h.Readings[general].Value == 7) {
				t.Fatalf("stands %v and shows %v", stands, h.Readings)
			}
			if !stands {
				return
			}
		}
	})
}

func TestSettlingTwiceIsSettlingOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := corrected(rapid.Bool().Draw(t, "push"))
		h.Observed = with(h.Observed, rapid.SampledFrom([]string{SourceBeds, twoPush}).Draw(t, "source"), drawObserved(t))
		now := testNoon + feed.Time(rapid.IntRange(0, 40).Draw(t, "minutes"))*testMin
		once := h.settle(now)
		if a, b := fmt.Sprint(once), fmt.Sprint(once.settle(now)); a != b {
			t.Fatalf("%s\n%s", a, b)
		}
	})
}

func TestAHospitalIsWhereItsAddressIs(t *testing.T) {
	listed := Institution{HospitalID: "A2700001", Region: "27"} // 군위군, once 경북
	for name, c := range map[string]struct {
		h    Hospital
		want string
	}{
		"by its id":                    {Hospital{ID: "A2700001"}, "47"},
		"by the list":                  {Hospital{ID: "A2700001", Listed: listed}, "27"},
		"no longer in the list":        {Hospital{ID: "A2700001", Listed: listed, Missed: map[string]int{SourceInstitutions: 2}}, "47"},
		"by an administrator":          {Hospital{ID: "A2700001", Listed: listed, Overrides: map[string]Override{FieldRegion: {Field: FieldRegion, Value: "11"}}}, "11"},
		"by an administrator, no list": {Hospital{ID: "A2700001", Overrides: map[string]Override{FieldRegion: {Field: FieldRegion, Value: "11"}}}, "11"},
	} {
		if got := c.h.settle(testNoon).Region; got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestReadingsThatAreNotThereAreNotReported(t *testing.T) {
	if got := (Readings)(nil).Of(general); got != (Reading{State: NotReported}) {
		t.Error(got)
	}
	if keys := slices.Collect(func(yield func(string) bool) {
		for k := range (Hospital{ID: "A1100001", Region: "11"}).Keys() {
			yield(k)
		}
	}); len(keys) != 0 {
		t.Errorf("a hospital that nobody mentions has %v", keys)
	}
}
