package road

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"weer/model"
)

var (
	cityHall = model.Point{Lat: 37.5663, Lon: 126.9779}
	gangnam  = model.Point{Lat: 37.4979, Lon: 127.0276}
	suwon    = model.Point{Lat: 37.2636, Lon: 127.0286}
)

func TestAnEstimateIsWhatItsAssumptionsSay(t *testing.T) {
	for name, c := range map[string]struct {
		from, to    model.Point
		km, minutes float64
	}{
		"nowhere":           {cityHall, cityHall, 0, 0},
		"through the city":  {cityHall, gangnam, 8.78 * Detour, (CityKM/CitySpeed + (8.78*Detour-CityKM)/OpenSpeed) * 60},
		"out of the city":   {cityHall, suwon, 33.96 * Detour, (CityKM/CitySpeed + (33.96*Detour-CityKM)/OpenSpeed) * 60},
		"around the corner": {cityHall, model.Point{Lat: 37.5753, Lon: 126.9779}, 1.0008 * Detour, 1.0008 * Detour / CitySpeed * 60},
	} {
		l := Estimate(c.from, c.to)
		if math.Abs(l.KM-c.km) > 0.05 || math.Abs(l.Minutes-c.minutes) > 0.1 || l.By != ByEstimate || l.Why != "" {
			t.Errorf("%s: %+v, want %.2f km in %.1f minutes", name, l, c.km, c.minutes)
		}
	}
}

func anyPoint(t *rapid.T, name string) model.Point {
	return model.Point{Lat: rapid.Float64Range(33, 38.6).Draw(t, name+" lat"), Lon: rapid.Float64Range(124.6, 131.9).Draw(t, name+" lon")}
}

// What is farther takes longer, and both ways are the same.
func TestEstimatesRankAsDistancesDo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from, a, b := anyPoint(t, "from"), anyPoint(t, "a"), anyPoint(t, "b")
		la, lb := Estimate(from, a), Estimate(from, b)
		if (model.Distance(from, a) < model.Distance(from, b)) && la.Minutes > lb.Minutes {
			t.Fatalf("%+v is nearer than %+v and takes longer", la, lb)
		}
		if back := Estimate(a, from); math.Abs(back.Minutes-la.Minutes) > 1e-6 || !la.plausible(model.Distance(from, a)) {
			t.Fatalf("%+v there, %+v back", la, back)
		}
	})
}
