package model

import (
	"context"
	"maps"

	"weer/model/fault"
	"weer/model/feed"
)

// A Word is what a person says of the acceptance of one disease, against what
// the hospital declares to the national service (병원 확인). It stands as a
// [Correction] does: until EndsAt, or until the declaration is another one than
// it was when the person spoke. A declaration has no time of its own, so that a
// poll brings it again is no news, and neither is a poll that began before the
// person spoke.
type Word struct {
	Disease string
	State   Acceptance
	Note    string
	Said    Said      // what was declared when the word was said
	By      string    // the account
	MadeAt  feed.Time // the database's clock
	EndsAt  feed.Time
}

// Said is a declaration without its time. It is comparable.
type Said struct {
	State Acceptance `json:"state"`
	Note  string     `json:"note,omitempty"`
}

// A DeclareCommand is a person's word about one disease at one hospital.
type DeclareCommand struct {
	HospitalID string
	Disease    string
	State      Acceptance // accepts, refuses, or not_reported: nobody can say now
	Note       string
	By         string // the account, where the call names none
}

func (c *DeclareCommand) check() error {
	c.Note = oneLine(c.Note)
	return fault.All(checkHospitalID(c.HospitalID), checkDisease(c.Disease), c.checkState(), c.checkNote(), checkAccount(c.By))
}

func (c *DeclareCommand) checkState() error {
	if c.State != Accepts && c.State != Refuses && c.State != AcceptanceNotStated {
		return fault.Bad("state", "a declaration is accepts, refuses or not_reported")
	}
	return nil
}

func (c *DeclareCommand) checkNote() error {
	if !Printable(c.Note, MaxNote) {
		return fault.Bad("note", "a note has at most %d characters and no control characters", MaxNote)
	}
	return nil
}

func checkDisease(code string) error {
	if _, ok := DiseaseByCode(code); !ok {
		return fault.Bad("disease", "there is no such disease: see the catalogue of diseases")
	}
	return nil
}

// Declare sets a person's word about one disease, instead of one that stood. The
// receipt's result is the word as it stands. NotFound: nobody knows the hospital.
func (s *Service) Declare(ctx context.Context, c DeclareCommand) (Receipt, error) {
	c.By = speaker(ctx, c.By)
	if err := c.check(); err != nil {
		return Receipt{}, err
	}
	var made Word
	return s.command(ctx, order{
		operation: "acceptance.set", hospital: c.HospitalID, detail: c.Disease, right: WriteCapacity,
		decide: func(h Hospital, now feed.Time) (Hospital, bool, error) {
			if !h.mentioned() {
				return h, false, noSuchHospital()
			}
			made = Word{
				Disease: c.Disease, State: c.State, Note: c.Note, Said: h.Declarations.said(c.Disease), By: c.By,
				MadeAt: now, EndsAt: now + CorrectionMS,
			}
			h.Words = with(h.Words, c.Disease, made)
			return h, true, nil
		},
		result: func() any { return made.value(Declaration{State: made.Said.State, Note: made.Said.Note}) },
	})
}

// Undeclare takes a person's word back. One that no longer stands changes nothing.
func (s *Service) Undeclare(ctx context.Context, hospitalID, disease string) (Receipt, error) {
	if err := fault.All(checkHospitalID(hospitalID), checkDisease(disease)); err != nil {
		return Receipt{}, err
	}
	return s.command(ctx, order{
		operation: "acceptance.take_back", hospital: hospitalID, detail: disease, right: WriteCapacity,
		decide: func(h Hospital, _ feed.Time) (Hospital, bool, error) {
			if !h.Known() {
				return h, false, noSuchHospital()
			}
			_, stands := h.Words[disease]
			h.Words = without(h.Words, disease)
			return h, stands, nil
		},
	})
}

// said is what is declared of a disease, as it was heard last: also when its
// source has gone since, so that its coming back alone is no news.
func (d Declarations) said(disease string) Said {
	word, ok := d[disease]
	if !ok {
		return Said{State: AcceptanceNotStated}
	}
	return Said{word.State, word.Note}
}

// spoken are the words that nothing has ended.
func (h Hospital) spoken(now feed.Time) map[string]Word {
	after := maps.Clone(h.Words)
	maps.DeleteFunc(after, func(disease string, w Word) bool {
		return now >= w.EndsAt || !h.gone(SourceAcceptance) && h.Declarations.said(disease) != w.Said
	})
	return after
}

// Acceptance is what a screen is shown: what the hospital declares, with the
// words that stand over it.
func (h Hospital) Acceptance() Declarations {
	if len(h.Words) == 0 {
		return h.declared()
	}
	after := make(Declarations, len(h.Declarations)+len(h.Words))
	maps.Copy(after, h.declared())
	for disease, w := range h.Words {
		after[disease] = Declaration{State: w.State, Note: w.Note, Since: w.MadeAt}
	}
	return after
}

// OwnAcceptance is what the hospital itself declares, whatever people say.
func (h Hospital) OwnAcceptance() Declarations { return h.declared() }

// overheard takes into the words what a poll says that began before they were
// said: the person spoke against that already, whoever came first to the
// database. began is the poll's start; 0 when nobody knows it.
func (h Hospital) overheard(began feed.Time) map[string]Word {
	if began == 0 {
		return h.Words
	}
	after := maps.Clone(h.Words)
	for disease, w := range h.Words {
		if w.MadeAt >= began {
			w.Said = h.Declarations.said(disease)
			after[disease] = w
		}
	}
	return after
}

type wordValue struct {
	Value  Said        `json:"value"`
	Source Declaration `json:"source"` // what the hospital declares
	By     string      `json:"by"`
	At     feed.Time   `json:"at"`
	EndsAt feed.Time   `json:"ends_at"`
}

func (w Word) value(declared Declaration) wordValue {
	return wordValue{Said{w.State, w.Note}, declared, w.By, w.MadeAt, w.EndsAt}
}

// reworded is what people say, with what is declared beside it.
func (h Hospital) reworded() map[string]wordValue {
	values := make(map[string]wordValue, len(h.Words))
	for disease, w := range h.Words {
		declared, ok := h.declared()[disease]
		if !ok {
			declared.State = AcceptanceNotStated
		}
		values[disease] = w.value(declared)
	}
	return values
}
