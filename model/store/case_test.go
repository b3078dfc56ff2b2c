package store

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"weer/model"
	"weer/model/fault"
	"weer/model/seal"
)

// A caseDesk is a service that can open cases, and a unit with its crew.
type caseDesk struct {
	*bench
	*model.Service
	unit model.Unit
	crew model.Principal
}

func newCaseDesk(t *testing.T, b *bench) *caseDesk {
	t.Helper()
	keys, err := seal.LoadOrCreate(filepath.Join(t.TempDir(), "case-key"))
	if err != nil {
		t.Fatal(err)
	}
	u := b.unit(t)
	return &caseDesk{b, b.service().WithKeys(keys), u, model.Principal{Subject: "crew", Role: model.RoleCrew, Unit: u.ID}}
}

var (
	chest  = model.Triage{KTAS: 2, Category: "severe.mi_reperfusion", Kind: "disease", AgeBand: "adult", Sex: "male"}
	inPain = model.Clinical{AVPU: "alert", Systolic: vital(141), Diastolic: vital(88), Pulse: vital(107), SpO2: vital(94), Complaint: "30분 전부터 가슴 통증"}
)

func vital(v float64) model.Vital { return model.Vital{Measured: true, Value: v} }

func (w *caseDesk) open(t *testing.T) string {
	t.Helper()
	id := newID()
	if _, err := w.OpenCase(as(t, w.crew), model.Case{ID: id, Unit: w.unit.ID, Triage: chest}, inPain); err != nil {
		t.Fatal(err)
	}
	return id
}

// shown is what a feed holds of a case.
func (w *caseDesk) shown(t *testing.T, feedName, id string) (v map[string]any) {
	t.Helper()
	text, err := w.Value(t.Context(), feedName, "case/"+id)
	if err != nil {
		t.Fatal(err)
	}
	if text != nil {
		if err := json.Unmarshal(text, &v); err != nil {
			t.Fatal(err)
		}
	}
	return v
}

func (w *caseDesk) feeds() []string { return []string{"unit:" + w.unit.ID, "control:11"} }

func TestACaseLives(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		w := newCaseDesk(t, b)
		id := w.open(t)
		for _, name := range w.feeds() {
			v := w.shown(t, name, id)
			if v["ktas"] != 2.0 || v["state"] != "open" || v["version"] != 1.0 || v["region"] != "11" {
				t.Errorf("%s shows %v", name, v)
			}
			for field := range v {
				if strings.Contains("avpu systolic diastolic pulse respiration temperature spo2 complaint sealed", field) {
					t.Errorf("%s shows the clinical field %s", name, field)
				}
			}
		}
		c, clinical, destroyed, err := w.ReadCase(as(t, w.crew), id)
		if err != nil || destroyed || clinical != inPain || c.Triage != chest {
			t.Errorf("read %+v, %+v, %v", c, clinical, err)
		}
		if n := b.number(t, "SELECT COUNT(*) FROM audit WHERE operation = 'case.read'"); n != 1 {
			t.Errorf("the read was written down %d times", n)
		}
		after, _, err := w.ChangeCase(as(t, w.crew), id, 1, model.CaseChange{
			Triage: func(t *model.Triage) { t.KTAS = 1 }, Clinical: func(c *model.Clinical) { c.Pulse = vital(0) },
		})
		if err != nil || after.Version != 2 || w.shown(t, w.feeds()[0], id)["ktas"] != 1.0 {
			t.Errorf("changed to %+v, %v", after, err)
		}
		if _, clinical, _, err = w.ReadCase(as(t, w.crew), id); err != nil || clinical.Pulse != vital(0) || clinical.Systolic != inPain.Systolic {
			t.Errorf("an arrest is %+v, %v", clinical, err)
		}
		if _, _, err := w.ChangeCase(as(t, w.crew), id, 1, model.CaseChange{}); !fault.Is(err, fault.PreconditionFailed) {
			t.Errorf("with an old version: %v", err)
		}
		if _, _, err := w.CloseCase(as(t, w.crew), id, 0, model.CaseArrived); err != nil {
			t.Fatal(err)
		}
		if v := w.shown(t, "control:11", id); v["state"] != "arrived" || v["closed_at"] == nil {
			t.Errorf("closed, the control room sees %v", v)
		}
		if _, _, err := w.ChangeCase(as(t, w.crew), id, 0, model.CaseChange{}); !fault.Is(err, fault.Conflict) {
			t.Errorf("changing a closed case: %v", err)
		}
	})
}

func TestAnothersCaseIsNotThere(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		w := newCaseDesk(t, b)
		id := w.open(t)
		for name, who := range map[string]model.Principal{
			"another unit":         {Role: model.RoleCrew, Unit: newID()},
			"no unit":              {Role: model.RoleCrew},
			"another control room": {Role: model.RoleControl, Regions: []string{"26"}},
			"an administrator":     {Role: model.RoleAdmin},
			"a hospital":           {Role: model.RoleHospital, Hospital: "A1100001"},
		} {
			if _, _, _, err := w.ReadCase(as(t, who), id); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s read it: %v", name, err)
			}
			if _, _, err := w.CloseCase(as(t, who), id, 0, model.CaseCanceled); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s closed it: %v", name, err)
			}
			if _, err := w.OpenCase(as(t, who), model.Case{ID: newID(), Unit: w.unit.ID}, model.Clinical{}); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s opened one: %v", name, err)
			}
			if list, err := w.Cases(as(t, who), model.CaseQuery{Most: 10}); len(list) != 0 {
				t.Errorf("%s lists %v, %v", name, list, err)
			}
		}
		if n := b.number(t, "SELECT COUNT(*) FROM audit WHERE operation <> 'case.open' AND operation <> 'unit.create'"); n != 0 {
			t.Errorf("%d entries tell of what did not happen", n)
		}
		for name, who := range map[string]model.Principal{"its crew": w.crew, "its control room": controlOf11} {
			if list, err := w.Cases(as(t, who), model.CaseQuery{Open: true, Most: 10}); err != nil || len(list) != 1 || list[0].ID != id {
				t.Errorf("%s lists %v, %v", name, list, err)
			}
		}
	})
}

func TestWhatACaseMayNotSay(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		w := newCaseDesk(t, b)
		_, err := w.OpenCase(as(t, w.crew), model.Case{ID: newID(), Unit: w.unit.ID, Triage: model.Triage{
			KTAS: 6, Category: "severe.nothing", Kind: "x", AgeBand: "old", Sex: "x",
		}}, model.Clinical{
			AVPU: "x", Systolic: vital(400), Diastolic: vital(-1), Pulse: vital(999), Respiration: vital(200), Temperature: vital(3), SpO2: vital(101),
			Complaint: "환자 900101-1234567 흉통",
		})
		named := map[string]bool{}
		for _, f := range fault.Public(err).Fields {
			named[f.Name] = true
		}
		for _, field := range []string{"ktas", "category", "kind", "age_band", "sex", "avpu", "systolic", "diastolic", "pulse", "respiration", "temperature", "spo2", "complaint"} {
			if !named[field] {
				t.Errorf("%s is not named in %v", field, err)
			}
		}
		if strings.Contains(err.Error(), "900101") {
			t.Errorf("the error repeats the number: %v", err)
		}
		_, err = w.OpenCase(as(t, w.crew), model.Case{ID: newID(), Unit: w.unit.ID}, model.Clinical{Systolic: vital(80), Diastolic: vital(90)})
		if fault.Public(err).Field != "diastolic" {
			t.Errorf("80/90: %v", err)
		}
		if n := b.number(t, "SELECT COUNT(*) FROM patient_condition"); n != 0 {
			t.Errorf("%d cases were stored", n)
		}
	})
}

func TestAUnitOutOfServiceOpensNoCase(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		w := newCaseDesk(t, b)
		out := false
		if _, _, err := w.ChangeUnit(as(t, controlOf11), w.unit.ID, 0, model.UnitChange{Active: &out}); err != nil {
			t.Fatal(err)
		}
		open := func(by model.Principal) error {
			_, err := w.OpenCase(as(t, by), model.Case{ID: newID(), Unit: w.unit.ID, Triage: chest}, inPain)
			return err
		}
		if err := open(w.crew); !fault.Is(err, fault.Conflict) || fault.Public(err).Field != "unit" {
			t.Errorf("its crew: %v", err)
		}
		if err := open(model.Principal{Role: model.RoleCrew, Unit: newID()}); !fault.Is(err, fault.NotFound) {
			t.Errorf("another crew hears of it: %v", err)
		}
		if n := b.number(t, "SELECT COUNT(*) FROM patient_condition"); n != 0 {
			t.Errorf("%d cases were opened", n)
		}
	})
}

// The same command from two tablets of one vehicle is one case; another command
// is another case, and says so.
func TestTwoTabletsOfOneVehicle(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		w := newCaseDesk(t, b)
		ask := func(key string) model.Opened {
			ctx := model.WithCall(t.Context(), model.Call{By: w.crew, Key: key, Digest: "same", Request: "r"})
			r, err := w.OpenCase(ctx, model.Case{ID: newID(), Unit: w.unit.ID}, model.Clinical{})
			if err != nil {
				t.Fatal(err)
			}
			var made model.Opened
			if err := json.Unmarshal(r.Result, &made); err != nil {
				t.Fatal(err)
			}
			return made
		}
		first, again, second := ask("k1"), ask("k1"), ask("k2")
		if first.ID != again.ID || first.Others != 0 {
			t.Errorf("one command made %+v and %+v", first, again)
		}
		if second.ID == first.ID || second.Others != 1 {
			t.Errorf("another command made %+v", second)
		}
	})
}

func TestAClosedCaseIsHiddenThenUnreadable(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		w := newCaseDesk(t, b)
		id, stays := w.open(t), w.open(t)
		if _, _, err := w.CloseCase(as(t, w.crew), id, 0, model.CaseArrived); err != nil {
			t.Fatal(err)
		}
		age := func(ms int) {
			b.exec(t, fmt.Sprintf("UPDATE patient_condition SET closed_at = closed_at - %d WHERE id = '%s'", ms, id))
		}
		tidy := func(hidden, destroyed int) {
			t.Helper()
			if h, d, err := w.TidyCases(t.Context(), model.CaseKeepMS); err != nil || h != hidden || d != destroyed {
				t.Errorf("tidied %d and %d, %v; want %d and %d", h, d, err, hidden, destroyed)
			}
		}
		tidy(0, 0)
		age(model.CaseShownMS)
		tidy(1, 0)
		for _, name := range w.feeds() {
			if w.shown(t, name, id) != nil || w.shown(t, name, stays) == nil {
				t.Errorf("%s shows the wrong cases", name)
			}
		}
		if _, clinical, _, err := w.ReadCase(as(t, w.crew), id); err != nil || clinical != inPain {
			t.Errorf("hidden, it reads as %+v, %v", clinical, err)
		}
		age(model.CaseKeepMS)
		tidy(0, 1)
		tidy(0, 0)
		c, clinical, destroyed, err := w.ReadCase(as(t, w.crew), id)
		if err != nil || !destroyed || clinical != (model.Clinical{}) || c.KTAS != 2 {
			t.Errorf("destroyed, it reads as %+v, %+v, %v", c, clinical, err)
		}
		if n := b.number(t, "SELECT COUNT(*) FROM case_key"); n != 1 {
			t.Errorf("%d keys are left; one case is open", n)
		}
		b.exec(t, fmt.Sprintf("UPDATE patient_condition SET opened_at = opened_at - %d WHERE id = '%s'", model.CaseLongMS, stays))
		tidy(0, 0)
		if v, err := w.Value(t.Context(), "admin", "alert/cases"); err != nil || v == nil {
			t.Errorf("nobody is told of a case that was forgotten: %v", err)
		}
	})
}

// What is stored of a case's clinical part does not open as another's, and holds
// no word of it.
func TestTheStoredPartIsBoundToItsCase(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		w := newCaseDesk(t, b)
		one, other := w.open(t), w.open(t)
		held, err := b.Case(t.Context(), one)
		if err != nil || bytes.Contains(held.Sealed, []byte("가슴")) || bytes.Contains(held.Sealed, []byte("141")) {
			t.Fatalf("stored as %q, %v", held.Sealed, err)
		}
		for _, swap := range []string{"patient_condition SET sealed = (SELECT sealed FROM (SELECT sealed FROM patient_condition WHERE id = '%s') AS x) WHERE id = '%s'",
			"case_key SET wrapped = (SELECT wrapped FROM (SELECT wrapped FROM case_key WHERE case_id = '%s') AS x) WHERE case_id = '%s'"} {
			b.exec(t, fmt.Sprintf("UPDATE "+swap, other, one))
			if _, clinical, _, err := w.ReadCase(as(t, w.crew), one); err == nil {
				t.Errorf("another case's part opened as %+v", clinical)
			}
		}
	})
}

// A case against a plain model of it, whatever happens in whatever order.
func TestACaseIsAStateMachine(t *testing.T) {
	fewer(t, 40)
	both(t, func(t *testing.T, b *bench) {
		w := newCaseDesk(t, b)
		rapid.Check(t, func(r *rapid.T) {
			id := w.open(t)
			version, state, ktas := uint64(1), model.CaseOpen, 2
			moved := func(err error, asked uint64, news bool) bool {
				want := fault.Code("")
				switch {
				case state != model.CaseOpen:
					want = fault.Conflict
				case asked != 0 && asked != version:
					want = fault.PreconditionFailed
				}
				if want == "" && err != nil || want != "" && !fault.Is(err, want) {
					r.Fatalf("at version %d, %s, asked for %d: %v, want %q", version, state, asked, err, want)
				}
				if err == nil && news {
					version++
				}
				return err == nil
			}
			asked := rapid.SampledFrom([]uint64{0, 1, 2, 3, 4})
			r.Repeat(map[string]func(*rapid.T){
				"change": func(r *rapid.T) {
					n, to := asked.Draw(r, "version"), rapid.IntRange(1, 5).Draw(r, "ktas")
					_, _, err := w.ChangeCase(as(t, w.crew), id, n, model.CaseChange{Triage: func(t *model.Triage) { t.KTAS = to }})
					if moved(err, n, to != ktas) {
						ktas = to
					}
				},
				"close": func(r *rapid.T) {
					n := asked.Draw(r, "version")
					if _, _, err := w.CloseCase(as(t, w.crew), id, n, model.CaseCanceled); moved(err, n, true) {
						state = model.CaseCanceled
					}
				},
				"": func(r *rapid.T) {
					c, err := b.Case(t.Context(), id)
					if err != nil || c.Version != version || c.State != state || c.KTAS != ktas {
						r.Fatalf("it is %+v, %v; want version %d, %s, KTAS %d", c, err, version, state, ktas)
					}
					if v := w.shown(t, "control:11", id); v["version"] != float64(version) || v["state"] != string(state) {
						r.Fatalf("the control room sees %v", v)
					}
				},
			})
		})
	})
}
