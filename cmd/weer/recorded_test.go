package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"weer/api/client"
	"weer/ingest/sim"
	"weer/model/feed"
)

// samples are the recorded answers.
const samples = "../../ingest/egen/testdata/"

func sample(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.FromSlash(samples + name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

var recordedItem = regexp.MustCompile(`(?s)<item>.*?</item>`)

// items are the rows of recorded answers.
func items(t *testing.T, names ...string) (rows []string) {
	t.Helper()
	for _, name := range names {
		rows = append(rows, recordedItem.FindAllString(sample(t, name), -1)...)
	}
	return rows
}

// envelope is an answer that holds all that it announces.
func envelope(rows ...string) string {
	return fmt.Sprintf(`<?xml version="1.0" encoding="UTF-8" standalone="yes"?><response><header><resultCode>00</resultCode><resultMsg>NORMAL SERVICE.</resultMsg></header>`+
		`<body><items>%s</items><numOfRows>1000</numOfRows><pageNo>1</pageNo><totalCount>%d</totalCount></body></response>`, strings.Join(rows, ""), len(rows))
}

// Operations that are polled, by their sources.
var polled = map[string]string{
	"egen.beds": "getEmrrmRltmUsefulSckbdInfoInqire", "egen.acceptance": "getSrsillDissAceptncPosblInfoInqire",
	"egen.messages": "getEmrrmSrsillDissMsgInqire", "egen.institutions": "getEgytListInfoInqire",
}

// A recording is an E-Gen that answers as it was recorded.
type recording struct {
	*httptest.Server
	mu      sync.Mutex
	answers map[string]string // by source
	wrong   func(http.ResponseWriter)
}

// replay is the country of the samples.
func replay(t *testing.T) *recording {
	t.Helper()
	trimmed := items(t, "trimmed_20260730.xml")
	list := items(t, "op3_guide.xml", "op3_trimmed_202607.xml")
	unplaced := strings.Replace(list[len(list)-1], "A9999999", "A1700099", 1)
	e := &recording{answers: map[string]string{
		"egen.beds":         envelope(append(items(t, "gangnam_severance_20240926.xml", "guide.xml"), trimmed[1:]...)...),
		"egen.acceptance":   envelope(items(t, "op2_guide.xml")...),
		"egen.messages":     envelope(append(recordedMessages(t), spoken(t)...)...),
		"egen.institutions": envelope(append(list, unplaced)...),
	}}
	e.Server = httptest.NewServer(http.HandlerFunc(e.serve))
	t.Cleanup(e.Close)
	return e
}

// recordedMessages are the four recorded rows of operation 9. The one about a
// disease gets the department that rows of 2026 have.
func recordedMessages(t *testing.T) []string {
	rows := items(t, "op9_items_2025.xml", "op9_guide.xml")
	rows[2] = strings.Replace(rows[2], "<symTypCod>", "<trtPrtCodMag>순환기내과</trtPrtCodMag><symTypCod>", 1)
	return append(rows, rows[0]) // one was entered twice
}

// spoken are the recorded texts as rows.
func spoken(t *testing.T) (rows []string) {
	for _, w := range words(t) {
		rows = append(rows, fmt.Sprintf("<item><hpid>%s</hpid><symBlkMsg>%s</symBlkMsg><symBlkMsgTyp>%s</symBlkMsgTyp><symTypCod>%s</symTypCod></item>",
			w.hospital, html.EscapeString(w.text), w.kind, w.code))
	}
	return rows
}

type word struct{ hospital, kind, code, text string }

func words(t *testing.T) (all []word) {
	lines := strings.Split(strings.TrimSpace(sample(t, "op9_texts_20251006.tsv")), "\n")
	for _, line := range lines[1:] {
		f := strings.Split(line, "\t")
		all = append(all, word{f[0], f[1], f[2], f[3]})
	}
	return all
}

func (e *recording) serve(w http.ResponseWriter, r *http.Request) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.wrong != nil {
		e.wrong(w)
		return
	}
	for source, operation := range polled {
		if path.Base(r.URL.Path) == operation {
			w.Header().Set("Content-Type", "application/xml")
			_, _ = io.WriteString(w, e.answers[source])
			return
		}
	}
	http.NotFound(w, r)
}

func (e *recording) say(source string, rows ...string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.answers[source] = envelope(rows...)
}

// fail answers everything wrongly, nil: rightly again.
func (e *recording) fail(wrong func(http.ResponseWriter)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.wrong = wrong
}

// quick are intervals that a test need not wait for.
var quick = []string{
	"--egen-interval", "200ms", "--egen-acceptance-interval", "200ms", "--egen-messages-interval", "200ms", "--egen-list-interval", "200ms",
}

// beginAt starts a node that polls a recording.
func beginAt(t *testing.T, db string, e *recording) *running {
	t.Helper()
	return begin(t, append([]string{"--database-url", "sqlite:" + db, "--egen-url", e.URL}, quick...)...)
}

// wall is the displays of an administrator, over one socket of the SDK.
type wall struct {
	t        *testing.T
	displays map[string]*client.Display
	off      func()
}

func (r *running) wall(db string, onFrame func([]byte), feeds ...string) *wall {
	r.t.Helper()
	code, token, text := call(r.t, "token", "--role", "admin", "--sub", "관리자", "--ttl", "1h", "--database-url", "sqlite:"+db)
	if code != 0 {
		r.t.Fatal(text)
	}
	c, err := client.New(client.Options{
		URLs: []string{r.baseURL()}, OnFrame: onFrame,
		Token: func(context.Context) (string, error) { return strings.TrimSpace(token), nil },
	})
	if err != nil {
		r.t.Fatal(err)
	}
	w := &wall{r.t, map[string]*client.Display{}, nil}
	for _, name := range feeds {
		w.displays[name] = c.Follow(name)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	w.off = sync.OnceFunc(func() { cancel(); <-ended })
	r.t.Cleanup(w.off)
	return w
}

// live waits until every display is proved.
func (w *wall) live(r *running) {
	w.t.Helper()
	r.until(func() error {
		for name, d := range w.displays {
			if link, why := d.Link(); link != feed.Live {
				return fmt.Errorf("%s is %s %s", name, link, why)
			}
		}
		return nil
	})
}

// A board is what displays hold, by feed and key, in a form that two runs share.
type board map[string]map[string]string

var moments = regexp.MustCompile(`"(since|received_at)":"([^"]+)"`)

// board is what the displays of regions hold. A message's key ends with its code
// and text, because its id is ours; moments of ours, which must be of this test,
// are named and not told.
func (w *wall) board(since time.Time) board {
	w.t.Helper()
	b := board{}
	for name, d := range w.displays {
		if !strings.HasPrefix(name, "region:") {
			continue
		}
		b[name] = map[string]string{}
		for _, e := range d.Board() {
			for _, m := range moments.FindAllStringSubmatch(string(e.Value), -1) {
				if at, err := time.Parse(time.RFC3339, m[2]); err != nil || at.Before(since.Add(-time.Second)) || at.After(time.Now().Add(time.Second)) {
					w.t.Errorf("%s: %s is not of this test", e.Key, m[0])
				}
			}
			value := moments.ReplaceAllString(string(e.Value), `"$1":"since"`)
			b[name][shownKey(e.Key, value)] = oneForm(w.t, value)
		}
	}
	return b
}

var messageKey = regexp.MustCompile(`^(\w+/msg/)[0-9a-f]{16}$`)

func shownKey(key, value string) string {
	m := messageKey.FindStringSubmatch(key)
	var said struct{ Code, Text string }
	if m == nil || json.Unmarshal([]byte(value), &said) != nil {
		return key
	}
	return m[1] + said.Code + " " + said.Text
}

// oneForm writes JSON with its names sorted.
func oneForm(t *testing.T, value string) string {
	t.Helper()
	var v any
	d := json.NewDecoder(strings.NewReader(value))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// expected is the board that was written by hand, and the recorded texts.
func expected(t *testing.T) board {
	t.Helper()
	raw, err := os.ReadFile("testdata/recorded/board.json")
	if err != nil {
		t.Fatal(err)
	}
	var written map[string]map[string]json.RawMessage
	if err := json.Unmarshal(raw, &written); err != nil {
		t.Fatal(err)
	}
	b := board{}
	for name, keys := range written {
		b[name] = map[string]string{}
		for key, value := range keys {
			b[name][key] = oneForm(t, string(value))
		}
	}
	for _, said := range words(t) {
		b.hear(t, said)
	}
	return b
}

// hear adds a recorded text; all of them are of Seoul.
func (b board) hear(t *testing.T, said word) {
	seoul, text := b["region:11"], strings.Join(strings.Fields(said.text), " ")
	value := map[string]any{
		"kind": map[string]string{"응급": "er", "중증": "severe"}[said.kind], "code": said.code, "text": text,
		"starts_at": nil, "ends_at": nil, "since": "since",
	}
	if disease, ok := spokenOf[said.code]; ok {
		value["disease"] = disease
	}
	raw, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	seoul[said.hospital+"/msg/"+said.code+" "+text] = oneForm(t, string(raw))
	if _, known := seoul[said.hospital+"/hospital"]; !known {
		seoul[said.hospital+"/hospital"] = fmt.Sprintf(`{"name":%q,"region":"11"}`, said.hospital)
	}
}

// spokenOf are the diseases of the recorded texts.
var spokenOf = map[string]string{
	"Y0020": "severe.stroke_reperfusion", "Y0031": "severe.sah_surgery", "Y0032": "severe.ich_surgery",
	"Y0041": "severe.aorta_thoracic", "Y0042": "severe.aorta_abdominal", "Y0051": "severe.gallbladder", "Y0052": "severe.biliary",
	"Y0060": "severe.abdominal_surgery", "Y0070": "severe.intussusception_infant", "Y0010": "severe.mi_reperfusion",
	"Y0081": "severe.gi_endoscopy", "Y0082": "severe.gi_endoscopy_infant", "Y0091": "severe.bronchoscopy", "Y0092": "severe.bronchoscopy_infant",
	"Y0100": "severe.low_birth_weight", "Y0111": "severe.delivery", "Y0112": "severe.obstetric_surgery", "Y0113": "severe.gynecologic_surgery",
	"Y0120": "severe.burn", "Y0131": "severe.replantation_digit", "Y0132": "severe.replantation_limb",
	"Y0141": "severe.dialysis_hd", "Y0142": "severe.dialysis_crrt", "Y0150": "severe.psychiatric_admission", "Y0160": "severe.eye_surgery",
	"Y0171": "severe.intervention", "Y0172": "severe.intervention_infant",
}

// differs names the first keys on which two boards are not of one mind.
func (b board) differs(want board) error {
	var faults []string
	for name := range want {
		for key := range maps.Keys(want[name]) {
			if b[name][key] != want[name][key] {
				faults = append(faults, fmt.Sprintf("%s %s is %s, want %s", name, key, b[name][key], want[name][key]))
			}
		}
		for key, value := range b[name] {
			if _, ok := want[name][key]; !ok {
				faults = append(faults, fmt.Sprintf("%s has %s = %s", name, key, value))
			}
		}
	}
	if len(faults) == 0 {
		return nil
	}
	slices.Sort(faults)
	return fmt.Errorf("%d differences:\n%s", len(faults), strings.Join(faults[:min(8, len(faults))], "\n"))
}

func (w *wall) shows(r *running, since time.Time, want board) {
	w.t.Helper()
	r.until(func() error { return w.board(since).differs(want) })
}

// rows asks the file beside the node.
func rows(t *testing.T, file, query string, args ...any) (texts []string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=busy_timeout(10000)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	found, err := db.QueryContext(t.Context(), query, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer found.Close()
	for found.Next() {
		var text string
		if err := found.Scan(&text); err != nil {
			t.Fatal(err)
		}
		texts = append(texts, text)
	}
	if err := found.Err(); err != nil {
		t.Fatal(err)
	}
	return texts
}

// What E-Gen really answered, from its bytes to a display.
func TestRecordedAnswersReachADisplay(t *testing.T) {
	began, e, file := time.Now(), replay(t), filepath.Join(t.TempDir(), "weer.db")
	want := expected(t)
	r := beginAt(t, file, e)
	w := r.wall(file, nil, slices.Collect(maps.Keys(want))...)
	w.shows(r, began, want)
	w.live(r)
	rejects(t, file)

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

// rejects holds what the first runs refused, and why.
func rejects(t *testing.T, file string) {
	t.Helper()
	for source, want := range map[string][]string{
		"egen.beds": {"A9999999"}, "egen.acceptance": {}, "egen.messages": {},
		"egen.institutions": {"A0000191", "A0000190", "A0000005", "A0000033", "A9999999"},
	} {
		var refused []string
		raw := rows(t, file, "SELECT rejected FROM ingest_run WHERE source = ? AND complete ORDER BY id LIMIT 1", source)
		if len(raw) != 1 || json.Unmarshal([]byte(raw[0]), &refused) != nil || len(refused) != len(want) {
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

// Nothing moved: one row a run, and no event in any feed.
func TestNothingMovedIsOneRowAndNoEvent(t *testing.T) {
	file := filepath.Join(t.TempDir(), "weer.db")
	r := begin(t, append([]string{"--database-url", "sqlite:" + file}, quick...)...)
	r.sim.Pause(true)
	r.completed(file, 3) // two take away what left just before
	const heads = "SELECT name || ' ' || seq FROM feed ORDER BY name"
	before, last := rows(t, file, heads), rows(t, file, "SELECT MAX(id) FROM ingest_run")[0]
	r.completed(file, 2)
	if after := rows(t, file, heads); !slices.Equal(before, after) {
		t.Errorf("feeds moved from %q to %q", before, after)
	}
	r.end()
	if len(before) < 17 {
		t.Errorf("only %q had anything to move", before)
	}
	if moved := rows(t, file, "SELECT source || ' changed ' || changed || ' ' || error FROM ingest_run WHERE id > ? AND (changed > 0 OR NOT complete) AND error NOT LIKE 'cut%'", last); len(moved) > 0 {
		t.Errorf("runs: %q", moved)
	}
	for _, o := range r.poller.Stats().Operations {
		if n := rows(t, file, "SELECT COUNT(*) FROM ingest_run WHERE source = ?", o.Source); n[0] != fmt.Sprint(o.Polls) {
			t.Errorf("%d polls of %s left %s rows", o.Polls, o.Source, n[0])
		}
	}
}

// completed waits for complete polls of each source that begin from now on.
func (r *running) completed(file string, n int) {
	r.t.Helper()
	last := rows(r.t, file, "SELECT COALESCE(MAX(started_at), 0) FROM ingest_run")[0]
	for source := range polled {
		r.until(func() error {
			got := rows(r.t, file, "SELECT id FROM ingest_run WHERE complete AND source = ? AND started_at > ?", source, last)
			if len(got) < n {
				return fmt.Errorf("%d of %d runs of %s", len(got), n, source)
			}
			return nil
		})
	}
}

// A poller that hangs, or is not there at all: within two intervals every
// display knows it, while its link is live.
func TestADeadPollerIsOnEveryDisplay(t *testing.T) {
	file := filepath.Join(t.TempDir(), "weer.db")
	// Long enough for a beat to tell that nothing is wrong, before there is.
	slow := []string{"--egen-interval", "4s", "--egen-acceptance-interval", "4s", "--egen-messages-interval", "4s", "--egen-list-interval", "4s"}
	feeds := []string{"region:11", "region:26", "region:36", "region:50"}
	first := begin(t, append([]string{"--database-url", "sqlite:" + file}, slow...)...)
	w := first.wall(file, nil, feeds...)
	w.live(first)
	first.until(w.fresh)
	if err := first.sim.Scenario(sim.FaultSlow); err != nil {
		t.Fatal(err)
	}
	w.dies(first)
	w.off()
	first.end()

	second := begin(t, append([]string{"--database-url", "sqlite:" + file, "--roles", "api,hub"}, slow...)...)
	w = second.wall(file, nil, feeds...)
	w.live(second)
	w.dies(second)
	w.off()
	second.end()
}

// fresh says that no source is late on any display.
func (w *wall) fresh() error {
	for source := range polled {
		for name, d := range w.displays {
			v := d.View()
			if s, ok := v.Sources[source]; !ok || s.Late(v.Server) {
				return fmt.Errorf("%s shows %s complete at %s", name, source, s.CompleteAt.Std())
			}
		}
	}
	return nil
}

// dies waits until every source is late everywhere. No display may take longer
// than two intervals after the last complete poll that it was told of, by the
// server's clock: from then on it must say so, whenever it is looked at.
func (w *wall) dies(r *running) {
	w.t.Helper()
	for source := range polled {
		r.until(func() error {
			for name, d := range w.displays {
				v := d.View()
				s := v.Sources[source]
				over := v.Server.After(s.CompleteAt.Std().Add(2 * 4 * time.Second))
				if s.IntervalMS != 4_000 || over != s.Late(v.Server) {
					w.t.Fatalf("%s: %s complete at %s every %d ms, late: %v, over: %v", name, source, s.CompleteAt.Std(), s.IntervalMS, s.Late(v.Server), over)
				}
				if v.Link != feed.Live {
					return fmt.Errorf("%s is %s", name, v.Link)
				}
			}
			return w.late(source)
		})
	}
}

// Who is on duty is in E-Gen's answers and nowhere else.
func TestPersonalFieldsAreNowhere(t *testing.T) {
	file := filepath.Join(t.TempDir(), "weer.db")
	var log, frames locked
	r := beginLogging(t, &log, append([]string{"--database-url", "sqlite:" + file, "--log-level", "debug"}, quick...)...)
	if err := r.sim.Scenario(sim.FaultPersonal); err != nil {
		t.Fatal(err)
	}
	if said := r.said("egen.beds"); !strings.Contains(said, sim.Personal) {
		t.Fatal("the simulator names nobody")
	}
	w := r.wall(file, frames.add, "region:11", "region:41", "admin")
	w.live(r)
	r.completed(file, 1)
	r.until(func() error { // until a display has something that came with the needle
		if _, ok := w.displays["region:11"].Get("A1100001/er"); !ok {
			return fmt.Errorf("no beds of A1100001")
		}
		return nil
	})
	_, metrics := r.do("GET", "/metrics", "")
	w.off()
	r.end()
	const known = "경희대학교병원"
	runs := strings.Join(rows(t, file, "SELECT rejected || error FROM ingest_run"), "\n")
	for place, found := range map[string]struct{ text, control string }{
		"the file": {content(t, file), known}, "the log": {log.String(), "this node polls E-Gen"},
		"the frames": {frames.String(), known}, "the metrics": {metrics, "weer_ingest_polls_total"}, "the runs": {runs, ""},
	} {
		if !strings.Contains(found.text, found.control) {
			t.Errorf("%s cannot be searched: no %q in %d bytes", place, found.control, len(found.text))
		}
		for _, needle := range []string{sim.Personal, "010-0000-0000", "hvdnm"} {
			if strings.Contains(found.text, needle) {
				t.Errorf("%s has %q", place, needle)
			}
		}
	}
}

// said is an answer of the node's own simulator.
func (r *running) said(source string) string {
	w := httptest.NewRecorder()
	ask := "/B552657/ErmctInfoInqireService/" + polled[source] + "?serviceKey=" + sim.DefaultKey + "&pageNo=1&numOfRows=1000"
	r.sim.Handler().ServeHTTP(w, httptest.NewRequestWithContext(r.t.Context(), http.MethodGet, ask, nil))
	return w.Body.String()
}

// content is a database's file and what lies beside it.
func content(t *testing.T, file string) string {
	t.Helper()
	files, err := filepath.Glob(file + "*")
	if err != nil {
		t.Fatal(err)
	}
	var all []byte
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, b...)
	}
	return string(all)
}

// locked collects what several goroutines write.
type locked struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (l *locked) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.Write(b)
}

func (l *locked) add(frame []byte) { _, _ = l.Write(frame) }

func (l *locked) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.String()
}

// beginLogging is begin with a log that can be read.
func beginLogging(t *testing.T, log io.Writer, args ...string) *running {
	t.Helper()
	var c cli
	args = append([]string{"serve", "--addr", "127.0.0.1:0", "--drain", "0s"}, args...)
	if _, err := parse(t.Context(), &c, args, outlet{log, log}); err != nil {
		t.Fatal(err)
	}
	set, err := c.Serve.settings()
	if err != nil {
		t.Fatal(err)
	}
	n, err := open(t.Context(), set, slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	r := &running{n, t, stop, make(chan error, 1)}
	go func() { r.ended <- n.run(ctx) }()
	t.Cleanup(stop)
	r.until(func() error { _, err := get(t.Context(), r.baseURL()+"/readyz"); return err })
	return r
}
