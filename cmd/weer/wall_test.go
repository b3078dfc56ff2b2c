package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"weer/api/client"
	"weer/model/feed"
)

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
		"source": "egen.messages", "kind": map[string]string{"응급": "er", "중증": "severe"}[said.kind], "code": said.code, "text": text,
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
