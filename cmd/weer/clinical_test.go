package main

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"weer/deploy/lab"
	"weer/model"
	"weer/model/feed"
)

// What is planted in the clinical part of a case, in every field of it, as it
// would be written wherever it leaks.
var planted = o{
	"systolic": 287.25, "diastolic": 211.125, "pulse": 311.5625, "respiration": 88.0625, "temperature": 41.8125, "spo2": 73.4375,
	"complaint": "심은가슴통증 planted-complaint",
}

var needles = []string{"287.25", "211.125", "311.5625", "88.0625", "41.8125", "73.4375", "심은가슴통증", "planted-complaint"}

// What is clinical is in no file, message, log, metric, event, error or receipt,
// as long as somebody watches: each place is searched for something that it has
// to hold too.
func TestClinicalValuesAreNowhere(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "weer.db")
		searched(t, file, nil, "--database-url", "sqlite:"+file)
	})
	t.Run("MariaDB and Redis", func(t *testing.T) {
		server, bus := lab.StartMariaDB(t), lab.Redis(t)
		keys := filepath.Join(t.TempDir(), "token.key")
		searched(t, server.Files(), bus, "--database-url", server.Database(t), "--redis-url", bus.URL, "--token-key", keys)
	})
}

func searched(t *testing.T, files string, bus *lab.RedisServer, args ...string) {
	var log, frames locked
	c := conveneWith(t, &log, args...)
	traffic := overheard(t, bus)
	for _, name := range []string{"unit:" + demoUnit.ID, "control:11"} {
		c.listen(&frames, name)
	}
	answers, id := c.plant()
	var entries strings.Builder
	found, err := c.service.Audit(t.Context(), model.AuditQuery{Most: 1000})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range found {
		fmt.Fprintf(&entries, "%+v\n", e)
	}
	c.until(func() error {
		if !strings.Contains(frames.String(), `"version":2`) {
			return fmt.Errorf("the change has not reached a socket")
		}
		return nil
	})
	if bus != nil {
		c.until(func() error {
			if !strings.Contains(traffic(), demoUnit.ID) {
				return fmt.Errorf("Redis has heard nothing of the unit, in %d bytes: %.500s", len(traffic()), traffic())
			}
			return nil
		})
	}
	_, metrics := c.do("GET", "/metrics", "")
	places := map[string]struct{ text, control string }{
		"the log": {log.String(), "request"}, "the sockets": {frames.String(), id}, "the metrics": {metrics, "weer_hub"},
		"the answers": {answers, id}, "the audit": {entries.String(), id}, "the files": {everything(t, files), id},
	}
	if bus != nil {
		places["Redis"] = struct{ text, control string }{traffic(), demoUnit.ID}
	}
	for place, p := range places {
		if !strings.Contains(p.text, p.control) {
			t.Errorf("%s cannot be searched: no %q in %d bytes", place, p.control, len(p.text))
		}
		for _, needle := range needles {
			if strings.Contains(p.text, needle) {
				t.Errorf("%s has %q", place, needle)
			}
		}
	}
}

// plant opens and changes a case with everything that is clinical, sends some of
// it wrong, and returns every answer but that of the one read that may show it.
func (c *court) plant() (answers, id string) {
	c.t.Helper()
	crew := c.tokens[model.RoleCrew]
	var all strings.Builder
	say := func(in request, method string) verdict {
		a := c.ask(crew, in, method)
		all.Write(a.body)
		return a
	}
	key := map[string]string{"Idempotency-Key": "planted"}
	opened := say(request{path: "/patient-conditions", body: o{"triage": o{"ktas": 1}, "clinical": planted}, header: key}, "POST")
	say(request{path: "/patient-conditions", body: o{"triage": o{"ktas": 1}, "clinical": planted}, header: key}, "POST")
	var made struct{ ID string }
	c.read(opened, &made)
	path := "/patient-conditions/" + made.ID
	for _, wrong := range []o{
		{"clinical": o{"systolic": 9287.25, "complaint": strings.Repeat("심은가슴통증", 200)}},
		{"clinical": o{"systolic": "287.25", "diastolic": []string{"planted-complaint"}, "심은": 1}},
		{"clinical": o{"systolic": 88.0625, "diastolic": 211.125}},
	} {
		if a := say(request{path: path, body: wrong, header: asRead}, "PATCH"); a.status != 422 {
			c.t.Errorf("wrong values: %d %s", a.status, a.body)
		}
	}
	say(request{path: path, body: o{"clinical": planted}, header: map[string]string{"If-Match": `"9"`}}, "PATCH")
	if a := say(request{path: path, body: o{"clinical": planted}}, "PATCH"); a.status != 422 {
		c.t.Errorf("without If-Match: %d %s", a.status, a.body)
	}
	if a := say(request{path: path, body: o{"triage": o{"ktas": 2}, "clinical": planted}, header: asRead}, "PATCH"); a.status != 200 {
		c.t.Errorf("changing it: %d %s", a.status, a.body)
	}
	shown := string(c.ask(crew, request{path: path}, "GET").body)
	for _, needle := range needles {
		if !strings.Contains(shown, needle) {
			c.t.Errorf("the read that may show it has no %q", needle)
		}
	}
	say(request{path: "/patient-conditions"}, "GET")
	say(request{path: "/feeds/unit:" + demoUnit.ID + "/snapshot"}, "GET")
	return all.String(), made.ID
}

// listen keeps what a socket is told of a feed.
func (c *court) listen(frames *locked, name string) {
	c.t.Helper()
	role := map[bool]model.Role{true: model.RoleCrew, false: model.RoleControl}[strings.HasPrefix(name, "unit:")]
	s := c.screen()
	s.welcome(c.tokens[role])
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

// overheard is everything that goes through Redis from now on.
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
	return all.String
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
