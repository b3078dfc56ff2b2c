package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humafiber"
	"github.com/gofiber/fiber/v2"

	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
)

// base is below which every operation lies.
const base = "/api/v1"

// public is the right of an operation that anybody may call, also without a
// token. It is no right of the table, so nobody can be given it by mistake.
const public model.Right = "public"

// An operation is everything that is said of one operation beside its input
// and its answer. add refuses one that leaves anything needful out, so there is
// none that does not say who may call it.
type operation struct {
	ID      string // a verb phrase in kebab case, as in list-hospitals; never renamed
	Method  string
	Path    string // below base, with {names}
	Tag     string // the group in the documents
	Summary string // one line
	Text    string // more, in Markdown; "" when the summary says it all

	// Right is what the caller must have to some record, or public. Whether it
	// has it to this record the handler asks with may.
	Right model.Right
	// Command says that it changes something: it takes an Idempotency-Key.
	Command bool
	// Secret says that what a command takes or gives is secret (a password, a
	// token): it takes no key, and nothing is kept of it.
	Secret bool
	// Momentary says that a command tells how things are now, and is told again
	// before that is over: it takes no key, because what it came to once is no
	// answer to it later.
	Momentary bool
	Status    int          // of success; 0 for 200 with a body and 204 without
	Faults    []fault.Code // that it has beside those of all operations
	Types     []string     // of its answers; nil for JSON
}

// rest is the operations of one server, and the document of them.
type rest struct {
	server *Server
	huma   huma.API
	ids    map[string]bool
}

// newRest makes the frame of the operations.
func (s *Server) newRest() *rest {
	registry := huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer)
	registry.RegisterTypeAlias(refusalType, problemGoType)
	registry.RegisterTypeAlias(reflect.TypeFor[feed.Time](), reflect.TypeFor[moment]())
	config := huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI:    "3.1.0",
			Info:       &huma.Info{Title: "WeER", Version: "1", Description: restText},
			Components: &huma.Components{Schemas: registry, SecuritySchemes: map[string]*huma.SecurityScheme{bearer: bearerScheme}},
		},
		Formats:       map[string]huma.Format{jsonType: jsonFormat, "json": jsonFormat},
		DefaultFormat: jsonType,
		Transformers:  []huma.Transformer{holdRefusal},
	}
	s.app.Use(base, s.answerRefusals)
	return &rest{server: s, huma: humafiber.New(s.app, config), ids: map[string]bool{}}
}

// moment is the schema of a feed.Time.
type moment struct{}

// Schema says RFC 3339, or null for a moment that is not known.
func (moment) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{
		Type: huma.TypeString, Format: "date-time", Nullable: true, MaxLength: ptr(35),
		Description: "RFC 3339 in UTC with milliseconds; null when it is not known.", Examples: []any{"2026-07-01T09:30:00.000Z"},
	}
}

const bearer = "bearer"

var bearerScheme = &huma.SecurityScheme{Type: "http", Scheme: bearer, Description: "An access token, or an API key that begins with weer_."}

const restText = "Emergency-room capacity (응급실 가용 병상) for ambulances, hospitals and control rooms."

var operationID = regexp.MustCompile(`^[a-z]+(-[a-z]+)+$`)

// add offers an operation. It panics when the operation is not said completely:
// that is a mistake in the program, and every test that makes a server finds it.
func add[I, O any](r *rest, o operation, handle func(context.Context, *I) (*O, error)) {
	r.check(o)
	embedsExported(o.ID, reflect.TypeFor[I](), reflect.TypeFor[O]())
	h := r.describe(o)
	g := &guard{server: r.server, operation: o}
	h.Middlewares = huma.Middlewares{g.pass}
	huma.Register(r.huma, h, func(ctx context.Context, in *I) (*O, error) {
		if err := formOf(ctx).err(); err != nil {
			return nil, refusal{err}
		}
		out, err := handle(ctx, in)
		if err != nil {
			return nil, refusal{err}
		}
		return out, nil
	})
	g.learn(r.huma.OpenAPI(), h.Path, o.Method)
}

// embedsExported refuses what huma would pass over in silence: the fields of an
// embedded struct whose name begins with a small letter.
func embedsExported(id string, types ...reflect.Type) {
	for _, t := range types {
		for _, f := range reflect.VisibleFields(t) {
			if f.Anonymous && !f.IsExported() {
				panic(id + ": " + t.Name() + " embeds " + f.Name + ", which huma does not see: give it a capital letter")
			}
		}
	}
}

// addLean offers an operation whose answer is ready bytes: it is documented and
// guarded as all are, and answered without huma, whose reading and writing by
// reflection would cost more than the answer. What describe does not know the
// operation documents itself.
func addLean(r *rest, o operation, document func(*huma.Operation, huma.Registry), handle fiber.Handler) {
	r.check(o)
	doc := r.huma.OpenAPI()
	h := r.describe(o)
	document(&h, doc.Components.Schemas)
	doc.AddOperation(&h)
	g := &guard{server: r.server, operation: o, input: newInput(doc.Components.Schemas, &h)}
	path := strings.NewReplacer("{", ":", "}", "").Replace(h.Path)
	r.server.app.Add(o.Method, path, func(c *fiber.Ctx) error {
		_, form, err := g.examine(c)
		if err == nil {
			err = form.err()
		}
		if err != nil {
			return err
		}
		return handle(c)
	})
}

func (r *rest) check(o operation) {
	switch {
	case !operationID.MatchString(o.ID), r.ids[o.ID]:
		panic(fmt.Sprintf("%q is no name of a new operation: verb-noun, each once", o.ID))
	case !o.Right.Known() && o.Right != public:
		panic(o.ID + " does not say who may call it: a right of the model, or public")
	case o.Summary == "" || o.Tag == "" || !strings.HasPrefix(o.Path, "/"):
		panic(o.ID + " needs a path, a summary and a tag")
	case o.Command == (o.Method == http.MethodGet):
		panic(o.ID + ": what is no GET changes something, and only that is a command")
	}
	r.ids[o.ID] = true
}

// describe is the operation as its document has it.
func (r *rest) describe(o operation) huma.Operation {
	h := huma.Operation{
		OperationID: o.ID, Method: o.Method, Path: base + o.Path, Tags: []string{o.Tag},
		Summary: o.Summary, Description: o.Text, DefaultStatus: o.Status, MaxBodyBytes: bodyLimit + 1,
		Responses:  r.problems(o),
		Extensions: map[string]any{"x-right": string(o.Right)},
	}
	if o.Right != public {
		h.Security = []map[string][]string{{bearer: {}}}
	}
	if o.keyed() {
		h.Parameters = append(h.Parameters, keyParam)
	}
	return h
}

// commonFaults are what every operation may answer.
var commonFaults = []fault.Code{
	fault.Invalid, fault.TooLarge, fault.Timeout, fault.Unavailable, fault.Internal, fault.NotAcceptable, fault.TooManyRequests,
}

// keyed reports whether the operation is carried out once under a key.
func (o operation) keyed() bool { return o.Command && !o.Secret && !o.Momentary }

func (o operation) faults() []fault.Code {
	codes := append(slices.Clone(commonFaults), o.Faults...)
	if o.Right != public {
		codes = append(codes, fault.AuthRequired, fault.TokenInvalid, fault.TokenExpired, fault.SignedOut,
			fault.RightsChanged, fault.Forbidden, fault.Revoked)
	}
	if o.Command {
		codes = append(codes, fault.UnsupportedMedia)
	}
	if o.keyed() {
		codes = append(codes, fault.KeyReused)
	}
	if strings.Contains(o.Path, "{") {
		codes = append(codes, fault.NotFound)
	}
	return codes
}

// problems documents each status with the codes that come with it, and that
// whatever else fails is a problem too.
func (r *rest) problems(o operation) map[string]*huma.Response {
	schema := r.huma.OpenAPI().Components.Schemas.Schema(problemGoType, true, "Problem")
	text := map[int][]string{http.StatusRequestTimeout: {string(fault.Timeout)}}
	for _, code := range o.faults() {
		row := code.Row()
		if name := string(code); !slices.Contains(text[row.HTTP], name) {
			text[row.HTTP] = append(text[row.HTTP], name)
		}
	}
	content := map[string]*huma.MediaType{problemType: {Schema: schema}}
	all := map[string]*huma.Response{"default": {Description: "A problem (RFC 9457).", Content: content}}
	for status, codes := range text {
		slices.Sort(codes)
		all[strconv.Itoa(status)] = &huma.Response{Description: strings.Join(codes, ", "), Content: content}
	}
	return all
}

// answerRefusals answers what an operation refused, as every other error is.
// A 304 goes without the headers that secure an answer: the one that the client
// holds came with them.
func (s *Server) answerRefusals(c *fiber.Ctx) error {
	nameRequest(c)
	c.Response().Header.SetCanonical(cacheHeader, noStore)
	if err := c.Next(); err != nil {
		return err
	}
	if err, ok := c.Locals(refusedLocal).(error); ok {
		return err
	}
	if c.Response().StatusCode() != fiber.StatusNotModified {
		secure(c)
		s.accepts.pack(c)
	}
	return nil
}

var (
	cacheHeader = []byte(fiber.HeaderCacheControl)
	noStore     = []byte("no-store")
)

// documents serves what describes the operations: made once, when all are added.
func (r *rest) documents() {
	doc := r.huma.OpenAPI()
	text, err := json.Marshal(doc)
	if err != nil {
		panic(err) // of what add was given: a mistake in the program
	}
	yaml, err := doc.YAML()
	if err != nil {
		panic(err)
	}
	page, err := docsOf(doc)
	if err != nil {
		panic(err)
	}
	for path, serve := range map[string]fiber.Handler{
		"/docs":         document("text/html; charset=utf-8", page),
		"/docs.css":     document("text/css; charset=utf-8", docsStyle),
		"/openapi.json": document(jsonType, text),
		"/openapi.yaml": document(yamlType, yaml),
	} {
		r.server.app.Get(path, r.server.packing(serve))
	}
}
