package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"weer/model/feed"
)

// What E-Gen really answered, from its bytes to a display.
func TestRecordedAnswersReachADisplay(t *testing.T) {
	began, e, file := time.Now(), replay(t), filepath.Join(t.TempDir(), "weer.db")
	want := expected(t)
	r := beginAt(t, file, e)
	w := r.wall(file, nil, slices.Collect(maps.Keys(want))...)
	w.shows(r, began, want)
	w.live(r)
	rejects(r, file)

	// Two years later: fewer fields, and a full emergency room.
	e.say("egen.beds", append(items(t, "trimmed_20260730.xml"), items(t, "guide.xml")...)...)
	seoul := want["region:11"]
	seoul["A1100015/hospital"] = `{"name":"연세대학교의과대학강남세브란스병원","region":"11"}`
	seoul["A1100015/egen"] = `{"observed_at":"2026-07-30T07:46:21.000Z","received_at":"since"}`
	seoul["A1100015/er"] = `{"er.general":{"state":"known","total":21,"value":0}}`
	seoul["A1100015/equipment"] = `{"equipment.ct":{"state":"known","value":1}}`
	delete(seoul, "A1100015/icu")
	delete(seoul, "A1100015/beds")
	w.shows(r, began, want)

	// An old report that comes late changes nothing; the list does.
	e.say("egen.beds", append(items(t, "gangnam_severance_20240926.xml", "guide.xml"), items(t, "trimmed_20260730.xml")[1:]...)...)
	e.say("egen.institutions", append(items(t, "op3_trimmed_202607.xml"), strings.NewReplacer(
		"A1200028", "A1100010", "부산광역시 기장군", "서울특별시 강남구").Replace(items(t, "op3_trimmed_202607.xml")[1]))...)
	seoul["A1100010/hospital"] = oneForm(t, `{"name":"(의)서일의료재단기장병원","region":"11","district":"강남구","address":"서울특별시 강남구 기장읍 대청로72번길 6",
		"level":"G007","level_name":"지역응급의료기관","tel":"051-723-2119","place":{"lat":35.23602946449906,"lon":129.21649161387128}}`)
	delete(want["region:31"], "A1700099/hospital") // no longer in the list, twice
	w.shows(r, began, want)
	w.off()
	r.end()
}

// rejects holds what the first runs refused, and why. A run is written down when
// all of it is on the displays already.
func rejects(r *running, file string) {
	t := r.t
	t.Helper()
	for source, want := range map[string][]string{
		"egen.beds": {"A9999999"}, "egen.acceptance": {}, "egen.messages": {},
		"egen.institutions": {"A0000191", "A0000190", "A0000005", "A0000033", "A9999999"},
	} {
		var refused, raw []string
		r.until(func() error {
			raw = rows(t, file, "SELECT rejected FROM ingest_run WHERE source = ? AND complete ORDER BY id LIMIT 1", source)
			if len(raw) == 0 {
				return fmt.Errorf("no run of %s is complete", source)
			}
			return nil
		})
		if json.Unmarshal([]byte(raw[0]), &refused) != nil || len(refused) != len(want) {
			t.Errorf("%s refused %q, want %q", source, raw, want)
			continue
		}
		slices.Sort(refused)
		slices.Sort(want)
		for i, id := range want {
			if !strings.Contains(refused[i], id) || !strings.Contains(refused[i], "is no hospital id of a known region") {
				t.Errorf("%s: %q gives no reason for %s", source, refused[i], id)
			}
		}
	}
}

// The bodies that E-Gen sends when it does not answer: the board stays, every
// screen sees that its sources are late, and administrators what they can do.
func TestRecordedErrorsLeaveTheBoard(t *testing.T) {
	t.Parallel() // it waits for most of its time
	began, e, file := time.Now(), replay(t), filepath.Join(t.TempDir(), "weer.db")
	want := expected(t)
	for _, c := range []struct {
		file, kind, alert, severity string
		status                      int
	}{
		{"http502_text_plain.body.txt", "text/plain; charset=utf-8", "late/egen.beds", "critical", 502},
		{"http200_empty_items_sibling_service.body.xml", "application/xml", "half/egen.beds", "warning", 200},
		{"http400_request_blocked.body.html", "text/html", "request/egen.beds", "critical", 400},
		{"http200_invalid_key_response_envelope.body.xml", "application/xml", "egen.key", "critical", 200},
		{"http200_soap_error.body.xml", "application/xml", "egen.key", "critical", 200},
	} {
		t.Run(c.file, func(t *testing.T) {
			e.fail(nil)
			r := beginAt(t, file, e)
			w := r.wall(file, nil, append(slices.Collect(maps.Keys(want)), string(feed.Admin))...)
			w.shows(r, began, want)
			w.live(r)
			r.until(w.calm)
			body := sample(t, "errors/"+c.file)
			e.fail(func(to http.ResponseWriter) {
				to.Header().Set("Content-Type", c.kind)
				to.WriteHeader(c.status)
				_, _ = io.WriteString(to, body)
			})
			r.until(func() error { return w.alerted(c.alert, c.severity) })
			for source := range polled {
				r.until(func() error { return w.late(source) })
			}
			w.live(r)
			if err := w.board(began).differs(want); err != nil {
				t.Errorf("the board moved: %v", err)
			}
			w.off()
			r.end()
		})
	}
}

// calm says that every run was complete and no alert stands.
func (w *wall) calm() error {
	runs := 0
	for _, e := range w.displays[string(feed.Admin)].Board() {
		if strings.HasPrefix(e.Key, "alert/") || !strings.Contains(string(e.Value), `"complete":true`) {
			return fmt.Errorf("%s = %s", e.Key, e.Value)
		}
		runs++
	}
	if runs != len(polled) {
		return fmt.Errorf("runs of %d sources", runs)
	}
	return nil
}

func (w *wall) alerted(name, severity string) error {
	e, ok := w.displays[string(feed.Admin)].Get("alert/" + name)
	if !ok || !strings.Contains(string(e.Value), `"severity":"`+severity+`"`) {
		return fmt.Errorf("alert/%s is %s", name, e.Value)
	}
	return nil
}

// late says that a source is late on every display that shows it.
func (w *wall) late(source string) error {
	for name, d := range w.displays {
		v := d.View()
		if s, ok := v.Sources[source]; !ok || !s.Late(v.Server) {
			return fmt.Errorf("%s shows %s complete at %s", name, source, s.CompleteAt.Std())
		}
	}
	return nil
}
