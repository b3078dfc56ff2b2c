package ingest_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"weer/ingest"
	"weer/ingest/egen"
	"weer/model"
	"weer/model/feed"
)

// speak is how long what has no other sign may take to be said.
const speak = 10 * time.Second

// about leaves the writes of one alert.
func (a *adminFeed) about(name string) []string {
	return slices.DeleteFunc(a.written(), func(w string) bool { return w[1:] != name })
}

func TestLateIsSaidOnceAndTakenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNode("a", &leaseTable{})
		_, stop := n.run(t, 90*time.Second)
		defer stop()
		pass(time.Second)
		n.answers(model.SourceBeds, func(ctx context.Context) (bool, error) { return true, work(ctx, time.Hour) })
		pass(178 * time.Second)
		if w := n.written(); len(w) != 0 {
			t.Fatalf("too early: %v", w)
		}
		pass(2*time.Second + speak)
		if got := n.alert("late/egen.beds"); got.Severity != model.Critical || got.Source != model.SourceBeds || len(n.standing()) != 1 {
			t.Fatalf("%v", n.all())
		}
		n.recovers(model.SourceBeds)
		pass(time.Hour)
		if w := n.written(); !slices.Equal(w, []string{"+late/egen.beds", "-late/egen.beds"}) {
			t.Errorf("%v", w)
		}
	})
}

// A node that starts after a long silence says late only when its own poll does
// not bring the end of it.
func TestAStartAfterASilence(t *testing.T) {
	for fails, want := range map[bool][]string{false: nil, true: {"+late/egen.beds"}} {
		synctest.Test(t, func(t *testing.T) {
			n := newNode("a", &leaseTable{})
			n.complete = map[string]feed.Time{model.SourceBeds: feed.At(time.Now().Add(-time.Hour))}
			n.answers(model.SourceBeds, func(ctx context.Context) (bool, error) {
				err := work(ctx, 4*time.Second)
				if fails {
					err = &egen.Error{Kind: egen.Transient, Message: "HTTP 502"}
				}
				return true, err
			})
			_, stop := n.run(t, 90*time.Second)
			pass(10 * time.Second)
			stop()
			if w := n.written(); !slices.Equal(w, want) {
				t.Errorf("fails %v: %v", fails, w)
			}
		})
	}
}

func TestOneKeyIsOneAlert(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNode("a", &leaseTable{})
		n.intervals = ingest.Intervals{Acceptance: 7 * time.Second, Announcements: 7 * time.Second, Institutions: 24 * time.Hour}
		sources := []string{model.SourceBeds, model.SourceAcceptance, model.SourceAnnouncements, model.SourceInstitutions}
		for _, source := range sources {
			n.failsFor(source, egen.Operator)
		}
		_, stop := n.run(t, every)
		pass(11 * time.Minute)
		if got := n.alert("egen.key"); got.Severity != model.Critical || !strings.Contains(got.Text, "HTTP 502") || !slices.Equal(n.about("egen.key"), []string{"+egen.key"}) {
			t.Fatalf("%v %v", n.all(), n.written())
		}
		for _, source := range sources {
			n.recovers(source)
		}
		pass(2 * time.Hour)
		stop()
		if w := n.about("egen.key"); !slices.Equal(w, []string{"+egen.key", "-egen.key"}) || len(n.standing()) != 0 {
			t.Errorf("%v, %v stand", w, n.standing())
		}
	})
}

// Two nodes take turns at the same trouble: it is said once.
func TestAHandOverWritesNoAlert(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		table := &leaseTable{}
		a, b := newNode("a", table), newNode("b", table)
		b.adminFeed = a.adminFeed
		a.fails(egen.Operator)
		b.fails(egen.Operator)
		for range 5 {
			_, stopA := a.run(t, every)
			pass(time.Minute)
			_, stopB := b.run(t, every)
			stopA()
			pass(time.Minute)
			stopB()
		}
		if w := a.written(); !slices.Equal(slices.Sorted(slices.Values(w)), []string{"+egen.key", "+late/egen.beds"}) {
			t.Errorf("%v", w)
		}
		b.recovers(model.SourceBeds)
		_, stopB := b.run(t, every)
		pass(5 * time.Second)
		stopB()
		if len(a.standing()) != 0 || len(a.written()) != 4 {
			t.Errorf("%v stand after %v", a.standing(), a.written())
		}
	})
}

// What is asked once a day must not keep an alert that another node left behind
// for a day, when it was complete since.
func TestWhatWasCompleteIsNoTrouble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNode("a", &leaseTable{})
		n.intervals.Institutions = 24 * time.Hour
		n.complete = map[string]feed.Time{model.SourceInstitutions: feed.At(time.Now().Add(-time.Hour))}
		n.stands["quota/egen.institutions"] = model.Alert{Severity: model.Critical, Text: "of a node that is gone"}
		_, stop := n.run(t, every)
		pass(5 * time.Second)
		stop()
		if len(n.standing()) != 0 || len(n.calledFor(model.SourceInstitutions)) != 0 {
			t.Errorf("%v", n.all())
		}
	})
}

func TestHalfAnswersInARow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNode("a", &leaseTable{})
		rows := 400
		n.bedsAnswer(func(context.Context) (egen.Answer[model.Observation], error) {
			n.mu.Lock()
			defer n.mu.Unlock()
			return egen.Answer[model.Observation]{Rows: rows, Total: rows, Complete: true}, nil
		})
		_, stop := n.run(t, every)
		pass(time.Second)
		n.bedsAnswer(nil) // one row, complete: of 400 that there were
		pass(2 * every)
		if w := n.written(); len(w) != 0 {
			t.Fatalf("after two: %v", w)
		}
		pass(every)
		if n.alert("half/egen.beds").Severity != model.Warning {
			t.Fatalf("%v", n.all())
		}
		n.bedsAnswer(func(context.Context) (egen.Answer[model.Observation], error) {
			return egen.Answer[model.Observation]{Rows: 380, Total: 380, Complete: true}, nil
		})
		pass(10 * time.Second)
		stop()
		if w := n.written(); !slices.Equal(w, []string{"+half/egen.beds", "-half/egen.beds"}) {
			t.Errorf("%v", w)
		}
	})
}

func TestAClockThatIsOffIsToldByItsNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNode("a", &leaseTable{})
		n.setClock(2*time.Second, true)
		_, stop := n.run(t, every)
		pass(time.Minute)
		if got := n.alert("clock"); got.Severity != model.Critical || !strings.Contains(got.Text, "node a") {
			t.Fatalf("%v", n.all())
		}
		n.setClock(0, true)
		pass(time.Minute)
		stop()
		if w := n.about("clock"); !slices.Equal(w, []string{"+clock", "-clock"}) {
			t.Errorf("%v", w)
		}
	})
}

// Two clocks are off, one of them for good: its node is taken away.
func TestTheClocksOfSeveralNodes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		table := &leaseTable{}
		a, b, c := newNode("a", table), newNode("b", table), newNode("c", table)
		b.adminFeed, c.adminFeed = a.adminFeed, a.adminFeed
		a.setClock(-2*time.Second, true)
		b.setClock(3*time.Second, true)
		_, stopA := a.run(t, every)
		_, stopB := b.run(t, every)
		_, stopC := c.run(t, every)
		pass(10 * time.Minute)
		if w := a.about("clock"); !slices.Equal(w, []string{"+clock"}) || len(c.called()) == 0 {
			t.Errorf("%v", w)
		}
		b.setClock(0, true)
		pass(time.Minute)
		stopA()
		pass(time.Minute)
		stopB()
		stopC()
		if w := a.about("clock"); w[len(w)-1] != "-clock" || len(w) > 3 {
			t.Errorf("%v", w)
		}
	})
}

// The database does not take an alert: it is tried again.
func TestAnAlertThatCouldNotBeWrittenIsNotForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNode("a", &leaseTable{})
		n.mute(3)
		n.fails(egen.Bug)
		_, stop := n.run(t, 90*time.Second)
		pass(30 * time.Second)
		stop()
		if !slices.Contains(n.standing(), "request/egen.beds") || !strings.Contains(n.logged(), "an alert was not written") {
			t.Errorf("%v\n%s", n.standing(), n.logged())
		}
	})
}

// What each code and each body leads to, through the real client.
func TestTheReactionToEachRefusal(t *testing.T) {
	const soon, slow = 7 * time.Second, 5 * time.Minute
	const pausing = time.Hour + 10*time.Second // the poller starts an hour before midnight
	type reaction struct {
		wait  time.Duration // at most, and not much less
		alert string
	}
	again, mend, ask, pause := reaction{soon, ""}, reaction{slow, "egen.key"}, reaction{slow, "request/egen.beds"}, reaction{pausing, "quota/egen.beds"}
	type refusal struct {
		status int
		body   string
		reaction
	}
	table := map[string]refusal{
		"quota, new gateway": {429, "API token quota exceeded", pause},
		"unauthorized":       {401, "Unauthorized", mend},
		"forbidden":          {403, "Forbidden", mend},
		"not found":          {404, "API not found", again},
		"unexpected":         {500, "Unexpected errors", again},
		"no XML":             {200, "<html>점검 중</html>", again},
		"cut":                {200, "<response><header><resultCode>00</resultCode></header><body><items><item>", again},
	}
	for code, r := range map[int]reaction{
		1: again, 2: again, 4: again, 5: again, 99: again, 23: again, 22: pause,
		10: ask, 11: ask, 12: ask, 20: mend, 21: mend, 29: mend, 30: mend, 31: mend, 32: mend,
	} {
		table[fmt.Sprintf("code %02d", code)] = refusal{200, fmt.Sprintf("<response><header><resultCode>%02d</resultCode><resultMsg>X</resultMsg></header></response>", code), r}
		table[fmt.Sprintf("gateway %d", code)] = refusal{200, fmt.Sprintf("<OpenAPI_ServiceResponse><cmmMsgHeader><errMsg>SERVICE ERROR</errMsg><returnAuthMsg>X</returnAuthMsg><returnReasonCode>%d</returnReasonCode></cmmMsgHeader></OpenAPI_ServiceResponse>", code), r}
	}
	for name, r := range map[string]reaction{
		"http200_invalid_key_response_envelope.body.xml": mend, "http400_request_blocked.body.html": ask,
		"http502_text_plain.body.txt": again, "http200_soap_error.body.xml": mend,
	} {
		body, err := os.ReadFile(filepath.Join("egen/testdata/errors", name))
		if err != nil {
			t.Fatal(err)
		}
		status := 0
		if _, err := fmt.Sscanf(name, "http%d", &status); err != nil {
			t.Fatal(err)
		}
		table[name] = refusal{status, string(body), r}
	}
	for name, tc := range table {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client, err := egen.New(egen.Options{URL: "http://127.0.0.1", Key: "SECRET", Transport: direct{http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					w.WriteHeader(tc.status)
					fmt.Fprint(w, tc.body)
				})}})
				if err != nil {
					t.Fatal(err)
				}
				n := newNode("a", &leaseTable{})
				n.bedsAnswer(client.Beds)
				pass(untilMidnight - time.Hour)
				_, stop := n.run(t, 90*time.Second)
				pass(tc.wait + 3*time.Second)
				calls := n.called()
				stop()
				if len(calls) < 2 || calls[1].Sub(calls[0]) > tc.wait || calls[1].Sub(calls[0]) < tc.wait/2 {
					t.Errorf("asked at %v", calls)
				}
				late := slices.DeleteFunc(n.standing(), func(s string) bool { return s == "late/egen.beds" })
				if want := strings.Fields(tc.alert); !slices.Equal(late, want) {
					t.Errorf("%v stand", n.all())
				}
				if row := n.rows()[0]; row.Error == "" || row.Complete || strings.Contains(row.Error+n.logged(), "SECRET") {
					t.Errorf("%+v\n%s", row, n.logged())
				}
			})
		})
	}
}

// No row is an answer that takes nothing away, asked for at the interval.
func TestAnEmptyAnswerIsNoCountry(t *testing.T) {
	body, err := os.ReadFile("egen/testdata/errors/http200_empty_items_sibling_service.body.xml")
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		client, err := egen.New(egen.Options{URL: "http://127.0.0.1", Key: "k", Transport: direct{http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Write(body)
		})}})
		if err != nil {
			t.Fatal(err)
		}
		n := newNode("a", &leaseTable{})
		n.bedsAnswer(client.Beds)
		_, stop := n.run(t, every)
		pass(14 * time.Second)
		stop()
		if g := gaps(n.called()); len(g) != 2 || g[0] != every || n.began[0].Complete || !slices.Contains(n.standing(), "half/egen.beds") {
			t.Errorf("%v %v", g, n.standing())
		}
	})
}
