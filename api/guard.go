package api

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

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

// SetReadDeadline leaves the connection as it is: the body has come whole, and
// a deadline would be the next request's.
func (decoded) SetReadDeadline(time.Time) error { return nil }

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

// admit makes the context of an operation, of a request that was examined.
func (g *guard) admit(ctx context.Context, c *fiber.Ctx) (context.Context, error) {
	by, form, err := g.examine(c)
	if err != nil {
		return nil, err
	}
	call := model.Call{By: by, From: g.server.clientAddr(c).String(), Request: requestID(c)}
	if g.operation.keyed() {
		call.Key = c.Get(keyHeader)
		if call.Key != "" && !keyForm.MatchString(call.Key) {
			form.add(keyHeader, "takes 1 to 128 printable ASCII characters without blanks")
		}
		call.Digest = g.digest(c)
	}
	ctx = context.WithValue(ctx, serverKey{}, g.server)
	ctx = context.WithValue(ctx, edgeKey{}, g.server.edge(c))
	return withForm(model.WithCall(ctx, call), form), nil
}

// examine decides in the order in which an answer may tell something: who it is
// first, then whether it may, then what is wrong with the request.
func (g *guard) examine(c *fiber.Ctx) (by model.Principal, _ *form, err error) {
	if g.operation.Right != public {
		if by, err = g.server.authenticate(c); err != nil {
			return by, nil, err
		}
		if !by.MaySome(g.operation.Right) {
			return by, nil, fault.New(fault.Forbidden, "this account may not do that")
		}
		if err := g.stands(c, by); err != nil {
			return by, nil, err
		}
	}
	if err := g.acceptable(c); err != nil {
		return by, nil, err
	}
	form, err := g.input.read(c)
	return by, form, err
}

// stands asks the database whether the caller of a command still has its rights.
// A read may be a moment behind a revocation; nothing is changed by whom the
// database knows to be blocked.
func (g *guard) stands(c *fiber.Ctx, by model.Principal) error {
	if !g.operation.Command || g.server.desk == nil {
		return nil
	}
	return g.server.desk.Standing(c.UserContext(), by)
}

const keyHeader = "Idempotency-Key"

var keyForm = regexp.MustCompile(`^[!-~]{1,128}$`)

var keyParam = &huma.Param{
	Name: keyHeader, In: "header", Description: "Names this command, so that asking again does nothing twice: a new one for each command, kept for a day.",
	Schema: &huma.Schema{Type: "string", MinLength: ptr(1), MaxLength: ptr(128), Pattern: "^[!-~]+$"}, Example: "3f0c7a52-7d0e-4f0e-9a53-5f3f1f6f9d11",
}

func ptr[T any](v T) *T { return &v }

// digest is the hash of everything that a command says, with a secret in it: a
// body may say little that is not easy to guess. Its parts have their lengths
// before them, so that no two commands look alike.
func (g *guard) digest(c *fiber.Ctx) string {
	h := hmac.New(sha256.New, g.server.secret)
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
	if len(c.Request().Header.Peek(fiber.HeaderAccept)) == 0 || c.Accepts(types...) != "" {
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
