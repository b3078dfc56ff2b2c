package sim

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
	"time"
)

// A die is a stream of randomness that belongs to a seed and a name.
type die struct{ rand.PCG }

func newDie(seed uint64, name string) *die {
	h := fnv.New64a()
	h.Write([]byte(name))
	d := &die{}
	d.Seed(seed, h.Sum64())
	return d
}

// unit is evenly spread over 0 ≤ x < 1.
func (d *die) unit() float64 { return float64(d.Uint64()>>11) / (1 << 53) }

func (d *die) chance(p float64) bool { return d.unit() < p }

// one picks from a list that is not empty.
func one[T any](d *die, of []T) T { return of[d.Uint64()%uint64(len(of))] }

// dieAt is the randomness of a stream at one place.
func dieAt(seed, stream uint64, place int64) *die {
	d := &die{}
	d.Seed(seed^stream, uint64(place)*0x9e3779b97f4a7c15)
	return d
}

// at is the value of a stream at one place, −1 ≤ x < 1.
func at(seed, stream uint64, place int64) float64 { return 2*dieAt(seed, stream, place).unit() - 1 }

// wave is a smooth random line through the places of a stream, −1 ≤ y < 1: any
// moment of it can be asked without those before.
func wave(seed, stream uint64, x float64) float64 {
	left := math.Floor(x)
	f := x - left
	f = f * f * (3 - 2*f)
	a, b := at(seed, stream, int64(left)), at(seed, stream, int64(left)+1)
	return a + (b-a)*f
}

// report is the time of an institution's newest report, its own clock's error
// left out. Speed shortens the time between reports.
func (h *institution) report(now time.Time, speed float64) time.Time {
	if !h.silent.IsZero() {
		return h.silent
	}
	every := max(1, int64(float64(h.period.Milliseconds())/speed))
	since := now.UnixMilli() - h.phase.Milliseconds()%every
	return now.Add(-time.Duration(since%every) * time.Millisecond).Truncate(time.Millisecond)
}

// free is what a field's system counts at a moment of simulated time, in hours.
func (h *institution) free(seed uint64, i int, hours float64) int {
	x := h.holdings[i]
	switch {
	case fields[i].flag:
		return b2i(x.total > 0 && wave(seed, x.stream, hours/9) > -.9)
	case i == fieldByItem["er.general"]:
		return h.emergency(seed, x, hours)
	}
	swing := min(float64(x.total)*.4, 8)
	n := math.Round(float64(x.total)*(1-x.busy) + swing*wave(seed, x.stream, hours/12))
	return clamp(int(n), 0, x.total)
}

// emergency is the emergency room itself: a slow tide of the day, people who
// come and go over it, and nobody sent away when it is full.
func (h *institution) emergency(seed uint64, x holding, hours float64) int {
	beds := float64(x.total)
	tide := beds * .45 * wave(seed, x.stream, hours/5)
	flow := (.7 + beds*.06) * wave(seed, ^x.stream, hours*2.2)
	return clamp(int(math.Round(beds*(1.05-x.busy)-beds*.1+tide+flow)), -x.total, x.total)
}

func clamp(n, least, most int) int { return max(least, min(n, most)) }

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}
