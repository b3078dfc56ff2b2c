package sim

import (
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"weer/model/fault"
)

// Scenarios, by name.
const (
	FaultNone         = "none"
	FaultQuota        = "quota"
	FaultKey          = "key"
	FaultTruncated    = "truncated"
	FaultHTML         = "html"
	FaultHalf         = "half"
	FaultShort        = "short"
	FaultSlow         = "slow"
	FaultReset        = "reset"
	FaultError502     = "error502"
	FaultSOAP         = "soap"
	FaultOld          = "old"
	FaultFuture       = "future"
	FaultUnreadable   = "unreadable"
	FaultZeros        = "zeros"
	FaultMaintenance  = "maintenance"
	FaultEmpty        = "empty"
	FaultDuplicates   = "duplicates"
	FaultDropHospital = "drop_hospital"
	FaultPersonal     = "personal"
	FaultCase         = "case"
)

// Personal is in every personal field that the scenario of that name fills: a
// name that must be nowhere afterwards.
const Personal = "김당직"

// A scenario is one way in which answers are wrong. What it leaves nil is right.
type scenario struct {
	name, about string
	gateway     func(Fault, http.ResponseWriter, *http.Request) (done bool) // before the service is asked
	found       func(Fault, []item) []item                                  // what there is
	total       func(int) int                                               // how many are announced
	sent        func([]item) []item                                         // of what was announced
	edit        func(s *Sim, hospital, tag, text string) (string, string)   // one element
	body        func([]byte) []byte
}

var scenarios = []*scenario{
	{name: FaultNone, about: "every answer is right"},
	{name: FaultQuota, about: "the day's calls are used up: HTTP 429 and the gateway's code 22 in turn", gateway: quota},
	{name: FaultKey, about: "the gateway does not know the key: code 30", gateway: says(http.StatusOK, typeXML, reason("SERVICE_KEY_IS_NOT_REGISTERED_ERROR", "30"))},
	{name: FaultTruncated, about: "the document stops after two thirds", body: func(b []byte) []byte { return b[:len(b)*2/3] }},
	{name: FaultHTML, about: "a page for people, with status 200", gateway: says(http.StatusOK, typeHTML, repair)},
	{name: FaultHalf, about: "half of the rows come, all are announced", sent: func(all []item) []item { return all[:len(all)/2] }},
	{name: FaultShort, about: "all rows come, nine in ten are announced", total: func(n int) int { return n * 9 / 10 }},
	{name: FaultSlow, about: "right, but after 30 s", gateway: slowly},
	{name: FaultReset, about: "the connection is cut without an answer", gateway: reset},
	{name: FaultError502, about: "the gateway cannot reach the service", gateway: unreachable},
	{name: FaultSOAP, about: "an error of another protocol, with status 200", gateway: says(http.StatusOK, typeXML, soapError)},
	{name: FaultOld, about: "reports are five years old", edit: reported(func(t time.Time) time.Time { return t.AddDate(-5, 0, 0) })},
	{name: FaultFuture, about: "reports are from an hour ahead", edit: reported(func(t time.Time) time.Time { return t.Add(time.Hour) })},
	{name: FaultUnreadable, about: "times of reports are no times", edit: unreadable},
	{name: FaultZeros, about: "everything that is counted is 0, totals aside", edit: zeros},
	{name: FaultMaintenance, about: "a page for people, with status 503", gateway: says(http.StatusServiceUnavailable, typeHTML, repair)},
	{name: FaultEmpty, about: "no row, none announced", found: func(Fault, []item) []item { return nil }},
	{name: FaultDuplicates, about: "every third row comes twice, and is counted twice", found: twice},
	{name: FaultDropHospital, about: "one hospital is missing and not announced", found: without},
	{name: FaultPersonal, about: "the fields for doctors on duty are filled", edit: personal},
	{name: FaultCase, about: "tags are in any case", edit: anyCase},
}

var scenarioByName = func() map[string]*scenario {
	m := map[string]*scenario{}
	for _, s := range scenarios {
		m[s.name] = s
	}
	return m
}()

// Scenarios are the names of all scenarios.
func Scenarios() (names []string) {
	for _, s := range scenarios {
		names = append(names, s.name)
	}
	return names
}

// A Fault is a scenario with its details.
type Fault struct {
	Mode      string `json:"mode"`                // the scenario's name
	Operation int    `json:"operation,omitempty"` // 1 to 9; 0: all of them
	Count     int    `json:"count,omitempty"`     // so many answers, then none; 0: until another fault is set
	DelayMS   int64  `json:"delay_ms,omitempty"`  // of slow; 0 is 30 s, longer than anyone should wait
	Hospital  string `json:"hospital,omitempty"`  // of drop_hospital; "" is the first

	turn int // how many answers it had before this one
}

// Scenario plays a scenario from now on, in all operations; the error names the
// field "name".
func (s *Sim) Scenario(name string) error {
	if err := known("name", name); err != nil {
		return err
	}
	return s.Fault(Fault{Mode: name})
}

func known(field, name string) error {
	if scenarioByName[name] == nil {
		return fault.Bad(field, "is one of %s", strings.Join(Scenarios(), ", "))
	}
	return nil
}

// Fault sets what is wrong from now on. The error names the field.
func (s *Sim) Fault(f Fault) error {
	if err := known("mode", f.Mode); err != nil {
		return err
	}
	switch {
	case f.Operation < 0 || f.Operation > len(operations):
		return fault.Bad("operation", "is 1 to %d, or 0 for all", len(operations))
	case f.Count < 0:
		return fault.Bad("count", "is 0 (until another fault is set) or more")
	case f.DelayMS < 0:
		return fault.Bad("delay_ms", "is 0 or more")
	case f.Mode == FaultDropHospital && f.Hospital == "":
		f.Hospital = s.institutions[0].id
	case f.Mode == FaultDropHospital:
		if _, err := s.find(f.Hospital); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	f.turn = 0
	s.fault = f
	s.log.Info("scenario", "name", f.Mode, "operation", f.Operation, "count", f.Count)
	return nil
}

// takeFault is the fault of this answer.
func (s *Sim) takeFault(operation int) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.fault
	if f.Operation != 0 && f.Operation != operation {
		return Fault{Mode: FaultNone}
	}
	s.fault.turn++
	switch f.Count {
	case 0:
	case 1:
		s.fault = Fault{Mode: FaultNone}
	default:
		s.fault.Count--
	}
	return f
}

func says(status int, kind, body string) func(Fault, http.ResponseWriter, *http.Request) bool {
	return func(_ Fault, w http.ResponseWriter, _ *http.Request) bool {
		answer(w, status, kind, body)
		return true
	}
}

func reason(words, code string) string { return fmt.Sprintf(gatewayError, words, code) }

// quota is the new gateway's text, then the old one's envelope.
func quota(f Fault, w http.ResponseWriter, r *http.Request) bool {
	if f.turn%2 == 0 {
		return says(http.StatusTooManyRequests, typeText, quotaGone)(f, w, r)
	}
	return says(http.StatusOK, typeXML, reason("LIMITED_NUMBER_OF_SERVICE_REQUESTS_EXCEEDS_ERROR", "22"))(f, w, r)
}

func unreachable(f Fault, w http.ResponseWriter, r *http.Request) bool {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	return says(http.StatusBadGateway, typeText, backDown)(f, w, r)
}

// slowly is done when the caller gave up.
func slowly(f Fault, _ http.ResponseWriter, r *http.Request) bool {
	delay := time.Duration(f.DelayMS) * time.Millisecond
	if delay == 0 {
		delay = 30 * time.Second
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return false
	case <-r.Context().Done():
		return true
	}
}

// reset cuts the connection. A caller in this process has none: it gets a
// status and nothing behind it, though something was announced.
func reset(_ Fault, w http.ResponseWriter, _ *http.Request) bool {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		w.Header().Set("Content-Length", "65536")
		w.WriteHeader(http.StatusOK)
		return true
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // no farewell: RST
	}
	_ = conn.Close()
	return true
}

// twice repeats rows behind their first coming, as parts of the country do
// whose names are found in each other's addresses.
func twice(_ Fault, all []item) (out []item) {
	for i, it := range all {
		out = append(out, it)
		if i%3 == 0 {
			out = append(out, it)
		}
	}
	return out
}

func without(f Fault, all []item) []item {
	return slices.DeleteFunc(all, func(i item) bool { return i.hospital == f.Hospital })
}

const reportTag = "hvidate"

// reported moves the time of each report.
func reported(move func(time.Time) time.Time) func(*Sim, string, string, string) (string, string) {
	return func(_ *Sim, _, tag, text string) (string, string) {
		if tag != reportTag {
			return tag, text
		}
		t, err := time.ParseInLocation("20060102150405", text, kst)
		if err != nil {
			return tag, text
		}
		return tag, stamp(move(t))
	}
}

func unreadable(s *Sim, hospital, tag, text string) (string, string) {
	if tag != reportTag {
		return tag, text
	}
	return tag, one(newDie(s.seed, hospital+tag), []string{
		"2013-10-01 오후1:14:12", "00000000000000", "20261332250000", "2026110212", "-", "null", "정보미제공",
	})
}

var countTags = func() map[string]bool {
	m := map[string]bool{}
	for _, f := range fields {
		m[f.available] = !f.flag
	}
	return m
}()

func zeros(_ *Sim, _, tag, text string) (string, string) {
	if countTags[tag] && text != "" {
		return tag, "0"
	}
	return tag, text
}

func personal(_ *Sim, _, tag, text string) (string, string) {
	switch tag {
	case "hv1", "hv12":
		return tag, Personal + " 010-0000-0000"
	case "hvdnm":
		return tag, Personal
	}
	return tag, text
}

func anyCase(s *Sim, hospital, tag, text string) (string, string) {
	d := newDie(s.seed, hospital+tag)
	return strings.Map(func(c rune) rune {
		if d.chance(.5) {
			return []rune(strings.ToUpper(string(c)))[0]
		}
		return []rune(strings.ToLower(string(c)))[0]
	}, tag), text
}
