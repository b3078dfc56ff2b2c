package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"weer/model/feed"
)

// patience is for what happens at once on an idle machine.
const patience = time.Minute

// running is a node inside this process.
type running struct {
	*node
	t     *testing.T
	stop  context.CancelFunc
	ended chan error
}

// begin starts `weer serve` on a free port.
func begin(t *testing.T, args ...string) *running {
	t.Helper()
	return start(t, outlet{io.Discard, io.Discard}, slog.NewTextHandler(t.Output(), nil), args)
}

// start is begin with outputs of the caller's.
func start(t *testing.T, out outlet, log slog.Handler, args []string) *running {
	t.Helper()
	var c cli
	args = append([]string{"serve", "--addr", "127.0.0.1:0", "--drain", "0s"}, args...)
	if _, err := parse(t.Context(), &c, args, out); err != nil {
		t.Fatal(err)
	}
	set, err := c.Serve.settings()
	if err != nil {
		t.Fatal(err)
	}
	n, err := open(t.Context(), set, slog.New(log))
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

func (r *running) until(ask func() error) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), patience)
	defer cancel()
	if err := until(ctx, ask); err != nil {
		r.t.Fatal(err)
	}
}

func (r *running) end() {
	r.t.Helper()
	r.stop()
	select {
	case err := <-r.ended:
		if err != nil {
			r.t.Fatalf("it ended with %v", err)
		}
	case <-time.After(patience):
		r.t.Fatal("it does not end")
	}
}

func (r *running) do(method, path, body string) (status int, answer string) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), method, r.baseURL()+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Close = true
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

func (r *running) demoToken() string {
	r.t.Helper()
	status, body := r.do("POST", "/demo/token", "")
	var answer struct{ Token string }
	if err := json.Unmarshal([]byte(body), &answer); err != nil || status != 200 {
		r.t.Fatalf("demo token: %d %s", status, body)
	}
	return answer.Token
}

// A screen is a plain socket of weer.v1, without the SDK: it believes frames.
type screen struct {
	t  *testing.T
	ws *websocket.Conn
}

func (r *running) screen() *screen {
	r.t.Helper()
	ws, _, err := websocket.Dial(r.t.Context(), "ws"+strings.TrimPrefix(r.baseURL(), "http")+"/ws",
		&websocket.DialOptions{Subprotocols: []string{feed.Protocol}})
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { ws.CloseNow() })
	ws.SetReadLimit(1 << 20)
	return &screen{r.t, ws}
}

func (s *screen) say(format string, args ...any) {
	s.t.Helper()
	if err := s.ws.Write(s.t.Context(), websocket.MessageText, fmt.Appendf(nil, format, args...)); err != nil {
		s.t.Fatal(err)
	}
}

// next reads frames until one is wanted; a frame is a *feed.Welcome and so on.
func (s *screen) next(wanted func(frame any) bool) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	for {
		_, b, err := s.ws.Read(ctx)
		if err != nil {
			s.t.Fatal(err)
		}
		frame, err := feed.DecodeServer(b)
		if err != nil {
			s.t.Fatal(err)
		}
		if wanted(frame) {
			return
		}
	}
}

func (s *screen) welcome(token string) (w *feed.Welcome) {
	s.t.Helper()
	s.say(`{"type":"auth","token":%q}`, token)
	s.next(func(f any) (ok bool) { w, ok = f.(*feed.Welcome); return ok })
	return w
}

// gone reads until the node has closed with a code.
func (s *screen) gone(code websocket.StatusCode) {
	s.t.Helper()
	for {
		if _, _, err := s.ws.Read(s.t.Context()); err != nil {
			if got := websocket.CloseStatus(err); got != code {
				s.t.Errorf("closed with %v, want %v", err, code)
			}
			return
		}
	}
}

func (s *screen) leave() {
	s.t.Helper()
	if err := s.ws.Close(websocket.StatusNormalClosure, ""); err != nil {
		s.t.Errorf("closing: %v", err)
	}
}

// The whole way, and that a second start goes on where the first one was.
func TestABedMovesAndARestartContinues(t *testing.T) {
	db := "sqlite:" + filepath.Join(t.TempDir(), "weer.db")
	first := begin(t, "--database-url", db, "--egen-interval", "200ms", "--sim-speed", "1")
	s := first.screen()
	welcome := s.welcome(first.demoToken())
	if welcome.Mode != "simulated" || welcome.Role != "viewer" || welcome.Subject != "demo" {
		t.Errorf("welcome %+v", welcome)
	}
	s.say(`{"type":"subscribe","feed":"region:11"}`)
	s.next(func(f any) bool { _, ok := f.(*feed.Reset); return ok })
	code, out, text := call(t, "sim", "set", "--url", first.baseURL(), "A1100001", "er.general=3")
	if code != 0 || !strings.Contains(out, "A1100001 경희대학교병원  er.general = 3") {
		t.Fatalf("sim set: %d %s %s", code, out, text)
	}
	var seq uint64
	s.next(func(f any) bool {
		e, ok := f.(*feed.EventFrame)
		if ok {
			seq = e.To
		}
		return ok && strings.Contains(string(e.Keys), `"key":"A1100001/er"`) && strings.Contains(string(e.Keys), `"er.general":{"state":"known","value":3,`)
	})
	first.stop()
	s.next(func(f any) bool {
		bye, ok := f.(*feed.Bye)
		return ok && bye.Code == "restarting"
	})
	s.gone(1012)
	first.end()

	second := begin(t, "--database-url", db, "--egen-interval", "200ms", "--sim-speed", "1")
	s = second.screen()
	if again := s.welcome(second.demoToken()); again.Epoch != welcome.Epoch {
		t.Errorf("the epoch was %s and is %s", welcome.Epoch, again.Epoch)
	}
	s.say(`{"type":"subscribe","feed":"region:11","epoch":%q,"seq":%d}`, welcome.Epoch, seq)
	s.next(func(f any) bool {
		if _, reset := f.(*feed.Reset); reset {
			t.Fatal("the cursor of before was refused")
		}
		_, ok := f.(*feed.Resumed)
		return ok
	})
	s.next(func(f any) bool { // nothing is held any more: the bed moves on, with higher numbers
		e, ok := f.(*feed.EventFrame)
		return ok && e.From > seq
	})
	s.leave()
	second.end()
}

func TestATokenOfTheCommandSignsIn(t *testing.T) {
	db := "sqlite:" + filepath.Join(t.TempDir(), "weer.db")
	r := begin(t, "--database-url", db)
	code, out, text := call(t, "token", "--role", "control", "--sub", "관제 1", "--region", "11,41", "--ttl", "1h", "--database-url", db)
	if code != 0 {
		t.Fatal(text)
	}
	s := r.screen()
	if w := s.welcome(strings.TrimSpace(out)); w.Subject != "관제 1" || w.Role != "control" {
		t.Errorf("welcome %+v", w)
	}
	s.say(`{"type":"subscribe","feed":"control:41"}`)
	s.next(func(f any) bool { _, ok := f.(*feed.Reset); return ok })
	s.leave()
	r.end()
}

func TestRolesDecideWhatThereIs(t *testing.T) {
	for _, tc := range []struct {
		roles string
		want  map[string]int
	}{
		{"hub", map[string]int{"GET /livez": 200, "GET /metrics": 200, "GET /ws": 426, "GET /": 404, "POST /demo/token": 404, "GET /sim/state": 404}},
		{"api", map[string]int{"GET /ws": 404, "GET /asyncapi.yaml": 200, "POST /demo/token": 200, "GET /sim/state": 404}},
		{"ingest", map[string]int{"GET /ws": 404, "GET /asyncapi.yaml": 404, "POST /demo/token": 404, "GET /sim/state": 200}},
	} {
		t.Run(tc.roles, func(t *testing.T) {
			r := begin(t, "--database-url", "sqlite:"+filepath.Join(t.TempDir(), "weer.db"), "--roles", tc.roles)
			for ask, want := range tc.want {
				method, path, _ := strings.Cut(ask, " ")
				if status, body := r.do(method, path, ""); status != want {
					t.Errorf("%s: %d %s", ask, status, body)
				}
			}
			r.end()
		})
	}
}

func TestRealHasNoDemo(t *testing.T) {
	r := begin(t, "--database-url", "sqlite:"+filepath.Join(t.TempDir(), "weer.db"), "--mode", "real", "--roles", "api,hub")
	for _, path := range []string{"/demo/token", "/sim/set"} {
		if status, body := r.do("POST", path, ""); status != 404 {
			t.Errorf("%s of a real node: %d %s", path, status, body)
		}
	}
	r.end()
}

func TestAPartThatEndsEndsTheNode(t *testing.T) {
	r := begin(t, "--database-url", "sqlite:"+filepath.Join(t.TempDir(), "weer.db"), "--roles", "api")
	r.ln.Close() // as if the port had been lost
	select {
	case err := <-r.ended:
		if err == nil || !strings.Contains(err.Error(), "the server ended by itself") {
			t.Errorf("it ended with %v", err)
		}
	case <-time.After(patience):
		t.Fatal("it goes on without a port")
	}
}

func TestStopBeforeTheStartIsOver(t *testing.T) {
	var c cli
	args := []string{"serve", "--addr", "127.0.0.1:0", "--database-url", "sqlite:" + filepath.Join(t.TempDir(), "weer.db")}
	if _, err := parse(t.Context(), &c, args, outlet{}); err != nil {
		t.Fatal(err)
	}
	set, err := c.Serve.settings()
	if err != nil {
		t.Fatal(err)
	}
	n, err := open(t.Context(), set, slog.New(slog.NewTextHandler(t.Output(), nil)))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := n.run(ctx); err != nil {
		t.Errorf("it ended with %v", err)
	}
}

func TestMetricsAreWellNamed(t *testing.T) {
	r := begin(t, "--database-url", "sqlite:"+filepath.Join(t.TempDir(), "weer.db"), "--egen-quota", "20000")
	r.until(func() error { // every family is there after the first poll
		_, text := r.do("GET", "/metrics", "")
		for _, source := range []string{"egen.beds", "egen.acceptance", "egen.messages", "egen.institutions"} {
			for _, name := range []string{"weer_source_complete_timestamp_seconds", "weer_ingest_complete_age_seconds"} {
				if !strings.Contains(text, name+`{source="`+source+`"}`) {
					return fmt.Errorf("no complete poll of %s in %s", source, text)
				}
			}
		}
		return nil
	})
	status, text := r.do("GET", "/metrics", "")
	problems, err := promlint.New(strings.NewReader(text)).Lint()
	if err != nil || status != 200 {
		t.Fatal(status, err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
	for _, want := range []string{
		`weer_build_info{build=`, "weer_feeds ", "weer_bus_connected 1", "weer_hub_connections 0", "weer_ingest_leading 1",
		`weer_ingest_polls_total{source="egen.beds"}`, `weer_ingest_rejected_total{source="egen.messages"}`, `weer_ingest_interval_seconds{source="egen.acceptance"} 15`,
		`weer_ingest_calls{source="egen.institutions"} 1`, `weer_ingest_budget_left{source="egen.institutions"} 19999`,
		`weer_hub_closes_total{code="token_expired"} 0`, `weer_hub_resets_total{reason="asked"} 0`, `weer_http_requests_total{method="GET",route="/readyz",status="200"}`,
		"weer_deadlines_late_seconds 0\n", "weer_deadlines_kept_timestamp_seconds ", "weer_clock_offset_seconds", "weer_verified_timestamp_seconds", "go_goroutines", "process_open_fds",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("/metrics does not say %q", want)
		}
	}
	r.end()
}
