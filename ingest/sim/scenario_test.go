package sim_test

import (
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
	"testing/synctest"
	"time"

	"weer/ingest/sim"
)

// An answered is what a caller got in a scenario, and without one.
type answered struct {
	status      int
	kind        string
	body, whole string
	document    document // when the body is one
	right       document
}

// inSeoul is the query of an operation, for fewer rows than there are; trauma
// centres are few everywhere.
func inSeoul(operation int) string {
	if operation >= 6 && operation <= 8 {
		return query(operation)
	}
	seoul := url.QueryEscape("서울특별시")
	return "STAGE1=" + seoul + "&Q0=" + seoul + "&" + query(operation)
}

func wellFormed(text string) bool {
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		switch _, err := d.Token(); {
		case errors.Is(err, io.EOF):
			return true
		case err != nil:
			return false
		}
	}
}

// every reports whether something holds of all elements of a tag, and of one at
// least.
func (a answered) every(tag string, holds func(text string) bool) bool {
	n := 0
	for _, i := range a.document.Items {
		if text, there := i.Children.get(tag); there {
			n++
			if !holds(text) {
				return false
			}
		}
	}
	return n > 0
}

// same is a body without the elements of a pattern.
func (a answered) same(except string) bool {
	r := regexp.MustCompile(except)
	return a.body != a.whole && r.ReplaceAllString(a.body, "") == r.ReplaceAllString(a.whole, "")
}

// age is how far before noon a report's time is.
func age(text string) time.Duration {
	t, err := time.ParseInLocation("20060102150405", text, time.FixedZone("", 9*3600))
	if err != nil {
		return -1e6 * time.Hour
	}
	return noon().t.Sub(t)
}

const times = `<hvidate>[^<]*</hvidate>`

// Each scenario's bytes are what its name says.
var judged = map[string]func(a answered) bool{
	"none": func(a answered) bool { return a.status == 200 && a.body == a.whole },
	"quota": func(a answered) bool {
		return a.status == 429 && a.kind == "text/plain; charset=utf-8" && a.body == "API token quota exceeded\n"
	},
	"key": func(a answered) bool {
		return a.status == 200 && wellFormed(a.body) && strings.Contains(a.body, "<OpenAPI_ServiceResponse>") && strings.Contains(a.body, "<returnReasonCode>30<")
	},
	"truncated": func(a answered) bool {
		return a.status == 200 && len(a.body) == len(a.whole)*2/3 && strings.HasPrefix(a.whole, a.body) && !wellFormed(a.body)
	},
	"html": func(a answered) bool {
		return a.status == 200 && strings.HasPrefix(a.kind, "text/html") && strings.Contains(a.body, "<html>")
	},
	"maintenance": func(a answered) bool {
		return a.status == 503 && strings.HasPrefix(a.kind, "text/html") && strings.Contains(a.body, "<html>")
	},
	"half": func(a answered) bool {
		return len(a.document.Items) == a.right.Total/2 && a.document.Total == a.right.Total && a.document.Code == "00"
	},
	"short": func(a answered) bool {
		return len(a.document.Items) == a.right.Total && a.document.Total == a.right.Total*9/10
	},
	"slow":  func(a answered) bool { return a.status == 200 && a.body == a.whole },
	"reset": func(a answered) bool { return a.body == "" },
	"error502": func(a answered) bool {
		return a.status == 502 && a.body == "Error forwarding request to backend server\n"
	},
	"soap": func(a answered) bool {
		return a.status == 200 && strings.HasPrefix(a.body, "<soap:Envelope") && wellFormed(a.body)
	},
	"old": func(a answered) bool {
		return a.same(times) && a.every("hvidate", func(text string) bool { return age(text) > 4*365*24*time.Hour })
	},
	"future": func(a answered) bool {
		alive := 0
		return a.same(times) && a.every("hvidate", func(text string) bool {
			alive += count(age(text) < -20*time.Minute)
			return age(text) >= -61*time.Minute
		}) && alive > len(a.document.Items)*9/10 // a feed that ended years ago stays in the past
	},
	"unreadable": func(a answered) bool {
		return a.same(times) && a.every("hvidate", func(text string) bool { return age(text) == -1e6*time.Hour })
	},
	"zeros": func(a answered) bool {
		return a.same(`<(hv(?:ec|gc|oc|[a-z]*cc|[0-9]+))>-?[0-9]+</hv[a-z0-9]+>`) &&
			a.every("hvec", func(text string) bool { return text == "0" }) &&
			a.every("hvgc", func(text string) bool { return text == "0" }) &&
			a.every("hvs01", func(text string) bool { return text != "0" })
	},
	"empty": func(a answered) bool {
		return a.document.Code == "00" && a.document.Total == 0 && strings.Contains(a.body, "<items/>")
	},
	"duplicates": func(a answered) bool {
		return a.document.Total > a.right.Total && len(a.document.Items) == a.document.Total && len(a.document.byID()) == a.right.Total
	},
	"drop_hospital": func(a answered) bool {
		return a.document.Total == a.right.Total-1 && len(a.document.Items) == a.document.Total && !strings.Contains(a.body, "A1100001")
	},
	"personal": func(a answered) bool {
		named := func(text string) bool { return strings.Contains(text, sim.Personal) }
		return a.same(`<(hv1|hv12|hvdnm)>[^<]*</(hv1|hv12|hvdnm)>`) && !strings.Contains(a.whole, sim.Personal) &&
			a.every("hv1", named) && a.every("hv12", named) && a.every("hvdnm", named)
	},
	"case": func(a answered) bool {
		return a.body != a.whole && strings.EqualFold(a.body, a.whole) && wellFormed(a.body) &&
			strings.Contains(a.body, "<response>") && len(a.document.Items) == a.right.Total && !strings.Contains(a.body, "<hvidate>2026110212000") &&
			len(regexp.MustCompile(`<[hH][pP][iI][dD]>`).FindAllString(a.body, -1)) == a.right.Total
	},
}

func TestEachScenarioIsWhatItsNameSays(t *testing.T) {
	if names := sim.Scenarios(); len(names) != len(judged) {
		t.Fatalf("%d scenarios, %d are judged", len(names), len(judged))
	}
	s := sim.New(sim.Options{Seed: 1, Now: noon().now})
	whole := body(s, 1, inSeoul(1))
	right := parse(t, whole)
	for _, name := range sim.Scenarios() {
		synctest.Test(t, func(t *testing.T) { // slow is slow
			if status, answer := post(s, "/scenario", `{"name":"`+name+`"}`); status != 200 || answer["scenario"] != name {
				t.Fatalf("%s: %d %v", name, status, answer)
			}
			start := time.Now()
			w := call(s, 1, "serviceKey=simulated&numOfRows=1000&"+inSeoul(1))
			a := answered{status: w.Code, kind: w.Header().Get("Content-Type"), body: w.Body.String(), whole: whole, right: right}
			_ = xml.Unmarshal([]byte(a.body), &a.document)
			if judged[name] == nil || !judged[name](a) {
				t.Errorf("%s: %d %s, %d bytes: %.300s", name, a.status, a.kind, len(a.body), a.body)
			}
			if took := time.Since(start); (name == "slow") != (took >= 30*time.Second) {
				t.Errorf("%s took %v", name, took)
			}
			// The judge sees the difference: what is right is no scenario but two.
			if a.body = whole; name != "none" && name != "slow" {
				a.status, a.kind, a.document = 200, "application/xml", a.right
				if judged[name](a) {
					t.Errorf("%s: a right answer passes too", name)
				}
			}
		})
	}
}

// Scenarios are of the gateway or of the rows: they hold for other operations.
func TestScenariosHoldForEveryOperation(t *testing.T) {
	s := sim.New(sim.Options{Seed: 1, Now: noon().now})
	for operation := 1; operation <= 9; operation++ {
		right := parse(t, body(s, operation, inSeoul(operation)))
		play := func(name string) (status int, text string) {
			t.Helper()
			if err := s.Scenario(name); err != nil {
				t.Fatal(err)
			}
			w := call(s, operation, "serviceKey=simulated&numOfRows=1000&"+inSeoul(operation))
			_ = s.Scenario(sim.FaultNone)
			return w.Code, w.Body.String()
		}
		if status, _ := play(sim.FaultError502); status != 502 {
			t.Errorf("operation %d: %d", operation, status)
		}
		if _, text := play(sim.FaultTruncated); wellFormed(text) {
			t.Errorf("operation %d is whole", operation)
		}
		if _, text := play(sim.FaultHalf); len(parse(t, text).Items) != right.Total/2 || parse(t, text).Total != right.Total {
			t.Errorf("operation %d is no half", operation)
		}
		if _, text := play(sim.FaultDuplicates); parse(t, text).Total != right.Total+(right.Total+2)/3 {
			t.Errorf("operation %d has no duplicates", operation)
		}
		if _, text := play(sim.FaultCase); text == body(s, operation, inSeoul(operation)) || !wellFormed(text) {
			t.Errorf("operation %d: tags are as always", operation)
		}
		if _, text := play(sim.FaultDropHospital); strings.Contains(text, kyunghee) {
			t.Errorf("operation %d still has it", operation)
		}
	}
}

func TestQuotaIsSaidInTwoWays(t *testing.T) {
	s := sim.New(sim.Options{Seed: 1, Now: noon().now})
	if err := s.Scenario(sim.FaultQuota); err != nil {
		t.Fatal(err)
	}
	var got []string
	for operation := range 4 {
		w := call(s, 1+operation%2, "serviceKey=simulated")
		code := ""
		if _, after, found := strings.Cut(w.Body.String(), "<returnReasonCode>"); found {
			code, _, _ = strings.Cut(after, "<")
		}
		got = append(got, strconv.Itoa(w.Code)+" "+code)
	}
	if !slices.Equal(got, []string{"429 ", "200 22", "429 ", "200 22"}) {
		t.Error(got)
	}
}

// What was recorded of other services on the gateway comes byte for byte.
func TestErrorsAreTheRecordedOnes(t *testing.T) {
	s := sim.New(sim.Options{Seed: 1, Now: noon().now})
	for name, file := range map[string]string{
		sim.FaultSOAP: "http200_soap_error.body.xml", sim.FaultError502: "http502_text_plain.body.txt",
	} {
		recorded, err := os.ReadFile("../egen/testdata/errors/" + file)
		if err != nil {
			t.Fatal(err)
		}
		_ = s.Scenario(name)
		if got := raw(s, "").Body.String(); strings.TrimSpace(got) != strings.TrimSpace(string(recorded)) {
			t.Errorf("%s: %s", name, got)
		}
	}
	recorded, err := os.ReadFile("../egen/testdata/errors/http200_empty_items_sibling_service.body.xml")
	if err != nil {
		t.Fatal(err)
	}
	_ = s.Scenario(sim.FaultEmpty)
	if got := raw(s, "serviceKey=simulated").Body.String(); got != strings.TrimSpace(string(recorded)) {
		t.Error(got)
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

// A fault of one operation leaves the others right, and they do not use it up.
func TestAFaultOfOneOperation(t *testing.T) {
	s := sim.New(sim.Options{Seed: 1, Now: noon().now})
	if status, answer := post(s, "/scenario", `{"name":"error502","operation":9,"count":1}`); status != 200 {
		t.Fatal(answer)
	}
	var got []int
	for _, operation := range []int{1, 2, 9, 9} {
		got = append(got, call(s, operation, "serviceKey=simulated").Code)
	}
	if !slices.Equal(got, []int{200, 200, 502, 200}) {
		t.Error(got)
	}
}

// The older name takes the older words and does the same.
func TestFaultIsAnotherNameOfScenario(t *testing.T) {
	s := sim.New(sim.Options{Seed: 1, Now: noon().now})
	for _, name := range sim.Scenarios() {
		if status, answer := post(s, "/fault", `{"mode":"`+name+`","count":3}`); status != 200 || answer["scenario"] != name {
			t.Errorf("%s: %d %v", name, status, answer)
		}
	}
	status, answer := post(s, "/fault", `{"mode":"drop_hospital","hospital":"A1300010"}`)
	if f, _ := answer["fault"].(map[string]any); status != 200 || f["hospital"] != "A1300010" || f["mode"] != "drop_hospital" {
		t.Errorf("%d %v", status, answer)
	}
	if strings.Contains(body(s, 2, ""), "A1300010") || !strings.Contains(body(s, 2, ""), kyunghee) {
		t.Error("another hospital is missing")
	}
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/scenario", nil))
	for _, name := range sim.Scenarios() {
		if !strings.Contains(w.Body.String(), `{"name":"`+name+`","about":"`) {
			t.Errorf("%s is not listed", name)
		}
	}
}

// client asks a real socket; what came before the end, and the end.
func client(t *testing.T, s *sim.Sim, patience time.Duration) (string, error) {
	t.Helper()
	server := httptest.NewServer(s.Handler())
	defer server.Close()
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	resp, err := (&http.Client{Transport: transport, Timeout: patience}).Get(server.URL + path + "?serviceKey=simulated")
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return string(text), err
}

func TestResetCutsTheConnection(t *testing.T) {
	s := sim.New(sim.Options{Seed: 1})
	if err := s.Scenario(sim.FaultReset); err != nil {
		t.Fatal(err)
	}
	if text, err := client(t, s, time.Minute); err == nil || text != "" {
		t.Errorf("%q, %v", text, err)
	}
}

func TestASlowAnswerEndsWithItsCaller(t *testing.T) {
	s := sim.New(sim.Options{Seed: 1})
	if err := s.Fault(sim.Fault{Mode: sim.FaultSlow, DelayMS: 3_600_000}); err != nil {
		t.Fatal(err)
	}
	if text, err := client(t, s, 50*time.Millisecond); err == nil {
		t.Errorf("it was not slow: %.100s", text)
	}
}
