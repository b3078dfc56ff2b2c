package egen

import (
	"encoding/xml"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
)

// A told row is what was really written of one <item>: by tag in lower case, the
// texts as a reader of XML sees them.
type told map[string][]string

// inElements stands in a told row for an element that held others.
const inElements = "\x00"

// A wire is an answer with everything odd that an answer can have.
type wire struct {
	*rand.Rand
	body   strings.Builder
	rows   []told
	total  int  // announced; −1: not, or not as a number
	spoil  bool // elements that no reader of XML may accept are among the tricks
	broken bool // such an element is there, or the end is not
}

// A field is a child of an <item> before anything odd happens to it.
type field struct{ tag, text string }

// personal must be in no answer.
const personal = "홍길동 010-9999-8888"

// drawWire makes an answer out of rows; each row is one of rows(rng).
func drawWire(r *rand.Rand, row func(*rand.Rand) []field) *wire {
	w := &wire{Rand: r, spoil: r.IntN(8) == 0}
	var items []string
	for range r.IntN(6) {
		fields := row(r)
		for again := true; again; again = w.one(20) { // a row may come twice
			items = append(items, w.item(fields))
		}
	}
	root := w.odd("response", 30)
	w.body.WriteString(w.pick(`<?xml version="1.0" encoding="UTF-8" standalone="yes"?>`, `<?xml version="1.0" encoding="UTF-8" standalone="true" ?>`, "", "\n"))
	if w.one(40) {
		w.body.WriteString(`<!DOCTYPE response [<!ENTITY five "5"><!ENTITY hv1 SYSTEM "file:///etc/passwd">]>`)
	}
	w.body.WriteString("<" + root + "><header><" + "resultCode>" + w.pick("00", "0", " 00\n", "000") + "</resultCode><resultMag>NORMAL SERVICE.</resultMag></header>")
	if w.one(30) {
		w.body.WriteString("<footer><items><item><hpid>A1199999</hpid><hvec>9</hvec></item></items></footer>")
	}
	w.body.WriteString("<body><items>" + strings.Join(items, "") + "</items>" + w.announced() + "</body></" + root + ">")
	w.cut()
	return w
}

func (w *wire) one(of int) bool               { return w.IntN(of) == 0 }
func (w *wire) pick(choices ...string) string { return choices[w.IntN(len(choices))] }
func (w *wire) announced() string {
	w.total = len(w.rows)
	switch w.IntN(12) {
	case 0:
		w.total += 1 + w.IntN(5)
	case 1:
		w.total = max(0, w.total-1)
	case 2:
		w.total = -1
		return w.pick("", "<totalCount/>", "<totalCount>99999999999999999999</totalCount>", "<totalCount>-3</totalCount>", "<totalCount><b>5</b></totalCount>")
	}
	return fmt.Sprintf("<numOfRows>1000</numOfRows><pageNo>1</pageNo><%s> %d</%[1]s>", w.odd("totalCount", 10), w.total)
}

// cut ends the document early, now and then.
func (w *wire) cut() {
	if !w.one(8) {
		return
	}
	whole := w.body.String()
	w.body.Reset()
	w.body.WriteString(whole[:w.IntN(len(whole)-1)])
	w.broken = true
}

// odd writes a name in another case, one time in so many.
func (w *wire) odd(name string, oneIn int) string {
	switch {
	case !w.one(oneIn):
		return name
	case w.one(2):
		return strings.ToUpper(name)
	}
	return strings.ToLower(name)
}

func (w *wire) item(fields []field) string {
	row := told{}
	var children []string
	put := func(f field) { children = append(children, w.element(row, f)) }
	for _, f := range fields {
		if w.one(40) {
			continue
		}
		put(f)
		if w.one(40) {
			put(f)
		}
		if w.one(60) {
			put(field{f.tag, w.pick("7", "Y", "불가능", "차단", f.text+" ", "A1199998")})
		}
	}
	for _, foreign := range []string{
		"<hv1>" + personal + "</hv1>", "<HVDNM>" + personal + "</HVDNM>", "<hv12>" + personal + "</hv12>",
		"<foo><hvec>88</hvec><MKioskTy1>Y</MKioskTy1></foo>", "<hvec2>77</hvec2>", "<rnum>1</rnum>", "<!-- <hvec>66</hvec> -->", "<?x <hvec>55</hvec>?>",
	} {
		if w.one(4) {
			children = append(children, foreign)
		}
	}
	w.Shuffle(len(children), func(i, j int) { children[i], children[j] = children[j], children[i] })
	w.rows = append(w.rows, row)
	return "<item>" + strings.Join(children, w.pick("", "\n")) + "</item>"
}

// element writes a text in one of the many ways that XML has for it.
func (w *wire) element(row told, f field) string {
	key, name := strings.ToLower(f.tag), w.odd(f.tag, 4)
	open, end := "<"+name+">", "</"+name+">"
	text := f.text
	switch trick := w.IntN(60); {
	case trick == 0:
		row[key] = append(row[key], inElements)
		return open + "4<b>2</b>" + end
	case trick == 1:
		row[key] = append(row[key], text+"\uFFFD")
		return open + escaped(text) + "\xff" + end
	case trick == 2 && w.spoil:
		w.broken = true
		return open + w.pick("&five;", "&nbsp;", "&hv1;", "&#0;", "&#xFFFFFFFF;", "< 3", "\x00") + end
	case trick == 3:
		half := len(text) / 2
		for half > 0 && text[half]&0xC0 == 0x80 {
			half--
		}
		row[key] = append(row[key], text)
		return open + escaped(text[:half]) + "<!-- 9 -->" + escaped(text[half:]) + end
	}
	text = w.pick("", "", " ", "\n\t ", "\u3000") + text + w.pick("", "", "         ", "\n")
	row[key] = append(row[key], text)
	switch w.IntN(12) {
	case 0:
		return open + "<![CDATA[" + strings.ReplaceAll(text, "]]>", "]]]]><![CDATA[>") + "]]>" + end
	case 1:
		var refs strings.Builder
		for _, r := range text {
			refs.WriteString(w.pick("&#"+strconv.Itoa(int(r))+";", fmt.Sprintf("&#x%X;", r)))
		}
		return open + refs.String() + end
	}
	return open + escaped(text) + end
}

func escaped(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s))
	return b.String()
}

func drawID(r *rand.Rand) field {
	ids := []string{"A1100001", "A1100002", "E2200003", "A1500004", "A1100005", "A9900006"}
	if r.IntN(25) == 0 {
		ids = []string{"", "a1100001", "A11", "A1100001A1100002", "０１"}
	}
	return field{"hpid", ids[r.IntN(len(ids))]}
}

// oddNumbers are texts where a number should be.
var oddNumbers = []string{"", " ", "-", "null", "N", "N1", "Y", "-1", "0", "-47", "12312", "99999999999999999999", "-99999999999999999999",
	"2147483648", "1e3", "0x10", "3.5", "３", "٣", "1_000", "+3", "007", "정보미제공", "많음", "NaN", "Infinity"}

func drawBedRow(r *rand.Rand) []field {
	fields := []field{drawID(r), {"dutyName", "의료법인 <가나> & 병원"}, {"dutyTel3", "02-1234-5678"}, {"hvidate", oneOf(r, "20260730164621", "2026", "00000000000000", "20261301000000")}}
	for _, record := range tagRecords {
		if r.IntN(3) == 0 {
			continue
		}
		total := r.IntN(60)
		value, baseline := strconv.Itoa(r.IntN(total+6)-5), strconv.Itoa(total)
		if record[3] == "flag" {
			value = oneOf(r, "Y", "N", "N1")
		}
		if r.IntN(10) == 0 {
			value = oneOf(r, oddNumbers...)
		}
		if r.IntN(10) == 0 {
			baseline = oneOf(r, oddNumbers...)
		}
		fields = append(fields, field{record[0], value}, field{record[1], baseline})
	}
	return fields
}

var tagRecords = simulatorFields()

func oneOf(r *rand.Rand, list ...string) string { return list[r.IntN(len(list))] }

func drawAcceptanceRow(r *rand.Rand) []field {
	id := drawID(r)
	if r.IntN(5) == 0 {
		id.tag = "dutyName"
	}
	fields := []field{id}
	for i := range 28 {
		fields = append(fields, field{fmt.Sprintf("MKioskTy%d", i+1), oneOf(r, "Y         ", "Y         ", "불가능", "정보미제공", "정보미제공", oneOf(r, "N", "N1", "NONE", "", "0", "검토중", "null", "y", "-"))})
		if slices.Contains([]int{10, 12, 14, 15, 27}, i+1) {
			fields = append(fields, field{fmt.Sprintf("MKioskTy%dMsg", i+1), oneOf(r, ".", "", "24개월 이상", "불가능", "1day", strings.Repeat("길", 300))})
		}
	}
	return fields
}

func drawAnnouncementRow(r *rand.Rand) []field {
	id := drawID(r)
	return []field{
		id, {"emcOrgCod", id.text}, {"dutyName", "병원"},
		{"symBlkMsg", oneOf(r, "경증환자 수용불가", "[진료불가] 피부과", "<<연휴>> A&B <br/>\n불가", "-", "", "약물 중독 의심 환자 수용 가능합니다.", strings.Repeat("길다 ", 900))},
		{"symBlkMsgTyp", oneOf(r, "응급", "중증", "A", "B", "", "C")},
		{"symTypCod", oneOf(r, "Y000", "Y0010", "Y0172", "Y9999", "", strings.Repeat("Y", 50))},
		{"symOutDspYon", oneOf(r, "차단", "해제", "Y", "N", "", "?")}, {"symOutDspMth", oneOf(r, "자동", "수동", "A", "B", "")},
		{"symBlkSttDtm", oneOf(r, "20260730164621", "20990101000000", "", "0", "20260230000000")},
		{"symBlkEndDtm", oneOf(r, "20260731000000", "20991231235959", "", "무기한")},
		{"trtPrtCodMag", oneOf(r, "안과", "피부과", "", "-")},
	}
}

func drawInstitutionRow(r *rand.Rand) []field {
	return []field{
		drawID(r), {"dutyName", oneOf(r, "병원", "(의) 가나 <병원>", "")}, {"dutyAddr", oneOf(r, "경기도  성남시 분당구", "전남 목포시 고하대로", "세종특별자치시 보듬7로 20", "", strings.Repeat("서울특별시 ", 100))},
		{"dutyEmcls", oneOf(r, "G001", "G006", "G099", "", strings.Repeat("G", 30))}, {"dutyEmclsName", oneOf(r, "권역응급의료센터", "")},
		{"dutyTel1", oneOf(r, "02-1-1", "", strings.Repeat("1", 50))}, {"dutyTel3", oneOf(r, "737-0181(200)", "")},
		{"wgs84Lat", oneOf(r, "37.5938765502235", "0", "", "127.05", "1e400", "NaN", "35.1")}, {"wgs84Lon", oneOf(r, "127.05183223390303", "0", "", "37.5", "-127", "129.2")},
		{"MKioskTy1", "Y"}, {"hvec", "10"}, {"o001", "14"},
	}
}
