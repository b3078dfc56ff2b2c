package egen

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"weer/model"
	"weer/model/feed"
)

// said is what a row says under a tag, with how many different words: none, one
// that counts, or several, of which none does.
func (row told) said(tag string) (word string, words int) {
	var all []string
	for _, text := range row[tag] {
		text = strings.TrimSpace(text)
		switch strings.ToLower(text) {
		case "", "-", "null", "none", "n/a", "nan", "정보미제공":
		case inElements:
			all = append(all, inElements, "and more")
		default:
			all = append(all, text)
		}
	}
	slices.Sort(all)
	if all = slices.Compact(all); len(all) == 0 {
		return "", 0
	}
	return all[0], len(all)
}

// wrote reports whether a text is one that a row has under a tag, perhaps cut.
func (row told) wrote(tag, text string) bool {
	return slices.ContainsFunc(row[tag], func(s string) bool {
		s = strings.Join(strings.Fields(strings.ReplaceAll(s, inElements, "4 2")), " ")
		head, cut := strings.CutSuffix(text, "…")
		return s == text || cut && strings.HasPrefix(s, head)
	})
}

// id is the hospital that a row is about; "" when it is about none.
func (row told) id(instead string) string {
	word, words := row.said("hpid")
	if words == 0 && instead != "" {
		word, words = row.said(instead)
		if instead == "dutyname" && !idForm.MatchString(word) {
			return ""
		}
	}
	if words == 1 && idForm.MatchString(word) {
		return word
	}
	return ""
}

var idForm = regexp.MustCompile(`^[A-Z]\d{7}$`)

// about sorts rows by their hospital.
func (w *wire) about(instead string) map[string][]told {
	m := map[string][]told{}
	for _, row := range w.rows {
		if id := row.id(instead); id != "" {
			m[id] = append(m[id], row)
		}
	}
	return m
}

// verdict holds an answer against what was written. Judge looks at the values;
// it is asked only when there may be some.
func verdict[T any](w *wire, a Answer[T], err error, judge func(*wire, []T) string) string {
	switch text := fmt.Sprintf("%+v %v", a, err); {
	case strings.Contains(text, "홍길동"), strings.Contains(text, "9999-8888"):
		return "somebody's name or number got out: " + text
	case w.broken && (err == nil || KindOf(err) != Transient || len(a.Values) != 0 || a.Rows != 0 || a.Complete):
		return fmt.Sprintf("half an answer was believed: %s", text)
	case w.broken:
		return ""
	case err != nil:
		return "a whole answer was refused: " + text
	case a.Rows != len(w.rows) || a.Total != w.total:
		return fmt.Sprintf("%d of %d rows, not %d of %d", a.Rows, a.Total, len(w.rows), w.total)
	case a.Complete != (len(w.rows) > 0 && len(w.rows) == w.total):
		return fmt.Sprintf("complete: %v, with %d of %d rows", a.Complete, len(w.rows), w.total)
	}
	return judge(w, a.Values)
}

func judgeBeds(w *wire, values []model.Observation) string {
	rows := slices.DeleteFunc(slices.Clone(w.rows), func(r told) bool { return r.id("") == "" })
	if len(values) != len(rows) {
		return fmt.Sprintf("%d reports for %d rows", len(values), len(rows))
	}
	for i, o := range values {
		row := rows[i]
		if o.HospitalID != row.id("") || o.Name != "" && !row.wrote("dutyname", o.Name) || o.Tel != "" && !row.wrote("dutytel3", o.Tel) || !timed(row, "hvidate", o.ObservedAt) {
			return fmt.Sprintf("%+v for %q", o, row)
		}
		for _, record := range tagRecords {
			reading, there := o.Readings[record[2]]
			if why := judgeReading(row, record, reading, there); why != "" {
				return fmt.Sprintf("%s of %s: %+v (%v): %s; %q %q", record[2], o.HospitalID, reading, there, why, row[record[0]], row[record[1]])
			}
		}
	}
	return ""
}

// timed: a time stands in the row, or there is none.
func timed(row told, tag string, at feed.Time) bool {
	word, words := row.said(tag)
	return at == 0 || words == 1 && at.Std().In(time.FixedZone("", 9*3600)).Format("20060102150405") == word
}

func judgeReading(row told, record []string, r model.Reading, there bool) string {
	value, values := row.said(record[0])
	base, bases := row.said(record[1])
	n, nerr := strconv.Atoi(value)
	total, terr := strconv.Atoi(base)
	numbered, based := values == 1 && nerr == nil, bases == 1 && terr == nil
	flag := record[3] == "flag"
	switch {
	case !there && values > 0:
		return "it was said"
	case !there:
		return ""
	case values == 0 && r.State != model.NotReported:
		return "it was not said"
	case r.HasTotal && (!based || r.Total != total || total < 0):
		return "a total from nowhere"
	case !r.HasTotal && based && total >= 0 && total < 1000:
		return "the total is lost"
	case r.State == model.Known && flag && (values != 1 || r.Value == 1 != strings.EqualFold(value, "Y") || r.Value == 0 != strings.EqualFold(value, "N")):
		return "a flag from nowhere"
	case r.State == model.Known && !flag && (!numbered || r.Value != n || r.HasTotal && n > r.Total):
		return "a value from nowhere"
	case r.State == model.NotOffered && (!flag || values != 1 || !strings.EqualFold(value, "N1")):
		return "it was not said that there is none"
	case r.State == model.Unknown && r.Value != 0 && (!numbered || r.Value != n):
		return "a raw number from nowhere"
	case r.State == model.NotReported && values != 0:
		return "it was reported"
	case r.State == model.Unknown && !flag && numbered && based && n >= -50 && n != -1 && n <= total && total < 1000:
		return "a good value is not known"
	case r.State == model.Unknown && flag && values == 1 && slices.Contains([]string{"Y", "N", "N1"}, value):
		return "a good flag is not known"
	}
	return ""
}

func judgeAcceptance(w *wire, values []model.Declared) string {
	rows := w.about("dutyname")
	if len(values) != len(rows) {
		return fmt.Sprintf("%d hospitals for %d", len(values), len(rows))
	}
	for _, d := range values {
		for i, disease := range model.Diseases {
			yes, no := 0, 0
			noted := false
			got := d.Declarations[disease.Code]
			for _, row := range rows[d.HospitalID] {
				word, words := row.said(fmt.Sprintf("mkioskty%d", i+1))
				if words == 1 && strings.EqualFold(word, "Y") {
					yes++
				}
				if words == 1 && (strings.HasPrefix(word, "불가") || strings.HasPrefix(strings.ToUpper(word), "N")) {
					no++
				}
				noted = noted || row.wrote(fmt.Sprintf("mkioskty%dmsg", i+1), got.Note)
			}
			all := len(rows[d.HospitalID])
			switch {
			case (got.State == model.Refuses) != (no > 0), (got.State == model.Accepts) != (yes == all && all > 0):
				return fmt.Sprintf("%s of %s: %+v, with %d yes and %d no in %d rows", disease.Code, d.HospitalID, got, yes, no, all)
			case got.Note != "" && !noted:
				return fmt.Sprintf("%s of %s: a note from nowhere: %+v", disease.Code, d.HospitalID, got)
			}
		}
	}
	return ""
}

func judgeAnnouncements(w *wire, values []model.Announcement) string {
	rows := w.about("emcorgcod")
	of := func(a model.Announcement) []told {
		return slices.DeleteFunc(slices.Clone(rows[a.HospitalID]), func(r told) bool {
			return !(a.Text == "" || r.wrote("symblkmsg", a.Text)) || !(a.Code == "" || r.wrote("symtypcod", a.Code)) || !timed(r, "symblksttdtm", a.StartsAt)
		})
	}
	ids := map[string]bool{}
	for _, a := range values {
		sent := of(a)
		says := func(tag string, words ...string) func(told) bool {
			return func(r told) bool { word, n := r.said(tag); return n == 1 && slices.Contains(words, word) }
		}
		switch {
		case len(sent) == 0:
			return fmt.Sprintf("an announcement from nowhere: %+v", a)
		case ids[a.ID]:
			return fmt.Sprintf("twice: %+v", a)
		case a.Lifted && !slices.ContainsFunc(sent, says("symoutdspyon", "해제", "Y")):
			return fmt.Sprintf("a closure was lifted: %+v", a)
		case a.Automatic && !slices.ContainsFunc(sent, says("symoutdspmth", "자동", "A")):
			return fmt.Sprintf("not automatic: %+v", a)
		case a.EndsAt != 0 && !slices.ContainsFunc(sent, func(r told) bool { return timed(r, "symblkenddtm", a.EndsAt) }):
			return fmt.Sprintf("an end from nowhere: %+v", a)
		}
		for _, d := range strings.Split(a.Department, ", ") {
			if d != "" && !slices.ContainsFunc(sent, func(r told) bool { return r.wrote("trtprtcodmag", d) }) {
				return fmt.Sprintf("a department from nowhere: %+v", a)
			}
		}
		ids[a.ID] = true
	}
	for id, sent := range rows {
		for _, row := range sent {
			text, words := row.said("symblkmsg")
			if words == 1 && text != inElements && !slices.ContainsFunc(values, func(a model.Announcement) bool { return a.HospitalID == id && row.wrote("symblkmsg", a.Text) }) {
				return fmt.Sprintf("%s's message is lost: %q", id, row)
			}
		}
	}
	return ""
}

func judgeInstitutions(w *wire, values []model.Institution) string {
	rows := w.about("")
	if len(values) != len(rows) {
		return fmt.Sprintf("%d institutions for %d", len(values), len(rows))
	}
	for _, i := range values {
		row := rows[i.HospitalID][0]
		for tag, got := range map[string]string{
			"dutyname": i.Name, "dutyaddr": i.Address, "dutyemcls": string(i.Level), "dutyemclsname": i.LevelName, "dutytel1": i.MainTel, "dutytel3": i.Tel,
		} {
			if got != "" && !row.wrote(tag, got) {
				return fmt.Sprintf("%s of %s from nowhere: %q for %q", tag, i.HospitalID, got, row[tag])
			}
		}
		lat, a := row.said("wgs84lat")
		lon, b := row.said("wgs84lon")
		good := a == 1 && b == 1 && slices.Contains([]string{"37.5938765502235", "35.1"}, lat) && slices.Contains([]string{"127.05183223390303", "129.2"}, lon)
		switch {
		case good != (i.Place != nil):
			return fmt.Sprintf("%s is at %v, %q %q", i.HospitalID, i.Place, lat, lon)
		case good && (fmt.Sprint(i.Place.Lat) != lat || fmt.Sprint(i.Place.Lon) != lon):
			return fmt.Sprintf("%s is at %v, %q %q", i.HospitalID, i.Place, lat, lon)
		}
	}
	return ""
}

// serve answers the first page, and nothing more on the following.
func (w *wire) serve(r *http.Request) (*http.Response, error) {
	if r.URL.Query().Get("pageNo") == "1" {
		return reply(200, strings.NewReader(w.body.String())), nil
	}
	return reply(200, strings.NewReader(fmt.Sprintf("<response><header><resultCode>00</resultCode></header><body><items/><totalCount>%d</totalCount></body></response>", w.total))), nil
}

// storm draws answers and judges them, as they are and with a fault planted.
func storm[T any](t *testing.T, row func(*rand.Rand) []field, ask func(*Client, context.Context) (Answer[T], error), judge func(*wire, []T) string, faults ...func(*Answer[T])) {
	t.Parallel()
	found := make([]int, len(faults))
	whole, complete := 0, 0
	for seed := range uint64(2_500) {
		w := drawWire(rand.New(rand.NewPCG(seed, 3)), row)
		a, err := ask(client(t, w.serve), t.Context())
		if why := verdict(w, a, err, judge); why != "" {
			t.Fatalf("seed %d: %s\n%s", seed, why, w.body.String())
		}
		if err != nil || len(a.Values) == 0 {
			continue
		}
		whole++
		if a.Complete {
			complete++
		}
		i := int(seed) % len(faults)
		if faults[i](&a); verdict(w, a, nil, judge) != "" {
			found[i]++
		}
	}
	if whole < 1_000 || complete < 500 {
		t.Errorf("only %d answers were of use, %d complete", whole, complete)
	}
	for i, n := range found {
		if n < whole/len(faults)/2 {
			t.Errorf("fault %d was found %d times in %d answers", i, n, whole/len(faults))
		}
	}
}

// 10,000 answers with everything odd in them: nothing breaks, nothing is made
// up, nothing that was well said is lost, and no half answer passes for a whole.
func TestTenThousandOddAnswers(t *testing.T) {
	t.Run("beds", func(t *testing.T) {
		storm(t, drawBedRow, (*Client).Beds, judgeBeds,
			func(a *Answer[model.Observation]) { a.Values = nil },
			func(a *Answer[model.Observation]) { a.Complete = !a.Complete },
			func(a *Answer[model.Observation]) { // a zeroed board
				for _, o := range a.Values {
					for code := range o.Readings {
						o.Readings[code] = model.Reading{State: model.Known}
					}
				}
			},
			func(a *Answer[model.Observation]) { a.Values[0].Readings = nil },
			func(a *Answer[model.Observation]) { a.Values[0].Tel = personal },
		)
	})
	t.Run("acceptance", func(t *testing.T) {
		storm(t, drawAcceptanceRow, (*Client).Acceptance, judgeAcceptance,
			func(a *Answer[model.Declared]) { a.Values = a.Values[1:] },
			func(a *Answer[model.Declared]) { // silence taken for a yes
				for _, d := range model.Diseases {
					if _, ok := a.Values[0].Declarations[d.Code]; !ok {
						a.Values[0].Declarations[d.Code] = accepts("")
					}
				}
			},
			func(a *Answer[model.Declared]) { a.Values[0].Declarations = nil }, // closures lifted
			func(a *Answer[model.Declared]) { a.Values[0].Declarations["severe.burn"] = accepts("from nowhere") },
		)
	})
	t.Run("announcements", func(t *testing.T) {
		storm(t, drawAnnouncementRow, (*Client).Announcements, judgeAnnouncements,
			func(a *Answer[model.Announcement]) { a.Values[0].Text += "!" },
			func(a *Answer[model.Announcement]) { a.Values[0].EndsAt = seoul(2026, 7, 31, 0, 0, 1) },
			func(a *Answer[model.Announcement]) { a.Values[0].StartsAt = 1 },
			func(a *Answer[model.Announcement]) { a.Values = append(a.Values, a.Values[0]) },
			func(a *Answer[model.Announcement]) { a.Values[0].Department = "내과" },
		)
	})
	t.Run("institutions", func(t *testing.T) {
		storm(t, drawInstitutionRow, (*Client).Institutions, judgeInstitutions,
			func(a *Answer[model.Institution]) { a.Values = a.Values[1:] },
			func(a *Answer[model.Institution]) { a.Values[0].Place = &model.Point{} },
			func(a *Answer[model.Institution]) { a.Values[0].MainTel = "02-1-2" },
		)
	})
}
