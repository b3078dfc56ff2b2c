package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/goleak"

	"weer/model"
)

func TestMain(m *testing.M) {
	testscript.Main(leakless{m}, map[string]func(){"weer": main})
}

// leakless fails a run whose tests pass and leave goroutines.
type leakless struct{ *testing.M }

func (l leakless) Run() int {
	if code := l.M.Run(); code != 0 {
		return code
	}
	err := goleak.Find(
		// fasthttp's own: a clock for the Date header, and the sweeper of a stopped
		// server's workers, which sleeps up to ten seconds before it looks.
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"),
	)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// TestStory tells what weer does to who calls it from a shell.
func TestStory(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("ADDR", freeAddr(t))
			e.Setenv("NODE", freeAddr(t))
			e.Setenv("HOME", e.WorkDir)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"ready":     scriptReady,
			"oneline":   scriptOneLine,
			"terminate": scriptTerminate,
			"refused":   scriptRefused,
			"says":      scriptSays,
		},
	})
}

// scriptReady waits until a node, or what else answers at a URL, says 200.
func scriptReady(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: ready URL")
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	ts.Check(until(ctx, func() error { _, err := get(ctx, args[0]); return err }))
}

// scriptSays waits until a page contains a text; negated, it does not now.
func scriptSays(ts *testscript.TestScript, not bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: says URL TEXT")
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if not {
		body, err := get(ctx, args[0])
		ts.Check(err)
		if strings.Contains(body, args[1]) {
			ts.Fatalf("%s says %q", args[0], args[1])
		}
		return
	}
	ts.Check(until(ctx, func() error {
		body, err := get(ctx, args[0])
		if err == nil && !strings.Contains(body, args[1]) {
			err = fmt.Errorf("%s does not say %q", args[0], args[1])
		}
		return err
	}))
}

// scriptRefused waits until nobody listens at an address.
func scriptRefused(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: refused ADDR")
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	ts.Check(until(ctx, func() error {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", args[0])
		if errors.Is(err, syscall.ECONNREFUSED) {
			return nil
		}
		if err == nil {
			err = errors.Join(errors.New("somebody listens at "+args[0]), conn.Close())
		}
		return err
	}))
}

// scriptTerminate asks all commands in the background to end, as a service
// manager does.
func scriptTerminate(ts *testscript.TestScript, _ bool, _ []string) {
	for _, cmd := range ts.BackgroundCmds() {
		ts.Check(cmd.Process.Signal(syscall.SIGTERM))
	}
}

// scriptOneLine holds that the last command said one line on standard error and
// nothing else.
func scriptOneLine(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: oneline TEXT")
	}
	errText := ts.ReadFile("stderr")
	if strings.Count(errText, "\n") != 1 || !strings.HasPrefix(errText, "weer: ") || !strings.Contains(errText, args[0]) {
		ts.Fatalf("wanted one line with %q, got %q", args[0], errText)
	}
	if out := ts.ReadFile("stdout"); out != "" {
		ts.Fatalf("standard output says %q", out)
	}
}

// get reads a page; any status but 200 is an error.
func get(ctx context.Context, url string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	req.Close = true
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s %s", url, res.Status, body)
	}
	return string(body), err
}

// until asks often until there is no error.
func until(ctx context.Context, ask func() error) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := ask()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-tick.C:
		}
	}
}

func freeAddr(t testing.TB) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

// call runs a command to its end inside this process.
func call(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	code = run(t.Context(), args, outlet{&out, &err})
	return code, out.String(), err.String()
}

// withoutVariables clears what the machine may have set.
func withoutVariables(t *testing.T) {
	for _, e := range os.Environ() {
		if name, _, _ := strings.Cut(e, "="); strings.HasPrefix(name, "WEER_") {
			t.Setenv(name, "") // so that it comes back
			os.Unsetenv(name)
		}
	}
}

func TestFlagsWinOverVariables(t *testing.T) {
	for _, tc := range []struct {
		name     string
		variable map[string]string
		args     []string
		want     func(*serveCmd) bool
	}{
		{"defaults", nil, nil, func(c *serveCmd) bool {
			return c.Addr == "127.0.0.1:8080" && c.DatabaseURL == "sqlite:weer.db" && len(c.Roles) == 3 &&
				c.Drain == 10*time.Second && c.SimSpeed == 60 && c.Mode == "" && c.egenSchedule == egenSchedule{} && c.EgenQuota == nil
		}},
		{"a variable", map[string]string{"WEER_ADDR": "127.0.0.1:1", "WEER_DRAIN": "3s", "WEER_ROLES": "api,hub"}, nil, func(c *serveCmd) bool {
			return c.Addr == "127.0.0.1:1" && c.Drain == 3*time.Second && strings.Join(c.Roles, "+") == "api+hub"
		}},
		{"a flag over a variable", map[string]string{"WEER_ADDR": "127.0.0.1:1", "WEER_ROLES": "api"},
			[]string{"--addr", "127.0.0.1:2", "--roles", "hub"}, func(c *serveCmd) bool {
				return c.Addr == "127.0.0.1:2" && strings.Join(c.Roles, "+") == "hub"
			}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			withoutVariables(t)
			for name, value := range tc.variable {
				t.Setenv(name, value)
			}
			var c cli
			if _, err := parse(t.Context(), &c, append([]string{"serve"}, tc.args...), outlet{}); err != nil || !tc.want(&c.Serve) {
				t.Errorf("%+v, %v", c.Serve, err)
			}
		})
	}
}

func TestModeFollowsTheKey(t *testing.T) {
	for _, tc := range []struct{ mode, key, want string }{
		{"", "", ""}, {"", "k", "real"}, {"real", "k", "real"}, {"real", "", "real"}, {"simulated", "", "simulated"},
	} {
		set, err := (&serveCmd{Addr: ":0", DatabaseURL: "sqlite:x", Mode: tc.mode, egenSource: egenSource{EgenKey: tc.key}, SimSpeed: 1, answerTimes: asGiven, CaseKeep: time.Hour, AuditKeep: model.LeastAuditKeep}).settings()
		if err != nil || set.birth() != tc.want {
			t.Errorf("%+v: %q, %v", tc, set.birth(), err)
		}
	}
}

func TestIntervalsAndQuotaFollowTheMode(t *testing.T) {
	hundred := 100
	set := egenSchedule{EgenMessagesInterval: time.Minute}
	if demo := set.intervals(model.Simulated); demo.Beds != 5*time.Second || demo.Announcements != time.Minute || demo.Institutions != 10*time.Minute {
		t.Errorf("demo: %+v", demo)
	}
	if real := set.intervals(model.Real); real.Beds != 90*time.Second || real.Acceptance != 5*time.Minute || real.Announcements != time.Minute || real.Institutions != 24*time.Hour {
		t.Errorf("real: %+v", real)
	}
	for _, tc := range []struct {
		mode string
		set  *int
		want int
	}{{model.Simulated, nil, 0}, {model.Real, nil, 1000}, {model.Simulated, &hundred, 100}, {model.Real, &hundred, 100}} {
		if got, err := (egenSource{EgenQuota: tc.set}).quota(tc.mode); err != nil || got != tc.want {
			t.Errorf("%s: %d, %v", tc.mode, got, err)
		}
	}
}

// Every wrong start is one line that says what to do, within moments, and leaves
// nothing behind (goleak).
func TestAWrongStartIsOneLine(t *testing.T) {
	dir := t.TempDir()
	withoutVariables(t)
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	simulated := "sqlite:" + filepath.Join(dir, "simulated.db")
	realDB := "sqlite:" + filepath.Join(dir, "real.db")
	for _, born := range [][]string{{simulated, "simulated"}, {realDB, "real"}} {
		if code, _, text := call(t, "migrate", "--database-url", born[0], "--mode", born[1]); code != 0 {
			t.Fatal(text)
		}
	}
	held := "sqlite:" + filepath.Join(dir, "held.db")
	hold, err := database{held}.open(t.Context(), "", outlet{err: os.Stderr})
	if err != nil {
		t.Fatal(err)
	}
	defer hold.Close()
	loose := filepath.Join(dir, "loose.key")
	if err := os.WriteFile(loose, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	fresh := "sqlite:" + filepath.Join(dir, "fresh.db")
	for name, tc := range map[string]struct {
		args []string
		want string
	}{
		"port in use":                  {[]string{"--addr", busy.Addr().String()}, "is in use: stop what listens there, or choose another --addr"},
		"no port":                      {[]string{"--addr", "localhost"}, "takes HOST:PORT"},
		"no such address":              {[]string{"--addr", "203.0.113.1:0"}, "choose another --addr"},
		"database of another program":  {[]string{"--database-url", "postgres://secret@h/x"}, "sqlite:PATH or mysql://"},
		"no folder":                    {[]string{"--database-url", "sqlite:" + dir + "/none/x.db"}, "there is no folder"},
		"database in use":              {[]string{"--database-url", held}, "another process has the database"},
		"database away":                {[]string{"--database-url", "mysql://u:secret@127.0.0.1:1/x", "--token-key", "k"}, "database"},
		"MySQL without a key":          {[]string{"--database-url", "mysql://u:secret@h/x"}, "--token-key or WEER_TOKEN_KEY"},
		"born simulated":               {[]string{"--database-url", simulated, "--mode", "real"}, "born simulated"},
		"born simulated, with a key":   {[]string{"--database-url", simulated, "--egen-key", "secret"}, "born simulated"},
		"born real":                    {[]string{"--database-url", realDB, "--mode", "simulated"}, "born real"},
		"real without a key":           {[]string{"--database-url", realDB}, "--egen-key or WEER_EGEN_KEY"},
		"simulated with a key":         {[]string{"--mode", "simulated", "--egen-key", "secret"}, "leave the key away"},
		"key file for all":             {[]string{"--token-key", loose}, "chmod 600"},
		"mode":                         {[]string{"--mode", "demo"}, "--mode"},
		"role":                         {[]string{"--roles", "api,cook"}, "--roles"},
		"drain":                        {[]string{"--drain", "10"}, "--drain"},
		"drain too long":               {[]string{"--drain", "6m"}, "0s to 5m"},
		"interval":                     {[]string{"--egen-interval", "2h"}, "100ms to 1h"},
		"interval in real mode":        {[]string{"--database-url", realDB, "--egen-key", "secret", "--egen-interval", "500ms"}, "at least 1s"},
		"acceptance interval":          {[]string{"--egen-acceptance-interval", "2h"}, "--egen-acceptance-interval or WEER_EGEN_ACCEPTANCE_INTERVAL: takes 100ms to 1h"},
		"messages interval":            {[]string{"--egen-messages-interval=-5s"}, "--egen-messages-interval or WEER_EGEN_MESSAGES_INTERVAL: takes 100ms to 1h"},
		"list interval":                {[]string{"--egen-list-interval", "200h"}, "--egen-list-interval or WEER_EGEN_LIST_INTERVAL: takes 100ms to 168h"},
		"list interval in real mode":   {[]string{"--database-url", realDB, "--egen-key", "secret", "--egen-list-interval", "900ms"}, "--egen-list-interval or WEER_EGEN_LIST_INTERVAL: takes at least 1s"},
		"two steps":                    {[]string{"--answer-steps", "30s,60s"}, "--answer-steps or WEER_ANSWER_STEPS: takes three times"},
		"steps that go down":           {[]string{"--answer-steps", "30s,20s,90s"}, "not 20s after 30s"},
		"a step that is none":          {[]string{"--answer-steps", "30s,30s,90s"}, "not 30s after 30s"},
		"a step too short":             {[]string{"--answer-steps", "900ms,2s,3s"}, "1s to 24h"},
		"a step too long":              {[]string{"--answer-steps", "1s,2s,25h"}, "1s to 24h"},
		"expiry before no answer":      {[]string{"--answer-expiry", "90s"}, "--answer-expiry or WEER_ANSWER_EXPIRY: takes more than the last step of 1m30s"},
		"expiry too late":              {[]string{"--answer-expiry", "25h"}, "up to 24h"},
		"no grace":                     {[]string{"--arrival-grace", "0s"}, "--arrival-grace or WEER_ARRIVAL_GRACE: takes 1s to 24h"},
		"quota":                        {[]string{"--egen-quota=-1"}, "--egen-quota or WEER_EGEN_QUOTA: takes 0 to 1000000"},
		"no quota in real mode":        {[]string{"--database-url", realDB, "--egen-key", "secret", "--egen-quota", "0"}, "at least 1"},
		"E-Gen's address":              {[]string{"--egen-url", "ftp://x"}, "--egen-url or WEER_EGEN_URL"},
		"proxy":                        {[]string{"--trusted-proxies", "10.0.0"}, "--trusted-proxies"},
		"origin":                       {[]string{"--origins", "["}, "--origins"},
		"routing server":               {[]string{"--osrm-url", "osrm:5000"}, "--osrm-url or WEER_OSRM_URL"},
		"speed":                        {[]string{"--sim-speed", "0"}, "--sim-speed"},
		"crews":                        {[]string{"--sim-crews=-1"}, "--sim-crews or WEER_SIM_CREWS: takes 0 to 5000"},
		"crews without a socket":       {[]string{"--sim-crews", "2", "--roles", "api,ingest"}, "the roles api and hub"},
		"crews among real ones":        {[]string{"--sim-crews", "2", "--egen-key", "secret"}, "simulated WeER only"},
		"crews, born real":             {[]string{"--database-url", realDB, "--sim-crews", "2", "--roles", "api,hub"}, "born real"},
		"Redis":                        {[]string{"--redis-url", "secret"}, "WEER_REDIS_URL"},
		"level":                        {[]string{"--log-level", "loud"}, "--log-level"},
		"unknown flag":                 {[]string{"--prot", "1"}, "unknown flag"},
		"key of a MySQL that is there": {[]string{"--database-url", "mysql://", "--token-key", "k"}, "database"},
	} {
		t.Run(name, func(t *testing.T) {
			args := append([]string{"serve"}, tc.args...)
			if !strings.Contains(strings.Join(args, " "), "--addr") {
				args = append(args, "--addr", "127.0.0.1:0")
			}
			if !strings.Contains(strings.Join(args, " "), "--database-url") {
				args = append(args, "--database-url", fresh)
			}
			code, out, text := call(t, args...)
			if code != 1 || out != "" || !strings.HasPrefix(text, "weer: ") || strings.Count(text, "\n") != 1 || !strings.Contains(text, tc.want) {
				t.Errorf("exit %d, %q, %q; wanted one line with %q", code, out, text, tc.want)
			}
			if strings.Contains(text, "secret@") || strings.Contains(text, ":secret") {
				t.Errorf("a secret is told: %s", text)
			}
		})
	}
	t.Run("variable", func(t *testing.T) {
		t.Setenv("WEER_DRAIN", "soon")
		if code, _, text := call(t, "serve"); code != 1 || !strings.Contains(text, "WEER_DRAIN") || strings.Count(text, "\n") != 1 {
			t.Errorf("exit %d, %q", code, text)
		}
	})
}

func TestHelpListsEverySetting(t *testing.T) {
	code, out, text := call(t, "serve", "--help")
	if code != 0 || text != "" {
		t.Fatalf("exit %d, %q", code, text)
	}
	for _, want := range []string{
		"--addr", "WEER_ADDR", "127.0.0.1:8080", "WEER_DATABASE_URL", "sqlite:weer.db", "WEER_REDIS_URL", "WEER_ROLES", "WEER_MODE",
		"WEER_EGEN_KEY", "WEER_EGEN_URL", "WEER_EGEN_INTERVAL", "90s in real mode",
		"WEER_EGEN_ACCEPTANCE_INTERVAL", "5m in real mode, 15s in", "WEER_EGEN_MESSAGES_INTERVAL", "3m in real mode", "WEER_EGEN_LIST_INTERVAL", "24h in real mode, 10m in",
		"--egen-quota", "WEER_EGEN_QUOTA", "1000 in real mode", "WEER_TOKEN_KEY", "WEER_ORIGINS", "WEER_TRUSTED_PROXIES", "WEER_OSRM_URL",
		"WEER_DRAIN", "0s to 5m", "--answer-steps", "WEER_ANSWER_STEPS", "30s,60s,90s", "WEER_ANSWER_EXPIRY", "WEER_ARRIVAL_GRACE", "WEER_SIM_SEED", "WEER_SIM_SPEED", "--sim-crews", "WEER_SIM_CREWS", "WEER_LOG_LEVEL", "WEER_LOG_FORMAT",
	} {
		if !strings.Contains(strings.Join(strings.Fields(out), " "), want) {
			t.Errorf("--help does not mention %q", want)
		}
	}
}
