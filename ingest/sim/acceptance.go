package sim

import (
	_ "embed"
	"math"
)

// The 28 diseases of operation 2: their tags, WeER's codes, what operation 9
// calls them, and how many of 29 large real hospitals accept and refuse them.
//
//go:embed diseases.csv
var diseasesCSV []byte

// A disease is something that a hospital declares that it accepts or not.
type disease struct {
	tag, noteTag   string  // noteTag "": it has no free text
	item           string  // WeER's code, for /set and /state
	official, name string  // symTypCod and symTypCodMag of operation 9; "" for the gate keeper
	silent         float64 // how many say nothing, among large hospitals
	refusing       float64 // of those that say something
}

var diseases = readDiseases()

func readDiseases() (list []disease) {
	for row := range records(diseasesCSV) {
		yes, no := number(row["accepted_of_29"]), number(row["refused_of_29"])
		list = append(list, disease{
			tag: row["tag"], noteTag: row["note_tag"], item: row["disease"], official: row["official"], name: row["name"],
			silent: 1 - (yes+no)/29, refusing: no / (yes + no),
		})
	}
	return list
}

var diseaseByItem = func() map[string]int {
	m := map[string]int{}
	for i, d := range diseases {
		m[d.item] = i
	}
	return m
}()

// What the wire says, and what the controls call it.
const (
	accepted    = "Y         " // blanks and all
	refused     = "불가능"
	notReported = "정보미제공"
)

var acceptances = map[string]string{"accepts": accepted, "refuses": refused, "not_reported": notReported}

// The share of 정보미제공 among a hospital's 28, by its level, as measured.
var silence = map[string]float64{levelRegional: .21, levelCentre: .53, levelUnit: .88, levelNotified: .96}

// How often cells move, from 565 changes a day nationwide of which one in ten
// is between accepting and refusing; and how many end when E-Gen ends them.
const (
	daily    = .022 // are declared each day and fall back to 정보미제공
	wavering = .008 // of the others accept, but refuse for hours
	expiring = .601 // of declarations fall back after exactly
	expiry   = 9.0  // hours
)

// A cell is one hospital's habit about one disease.
type cell struct {
	usual  string  // outside a spell
	spell  string  // in a spell; "": there are none
	phase  float64 // hours
	stream uint64
	note   string
}

// bends holds, by level, the power of a disease's silence that makes the
// level's mean as measured.
var bends = func() map[string]float64 {
	m := map[string]float64{}
	for level, share := range silence {
		few, many := 0.0, 30.0
		for range 60 {
			bend := (few + many) / 2
			sum := 0.0
			for _, d := range diseases {
				if d.silent > 0 {
					sum += math.Pow(d.silent, bend)
				}
			}
			if sum > share*float64(len(diseases)) {
				few = bend
			} else {
				many = bend
			}
		}
		m[level] = few
	}
	return m
}()

// declaresAnyway spreads the 21 that operation 2 has beyond those with beds
// over the 117 응급실운영신고기관.
func declaresAnyway(n int) bool { return n*21/117 != (n+1)*21/117 }

func declare(d *die, level string) (list []cell) {
	for _, about := range diseases {
		c := cell{usual: accepted, phase: 24 * d.unit(), stream: d.Uint64()}
		silent, kind, refuses, wavers := 0.0, d.unit(), d.chance(about.refusing), d.chance(wavering)
		if about.silent > 0 {
			silent = max(0, math.Pow(about.silent, bends[level])-.6*daily) // a daily one is silent for 60 % of the day
		}
		switch {
		case about.silent == 0: // the gate keeper: Y in every row that was seen
		case kind < silent:
			c.usual = notReported
		case kind < silent+daily:
			c.usual, c.spell = notReported, accepted
		case refuses:
			c.usual = refused
		case wavers:
			c.spell = refused
		}
		c.note = remark(d, about)
		list = append(list, c)
	}
	return list
}

// remark is a limit of age or weight, or what is typed instead of one. It
// stands there whatever the value is.
func remark(d *die, about disease) string {
	if about.noteTag == "" || !d.chance(.35) {
		return ""
	}
	return one(d, []string{".", ".", "1day", "24개월 이상", "5세 이상", "체중 10kg 이상", "체중상관없음", "3개월 미만 불가", "불가능", "이송 전 문의"})
}

// value is what a cell says at a moment of simulated time.
func (c cell) value(seed uint64, hours float64) string {
	if c.spell == "" {
		return c.usual
	}
	day := math.Floor((hours - c.phase) / 24)
	d := dieAt(seed, c.stream, int64(day))
	begin, length := 2*d.unit(), expiry
	if !d.chance(expiring) {
		length = 1 + 19*d.unit()
	}
	if into := hours - c.phase - 24*day - begin; into >= 0 && into < length {
		return c.spell
	}
	return c.usual
}

// A declaration is a hospital's row of operation 2.
type declaration struct {
	*institution
	values, notes []string // by disease
}

// declaration computes the row. The caller holds the lock.
func (s *Sim) declaration(h *institution) declaration {
	r := declaration{h, make([]string, len(diseases)), make([]string, len(diseases))}
	hours := s.hours()
	for i, c := range h.cells {
		r.values[i], r.notes[i] = c.value(s.seed, hours), c.note
	}
	if by := s.hands[h]; by != nil {
		for i, value := range by.declared {
			r.values[i] = value
		}
		for i, note := range by.notes {
			r.notes[i] = note
		}
	}
	return r
}

var acceptanceColumns = inWireOrder(func() []column[declaration] {
	list := []column[declaration]{
		{"dutyName", func(r *declaration) string { return r.name }},
		{"hpid", func(r *declaration) string { return r.id }},
	}
	for i, d := range diseases {
		list = append(list, column[declaration]{d.tag, func(r *declaration) string { return r.values[i] }})
		if d.noteTag != "" {
			list = append(list, column[declaration]{d.noteTag, func(r *declaration) string { return r.notes[i] }})
		}
	}
	return list
}())

// acceptance is operation 2. SM_TYPE asks for those who accept that disease.
func (s *Sim) acceptance(q query) (items []item, code string) {
	only := -1
	if text := q.Get("SM_TYPE"); text != "" {
		n, ok := whole(text, len(diseases))
		if !ok {
			return nil, badParameter
		}
		only = n - 1
	}
	for _, h := range s.institutions {
		if len(h.cells) == 0 || !q.staged(h) {
			continue
		}
		if r := s.declaration(h); only < 0 || r.values[only] == accepted {
			items = append(items, itemOf(h.id, acceptanceColumns, &r))
		}
	}
	return items, ""
}
