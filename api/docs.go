package api

import (
	"bytes"
	"cmp"
	_ "embed"
	"fmt"
	"html/template"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"weer/model"
	"weer/model/fault"
)

// The page for people is made from the same document as the one for programs,
// once, and needs nothing from elsewhere and no script.

//go:embed docs.html
var docsText string

//go:embed docs.css
var docsStyle []byte

var docsTemplate = template.Must(template.New("docs").Parse(docsText))

type docsPage struct {
	About, Base string
	Groups      []docsGroup
	Schemas     []docsSchema
	Errors      []fault.Row
}

type docsGroup struct {
	ID, Name   string
	Operations []docsOperation
}

type docsOperation struct {
	ID, Method, Path, Summary, Text, Right, Curl string

	Roles      []model.Role // none: public
	Parameters []docsField
	Body       *docsForm
	Answers    []docsAnswer
}

type docsField struct {
	Name, In, Text string
	Required       bool
	Form           docsForm
}

type docsAnswer struct {
	Status, Text string
	Form         *docsForm
}

type docsSchema struct {
	Name   string
	Fields []docsField
}

// A docsForm is what a value may be: a type, or a schema that the page has.
type docsForm struct{ Prefix, Type, Schema, Limits string }

func docsOf(doc *huma.OpenAPI) ([]byte, error) {
	p := docsPage{About: doc.Info.Description, Base: base, Groups: docsGroups(doc)}
	schemas := doc.Components.Schemas.Map()
	for _, name := range slices.Sorted(maps.Keys(schemas)) {
		p.Schemas = append(p.Schemas, docsSchema{name, docsFields(schemas[name])})
	}
	for _, row := range fault.Table {
		if row.HTTP != 0 {
			p.Errors = append(p.Errors, row)
		}
	}
	slices.SortStableFunc(p.Errors, func(a, b fault.Row) int { return cmp.Compare(a.HTTP, b.HTTP) })
	var out bytes.Buffer
	err := docsTemplate.Execute(&out, p)
	return out.Bytes(), err
}

func docsGroups(doc *huma.OpenAPI) (groups []docsGroup) {
	for _, at := range slices.Sorted(maps.Keys(doc.Paths)) {
		for _, op := range operationsAt(doc.Paths[at]) {
			i := slices.IndexFunc(groups, func(g docsGroup) bool { return g.Name == op.Tags[0] })
			if i < 0 {
				i = len(groups)
				groups = append(groups, docsGroup{ID: "group-" + strings.ReplaceAll(strings.ToLower(op.Tags[0]), " ", "-"), Name: op.Tags[0]})
			}
			groups[i].Operations = append(groups[i].Operations, docsOperationOf(op))
		}
	}
	slices.SortFunc(groups, func(a, b docsGroup) int { return strings.Compare(a.Name, b.Name) })
	return groups
}

// operationsAt are those of one path, in the order in which they are read.
func operationsAt(item *huma.PathItem) []*huma.Operation {
	return slices.DeleteFunc([]*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete},
		func(op *huma.Operation) bool { return op == nil })
}

func docsOperationOf(op *huma.Operation) docsOperation {
	d := docsOperation{
		ID: op.OperationID, Method: op.Method, Path: op.Path, Summary: op.Summary, Text: op.Description,
		Right: fmt.Sprint(op.Extensions["x-right"]),
	}
	for _, role := range model.Roles {
		if (model.Principal{Role: role}).MaySome(model.Right(d.Right)) {
			d.Roles = append(d.Roles, role)
		}
	}
	for _, p := range op.Parameters {
		d.Parameters = append(d.Parameters, docsField{p.Name, p.In, p.Description, p.Required || p.In == "path", docsFormOf(p.Schema)})
	}
	if op.RequestBody != nil && op.RequestBody.Content[jsonType] != nil {
		form := docsFormOf(op.RequestBody.Content[jsonType].Schema)
		d.Body = &form
	}
	for _, status := range slices.Sorted(maps.Keys(op.Responses)) {
		d.Answers = append(d.Answers, docsAnswerOf(status, op.Responses[status]))
	}
	d.Curl = curl(d)
	return d
}

func docsAnswerOf(status string, r *huma.Response) docsAnswer {
	a := docsAnswer{Status: status, Text: r.Description}
	for _, kind := range slices.Sorted(maps.Keys(r.Content)) {
		form := docsForm{Type: kind}
		if kind == jsonType || kind == problemType {
			form = docsFormOf(r.Content[kind].Schema)
		}
		a.Form = &form
	}
	return a
}

func docsFields(s *huma.Schema) (fields []docsField) {
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		p := s.Properties[name]
		fields = append(fields, docsField{Name: name, Text: p.Description, Required: slices.Contains(s.Required, name), Form: docsFormOf(p)})
	}
	return fields
}

func docsFormOf(s *huma.Schema) docsForm {
	switch {
	case s == nil:
		return docsForm{Type: "anything"}
	case s.Ref != "":
		return docsForm{Schema: path.Base(s.Ref)}
	case s.Type == huma.TypeArray:
		f := docsFormOf(s.Items)
		f.Prefix = "list of " + f.Prefix
		f.Limits = strings.Join(append(limitsOf(s), words(f.Limits)...), "; ")
		return f
	}
	if of, ok := s.AdditionalProperties.(*huma.Schema); ok {
		f := docsFormOf(of)
		f.Prefix = "by name, " + f.Prefix
		return f
	}
	f := docsForm{Type: cmp.Or(s.Type, "anything"), Limits: strings.Join(limitsOf(s), "; ")}
	if s.Format != "" {
		f.Type += " (" + s.Format + ")"
	}
	if s.Nullable {
		f.Type += " or null"
	}
	return f
}

func words(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}

// limitsOf says a schema's limits and its first example.
func limitsOf(s *huma.Schema) (out []string) {
	add := func(format string, v any) { out = append(out, fmt.Sprintf(format, v)) }
	for i, v := range s.Enum {
		if i == 0 {
			out = append(out, "one of "+fmt.Sprint(v))
			continue
		}
		out[len(out)-1] += ", " + fmt.Sprint(v)
	}
	limit(add, "from %v", s.Minimum)
	limit(add, "to %v", s.Maximum)
	limit(add, "at least %v characters", s.MinLength)
	limit(add, "at most %v characters", s.MaxLength)
	limit(add, "at least %v", s.MinItems)
	limit(add, "at most %v", s.MaxItems)
	if s.Pattern != "" {
		add("like %s", s.Pattern)
	}
	if s.Default != nil {
		add("%v when absent", s.Default)
	}
	if len(s.Examples) > 0 {
		add("as in %v", s.Examples[0])
	}
	return out
}

func limit[T int | float64](add func(string, any), format string, v *T) {
	if v != nil {
		add(format, *v)
	}
}

// curl is how the operation is asked from a terminal.
func curl(d docsOperation) string {
	var b strings.Builder
	b.WriteString("curl")
	if d.Method != "GET" {
		b.WriteString(" -X " + d.Method)
	}
	if d.Roles != nil {
		b.WriteString(` -H "Authorization: Bearer $TOKEN"`)
	}
	for _, p := range d.Parameters {
		if p.Name == keyHeader {
			b.WriteString(` -H "Idempotency-Key: $(uuidgen)"`)
		}
	}
	if d.Body != nil {
		b.WriteString(` -H "Content-Type: application/json" -d @body.json`)
	}
	at, separator := d.Path, "?"
	for _, p := range d.Parameters {
		if p.In == "query" && p.Required {
			at += separator + p.Name + "=…"
			separator = "&"
		}
	}
	b.WriteString(" '" + at + "'")
	return b.String()
}
