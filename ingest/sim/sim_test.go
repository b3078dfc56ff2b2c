package sim_test

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"weer/ingest/sim"
	"weer/model"
	"weer/model/fault"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const path = "/B552657/ErmctInfoInqireService/getEmrrmRltmUsefulSckbdInfoInqire"

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

func raw(s *sim.Sim, query string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, path+"?"+query, nil))
	return w
}

func ask(t *testing.T, s *sim.Sim, query string) (d document) {
	t.Helper()
	if err := xml.Unmarshal(raw(s, "serviceKey="+sim.DefaultKey+"&"+query).Body.Bytes(), &d); err != nil {
		t.Fatal(err)
	}
	return d
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

func TestSeedAndClockDecideEverything(t *testing.T) {
	a, b := noon(), noon()
	one, two := sim.New(sim.Options{Seed: 7, Now: a.now}), sim.New(sim.Options{Seed: 7, Now: b.now})
	other := sim.New(sim.Options{Seed: 8, Now: a.now})
	get := func(s *sim.Sim) string { return raw(s, "serviceKey=simulated&numOfRows=1000").Body.String() }
	a.pass(time.Hour)
	for range 3 {
		get(two) // being asked before moves nothing
	}
	b.pass(time.Hour)
	if get(one) != get(two) {
		t.Error("one seed and one clock, two countries")
	}
	if get(one) == get(other) {
		t.Error("two seeds, one country")
	}
}

// 48 % of observations 20 minutes apart differ in hvec; operating rooms move
// more slowly; the median report is a few minutes old.
func TestMotionAtSpeedOneIsAsMeasured(t *testing.T) {
	c := noon()
	s := sim.New(sim.Options{Seed: 3, Speed: 1, Now: c.now})
	slow := regexp.MustCompile(`<hvoc>-?[0-9]*</hvoc>`)
	moved, seen := map[string]int{}, 0
	before := texts(s)
	var ages []time.Duration
	for range 12 {
		c.pass(20 * time.Minute)
		now := texts(s)
		for id, row := range now {
			seen++
			for tag, form := range map[string]*regexp.Regexp{"hvec": hvec, "hvoc": slow} {
				if form.FindString(before[id]) != form.FindString(row) {
					moved[tag]++
				}
			}
			at := hvidate.FindStringSubmatch(row)[1]
			when, _ := time.ParseInLocation("20060102150405", at, time.FixedZone("", 9*3600))
			ages = append(ages, c.t.Sub(when))
		}
		before = now
	}
	slices.Sort(ages)
	share := func(tag string) float64 { return float64(moved[tag]) / float64(seen) }
	if x := share("hvec"); x < .43 || x > .53 {
		t.Errorf("hvec moved in %.0f %% of observations", 100*x)
	}
	if x := share("hvoc"); x == 0 || x > .15 {
		t.Errorf("hvoc moved in %.0f %% of observations", 100*x)
	}
	if median := ages[len(ages)/2]; median < 3*time.Minute || median > 5*time.Minute {
		t.Errorf("the median report is %v old", median)
	}
}

// At the demo's speed a number moves in every region within seconds.
func TestTheDemoIsLively(t *testing.T) {
	c := noon()
	s := sim.New(sim.Options{Seed: 1, Now: c.now})
	const step, steps = 10 * time.Second, 30
	still := map[string]int{}
	before := numbers(s)
	for range steps {
		c.pass(step)
		now := numbers(s)
		for region, values := range now {
			if values == before[region] {
				still[region]++
			}
		}
		before = now
	}
	for _, r := range model.Regions {
		if before[r.Code] == "" || still[r.Code] > steps*6/10 {
			t.Errorf("in %s nothing moved in %d of %d steps of %v", r.Name, still[r.Code], steps, step)
		}
	}
}

var (
	hpid    = regexp.MustCompile(`<hpid>([A-Z0-9]*)</hpid>`)
	hvidate = regexp.MustCompile(`<hvidate>([0-9]*)</hvidate>`)
	hvec    = regexp.MustCompile(`<hvec>(-?[0-9]*)</hvec>`)
)

// texts are the rows as they are written, by id.
func texts(s *sim.Sim) map[string]string {
	m := map[string]string{}
	for _, row := range strings.Split(raw(s, "serviceKey=simulated&numOfRows=1000").Body.String(), "<item>")[1:] {
		m[hpid.FindStringSubmatch(row)[1]] = row
	}
	return m
}

// numbers are all values of a region in one text, times left out.
func numbers(s *sim.Sim) map[string]string {
	all, out := texts(s), map[string]string{}
	for _, id := range s.Hospitals() {
		region, _ := model.RegionOfHospital(id)
		out[region] += hvidate.ReplaceAllString(all[id], "")
	}
	return out
}

// Times only go forward, whatever happens.
func TestReportsNeverGoBack(t *testing.T) {
	c := noon()
	s := sim.New(sim.Options{Seed: 5, Now: c.now})
	last := map[string]string{}
	acts := []func(){
		func() {}, func() { s.Pause(true) }, func() {}, func() { _ = s.Set(kyunghee, map[string]int{"er.general": 1}) },
		func() { s.Pause(false) }, func() { _ = s.Release("") }, func() { _ = s.Churn(.1) }, func() {}, func() { _ = s.Churn(0) }, func() {},
	}
	for i := range 60 {
		acts[i%len(acts)]()
		c.pass(1700 * time.Millisecond)
		for id, row := range texts(s) {
			at := hvidate.FindStringSubmatch(row)[1]
			if at < last[id] {
				t.Fatalf("%s: %s after %s", id, at, last[id])
			}
			last[id] = at
		}
	}
}

func TestSetHoldsUntilRelease(t *testing.T) {
	c := noon()
	s := sim.New(sim.Options{Seed: 1, Now: c.now})
	status, answer := post(s, "/set", `{"hospital":"A1100001","items":{"er.general":-3,"equipment.ct":0}}`)
	if status != 200 || answer["hospital"] != kyunghee {
		t.Fatalf("%d %v", status, answer)
	}
	others := map[string]bool{}
	for range 50 {
		row := texts(s)[kyunghee]
		if !strings.Contains(row, "<hvec>-3</hvec>") || !strings.Contains(row, "<hvctayn>N") {
			t.Fatal(row)
		}
		others[hvidate.ReplaceAllString(row, "")] = true
		c.pass(37 * time.Second)
	}
	if len(others) < 3 {
		t.Error("the other items stand still too")
	}
	if status, _ := post(s, "/release", `{"hospital":"A1100001"}`); status != 200 {
		t.Fatal(status)
	}
	if row := texts(s)[kyunghee]; strings.Contains(row, "<hvec>-3</hvec>") {
		t.Errorf("still held: %s", row)
	}
}

func TestSetReportsAtOnce(t *testing.T) {
	c := noon()
	s := sim.New(sim.Options{Seed: 1, Speed: 1, Now: c.now})
	s.Pause(true)
	c.pass(time.Minute)
	if err := s.Set(kyunghee, map[string]int{"er.general": 2}); err != nil {
		t.Fatal(err)
	}
	at, _ := nation(t, s).byID()[kyunghee].get("hvidate")
	if at < "20261102120100" {
		t.Errorf("set at 12:01:00, reported at %s", at)
	}
}

func TestPauseStopsEverything(t *testing.T) {
	c := noon()
	s := sim.New(sim.Options{Seed: 1, Now: c.now, ChurnPerPoll: .2})
	if status, _ := post(s, "/pause", `{"paused":true}`); status != 200 {
		t.Fatal(status)
	}
	get := func() string { return raw(s, "serviceKey=simulated&numOfRows=1000").Body.String() }
	before := get()
	c.pass(time.Hour)
	if get() != before {
		t.Error("something moved")
	}
	s.Pause(false)
	if get() == before {
		t.Error("nothing goes on")
	}
}

func TestChurnMovesItsFraction(t *testing.T) {
	for _, fraction := range []float64{.05, .5, 1} {
		c := noon()
		s := sim.New(sim.Options{Seed: 1, Now: c.now, ChurnPerPoll: fraction})
		list := fields(t)
		before := nation(t, s).byID()
		for range 2 {
			c.pass(time.Second)
			now := nation(t, s).byID()
			moved, all := 0, 0
			for id, row := range now {
				for _, f := range list {
					total, ok := row.get(f.baseline)
					if !ok || total == "0" {
						continue
					}
					all++
					a, _ := before[id].get(f.available)
					if b, _ := row.get(f.available); a != b {
						moved++
					}
				}
			}
			if got := float64(moved) / float64(all); got < fraction*.9-.01 || got > fraction*1.1 {
				t.Errorf("%.3f of all values moved, want %.2f", got, fraction)
			}
			before = now
		}
	}
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

func TestFaults(t *testing.T) {
	s := sim.New(sim.Options{Seed: 1, Now: noon().now})
	get := func() (int, string) {
		w := raw(s, "serviceKey=simulated&numOfRows=1000")
		return w.Code, w.Body.String()
	}
	_, whole := get()
	for fault, check := range map[string]func(status int, body string) bool{
		`{"mode":"error502"}`: func(status int, body string) bool {
			return status == 502 && strings.HasPrefix(body, "Error forwarding")
		},
		`{"mode":"quota"}`: func(status int, body string) bool { return status == 429 && strings.Contains(body, "quota exceeded") },
		`{"mode":"html"}`:  func(status int, body string) bool { return status == 200 && strings.Contains(body, "<html>") },
		`{"mode":"truncated"}`: func(status int, body string) bool {
			return status == 200 && len(body) < len(whole) && strings.HasPrefix(whole, body)
		},
		`{"mode":"half"}`: func(_ int, body string) bool {
			return strings.Count(body, "<item>") == 208 && strings.Contains(body, "<totalCount>417<")
		},
		`{"mode":"empty"}`: func(_ int, body string) bool {
			return strings.Contains(body, "<items/>") && strings.Contains(body, "<totalCount>0<")
		},
		`{"mode":"drop_hospital","hospital":"A1100001"}`: func(_ int, body string) bool {
			return !strings.Contains(body, kyunghee) && strings.Contains(body, "<totalCount>416<")
		},
		`{"mode":"slow","delay_ms":1}`: func(status int, body string) bool { return status == 200 && body == whole },
		`{"mode":"none"}`:              func(status int, body string) bool { return status == 200 && body == whole },
	} {
		if status, answer := post(s, "/fault", fault); status != 200 {
			t.Fatalf("%s: %d %v", fault, status, answer)
		}
		if status, body := get(); !check(status, body) {
			t.Errorf("%s: %d, %d bytes: %.300s", fault, status, len(body), body)
		}
	}
}

func TestAFaultEndsAfterItsCount(t *testing.T) {
	s := sim.New(sim.Options{Seed: 1, Now: noon().now})
	if err := s.Fault(sim.Fault{Mode: sim.FaultError502, Count: 2}); err != nil {
		t.Fatal(err)
	}
	var got []int
	for range 4 {
		got = append(got, raw(s, "serviceKey=simulated").Code)
	}
	if !slices.Equal(got, []int{502, 502, 200, 200}) {
		t.Error(got)
	}
}

func TestBadControlsNameTheirField(t *testing.T) {
	s := sim.New(sim.Options{Seed: 1, Now: noon().now})
	for _, c := range []struct {
		path, body string
		status     int
		field      string
	}{
		{"/set", `{"hospital":"A9999999","items":{"er.general":3}}`, 422, "hospital"},
		{"/set", `{"items":{"er.general":3}}`, 422, "hospital"},
		{"/set", `{"hospital":"A1100001","items":{"er.generall":3}}`, 422, "items.er.generall"},
		{"/set", `{"hospital":"A1100001","items":{"er.general":900}}`, 422, "items.er.general"},
		{"/set", `{"hospital":"A1100001","items":{"er.general":-1000}}`, 422, "items.er.general"},
		{"/set", `{"hospital":"A1100001","items":{"equipment.ct":2}}`, 422, "items.equipment.ct"},
		{"/set", `{"hospital":"A1100001","items":{"er.general":"3"}}`, 422, "items"},
		{"/set", `{"hospital":"A1100001","items":{"er.general":1.5}}`, 422, "items"},
		{"/set", `{"hospital":"A1100001"}`, 422, "items"},
		{"/set", `{"hospital":"A1100001","item":{"er.general":3}}`, 422, "item"},
		{"/set", ``, 422, ""},
		{"/set", `[]`, 422, ""},
		{"/set", `{} {}`, 422, ""},
		{"/set", `{"hospital":"` + strings.Repeat("A", 70_000) + `"}`, 413, ""},
		{"/release", `{"hospital":"A9999999"}`, 422, "hospital"},
		{"/pause", `{}`, 422, "paused"},
		{"/pause", `{"paused":"yes"}`, 422, "paused"},
		{"/churn", `{}`, 422, "fraction"},
		{"/churn", `{"fraction":1.5}`, 422, "fraction"},
		{"/fault", `{"mode":"sometimes"}`, 422, "mode"},
		{"/fault", `{"mode":"half","count":-1}`, 422, "count"},
		{"/fault", `{"mode":"slow","delay_ms":-1}`, 422, "delay_ms"},
		{"/fault", `{"mode":"drop_hospital"}`, 422, "hospital"},
	} {
		status, answer := post(s, c.path, c.body)
		field, _ := answer["field"].(string)
		if status != c.status || field != c.field || answer["message"] == "" || answer["code"] == "" {
			t.Errorf("%s %.80s: %d %v", c.path, c.body, status, answer)
		}
	}
	if _, answer := get(s, "/state"); len(answer["held"].(map[string]any)) != 0 {
		t.Errorf("a refused call left something: %v", answer)
	}
}

func get(s *sim.Sim, path string) (status int, answer map[string]any) {
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	_ = json.Unmarshal(w.Body.Bytes(), &answer)
	return w.Code, answer
}

func TestSetIsAllOrNothing(t *testing.T) {
	s := sim.New(sim.Options{Seed: 1, Now: noon().now})
	err := s.Set(kyunghee, map[string]int{"er.general": 3, "er.nothing": 1})
	var f *fault.Error
	if !errors.As(err, &f) || f.Field != "items.er.nothing" {
		t.Error(err)
	}
	if _, answer := get(s, "/state"); len(answer["held"].(map[string]any)) != 0 {
		t.Errorf("%v", answer["held"])
	}
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

func TestASlowAnswerEndsWithItsCaller(t *testing.T) {
	s := sim.New(sim.Options{Seed: 1})
	if err := s.Fault(sim.Fault{Mode: sim.FaultSlow, DelayMS: 3_600_000}); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s.Handler())
	defer server.Close()
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	client := http.Client{Transport: transport, Timeout: 50 * time.Millisecond}
	if resp, err := client.Get(server.URL + path + "?serviceKey=simulated"); err == nil {
		_, _ = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		t.Error("it was not slow")
	}
}

func BenchmarkNation(b *testing.B) {
	s := sim.New(sim.Options{Seed: 1})
	b.ReportAllocs()
	for b.Loop() {
		if w := raw(s, "serviceKey=simulated&numOfRows=1000"); w.Code != 200 {
			b.Fatal(w.Code)
		}
	}
}
