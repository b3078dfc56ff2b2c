package store

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"weer/model"
	"weer/model/feed"
)

// Readings and declarations are JSON in the rows. A nationwide read has some
// thirty thousand of them, more than the standard decoder takes in the time
// there is; so what its encoder writes is read by the few lines below, and
// whatever they do not know goes to the decoder.

func parseReadings(text string) (model.Readings, error) {
	if readings, ok := scanReadings(text); ok {
		return readings, nil
	}
	var readings model.Readings
	err := json.Unmarshal([]byte(text), &readings)
	return readings, err
}

func scanReadings(text string) (model.Readings, bool) {
	if text == "{}" {
		return nil, true
	}
	readings := make(model.Readings, strings.Count(text, ":{"))
	return readings, scanMembers(text, func(s *scanner, name string) {
		item, known := model.ItemByCode(name)
		s.failed = s.failed || !known
		readings[item.Code] = s.reading() // the item's own code: the text need not stay
	})
}

func parseDeclarations(text string) (model.Declarations, error) {
	if declarations, ok := scanDeclarations(text); ok {
		return declarations, nil
	}
	var declarations model.Declarations
	err := json.Unmarshal([]byte(text), &declarations)
	return declarations, err
}

func scanDeclarations(text string) (model.Declarations, bool) {
	declarations := make(model.Declarations, strings.Count(text, ":{"))
	return declarations, scanMembers(text, func(s *scanner, name string) {
		disease, known := model.DiseaseByCode(name)
		s.failed = s.failed || !known
		declarations[disease.Code] = s.declaration()
	})
}

// scanMembers goes through the members of an object that has some.
func scanMembers(text string, member func(s *scanner, name string)) (ok bool) {
	s := scanner{rest: text}
	s.must("{")
	for !s.failed {
		name := s.quoted()
		s.must(":")
		member(&s, name)
		if !s.has(",") {
			break
		}
	}
	s.must("}")
	return !s.failed && s.rest == ""
}

// A scanner goes through a text once, and fails where it does not know it.
type scanner struct {
	rest   string
	failed bool
}

func (s *scanner) has(token string) (ok bool) {
	s.rest, ok = strings.CutPrefix(s.rest, token)
	return ok
}

func (s *scanner) must(token string) { s.failed = !s.has(token) || s.failed }

// quoted is what stands between two quotes, without any escape in it.
func (s *scanner) quoted() string {
	s.must(`"`)
	text, rest, closed := strings.Cut(s.rest, `"`)
	special := strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == '\\' || r == utf8.RuneError })
	s.rest, s.failed = rest, s.failed || !closed || special
	return text
}

func (s *scanner) reading() (r model.Reading) {
	s.must(`{"state":`)
	r.State = s.state()
	switch {
	case r.State == model.Known:
		s.must(`,"value":`)
		r.Value = s.number()
	case s.has(`,"raw":`):
		r.Value = s.number()
	}
	if s.has(`,"total":`) {
		r.Total, r.HasTotal = s.number(), true
	}
	s.must("}")
	return r
}

func (s *scanner) state() model.ReadingState {
	switch text := s.quoted(); model.ReadingState(text) {
	case model.Known:
		return model.Known
	case model.Unknown:
		return model.Unknown
	case model.NotReported:
		return model.NotReported
	case model.NotOffered:
		return model.NotOffered
	}
	s.failed = true
	return ""
}

// number reads a number as the encoder writes it.
func (s *scanner) number() int {
	end := 0
	for end < len(s.rest) && (s.rest[end] == '-' || s.rest[end] >= '0' && s.rest[end] <= '9') {
		end++
	}
	text := s.rest[:end]
	n, err := strconv.Atoi(text)
	s.rest, s.failed = s.rest[end:], s.failed || err != nil || strconv.Itoa(n) != text
	return n
}

func (s *scanner) declaration() (d model.Declaration) {
	s.must(`{"state":`)
	switch text := s.quoted(); model.Acceptance(text) {
	case model.Accepts:
		d.State = model.Accepts
	case model.Refuses:
		d.State = model.Refuses
	case model.AcceptanceNotStated:
		d.State = model.AcceptanceNotStated
	default:
		s.failed = true
	}
	if s.has(`,"note":`) {
		d.Note = strings.Clone(s.quoted())
	}
	s.must(`,"since":`)
	d.Since = s.time()
	s.must("}")
	return d
}

// time reads a moment as feed.Time writes it.
func (s *scanner) time() feed.Time {
	at, err := time.Parse(time.RFC3339, s.quoted())
	s.failed = s.failed || err != nil
	return feed.At(at)
}
