package road

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"weer/model"
	"weer/model/fault"
)

var targets = []model.Point{gangnam, suwon}

// table answers two targets truthfully.
const table = `{"code":"Ok","durations":[[1200.4,2400]],"distances":[[12000,41000.5]],"sources":[]}`

const route = `{"code":"Ok","routes":[{"duration":1200,"distance":12000,"legs":[]}],"waypoints":[]}`

// ask answers legs of a router over a server that does as it is told.
func ask(t *testing.T, to []model.Point, answer http.HandlerFunc) []Leg {
	t.Helper()
	server := httptest.NewServer(answer)
	defer server.Close()
	r, err := New(server.URL+"/", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	return r.Legs(t.Context(), cityHall, to)
}

func says(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) }
}

func TestOneTableForManyHospitals(t *testing.T) {
	var asked []string
	legs := ask(t, targets, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.String())
		says(table)(w, r)
	})
	want := "/table/v1/driving/126.97790,37.56630;127.02760,37.49790;127.02860,37.26360?sources=0&annotations=duration,distance&destinations=1%3B2"
	if len(asked) != 1 || asked[0] != want {
		t.Errorf("asked %q, want %q", asked, want)
	}
	if len(legs) != 2 || legs[0] != (Leg{1200.4 / 60, 12, ByOSRM, ""}) || legs[1] != (Leg{40, 41.0005, ByOSRM, ""}) {
		t.Errorf("%+v", legs)
	}
}

func TestOneHospitalIsARoute(t *testing.T) {
	var asked string
	legs := ask(t, targets[:1], func(w http.ResponseWriter, r *http.Request) {
		asked = r.URL.String()
		says(route)(w, r)
	})
	if asked != "/route/v1/driving/126.97790,37.56630;127.02760,37.49790?overview=false" || legs[0] != (Leg{20, 12, ByOSRM, ""}) {
		t.Errorf("asked %q: %+v", asked, legs)
	}
}

// Whatever a server says, each target has a leg, and an estimate says why it is one.
func TestWhatIsNoAnswerIsAnEstimateThatSaysWhy(t *testing.T) {
	status := func(code int, text string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(code); says(text)(w, r) }
	}
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		want   Why
	}{
		"broken":         {status(500, table), WhyUnreachable},
		"elsewhere":      {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/else", http.StatusFound) }, WhyUnreachable},
		"no JSON":        {says("<html>"), WhyBadAnswer},
		"nothing":        {says(""), WhyBadAnswer},
		"cut":            {says(table[:60]), WhyBadAnswer},
		"one too few":    {says(`{"code":"Ok","durations":[[1200]],"distances":[[12000]]}`), WhyBadAnswer},
		"no distances":   {says(`{"code":"Ok","durations":[[1200,2400]]}`), WhyBadAnswer},
		"an error":       {status(400, `{"code":"InvalidQuery"}`), WhyBadAnswer},
		"too large":      {says(table + strings.Repeat(" ", mostAnswer)), WhyBadAnswer},
		"no roads":       {says(`{"code":"Ok","durations":[[null,null]],"distances":[[null,null]]}`), WhyNoRoute},
		"a rocket":       {says(`{"code":"Ok","durations":[[1,1]],"distances":[[12000,41000]]}`), WhyImplausible},
		"a short cut":    {says(`{"code":"Ok","durations":[[1200,2400]],"distances":[[500,900]]}`), WhyImplausible},
		"backwards":      {says(`{"code":"Ok","durations":[[-1200,-2400]],"distances":[[12000,41000]]}`), WhyImplausible},
		"next week":      {says(`{"code":"Ok","durations":[[1e9,1e9]],"distances":[[12000,41000]]}`), WhyImplausible},
		"no such number": {says(`{"code":"Ok","durations":[[1e999,1]],"distances":[[1,1]]}`), WhyBadAnswer},
		"cut in the middle of its length": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(len(table)))
			says(table[:40])(w, r)
		}, WhyBadAnswer},
		"hangs up": {func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				_ = conn.Close()
			}
		}, WhyUnreachable},
	} {
		legs := ask(t, targets, c.answer)
		for i, l := range legs {
			if want := instead(cityHall, targets[i], c.want); l != want {
				t.Errorf("%s: %+v, want %+v", name, l, want)
			}
		}
	}
	legs := ask(t, targets[:1], status(400, `{"code":"NoRoute"}`))
	if legs[0].Why != WhyNoRoute {
		t.Errorf("a route that there is not: %+v", legs)
	}
	if legs = ask(t, targets, says(`{"code":"Ok","durations":[[null,2400]],"distances":[[null,41000]]}`)); legs[0].Why != WhyNoRoute || legs[1].By != ByOSRM {
		t.Errorf("one that cannot be reached costs no other: %+v", legs)
	}
}

func TestWithoutAServerEverythingIsAnEstimate(t *testing.T) {
	r, err := New("", nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, l := range r.Legs(t.Context(), cityHall, targets) {
		if l != Estimate(cityHall, targets[i]) {
			t.Errorf("%+v", l)
		}
	}
	if legs := r.Legs(t.Context(), cityHall, nil); len(legs) != 0 {
		t.Errorf("%+v", legs)
	}
}

func TestMoreThanATableHoldsIsEstimated(t *testing.T) {
	many := make([]model.Point, MostTargets+2)
	for i := range many {
		many[i] = gangnam
	}
	row := strings.Repeat("1200,", MostTargets-1) + "1200"
	far := strings.Repeat("12000,", MostTargets-1) + "12000"
	legs := ask(t, many, says(`{"code":"Ok","durations":[[`+row+`]],"distances":[[`+far+`]]}`))
	if legs[MostTargets-1].By != ByOSRM || legs[MostTargets].Why != WhyTooMany || legs[MostTargets+1].By != ByEstimate {
		t.Errorf("%+v", legs[MostTargets-1:])
	}
}

func TestAnAddressThatIsNone(t *testing.T) {
	for _, address := range []string{"osrm:5000", "ftp://osrm", "http://", "/table", "http://osrm?key=1", "http://osrm#x", "http://a b"} {
		if _, err := New(address, nil); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", address, err)
		}
	}
}

// A server that stalls is waited for a second, and after three in a row left
// alone for ten, then asked by one.
func TestAServerThatStallsIsLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		r, err := New("http://osrm.test", slog.New(slog.NewTextHandler(&log, nil)))
		if err != nil {
			t.Fatal(err)
		}
		dials, answers := 0, false
		r.client.Transport = roundTrip(func(req *http.Request) (*http.Response, error) {
			dials++
			if answers {
				return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader(table))}, nil
			}
			<-req.Context().Done()
			return nil, &net.OpError{Op: "read", Err: req.Context().Err()}
		})
		took := func() (Leg, time.Duration) {
			began := time.Now()
			return r.Legs(context.Background(), cityHall, targets)[0], time.Since(began)
		}
		for range failures {
			if l, d := took(); l.Why != WhyTimeout || d != Patience {
				t.Errorf("%+v after %s", l, d)
			}
		}
		if l, d := took(); l.Why != WhyResting || d != 0 || dials != failures {
			t.Errorf("left alone: %+v after %s, asked %d times", l, d, dials)
		}
		<-time.After(rest + time.Millisecond)
		if l, _ := took(); l.Why != WhyTimeout || dials != failures+1 {
			t.Errorf("asked again: %+v, %d times", l, dials)
		}
		<-time.After(rest + time.Millisecond)
		answers = true
		for range 2 {
			if l, d := took(); l.By != ByOSRM || d != 0 {
				t.Errorf("it answers again: %+v", l)
			}
		}
		if n := strings.Count(log.String(), "road times are estimates"); n == 0 || !strings.Contains(log.String(), "answers again") {
			t.Errorf("%s", &log)
		}
	})
}

// Callers that go away say nothing about the server.
func TestCallersThatGoAwayDoNotStopTheServer(t *testing.T) {
	server := httptest.NewServer(says(table))
	defer server.Close()
	r, err := New(server.URL, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for range 2 * failures {
		if l := r.Legs(gone, cityHall, targets); l[0].By != ByEstimate {
			t.Errorf("%+v", l)
		}
	}
	if l := r.Legs(t.Context(), cityHall, targets); l[0].By != ByOSRM {
		t.Errorf("%+v", l)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// Whatever a server sends, there is a leg for each target that a car can drive,
// or an estimate.
func FuzzAnswer(f *testing.F) {
	for _, text := range []string{table, route, `{"code":"NoRoute"}`, `{"code":"Ok","durations":[[null,1]],"distances":[[1,null]]}`, `[]`, `{"code":"Ok","routes":[{}]}`} {
		f.Add([]byte(text), 2)
		f.Add([]byte(text), 1)
	}
	f.Fuzz(func(t *testing.T, body []byte, n int) {
		n = 1 + (n&0x7fff)%MostTargets
		drives, err := parse(body, n)
		if err != nil {
			return
		}
		if len(drives) != n {
			t.Fatalf("%d drives for %d targets", len(drives), n)
		}
		for _, d := range drives {
			l := d.leg(cityHall, gangnam)
			if !l.plausible(model.Distance(cityHall, gangnam)) || (l.By == ByOSRM) == (l.Why != "") {
				t.Fatalf("%+v", l)
			}
		}
	})
}
