package api

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestPagesFromElsewhere(t *testing.T) {
	const friend, stranger = "https://board.example.kr", "https://evil.example"
	asked := []string{"Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "authorization,idempotency-key"}
	for _, tc := range []struct {
		name    string
		origins []string
		origin  string
		allowed bool
	}{
		{"none by default", nil, friend, false},
		{"a friend", []string{friend}, friend, true},
		{"a stranger", []string{friend}, stranger, false},
		{"only exactly", []string{friend}, friend + ".evil.example", false},
	} {
		h := rig(t, Options{CORSOrigins: tc.origins, Boards: newCopies()})
		res, _ := h.ask("OPTIONS", "/api/v1/plans/a", "", append(slices.Clone(asked), "Origin", tc.origin)...)
		if got := res.Header.Get("Access-Control-Allow-Origin") == tc.origin; got != tc.allowed {
			t.Errorf("%s: preflight %s %v", tc.name, res.Status, res.Header)
		}
		for _, path := range []string{"/api/v1/regions", "/api/v1/regions/11/board", "/api/v1/regions/99/board"} {
			res, _ := h.ask("GET", path, "", "Origin", tc.origin, "Authorization", "Bearer viewer")
			got := res.Header
			if (got.Get("Access-Control-Allow-Origin") == tc.origin) != tc.allowed || got.Get("Access-Control-Allow-Credentials") != "" {
				t.Errorf("%s: %s: %v", tc.name, path, got)
			}
			if tc.origins != nil && !strings.Contains(strings.Join(got.Values("Vary"), ","), "Origin") {
				t.Errorf("%s: %s varies by %q", tc.name, path, got.Values("Vary"))
			}
		}
		if res, _ := h.ask("GET", "/livez", "", "Origin", tc.origin); res.Header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: beyond the REST API", tc.name)
		}
	}
}

func TestHTTPSOnly(t *testing.T) {
	for hsts, want := range map[time.Duration]string{0: "", 24 * time.Hour: "max-age=86400"} {
		h := rig(t, Options{HSTS: hsts})
		for _, path := range []string{"/livez", "/api/v1/regions", "/nothing"} {
			if res, _ := h.ask("GET", path, ""); res.Header.Get("Strict-Transport-Security") != want {
				t.Errorf("%s: %v", path, res.Header)
			}
		}
	}
}

func TestLargeAnswersArePacked(t *testing.T) {
	h := rig(t, Options{})
	for _, tc := range []struct{ path, accept, encoding string }{
		{"/api/v1/regions", "gzip", "gzip"},
		{"/api/v1/regions", "gzip, deflate, br, zstd", "br"},
		{"/api/v1/regions", "br;q=0, gzip;q=0.5", "gzip"},
		{"/api/v1/regions", "identity", ""},
		{"/api/v1/regions?limit=1", "gzip", ""},
	} {
		res, body := h.ask("GET", tc.path, "", "Authorization", "Bearer viewer", "Accept-Encoding", tc.accept)
		if got := res.Header.Get("Content-Encoding"); got != tc.encoding {
			t.Errorf("%+v: %q", tc, got)
		}
		if varies := res.Header.Get("Vary") == "Accept-Encoding"; varies != (tc.path == "/api/v1/regions") {
			t.Errorf("%+v: varies by %q", tc, res.Header.Get("Vary"))
		}
		if tc.encoding != "gzip" {
			continue
		}
		r, err := gzip.NewReader(bytes.NewReader([]byte(body)))
		if err != nil {
			t.Fatal(err)
		}
		var page Page[Region]
		text, err := io.ReadAll(r)
		if err != nil || json.Unmarshal(text, &page) != nil || len(page.Items) != 16 {
			t.Errorf("%+v: %s %v", tc, text, err)
		}
	}
}

// What the REST API answers is no page: it may load and frame nothing.
func TestAnswersOfTheRESTAPIAreSecured(t *testing.T) {
	h := rig(t, Options{})
	for path, status := range map[string]int{"/api/v1/regions": 200, "/api/v1/nothing": 404, "/api/v1/regions?x=1": 422} {
		res, _ := h.ask("GET", path, "", "Authorization", "Bearer viewer")
		for header, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Cross-Origin-Resource-Policy": "same-origin", "Cache-Control": "no-store",
			"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
		} {
			if got := res.Header.Get(header); got != want || res.StatusCode != status {
				t.Errorf("%s: %s, %s is %q", path, res.Status, header, got)
			}
		}
	}
}
