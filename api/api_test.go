package api

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"go.uber.org/goleak"

	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		// fasthttp's own: a clock for the Date header, and the sweeper of a stopped
		// server's workers, which sleeps up to ten seconds before it looks.
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"),
	)
}

// harness is a server on a port of its own.
type harness struct {
	*Server
	t    *testing.T
	addr string
	log  *lines
}

// lines is a log that can be read while it is written.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// serve runs a server; with, given, adds to it before it listens.
func serve(t *testing.T, o Options, with ...func(*Server)) *harness {
	t.Helper()
	log := &lines{}
	o.Log = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h := &harness{New(o), t, ln.Addr().String(), log}
	for _, add := range with {
		add(h.Server)
	}
	served := make(chan error, 1)
	go func() { served <- h.Serve(ln) }()
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := errors.Join(h.Shutdown(ctx), h.Wait(ctx), <-served); err != nil {
			t.Errorf("it did not end well: %v", err)
		}
	})
	return h
}

// ask sends a request; headers are pairs.
func (h *harness) ask(method, path, body string, headers ...string) (*http.Response, string) {
	h.t.Helper()
	req, err := http.NewRequestWithContext(h.t.Context(), method, "http://"+h.addr+path, strings.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		if req.Header.Set(headers[i], headers[i+1]); headers[i] == "Host" {
			req.Host = headers[i+1]
		}
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		h.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return res, string(b)
}

// raw sends bytes as they are and returns the connection with its reader.
func (h *harness) raw(text string) (net.Conn, *bufio.Reader) {
	h.t.Helper()
	conn, err := net.Dial("tcp", h.addr)
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		h.t.Fatal(err)
	}
	if _, err := io.WriteString(conn, text); err != nil {
		h.t.Fatal(err)
	}
	return conn, bufio.NewReader(conn)
}

func everything() Options {
	return Options{
		Socket:   echo{},
		AsyncAPI: []byte("asyncapi: 3.0.0\n"),
		Page: fstest.MapFS{
			"index.html":      {Data: []byte("<title>WeER</title>")},
			"assets/app-1.js": {Data: []byte("follow()")},
		},
		Metrics: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/plain; version=0.0.4")
			_, _ = io.WriteString(w, "weer_up 1\n")
		}),
		Checks: []Check{{Name: "database", Ask: func() string { return "" }}},
		DemoToken: func(model.Principal) (DemoToken, error) {
			return DemoToken{Token: "eyJ", ExpiresAt: feed.At(time.Unix(1_800_000_000, 0))}, nil
		},
		Simulator: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			b, _ := io.ReadAll(r.Body)
			fmt.Fprintf(w, "%s %s %s", r.Method, r.URL.RequestURI(), b)
		}),
	}
}

func TestWhatIsServed(t *testing.T) {
	h := serve(t, everything())
	for _, tc := range []struct{ method, path, kind, body string }{
		{"GET", "/livez", "application/json", `{"ok":true}`},
		{"GET", "/readyz", "application/json", `{"checks":{"database":{"ok":true}},"ready":true}`},
		{"GET", "/metrics", "text/plain; version=0.0.4", "weer_up 1\n"},
		{"GET", "/asyncapi.yaml", "application/yaml; charset=utf-8", "asyncapi: 3.0.0\n"},
		{"GET", "/", "text/html; charset=utf-8", "<title>WeER</title>"},
		{"GET", "/assets/app-1.js", "text/javascript; charset=utf-8", "follow()"},
		{"POST", "/demo/token", "application/json", `{"token":"eyJ","expires_at":"2027-01-15T08:00:00.000Z"}`},
		{"GET", "/problems/token_expired", "application/json",
			`{"code":"token_expired","http":401,"close":4403,"action":"refresh_token","meaning":"the token's time is over"}`},
		{"POST", "/sim/set?x=%20y", "text/plain; charset=utf-8", "POST /set?x=%20y body"},
		{"HEAD", "/livez", "application/json", ""},
		{"HEAD", "/", "text/html; charset=utf-8", ""},
	} {
		sent := ""
		if strings.HasPrefix(tc.path, "/sim/") {
			sent = "body"
		}
		res, body := h.ask(tc.method, tc.path, sent)
		if res.StatusCode != 200 || res.Header.Get("Content-Type") != tc.kind || body != tc.body {
			t.Errorf("%s %s: %s, %s, %q", tc.method, tc.path, res.Status, res.Header.Get("Content-Type"), body)
		}
		for header, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Server": "",
			"Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'",
		} {
			if got := res.Header.Get(header); got != want {
				t.Errorf("%s %s: %s is %q", tc.method, tc.path, header, got)
			}
		}
	}
	_, body := h.ask("GET", "/problems", "")
	var rows []fault.Row
	if err := json.Unmarshal([]byte(body), &rows); err != nil || len(rows) != len(fault.Table) {
		t.Errorf("/problems has %d rows, %v", len(rows), err)
	}
}

func TestANodeServesOnlyItsParts(t *testing.T) {
	h := serve(t, Options{})
	for path, want := range map[string]int{
		"/livez": 200, "/readyz": 200, "/": 404, "/ws": 404, "/metrics": 404, "/asyncapi.yaml": 404,
		"/sim/state": 404, "/assets/app-1.js": 404,
	} {
		if res, _ := h.ask("GET", path, ""); res.StatusCode != want {
			t.Errorf("%s: %s, want %d", path, res.Status, want)
		}
	}
	if res, _ := h.ask("POST", "/demo/token", ""); res.StatusCode != 404 {
		t.Errorf("a demo token of a real node: %s", res.Status)
	}
}

func TestReadiness(t *testing.T) {
	database, poller := "not asked for 7 s", "no complete poll for 12 s"
	o := Options{Checks: []Check{
		{Name: "database", Ask: func() string { return database }},
		{Name: "poller", Advisory: true, Ask: func() string { return poller }},
	}}
	h := serve(t, o)
	for _, tc := range []struct {
		database, poller string
		status           int
		body             string
	}{
		{"", "", 200, `{"checks":{"database":{"ok":true},"poller":{"ok":true,"advisory":true}},"ready":true}`},
		{"", "late", 200, `{"checks":{"database":{"ok":true},"poller":{"ok":false,"advisory":true,"why":"late"}},"ready":true}`},
		{"old", "", 503, `{"checks":{"database":{"ok":false,"why":"old"},"poller":{"ok":true,"advisory":true}},"ready":false}`},
	} {
		database, poller = tc.database, tc.poller
		res, body := h.ask("GET", "/readyz", "")
		if res.StatusCode != tc.status || body != tc.body || res.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%+v: %s %s", tc, res.Status, body)
		}
	}
}

func TestAnswersAreObserved(t *testing.T) {
	type seen struct {
		method, route string
		status        int
	}
	got := make(chan seen, 10)
	o := everything()
	o.Observe = func(method, route string, status int, took time.Duration) {
		if took <= 0 {
			t.Error("it took no time")
		}
		got <- seen{method, route, status}
	}
	h := serve(t, o)
	for _, want := range []struct {
		path string
		seen seen
	}{
		{"/livez", seen{"GET", "/livez", 200}},
		{"/problems/nothing", seen{"GET", "/problems/:code", 404}},
		{"/secret/path", seen{"GET", "/", 404}},
		{"/demo/token", seen{"GET", "/", 405}},
	} {
		h.ask("GET", want.path, "")
		if g := <-got; g != want.seen {
			t.Errorf("%s: observed %+v", want.path, g)
		}
	}
	h.ask("GET", "/nothing", "")
	first := <-got
	h.ask("PUT", "/nothing", "")
	if second := <-got; first.method != "GET" || second.method != "PUT" {
		t.Errorf("what was observed changed afterwards: %+v, %+v", first, second)
	}
}

func TestWhoAsksBehindProxies(t *testing.T) {
	o := everything()
	o.TrustedProxies = prefixes("127.0.0.0/8", "10.0.0.0/8")
	h := serve(t, o)
	for _, tc := range []struct{ forwarded, from string }{
		{"", "127.0.0.1"},
		{"203.0.113.9", "203.0.113.9"},
		{"198.51.100.1, 203.0.113.9, 10.1.2.3", "203.0.113.9"},
		{"6.6.6.6, nonsense", "127.0.0.1"},
		{"::ffff:203.0.113.7", "203.0.113.7"},
	} {
		h.ask("GET", "/livez", "", "X-Forwarded-For", tc.forwarded)
		entry := h.log.String()
		if last := entry[strings.LastIndex(strings.TrimSpace(entry), "\n")+1:]; !strings.Contains(last, "from="+tc.from+"\n") {
			t.Errorf("%q: %s, want %s", tc.forwarded, last, tc.from)
		}
	}
	direct := serve(t, everything())
	direct.ask("GET", "/livez", "", "X-Forwarded-For", "203.0.113.9")
	if strings.Contains(direct.log.String(), "203.0.113.9") {
		t.Error("a header was believed without a trusted proxy")
	}
}

func TestAPageThatIsNotBuilt(t *testing.T) {
	for name, built := range map[string]fs.FS{
		"empty":      fstest.MapFS{".gitkeep": {}},
		"unreadable": fstest.MapFS{"a": {Mode: fs.ModeSymlink, Data: []byte("nowhere")}},
	} {
		o := everything()
		o.Page = built
		h := serve(t, o)
		res, body := h.ask("GET", "/", "")
		if res.StatusCode != 503 || !strings.Contains(body, "make web") {
			t.Errorf("%s: %s %s", name, res.Status, body)
		}
		if res, _ := h.ask("GET", "/.gitkeep", ""); res.StatusCode != 404 {
			t.Errorf("%s: a hidden file: %s", name, res.Status)
		}
	}
}

func TestThePage(t *testing.T) {
	o := everything()
	o.Page = fstest.MapFS{
		"index.html":         {Data: []byte("plain")},
		"index.html.br":      {Data: []byte("brotli")},
		"index.html.gz":      {Data: []byte("gzip")},
		"login.html":         {Data: []byte("sign in")},
		"login.html.br":      {Data: []byte("sign in, brotli")},
		"assets/app.css":     {Data: []byte("p{}")},
		"assets/app.css.gz":  {Data: []byte("css gzip")},
		"favicon.unknown":    {Data: []byte("?")},
		"assets/.hidden.css": {Data: []byte("no")},
		"assets/bold.woff2":  {Data: []byte("font")},

		"sw.js":                {Data: []byte("worker")},
		"sw.js.br":             {Data: []byte("worker, brotli")},
		"hospital.webmanifest": {Data: []byte("{}")},
	}
	h := serve(t, o)
	for _, tc := range []struct{ path, accept, encoding, cache, body string }{
		{"/", "identity", "", "no-cache", "plain"},
		{"/", "gzip, deflate, br, zstd", "br", "no-cache", "brotli"},
		{"/", "gzip", "gzip", "no-cache", "gzip"},
		{"/", "br;q=0, gzip;q=0.5", "gzip", "no-cache", "gzip"},
		{"/login", "identity", "", "no-cache", "sign in"},
		{"/login", "br", "br", "no-cache", "sign in, brotli"},
		{"/assets/app.css", "br", "", "public, max-age=31536000, immutable", "p{}"},
		{"/assets/app.css", "br, gzip", "gzip", "public, max-age=31536000, immutable", "css gzip"},
		{"/favicon.unknown", "br", "", "no-cache", "?"},
		{"/sw.js", "br", "br", "no-cache", "worker, brotli"},
		{"/hospital.webmanifest", "br", "", "no-cache", "{}"},
	} {
		res, body := h.ask("GET", tc.path, "", "Accept-Encoding", tc.accept)
		if res.StatusCode != 200 || body != tc.body || res.Header.Get("Content-Encoding") != tc.encoding ||
			res.Header.Get("Cache-Control") != tc.cache || res.Header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("%+v: %s %q %v", tc, res.Status, body, res.Header)
		}
		etag := res.Header.Get("ETag")
		again, body := h.ask("GET", tc.path, "", "Accept-Encoding", tc.accept, "If-None-Match", `"x", `+etag)
		if etag == "" || again.StatusCode != 304 || body != "" || again.Header.Get("ETag") != etag {
			t.Errorf("%+v asked again: %s %q", tc, again.Status, body)
		}
	}
	for path, kind := range map[string]string{
		"/login": "text/html; charset=utf-8", "/sw.js": "text/javascript; charset=utf-8", "/hospital.webmanifest": "application/manifest+json",
		"/assets/bold.woff2": "font/woff2", "/favicon.unknown": "application/octet-stream",
	} {
		if res, _ := h.ask("GET", path, ""); res.Header.Get("Content-Type") != kind {
			t.Errorf("%s is %s", path, res.Header.Get("Content-Type"))
		}
	}
	for _, path := range []string{"/index.html.br", "/login.html", "/login/", "/assets/.hidden.css", "/assets", "/assets/", "/%2e%2e/go.mod", "/../go.mod", "/assets/../index.html.gz"} {
		if res, body := h.ask("GET", path, ""); res.StatusCode != 404 {
			t.Errorf("%s: %s %q", path, res.Status, body)
		}
	}
	if res, _ := h.ask("POST", "/assets/app.css", ""); res.StatusCode != 405 || res.Header.Get("Allow") != "GET, HEAD" {
		t.Errorf("POST to an asset: %s, %v", res.Status, res.Header)
	}
}
