package sim

import (
	"strconv"
	"strings"
	"time"
)

// A reading is what an institution reports of one field; value and total as
// they stand in the XML, "" for an element that is not there.
type reading struct {
	value, total string
	n            int
	held         bool
}

// A row is an institution's newest report.
type row struct {
	*institution
	at       time.Time // hvidate
	readings []reading
}

// row computes an institution's newest report. The caller holds the lock.
func (s *Sim) row(h *institution) row {
	reported := h.report(s.clock(), s.speed)
	r := row{institution: h, at: reported, readings: make([]reading, len(fields))}
	hours := float64(reported.UnixMilli()) / 3_600_000 * s.speed
	hand := s.hands[h]
	for i := range fields {
		r.readings[i] = h.reading(s.seed, i, hours, hand)
	}
	if hand != nil && hand.touched.After(r.at) {
		r.at = hand.touched
	}
	r.at = r.at.Add(h.ahead)
	return r
}

func (h *institution) reading(seed uint64, i int, hours float64, by *hand) reading {
	x, f := h.holdings[i], fields[i]
	var r reading
	if by != nil {
		r.n, r.held = by.held[i]
	}
	switch {
	case r.held:
	case !x.reported:
		return reading{}
	case !x.owned:
		return reading{value: "N1"}
	default:
		r.n = h.free(seed, i, hours)
		if by != nil && by.churned[i] {
			r.n = otherwise(f.flag, r.n, x.total)
		}
	}
	if x.reported && x.owned {
		r.total = strconv.Itoa(x.total)
	}
	r.value = strconv.Itoa(r.n)
	if f.flag {
		r.value = h.pad([]string{"N", "Y"}[r.n])
	}
	return r
}

// otherwise is a value that differs and is possible all the same.
func otherwise(flag bool, n, total int) int {
	switch {
	case flag:
		return 1 - n
	case n < total:
		return n + 1
	}
	return n - 1
}

func (h *institution) pad(flag string) string {
	if h.padded {
		return flag + strings.Repeat(" ", 9)
	}
	return flag
}
