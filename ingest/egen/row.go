package egen

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
	"unicode"

	"weer/model"
	"weer/model/feed"
)

// A slot is the place of a tag among a row's cells.
type slot int

// A tag is where the text of an element goes.
type tag struct {
	slot  slot
	words bool // a person's words: nothing that is said is taken for silence
}

// A cell is the text of one element of a row.
type cell struct {
	text  string // without the blanks around it
	given bool   // the element was there and said something
	torn  bool   // it was there twice and differed, or held elements instead of text
}

// A row is one <item> as it was sent.
type row struct {
	cells   []cell   // by slot
	remarks []string // texts that are of no use in a row that is
}

func (r *row) clear() {
	clear(r.cells)
	r.remarks = nil
}

func (r *row) remark(format string, args ...any) {
	r.remarks = append(r.remarks, fmt.Sprintf(format, args...))
}

// The longest texts that are passed on, in characters; signs in bytes.
const (
	maxName    = 100
	maxAddress = 300
	maxNote    = 200
	maxText    = 2_000
	maxTel     = 40
	maxCode    = 20
)

// filler reports whether a text is one of the ways to say nothing.
func filler(text string) bool {
	if len(text) > len("null") {
		return text == "정보미제공"
	}
	switch strings.ToLower(text) {
	case "", "-", "null", "none", "n/a", "nan":
		return true
	}
	return false
}

// put takes an element's text. A second element of the same name must say the
// same, else nobody can tell which is meant.
func (r *row) put(t tag, text string, plain bool) {
	text = strings.TrimSpace(text)
	c := &r.cells[t.slot]
	switch {
	case !plain && !t.words:
		c.given, c.torn = true, true
	case text == "" || !t.words && filler(text):
	case c.given && c.text != text:
		c.torn = true
	default:
		c.text, c.given = text, true
	}
}

// is reports whether the cell holds one of the words.
func (c cell) is(words ...string) bool {
	return !c.torn && slices.ContainsFunc(words, func(w string) bool { return strings.EqualFold(c.text, w) })
}

// hospitalID reads the hpid (기관코드) of a row.
func hospitalID(c cell) (string, error) {
	switch {
	case !c.given:
		return "", errors.New("no hpid")
	case c.torn || !model.ValidHospitalID(c.text):
		return "", fmt.Errorf("hpid %.20q is none", c.text)
	}
	return c.text, nil
}

// kst is Korea's time: no daylight saving, no zone in the answer.
var kst = time.FixedZone("KST", 9*60*60)

// moment reads a time (yyyyMMddHHmmss); 0 when it is no time.
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

// label makes a text fit to be shown on one line: whatever parts its words
// becomes one blank. One that is too long ends with an ellipsis.
func label(s string, most int) string {
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }), " ")
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return s
}

// sign passes on what is of no use when it is cut: a telephone number would
// ring somewhere else. One that is too long or torn is none.
func sign(c cell, most int) string {
	if s := label(c.text, math.MaxInt); !c.torn && len(s) <= most {
		return s
	}
	return ""
}
