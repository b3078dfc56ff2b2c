package model

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"weer/model/fault"
)

// A code that was misheard in one digit, or with two neighbours swapped, is
// heard to be wrong.
func TestCaseCodesAreHeardRight(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		code := []byte(Case{ID: rapid.StringMatching(`[0-9a-f-]{36}`).Draw(t, "id")}.Code())
		if !CheckCaseCode(string(code)) {
			t.Fatalf("%s is not a code", code)
		}
		i, digit := rapid.IntRange(0, 4).Draw(t, "at"), rapid.ByteRange('0', '9').Draw(t, "digit")
		wrong := append([]byte{}, code...)
		if wrong[i] = digit; CheckCaseCode(string(wrong)) != (code[i] == digit) {
			t.Fatalf("%s for %s", wrong, code)
		}
		if i < 4 {
			swapped := append([]byte{}, code...)
			swapped[i], swapped[i+1] = code[i+1], code[i]
			if CheckCaseCode(string(swapped)) != (code[i] == code[i+1]) {
				t.Fatalf("%s for %s", swapped, code)
			}
		}
	})
	for _, bad := range []string{"", "1234", "123456", "1234a", "١٢٣٤٥"} {
		if CheckCaseCode(bad) {
			t.Errorf("%q is a code", bad)
		}
	}
}

// Codes of cases that are opened one after the other differ by ear, mostly.
func TestCaseCodesSpread(t *testing.T) {
	seen := map[string]bool{}
	for i := range 200 {
		seen[Case{ID: "01a21846-15c6-76b1-80d1-cc775a4654" + string(rune('a'+i%26)) + string(rune('0'+i/26))}.Code()] = true
	}
	if len(seen) < 150 {
		t.Errorf("200 cases have %d codes", len(seen))
	}
}

// A decision on an older condition is refused, and hears which parts of it have
// changed, never what they are now. Who takes the patient is no part of it.
func TestAnOlderConditionIsRefusedWithWhatChanged(t *testing.T) {
	every := []string{"age_band", "category", "clinical", "kind", "ktas", "sex"}
	for name, c := range map[string]struct {
		version uint64
		changed map[string]uint64
		seen    uint64
		want    []string
	}{
		"the newest":                              {1, nil, 1, nil},
		"one that is to come":                     {1, nil, 2, []string{}},
		"before a change":                         {2, map[string]uint64{"ktas": 2}, 1, []string{"ktas"}},
		"at the change":                           {2, map[string]uint64{"ktas": 2}, 2, nil},
		"between two changes":                     {3, map[string]uint64{"ktas": 2, "sex": 3}, 2, []string{"sex"}},
		"before both":                             {3, map[string]uint64{"ktas": 2, "sex": 3}, 1, []string{"ktas", "sex"}},
		"only a winner came":                      {2, map[string]uint64{"winner": 2}, 1, nil},
		"a winner after a change":                 {3, map[string]uint64{"clinical": 2, "winner": 3}, 1, []string{"clinical"}},
		"of a case from before parts were named":  {5, nil, 4, every},
		"the newest of such a case":               {5, nil, 5, nil},
		"of one that an older node changed since": {4, map[string]uint64{"ktas": 2, "winner": 3}, 3, every},
	} {
		err := Case{Version: c.version, Changed: c.changed}.sameSince(c.seen, "case_version")
		if c.want == nil {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if told := fault.Public(err); told.Code != fault.PreconditionFailed || told.Field != "case_version" || !slices.Equal(named(err), c.want) && len(c.want) > 0 {
			t.Errorf("%s: %+v, want %v", name, told, c.want)
		}
	}
	old := Case{Version: 5}
	old.touched(Moment{}, "winner")
	if err := old.sameSince(4, "case_version"); !slices.Equal(named(err), every) {
		t.Errorf("a winner hides what changed before it: %v", err)
	}
	if err := old.sameSince(5, "case_version"); err != nil {
		t.Errorf("a winner is called a change of the condition: %v", err)
	}
}
