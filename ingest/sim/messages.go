package sim

import (
	"bytes"
	_ "embed"
	"encoding/csv"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// 128 real texts of 24 hospitals of Seoul: blanket, by department, by hour, by
// kind of patient, by age, possible ones, ask-first ones, of a holiday, bare.
//
//go:embed messages.tsv
var messagesTSV []byte

// A saying is a real text with what it is about.
type saying struct{ kind, code, text string }

var sayings = readSayings()

func readSayings() (list []saying) {
	r := csv.NewReader(bytes.NewReader(messagesTSV))
	r.Comma, r.LazyQuotes = '\t', true
	rows, err := r.ReadAll()
	if err != nil {
		panic(fmt.Sprintf("an embedded table: %v", err))
	}
	for _, row := range rows[1:] {
		list = append(list, saying{row[1], row[2], row[3]})
	}
	return list
}

// Kinds of messages, and the code of the emergency room as a whole.
const (
	kindER     = "응급"
	kindSevere = "중증"
	wholeER    = "Y000"
)

// codeNames are symTypCodMag: what a code is called here, which is not what
// operation 2 calls it.
var codeNames = func() map[string]string {
	m := map[string]string{wholeER: "응급실"}
	for _, d := range diseases {
		m[d.official] = d.name
	}
	return m
}()

// Departments that texts name, longer names before those that they contain.
var departments = []string{
	"소아청소년과", "정신건강의학과", "응급의학과", "혈액종양내과", "비뇨의학과", "이비인후과", "소화기내과", "심장내과",
	"성형외과", "정형외과", "신경외과", "흉부외과", "산부인과", "신경과", "피부과", "안과", "치과",
}

func departmentIn(text string) string {
	if i := slices.IndexFunc(departments, func(d string) bool { return strings.Contains(text, d) }); i >= 0 {
		return departments[i]
	}
	return ""
}

// How many messages a hospital of a level has room for, on average; at most 15.
var wordiness = map[string]float64{levelRegional: 5, levelCentre: 2.75, levelUnit: .8, levelNotified: .1}

// A slot is room for one message after another.
type slot struct {
	stream        uint64
	phase, period float64 // hours
	twice         bool    // its messages were entered twice
}

func announce(d *die, level string) (list []slot) {
	room := int(-math.Log(1-d.unit())*wordiness[level] + .5)
	for range min(room, 15) {
		s := slot{stream: d.Uint64(), period: 6 * math.Pow(12, d.unit()), twice: d.chance(.03)}
		if d.chance(.25) {
			s.period = 24 * (30 + 90*d.unit()) // one that stands for months
		}
		s.phase = s.period * d.unit()
		list = append(list, s)
	}
	return list
}

// A message is a row of operation 9.
type message struct {
	*institution
	saying
	department string
	starts     time.Time
	ends       time.Time // zero: open
	lifted     bool      // 해제, else 차단
	automatic  bool      // 자동, else 수동
}

// at is the slot's message at a moment of simulated time, in hours.
func (l slot) at(s *Sim, h *institution, hours float64) (m message, there bool) {
	turn := math.Floor((hours - l.phase) / l.period)
	d := dieAt(s.seed, l.stream, int64(turn))
	begin := l.phase + l.period*(turn+.06*d.unit())
	end := begin + l.period*.86
	into := (hours - begin) / l.period // negative: not yet
	m = message{institution: h, saying: one(d, sayings), starts: s.moment(begin)}
	if d.chance(.7) {
		m.department = departmentIn(m.text)
	}
	switch way := d.unit(); {
	case way < .35: // open, and one day gone
		there = into >= 0 && into < .9
	case way < .55: // open, and lifted by hand before it goes
		m.lifted = into > .7
		there = into >= 0 && into < .9
	case way < .85: // ends by itself
		m.ends, m.automatic = s.moment(end), true
		there = into >= 0 && hours < end
	case way < .95: // the same, known before it begins
		m.ends, m.automatic = s.moment(end), true
		there = hours < end
	default: // has ended and is still there
		m.ends = s.moment(begin + l.period*.6)
		there = into >= 0 && into < .9
	}
	return m, there
}

// messages are those of a hospital. The caller holds the lock.
func (s *Sim) messages(h *institution) (list []message) {
	hours, by := s.hours(), s.hands[h]
	for _, l := range h.slots {
		m, there := l.at(s, h, hours)
		if by != nil {
			m.lifted = m.lifted || by.lifted[m.text]
			there = there && !by.removed[m.text]
		}
		if !there {
			continue
		}
		list = append(list, m)
		if l.twice {
			list = append(list, m)
		}
	}
	if by != nil {
		list = append(list, by.posted...)
	}
	return list
}

var messageColumns = inWireOrder([]column[message]{
	{"dutyAddr", func(m *message) string { return m.address }},
	{"dutyName", func(m *message) string { return m.name }},
	{"emcOrgCod", func(m *message) string { return m.id }},
	{"hpid", func(m *message) string { return m.id }},
	{numbered, nil},
	{"symBlkMsg", func(m *message) string { return m.text }},
	{"symBlkMsgTyp", func(m *message) string { return m.saying.kind }},
	{"symBlkSttDtm", func(m *message) string { return stamp(m.starts) }},
	{"symBlkEndDtm", func(m *message) string { return stamp(m.ends) }},
	{"symOutDspYon", func(m *message) string { return either(m.lifted, "해제", "차단") }},
	{"symOutDspMth", func(m *message) string { return either(m.automatic, "자동", "수동") }},
	{"symTypCod", func(m *message) string { return m.code }},
	{"symTypCodMag", func(m *message) string { return codeNames[m.code] }},
	{"trtPrtCodMag", func(m *message) string { return m.department }},
})

func either(yes bool, this, that string) string {
	if yes {
		return this
	}
	return that
}

// announcements is operation 9.
func (s *Sim) announcements(q query) (items []item, code string) {
	for _, h := range s.institutions {
		if !q.listed(h, h.name, h.address) {
			continue
		}
		for _, m := range s.messages(h) {
			items = append(items, itemOf(h.id, messageColumns, &m))
		}
	}
	return items, ""
}
