package sim

import (
	"bytes"
	_ "embed"
	"encoding/csv"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Open public data: 534 real institutions with their level and region.
//
//go:embed hospitals.csv
var hospitalsCSV []byte

// What operation 1 counts, how many of 48 real hospitals report and own it, and
// the range of totals among them.
//
//go:embed fields.csv
var fieldsCSV []byte

// A field is one pair of tags of operation 1.
type field struct {
	available, baseline string
	item                string // WeER's code, for /set and /state
	flag                bool   // Y, N, N1 instead of a count
	present, owned      float64
	least, most         int    // totals
	mirror              string // an older tag that repeats the flag where the device is owned
}

var fields = readFields()

var fieldByItem = func() map[string]int {
	m := map[string]int{}
	for i, f := range fields {
		m[f.item] = i
	}
	return m
}()

func readFields() (list []field) {
	for row := range records(fieldsCSV) {
		list = append(list, field{
			available: row["available"], baseline: row["baseline"], item: row["item"], flag: row["kind"] == "flag",
			present: number(row["present_of_48"]) / 48, owned: number(row["owned_of_48"]) / 48,
			least: int(number(row["total_min"])), most: int(number(row["total_max"])), mirror: row["mirror"],
		})
	}
	return list
}

// Levels of institutions that report beds. G009 (응급실운영신고기관) no longer
// does: it is in the list, and a few are in the acceptance of diseases.
var levels = map[string]struct{ least, most float64 }{ // how large they are, 0 to 1
	levelRegional: {.6, 1},
	levelCentre:   {.3, .8},
	levelUnit:     {.02, .3},
}

const (
	levelRegional = "G001" // 권역응급의료센터
	levelCentre   = "G006" // 지역응급의료센터
	levelUnit     = "G007" // 지역응급의료기관
	levelNotified = "G009" // 응급실운영신고기관
)

var levelNames = map[string]string{
	levelRegional: "권역응급의료센터", levelCentre: "지역응급의료센터", levelUnit: "지역응급의료기관", levelNotified: "응급실운영신고기관",
}

// An institution is a hospital as it is built from the seed; it never changes.
type institution struct {
	id, name, tel, sido, address string
	level                        string // dutyEmcls
	kind, zip                    string // of hospital, "" where it is not known; post code
	lat, lon                     string // degrees as in the list, "" where it has none

	period time.Duration // between two reports, at speed 1
	phase  time.Duration
	ahead  time.Duration // its clock is fast by so much
	silent time.Time     // its feed ended here; zero for one that lives
	padded bool          // its flags come with blanks behind them, as operation 2's do

	holdings []holding // by field; none: it reports no beds
	cells    []cell    // by disease; none: it declares nothing
	slots    []slot    // of its messages
	listing  listing
}

func (h *institution) reports() bool { return h.holdings != nil }

// A holding is what an institution has and reports of one field.
type holding struct {
	reported bool
	owned    bool // false: a flag that says N1, without a baseline
	total    int
	busy     float64 // usual share in use
	stream   uint64  // of its randomness
}

// build makes the institutions of a seed, by id.
func build(seed uint64) (list []*institution) {
	for row := range records(hospitalsCSV) {
		h := &institution{
			id: row["hpid"], name: row["name"], tel: row["er_tel"], sido: row["sido_2026"], address: row["addr"],
			level: row["emcls_code"], kind: row["hosp_type"], zip: row["zip"],
			lat: row["lat"], lon: row["lon"],
		}
		if level, ok := levels[h.level]; ok {
			die := newDie(seed, h.id)
			h.habits(die, h.level == levelUnit)
			h.equip(die, level.least+(level.most-level.least)*die.unit())
		}
		list = append(list, h)
	}
	slices.SortFunc(list, func(a, b *institution) int { return strings.Compare(a.id, b.id) })
	furnish(seed, list)
	return list
}

// furnish gives each what operations 2 to 9 say of it. Each has a die of its
// own, so that none of them moves the others.
func furnish(seed uint64, list []*institution) {
	notified := 0
	for _, h := range list {
		h.listing = enlist(newDie(seed, h.id+" list"), h, notified)
		if h.reports() || h.level == levelNotified && declaresAnyway(notified) {
			h.cells = declare(newDie(seed, h.id+" acceptance"), h.level)
		}
		h.slots = announce(newDie(seed, h.id+" messages"), h.level)
		notified += b2i(h.level == levelNotified)
	}
}

// habits decide when an institution reports. Nine in ten do so within ten
// minutes; a feed in a hundred small ones ended years ago.
func (h *institution) habits(d *die, small bool) {
	h.period = minutes(5 + 5*d.unit())
	if d.chance(.11) {
		h.period = minutes(15 + 45*d.unit())
	}
	h.phase = time.Duration(d.unit() * float64(h.period))
	if d.chance(.03) {
		h.ahead = time.Duration(5+25*d.unit()) * time.Second
	}
	if d.chance(.02) && small {
		h.silent = time.Date(2018, 1, 1, 0, 0, 0, 0, time.UTC).Add(minutes(60 * 24 * 365 * 6 * d.unit()))
	}
	h.padded = d.chance(.06)
}

// equip decides what an institution of a size has. Large ones report more.
func (h *institution) equip(d *die, size float64) {
	for _, f := range fields {
		likely := math.Pow(f.present, 1.6-size)
		own := math.Pow(f.owned/f.present, 2.2-1.8*size)
		x := holding{reported: d.chance(likely), owned: !f.flag || d.chance(own), busy: .3 + .5*d.unit(), stream: d.Uint64()}
		x.total = f.least + int(float64(f.most-f.least)*math.Pow(size, 1.3)*(.6+.4*d.unit())+.5)
		h.holdings = append(h.holdings, x)
	}
}

// records reads a table that is part of this program.
func records(table []byte) func(func(map[string]string) bool) {
	rows, err := csv.NewReader(bytes.NewReader(table)).ReadAll()
	if err != nil {
		panic(fmt.Sprintf("an embedded table: %v", err))
	}
	return func(yield func(map[string]string) bool) {
		for _, row := range rows[1:] {
			named := map[string]string{}
			for i, name := range rows[0] {
				named[name] = row[i]
			}
			if !yield(named) {
				return
			}
		}
	}
}

func number(s string) float64 {
	n, err := strconv.ParseFloat(s, 64)
	if err != nil {
		panic(fmt.Sprintf("an embedded table: %v", err))
	}
	return n
}

func minutes(n float64) time.Duration { return time.Duration(n * float64(time.Minute)) }
