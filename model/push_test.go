package model_test

import (
	"maps"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
)

const his = model.PushPrefix + "snuh"

// push takes a batch a second after what came before; the answer has a word for
// each item: "", or the code of its failure.
func (m *memory) push(t *testing.T, source string, batch ...model.Observation) []string {
	t.Helper()
	m.now += second
	outcomes, _, err := model.NewService(m, m).Push(t.Context(), source, batch)
	if err != nil || len(outcomes) != len(batch) {
		t.Fatal(outcomes, err)
	}
	codes := make([]string, len(outcomes))
	for i, err := range outcomes {
		if err != nil {
			codes[i] = string(fault.Public(err).Code)
		}
	}
	return codes
}

// shows says how many beds a screen is shown of a hospital, and whose.
func (m *memory) shows(id string) (free int, base string) {
	return m.hospitals[id].Readings["er.general"].Value, m.hospitals[id].Base
}

func TestEachItemOfAPushHasItsOutcome(t *testing.T) {
	m := newMemory()
	m.broken = "26"
	bad := beds(daegu, noon, 1)
	bad.Readings["er.sofa"] = model.Reading{State: model.Known}
	got := m.push(t, his, beds(seoul, noon, 1), beds("A9900001", noon, 1), beds(busan, noon, 2), bad,
		beds(seoul, noon+second, 3), beds(seoul, noon, 2), beds(seoul2, 0, 1))
	if want := " invalid unavailable invalid  conflict invalid"; strings.Join(got, " ") != want {
		t.Errorf("%q, want %q", strings.Join(got, " "), want)
	}
	if free, base := m.shows(seoul); free != 3 || base != his || len(m.hospitals) != 1 {
		t.Errorf("%d by %s, %d hospitals", free, base, len(m.hospitals))
	}
	if v, feeds := m.key(seoul, "push"); feeds != "region:11" || !strings.Contains(v, `"source":"`+his+`"`) {
		t.Errorf("%s in %s", v, feeds)
	}
	hints := len(m.hints)
	if got := m.push(t, his, beds(seoul, noon+second, 3)); got[0] != "" || len(m.hints) != hints {
		t.Errorf("the same again: %q, %d hints", got, len(m.hints)-hints)
	}
}

func TestAPushNamesItsSource(t *testing.T) {
	m := newMemory()
	for _, source := range []string{"", "push:", "snuh", model.SourceBeds, "push:a b", "push:가", his + strings.Repeat("x", 60)} {
		if _, _, err := model.NewService(m, m).Push(t.Context(), source, []model.Observation{beds(seoul, noon, 1)}); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", source, err)
		}
	}
	if out, _, err := model.NewService(m, m).Push(t.Context(), his, nil); err != nil || len(out) != 0 || m.writes != 0 {
		t.Errorf("%v, %v", out, err)
	}
}

func TestAPushAndEGenBesideEachOther(t *testing.T) {
	m := newMemory()
	m.take(t, poll(true, beds(seoul, noon, 1)))
	m.push(t, his, beds(seoul, noon+second, 2))
	if free, base := m.shows(seoul); free != 2 || base != his {
		t.Errorf("the newer one is not shown: %d by %s", free, base)
	}
	m.take(t, poll(true, beds(seoul, noon+2*second, 3)))
	if free, _ := m.shows(seoul); free != 3 {
		t.Errorf("the newer one is not shown: %d", free)
	}
	if v, _ := m.key(seoul, "push"); v != "" {
		t.Errorf("E-Gen is shown, and beside it %s", v)
	}
	m.take(t, poll(true))
	m.take(t, poll(true))
	if free, base := m.shows(seoul); free != 2 || base != his || m.has(seoul) {
		t.Errorf("E-Gen has gone: %d by %s", free, base)
	}
	m.push(t, model.PushPrefix+"other", beds(seoul, noon+5*second, 5))
	if free, _ := m.shows(seoul); free != 5 {
		t.Errorf("another system of the same hospital: %d", free)
	}
}

func TestAPushFromTheFutureShutsNothingOut(t *testing.T) {
	m := newMemory()
	m.push(t, his, beds(seoul, 2*noon, 9))
	if free, base := m.shows(seoul); free != 9 || base != his {
		t.Errorf("the only one there is: %d by %s", free, base)
	}
	m.take(t, poll(true, beds(seoul, noon-60*minute, 1)))
	if free, base := m.shows(seoul); free != 1 || base != model.SourceBeds {
		t.Errorf("an hour old, but to be trusted: %d by %s", free, base)
	}
	if got := m.push(t, his, beds(seoul, noon, 2)); got[0] != "" {
		t.Error(got)
	}
	if free, base := m.shows(seoul); free != 2 || base != his {
		t.Errorf("its clock is right again: %d by %s", free, base)
	}
}

// A transaction that is tried again decides again: what was ignored the first
// time may be news the second time, and the other way round.
func TestAPushThatIsTriedAgainSaysWhatHappenedLast(t *testing.T) {
	m := newMemory()
	m.push(t, his, beds(seoul, noon, 1))
	older := maps.Clone(m.hospitals)
	m.push(t, his, beds(seoul, noon+5*second, 2))
	newer := maps.Clone(m.hospitals)
	m.deadlock = func() { m.hospitals = older }
	if got := m.push(t, his, beds(seoul, noon+second, 3)); got[0] != "" || m.hospitals[seoul].Observed[his].ObservedAt != noon+second {
		t.Errorf("ignored at first, held at last: %q", got)
	}
	m.deadlock = func() { m.hospitals = newer }
	if got := m.push(t, his, beds(seoul, noon+2*second, 4)); got[0] != string(fault.Conflict) {
		t.Errorf("held at first, ignored at last: %q", got)
	}
}

// Of all that one source pushes, the newest is held, unless it lies in the future.
func TestAPushIsNeverReplacedByAnOlderOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newMemory()
		held, free := feed.Time(0), 0
		for i := range rapid.IntRange(1, 15).Draw(t, "pushes") {
			m.now += second
			at := m.now + feed.Time(rapid.SampledFrom([]int{-600, -3, -2, -1, 0, 1, 119, 130, 900}).Draw(t, "age"))*second
			out, _, err := model.NewService(m, m).Push(t.Context(), his, []model.Observation{beds(seoul, at, i)})
			if err != nil {
				t.Fatal(err)
			}
			ignored := at < held && held <= m.now+2*minute
			if ignored != fault.Is(out[0], fault.Conflict) {
				t.Fatalf("%d after %d: %v", at, held, out[0])
			}
			if !ignored {
				held, free = at, i
			}
			o := m.hospitals[seoul].Observed[his]
			if o.ObservedAt != held || o.Readings["er.general"].Value != free {
				t.Fatalf("%+v is held, want %d of %d", o, free, held)
			}
		}
	})
}
