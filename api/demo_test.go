package api

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
)

// TestADemoTokenIsForWhomTheBodyNames: each role with what it is responsible
// for, and never one that looks after others.
func TestADemoTokenIsForWhomTheBodyNames(t *testing.T) {
	const unit = "0190d8f0-0000-7000-8000-000000000001"
	o := everything()
	o.DemoToken = func(p model.Principal) (DemoToken, error) {
		return DemoToken{Token: fmt.Sprintf("%s|%s|%s%s%v", p.Subject, p.Role, p.Unit, p.Hospital, p.Regions), ExpiresAt: feed.Time(1)}, nil
	}
	h := serve(t, o)
	for body, want := range map[string]string{
		``:                                      "demo|viewer|[]",
		`{}`:                                    "demo|viewer|[]",
		`{"role":"viewer"}`:                     "demo|viewer|[]",
		`{"role":"crew","unit":"` + unit + `"}`: "demo:crew:" + unit + "|crew|" + unit + "[]",
		`{"role":"hospital","hospital":"A1100017"}`:  "demo:hospital:A1100017|hospital|A1100017[]",
		`{"role":"control","regions":["11","41"]}`:   "demo:control:11,41|control|[11 41]",
		`{"role":"control","regions":["11"]}  `:      "demo:control:11|control|[11]",
		`{"role":"viewer","unit":"","regions":null}`: "demo|viewer|[]",
	} {
		res, answer := h.ask("POST", "/demo/token", body)
		if res.StatusCode != 200 || !strings.Contains(answer, `"token":"`+want+`"`) || res.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %s %s", body, res.Status, answer)
		}
	}
	for body, fields := range map[string][]string{
		`nonsense`:                              {"body"},
		`[]`:                                    {"body"},
		`{} {}`:                                 {"body"},
		`{"sub":"admin"}`:                       {"body"},
		`{"role":"admin"}`:                      {"role"},
		`{"role":"integration"}`:                {"role"},
		`{"role":"crew"}`:                       {"unit"},
		`{"role":"hospital"}`:                   {"hospital"},
		`{"role":"control"}`:                    {"regions"},
		`{"unit":"` + unit + `"}`:               {"unit"},
		`{"role":"crew","unit":"201"}`:          {"unit"},
		`{"role":"hospital","hospital":"../x"}`: {"hospital"},
		`{"role":"control","regions":["11","99"]}`:                        {"regions"},
		`{"role":"crew","unit":"x","hospital":"A1","regions":["11"]}`:     {"unit", "hospital", "regions"},
		`{"role":"viewer","hospital":"A1100017"}`:                         {"hospital"},
		`{"role":"hospital","hospital":"A1100017","unit":"` + unit + `"}`: {"unit"},
	} {
		res, answer := h.ask("POST", "/demo/token", body)
		p := strict(t, res, answer)
		if p.Code != fault.Invalid || !names(p, fields) {
			t.Errorf("%s: %+v, want %v", body, p, fields)
		}
	}
}

// names reports whether a problem tells of exactly these fields.
func names(p Problem, fields []string) bool {
	got := []string{p.Field}
	if len(p.Errors) > 0 {
		got = nil
	}
	for _, e := range p.Errors {
		got = append(got, e.Name)
	}
	return slices.Equal(got, fields)
}
