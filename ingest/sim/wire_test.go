package sim_test

import (
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
	if err != nil || !answer.Complete || len(answer.Rejected) != 0 || len(answer.Observations) != 417 {
		t.Fatalf("%d rows, complete %v, rejected %v, %v", answer.Rows, answer.Complete, answer.Rejected, err)
	}
	for _, o := range answer.Observations {
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

func TestFaultsAsTheClientSeesThem(t *testing.T) {
	c := noon()
	s := sim.New(sim.Options{Seed: 1, Now: c.now})
	for mode, want := range map[string]egen.Kind{
		sim.FaultError502: egen.Transient, sim.FaultHTML: egen.Transient, sim.FaultTruncated: egen.Transient, sim.FaultQuota: egen.Quota,
	} {
		if err := s.Fault(sim.Fault{Mode: mode}); err != nil {
			t.Fatal(err)
		}
		if _, err := reader(t, s).Beds(t.Context()); err == nil || egen.KindOf(err) != want {
			t.Errorf("%s: %v", mode, err)
		}
	}
	for mode, rows := range map[string]int{sim.FaultHalf: 208, sim.FaultEmpty: 0} {
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
	for _, o := range a.Observations {
		if o.HospitalID == kyunghee && (o.Readings["er.general"].Value != 3 || o.Readings["equipment.ecmo"].Value != 1) {
			t.Errorf("%+v", o.Readings)
		}
	}
}
