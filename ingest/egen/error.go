package egen

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"weer/model/fault"
)

// A Kind says what a caller does about a failure.
type Kind string

// The kinds of failures.
const (
	Transient Kind = "transient" // ask again soon, with back-off
	Quota     Kind = "quota"     // the day's calls are used up: pause until tomorrow, Korea's time
	Operator  Kind = "operator"  // a person must act (key, its term, its addresses); ask again rarely
	Bug       Kind = "bug"       // our request is wrong; ask again rarely
)

// An Error is why there is no usable answer. Neither its text nor what it
// wraps holds the key or a URL.
type Error struct {
	Kind    Kind
	Status  int    // of HTTP; 0 when no answer came
	Message string // for people and for the record of the run
	Body    string // at most 200 characters of the answer on one line, key masked; for the log
	cause   error
}

func (e *Error) Error() string {
	s := fmt.Sprintf("E-Gen (%s): %s", e.Kind, e.Message)
	if e.Body != "" {
		s += fmt.Sprintf(": %q", e.Body)
	}
	return s
}

// Unwrap shows the failure as WeER's one error type.
func (e *Error) Unwrap() error { return fault.Wrap(fault.Unavailable, e.cause, "%s", e.Message) }

// KindOf returns the kind of a failure; one that is not from this package is
// Transient.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Transient
}

// results are the service's result codes. They come with and without leading
// zeros and are compared as numbers.
var results = map[int]struct {
	kind Kind
	text string
}{
	1:  {Transient, "application error"},
	2:  {Transient, "database error"},
	4:  {Transient, "HTTP error"},
	5:  {Transient, "service timed out"},
	10: {Bug, "invalid request parameter"},
	11: {Bug, "a mandatory request parameter is missing"},
	12: {Bug, "no such service"},
	20: {Operator, "service access denied"},
	21: {Operator, "the service key is disabled for now"},
	22: {Quota, "the daily quota is used up"},
	23: {Transient, "too many requests per second"},
	29: {Operator, "this address is on E-Gen's black list"},
	30: {Operator, "the service key is not registered"},
	31: {Operator, "the service key's term is over"},
	32: {Operator, "this address is not registered for the service key"},
	99: {Transient, "unknown error"},
}

// A phrase tells a code by its text. Case, blanks and underscores make no
// difference.
type phrase struct {
	text string
	code int
}

// phrases decide where a code is missing or says less than its text: the
// gateway was seen to answer 99 to a wrong key. The first that is found counts.
var phrases = squeezed([]phrase{
	{"PER SECOND", 23},
	{"초당 서비스 요청제한횟수", 23},
	{"LIMITED NUMBER OF SERVICE REQUESTS EXCEEDS", 22},
	{"QUOTA EXCEEDED", 22},
	{"요청제한횟수 초과", 22},
	{"KEY IS NOT REGISTERED", 30},
	{"등록되지 않은 서비스키", 30},
	{"등록되지 않은 인증키", 30},
	{"DEADLINE HAS EXPIRED", 31},
	{"활용기간 만료", 31},
	{"UNREGISTERED IP", 32},
	{"등록되지 않은 IP", 32},
	{"TEMPORARILY DISABLE", 21},
	{"일시적으로 사용할 수 없는 서비스키", 21},
	{"ACCESS DENIED", 20},
	{"서비스 접근거부", 20},
})

func squeezed(list []phrase) []phrase {
	for i := range list {
		list[i].text = squeeze(list[i].text)
	}
	return list
}

var gaps = strings.NewReplacer(" ", "", "_", "")

func squeeze(s string) string { return strings.ToUpper(gaps.Replace(s)) }

// resultOf finds the code in any of the envelopes that were seen: the
// service's own, the gateway's, its JSON form, a SOAP fault.
var resultOf = regexp.MustCompile(`(?i)(?:resultCode|returnReasonCode|returnCode)(?:\s[^<>]*)?"?\s*[>:]\s*(?:<!\[CDATA\[)?\s*"?\s*([0-9]{1,3})\b`)

// refusal judges an answer that is no success.
func refusal(status int, body []byte) (Kind, string) {
	if code := codeOf(body); code != 0 {
		if r, known := results[code]; known {
			return r.kind, fmt.Sprintf("result code %02d: %s", code, r.text)
		}
		return Transient, fmt.Sprintf("unknown result code %d", code)
	}
	switch {
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return Operator, fmt.Sprintf("HTTP %d: the service key is refused", status)
	case status == http.StatusTooManyRequests, status == http.StatusNotFound, status == http.StatusRequestTimeout,
		status >= 500, status < 400:
		return Transient, fmt.Sprintf("HTTP %d without a usable answer (cut, or no XML of this service)", status)
	}
	return Bug, fmt.Sprintf("HTTP %d: the request is refused", status)
}

// codeOf is the result code of an answer; 0 when it says none, or success: then
// what a hospital writes further on must not be taken for a phrase.
func codeOf(body []byte) int {
	head := string(body[:min(len(body), 4<<10)])
	said := resultOf.FindStringSubmatch(head)
	code := 0
	if said != nil {
		if code, _ = strconv.Atoi(said[1]); code == 0 {
			return 0
		}
	}
	plain := squeeze(head)
	for _, p := range phrases {
		if strings.Contains(plain, p.text) {
			return p.code
		}
	}
	return code
}
