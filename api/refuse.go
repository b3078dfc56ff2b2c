package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"unicode"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humafiber"
	"github.com/gofiber/fiber/v2"

	"weer/model/fault"
)

// A refusal carries an error through huma to answerRefusals: huma would give it
// a form and a status of its own, and there is one place for that.
type refusal struct{ error }

// GetStatus is never sent: the error's code has its own.
func (refusal) GetStatus() int { return http.StatusInternalServerError }

func (r refusal) Unwrap() error { return r.error }

var (
	refusalType   = reflect.TypeFor[refusal]()
	problemGoType = reflect.TypeFor[Problem]()
)

const refusedLocal = "weer.refused"

// refuse leaves an error for answerRefusals.
func refuse(c *fiber.Ctx, err error) { c.Locals(refusedLocal, err) }

// holdRefusal takes a refusal out of huma's hands before it is written, and
// adds what the form of the request had wrong already.
func holdRefusal(ctx huma.Context, _ string, v any) (any, error) {
	r, ok := v.(refusal)
	if !ok {
		return v, nil
	}
	refuse(humafiber.Unwrap(ctx), formOf(ctx.Context()).with(r.error))
	return nil, nil
}

// huma has these for the whole process and not for one API; no other part of
// WeER uses it.
func init() {
	huma.NewError = ofHuma
	huma.ErrorFormatter = withoutCause
	huma.ValidateStrictCasing = true
	huma.DefaultArrayNullable = false // a list is [] and never null
}

// withoutCause formats a text of huma without the error of a parser, which
// would repeat what the client sent.
func withoutCause(format string, args ...any) string {
	if len(args) == 1 {
		if _, is := args[0].(error); is {
			before, _, _ := strings.Cut(format, ": %v")
			return before
		}
	}
	return fmt.Sprintf(format, args...)
}

// ofHuma makes our error of one of huma's: an input that does not fit its
// schema, named field by field.
func ofHuma(status int, text string, errs ...error) huma.StatusError {
	switch {
	case status == http.StatusRequestEntityTooLarge:
		return refusal{ofHTTP(fiber.ErrRequestEntityTooLarge)}
	case status == http.StatusUnsupportedMediaType:
		return refusal{notJSON()}
	case status < 500 && len(errs) == 0:
		return refusal{fault.Bad("body", "this operation needs a body")}
	case status >= 500:
		return refusal{fault.Wrap(fault.Internal, errors.Join(errs...), "%s", text)}
	}
	return refusal{fault.All(named(errs)...)}
}

// mostFields is how many wrong fields one answer names.
const mostFields = 50

func named(errs []error) (out []error) {
	for _, err := range errs[:min(len(errs), mostFields)] {
		var d *huma.ErrorDetail
		if !errors.As(err, &d) {
			out = append(out, err)
			continue
		}
		out = append(out, namedDetail(d))
	}
	return out
}

// namedDetail names a field as the client spelled it: without huma's "body."
// before it, and with the name of what is missing.
func namedDetail(d *huma.ErrorDetail) error {
	field := d.Location
	for _, part := range []string{"body", "query", "path", "header"} {
		if rest, ok := strings.CutPrefix(field, part+"."); ok {
			field = rest
			break
		}
		field = strings.TrimPrefix(field, part+"[") // an element of a body that is a list
	}
	text := d.Message
	const missing, present = "expected required property ", " to be present"
	if name, ok := strings.CutPrefix(text, missing); ok {
		name = strings.TrimSuffix(name, present)
		if field == "body" {
			field = name
		} else {
			field += "." + name
		}
		text = "is missing"
	}
	return fault.Bad(spelled(field), "%s", text)
}

// spelled is a name that a client made up, as far as it is shown.
func spelled(name string) string {
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == unicode.ReplacementChar {
			return '?'
		}
		return r
	}, name)
	if name == "" {
		return `""`
	}
	if len(name) > 100 {
		name = strings.ToValidUTF8(name[:100], "") + "…"
	}
	return name
}

const jsonType = "application/json"

// jsonFormat is huma's but for the texts of errors, which would repeat values.
var jsonFormat = huma.Format{Marshal: huma.DefaultJSONFormat.Marshal, Unmarshal: unmarshal}

func unmarshal(data []byte, v any) error {
	err := json.Unmarshal(data, v)
	var wrong *json.UnmarshalTypeError
	var ours *fault.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &wrong) && wrong.Field != "":
		return errors.New(wrong.Field + " has a value that does not fit")
	case errors.As(err, &ours):
		return errors.New("a value does not have its form")
	}
	return errors.New("this is not JSON of the operation's form")
}

func notJSON() error {
	return fault.New(fault.UnsupportedMedia, "send the body as application/json, in UTF-8 and not encoded")
}
