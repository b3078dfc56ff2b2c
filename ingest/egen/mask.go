package egen

import (
	"errors"
	"net/url"
	"regexp"
	"strings"
	"unicode"
)

const (
	masked  = "***"
	maxBody = 200 // characters of an answer that an error may show
)

var (
	keyParam = regexp.MustCompile(`(?i)(servicekey(?:=|%3D))[^&\s"'<>]*`)
	address  = regexp.MustCompile(`(?i)https?://[^\s"'<>]*`)
	rowsOn   = regexp.MustCompile(`(?is)[<"]items?\b.*`)
)

// A mask takes the key out of texts, in each spelling that a URL can give it,
// and addresses with it: they have the key in them.
type mask struct{ key *regexp.Regexp }

func newMask(key string) mask {
	var spellings []string
	for _, s := range []string{url.QueryEscape(url.QueryEscape(key)), url.QueryEscape(key), url.PathEscape(key), key} {
		spellings = append(spellings, regexp.QuoteMeta(s))
	}
	return mask{regexp.MustCompile("(?i)" + strings.Join(spellings, "|"))}
}

func (m mask) text(s string) string {
	s = m.key.ReplaceAllString(s, masked)
	s = keyParam.ReplaceAllString(s, "${1}"+masked)
	return address.ReplaceAllString(s, "(address)")
}

// excerpt is the beginning of an answer, fit for one line of a log. The key is
// masked before the text is cut, so no half of it is left over. Rows are not
// shown: an answer that was cut has the duty doctors in them.
func (m mask) excerpt(body []byte) string {
	s := strings.ToValidUTF8(string(body[:min(len(body), rejection)]), "?")
	s = rowsOn.ReplaceAllString(s, "(rows)")
	s = strings.Join(strings.FieldsFunc(m.text(s), func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }), " ")
	if runes := []rune(s); len(runes) > maxBody {
		s = string(runes[:maxBody])
	}
	return s
}

// A hidden error is known for what it is ([errors.Is]) but shows only a masked
// text and does not hand out what it wraps.
type hidden struct {
	text string
	err  error
}

func (m mask) hide(err error) error { return hidden{m.text(err.Error()), err} }

func (h hidden) Error() string        { return h.text }
func (h hidden) Is(target error) bool { return errors.Is(h.err, target) }
