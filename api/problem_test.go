package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"weer/model"
	"weer/model/fault"
)

func prefixes(list ...string) (out []netip.Prefix) {
	for _, p := range list {
		out = append(out, netip.MustParsePrefix(p))
	}
	return out
}

// strict reads a problem as a client that knows its form exactly.
func strict(t *testing.T, res *http.Response, body string) Problem {
	t.Helper()
	var p Problem
	dec := json.NewDecoder(strings.NewReader(body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&p); err != nil {
		t.Fatalf("%s: %q is no problem: %v", res.Status, body, err)
	}
	row := p.Code.Row()
	switch {
	case res.Header.Get("Content-Type") != "application/problem+json":
		t.Errorf("%q comes as %s", body, res.Header.Get("Content-Type"))
	case p.Status != res.StatusCode:
		t.Errorf("%s says %d", res.Status, p.Status)
	case row.Code != p.Code, p.Type != "/problems/"+string(p.Code), p.Title != row.Meaning, p.Action != row.Action:
		t.Errorf("%+v is not the table's", p)
	case p.Detail == "":
		t.Errorf("%+v says nothing to a person", p)
	case p.Instance != "urn:uuid:"+res.Header.Get("X-Request-Id") || len(p.Instance) != 45:
		t.Errorf("instance %q, header %q", p.Instance, res.Header.Get("X-Request-Id"))
	case res.Header.Get("Cache-Control") != "no-store" || res.Header.Get("X-Content-Type-Options") != "nosniff":
		t.Errorf("headers %v", res.Header)
	}
	return p
}

func TestEveryCodeIsAProblem(t *testing.T) {
	var give error
	o := everything()
	o.DemoToken = func(model.Principal) (DemoToken, error) { return DemoToken{}, give }
	h := serve(t, o)
	for _, row := range fault.Table {
		give = fmt.Errorf("wrapped: %w", &fault.Error{Code: row.Code, Message: "for people", Field: "f.g", Cause: errors.New("hunter2")})
		res, body := h.ask("POST", "/demo/token", "")
		p := strict(t, res, body)
		if row.HTTP == 0 {
			if p.Code != fault.Internal || p.Status != 500 {
				t.Errorf("%s, a code of the socket alone, left as %+v", row.Code, p)
			}
			continue
		}
		if p.Code != row.Code || p.Status != row.HTTP || p.Detail != "for people" || p.Field != "f.g" {
			t.Errorf("%s became %+v", row.Code, p)
		}
		if got := res.Header.Get("Retry-After") != ""; got != (row.Action == fault.ActionRetryAfter) {
			t.Errorf("%s: Retry-After is there: %v", row.Code, got)
		}
		if got := res.Header.Get("WWW-Authenticate") != ""; got != (row.HTTP == 401) {
			t.Errorf("%s: WWW-Authenticate is there: %v", row.Code, got)
		}
	}
	if !strings.Contains(h.log.String(), "hunter2") {
		t.Error("the cause is not in the log")
	}
}

func TestEveryErrorIsAProblem(t *testing.T) {
	var give func(model.Principal) (DemoToken, error)
	o := everything()
	o.DemoToken = func(p model.Principal) (DemoToken, error) { return give(p) }
	o.Metrics = http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("hunter2") })
	h := serve(t, o)
	fails := func(err error) func(model.Principal) (DemoToken, error) {
		return func(model.Principal) (DemoToken, error) { return DemoToken{}, err }
	}
	for name, tc := range map[string]struct {
		method, path string
		give         func(model.Principal) (DemoToken, error)
		status       int
		code         fault.Code
	}{
		"a foreign error":      {"POST", "/demo/token", fails(errors.New("hunter2")), 500, fault.Internal},
		"a deadline":           {"POST", "/demo/token", fails(fmt.Errorf("query: %w", context.DeadlineExceeded)), 504, fault.Timeout},
		"a panic":              {"POST", "/demo/token", func(model.Principal) (DemoToken, error) { panic("hunter2") }, 500, fault.Internal},
		"a panic of a handler": {"GET", "/metrics", nil, 500, fault.Internal},
		"no such path":         {"GET", "/api/v9", nil, 404, fault.NotFound},
		"another case":         {"GET", "/Livez", nil, 404, fault.NotFound},
		"a slash too many":     {"GET", "/livez/", nil, 404, fault.NotFound},
		"no such problem":      {"GET", "/problems/none", nil, 404, fault.NotFound},
		"another method":       {"DELETE", "/livez", nil, 405, fault.MethodNotAllowed},
		"a method of nobody":   {"BREW", "/livez", nil, 405, fault.MethodNotAllowed},
		"HEAD of the socket":   {"HEAD", "/ws", nil, 405, fault.MethodNotAllowed},
		"POST to the socket":   {"POST", "/ws", nil, 405, fault.MethodNotAllowed},
	} {
		t.Run(name, func(t *testing.T) {
			give = tc.give
			res, body := h.ask(tc.method, tc.path, "")
			if tc.method == "HEAD" {
				if res.StatusCode != tc.status || body != "" {
					t.Errorf("%s %q", res.Status, body)
				}
				return
			}
			p := strict(t, res, body)
			if p.Code != tc.code || p.Status != tc.status {
				t.Errorf("%+v", p)
			}
			if strings.Contains(body, "hunter2") {
				t.Errorf("private text left: %s", body)
			}
			if tc.status == 405 && tc.method != "BREW" && res.Header.Get("Allow") == "" {
				t.Error("405 without Allow")
			}
		})
	}
	if log := h.log.String(); strings.Count(log, "a request panicked") != 2 || !strings.Contains(log, "problem_test.go") {
		t.Error("the panics and where they happened are not in the log")
	}
}

func TestRequestsThatCannotBeRead(t *testing.T) {
	h := serve(t, everything())
	for name, tc := range map[string]struct {
		text   string
		status int
		code   fault.Code
	}{
		"no HTTP":           {"\x16\x03\x01\x02\x00\r\n\r\n", 400, fault.Invalid},
		"body too large":    {"POST /demo/token HTTP/1.1\r\nHost: x\r\nContent-Length: 1048577\r\n\r\n", 413, fault.TooLarge},
		"headers too large": {"GET /livez HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("y", headLimit) + "\r\n\r\n", 431, fault.TooLarge},
	} {
		_, r := h.raw(tc.text)
		res, err := http.ReadResponse(r, nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if p := strict(t, res, string(body)); err != nil || p.Status != tc.status || p.Code != tc.code {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
	}
}

func TestWhichMethodsAPathTakes(t *testing.T) {
	h := serve(t, everything())
	for path, allow := range map[string]string{"/livez": "GET, HEAD", "/ws": "GET", "/demo/token": "POST"} {
		res, body := h.ask("OPTIONS", path, "")
		if res.StatusCode != 204 || res.Header.Get("Allow") != allow || body != "" {
			t.Errorf("OPTIONS %s: %s, Allow %q, %q", path, res.Status, res.Header.Get("Allow"), body)
		}
	}
	if res, _ := h.ask("OPTIONS", "/nothing", ""); res.StatusCode != 404 {
		t.Errorf("OPTIONS of nothing: %s", res.Status)
	}
}

func TestLoopbackOnly(t *testing.T) {
	h := serve(t, everything())
	_, port, _ := strings.Cut(h.addr, ":")
	for name, tc := range map[string]struct {
		headers []string
		good    bool
	}{
		"127.0.0.1":                {nil, true},
		"localhost":                {[]string{"Host", "localhost:" + port}, true},
		"LOCALHOST without a port": {[]string{"Host", "LOCALHOST"}, true},
		"::1":                      {[]string{"Host", "[::1]:" + port}, true},
		"its own page":             {[]string{"Origin", "http://" + h.addr}, true},
		"a foreign name":           {[]string{"Host", "weer.example"}, false},
		"X-Forwarded-For":          {[]string{"X-Forwarded-For", "127.0.0.1"}, false},
		"X-Forwarded-Host":         {[]string{"X-Forwarded-Host", "localhost"}, false},
		"Forwarded":                {[]string{"Forwarded", "for=127.0.0.1"}, false},
		"X-Real-IP":                {[]string{"X-Real-IP", "127.0.0.1"}, false},
		"Via":                      {[]string{"Via", "1.1 proxy"}, false},
		"a stranger's page":        {[]string{"Origin", "https://evil.example"}, false},
		"a page of another port":   {[]string{"Origin", "http://127.0.0.1:1"}, false},
		"a page without an origin": {[]string{"Origin", "null"}, false},
	} {
		for _, path := range []string{"/demo/token", "/sim/set"} {
			res, body := h.ask("POST", path, "", tc.headers...)
			if tc.good && res.StatusCode != 200 {
				t.Errorf("%s: %s: %s %s", name, path, res.Status, body)
			}
			if !tc.good {
				if p := strict(t, res, body); p.Code != fault.LoopbackOnly {
					t.Errorf("%s: %s: %+v", name, path, p)
				}
			}
		}
	}
}

func TestANeighbourIsNotLoopback(t *testing.T) {
	h := serve(t, everything())
	req, err := http.NewRequest(http.MethodPost, "http://"+h.addr+"/demo/token", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := h.app.Test(req) // comes from 0.0.0.0
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if p := strict(t, res, string(body)); err != nil || p.Code != fault.LoopbackOnly {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestLoopbackHosts(t *testing.T) {
	for host, want := range map[string]bool{
		"127.0.0.1": true, "127.0.0.1:8080": true, "127.1.2.3": true, "localhost": true, "LocalHost:1": true, "[::1]": true, "[::1]:8080": true,
		"[::ffff:127.0.0.1]": true,
		"":                   false, ":8080": false, "0.0.0.0:8080": false, "[::]": false, "192.168.0.4": false, "weer.example": false,
		"127.0.0.1.evil.example:8080": false, "localhost.evil.example": false, "evil.example?localhost": false, "localhost/x": false,
		"localhost@evil.example": false, "evil.example@localhost": false, "localhost#x": false, "localhost:x": false, "localhost localhost": false,
		"localhost, evil.example": false, "localhost.": false, "2130706433": false, "127.1": false, "0x7f.1": false, "::1": false,
	} {
		if got := isLoopbackHost(host); got != want {
			t.Errorf("%q is loopback: %v", host, got)
		}
	}
}
