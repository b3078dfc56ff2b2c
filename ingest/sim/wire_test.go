package sim_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"weer/ingest/egen"
	"weer/ingest/sim"
	"weer/model"
)

// direct carries the client's requests to the simulator without a socket.
type direct struct{ h http.Handler }

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	d.h.ServeHTTP(w, r)
	return w.Result(), nil
}

func reader(t *testing.T, s *sim.Sim) *egen.Client {
	t.Helper()
	c, err := egen.New(egen.Options{URL: "http://127.0.0.1", Key: sim.DefaultKey, Transport: direct{s.Handler()}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// What the decoder makes of the country is what the simulator says of itself,
// hospital by hospital and item by item.
func TestTheDecoderReadsTheSimulator(t *testing.T) {
	c := noon()
	s := sim.New(sim.Options{Seed: 4, Now: c.now})
	answer, err := reader(t, s).Beds(t.Context())
	if err != nil || !answer.Complete || len(answer.Rejected) != 0 || len(answer.Values) != 417 {
		t.Fatalf("%d rows, complete %v, rejected %v, %v", answer.Rows, answer.Complete, answer.Rejected, err)
	}
	for _, o := range answer.Values {
		_, state := get(s, "/state?hospital="+o.HospitalID)
		items := state["items"].(map[string]any)
		if len(items) != len(o.Readings) || state["name"] != o.Name || state["observed_at"] != o.ObservedAt.Std().Format("2006-01-02T15:04:05.000Z") {
			t.Errorf("%s: %d readings of %d, %q, %v", o.HospitalID, len(o.Readings), len(items), o.Name, o.ObservedAt.Std())
		}
		for code, said := range items {
			if r := o.Readings[code]; !agrees(code, r, said.(map[string]any)) {
				t.Errorf("%s %s: %+v of %v", o.HospitalID, code, r, said)
			}
		}
	}
}

func agrees(code string, r model.Reading, said map[string]any) bool {
	item, _ := model.ItemByCode(code)
	value, _ := said["value"].(string)
	total, hasTotal := said["total"].(string)
	if hasTotal != r.HasTotal || hasTotal && strconv.Itoa(r.Total) != total {
		return false
	}
	switch {
	case value == "N1":
		return r.State == model.NotOffered
	case item.YesNo:
		return r.State == model.Known && (r.Value == 1) == (value == "Y")
	}
	return r.State == model.Known && strconv.Itoa(r.Value) == value
}

func TestScenariosAsTheClientSeesThem(t *testing.T) {
	c := noon()
	s := sim.New(sim.Options{Seed: 1, Now: c.now})
	for mode, want := range map[string]egen.Kind{
		sim.FaultError502: egen.Transient, sim.FaultHTML: egen.Transient, sim.FaultMaintenance: egen.Transient,
		sim.FaultTruncated: egen.Transient, sim.FaultReset: egen.Transient,
		sim.FaultQuota: egen.Quota, sim.FaultKey: egen.Operator, sim.FaultSOAP: egen.Operator,
	} {
		if err := s.Scenario(mode); err != nil {
			t.Fatal(err)
		}
		for range 2 { // quota is said in two ways
			if _, err := reader(t, s).Beds(t.Context()); err == nil || egen.KindOf(err) != want {
				t.Errorf("%s: %v", mode, err)
			}
		}
	}
	for mode, rows := range map[string]int{sim.FaultHalf: 208, sim.FaultEmpty: 0, sim.FaultShort: 417} {
		if err := s.Fault(sim.Fault{Mode: mode}); err != nil {
			t.Fatal(err)
		}
		if a, err := reader(t, s).Beds(t.Context()); err != nil || a.Rows != rows || a.Complete {
			t.Errorf("%s: %d rows, complete %v, %v", mode, a.Rows, a.Complete, err)
		}
	}
	if err := s.Fault(sim.Fault{Mode: sim.FaultDropHospital, Hospital: kyunghee}); err != nil {
		t.Fatal(err)
	}
	if a, err := reader(t, s).Beds(t.Context()); err != nil || a.Rows != 416 || !a.Complete {
		t.Errorf("%d rows, complete %v, %v", a.Rows, a.Complete, err)
	}
}

// Rows that are odd are rows all the same, and nobody's name is among what is read.
func TestOddRowsAsTheClientSeesThem(t *testing.T) {
	s := sim.New(sim.Options{Seed: 1, Now: noon().now})
	right, err := reader(t, s).Beds(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, mode := range []string{sim.FaultDuplicates, sim.FaultCase, sim.FaultPersonal, sim.FaultOld, sim.FaultFuture, sim.FaultUnreadable, sim.FaultZeros} {
		if err := s.Scenario(mode); err != nil {
			t.Fatal(err)
		}
		a, err := reader(t, s).Beds(t.Context())
		if err != nil || !a.Complete {
			t.Errorf("%s: complete %v, %v", mode, a.Complete, err)
		}
		ids := map[string]bool{}
		for _, o := range a.Values {
			ids[o.HospitalID] = true
		}
		if len(ids) != len(right.Values) || strings.Contains(fmt.Sprint(a), sim.Personal) {
			t.Errorf("%s: %d hospitals", mode, len(ids))
		}
	}
}

func TestTheWrongKeyNeedsAnOperator(t *testing.T) {
	s := sim.New(sim.Options{Seed: 1, Key: "another"})
	_, err := reader(t, s).Beds(t.Context())
	if egen.KindOf(err) != egen.Operator || strings.Contains(err.Error(), sim.DefaultKey) {
		t.Error(err)
	}
}

// Set, then poll: the display would show exactly this.
func TestWhatIsSetIsRead(t *testing.T) {
	c := noon()
	s := sim.New(sim.Options{Seed: 1, Now: c.now})
	if err := s.Set(kyunghee, map[string]int{"er.general": 3, "equipment.ecmo": 1}); err != nil {
		t.Fatal(err)
	}
	c.pass(10 * time.Minute)
	a, err := reader(t, s).Beds(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range a.Values {
		if o.HospitalID == kyunghee && (o.Readings["er.general"].Value != 3 || o.Readings["equipment.ecmo"].Value != 1) {
			t.Errorf("%+v", o.Readings)
		}
	}
}

// What the decoder makes of the declarations is what the simulator says.
func TestTheDecoderReadsAcceptance(t *testing.T) {
	s := sim.New(sim.Options{Seed: 4, Now: noon().now})
	answer, err := reader(t, s).Acceptance(t.Context())
	if err != nil || !answer.Complete || len(answer.Rejected) != 0 || len(answer.Values) != 438 {
		t.Fatalf("%d rows, complete %v, rejected %v, %v", answer.Rows, answer.Complete, answer.Rejected, err)
	}
	words := map[string]model.Acceptance{"Y": model.Accepts, "불가능": model.Refuses, "정보미제공": model.AcceptanceNotStated}
	for _, d := range answer.Values {
		_, state := get(s, "/state?hospital="+d.HospitalID)
		for code, said := range state["acceptance"].(map[string]any) {
			value := said.(map[string]any)["value"].(string)
			note, _ := said.(map[string]any)["note"].(string)
			got, stated := d.Declarations[code]
			if !stated {
				got.State = model.AcceptanceNotStated
			}
			if got.State != words[value] || got.Note != strings.Trim(note, ".") {
				t.Errorf("%s %s: %+v of %q %q", d.HospitalID, code, got, value, note)
			}
		}
	}
}

func TestTheDecoderReadsMessages(t *testing.T) {
	s := sim.New(sim.Options{Seed: 4, Now: noon().now})
	answer, err := reader(t, s).Announcements(t.Context())
	if err != nil || !answer.Complete || len(answer.Rejected) != 0 {
		t.Fatalf("%d rows, complete %v, rejected %v, %v", answer.Rows, answer.Complete, answer.Rejected, err)
	}
	for _, a := range answer.Values {
		_, state := get(s, "/state?hospital="+a.HospitalID)
		found := false
		for _, said := range state["messages"].([]any) {
			m := said.(map[string]any)
			found = found || strings.Join(strings.Fields(m["text"].(string)), " ") == strings.Join(strings.Fields(a.Text), " ") &&
				m["code"] == a.Code && m["starts_at"] == a.StartsAt.Std().Format("2006-01-02T15:04:05.000Z")
		}
		if !found {
			t.Errorf("%s never said %q", a.HospitalID, a.Text)
		}
	}
}

func TestTheDecoderReadsTheList(t *testing.T) {
	s := sim.New(sim.Options{Seed: 4, Now: noon().now})
	answer, err := reader(t, s).Institutions(t.Context())
	if err != nil || !answer.Complete || len(answer.Rejected) != 0 || len(answer.Values) < 528 {
		t.Fatalf("%d rows, complete %v, rejected %v, %v", answer.Rows, answer.Complete, answer.Rejected, err)
	}
	for _, i := range answer.Values {
		_, state := get(s, "/state?hospital="+i.HospitalID)
		said := state["list"].(map[string]any)
		_, placed := said["lat"]
		level, _ := said["level"].(string)
		if said["name"] != i.Name || level != string(i.Level) || placed != (i.Place != nil) || i.Region == "" {
			t.Errorf("%+v of %v", i, said)
		}
	}
}
