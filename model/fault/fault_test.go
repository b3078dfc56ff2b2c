package fault

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestTableIsWhole(t *testing.T) {
	codes, closes := map[Code]bool{}, map[int]Code{}
	for _, r := range Table {
		if codes[r.Code] {
			t.Errorf("%s stands twice", r.Code)
		}
		codes[r.Code] = true
		if r.Close != 0 {
			if other, ok := closes[r.Close]; ok {
				t.Errorf("close code %d means %s and %s", r.Close, other, r.Code)
			}
			closes[r.Close] = r.Code
			if back, ok := ByClose(r.Close); !ok || back.Code != r.Code {
				t.Errorf("close code %d leads to %s", r.Close, back.Code)
			}
		}
		if r.Meaning == "" || r.Action == "" {
			t.Errorf("%s says nothing", r.Code)
		}
		if r.Close == 0 && r.HTTP == 0 && r.Code != UnknownType {
			t.Errorf("%s is seen nowhere", r.Code)
		}
	}
	if _, ok := ByClose(0); ok {
		t.Error("0 is no close code")
	}
	if Code("nonsense").Row().Code != Internal {
		t.Error("a code without a row must be internal")
	}
}

func TestFieldsAreSpelledAsTheyCameIn(t *testing.T) {
	within := func(field string) string { return "a." + field }
	one, both := Bad("x", "is wrong"), All(Bad("x", "is wrong"), Bad("y", "is wrong"))
	if got := Public(Renamed(one, within)); got.Field != "a.x" || one.Field != "x" {
		t.Errorf("one: %v of %v", got, one)
	}
	if got := Public(Renamed(both, within)); got.Field != "a.x" || got.Fields[1].Name != "a.y" || Public(both).Fields[1].Name != "y" {
		t.Errorf("both: %v of %v", got, both)
	}
	for _, err := range []error{nil, errors.New("x"), New(NotFound, "none")} {
		if got := Renamed(err, within); got != err {
			t.Errorf("%v became %v", err, got)
		}
	}
}

func TestNothingPrivateLeaves(t *testing.T) {
	secret := errors.New("dial tcp: password=hunter2")
	for name, err := range map[string]error{
		"a foreign error": secret,
		"a wrapped one":   fmt.Errorf("poll: %w", Wrap(Unavailable, secret, "the database does not answer")),
	} {
		public := Public(err)
		if strings.Contains(public.Error(), "hunter2") || public.Unwrap() != nil {
			t.Errorf("%s: %v leaves the process", name, public)
		}
	}
	wrapped := fmt.Errorf("poll: %w", Wrap(Unavailable, secret, "the database does not answer"))
	if Public(wrapped).Code != Unavailable || !Is(wrapped, Unavailable) || !errors.Is(wrapped, secret) {
		t.Error("code or cause was lost on the way")
	}
	if Public(Bad("seq", "too large")).Field != "seq" {
		t.Error("the field was lost")
	}
}
