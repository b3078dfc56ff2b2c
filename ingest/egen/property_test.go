package egen

import (
	"encoding/xml"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"weer/model"
	"weer/model/feed"
)

// tagsOf finds an item's tags in the simulator's table, not in the decoder's.
var tagsOf = func() map[string]tags {
	m := map[string]tags{}
	for _, r := range simulatorFields() {
		m[r[2]] = tags{r[0], r[1]}
	}
	return m
}()

type tags struct{ value, total string }

// drawReading makes a reading that E-Gen can say, and says it.
func drawReading(t *rapid.T, item model.Item) (r model.Reading, value, total string) {
	if item.YesNo && rapid.IntRange(0, 9).Draw(t, "not owned") == 0 {
		return inState(model.NotOffered), "N1", ""
	}
	if rapid.Bool().Draw(t, "has a total") {
		r.Total, r.HasTotal = rapid.IntRange(0, 2500).Draw(t, "total"), true
		total = strconv.Itoa(r.Total)
	}
	switch {
	case r.HasTotal && rapid.IntRange(0, 9).Draw(t, "silent") == 0:
		r.State = model.NotReported
		return r, "", total
	case rapid.IntRange(0, 9).Draw(t, "text") == 0:
		r.State = model.Unknown
		return r, "?", total
	case item.YesNo:
		r.State, r.Value = model.Known, rapid.IntRange(0, 1).Draw(t, "usable")
		return r, []string{"N", "Y"}[r.Value], total
	}
	most := 16 // the smallest ward of all hospitals, so that no other bound applies
	if r.HasTotal {
		most = r.Total
	}
	r.State, r.Value = model.Known, rapid.IntRange(-99, most).Draw(t, "free")
	if r.Value == -1 && slices.Contains([]string{"icu.medical", "icu.surgical", "er.isolation", "icu.neonatal"}, item.Code) {
		r.State = model.Unknown
	}
	return r, strconv.Itoa(r.Value), total
}

func drawHospital(t *rapid.T, id string) (o model.Observation, children map[string]string) {
	o = model.Observation{
		HospitalID: id, Name: strings.Join(strings.Fields(rapid.StringMatching(`[가-힣A-Z<&>'" ]{1,30}[가-힣]`).Draw(t, "name")), " "),
		Tel: rapid.StringMatching(`[0-9]{2,4}-[0-9]{4}`).Draw(t, "tel"), Readings: model.Readings{},
	}
	at := time.Unix(rapid.Int64Range(1e9, 2e9).Draw(t, "seconds"), 0)
	children = map[string]string{"hpid": id, "dutyName": o.Name, "dutyTel3": o.Tel, "hv5": "Y", "hvamyn": "Y", "rnum": "1"}
	o.ObservedAt, children["hvidate"] = feed.At(at), at.UTC().Add(9*time.Hour).Format("20060102150405")
	for _, item := range model.Items {
		if rapid.IntRange(0, 2).Draw(t, "reported") == 0 {
			continue
		}
		r, value, total := drawReading(t, item)
		if item.Code == "ward.general" && r.HasTotal && r.Total < 16 {
			continue // such a ward would bound the others
		}
		o.Readings[item.Code] = r
		if value != "" {
			children[tagsOf[item.Code].value] = value
		}
		if total != "" {
			children[tagsOf[item.Code].total] = total
		}
	}
	return o, children
}

// write makes the XML: children in any order, tags in any case, blanks anywhere.
func write(shuffle *rand.Rand, hospitals []map[string]string) []byte {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="UTF-8" standalone="yes"?><response><header><resultCode>00</resultCode></header><body><items>`)
	for _, children := range hospitals {
		b.WriteString("<item>\n")
		names := slices.Sorted(maps.Keys(children))
		shuffle.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
		for _, name := range names {
			text := children[name] + strings.Repeat(" ", shuffle.IntN(3))
			if shuffle.IntN(4) == 0 {
				name = strings.ToUpper(name)
			}
			b.WriteString("<" + name + ">")
			_ = xml.EscapeText(&b, []byte(text))
			b.WriteString("</" + name + ">")
		}
		b.WriteString("</item>")
	}
	fmt.Fprintf(&b, "</items><totalCount>%d</totalCount></body></response>", len(hospitals))
	return []byte(b.String())
}

func drawNation(t *rapid.T) (want []model.Observation, hospitals []map[string]string) {
	for i := range rapid.IntRange(1, 4).Draw(t, "hospitals") {
		o, children := drawHospital(t, fmt.Sprintf("A11%05d", i))
		want, hospitals = append(want, o), append(hospitals, children)
	}
	return want, hospitals
}

// differs is the judge: the first thing that two nations do not have in common.
func differs(got, want []model.Observation) string {
	if len(got) != len(want) {
		return fmt.Sprintf("%d rows for %d", len(got), len(want))
	}
	for i, w := range want {
		g := got[i]
		if g.HospitalID != w.HospitalID || g.Name != w.Name || g.Tel != w.Tel || g.ObservedAt != w.ObservedAt {
			return fmt.Sprintf("%+v for %+v", g, w)
		}
		for _, item := range model.Items {
			a, inA := g.Readings[item.Code]
			b, inB := w.Readings[item.Code]
			if a != b || inA != inB {
				return fmt.Sprintf("%s of %s: %+v (%v) for %+v (%v)", item.Code, w.HospitalID, a, inA, b, inB)
			}
		}
	}
	return ""
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want, hospitals := drawNation(t)
		p, err := decode(write(rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "order"), 0)), hospitals), &beds)
		if err != nil {
			t.Fatal(err)
		}
		if d := differs(p.values, want); d != "" || p.total != len(want) || p.rows != len(want) {
			t.Fatal(d)
		}
	})
}

// The judge finds a planted fault: two values that changed places on their way.
func TestTheJudgeFindsSwappedTags(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want, hospitals := drawNation(t)
		h, victim := hospitals[0], &want[0]
		a, b := rapid.IntRange(0, 20).Draw(t, "a"), rapid.IntRange(21, 40).Draw(t, "b")
		victim.Readings["er.general"], victim.Readings["icu.general"] = of(a, 50), of(b, 50)
		h["hvec"], h["hvs01"], h["hvicc"], h["hvs17"] = strconv.Itoa(b), "50", strconv.Itoa(a), "50"
		p, err := decode(write(rand.New(rand.NewPCG(1, 1)), hospitals), &beds)
		if err != nil {
			t.Fatal(err)
		}
		if differs(p.values, want) == "" {
			t.Fatal("not found")
		}
	})
}
