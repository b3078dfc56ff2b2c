package egen

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"weer/model"
	"weer/model/feed"
)

func sample(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// known, withTotal … write an expectation the way a screen would read it.
func known(n int) model.Reading                  { return model.Reading{State: model.Known, Value: n} }
func of(n, total int) model.Reading              { return withTotal(known(n), total) }
func doubtful(raw int) model.Reading             { return model.Reading{State: model.Unknown, Value: raw} }
func inState(s model.ReadingState) model.Reading { return model.Reading{State: s} }

func withTotal(r model.Reading, total int) model.Reading {
	r.Total, r.HasTotal = total, true
	return r
}

func seoul(year int, month time.Month, day, hour, min, sec int) feed.Time {
	return feed.At(time.Date(year, month, day, hour, min, sec, 0, time.FixedZone("", 9*3600)))
}

func TestRecordedAnswers(t *testing.T) {
	for _, c := range []struct {
		file     string
		row      int
		id, name string
		tel      string
		at       feed.Time
		readings int
		some     model.Readings
	}{
		{
			"guide.xml", 0, "A2800001", "경상국립대학교병원", "055-750-8282", seoul(2023, 4, 14, 9, 27, 0), 33,
			model.Readings{
				"er.general": of(14, 28), "er.negative_pressure": of(0, 0), "icu.medical": of(0, 8), "icu.er_isolation": of(0, 6),
				"ward.general": of(275, 731), "room.delivery": of(1, 7), "infection.severe": of(6, 6), "er.cohort": of(6, 6),
				"equipment.ecmo": of(1, 2), "equipment.hyperbaric": inState(model.NotOffered),
			},
		},
		{
			"gangnam_severance_20240926.xml", 0, "A1100015", "연세대학교의과대학강남세브란스병원", "02-2019-3333", seoul(2024, 9, 26, 20, 42, 23), 22,
			model.Readings{
				"er.general": of(6, 15), "icu.general": of(12, 29), "icu.neurosurgery": of(5, 12), "or.general": of(20, 23),
				"equipment.ct": of(1, 4), "equipment.hyperbaric": inState(model.NotOffered),
			},
		},
		{"trimmed_20260730.xml", 0, "A1100015", "연세대학교의과대학강남세브란스병원", "", seoul(2026, 7, 30, 16, 46, 21), 2, model.Readings{"er.general": of(0, 21), "equipment.ct": known(1)}},
		{"trimmed_20260730.xml", 1, "A1100010", "삼성서울병원", "", seoul(2026, 7, 30, 16, 47, 13), 2, model.Readings{"er.general": of(-16, 52)}},
		{"trimmed_20260730.xml", 2, "A9999999", "병상정보없는기관", "", 0, 0, model.Readings{}},
	} {
		t.Run(c.file, func(t *testing.T) {
			p, err := decode(sample(t, c.file), &beds)
			if err != nil {
				t.Fatal(err)
			}
			o := p.values[c.row]
			if o.HospitalID != c.id || o.Name != c.name || o.Tel != c.tel || o.ObservedAt != c.at || len(o.Readings) != c.readings {
				t.Errorf("row %d: %s %q %q %v, %d readings", c.row, o.HospitalID, o.Name, o.Tel, o.ObservedAt.Std(), len(o.Readings))
			}
			for code, want := range c.some {
				if got := o.Readings[code]; got != want {
					t.Errorf("%s: %+v, want %+v", code, got, want)
				}
			}
		})
	}
}

// item wraps the children of one row in an answer.
func item(children string) []byte {
	return []byte(`<response><header><resultCode>00</resultCode></header><body><items><item><hpid>A1100001</hpid>` +
		children + `</item></items><totalCount>1</totalCount></body></response>`)
}

func TestWhatAValueMeans(t *testing.T) {
	nothing := model.Reading{}
	for _, c := range []struct {
		name     string
		children string
		code     string
		want     model.Reading // nothing: no reading at all
	}{
		{"free of all", "<hvec>3</hvec><hvs01>21</hvs01>", "er.general", of(3, 21)},
		{"baseline first", "<hvs01>21</hvs01><hvec>3</hvec>", "er.general", of(3, 21)},
		{"any case of the tag", "<HVEC>3</HVEC><HvS01>21</HvS01>", "er.general", of(3, 21)},
		{"full", "<hvec>0</hvec><hvs01>21</hvs01>", "er.general", of(0, 21)},
		{"owns none", "<hv28>0</hv28><hvs02>0</hvs02>", "er.pediatric", of(0, 0)},
		{"absent is not zero", "<hvs01>21</hvs01><hvec>3</hvec>", "er.pediatric", nothing},
		{"over capacity", "<hvec>-47</hvec><hvs01>21</hvs01>", "er.general", of(-47, 21)},
		{"one over capacity", "<hvec>-1</hvec><hvs01>21</hvs01>", "er.general", of(-1, 21)},
		{"ward over capacity", "<hvgc>-66</hvgc><hvs38>500</hvs38>", "ward.general", of(-66, 500)},
		{"minus one, hv2", "<hv2>-1</hv2><hvs06>8</hvs06>", "icu.medical", withTotal(doubtful(-1), 8)},
		{"minus one, hv3", "<hv3>-1</hv3><hvs07>8</hvs07>", "icu.surgical", withTotal(doubtful(-1), 8)},
		{"minus one, hv30", "<hv30>-1</hv30><hvs04>8</hvs04>", "er.isolation", withTotal(doubtful(-1), 8)},
		{"minus one, hvncc", "<hvncc>-1</hvncc><hvs08>8</hvs08>", "icu.neonatal", withTotal(doubtful(-1), 8)},
		{"minus four, hvncc", "<hvncc>-4</hvncc><hvs08>8</hvs08>", "icu.neonatal", of(-4, 8)},
		{"minus one elsewhere", "<hv28>-1</hv28><hvs02>2</hvs02>", "er.pediatric", of(-1, 2)},
		{"value alone", "<hvec>3</hvec>", "er.general", known(3)},
		{"baseline alone", "<hvs01>21</hvs01>", "er.general", withTotal(inState(model.NotReported), 21)},
		{"baseline alone and no number", "<hvs01>N</hvs01>", "er.general", nothing},
		{"text in the value", "<hvec>많음</hvec><hvs01>21</hvs01>", "er.general", withTotal(inState(model.Unknown), 21)},
		{"a flag in a count", "<hvec>Y</hvec>", "er.general", inState(model.Unknown)},
		{"text in the baseline", "<hvventisoayn>N</hvventisoayn><hvs31>N</hvs31>", "equipment.ventilator_pediatric", known(0)},
		{"a fraction", "<hvec>3.5</hvec>", "er.general", inState(model.Unknown)},
		{"more than there are", "<hvec>22</hvec><hvs01>21</hvs01>", "er.general", withTotal(doubtful(22), 21)},
		{"a test value", "<hvec>12312</hvec><hvs01>21</hvs01>", "er.general", withTotal(doubtful(12312), 21)},
		{"a test value alone", "<hvec>12312</hvec>", "er.general", doubtful(12312)},
		{"more than all wards, no baseline", "<hvec>300</hvec><hvs38>200</hvs38>", "er.general", doubtful(300)},
		{"less than all wards, no baseline", "<hvec>20</hvec><hvs38>200</hvs38>", "er.general", known(20)},
		{"a baseline beyond all hospitals", "<hvec>3</hvec><hvs01>12312</hvs01>", "er.general", known(3)},
		{"a negative baseline", "<hvec>3</hvec><hvs01>-4</hvs01>", "er.general", known(3)},
		{"too large for a number", "<hvec>99999999999999999999</hvec>", "er.general", inState(model.Unknown)},
		{"padded", "<hvec> 3 \n</hvec><hvs01>\t21</hvs01>", "er.general", of(3, 21)},
		{"blank says nothing", "<hvec>   </hvec><hvs01>21</hvs01>", "er.general", withTotal(inState(model.NotReported), 21)},
		{"empty says nothing", "<hvec/>", "er.general", nothing},
		{"a dash says nothing", "<hvec>-</hvec>", "er.general", nothing},
		{"null says nothing", "<hvec>null</hvec>", "er.general", nothing},
		{"no information says nothing", "<hvctayn>정보미제공</hvctayn>", "equipment.ct", nothing},
		{"usable", "<hvctayn>Y</hvctayn><hvs27>4</hvs27>", "equipment.ct", of(1, 4)},
		{"usable, padded as operation 2 does", "<hvctayn>Y         </hvctayn>", "equipment.ct", known(1)},
		{"not usable", "<hvctayn>N</hvctayn><hvs27>4</hvs27>", "equipment.ct", of(0, 4)},
		{"not owned", "<hvctayn>N1</hvctayn>", "equipment.ct", inState(model.NotOffered)},
		{"usable without a device", "<hvoxyayn>Y</hvoxyayn><hvs37>0</hvs37>", "equipment.hyperbaric", of(1, 0)},
		{"a flag never seen", "<hvctayn>N2</hvctayn>", "equipment.ct", inState(model.Unknown)},
		{"a number in a flag", "<hv42>3</hv42><hvs26>8</hvs26>", "room.delivery", withTotal(doubtful(3), 8)},
		{"twice the same", "<hvec>3</hvec><hvec>3</hvec>", "er.general", known(3)},
		{"twice and different", "<hvec>3</hvec><hvec>4</hvec><hvs01>21</hvs01>", "er.general", withTotal(inState(model.Unknown), 21)},
		{"twice, once blank", "<hvec/><hvec>3</hvec>", "er.general", known(3)},
		{"elements inside", "<hvec>3<b>1</b></hvec>", "er.general", inState(model.Unknown)},
		{"a comment inside", "<hvec>1<!-- 7 -->2</hvec><hvs01>21</hvs01>", "er.general", of(12, 21)},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := decode(item(c.children), &beds)
			if err != nil || len(p.values) != 1 {
				t.Fatalf("%+v, %v", p, err)
			}
			got, ok := p.values[0].Readings[c.code]
			if got != c.want || ok != (c.want != nothing) {
				t.Errorf("%+v (there: %v), want %+v", got, ok, c.want)
			}
		})
	}
}

func TestTimes(t *testing.T) {
	for text, want := range map[string]feed.Time{
		"20260730164621":       seoul(2026, 7, 30, 16, 46, 21),
		" 20260730164621 ":     seoul(2026, 7, 30, 16, 46, 21),
		"20180314000000":       seoul(2018, 3, 14, 0, 0, 0),
		"20991231235959":       seoul(2099, 12, 31, 23, 59, 59),
		"20260230000000":       0,
		"20260730246000":       0,
		"00000000000000":       0,
		"00010101000000":       0,
		"2026073016462":        0,
		"2026-07-30 16:46":     0,
		"2013-10-01 오후1:14:12": 0,
		"":                     0,
		"20260730164621</hvidate><hvidate>20260730164622": 0,
	} {
		p, err := decode(item("<hvidate>"+text+"</hvidate>"), &beds)
		if err != nil {
			t.Fatal(text, err)
		}
		if got := p.values[0].ObservedAt; got != want {
			t.Errorf("%q: %v, want %v", text, got.Std(), want.Std())
		}
	}
}

func TestRowsWithoutAUsableID(t *testing.T) {
	body := `<response><header><resultCode>00</resultCode></header><body><items>
		<item><hvec>3</hvec></item>
		<item><hpid>a1100001</hpid></item>
		<item><hpid>A1100001</hpid><hpid>A1100002</hpid></item>
		<item><hpid> A1100003 </hpid></item>
		<item><hpid>'; DROP TABLE hospital; -- and much more of it</hpid></item>
	</items><totalCount>5</totalCount></body></response>`
	p, err := decode([]byte(body), &beds)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"row 1: no hpid", `row 2: hpid "a1100001" is none`, `row 3: hpid "A1100001" is none`, `row 5: hpid "'; DROP TABLE hospit" is none`}
	if !reflect.DeepEqual(p.rejected, want) || p.rows != 5 || len(p.values) != 1 || p.values[0].HospitalID != "A1100003" {
		t.Errorf("%+v", p)
	}
}

func TestRejectedRowsAreNamedWithinBounds(t *testing.T) {
	p, err := decode([]byte("<response><body><items>"+strings.Repeat("<item/>", 1000)+"</items></body></response>"), &beds)
	if err != nil || p.rows != 1000 || len(p.rejected) != maxRejected {
		t.Errorf("%d rows, %d named, %v", p.rows, len(p.rejected), err)
	}
}

func TestPersonalFieldsAreNotRead(t *testing.T) {
	p, err := decode(item("<hv1>홍길동 010-1234-5678</hv1><hv12>010-1234-5678</hv12><hvdnm>홍길동</hvdnm><HVDNM>홍길동</HVDNM><hvec>2</hvec>"), &beds)
	if err != nil {
		t.Fatal(err)
	}
	if s := fmt.Sprintf("%#v", p); strings.Contains(s, "홍길동") || strings.Contains(s, "1234") || !strings.Contains(s, "er.general") {
		t.Error(s)
	}
}

func TestNamesAndTelephones(t *testing.T) {
	for _, c := range []struct{ children, name, tel string }{
		{"<dutyName>의료법인 길의료재단 길병원</dutyName><dutyTel3>737-0181(200)</dutyTel3>", "의료법인 길의료재단 길병원", "737-0181(200)"},
		{"<dutyname>A &amp; B</dutyname>", "A & B", ""},
		{"<dutyName>두\n줄</dutyName>", "두 줄", ""},
		{"<dutyName>" + strings.Repeat("가", 500) + "</dutyName><dutyTel3>" + strings.Repeat("1", 41) + "</dutyTel3>", strings.Repeat("가", 99) + "…", ""},
	} {
		p, err := decode(item(c.children), &beds)
		if err != nil {
			t.Fatal(err)
		}
		if o := p.values[0]; o.Name != c.name || o.Tel != c.tel {
			t.Errorf("%q %q, want %q %q", o.Name, o.Tel, c.name, c.tel)
		}
	}
}

func TestABadByteSpoilsOnlyItsText(t *testing.T) {
	p, err := decode(item("<dutyName>\xff병원</dutyName><hvec>3</hvec><hv28>\xfe</hv28>"), &beds)
	if err != nil {
		t.Fatal(err)
	}
	r := p.values[0].Readings
	if r["er.general"] != known(3) || r["er.pediatric"] != inState(model.Unknown) {
		t.Errorf("%+v", r)
	}
}

// An answer that stops anywhere before its last byte is an error, however much
// of the country it held.
func TestACutAnswerIsAnError(t *testing.T) {
	whole := strings.TrimSpace(string(sample(t, "guide.xml")))
	if _, err := decode([]byte(whole), &beds); err != nil {
		t.Fatal(err)
	}
	for n := range len(whole) {
		if p, err := decode([]byte(whole[:n]), &beds); err == nil {
			t.Fatalf("cut at byte %d of %d: %+v", n, len(whole), p)
		}
	}
}

func TestWhatIsNoAnswer(t *testing.T) {
	for name, body := range map[string]string{
		"empty":          "",
		"plain text":     "API token quota exceeded",
		"JSON":           `{"response":{}}`,
		"HTML":           "<html><body><h1>점검</h1></body></html>",
		"open HTML":      "<!DOCTYPE html><html><br></html>",
		"gateway":        "<OpenAPI_ServiceResponse><cmmMsgHeader/></OpenAPI_ServiceResponse>",
		"two documents":  "<response/><response/>",
		"crossed":        "<response><body></response></body>",
		"other encoding": `<?xml version="1.0" encoding="EUC-KR"?><response/>`,
	} {
		if p, err := decode([]byte(body), &beds); err == nil {
			t.Errorf("%s: %+v", name, p)
		}
	}
}

// simulatorFields is the simulator's table of tags, made from another source.
func simulatorFields() [][]string {
	b, err := os.ReadFile("../sim/fields.csv")
	if err != nil {
		panic(err)
	}
	records, err := csv.NewReader(bytes.NewReader(b)).ReadAll()
	if err != nil {
		panic(err)
	}
	return records[1:]
}

// The two tables must be one, and name each of the model's items once.
func TestTagsAgreeWithTheSimulator(t *testing.T) {
	theirs := map[pair]bool{}
	for _, r := range simulatorFields() {
		theirs[pair{r[0], r[1], r[2]}] = r[3] == "flag"
	}
	codes := map[string]bool{}
	for i, p := range pairs {
		codes[p.code] = true
		if flag, ok := theirs[p]; !ok || flag != items[i].YesNo || items[i].Code != p.code {
			t.Errorf("%v is not the simulator's, or not the model's", p)
		}
	}
	if len(codes) != len(model.Items) || len(theirs) != len(pairs) {
		t.Errorf("%d codes for %d items, %d pairs for the simulator's %d", len(codes), len(model.Items), len(pairs), len(theirs))
	}
}
