package egen

import (
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"weer/model"
	"weer/model/feed"
)

// identified sets what follows from the rest.
func identified(a model.Announcement) model.Announcement {
	a.ID = a.Identify()
	return a
}

func TestRecordedAnnouncements(t *testing.T) {
	items := append([]byte("<response><header><resultCode>00</resultCode></header><body>"), sample(t, "op9_items_2025.xml")...)
	items = append(items, "<totalCount>3</totalCount></body></response>"...)
	for name, c := range map[string]struct {
		body []byte
		want []model.Announcement
	}{
		"guide": {sample(t, "op9_guide.xml"), []model.Announcement{{
			HospitalID: "A1100014", Kind: model.AnnouncementSevere, Code: "Y000", Text: "장비부족", Lifted: true,
			StartsAt: seoul(2017, 3, 10, 17, 31, 33),
		}}},
		"three of 2025": {items, []model.Announcement{
			{
				HospitalID: "A1300010", Kind: model.AnnouncementER, Code: "Y000", Text: "응급진료 불가", Automatic: true,
				StartsAt: seoul(2025, 12, 26, 17, 30, 0), EndsAt: seoul(2025, 12, 29, 8, 29, 0),
			},
			{HospitalID: "A1300009", Kind: model.AnnouncementER, Code: "Y000", Text: "[안과]망막 등 응급수술 필요한 환자 이송전 문의"},
			{
				HospitalID: "A1300010", Kind: model.AnnouncementSevere, Code: "Y0010", Disease: "severe.mi_reperfusion", Text: "평일 야간, 주말 불가",
				StartsAt: seoul(2026, 1, 15, 17, 30, 0), EndsAt: seoul(2026, 1, 16, 7, 59, 0),
			},
		}},
	} {
		p, err := decode(c.body, &announcements)
		for i := range c.want {
			c.want[i] = identified(c.want[i])
		}
		if err != nil || len(p.rejected) != 0 || !reflect.DeepEqual(p.values, c.want) {
			t.Errorf("%s: %+v, %v\nwant %+v", name, p, err, c.want)
		}
	}
}

// recordedTexts are messages that hospitals really wrote: hpid, kind, code, text.
func recordedTexts(t testing.TB) [][]string {
	r := csv.NewReader(bytes.NewReader(sample(t, "op9_texts_20251006.tsv")))
	r.Comma, r.LazyQuotes = '\t', true
	records, err := r.ReadAll()
	if err != nil || len(records) != 129 {
		t.Fatalf("%d texts, %v", len(records)-1, err)
	}
	return records[1:]
}

func message(record []string) string {
	var text strings.Builder
	_ = xml.EscapeText(&text, []byte(record[3]))
	return fmt.Sprintf("<item><hpid>%s</hpid><symBlkMsg>%s</symBlkMsg><symBlkMsgTyp>%s</symBlkMsgTyp><symTypCod>%s</symTypCod></item>",
		record[0], text.String(), record[1], record[2])
}

// Every recorded text arrives as it was written, and the one that a hospital
// wrote twice arrives once.
func TestRecordedTexts(t *testing.T) {
	records := recordedTexts(t)
	var body strings.Builder
	body.WriteString("<response><header><resultCode>00</resultCode></header><body><items>")
	var want [][]string
	for _, r := range records {
		body.WriteString(message(r))
		if !slices.ContainsFunc(want, func(w []string) bool { return slices.Equal(w, r) }) {
			want = append(want, r)
		}
	}
	fmt.Fprintf(&body, "</items><totalCount>%d</totalCount></body></response>", len(records))
	a, err := client(t, says(200, body.String())).Announcements(t.Context())
	if err != nil || !a.Complete || a.Rows != 128 || len(a.Values) != len(want) || len(want) != 127 || len(a.Rejected) != 0 {
		t.Fatalf("%d of %d rows, %d values for %d, %v", a.Rows, a.Total, len(a.Values), len(want), err)
	}
	kinds := map[string]model.AnnouncementKind{"응급": model.AnnouncementER, "중증": model.AnnouncementSevere}
	for i, got := range a.Values {
		w := want[i]
		text := strings.Join(strings.Fields(w[3]), " ")
		if got.HospitalID != w[0] || got.Kind != kinds[w[1]] || got.Code != w[2] || got.Text != text || got.Lifted || got.StartsAt != 0 {
			t.Errorf("%+v, want %q", got, w)
		}
		if disease, _ := model.DiseaseByOfficial(w[2]); got.Disease != disease.Code || (got.Disease == "") != (w[2] == "Y000") {
			t.Errorf("%s is about %q", w[2], got.Disease)
		}
	}
}

func TestWhatAnAnnouncementMeans(t *testing.T) {
	get := func(t *testing.T, children string) (model.Announcement, []string) {
		p, err := decode(item(children), &announcements)
		if err != nil || len(p.values) != 1 {
			t.Fatalf("%+v, %v", p, err)
		}
		if a := p.values[0]; a.ID != a.Identify() || a.HospitalID != "A1100001" || a.SinceAt != 0 || a.Missed != 0 {
			t.Errorf("%+v", a)
		}
		return p.values[0], p.rejected
	}
	const text = "<symBlkMsg>x</symBlkMsg>"
	type is = func(model.Announcement) bool
	kind := func(k model.AnnouncementKind) is { return func(a model.Announcement) bool { return a.Kind == k } }
	says := func(s string) is { return func(a model.Announcement) bool { return a.Text == s } }
	starts := func(at feed.Time) is { return func(a model.Announcement) bool { return a.StartsAt == at } }
	ends := func(at feed.Time) is { return func(a model.Announcement) bool { return a.EndsAt == at } }
	lifted := func(b bool) is { return func(a model.Announcement) bool { return a.Lifted == b } }
	automatic := func(b bool) is { return func(a model.Announcement) bool { return a.Automatic == b } }
	about := func(code, disease string) is {
		return func(a model.Announcement) bool { return a.Code == code && a.Disease == disease }
	}
	by := func(s string) is { return func(a model.Announcement) bool { return a.Department == s } }
	for _, c := range []struct {
		name, children string
		is             is
	}{
		{"응급", text + "<symBlkMsgTyp>응급</symBlkMsgTyp>", kind(model.AnnouncementER)},
		{"A", text + "<symBlkMsgTyp>A</symBlkMsgTyp>", kind(model.AnnouncementER)},
		{"중증", text + "<symBlkMsgTyp>중증 </symBlkMsgTyp>", kind(model.AnnouncementSevere)},
		{"B", text + "<SYMBLKMSGTYP>b</SYMBLKMSGTYP>", kind(model.AnnouncementSevere)},
		{"응급, about a disease", text + "<symBlkMsgTyp>응급</symBlkMsgTyp><symTypCod>Y0010</symTypCod>", kind(model.AnnouncementER)},
		{"no kind", text + "<symTypCod>Y000</symTypCod>", kind(model.AnnouncementER)},
		{"no kind, about a disease", text + "<symTypCod>Y0010</symTypCod>", kind(model.AnnouncementSevere)},
		{"a disease", text + "<symTypCod>Y0172</symTypCod>", about("Y0172", "severe.intervention_infant")},
		{"a disease in small letters", text + "<symTypCod>y0172 </symTypCod>", about("Y0172", "severe.intervention_infant")},
		{"a code never seen", text + "<symTypCod>Y0999</symTypCod>", about("Y0999", "")},
		{"no code", text, about("", "")},
		{"junk for a code", text + "<symTypCod>" + strings.Repeat("Y", 21) + "</symTypCod>", about("", "")},
		{"two codes", text + "<symTypCod>Y0010</symTypCod><symTypCod>Y0020</symTypCod>", about("", "")},
		{"차단", text + "<symOutDspYon>차단</symOutDspYon>", lifted(false)},
		{"N", text + "<symOutDspYon>N</symOutDspYon>", lifted(false)},
		{"해제", text + "<symOutDspYon> 해제</symOutDspYon>", lifted(true)},
		{"Y", text + "<symOutDspYon>Y</symOutDspYon>", lifted(true)},
		{"neither lifted nor not", text, lifted(false)},
		{"lifted, in an unknown word", text + "<symOutDspYon>해제됨</symOutDspYon>", lifted(false)},
		{"lifted and not", text + "<symOutDspYon>해제</symOutDspYon><symOutDspYon>차단</symOutDspYon>", lifted(false)},
		{"자동", text + "<symOutDspMth>자동</symOutDspMth>", automatic(true)},
		{"method A", text + "<symOutDspMth>A</symOutDspMth>", automatic(true)},
		{"수동", text + "<symOutDspMth>수동</symOutDspMth>", automatic(false)},
		{"method B", text + "<symOutDspMth>B</symOutDspMth>", automatic(false)},
		{"no method", text, automatic(false)},
		{"start", text + "<symBlkSttDtm>20260730164621</symBlkSttDtm>", starts(seoul(2026, 7, 30, 16, 46, 21))},
		{"start in the future", text + "<symBlkSttDtm>20990101000000</symBlkSttDtm>", starts(seoul(2099, 1, 1, 0, 0, 0))},
		{"no start", text, starts(0)},
		{"a start that is no time", text + "<symBlkSttDtm>20260230000000</symBlkSttDtm>", starts(0)},
		{"end", text + "<symBlkEndDtm>20260731080000</symBlkEndDtm>", ends(seoul(2026, 7, 31, 8, 0, 0))},
		{"no end", text, ends(0)},
		{"a blank end", text + "<symBlkEndDtm> </symBlkEndDtm>", ends(0)},
		{"an end that is no time is open", text + "<symBlkEndDtm>0</symBlkEndDtm>", ends(0)},
		{"department", text + "<trtPrtCodMag> 소아\n청소년과 </trtPrtCodMag>", by("소아 청소년과")},
		{"no department", text + "<trtPrtCodMag>-</trtPrtCodMag>", by("")},
		{"trimmed", "<symBlkMsg>\n ** 진료 불가 \n</symBlkMsg>", says("** 진료 불가")},
		{"line breaks", "<symBlkMsg>안과\r\n\r\n불가\t 오늘</symBlkMsg>", says("안과 불가 오늘")},
		{"marks of HTML", "<symBlkMsg>&lt;&lt;연휴&gt;&gt; &lt;br/&gt;A&amp;amp;B &amp;nbsp; 불가</symBlkMsg>", says("<<연휴>> <br/>A&amp;B &nbsp; 불가")},
		{"CDATA", "<symBlkMsg><![CDATA[A<B & C]]></symBlkMsg>", says("A<B & C")},
		{"elements in it", "<symBlkMsg>진료<br/>불가 <b>전원</b></symBlkMsg>", says("진료 불가 전원")},
		{"control characters", "<symBlkMsg>진료\u0085\u200b불가</symBlkMsg>", says("진료 불가")},
		{"a dash is what was written", "<symBlkMsg>-</symBlkMsg>", says("-")},
		{"a word for silence is what was written", "<symBlkMsg>정보미제공</symBlkMsg>", says("정보미제공")},
		{"2,000 characters", "<symBlkMsg>" + strings.Repeat("가", 2000) + "</symBlkMsg>", says(strings.Repeat("가", 2000))},
		{"more", "<symBlkMsg>" + strings.Repeat("가", 2001) + "</symBlkMsg>", says(strings.Repeat("가", 1999) + "…")},
		{"a refusal without a word", "<symTypCod>Y0010</symTypCod><symOutDspYon>차단</symOutDspYon>", says("")},
		{"the other id", text + "<emcOrgCod>A1100001</emcOrgCod>", says("x")},
		{"the row's number is nothing", text + "<rnum>17</rnum>", func(a model.Announcement) bool {
			b := a
			b.HospitalID, b.Text, b.Kind, b.ID = "", "", "", ""
			return b == model.Announcement{}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if a, remarks := get(t, c.children); !c.is(a) || len(remarks) != 0 {
				t.Errorf("%+v, %v", a, remarks)
			}
		})
	}
	a, remarks := get(t, "<symBlkMsg>하나</symBlkMsg><symBlkMsg>둘</symBlkMsg>")
	if a.Text != "하나" || !slices.Equal(remarks, []string{"row 1: A1100001 has two texts in one row; the first counts"}) {
		t.Errorf("two texts: %+v, %q", a, remarks)
	}
}

func TestAnnouncementsOfNobodyOrNothing(t *testing.T) {
	body := `<response><header><resultCode>00</resultCode></header><body><items>
		<item><symBlkMsg>누구</symBlkMsg></item>
		<item><hpid>A1100001</hpid><symBlkMsg> </symBlkMsg><symBlkMsgTyp>중증</symBlkMsgTyp></item>
		<item><emcOrgCod>A1100002</emcOrgCod><symBlkMsg>x</symBlkMsg></item>
		<item><hpid>A11</hpid><emcOrgCod>A1100002</emcOrgCod><symBlkMsg>x</symBlkMsg></item>
	</items><totalCount>4</totalCount></body></response>`
	p, err := decode([]byte(body), &announcements)
	want := []string{"row 1: no hpid", "row 2: A1100001 says neither a text nor what it is about", `row 4: hpid "A11" is none`}
	if err != nil || !slices.Equal(p.rejected, want) || len(p.values) != 1 || p.values[0].HospitalID != "A1100002" {
		t.Errorf("%+v, %v", p, err)
	}
}

// Two rows with the same words: one announcement, in force while one of them is.
func TestTheSameWordsTwice(t *testing.T) {
	const words = "<item><hpid>A1100001</hpid><symBlkMsg>의료진 부족</symBlkMsg><symTypCod>Y000</symTypCod><symBlkSttDtm>20260730164621</symBlkSttDtm>"
	a := words + "<symOutDspYon>해제</symOutDspYon><symOutDspMth>자동</symOutDspMth><symBlkEndDtm>20260731080000</symBlkEndDtm><trtPrtCodMag>안과</trtPrtCodMag></item>"
	b := words + "<symOutDspYon>차단</symOutDspYon><symOutDspMth>수동</symOutDspMth><symBlkEndDtm>20260801080000</symBlkEndDtm><trtPrtCodMag>피부과</trtPrtCodMag></item>"
	other := strings.Replace(words, "164621", "164622", 1) + "</item>"
	for _, rows := range []string{a + b + b + other, b + a + other + a} {
		body := "<response><header><resultCode>00</resultCode></header><body><items>" + rows + "</items><totalCount>4</totalCount></body></response>"
		got, err := client(t, says(200, body)).Announcements(t.Context())
		if err != nil || !got.Complete || len(got.Values) != 2 {
			t.Fatalf("%+v, %v", got, err)
		}
		v := got.Values[0]
		if v.Lifted || v.Automatic || v.EndsAt != seoul(2026, 8, 1, 8, 0, 0) || v.Department != "안과, 피부과" {
			t.Errorf("%+v", v)
		}
	}
	// An open end is later than any.
	open := words + "</item>"
	body := "<response><header><resultCode>00</resultCode></header><body><items>" + open + a + "</items><totalCount>2</totalCount></body></response>"
	got, err := client(t, says(200, body)).Announcements(t.Context())
	if err != nil || len(got.Values) != 1 || got.Values[0].EndsAt != 0 {
		t.Errorf("%+v, %v", got, err)
	}
}
