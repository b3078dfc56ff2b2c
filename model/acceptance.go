package model

import (
	"context"
	"maps"

	"weer/model/fault"
	"weer/model/feed"
)

// An Acceptance is what a hospital declares about a disease. Not reported is
// not a refusal: it is 71 % of all that is declared.
type Acceptance string

// The three states of operation 2.
const (
	Accepts             Acceptance = "accepts"      // Y
	Refuses             Acceptance = "refuses"      // 불가능
	AcceptanceNotStated Acceptance = "not_reported" // 정보미제공
)

// A Declaration is a hospital's word about one disease. The source gives it no
// time, so we say since when we have heard it; it ages by the last complete
// poll that confirmed it ([SourceAcceptance]). It is comparable.
type Declaration struct {
	State Acceptance `json:"state"`
	Note  string     `json:"note,omitempty"` // limits of age or weight, free text
	Since feed.Time  `json:"since"`          // when it was first heard with this state and note, the database's clock
}

// Declarations are a hospital's declarations by disease code. A disease without
// one is not reported and has no note.
type Declarations map[string]Declaration

// Declared is a row of operation 2: everything that one hospital declares.
type Declared struct {
	HospitalID   string
	Declarations Declarations // their Since is not read
}

func (d Declared) hospital() string { return d.HospitalID }

// check leaves out what says nothing: a disease that is not reported, without a
// note, is one that is not there.
func (d Declared) check() (Declared, error) {
	if err := checkHospitalID(d.HospitalID); err != nil {
		return d, err
	}
	kept := make(Declarations, len(d.Declarations))
	for code, word := range d.Declarations {
		if err := word.check(d.HospitalID, code); err != nil {
			return d, err
		}
		word.Note = oneLine(word.Note)
		if word.State != AcceptanceNotStated || word.Note != "" {
			kept[code] = word
		}
	}
	d.Declarations = kept
	return d, nil
}

func (d Declaration) check(id, code string) error {
	if _, ok := DiseaseByCode(code); !ok {
		return fault.Bad("declarations", "%s: there is no disease %.40q", id, code)
	}
	if d.State != Accepts && d.State != Refuses && d.State != AcceptanceNotStated {
		return fault.Bad(code, "%s: %s is accepts, refuses or not_reported, not %.20q", id, code, string(d.State))
	}
	return checkText(code, id, oneLine(d.Note), MaxNote)
}

// RecordAcceptance takes an answer of operation 2 (severe-disease acceptance)
// into the database; see [PollOf] for what is promised of every poll.
func (s *Service) RecordAcceptance(ctx context.Context, runID string, p AcceptancePoll) (Run, error) {
	return record(ctx, s, runID, p, func(h Hospital, rows []Declared, whole bool, now feed.Time) (Hospital, bool) {
		after, moved := hearAcceptance(h, rows, whole, now)
		after.Words = after.overheard(p.StartedAt)
		return after, moved
	})
}

// hearAcceptance takes a hospital's declarations, the last row when there are
// several.
func hearAcceptance(h Hospital, rows []Declared, whole bool, now feed.Time) (Hospital, bool) {
	if len(rows) == 0 {
		return h.silent(SourceAcceptance, whole)
	}
	after, moved := h.declared().hear(now, rows[len(rows)-1].Declarations)
	h, back := h.mention(SourceAcceptance)
	h.Declarations = after
	return h, moved || back
}

// declared is what the hospital declares, nothing once its operation no longer
// mentions it.
func (h Hospital) declared() Declarations {
	if h.gone(SourceAcceptance) {
		return nil
	}
	return h.Declarations
}

// hear takes the declarations of a new poll: what says the same as before keeps
// its since.
func (d Declarations) hear(now feed.Time, heard Declarations) (after Declarations, moved bool) {
	after = make(Declarations, len(heard))
	for code, n := range heard {
		n.Since = now
		if was, ok := d[code]; ok && was.State == n.State && was.Note == n.Note {
			n.Since = was.Since
		}
		after[code] = n
	}
	return after, !maps.Equal(d, after)
}
