package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"

	"weer/api/schema"
	"weer/model"
)

var (
	rubbishRequests = flag.Int("rubbish", 2500, "requests of TestRubbish")
	rubbishSeed     = flag.Uint64("rubbish-seed", 1, "seed of TestRubbish")
)

// marker stands in every text that is sent, and must not come back: not in an
// answer, not in a log.
const marker = "zq7MARKERx"

// stranger is a name that nothing has; that one does come back, in what is said
// against it.
const stranger = "stranger"

// A jester makes requests of what the document says of an operation, and then
// spoils some of them.
type jester struct {
	*rand.Rand
	schemas map[string]map[string]any // components
}

func newJester(text string, seed uint64) (*jester, error) {
	var doc struct {
		Components struct {
			Schemas map[string]map[string]any `json:"schemas"`
		} `json:"components"`
	}
	err := json.Unmarshal([]byte(text), &doc)
	return &jester{rand.New(rand.NewPCG(seed, 1)), doc.Components.Schemas}, err
}

// value makes a value that a schema allows, more or less.
func (j *jester) value(s map[string]any, depth int) any {
	if ref, ok := s["$ref"].(string); ok {
		return j.value(j.schemas[ref[strings.LastIndex(ref, "/")+1:]], depth)
	}
	if choices, ok := s["enum"].([]any); ok {
		return choices[j.IntN(len(choices))]
	}
	switch kind(s) {
	case "object":
		return j.object(s, depth)
	case "array":
		items, _ := s["items"].(map[string]any)
		list := make([]any, j.IntN(3)+1)
		for i := range list {
			list[i] = j.value(items, depth+1)
		}
		return list
	case "integer":
		return j.IntN(200)
	case "number":
		return j.Float64() * 200
	case "boolean":
		return j.IntN(2) == 0
	}
	return j.text(s)
}

func kind(s map[string]any) string {
	switch k := s["type"].(type) {
	case string:
		return k
	case []any:
		name, _ := k[0].(string)
		return name
	}
	return ""
}

func (j *jester) object(s map[string]any, depth int) map[string]any {
	properties, _ := s["properties"].(map[string]any)
	required, _ := s["required"].([]any)
	out := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		property, _ := properties[name].(map[string]any)
		if depth < 6 && (slices.Contains(required, any(name)) || j.IntN(2) == 0) {
			out[name] = j.value(property, depth+1)
		}
	}
	return out
}

func (j *jester) text(s map[string]any) string {
	switch s["format"] {
	case "date-time":
		return "2026-11-26T12:00:00Z"
	case "uuid":
		return "01a21846-15c6-76b1-80d1-cc775a46546d"
	}
	return marker
}

// nasty are texts that somebody may send on purpose.
var nasty = []string{
	marker + "' OR '1'='1' --", marker + `"; DROP TABLE user; --`, "<script>" + marker + "</script>", marker + "\x00", marker + "\u202e", marker + "\r\nX-A: b",
	"${jndi:" + marker + "}", "../../" + marker, strings.Repeat(marker, 200), marker + "%s%n", "", " ", marker + "\u0007", "𝒳" + marker,
}

// spoil changes one thing in a value, somewhere.
func (j *jester) spoil(v any) any {
	switch v := v.(type) {
	case map[string]any:
		return j.spoilObject(v)
	case []any:
		if len(v) > 0 && j.IntN(3) > 0 {
			v[j.IntN(len(v))] = j.spoil(v[0])
			return v
		}
		return slices.Repeat(append(v, j.nonsense()), 600)
	}
	return j.nonsense()
}

func (j *jester) spoilObject(v map[string]any) any {
	names := slices.Sorted(maps.Keys(v))
	switch {
	case len(names) == 0 || j.IntN(5) == 0:
		v[stranger] = j.nonsense()
		return v
	case j.IntN(6) == 0:
		return j.nonsense()
	}
	name := names[j.IntN(len(names))]
	if j.IntN(6) == 0 {
		delete(v, name)
		return v
	}
	v[name] = j.spoil(v[name])
	return v
}

func (j *jester) nonsense() any {
	switch j.IntN(8) {
	case 0:
		return nil
	case 1:
		return json.Number("1e400")
	case 2:
		return -j.IntN(1 << 30)
	case 3:
		return []any{map[string]any{stranger: []any{}}}
	case 4:
		return json.Number("99999999999999999999999")
	case 5:
		return true
	}
	return nasty[j.IntN(len(nasty))]
}

// raw spoils the bytes themselves.
func (j *jester) raw(body []byte) []byte {
	switch j.IntN(6) {
	case 0:
		return body[:j.IntN(len(body)+1)]
	case 1:
		return append(bytes.Clone(body), "{}"...)
	case 2:
		return bytes.ReplaceAll(body, []byte(marker), []byte(marker+"\xff\xfe"))
	case 3:
		return []byte(strings.Repeat("[", 4000))
	case 4:
		return []byte(`{"a":1,"a":"` + marker + `"}`)
	}
	return []byte(`"` + strings.Repeat(marker, 8000) + `"`)
}

// request makes one of an operation.
func (j *jester) request(op schema.Operation) request {
	path := strings.TrimPrefix(op.Path, "/api/v1")
	query := url.Values{}
	in := request{header: map[string]string{}}
	for _, p := range op.Parameters {
		var s map[string]any
		_ = json.Unmarshal(p.Schema, &s) // it was parsed with the document
		text := fmt.Sprint(j.value(s, 0))
		if j.IntN(4) == 0 {
			text = nasty[j.IntN(len(nasty))]
		}
		switch {
		case p.In == "path":
			path = strings.ReplaceAll(path, "{"+p.Name+"}", url.PathEscape(text+"-"))
		case p.In == "query" && j.IntN(2) == 0:
			query.Set(p.Name, text)
		case p.In == "header" && !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' }):
			in.header[p.Name] = text
		}
	}
	if j.IntN(6) == 0 {
		query.Set(stranger, "1")
	}
	if in.path = path; len(query) > 0 {
		in.path += "?" + query.Encode()
	}
	j.fill(op, &in)
	return in
}

func (j *jester) fill(op schema.Operation, in *request) {
	if op.Body == nil {
		return
	}
	var s map[string]any
	_ = json.Unmarshal(op.Body, &s) // it was parsed with the document
	v := j.value(s, 0)
	if j.IntN(4) > 0 {
		v = j.spoil(v)
	}
	body, err := json.Marshal(v)
	if err != nil { // a number that is none
		body = []byte(`{"n":1e999999}`)
	}
	if j.IntN(6) == 0 {
		body = j.raw(body)
	}
	if j.IntN(12) == 0 {
		in.header["Content-Type"] = "text/" + marker
	}
	in.body = body
}

// Rubbish is answered, whoever sends it: never with a fault of ours, always as
// the document says, and nothing of it comes back or is logged.
func TestRubbish(t *testing.T) {
	var heard locked
	c := conveneWith(t, &heard)
	_, text := c.do("GET", "/openapi.json", "")
	j, err := newJester(text, *rubbishSeed)
	if err != nil {
		t.Fatal(err)
	}
	operations := c.doc.Operations()
	tokens := []string{"", c.tokens[model.RoleAdmin], c.tokens[model.RoleCrew], c.tokens[model.RoleIntegration]}
	statuses := map[int]int{}
	for range *rubbishRequests {
		op := operations[j.IntN(len(operations))]
		if matrix[op.ID].alone {
			continue // it would end the session that all of this needs
		}
		in := j.request(op)
		a := c.ask(tokens[j.IntN(len(tokens))], in, op.Method)
		statuses[a.status]++
		for _, found := range faultsOf(a) {
			body, _ := in.body.([]byte)
			t.Errorf("seed %d: %s %s %.300q: %d %s\n%.600s", *rubbishSeed, op.ID, in.path, body, a.status, found, a.body)
		}
	}
	t.Logf("answers by status: %v", statuses)
	if statuses[422] < *rubbishRequests/5 || statuses[200]+statuses[201]+statuses[202]+statuses[204] == 0 {
		t.Errorf("the rubbish is too tame or too wild to tell anything: %v", statuses)
	}
	for line := range strings.Lines(heard.String()) {
		if strings.Contains(line, marker) {
			t.Errorf("logged: %.400s", line)
		}
	}
}

// faultsOf is what no answer may be.
func faultsOf(a verdict) (found []string) {
	if a.status >= 500 {
		found = append(found, "is a fault of ours")
	}
	if a.status >= 400 && bytes.Contains(a.body, []byte(marker)) {
		found = append(found, "repeats what was sent")
	}
	var p struct{ Code, Field string }
	if err := json.Unmarshal(a.body, &p); a.status == 422 && (err != nil || p.Code == "invalid" && p.Field == "" && !bytes.Contains(a.body, []byte("JSON"))) {
		found = append(found, "names no field")
	}
	return found
}

// The judge sees each fault that is planted in an answer.
func TestFaultsOfRubbishAreFound(t *testing.T) {
	for name, a := range map[string]verdict{
		"ours":     {status: 500, body: []byte(`{}`)},
		"an echo":  {status: 422, body: []byte(`{"code":"invalid","field":"a","detail":"` + marker + `"}`)},
		"no field": {status: 422, body: []byte(`{"code":"invalid"}`)},
		"no JSON":  {status: 422, body: []byte(`oops`)},
	} {
		if len(faultsOf(a)) == 0 {
			t.Errorf("%s: not found", name)
		}
	}
	if found := faultsOf(verdict{status: 422, body: []byte(`{"code":"invalid","field":"a"}`)}); found != nil {
		t.Errorf("found %q in what is right", found)
	}
}
