package model

import (
	"testing"

	"weer/model/feed"
)

// A bed that somebody lies in is not free twice, and not kept for ever: it is
// held until the hospital's own number has the patient, or half an hour.
func TestHowLongAnArrivedPatientsBedIsHeld(t *testing.T) {
	arrival := testNoon
	observed := func(at, received feed.Time) func(*Hospital) {
		return func(h *Hospital) {
			h.Observed = with(h.Observed, onePush, Observed{SourceTimes{ObservedAt: at, ReceivedAt: received}, free(4)})
		}
	}
	corrected := func(at feed.Time) func(*Hospital) {
		return func(h *Hospital) {
			c := Correction{Item: general, Value: Reading{State: Known, Value: 3}, Said: h.said(general), By: "nurse", MadeAt: at, EndsAt: at + CorrectionMS}
			h.Corrections = with(h.Corrections, general, c)
		}
	}
	uncorrected := func(h *Hospital) { h.Corrections = without(h.Corrections, general) }
	for name, c := range map[string]struct {
		after feed.Time // of the arrival
		then  []func(*Hospital)
		held  int
	}{
		"nothing new is said":                  {0, nil, 1},
		"a moment before half an hour":         {AbsorbMS - 1, nil, 1},
		"half an hour":                         {AbsorbMS, nil, 0},
		"it is observed later":                 {testMin, []func(*Hospital){observed(arrival+1, arrival+2)}, 0},
		"it is observed at the very moment":    {testMin, []func(*Hospital){observed(arrival, arrival+2)}, 1},
		"what was observed before comes after": {testMin, []func(*Hospital){observed(arrival-1, arrival+2)}, 1},
		"a clock ahead called it later before": {testMin, []func(*Hospital){observed(arrival+testMin, arrival-1)}, 1},
		"a time that cannot be trusted":        {testMin, []func(*Hospital){observed(arrival+30*testMin, arrival+2)}, 1},
		"a time that cannot be read":           {testMin, []func(*Hospital){observed(0, arrival+2)}, 1},
		"a number that is not known": {testMin, []func(*Hospital){func(h *Hospital) {
			h.Observed = with(h.Observed, onePush, Observed{SourceTimes{arrival + 1, arrival + 2}, Readings{general: {State: Unknown}}})
		}}, 1},
		"another kind of bed is observed": {testMin, []func(*Hospital){func(h *Hospital) {
			h.Observed = with(h.Observed, onePush, Observed{SourceTimes{arrival + 1, arrival + 2}, Readings{"icu.general": {State: Known, Value: 1}}})
		}}, 1},
		"a person says a number":                       {testMin, []func(*Hospital){corrected(arrival + 1)}, 0},
		"a person had said one before":                 {testMin, []func(*Hospital){corrected(arrival - 1)}, 1},
		"had said one before, the source keeps to its": {testMin, []func(*Hospital){corrected(arrival - 1), observed(arrival+1, arrival+2)}, 1},
		"a person says one and takes it back":          {testMin, []func(*Hospital){corrected(arrival + 1), uncorrected}, 1},
		"says one, it is observed, and it is taken back": {3 * testMin, []func(*Hospital){
			corrected(arrival + 1), observed(arrival+2, arrival+3), uncorrected}, 0},
	} {
		h := Hospital{ID: "A1100001", Observed: map[string]Observed{onePush: {SourceTimes{arrival - 5*testMin, arrival - 5*testMin}, free(4)}}}
		h = h.take(Reservation{ID: "r", Item: general, State: Approved}, arrival-10*testMin).settle(arrival - 10*testMin)
		h = h.take(Reservation{ID: "r", Item: general, State: Arrived}, arrival).settle(arrival)
		for _, step := range c.then {
			step(&h)
			h = h.settle(arrival + c.after)
		}
		h = h.settle(arrival + c.after)
		if got := h.Load()[general]; got != (ItemLoad{Held: c.held}) {
			t.Errorf("%s: %+v, want %d held", name, got, c.held)
		}
	}
}

// A bed on the way is kept whatever anybody observes, and for as long as it
// takes: only a person gives it up.
func TestABedOnTheWayIsKept(t *testing.T) {
	h := Hospital{ID: "A1100001"}.take(Reservation{ID: "r", Item: general, State: Approved}, testNoon)
	h.Observed = map[string]Observed{onePush: {SourceTimes{testNoon + testMin, testNoon + testMin}, free(4)}}
	h.Corrections = map[string]Correction{general: {Item: general, MadeAt: testNoon + 2*testMin, EndsAt: testNoon + 40*testMin}}
	if got := h.settle(testNoon + 24*60*testMin).Load()[general]; got != (ItemLoad{Held: 1, Coming: 1}) {
		t.Errorf("after a day: %+v", got)
	}
}

// What is over counts no more, although nobody has come to end it.
func TestFullIsJudgedByNow(t *testing.T) {
	h := Hospital{ID: "A1100001", Observed: map[string]Observed{onePush: {SourceTimes{testNoon, testNoon}, free(1)}}}.settle(testNoon)
	if h.full(general, testNoon) || h.full("icu.general", testNoon) {
		t.Error("one is free, and of the other kind nothing is known")
	}
	h = h.take(Reservation{ID: "r", Item: general, State: Approved}, testNoon)
	if !h.full(general, testNoon) {
		t.Error("the last bed is held")
	}
	h = h.take(Reservation{ID: "r", Item: general, State: Arrived}, testNoon)
	if !h.full(general, testNoon+AbsorbMS-1) || h.full(general, testNoon+AbsorbMS) {
		t.Error("an arrived patient's bed is held for half an hour")
	}
	none := Hospital{ID: "A1100001", Observed: map[string]Observed{onePush: {SourceTimes{testNoon, testNoon}, free(0)}}}.settle(testNoon)
	if late := testNoon + feed.Time(feed.DefaultTimings.StaleMS); !none.full(general, late) || none.full(general, late+1) {
		t.Error("a number is known until it is withdrawn")
	}
}
