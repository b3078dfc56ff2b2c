package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"weer/deploy/lab"
	"weer/model"
	"weer/model/feed"
)

// A watched is a court of which everything is kept that leaves it: what it
// writes, says, answers and stores. One patient goes through it.
type watched struct {
	*court
	files   string // of its database
	log     locked
	traffic func() string // of Redis; nil without
	frames  map[string]*locked
	answers locked
	metrics *metrics // a second set over the same node, into which anything can be counted

	id          string // of the case
	path, other string // of its reservations, at the own hospital and at the foreign one
}

// conveneWatched begins a court whose feeds somebody follows, each on a socket.
func conveneWatched(t *testing.T, files string, bus *lab.RedisServer, args ...string) *watched {
	w := &watched{files: files, frames: map[string]*locked{}}
	w.court = conveneWith(t, &w.log, args...)
	w.traffic, w.metrics = overheard(t, bus), newMetrics(w.node)
	for name, token := range map[string]string{
		"unit:" + demoUnit.ID: w.tokens[model.RoleCrew], "control:11": w.tokens[model.RoleControl],
		"hospital:" + ownHospital: w.tokens[model.RoleHospital], "hospital:" + foreignHospital: w.elsewhere(model.RoleHospital),
		"region:11": w.tokens[model.RoleViewer], "region:26": w.tokens[model.RoleViewer],
	} {
		w.frames[name] = new(locked)
		w.listen(w.frames[name], name, token)
	}
	return w
}

// under is the request with an Idempotency-Key.
func (r request) under(key string) request {
	r.header = maps.Clone(r.header)
	if r.header == nil {
		r.header = map[string]string{}
	}
	r.header["Idempotency-Key"] = key
	return r
}

// say asks as a role, keeps the answer, and knows which one is right.
func (w *watched) say(as model.Role, status int, method string, in request) verdict {
	w.t.Helper()
	a := w.ask(w.tokens[as], in, method)
	w.keep(a, status)
	return a
}

func (w *watched) keep(a verdict, status int) {
	w.t.Helper()
	if a.status != status {
		w.t.Errorf("%d %s, want %d", a.status, a.body, status)
	}
	w.answers.add(a.body)
	for name, values := range a.header {
		w.answers.add([]byte(name + ": " + strings.Join(values, ", ") + "\n"))
	}
}

// ends are what the sockets hear last of the patient: the yes is taken back, the
// other hospital was told before, and nothing is asked there any more.
func (w *watched) ends() map[string]string {
	mine, others := strings.TrimPrefix(w.path, "/reservations/"), strings.TrimPrefix(w.other, "/reservations/")
	return map[string]string{
		"unit:" + demoUnit.ID: mine, "control:11": mine, "hospital:" + ownHospital: mine, "hospital:" + foreignHospital: others,
		"region:11": ownHospital + "/load", "region:26": foreignHospital + "/load",
	}
}

// heard is nil once everybody who listens has heard the end.
func (w *watched) heard() error {
	for name, id := range w.ends() {
		text := w.frames[name].String()
		over := strings.Contains(text, `"canceled"`) || strings.HasPrefix(name, "region:")
		if !strings.Contains(text, id) || !over {
			return fmt.Errorf("the socket of %s has not heard the end of %s, in %d bytes", name, id, len(text))
		}
	}
	if w.traffic != nil && !strings.Contains(w.traffic(), ownHospital+"/load") {
		return fmt.Errorf("Redis has heard nothing of the hospital's load, in %d bytes", len(w.traffic()))
	}
	return nil
}

// A place is where what is clinical might lie: all that it holds, and something
// that it has to hold if it can be searched.
type place struct{ text, control string }

// needles are those that lie in a place.
func (p place) needles() (found []string) {
	for _, needle := range needles {
		if strings.Contains(p.text, needle) {
			found = append(found, needle)
		}
	}
	return found
}

func (w *watched) places() map[string]place {
	w.t.Helper()
	scrape := httptest.NewRecorder()
	w.metrics.handler().ServeHTTP(scrape, httptest.NewRequestWithContext(w.t.Context(), "GET", "/metrics", nil))
	_, served := w.do("GET", "/metrics", "")
	places := map[string]place{
		"the log": {w.log.String(), "request"}, "the metrics": {served + scrape.Body.String(), "weer_hub"},
		"the answers": {w.answers.String(), w.id}, "the audit": {w.audit(), w.id},
		"the receipts": {w.receipts(), strings.TrimPrefix(w.path, "/reservations/")}, "the files": {everything(w.t, w.files), w.id},
	}
	for name, control := range w.ends() {
		places["the socket of "+name] = place{w.frames[name].String(), control}
	}
	if w.traffic != nil {
		places["Redis"] = place{w.traffic(), demoUnit.ID}
	}
	return places
}

func (w *watched) audit() string {
	w.t.Helper()
	found, err := w.service.Audit(w.t.Context(), model.AuditQuery{Most: 1000})
	if err != nil {
		w.t.Fatal(err)
	}
	return fmt.Sprintf("%+v", found)
}

// receipts are what commands came to, under the keys that stand for them.
func (w *watched) receipts() string {
	w.t.Helper()
	var all strings.Builder
	for key, role := range map[string]model.Role{
		"planted-open": model.RoleCrew, "planted-ask": model.RoleCrew, "planted-yes": model.RoleHospital, "spilled": model.RoleCrew,
	} {
		held, err := w.db.Recall(w.t.Context(), w.principal(w.tokens[role]).Actor(), key)
		if err != nil || held == nil && key != "spilled" {
			w.t.Fatalf("%s: %v, %v", key, held, err)
		}
		if held != nil {
			all.Write(held.Result)
		}
	}
	return all.String()
}

// spill plants a text in clear, once in each kind of place, on the way by which
// things come there: what the search finds none of, it would have found.
func (w *watched) spill(text string) {
	w.t.Helper()
	w.node.log.Info("spilled", "complaint", text)
	w.metrics.observe("GET", text, 200, 0)
	value := o{"complaint": text}
	call := model.Call{By: w.principal(w.tokens[model.RoleCrew]), Key: "spilled", Digest: "spilled", Request: "spilled"}
	result, err := json.Marshal(value)
	if err != nil {
		w.t.Fatal(err)
	}
	epoch, events, err := w.db.Write(w.t.Context(), func(ctx context.Context, tx model.Tx) error {
		if err := tx.Sign(ctx, call, model.Deed{Operation: "spilled", Subject: "case/" + w.id, Detail: text}, result); err != nil {
			return err
		}
		for _, name := range slices.Sorted(maps.Keys(w.ends())) {
			if err := tx.Put(name, spilledKeys[kindOf(name)], value); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, e := range events {
		w.bus.Publish(feed.Hint{Epoch: epoch, Event: e})
	}
	w.until(func() error {
		a := w.ask(w.tokens[model.RoleCrew], request{path: "/feeds/unit:" + demoUnit.ID + "/snapshot"}, "GET")
		w.keep(a, 200)
		return nil
	})
}

func kindOf(name string) string { kind, _, _ := strings.Cut(name, ":"); return kind }

// spilledKeys are keys as feeds of a kind have them.
var spilledKeys = map[string]string{
	"unit": "case/spilled", "control": "case/spilled", "hospital": "request/spilled", "region": foreignHospital + "/spilled",
}

// listen keeps what a socket is told of a feed.
func (c *court) listen(frames *locked, name, token string) {
	c.t.Helper()
	s := c.screen()
	s.welcome(token)
	s.say(`{"type":"subscribe","feed":%q}`, name)
	s.next(func(f any) bool { _, ok := f.(*feed.Reset); return ok })
	ctx, stop := context.WithCancel(c.t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			_, frame, err := s.ws.Read(ctx)
			if err != nil {
				return
			}
			frames.add(frame)
		}
	}()
	c.t.Cleanup(func() { stop(); <-done })
}

// overheard is everything that goes through Redis from now on, as it was sent;
// nil without Redis.
func overheard(t *testing.T, bus *lab.RedisServer) func() string {
	t.Helper()
	if bus == nil {
		return nil
	}
	conn, err := net.Dial("unix", strings.TrimPrefix(bus.URL, "unix://"))
	if err == nil {
		_, err = io.WriteString(conn, "MONITOR\r\n")
	}
	if err != nil {
		t.Fatal(err)
	}
	var all locked
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = io.Copy(&all, conn) // until it is closed
	}()
	t.Cleanup(func() { conn.Close(); <-done }) //nolint:errcheck // only read from
	return func() string { return unescaped(all.String()) }
}

// unescaped is a text of MONITOR as it was: Redis writes quotes, line ends and
// every byte that is no printable ASCII with a backslash.
func unescaped(text string) string {
	var out strings.Builder
	for len(text) > 0 {
		if text[0] != '\\' || len(text) < 2 {
			out.WriteByte(text[0])
			text = text[1:]
			continue
		}
		letter, length := text[1], 2
		if at := strings.IndexByte("nrtab", letter); at >= 0 {
			letter = "\n\r\t\a\b"[at]
		}
		if letter == 'x' && len(text) >= 4 {
			if n, err := strconv.ParseUint(text[2:4], 16, 8); err == nil {
				letter, length = byte(n), 4
			}
		}
		out.WriteByte(letter)
		text = text[length:]
	}
	return out.String()
}

func TestWhatRedisEscapesIsRead(t *testing.T) {
	for escaped, want := range map[string]string{
		``: ``, `plain`: `plain`, `\"a\":\"b\\c\"`: `"a":"b\c"`, `\xec\x8b\xac\xec\x9d\x80`: `심은`, `a\r\n\t\a\bz`: "a\r\n\t\a\bz", `\`: `\`, `\xz`: `xz`,
	} {
		if got := unescaped(escaped); got != want {
			t.Errorf("%s is %q, want %q", escaped, got, want)
		}
	}
}

// everything is all that lies in a folder, or in a database's file and beside it.
func everything(t *testing.T, at string) string {
	t.Helper()
	info, err := os.Stat(at)
	if err != nil {
		t.Fatal(err)
	}
	if !info.IsDir() {
		return content(t, at)
	}
	var all strings.Builder
	err = filepath.WalkDir(at, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		all.Write(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}
