package api

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"math"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"weer/model/fault"
)

const problemType = "application/problem+json"

// A Problem is an error as HTTP sends it (RFC 9457).
type Problem struct {
	Type   string       `json:"type" maxLength:"60" example:"/problems/invalid" doc:"Where the code's meaning can be read."`
	Title  string       `json:"title" maxLength:"200" doc:"The code's meaning, always the same for a code."`
	Status int          `json:"status" minimum:"400" maximum:"599" example:"422" doc:"The HTTP status."`
	Detail string       `json:"detail,omitempty" maxLength:"1000" doc:"For people: what to do. It repeats nothing that was sent."`
	Code   fault.Code   `json:"code" maxLength:"40" example:"invalid" doc:"For machines; /problems has all."`
	Action fault.Action `json:"action" enum:"none,retry,retry_after,refresh_token,sign_in,stop" doc:"What a client does about it."`
	Field  string       `json:"field,omitempty" maxLength:"200" example:"readings[3].value" doc:"The input's field that was wrong, in the input's own spelling."`
	// Errors are all fields that were wrong, when there is more than one: the
	// first is Field.
	Errors   []WrongField `json:"errors,omitempty" maxItems:"100" doc:"All fields that were wrong, when there is more than one; of a 409 what is true now, of a 412 what has changed, by name."`
	Instance string       `json:"instance" maxLength:"45" doc:"urn:uuid: and the request's id, as in X-Request-Id and in the server's log."`
}

// A WrongField is one of several inputs that were wrong.
type WrongField struct {
	Name    string `json:"field" maxLength:"200" example:"readings[3].value"`
	Message string `json:"detail" maxLength:"1000"`
}

// fail answers an error. It is the only place where one becomes a status.
func (s *Server) fail(c *fiber.Ctx, err error) error {
	secure(c) // a request that could not be read comes here directly
	var same *notModified
	if errors.As(err, &same) {
		c.Set(fiber.HeaderETag, same.tag)
		c.Response().ResetBody()
		return c.SendStatus(fiber.StatusNotModified)
	}
	cause, status := classify(err)
	row := cause.Code.Row()
	if status == 0 {
		status = row.HTTP
	}
	if c.Method() == fiber.MethodOptions && status == fiber.StatusMethodNotAllowed {
		return c.SendStatus(fiber.StatusNoContent) // Fiber has set Allow: that was the question
	}
	s.record(c, status, err)
	if row.Action == fault.ActionRetryAfter {
		c.Set(fiber.HeaderRetryAfter, retryAfter(cause))
	}
	if row.HTTP == fiber.StatusUnauthorized {
		c.Set(fiber.HeaderWWWAuthenticate, "Bearer")
	}
	return send(c, status, cause)
}

// retryAfter is the wait of an answer in whole seconds, at least one: that of
// the error, or two seconds when it has none.
func retryAfter(f *fault.Error) string {
	wait := cmp.Or(f.RetryAfter, 2*time.Second)
	return strconv.Itoa(max(1, int(math.Ceil(wait.Seconds()))))
}

func send(c *fiber.Ctx, status int, f *fault.Error) error {
	row := f.Code.Row()
	var wrong []WrongField
	for _, field := range f.Fields {
		wrong = append(wrong, WrongField(field))
	}
	body, err := json.Marshal(Problem{
		Type: "/problems/" + string(row.Code), Title: row.Meaning, Status: status, Detail: f.Message,
		Code: row.Code, Action: row.Action, Field: f.Field, Errors: wrong, Instance: "urn:uuid:" + requestID(c),
	})
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Set(fiber.HeaderContentType, problemType)
	return c.Status(status).Send(body)
}

// classify finds what may be said about an error, and the status where it is
// not the code's usual one: HTTP itself has more statuses than we have codes.
func classify(err error) (f *fault.Error, status int) {
	var http *fiber.Error
	switch {
	case errors.As(err, &http):
		return ofHTTP(http), http.Code
	case errors.Is(err, context.DeadlineExceeded) && fault.Public(err).Code == fault.Internal:
		return fault.New(fault.Timeout, "the answer was not ready in %s; try again", requestTime), 0
	}
	f = fault.Public(err)
	if f.Code.Row().HTTP == 0 { // a code of the socket alone: its cause is ours
		return fault.Public(nil), 0
	}
	return f, 0
}

func ofHTTP(e *fiber.Error) *fault.Error {
	switch e.Code {
	case fiber.StatusNotFound:
		return fault.New(fault.NotFound, "nothing is served at this path")
	case fiber.StatusMethodNotAllowed:
		return fault.New(fault.MethodNotAllowed, "this path takes the methods in Allow")
	case fiber.StatusRequestEntityTooLarge:
		return fault.New(fault.TooLarge, "a request's body has at most %d bytes", bodyLimit)
	case fiber.StatusRequestHeaderFieldsTooLarge:
		return fault.New(fault.TooLarge, "a request's headers have at most %d bytes", headLimit)
	case fiber.StatusRequestTimeout:
		return fault.New(fault.Timeout, "the request did not arrive within %s", readTime)
	}
	if e.Code < 500 {
		return fault.New(fault.Invalid, "this is no HTTP request that can be read")
	}
	return fault.Public(e)
}

// record logs what is ours at error, and what is the client's for who looks: the
// route and never the path, in which strangers write.
func (s *Server) record(c *fiber.Ctx, status int, err error) {
	level := slog.LevelDebug
	if status >= 500 && status != fiber.StatusServiceUnavailable {
		level = slog.LevelError
	}
	s.log.LogAttrs(context.Background(), level, "request failed",
		slog.String("id", requestID(c)), slog.String("method", c.Method()), slog.String("route", routeOf(c)),
		slog.Int("status", status), slog.String("error", err.Error()))
}

// problems and problem are what a problem's type leads to.
func (s *Server) problems(c *fiber.Ctx) error { return c.JSON(fault.Table) }

func (s *Server) problem(c *fiber.Ctx) error {
	code := fault.Code(c.Params("code"))
	if row := code.Row(); row.Code == code {
		return c.JSON(row)
	}
	return fault.New(fault.NotFound, "no error has this code")
}

// routeOf is the pattern of a request's route; "" for one that could not be
// read, of which Fiber makes the path a route.
func routeOf(c *fiber.Ctx) string {
	if r := c.Route(); len(r.Handlers) > 0 {
		return r.Path
	}
	return ""
}
