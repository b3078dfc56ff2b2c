package model

import (
	"regexp"
	"strings"
	"unicode"
)

// residentNumber is what a resident registration number (주민등록번호) looks like
// once its text is [plainDigits]: a day of birth, a digit from 1 to 8, and six
// more. The day has to be one, so that few readings and telephone numbers do.
var residentNumber = regexp.MustCompile(`(^|[^0-9])[0-9]{2}-?(0[1-9]|1[0-2])-?(0[1-9]|[12][0-9]|3[01])-?[1-8]-?[0-9]{6}([^0-9]|$)`)

// hasResidentNumber reports whether a text seems to hold such a number, however
// its digits are written and whatever stands between them.
func hasResidentNumber(text string) bool { return residentNumber.MatchString(plainDigits(text)) }

// plainDigits makes every digit of any script an ASCII one, and of everything
// that people put between the parts of a number one hyphen. What cannot be seen
// is left out.
func plainDigits(text string) string {
	var out strings.Builder
	for _, r := range text {
		switch {
		case unicode.Is(unicode.Nd, r):
			out.WriteByte('0' + digitOf(r))
		case unicode.Is(unicode.Cf, r):
		case !unicode.IsSpace(r) && !unicode.Is(unicode.Pd, r) && !strings.ContainsRune(separators, r):
			out.WriteRune(r)
		case !strings.HasSuffix(out.String(), "-"):
			out.WriteByte('-')
		}
	}
	return out.String()
}

// separators are what stands for a hyphen beside dashes and blanks: dots of all
// heights, a minus, and the letters ㅡ and ー, which look like dashes.
const separators = "._/~,:·・‧•．。−ㅡー＿～／，："

// digitOf is the value of a decimal digit: those of a script stand in tens.
func digitOf(r rune) byte {
	for _, t := range unicode.Nd.R16 {
		if rune(t.Lo) <= r && r <= rune(t.Hi) {
			return byte((r - rune(t.Lo)) % 10)
		}
	}
	for _, t := range unicode.Nd.R32 {
		if rune(t.Lo) <= r && r <= rune(t.Hi) {
			return byte((r - rune(t.Lo)) % 10)
		}
	}
	return 0
}
