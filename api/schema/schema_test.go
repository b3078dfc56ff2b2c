package schema

import (
	"strings"
	"testing"
)

const small = `{
 "openapi": "3.1.0", "info": {"title": "t", "version": "1"},
 "paths": {
  "/a/{id}": {"get": {"operationId": "get-a", "x-right": "r", "responses": {
    "200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/A"}}}},
    "404": {"content": {"application/problem+json": {"schema": {"type": "object"}}}}}}},
  "/a/own": {"get": {"operationId": "get-own", "x-right": "r", "responses": {"204": {}}}}
 },
 "components": {"schemas": {"A": {"type": "object", "additionalProperties": false, "required": ["n"],
   "properties": {"n": {"type": "integer"}, "at": {"type": ["string", "null"], "format": "date-time"}}}}}
}`

// Each fault is planted in an answer that is right otherwise.
func TestFaultsOfAnswersAreFound(t *testing.T) {
	d, err := Parse([]byte(small))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		method, path string
		status       int
		kind, body   string
		says         string // "" is right
	}{
		"right":               {"GET", "/a/1", 200, "application/json", `{"n":1,"at":null}`, ""},
		"a problem":           {"GET", "/a/1", 404, "application/problem+json; charset=utf-8", `{}`, ""},
		"nothing":             {"GET", "/a/own", 204, "", "", ""},
		"an extra field":      {"GET", "/a/1", 200, "application/json", `{"n":1,"secret":2}`, "secret"},
		"a missing field":     {"GET", "/a/1", 200, "application/json", `{}`, "n"},
		"another type":        {"GET", "/a/1", 200, "application/json", `{"n":"1"}`, "n"},
		"no moment":           {"GET", "/a/1", 200, "application/json", `{"n":1,"at":"today"}`, "date-time"},
		"no JSON":             {"GET", "/a/1", 200, "application/json", `{`, "EOF"},
		"an unsaid status":    {"GET", "/a/1", 500, "application/json", `{}`, "500"},
		"an unsaid kind":      {"GET", "/a/1", 200, "text/html", `<p>`, "text/html"},
		"an unsaid operation": {"POST", "/a/1", 200, "application/json", `{}`, "no operation"},
		"the nearer path":     {"GET", "/a/own", 200, "application/json", `{"n":1}`, "get-own"},
	} {
		err := d.Check(c.method, c.path, c.status, c.kind, []byte(c.body))
		if c.says == "" && err != nil || c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%s: %v, want %q", name, err, c.says)
		}
	}
}
