package crews

import (
	"fmt"
	"math"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
)

// TestPatientsArePossible: whoever is drawn may be opened as a case.
func TestPatientsArePossible(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := newPatient(luck(rapid.Uint64().Draw(t, "seed"), "patient"))
		triage := model.Triage{Category: p.triage.Category, Kind: p.triage.Kind, AgeBand: p.triage.AgeBand, Sex: p.triage.Sex}
		if p.triage.KTAS != nil {
			triage.KTAS = *p.triage.KTAS
		}
		if err := (model.Need{Triage: triage}).Check(); err != nil {
			t.Fatalf("%+v: %v", triage, err)
		}
		for name, vital := range map[string]struct {
			value       *float64
			least, most float64
		}{
			"systolic": {p.clinical.Systolic, 40, 220}, "diastolic": {p.clinical.Diastolic, 20, 140}, "pulse": {p.clinical.Pulse, 30, 160},
			"respiration": {p.clinical.Respiration, 5, 40}, "temperature": {p.clinical.Temperature, 33, 41}, "SpO2": {p.clinical.SpO2, 70, 100},
		} {
			if v := vital.value; v != nil && (*v < vital.least || *v > vital.most) {
				t.Fatalf("%s is %v", name, *v)
			}
		}
		if s, d := p.clinical.Systolic, p.clinical.Diastolic; d != nil && (s == nil || *d > *s) {
			t.Fatal("a diastolic pressure above the systolic one")
		}
	})
}

func TestChoicesHappenAsOftenAsTheySay(t *testing.T) {
	r, counts := luck(1, "choices"), map[int]float64{}
	const tries = 20_000
	for range tries {
		counts[pick(r, urgencies)]++
	}
	for _, c := range urgencies {
		if got := counts[c.what] / tries * 100; math.Abs(got-c.often) > 1.5 {
			t.Errorf("KTAS %d happens in %.1f of 100, want %.0f", c.what, got, c.often)
		}
	}
}

// TestLuckIsOfItsMatter: the same for the same names, and another for others.
func TestLuckIsOfItsMatter(t *testing.T) {
	if a, b := courseOf(1, "case-1"), courseOf(1, "case-1"); a != b {
		t.Errorf("%+v and %+v", a, b)
	}
	for _, other := range []course{courseOf(2, "case-1"), courseOf(1, "case-2")} {
		if reflect.DeepEqual(other, courseOf(1, "case-1")) {
			t.Error("another case has the same course")
		}
	}
	if luck(1, "a", "b").Uint64() == luck(1, "ab").Uint64() {
		t.Error("two names are read as one")
	}
}

// TestPatientsNearAPerson: whoever answers at a hospital in person is asked often,
// and somebody else as well.
func TestPatientsNearAPerson(t *testing.T) {
	s := scene{now: now, cards: hospitals(8, 8, 8, 8, 8, 8, 8, 8, 8), timings: feed.DefaultTimings}
	first := func(w world) (often float64) {
		const cases = 2_000
		for i := range cases {
			if best := w.rank(s, fmt.Sprintf("case-%d", i), model.CaseValue{KTAS: 3}); best[0].Card.ID == "A1100007" {
				often += 1.0 / cases
			}
		}
		return often
	}
	watched := here
	watched.spare = []string{"A1100007"}
	if before, often := first(here), first(watched); before > 0.2 || often < 0.6 || often > 0.85 {
		t.Errorf("the first choice of %.2f, and of %.2f when a person answers there", before, often)
	}
	watched.spare = []string{"A1700001"}
	if before, often := first(here), first(watched); before != often {
		t.Errorf("a hospital that is not on the board moves patients: %.2f became %.2f", before, often)
	}
}

func TestCallSignsStayWhenThereAreMore(t *testing.T) {
	cards := hospitals(1, 1, 1)
	cards[1].District, cards[2].District = "강남구", ""
	want := []string{"종로 301", "강남 301", "종로 302", "강남 302", "종로 303"}
	if got := callSigns(cards, 5); !reflect.DeepEqual(got, want) {
		t.Errorf("%v", got)
	}
	if got := callSigns(cards, 2); !reflect.DeepEqual(got, want[:2]) {
		t.Errorf("of fewer: %v", got)
	}
}

func TestConsolesAreInTheMiddleFirst(t *testing.T) {
	cards := hospitals(1, 1, 1, 1, 1)
	cards[0].Place = nil
	for _, tc := range []struct {
		n     int
		spare string
		want  []string
	}{
		{2, "", []string{"A1100003", "A1100004"}},
		{1, "A1100003", []string{"A1100004"}},
		{-1, "A1100002", []string{"A1100003", "A1100004", "A1100005", "A1100001"}},
		{0, "", nil},
	} {
		var got []string
		for _, card := range (&cast{Options: Options{Consoles: tc.n, Spare: []string{tc.spare}}}).consoles(cards) {
			got = append(got, card.ID)
		}
		if !reflect.DeepEqual(got, tc.want) {
			t.Errorf("%+v: %v", tc, got)
		}
	}
}

func TestOptionsAreChecked(t *testing.T) {
	good := Options{Crews: 1, Regions: []string{"11"}, Every: time.Minute, Speed: 1}
	if err := good.Check(); err != nil {
		t.Error(err)
	}
	for field, change := range map[string]func(*Options){
		"crews": func(o *Options) { o.Crews = -1 }, "every": func(o *Options) { o.Every = 0 },
		"speed": func(o *Options) { o.Speed = math.NaN() }, "region": func(o *Options) { o.Regions = []string{"99"} },
	} {
		o := good
		change(&o)
		if err := o.Check(); !fault.Is(err, fault.Invalid) || fault.Public(err).Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}
