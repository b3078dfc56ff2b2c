package egen

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"weer/model"
	"weer/model/feed"
)

// A cell is the text of one element of a row.
type cell struct {
	text  string // without the blanks around it
	given bool   // the element was there and said something
	torn  bool   // it was there twice and differed, or held elements instead of text
}

// A row is one <item> of operation 1 as it was sent.
type row [slots]cell

// fillers are ways to say nothing.
var fillers = map[string]bool{"": true, "-": true, "null": true, "정보미제공": true}

// put takes an element's text. A second element of the same name must say the
// same, else nobody can tell which is meant.
func (r *row) put(s slot, text string, plain bool) {
	text = strings.TrimSpace(text)
	c := &r[s]
	switch {
	case !plain:
		c.given, c.torn = true, true
	case fillers[text]:
	case c.given && c.text != text:
		c.torn = true
	default:
		c.text, c.given = text, true
	}
}

// observation turns the row into our terms. The error says why the row as a
// whole is of no use; it holds nothing personal.
func (r *row) observation() (model.Observation, error) {
	id := r[slotID]
	if !id.given {
		return model.Observation{}, fmt.Errorf("no hpid")
	}
	if id.torn || !model.ValidHospitalID(id.text) {
		return model.Observation{}, fmt.Errorf("hpid %.20q is none", id.text)
	}
	o := model.Observation{
		HospitalID: id.text,
		Name:       label(r[slotName].text, 100),
		Tel:        phone(r[slotTel].text),
		ObservedAt: moment(r[slotTime]),
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
	value, baseline := r[slotValue+slot(i)], r[slotBaseline+slot(i)]
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
		reading = r.beds(pairs[i].available, value, total, hasTotal)
	}
	if hasTotal {
		reading.Total, reading.HasTotal = total, true
	}
	// A baseline that is no number says nothing: alone it is no reading at all.
	return reading, value.given || hasTotal
}

// beds judges a count. More free than there are is a slip or a test value; the
// number is kept as raw and not shown as one.
func (r *row) beds(tag string, value cell, total int, hasTotal bool) model.Reading {
	n, ok := count(value)
	if !ok {
		return unknown(value)
	}
	if !hasTotal {
		total, hasTotal = count(r[slotWards])
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

// kst is Korea's time: no daylight saving, no zone in the answer.
var kst = time.FixedZone("KST", 9*60*60)

// moment reads hvidate (yyyyMMddHHmmss); 0 when it is no time.
func moment(c cell) feed.Time {
	if c.torn || len(c.text) != 14 {
		return 0
	}
	t, err := time.ParseInLocation("20060102150405", c.text, kst)
	if err != nil {
		return 0
	}
	return max(0, feed.At(t))
}

// label makes a text fit to be shown on one line.
func label(s string, most int) string {
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }), " ")
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return s
}

// phone passes a telephone number on; a cut one would ring somewhere else, so
// one that is too long is none.
func phone(s string) string {
	if s = label(s, 1<<20); len(s) > 40 {
		return ""
	}
	return s
}
