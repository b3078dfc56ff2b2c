package egen

import (
	"strconv"
	"strings"

	"weer/model"
)

// beds is operation 1, 응급실 실시간 가용병상정보.
var beds = operation[model.Observation]{
	path:  "getEmrrmRltmUsefulSckbdInfoInqire",
	tags:  bedTags,
	slots: bedSlots,
	read:  observation,
	key:   func(o model.Observation) string { return o.HospitalID },
}

// observation turns a bed report into our terms.
func observation(r *row) (model.Observation, error) {
	id, err := hospitalID(r.cells[bedID])
	if err != nil {
		return model.Observation{}, err
	}
	o := model.Observation{
		HospitalID: id,
		Name:       label(r.cells[bedName].text, maxName),
		Tel:        sign(r.cells[bedTel], maxTel),
		ObservedAt: moment(r.cells[bedTime]),
		Readings:   make(model.Readings, len(pairs)),
	}
	for i := range pairs {
		if reading, ok := r.reading(i); ok {
			o.Readings[pairs[i].code] = reading
		}
	}
	return o, nil
}

// reading judges one pair; ok is false when neither half was sent.
func (r *row) reading(i int) (reading model.Reading, ok bool) {
	value, baseline := r.cells[bedValue+slot(i)], r.cells[bedBaseline+slot(i)]
	if !value.given && !baseline.given {
		return reading, false
	}
	total, hasTotal := count(baseline)
	hasTotal = hasTotal && total >= 0
	switch {
	case !value.given:
		reading.State = model.NotReported
	case items[i].YesNo:
		reading = flag(value)
	default:
		reading = r.free(pairs[i].available, value, total, hasTotal)
	}
	if hasTotal {
		reading.Total, reading.HasTotal = total, true
	}
	// A baseline that is no number says nothing: alone it is no reading at all.
	return reading, value.given || hasTotal
}

// free judges a count. More free than there are is a slip or a test value; the
// number is kept as raw and not shown as one.
func (r *row) free(tag string, value cell, total int, hasTotal bool) model.Reading {
	n, ok := count(value)
	if !ok {
		return unknown(value)
	}
	if !hasTotal {
		total, hasTotal = count(r.cells[bedWards])
	}
	if hasTotal && total >= 0 && n > total || ambiguous[tag] && n == -1 {
		return model.Reading{State: model.Unknown, Value: n}
	}
	return model.Reading{State: model.Known, Value: n}
}

// flag judges a yes-or-no item: Y usable, N owned but not usable, N1 not owned.
func flag(c cell) model.Reading {
	switch {
	case c.torn:
	case strings.EqualFold(c.text, "Y"):
		return model.Reading{State: model.Known, Value: 1}
	case strings.EqualFold(c.text, "N"):
		return model.Reading{State: model.Known}
	case strings.EqualFold(c.text, "N1"):
		return model.Reading{State: model.NotOffered}
	}
	return unknown(c)
}

// maxCount is above every count of any hospital (the largest has under 3,000
// beds) and below the test values that were seen (12312).
const maxCount = 5_000

func count(c cell) (n int, ok bool) {
	if !c.given || c.torn {
		return 0, false
	}
	n, err := strconv.Atoi(c.text)
	return n, err == nil && -maxCount <= n && n <= maxCount
}

// unknown keeps the number, if the text was one that JavaScript can hold.
func unknown(c cell) model.Reading {
	r := model.Reading{State: model.Unknown}
	if n, err := strconv.ParseInt(c.text, 10, 32); err == nil && !c.torn {
		r.Value = int(n)
	}
	return r
}
