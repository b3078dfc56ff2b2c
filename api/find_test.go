package api

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"weer/api/road"
	"weer/model"
)

// asked is a router that says what it was asked.
type asked struct{ calls [][]model.Point }

func (a *asked) Legs(_ context.Context, _ model.Point, to []model.Point) []road.Leg {
	a.calls = append(a.calls, to)
	legs := make([]road.Leg, len(to))
	for i, p := range to {
		legs[i] = road.Leg{Minutes: 40 - p.Lat, KM: 5, By: road.ByOSRM} // the further south, the longer
	}
	return legs
}

func TestFindingOverREST(t *testing.T) {
	roads := &asked{}
	h := hear(t, Options{Router: roads})
	const from = "/find?lat=37.5&lon=127.03"
	_, page, text := as[FindPage](h.harness, "crew", "GET", from+"&items=er.general&misses=true", "")
	if len(page.Items) != 3 || len(roads.calls) != 1 || len(roads.calls[0]) != 2 || len(page.Feeds) != 2 {
		t.Fatalf("%s; the roads were asked for %v", text, roads.calls)
	}
	fits := map[string]FoundHospital{}
	for _, f := range page.Items {
		fits[f.ID] = f
	}
	if f := fits[here]; f.Fit != "yes" || f.Road.By != road.ByOSRM || *f.KM < 8 || len(f.Reasons) != 0 {
		t.Errorf("%+v", f)
	}
	if f := fits[south]; f.Fit != "unknown" || f.Reasons[0].Why != model.WhyTooOld {
		t.Errorf("a number of two hours ago: %+v", f)
	}
	if f := fits[busan]; f.Fit != "no" || f.Reasons[0].Why != model.WhyNotOffered || f.Road != nil {
		t.Errorf("%+v", f)
	}
	for query, want := range map[string]string{
		"":                            "A1100002 A1100001 A1200001",
		"&sort=road":                  "A1100001 A1100002 A1200001",
		"&region=26":                  "A1200001",
		"&diseases=severe.burn":       "A1100001 A1100002 A1200001",
		"&km=1":                       "A1100002 A1200001",
		"&level=G001":                 "A1100001",
		"&items=er.sofa&diseases=flu": "invalid diseases items",
		"&lat=1":                      "invalid lat",
	} {
		res, page, text := as[FindPage](h.harness, "crew", "GET", from+query, "")
		var ids []string
		for _, f := range page.Items {
			ids = append(ids, f.ID)
		}
		got := strings.Join(ids, " ")
		if res.StatusCode != http.StatusOK {
			got = problem(text)
		}
		if got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
	for path, want := range map[string]string{"/find": "invalid lat lon", "/find?lat=0&lon=0": "invalid lat", "/find?lat=37.5": "invalid lon"} {
		if _, _, text := as[any](h.harness, "crew", "GET", path, ""); problem(text) != want {
			t.Errorf("%s: %s, want %s", path, problem(text), want)
		}
	}
}

func TestWithoutARouterRoadTimesAreEstimates(t *testing.T) {
	h := hear(t, Options{})
	_, page, _ := as[FindPage](h.harness, "crew", "GET", "/find?lat=37.5663&lon=126.9779&sort=road", "")
	if r := page.Items[0].Road; page.Items[0].ID != here || r.By != road.ByEstimate || r.Why != "" || r.Minutes != 0 {
		t.Errorf("%+v", page.Items[0])
	}
	if r := page.Items[1].Road; r.Minutes < 10 || r.Minutes > 60 {
		t.Errorf("%+v", r)
	}
}

// Whatever stands in bbox and near, it is numbers on earth or nothing.
func FuzzNumbers(f *testing.F) {
	for _, text := range []string{"126.8,37.4,127.2,37.7", "37.5663, 126.9779", "NaN,1", "1e400,2", "Inf,-Inf", "", ",", "0x1p4,2", "１,２"} {
		f.Add(text, 2)
	}
	f.Fuzz(func(t *testing.T, text string, n int) {
		list, ok := numbers(text, n)
		if !ok {
			return
		}
		if len(list) != n {
			t.Fatalf("%d numbers of %q, want %d", len(list), text, n)
		}
		for _, v := range list {
			if !(v >= -180 && v <= 180) {
				t.Fatalf("%v of %q", v, text)
			}
		}
	})
}
