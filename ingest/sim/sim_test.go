package sim_test

import (
	"encoding/json"
	"encoding/xml"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"weer/ingest/sim"
	"weer/model"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const service = "/B552657/ErmctInfoInqireService/"

// names are the nine operations, by number.
var names = [...]string{
	1: "getEmrrmRltmUsefulSckbdInfoInqire", 2: "getSrsillDissAceptncPosblInfoInqire", 3: "getEgytListInfoInqire",
	4: "getEgytLcinfoInqire", 5: "getEgytBassInfoInqire", 6: "getStrmListInfoInqire", 7: "getStrmLcinfoInqire",
	8: "getStrmBassInfoInqire", 9: "getEmrrmSrsillDissMsgInqire",
}

const path = service + "getEmrrmRltmUsefulSckbdInfoInqire"

// kyunghee is 경희대학교병원, a 지역응급의료센터 of Seoul.
const kyunghee = "A1100001"

// A clock is moved by hand.
type clock struct{ t time.Time }

func (c *clock) now() time.Time       { return c.t }
func (c *clock) pass(d time.Duration) { c.t = c.t.Add(d) }

func noon() *clock { return &clock{time.Date(2026, 11, 2, 3, 0, 0, 0, time.UTC)} }

// An item is what a reader without our code sees of a row: names and texts.
type item []struct {
	XMLName xml.Name
	Text    string `xml:",chardata"`
}

func (i item) get(tag string) (string, bool) {
	for _, e := range i {
		if e.XMLName.Local == tag {
			return e.Text, true
		}
	}
	return "", false
}

type document struct {
	XMLName xml.Name `xml:"response"`
	Code    string   `xml:"header>resultCode"`
	Message string   `xml:"header>resultMsg"`
	Items   []struct {
		Children item `xml:",any"`
	} `xml:"body>items>item"`
	Rows  int `xml:"body>numOfRows"`
	Page  int `xml:"body>pageNo"`
	Total int `xml:"body>totalCount"`
}

func (d document) byID() map[string]item {
	m := map[string]item{}
	for _, i := range d.Items {
		id, _ := i.Children.get("hpid")
		m[id] = i.Children
	}
	return m
}

func raw(s *sim.Sim, query string) *httptest.ResponseRecorder { return call(s, 1, query) }

func call(s *sim.Sim, operation int, query string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, service+names[operation]+"?"+query, nil))
	return w
}

// body is the answer to a caller with the right key.
func body(s *sim.Sim, operation int, query string) string {
	return call(s, operation, "serviceKey="+sim.DefaultKey+"&numOfRows=1000&"+query).Body.String()
}

func parse(t *testing.T, text string) (d document) {
	t.Helper()
	if err := xml.Unmarshal([]byte(text), &d); err != nil {
		t.Fatal(err)
	}
	return d
}

func ask(t *testing.T, s *sim.Sim, query string) document {
	t.Helper()
	return parse(t, raw(s, "serviceKey="+sim.DefaultKey+"&"+query).Body.String())
}

func nation(t *testing.T, s *sim.Sim) document { return ask(t, s, "numOfRows=1000") }

func post(s *sim.Sim, path, body string) (status int, answer map[string]any) {
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodPost, path, strings.NewReader(body)))
	_ = json.Unmarshal(w.Body.Bytes(), &answer)
	return w.Code, answer
}

func TestTheCountry(t *testing.T) {
	s := sim.New(sim.Options{Seed: 1, Now: noon().now})
	d := nation(t, s)
	if d.Code != "00" || d.Message != "NORMAL SERVICE." || d.Total != 417 || len(d.Items) != 417 || d.Page != 1 || d.Rows != 1000 {
		t.Fatalf("%s %s, %d of %d", d.Code, d.Message, len(d.Items), d.Total)
	}
	regions := map[string]bool{}
	for id := range d.byID() {
		region, ok := model.RegionOfHospital(id)
		if !ok {
			t.Errorf("%s is in no region", id)
		}
		regions[region] = true
	}
	if len(regions) != len(model.Regions) || len(d.byID()) != 417 || len(s.Hospitals()) != 417 {
		t.Errorf("%d regions, %d ids", len(regions), len(d.byID()))
	}
	if name, _ := d.byID()[kyunghee].get("dutyName"); name != "경희대학교병원" {
		t.Error(name)
	}
}

// The order is that of recorded answers: alphabetical in any case.
func TestChildrenComeInTheWiresOrder(t *testing.T) {
	for id, row := range nation(t, sim.New(sim.Options{Seed: 1, Now: noon().now})).byID() {
		var tags []string
		for _, e := range row {
			tags = append(tags, strings.ToLower(e.XMLName.Local))
		}
		if !slices.IsSorted(tags) || len(slices.Compact(slices.Clone(tags))) != len(tags) || len(tags) < 20 {
			t.Fatalf("%s: %v", id, tags)
		}
	}
}

// What egen.md says of pairs and values holds for every hospital.
func TestRowsAreLikeTheRecordedOnes(t *testing.T) {
	var negative, notOwned, padded, unusable, old, ahead, pairs int
	c := noon()
	list := fields(t)
	for id, row := range nation(t, sim.New(sim.Options{Seed: 1, Now: c.now})).byID() {
		for _, f := range list {
			value, there := row.get(f.available)
			total, hasTotal := row.get(f.baseline)
			padded += len(value) - len(strings.TrimSpace(value))
			value = strings.TrimSpace(value)
			switch {
			case value == "N1" && f.flag:
				notOwned++
				if hasTotal {
					t.Errorf("%s: %s is N1 and has a baseline", id, f.available)
				}
				continue
			case there != hasTotal:
				t.Errorf("%s: %s without %s, or the other way", id, f.available, f.baseline)
				continue
			case !there:
				continue
			}
			pairs++
			all, err := strconv.Atoi(total)
			n, isNumber := strconv.Atoi(value)
			switch {
			case err != nil || all < 0:
				t.Errorf("%s: %s=%q", id, f.baseline, total)
			case f.flag && value == "N":
				unusable++
			case f.flag && value != "Y":
				t.Errorf("%s: %s=%q", id, f.available, value)
			case !f.flag && (isNumber != nil || n > all):
				t.Errorf("%s: %s=%q of %d", id, f.available, value, all)
			case !f.flag && n < 0:
				negative++
			}
		}
		at, _ := row.get("hvidate")
		when, err := time.ParseInLocation("20060102150405", at, time.FixedZone("", 9*3600))
		if err != nil {
			t.Errorf("%s: %v", id, err)
		}
		if c.t.Sub(when) > 365*24*time.Hour {
			old++
		}
		if when.After(c.t) {
			ahead++
		}
	}
	t.Logf("%d pairs, %d negative, %d not owned, %d unusable, %d years old, %d ahead", pairs, negative, notOwned, unusable, old, ahead)
	if negative == 0 || notOwned == 0 || padded == 0 || unusable == 0 || old == 0 || old > 12 || ahead == 0 || ahead > 30 || pairs < 15*417 {
		t.Error("the country is not like the measured one")
	}
}

type field struct {
	available, baseline, item string
	flag                      bool
}

func fields(t *testing.T) (list []field) {
	t.Helper()
	b, err := os.ReadFile("fields.csv")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(strings.TrimSpace(string(b)), "\n")[1:] {
		c := strings.Split(line, ",")
		list = append(list, field{c[0], c[1], c[2], c[3] == "flag"})
	}
	return list
}

func TestPagesAndFilters(t *testing.T) {
	c := noon()
	s := sim.New(sim.Options{Seed: 1, Now: c.now})
	seoul := "STAGE1=" + url.QueryEscape("서울특별시")
	for _, x := range []struct {
		query       string
		rows, total int
	}{
		{"", 10, 417}, // as the service: ten rows unless asked
		{"numOfRows=100&pageNo=5", 17, 417},
		{"numOfRows=100&pageNo=6", 0, 417},
		{"numOfRows=1000&" + seoul, 51, 51},
		{"numOfRows=1000&" + seoul + "&STAGE2=" + url.QueryEscape("동대문구"), 4, 4},
		{"numOfRows=1000&STAGE1=" + url.QueryEscape("서울"), 0, 0},
	} {
		if d := ask(t, s, x.query); len(d.Items) != x.rows || d.Total != x.total || d.Code != "00" {
			t.Errorf("%q: %d of %d, want %d of %d", x.query, len(d.Items), d.Total, x.rows, x.total)
		}
	}
	first, last := ask(t, s, "numOfRows=100&pageNo=1"), ask(t, s, "numOfRows=100&pageNo=5")
	a, _ := first.Items[0].Children.get("rnum")
	b, _ := last.Items[16].Children.get("rnum")
	if a != "1" || b != "417" {
		t.Errorf("rows are numbered %s … %s", a, b)
	}
}

func TestWrongCallsGetTheRecordedAnswers(t *testing.T) {
	s := sim.New(sim.Options{Seed: 1, Key: "a+b/c=="})
	recorded, err := os.ReadFile("../egen/testdata/errors/http200_invalid_key_response_envelope.body.xml")
	if err != nil {
		t.Fatal(err)
	}
	blocked, err := os.ReadFile("../egen/testdata/errors/http400_request_blocked.body.html")
	if err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]string{
		"":                                   string(recorded),
		"serviceKey=simulated":               string(recorded),
		"serviceKey=a%252Bb%252Fc%253D%253D": string(recorded), // escaped twice
		"serviceKey=" + url.QueryEscape("a+b/c==") + "&STAGE1=서울": string(blocked),
	} {
		if w := raw(s, query); strings.TrimSpace(w.Body.String()) != strings.TrimSpace(want) {
			t.Errorf("%q: %d %s", query, w.Code, w.Body)
		}
	}
	if w := raw(s, "serviceKey="+url.QueryEscape("a+b/c==")); !strings.Contains(w.Body.String(), "NORMAL SERVICE.") {
		t.Error(w.Body)
	}
	for _, bad := range []string{"pageNo=0", "pageNo=x", "numOfRows=-1", "numOfRows=1e9"} {
		if w := raw(s, "serviceKey="+url.QueryEscape("a+b/c==")+"&"+bad); !strings.Contains(w.Body.String(), "<resultCode>10<") {
			t.Errorf("%s: %s", bad, w.Body)
		}
	}
}

func get(s *sim.Sim, path string) (status int, answer map[string]any) {
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	_ = json.Unmarshal(w.Body.Bytes(), &answer)
	return w.Code, answer
}

func TestState(t *testing.T) {
	c := noon()
	s := sim.New(sim.Options{Seed: 9, Now: c.now})
	_ = s.Set(kyunghee, map[string]int{"er.general": 3})
	status, answer := get(s, "/state?hospital="+kyunghee)
	items, _ := answer["items"].(map[string]any)
	er, _ := items["er.general"].(map[string]any)
	if status != 200 || answer["name"] != "경희대학교병원" || er["value"] != "3" || er["held"] != true || answer["observed_at"] != "2026-11-02T03:00:00.000Z" {
		t.Errorf("%d %v", status, answer)
	}
	if status, answer := get(s, "/state?hospital=nobody"); status != 422 || answer["field"] != "hospital" {
		t.Errorf("%d %v", status, answer)
	}
	_, answer = get(s, "/state")
	if answer["seed"] != 9.0 || answer["hospitals"] != 417.0 || answer["now"] != "2026-11-02T03:00:00.000Z" {
		t.Errorf("%v", answer)
	}
}
