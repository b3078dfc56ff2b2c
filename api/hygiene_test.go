package api

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/valyala/fasthttp"

	"weer/model/fault"
)

// send asks for the plan with a body and any headers beside the usual ones.
func (h *harness) send(body string, headers ...string) (*http.Response, string) {
	h.t.Helper()
	return h.ask("POST", "/api/v1/plans/a", body, append([]string{"Authorization", "Bearer admin", "Content-Type", "application/json"}, headers...)...)
}

// What bad input gets: a problem with the field, and nothing of it repeated.
func TestWhatBadInputGets(t *testing.T) {
	h := rig(t, Options{})
	deep := strings.Repeat(`{"a":`, 40) + "1" + strings.Repeat("}", 40)
	for name, tc := range map[string]struct {
		body  string
		field string
	}{
		"no body":                              {``, "body"},
		"no JSON":                              {`hunter2`, "body"},
		"half of it":                           {`{"name":"hunter2"`, "body"},
		"two values":                           {`{"name":"hunter2"} {"name":"hunter2"}`, "body"},
		"something behind it":                  {`{"name":"hunter2"}]`, "body"},
		"a list for an object":                 {`["hunter2"]`, "body"},
		"a number for a text":                  {`{"name":12345678}`, "name"},
		"a text for a number":                  {`{"name":"a","count":"hunter2"}`, "count"},
		"a fraction for a number":              {`{"name":"a","count":1.5}`, "count"},
		"a number too large for anything":      {`{"name":"a","count":1e400}`, "body"},
		"a number out of range":                {`{"name":"a","count":10}`, "count"},
		"a text too long":                      {`{"name":"hunter2hunter2"}`, "name"},
		"a list too long":                      {`{"name":"a","parts":[{"value":1},{"value":1},{"value":1},{"value":1}]}`, "parts"},
		"a field too few":                      {`{}`, "name"},
		"a field too many":                     {`{"name":"a","extra":"hunter2"}`, "extra"},
		"a field in other letters":             {`{"name":"a","NOTE":"hunter2"}`, "NOTE"},
		"a field twice":                        {`{"name":"a","name":"hunter2"}`, "name"},
		"a field twice deep down":              {`{"name":"a","parts":[{"value":1,"value":2}]}`, "parts[0].value"},
		"bytes that are no UTF-8":              {"{\"name\":\"\xff\"}", "body"},
		"half a character in an escape":        {`{"name":"\ud800"}`, "name"},
		"a control character":                  {`{"name":"a\u0000b"}`, "name"},
		"a line end where there is one line":   {`{"name":"a\nb"}`, "name"},
		"a carriage return in several lines":   {`{"name":"a","note":"a\rb"}`, "note"},
		"a character that turns the direction": {`{"name":"a\u202eb"}`, "name"},
		"deep nesting":                         {deep, "a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a"},
	} {
		res, body := h.send(tc.body)
		p := strict(t, res, body)
		if p.Code != fault.Invalid || p.Field != tc.field {
			t.Errorf("%s: %+v", name, p)
		}
		for _, value := range []string{"hunter2", "12345678", "1e400"} {
			if strings.Contains(tc.body, value) && (strings.Contains(body, value) || strings.Contains(h.log.String(), value)) {
				t.Errorf("%s: the value is repeated in %s or the log", name, body)
			}
		}
	}
	for _, fine := range []string{`{"name":"a","note":"a\n\tb"}`, ` {"name":"응급실"} `, `{"name":"x' OR 1=1"}`, `{"name":"<b>hi</b>"}`} {
		if res, body := h.send(fine); res.StatusCode != 200 {
			t.Errorf("%s: %s %s", fine, res.Status, body)
		}
	}
}

func TestWhatABadHeadGets(t *testing.T) {
	h := rig(t, Options{})
	for _, tc := range []struct {
		headers []string
		code    fault.Code
	}{
		{[]string{"Content-Type", "text/plain"}, fault.UnsupportedMedia},
		{[]string{"Content-Type", ""}, fault.UnsupportedMedia},
		{[]string{"Content-Type", "application/json; charset=latin1"}, fault.UnsupportedMedia},
		{[]string{"Content-Type", "multipart/form-data; boundary=x"}, fault.UnsupportedMedia},
		{[]string{"Content-Encoding", "gzip"}, fault.UnsupportedMedia},
		{[]string{"Accept", "text/html"}, fault.NotAcceptable},
		{[]string{keyHeader, strings.Repeat("k", 129)}, fault.Invalid},
		{[]string{keyHeader, "schl\xfcssel"}, fault.Invalid},
		{[]string{"Accept", "application/problem+json"}, ""},
		{[]string{"Accept", "*/*"}, ""},
		{[]string{"Content-Type", "application/json; charset=UTF-8"}, ""},
		{[]string{keyHeader, strings.Repeat("k", 128)}, ""},
	} {
		res, body := h.send(`{"name":"a"}`, tc.headers...)
		if tc.code == "" {
			if res.StatusCode != 200 {
				t.Errorf("%q: %s %s", tc.headers, res.Status, body)
			}
			continue
		}
		if p := strict(t, res, body); p.Code != tc.code {
			t.Errorf("%q: %+v", tc.headers, p)
		}
	}
}

func TestWhatABadPathAndQueryGet(t *testing.T) {
	h := rig(t, Options{})
	for _, tc := range []struct{ path, field string }{
		{"/api/v1/regions?limit=0", "limit"},
		{"/api/v1/regions?limit=201", "limit"},
		{"/api/v1/regions?limit=99999999999999999999", "limit"},
		{"/api/v1/regions?limit=1&limit=2", "limit"},
		{"/api/v1/regions?Limit=1", "Limit"},
		{"/api/v1/regions?cursor=%ff", "cursor"},
		{"/api/v1/regions?cursor=%00", "cursor"},
		{"/api/v1/regions?cursor=%", "query"},
		{"/api/v1/regions?a;b", "query"},
		{"/api/v1/regions?%ff=1", "?"},
	} {
		conn, r := h.raw("GET " + tc.path + " HTTP/1.1\r\nHost: weer\r\nAuthorization: Bearer viewer\r\n\r\n")
		res, err := http.ReadResponse(r, nil)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		if p := strict(t, res, string(body)); p.Code != fault.Invalid || p.Field != tc.field {
			t.Errorf("%s: %+v", tc.path, p)
		}
		conn.Close()
	}
}

// A body that is too large is refused before it is read, and one that does not
// come is not waited for longer than any other request.
func TestBodiesThatAreTooLargeOrTooSlow(t *testing.T) {
	h := rig(t, Options{})
	const head = "POST /api/v1/plans/a HTTP/1.1\r\nHost: weer\r\nAuthorization: Bearer admin\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
	for _, tc := range []struct {
		name, sent string
		status     int
		code       fault.Code
	}{
		{"10 MB that are announced", fmt.Sprintf(head, 10<<20), 413, fault.TooLarge},
		{"half a body", fmt.Sprintf(head, 100) + `{"name":`, 408, fault.Timeout},
	} {
		start := time.Now()
		_, r := h.raw(tc.sent)
		res, body := answerOf(t, r)
		if p := strict(t, res, body); res.StatusCode != tc.status || p.Code != tc.code {
			t.Errorf("%s: %+v", tc.name, p)
		}
		if took := time.Since(start); took > readTime+2*time.Second {
			t.Errorf("%s: answered after %s", tc.name, took)
		}
	}
}

func answerOf(t *testing.T, r *bufio.Reader) (*http.Response, string) {
	t.Helper()
	res, err := http.ReadResponse(r, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(body)
}

// Whatever comes as a body, it is an answer or a problem that says why.
func FuzzBody(f *testing.F) {
	s := New(Options{Log: slog.New(slog.DiscardHandler), Authenticate: bearers})
	addPlan(s.rest)
	answer := s.app.Handler()
	for _, seed := range []string{
		`{"name":"a"}`, `{"name":"a","parts":[{"value":1}]}`, `{"name":"\ud800"}`, `[]`, `{"a":{"a":[[[]]]}}`, "{\"n\xff\":1}", `{"name":null,"count":-0}`, `{"":{}}`, ``,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var c fasthttp.RequestCtx
		c.Init(new(fasthttp.Request), &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}, nil)
		c.Request.Header.SetMethod("POST")
		c.Request.SetRequestURI("/api/v1/plans/a")
		c.Request.Header.Set("Authorization", "Bearer admin")
		c.Request.Header.Set("Content-Type", "application/json")
		c.Request.SetBody(body)
		answer(&c)
		var p Problem
		switch status := c.Response.StatusCode(); {
		case status == 200:
		case status != 422, json.Unmarshal(c.Response.Body(), &p) != nil, p.Field == "" && p.Errors == nil:
			t.Errorf("%q: %d %s", body, status, c.Response.Body())
		}
	})
}
