package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humafiber"
	"github.com/gofiber/fiber/v2"

	"weer/model"
	"weer/model/fault"
)

// A guard stands before one operation: it knows who calls, whether the role may
// at all, and that the request is well formed, before anything of it is read as
// the operation's input.
type guard struct {
	server    *Server
	operation operation
	input     input // what the operation takes
}

// learn takes from the document what the operation takes; the document is made
// of the input's type.
func (g *guard) learn(doc *huma.OpenAPI, path, method string) {
	item := doc.Paths[path]
	for m, op := range map[string]*huma.Operation{
		fiber.MethodGet: item.Get, fiber.MethodPost: item.Post, fiber.MethodPut: item.Put,
		fiber.MethodPatch: item.Patch, fiber.MethodDelete: item.Delete,
	} {
		if m == method {
			g.input = newInput(doc.Components.Schemas, op)
		}
	}
}

func (g *guard) pass(h huma.Context, next func(huma.Context)) {
	c := humafiber.Unwrap(h)
	ctx, err := g.admit(h.Context(), c)
	if err != nil {
		refuse(c, err)
		return
	}
	next(decoded{huma.WithContext(h, ctx)})
}

// decoded gives the parameters of a path as they were meant: a client may
// encode the colon of region:11.
type decoded struct{ inner }

type inner = huma.Context // its own name would hide its method Context

// Unwrap leads to Fiber's context.
func (d decoded) Unwrap() huma.Context { return d.inner }

// Param is the parameter without percent-encoding; that it has a proper one was
// looked at before.
func (d decoded) Param(name string) string {
	text, err := url.PathUnescape(d.inner.Param(name))
	if err != nil {
		return ""
	}
	return text
}

// admit decides in the order in which an answer may tell something: who it is
// first, then whether it may, then what is wrong with the request.
func (g *guard) admit(ctx context.Context, c *fiber.Ctx) (context.Context, error) {
	call := model.Call{From: g.server.clientAddr(c).String(), Request: requestID(c)}
	if g.operation.Right != public {
		by, err := g.server.authenticate(c)
		if err != nil {
			return nil, err
		}
		if !by.MaySome(g.operation.Right) {
			return nil, fault.New(fault.Forbidden, "this account may not do that")
		}
		call.By = by
	}
	if err := g.acceptable(c); err != nil {
		return nil, err
	}
	form, err := g.input.read(c)
	if err != nil {
		return nil, err
	}
	if g.operation.Command {
		call.Key = c.Get(keyHeader)
		if call.Key != "" && !keyForm.MatchString(call.Key) {
			form.add(keyHeader, "takes 1 to 128 printable ASCII characters without blanks")
		}
		call.Digest = g.digest(c)
	}
	ctx = context.WithValue(ctx, serverKey{}, g.server)
	return withForm(model.WithCall(ctx, call), form), nil
}

const keyHeader = "Idempotency-Key"

var keyForm = regexp.MustCompile(`^[!-~]{1,128}$`)

var keyParam = &huma.Param{
	Name: keyHeader, In: "header", Description: "Names this command, so that asking again does nothing twice: a new one for each command, kept for a day.",
	Schema: &huma.Schema{Type: "string", MinLength: ptr(1), MaxLength: ptr(128), Pattern: "^[!-~]+$"}, Example: "3f0c7a52-7d0e-4f0e-9a53-5f3f1f6f9d11",
}

func ptr[T any](v T) *T { return &v }

// digest is the hash of everything that a command says. Its parts have their
// lengths before them, so that no two commands look alike.
func (g *guard) digest(c *fiber.Ctx) string {
	h := sha256.New()
	for _, part := range []string{
		g.operation.ID, string(c.Request().URI().PathOriginal()), string(c.Request().URI().QueryString()), string(c.Request().Body()),
	} {
		_, _ = io.WriteString(h, strconv.Itoa(len(part))+":"+part) // a hash takes everything
	}
	return hex.EncodeToString(h.Sum(nil))
}

// acceptable refuses a client that wants none of the forms that there are.
// Problems come as problem+json, so who takes only that takes them.
func (g *guard) acceptable(c *fiber.Ctx) error {
	types := g.operation.Types
	if types == nil {
		types = []string{jsonType, problemType}
	}
	if c.Get(fiber.HeaderAccept) == "" || c.Accepts(types...) != "" {
		return nil
	}
	return fault.New(fault.NotAcceptable, "the answer comes as %s", strings.Join(types, " or "))
}

type serverKey struct{}

// serverOf is the server that answers.
func serverOf(ctx context.Context) *Server {
	s, _ := ctx.Value(serverKey{}).(*Server)
	return s
}

// caller is who asks; of a public operation nobody.
func caller(ctx context.Context) model.Principal {
	call, _ := model.CallOf(ctx)
	return call.By
}

// may decides whether the caller has a right to a record.
func may(ctx context.Context, r model.Right, of model.Record) error { return caller(ctx).May(r, of) }
