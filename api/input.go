package api

import (
	"bytes"
	"context"
	"encoding/json"
	"mime"
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	"weer/model/fault"
)

// multiline is the format of a string that may have several lines. In all
// others, and in names, no control character is allowed.
const multiline = "multiline"

// An input is what one operation takes: what the hygiene of all inputs needs to
// know of it.
type input struct {
	registry huma.Registry
	query    map[string]bool // its parameters; true for one that is a list
	headers  []string
	body     *huma.Schema // nil for none
}

func newInput(registry huma.Registry, op *huma.Operation) input {
	in := input{registry: registry, query: map[string]bool{}}
	for _, p := range op.Parameters {
		switch p.In {
		case "query":
			in.query[p.Name] = p.Schema != nil && p.Schema.Type == huma.TypeArray
		case "header":
			in.headers = append(in.headers, p.Name)
		}
	}
	if op.RequestBody != nil && op.RequestBody.Content[jsonType] != nil {
		in.body = op.RequestBody.Content[jsonType].Schema
	}
	return in
}

// A form is what is wrong with a request before it is read as the operation's
// input, field by field. It is said together with what the schema finds.
type form struct{ wrong []error }

func (f *form) add(field, text string) {
	if len(f.wrong) < mostFields {
		f.wrong = append(f.wrong, fault.Bad(spelled(field), "%s", text))
	}
}

func (f *form) err() error {
	if f == nil {
		return nil
	}
	return fault.All(f.wrong...)
}

// with adds an error about the operation's input; one about something else is
// said alone.
func (f *form) with(err error) error {
	if f == nil || len(f.wrong) == 0 {
		return err
	}
	return fault.All(append(f.wrong[:len(f.wrong):len(f.wrong)], err)...)
}

type formKey struct{}

func withForm(ctx context.Context, f *form) context.Context {
	return context.WithValue(ctx, formKey{}, f)
}

func formOf(ctx context.Context) *form {
	f, _ := ctx.Value(formKey{}).(*form)
	return f
}

// read looks at every part of a request. The error is of one that has no form
// at all; what is wrong with its fields is in the form.
func (in input) read(c *fiber.Ctx) (*form, error) {
	f := new(form)
	if !plain(c.Request().URI().PathOriginal()) {
		return nil, fault.Bad("path", "the path is UTF-8, percent-encoded, without control characters")
	}
	if err := in.readQuery(c, f); err != nil {
		return nil, err
	}
	for _, name := range in.headers {
		if why := wrongBytes(c.Request().Header.Peek(name)); why != "" {
			f.add(name, why)
		}
	}
	return f, in.readBody(c, f)
}

// plain reports whether a path is percent-encoded UTF-8 without control
// characters.
func plain(path []byte) bool {
	if bytes.IndexByte(path, '%') < 0 {
		return wrongBytes(path) == ""
	}
	text, err := url.PathUnescape(string(path))
	return err == nil && wrongText(text, false) == ""
}

func wrongBytes(b []byte) string {
	for _, c := range b {
		if c < ' ' || c > '~' {
			return wrongText(string(b), false)
		}
	}
	return ""
}

func (in input) readQuery(c *fiber.Ctx, f *form) error {
	if len(c.Request().URI().QueryString()) == 0 {
		return nil
	}
	values, err := url.ParseQuery(string(c.Request().URI().QueryString()))
	if err != nil {
		return fault.Bad("query", "the query is name=value, joined by &, percent-encoded")
	}
	for name, given := range values {
		list, known := in.query[name]
		switch {
		case !known:
			f.add(name, "this operation has no such parameter")
		case len(given) > 1 && !list:
			f.add(name, "is given more than once")
		}
		for _, v := range given {
			if why := wrongText(v, false); known && why != "" {
				f.add(name, why)
			}
		}
	}
	return nil
}

// wrongText is why a text is not taken; "" when it is.
func wrongText(s string, lines bool) string {
	for _, r := range s {
		switch {
		case r == utf8.RuneError:
			return "is not UTF-8, or has a character that was lost on the way"
		case lines && (r == '\n' || r == '\t'):
		case unicode.IsControl(r):
			return "has a control character"
		case r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
			return "has a character that turns the direction of the text"
		}
	}
	return ""
}

func (in input) readBody(c *fiber.Ctx, f *form) error {
	body := c.Request().Body()
	if in.body == nil {
		if len(body) > 0 {
			return fault.Bad("body", "this operation takes no body")
		}
		return nil
	}
	kind, params, err := mime.ParseMediaType(c.Get(fiber.HeaderContentType))
	charset := params["charset"]
	switch {
	case err != nil || kind != jsonType, charset != "" && !strings.EqualFold(charset, "utf-8"),
		c.Get(fiber.HeaderContentEncoding) != "":
		return notJSON()
	case !utf8.Valid(body):
		return fault.Bad("body", "is not UTF-8")
	}
	if len(body) == 0 {
		return nil // whether it may be missing is the schema's to say
	}
	return readJSON(in.registry, in.body, body, f)
}

// deepest is how many objects and lists may lie in each other.
const deepest = 16

// readJSON looks for what a decoder would pass over: a name that is given twice,
// a control character, a lost character, something behind the end.
func readJSON(registry huma.Registry, schema *huma.Schema, body []byte, f *form) error {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	r := &jsonReader{dec: dec, registry: registry, form: f}
	if err := r.value("", schema, 0); err != nil {
		return err
	}
	if dec.More() {
		return notOneJSON()
	}
	if _, err := dec.Token(); err == nil {
		return notOneJSON()
	}
	return nil
}

func notOneJSON() error { return fault.Bad("body", "is not one JSON value") }

type jsonReader struct {
	dec      *json.Decoder
	registry huma.Registry
	form     *form
}

func (r *jsonReader) value(path string, s *huma.Schema, depth int) error {
	token, err := r.dec.Token()
	if err != nil {
		return notOneJSON()
	}
	for s != nil && s.Ref != "" {
		s = r.registry.SchemaFromRef(s.Ref)
	}
	switch v := token.(type) {
	case string:
		if why := wrongText(v, s != nil && s.Format == multiline); why != "" {
			r.form.add(orBody(path), why)
		}
	case json.Delim:
		if depth == deepest {
			return fault.Bad(spelled(orBody(path)), "lies deeper than %d objects and lists", deepest)
		}
		if v == '{' {
			return r.object(path, s, depth+1)
		}
		return r.list(path, s, depth+1)
	}
	return nil
}

func (r *jsonReader) object(path string, s *huma.Schema, depth int) error {
	seen := map[string]bool{}
	for r.dec.More() {
		token, err := r.dec.Token()
		name, is := token.(string)
		if err != nil || !is {
			return notOneJSON()
		}
		at := name
		if path != "" {
			at = path + "." + name
		}
		switch {
		case seen[name]:
			r.form.add(at, "is given more than once")
		case wrongText(name, false) != "":
			r.form.add(at, "the name "+wrongText(name, false))
		}
		seen[name] = true
		if err := r.value(at, property(s, name), depth); err != nil {
			return err
		}
	}
	return r.end()
}

func (r *jsonReader) list(path string, s *huma.Schema, depth int) error {
	var items *huma.Schema
	if s != nil {
		items = s.Items
	}
	for i := 0; r.dec.More(); i++ {
		if err := r.value(path+"["+strconv.Itoa(i)+"]", items, depth); err != nil {
			return err
		}
	}
	return r.end()
}

func (r *jsonReader) end() error {
	if _, err := r.dec.Token(); err != nil {
		return notOneJSON()
	}
	return nil
}

func property(s *huma.Schema, name string) *huma.Schema {
	if s == nil {
		return nil
	}
	if p := s.Properties[name]; p != nil {
		return p
	}
	p, _ := s.AdditionalProperties.(*huma.Schema)
	return p
}

func orBody(path string) string {
	if path == "" {
		return "body"
	}
	return path
}
