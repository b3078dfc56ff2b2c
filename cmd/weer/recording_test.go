package main

import (
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
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
