// Package schema holds answers of the REST API against its document, as it is
// served. It is for tests: whoever gets real answers takes a [Transport], and
// every answer that the document does not describe fails the test.
//
// It knows the document only, and nothing of the program that made it.
package schema

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

const name = "openapi.json"

// A Document is a compiled OpenAPI 3.1 document.
type Document struct {
	operations []Operation
	compiler   *jsonschema.Compiler

	mu      sync.Mutex
	schemas map[string]*jsonschema.Schema // by their place in the document
}

// An Operation is one that the document has.
type Operation struct {
	ID, Method, Path string
	Right            string // x-right
	Keyed            bool   // takes an Idempotency-Key
	Parameters       []Parameter
	Body             json.RawMessage // schema of the request's body; nil without one
	responses        map[string]response
	form             *regexp.Regexp
}

// A Parameter is one of an operation.
type Parameter struct {
	Name   string          `json:"name"`
	In     string          `json:"in"`
	Schema json.RawMessage `json:"schema"`
}

type response struct {
	Content map[string]json.RawMessage `json:"content"`
}

type operation struct {
	ID         string      `json:"operationId"`
	Right      string      `json:"x-right"`
	Parameters []Parameter `json:"parameters"`
	Body       struct {
		Content map[string]struct {
			Schema json.RawMessage `json:"schema"`
		} `json:"content"`
	} `json:"requestBody"`
	Responses map[string]response `json:"responses"`
}

// Parse reads a document.
func Parse(text []byte) (*Document, error) {
	var raw struct {
		Paths map[string]map[string]json.RawMessage `json:"paths"`
	}
	if err := json.Unmarshal(text, &raw); err != nil {
		return nil, err
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	d := &Document{compiler: jsonschema.NewCompiler(), schemas: map[string]*jsonschema.Schema{}}
	d.compiler.DefaultDraft(jsonschema.Draft2020)
	d.compiler.AssertFormat()
	if err := d.compiler.AddResource(name, value); err != nil {
		return nil, err
	}
	for path, item := range raw.Paths {
		for method, text := range item {
			var o operation
			if err := json.Unmarshal(text, &o); err != nil || o.ID == "" {
				continue // what is no operation of the path: its description, its parameters
			}
			d.operations = append(d.operations, o.become(strings.ToUpper(method), path))
		}
	}
	slices.SortFunc(d.operations, func(a, b Operation) int { return strings.Compare(a.ID, b.ID) })
	return d, nil
}

var parameter = regexp.MustCompile(`\\\{[^}]+\\\}`)

func (o operation) become(method, path string) Operation {
	return Operation{
		ID: o.ID, Method: method, Path: path, Right: o.Right, Parameters: o.Parameters, Body: o.Body.Content["application/json"].Schema,
		Keyed:     slices.ContainsFunc(o.Parameters, func(p Parameter) bool { return p.Name == "Idempotency-Key" }),
		responses: o.Responses,
		form:      regexp.MustCompile("^" + parameter.ReplaceAllString(regexp.QuoteMeta(path), `[^/]+`) + "$"),
	}
}

// Operations are all operations, by id.
func (d *Document) Operations() []Operation { return d.operations }

// find is the operation of a request; a path without parameters goes before one
// with.
func (d *Document) find(method, path string) (Operation, bool) {
	best, found := Operation{}, false
	for _, o := range d.operations {
		if o.Method == method && o.form.MatchString(path) && (!found || len(parameter.FindAllString(regexp.QuoteMeta(o.Path), -1)) < len(parameter.FindAllString(regexp.QuoteMeta(best.Path), -1))) {
			best, found = o, true
		}
	}
	return best, found
}

// Check returns an error when the document does not describe an answer: its
// status, its type, or anything in its body.
func (d *Document) Check(method, path string, status int, kind string, body []byte) error {
	o, ok := d.find(method, path)
	if !ok {
		return fmt.Errorf("%s %s is no operation", method, path)
	}
	key := strconv.Itoa(status)
	r, ok := o.responses[key]
	if !ok {
		return fmt.Errorf("%s does not say that it answers %d: %.300s", o.ID, status, body)
	}
	if len(body) == 0 {
		return nil
	}
	media, _, err := mime.ParseMediaType(kind)
	if err != nil {
		return fmt.Errorf("%s, %d: type %q: %w", o.ID, status, kind, err)
	}
	if _, ok := r.Content[media]; !ok {
		return fmt.Errorf("%s does not say that its %d comes as %s", o.ID, status, media)
	}
	sch, err := d.schema(o, key, media)
	if err != nil {
		return fmt.Errorf("%s, %d: %w", o.ID, status, err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("%s, %d: %w: %.300s", o.ID, status, err, body)
	}
	if err := sch.Validate(value); err != nil {
		return fmt.Errorf("%s, %d: %w: %.600s", o.ID, status, err, body)
	}
	return nil
}

func (d *Document) schema(o Operation, status, media string) (*jsonschema.Schema, error) {
	escape := strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D").Replace
	at := fmt.Sprintf("%s#/paths/%s/%s/responses/%s/content/%s/schema", name, escape(o.Path), strings.ToLower(o.Method), status, escape(media))
	d.mu.Lock()
	defer d.mu.Unlock()
	if sch, ok := d.schemas[at]; ok {
		return sch, nil
	}
	sch, err := d.compiler.Compile(at)
	d.schemas[at] = sch
	return sch, err
}

// A Transport passes requests on and tells Found of every answer below the API
// that the document does not describe.
type Transport struct {
	Document *Document
	Base     string // below which operations are, as in /api/v1/
	Next     http.RoundTripper
	Found    func(error)
}

// RoundTrip implements http.RoundTripper.
func (t Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := t.Next.RoundTrip(r)
	if err != nil || !strings.HasPrefix(r.URL.Path, t.Base) {
		return res, err
	}
	body, err := io.ReadAll(res.Body)
	if err := cmp.Or(err, res.Body.Close()); err != nil {
		return nil, err
	}
	res.Body = io.NopCloser(bytes.NewReader(body))
	if err := t.Document.Check(r.Method, r.URL.EscapedPath(), res.StatusCode, res.Header.Get("Content-Type"), body); err != nil {
		t.Found(err)
	}
	return res, nil
}
