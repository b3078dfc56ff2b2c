package model

import (
	"testing"

	"pgregory.net/rapid"
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
