package model

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"weer/model/fault"
)

// Longest texts of a hospital, in characters.
const (
	MaxName       = 400
	MaxTel        = 200
	MaxAddress    = 400
	MaxDistrict   = 40
	MaxLevel      = 20
	MaxLevelName  = 100
	MaxNote       = 1000
	MaxText       = 2000
	MaxDepartment = 200
	MaxCode       = 20
)

// Printable reports whether s is UTF-8 of at most the given number of
// characters and without control characters, which databases treat differently.
func Printable(s string, most int) bool {
	if !utf8.ValidString(s) || utf8.RuneCountInString(s) > most {
		return false
	}
	return !strings.ContainsFunc(s, unicode.IsControl)
}

// checkText refuses a text that no row can hold, so that one bad row never costs
// its region the others.
func checkText(field, id, s string, most int) error {
	if !Printable(s, most) {
		return fault.Bad(field, "%s: %s is longer than %d characters or has control characters", id, field, most)
	}
	return nil
}

// oneLine trims a text that people typed and writes its line breaks and runs of
// blanks as one blank each. It takes nothing else away.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
