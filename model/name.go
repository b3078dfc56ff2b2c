package model

import (
	"strings"
	"unicode/utf8"
)

// ShortName is a hospital's name as people say it: without the legal person that
// runs it (의료법인 …의료재단, 학교법인 …학원, (의), 재단법인 …). A name of which
// nothing would be left stays as it is.
func ShortName(name string) string {
	whole := oneLine(name)
	if i := strings.IndexByte(whole, '('); i > 0 && strings.Contains(whole[i:], "법인") {
		whole = strings.TrimSpace(whole[:i])
	}
	rest, legal := cutLegalForm(whole)
	short := unbracketed(cutOwner(rest, legal))
	if utf8.RuneCountInString(short) < 3 {
		return whole
	}
	return short
}

// legalForms are the legal persons that run hospitals, with the letter that
// stands for each in brackets.
var legalForms = []struct{ name, mark string }{
	{"의료법인", "의"}, {"학교법인", "학"}, {"재단법인", "재"}, {"사단법인", "사"}, {"사회복지법인", "복"},
}

// cutLegalForm takes a legal form from the front of a name, in full or as a
// letter in brackets, of which the first may be missing.
func cutLegalForm(name string) (rest string, found bool) {
	open := strings.TrimPrefix(name, "(")
	for _, f := range legalForms {
		if rest, found = strings.CutPrefix(open, f.name); found {
			return strings.TrimLeft(rest, ") "), true
		}
		if rest, found = strings.CutPrefix(open, f.mark+")"); found {
			return strings.TrimLeft(rest, " "), true
		}
	}
	return name, false
}

// cutOwner takes away what owns the hospital, up to the word that ends it. 재단
// ends an owner also where the legal form is left out.
func cutOwner(name string, legal bool) string {
	ends := []string{"재단"}
	if legal {
		ends = []string{"재단", "학원", "선교회"}
	}
	for _, end := range ends {
		if i := strings.LastIndex(name, end); i >= 0 {
			if rest := strings.TrimSpace(name[i+len(end):]); utf8.RuneCountInString(rest) >= 3 {
				return rest
			}
		}
	}
	return name
}

func unbracketed(name string) string {
	if inner, ok := strings.CutPrefix(name, "("); ok {
		if inner, ok = strings.CutSuffix(inner, ")"); ok && !strings.ContainsAny(inner, "()") {
			return inner
		}
	}
	return name
}

// A nameQuery is what somebody typed to find a hospital.
type nameQuery struct{ whole, short string }

func newNameQuery(typed string) nameQuery {
	return nameQuery{squash(typed), squash(ShortName(typed))}
}

// matches reports whether a name has what was typed in it, blanks and case
// aside, with its legal prefix or without it on either side.
func (q nameQuery) matches(name string) bool {
	name = squash(name)
	return strings.Contains(name, q.whole) || strings.Contains(name, q.short)
}

// squash leaves out what nobody types the same way twice.
func squash(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), "")) }
