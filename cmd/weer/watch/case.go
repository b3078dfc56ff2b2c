package watch

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"weer/model"
	"weer/model/feed"
)

// A leg is a reservation of a case, as its feed holds it.
type leg struct {
	id string
	model.ReservationValue
}

// A patientCase is a case with its legs, the one that counts most first.
type patientCase struct {
	id string
	model.CaseValue
	legs []leg
}

// casesOf makes the cases of a board, or the one with a code: those that go on
// first, then the newer before the older. A value that cannot be read is passed
// over; a leg without its case is nobody's.
func casesOf(board []feed.Entry, code string) (list []patientCase) {
	legs := map[string][]leg{}
	for _, e := range board {
		if id, is := strings.CutPrefix(e.Key, "reservation/"); is {
			l := leg{id: id}
			if json.Unmarshal(e.Value, &l.ReservationValue) == nil {
				legs[l.Case] = append(legs[l.Case], l)
			}
		}
	}
	for _, e := range board {
		id, is := strings.CutPrefix(e.Key, "case/")
		c := patientCase{id: id, legs: legs[id]}
		if is && json.Unmarshal(e.Value, &c.CaseValue) == nil && (code == "" || c.Code == code) {
			slices.SortFunc(c.legs, leg.compare)
			list = append(list, c)
		}
	}
	slices.SortFunc(list, patientCase.compare)
	return list
}

func (c patientCase) compare(other patientCase) int {
	return cmp.Or(
		cmp.Compare(c.closed(), other.closed()),
		-cmp.Compare(max(c.OpenedAt, c.ClosedAt), max(other.OpenedAt, other.ClosedAt)),
		strings.Compare(c.id, other.id))
}

func (c patientCase) closed() int {
	if c.State == model.CaseOpen {
		return 0
	}
	return 1
}

// compare puts what a crew has to know first: a yes, then what is asked, then what
// is over; among equals in the order in which they were asked.
func (l leg) compare(other leg) int {
	return cmp.Or(cmp.Compare(l.place(), other.place()), cmp.Compare(l.AskedAt, other.AskedAt), strings.Compare(l.id, other.id))
}

func (l leg) place() int {
	switch l.State {
	case model.Arrived, model.Approved:
		return 0
	case model.Pending:
		return 1
	}
	return 2
}

// takenBack reports whether the hospital took its yes back.
func (l leg) takenBack() bool {
	return l.State == model.Canceled && (l.End == model.EndWithdrawn || l.End == model.EndUndone)
}

// loud reports whether the crew has yet to say that it saw what became of the leg.
func (l leg) loud() bool {
	return l.ConfirmedAt == 0 && (l.State == model.Approved || l.takenBack())
}

// A count of cases for the line below the head.
type caseTotal struct{ open, asked, coming int }

func totalOfCases(list []patientCase) (t caseTotal) {
	for _, c := range list {
		if c.State != model.CaseOpen {
			continue
		}
		t.open++
		for _, l := range c.legs {
			switch l.State {
			case model.Pending:
				t.asked++
			case model.Approved:
				t.coming++
			}
		}
	}
	return t
}
