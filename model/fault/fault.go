// Package fault is the one error type of WeER and the one table of its codes.
//
// Every error that leaves the process (a REST problem, an error frame, a close
// code, a line on the terminal) is an [Error] with a [Code] from [Table]. The
// code is for machines and is the label of every counter; the message is for
// people and names what to do; the cause is for the log only and never leaves.
// Anything that is no Error is internal: it is logged and answered as
// [Internal], without its text.
package fault

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// A Code names one kind of failure. Codes are part of the public protocol:
// they are never renamed, and each has one row in [Table].
type Code string

// An Action is what a client does about a code.
type Action string

// The actions of a client, from the mildest to the last.
const (
	ActionNone         Action = "none"          // nothing was lost; correct the call
	ActionRetry        Action = "retry"         // connect again now, with full jitter
	ActionRetryAfter   Action = "retry_after"   // wait what the answer says, then again
	ActionRefreshToken Action = "refresh_token" // get a new token, then connect again
	ActionSignIn       Action = "sign_in"       // a person has to sign in again
	ActionStop         Action = "stop"          // the client's own fault; again would end the same
)

// The codes. What each means stands in [Table].
const (
	Internal             Code = "internal"
	Invalid              Code = "invalid"
	NotFound             Code = "not_found"
	MethodNotAllowed     Code = "method_not_allowed"
	TooLarge             Code = "too_large"
	Timeout              Code = "timeout"
	Unavailable          Code = "unavailable"
	Conflict             Code = "conflict"
	Forbidden            Code = "forbidden"
	ForeignOrigin        Code = "foreign_origin"
	LoopbackOnly         Code = "loopback_only"
	UnknownFeed          Code = "unknown_feed"
	UnknownType          Code = "unknown_type"
	TooManySubscriptions Code = "too_many_subscriptions"
	BadFrame             Code = "bad_frame"
	NotText              Code = "not_text"
	BadUTF8              Code = "bad_utf8"
	FrameTooBig          Code = "frame_too_big"
	TooManyFrames        Code = "too_many_frames"
	AuthRequired         Code = "auth_required"
	TokenInvalid         Code = "token_invalid"
	TokenExpired         Code = "token_expired"
	Revoked              Code = "revoked"
	Silent               Code = "silent"
	Stalled              Code = "stalled"
	Restarting           Code = "restarting"
	GoingAway            Code = "going_away"
	Overloaded           Code = "overloaded"
	SignedOut            Code = "signed_out"
	RightsChanged        Code = "rights_changed"
	BadCredentials       Code = "bad_credentials"
	NotApproved          Code = "not_approved"
	Rejected             Code = "rejected"
	TooManyRequests      Code = "too_many_requests"
	PreconditionFailed   Code = "precondition_failed"
	KeyReused            Code = "key_reused"
	Gone                 Code = "gone"
	UnsupportedMedia     Code = "unsupported_media"
	NotAcceptable        Code = "not_acceptable"
)

// A Row says everything about one code.
type Row struct {
	Code    Code   `json:"code"`
	HTTP    int    `json:"http,omitempty"`  // status on REST and at the handshake; 0: never seen there
	Close   int    `json:"close,omitempty"` // WebSocket close code; 0: an error frame, the connection stays
	Action  Action `json:"action"`
	Meaning string `json:"meaning"`
}

// Table holds every code once. The protocol's document prints the same rows;
// a test holds the two together.
var Table = []Row{
	{Internal, 500, 1011, ActionRetry, "WeER failed; the cause is in its log"},
	{Invalid, 422, 0, ActionNone, "a field is missing, unknown or has an impossible value; the error names it"},
	{NotFound, 404, 0, ActionNone, "there is no such thing"},
	{MethodNotAllowed, 405, 0, ActionNone, "this method is not offered here"},
	{TooLarge, 413, 0, ActionStop, "the request is larger than allowed"},
	{Timeout, 504, 0, ActionRetry, "the deadline passed before an answer was ready"},
	{Unavailable, 503, 0, ActionRetryAfter, "this node cannot do that now"},
	{Conflict, 409, 0, ActionNone, "the state no longer allows it"},
	{Forbidden, 403, 0, ActionNone, "this account may not do that"},
	{ForeignOrigin, 403, 0, ActionStop, "the page's Origin is not on the list of this server"},
	{LoopbackOnly, 403, 0, ActionStop, "offered to programs on the same machine only"},
	{UnknownFeed, 404, 0, ActionNone, "no feed of that name exists"},
	{UnknownType, 0, 0, ActionNone, "the frame's type is not one of weer.v1"},
	{TooManySubscriptions, 429, 0, ActionNone, "the connection follows as many feeds as it may"},
	{BadFrame, 400, 4400, ActionStop, "the frame is not a JSON object"},
	{NotText, 0, 1003, ActionStop, "frames are JSON text, never binary"},
	{BadUTF8, 0, 1007, ActionStop, "the text is not UTF-8"},
	{FrameTooBig, 0, 1009, ActionStop, "the frame is larger than welcome's limit (1 KB before it)"},
	{TooManyFrames, 429, 4429, ActionRetryAfter, "more frames than the limit in welcome"},
	{AuthRequired, 401, 4401, ActionRetry, "the first frame must be auth, within five seconds; a slow network may have delayed it"},
	{TokenInvalid, 401, 4402, ActionSignIn, "the token is not one of this server's"},
	{TokenExpired, 401, 4403, ActionRefreshToken, "the token's time is over"},
	{Revoked, 403, 4404, ActionSignIn, "the account's access was taken back"},
	{Silent, 0, 4408, ActionRetry, "no frame came from the client for too long"},
	{Stalled, 0, 4413, ActionRetry, "the client took no byte for too long"},
	{Restarting, 503, 1012, ActionRetryAfter, "the node is being replaced; bye says how long to wait"},
	{GoingAway, 503, 1001, ActionRetry, "the node stops at once"},
	{Overloaded, 503, 1013, ActionRetryAfter, "too many connections wait to sign in"},
	{SignedOut, 401, 4405, ActionSignIn, "the session was ended, here or from another device"},
	{RightsChanged, 401, 4406, ActionRefreshToken, "the account's role, unit or hospital changed since the token was made"},
	{BadCredentials, 401, 0, ActionSignIn, "no account has this login and password"},
	{NotApproved, 403, 0, ActionSignIn, "the account waits for an administrator"},
	{Rejected, 403, 0, ActionSignIn, "an administrator rejected the account"},
	{TooManyRequests, 429, 0, ActionRetryAfter, "too many tries; Retry-After says how long to wait"},
	{PreconditionFailed, 412, 0, ActionNone, "the record is not the version that the request names"},
	{KeyReused, 422, 0, ActionNone, "this Idempotency-Key was used for another command"},
	{Gone, 410, 0, ActionNone, "what was asked for is no longer kept; take a snapshot"},
	{UnsupportedMedia, 415, 0, ActionStop, "a request's body is application/json"},
	{NotAcceptable, 406, 0, ActionStop, "the answer has no form that the request accepts"},
}

var rows = func() map[Code]Row {
	m := make(map[Code]Row, len(Table))
	for _, r := range Table {
		m[r.Code] = r
	}
	return m
}()

// Row returns the code's row, that of [Internal] when the table has none.
func (c Code) Row() Row {
	if r, ok := rows[c]; ok {
		return r
	}
	return rows[Internal]
}

// ByClose returns the row of a WebSocket close code.
func ByClose(status int) (Row, bool) {
	for _, r := range Table {
		if r.Close == status && status != 0 {
			return r, true
		}
	}
	return Row{}, false
}

// An Error is a failure that its receiver can act on.
type Error struct {
	Code    Code
	Message string  // for people; says what to do; holds no secret and no clinical data
	Field   string  // the input's field, in the input's own spelling; "" when it is none
	Fields  []Field // when more than one is wrong: all of them, the first of which is Field
	// RetryAfter is how long to wait before asking again, where the code's action
	// is ActionRetryAfter; 0 leaves it to who answers.
	RetryAfter time.Duration
	Cause      error // for the log; never sent
}

// A Field is one of several inputs that are wrong.
type Field struct {
	Name    string `json:"field"`
	Message string `json:"detail"`
}

// New makes an Error. The message follows fmt.Sprintf.
func New(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Bad makes an [Invalid] error that names a field.
func Bad(field, format string, args ...any) *Error {
	return &Error{Code: Invalid, Field: field, Message: fmt.Sprintf(format, args...)}
}

// All makes one [Invalid] error of everything that is wrong, so that a person
// corrects it at once. nil errors are passed over; nil when all are. An error
// that is not about a field is returned as it is, alone: it is worse.
func All(errs ...error) error {
	var fields []Field
	for _, err := range errs {
		var e *Error
		switch {
		case err == nil:
			continue
		case !errors.As(err, &e) || e.Code != Invalid || e.Field == "":
			return err
		case len(e.Fields) > 0:
			fields = append(fields, e.Fields...)
		default:
			fields = append(fields, Field{e.Field, e.Message})
		}
	}
	switch len(fields) {
	case 0:
		return nil
	case 1:
		return &Error{Code: Invalid, Field: fields[0].Name, Message: fields[0].Message}
	}
	return &Error{Code: Invalid, Field: fields[0].Name, Fields: fields, Message: fmt.Sprintf("%d fields are wrong", len(fields))}
}

// Renamed is an error whose fields are spelled as the input has them that they
// came in: what is checked as one thing may be a part of another. Anything else
// is returned as it is.
func Renamed(err error, spell func(field string) string) error {
	var e *Error
	if !errors.As(err, &e) || e.Field == "" {
		return err
	}
	as := *e
	as.Field, as.Fields = spell(e.Field), slices.Clone(e.Fields)
	for i, f := range as.Fields {
		as.Fields[i].Name = spell(f.Name)
	}
	return &as
}

// Wrap makes an Error around a cause that only the log sees.
func Wrap(code Code, cause error, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...), Cause: cause}
}

func (e *Error) Error() string {
	s := string(e.Code) + ": " + e.Message
	if e.Field != "" {
		s += " (" + e.Field + ")"
	}
	for _, f := range e.Fields {
		s += "; " + f.Name + ": " + f.Message
	}
	if e.Cause != nil {
		s += ": " + e.Cause.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Public returns what may leave the process: err itself without its cause when
// it is an Error, else a bare [Internal].
func Public(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return &Error{Code: e.Code, Message: e.Message, Field: e.Field, Fields: e.Fields, RetryAfter: e.RetryAfter}
	}
	return New(Internal, "something went wrong on our side; try again")
}

// Is reports whether err carries the code.
func Is(err error, code Code) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == code
}
