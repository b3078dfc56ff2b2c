package model

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"weer/model/feed"
)

const burn = "severe.burn"

// worded is a hospital whose person said at noon that it takes no burns, when it
// declared that it does.
func worded() Hospital {
	h := Hospital{ID: "A1100001", Missed: map[string]int{SourceAcceptance: 0}, Declarations: Declarations{burn: {State: Accepts, Since: testNoon - testMin}}}
	h.Words = map[string]Word{burn: {Disease: burn, State: Refuses, Said: h.Declarations.said(burn), By: "a", MadeAt: testNoon, EndsAt: testNoon + CorrectionMS}}
	return h.settle(testNoon)
}

func TestHowLongAWordStands(t *testing.T) {
	declares := func(d Declarations) Hospital { h := worded(); h.Declarations = d; return h }
	gone := worded()
	gone.Missed = map[string]int{SourceAcceptance: MissedPolls}
	later := testNoon + testMin
	for name, c := range map[string]struct {
		h      Hospital
		now    feed.Time
		stands bool
	}{
		"at once":                     {worded(), testNoon, true},
		"to the last millisecond":     {worded(), testNoon + CorrectionMS - 1, true},
		"and no longer":               {worded(), testNoon + CorrectionMS, false},
		"declared again":              {declares(Declarations{burn: {State: Accepts, Since: later}}), later, true},
		"declared as the person said": {declares(Declarations{burn: {State: Refuses, Since: later}}), later, false},
		"with another note":           {declares(Declarations{burn: {State: Accepts, Note: "성인", Since: later}}), later, false},
		"no longer declared":          {declares(nil), later, false},
		"another disease":             {declares(Declarations{burn: {State: Accepts}, "severe.delivery": {State: Refuses}}), later, true},
		"the declarations go":         {gone, later, true},
	} {
		h := c.h.settle(c.now)
		if _, stands := h.Words[burn]; stands != c.stands {
			t.Errorf("%s: stands %v", name, stands)
		}
		if c.stands && h.Acceptance()[burn] != (Declaration{State: Refuses, Since: testNoon}) {
			t.Errorf("%s: %+v is shown", name, h.Acceptance())
		}
	}
}

// Whatever is declared, in whatever order: a person's word is shown until its
// end or until something else is declared than when it was said, and after that
// what is declared is.
func TestAWordIsNeverOverwrittenByWhatIsNoNews(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h, now, news := worded(), testNoon, false
		for range rapid.IntRange(1, 12).Draw(t, "polls") {
			now += feed.Time(rapid.IntRange(0, 300).Draw(t, "seconds")) * 1000
			began := now - feed.Time(rapid.SampledFrom([]int{0, 1, 400}).Draw(t, "took"))*1000
			whole := rapid.Bool().Draw(t, "whole")
			var rows []Declared
			if state := rapid.SampledFrom([]Acceptance{Accepts, Accepts, Refuses, ""}).Draw(t, "state"); state != "" {
				rows = []Declared{{HospitalID: h.ID, Declarations: Declarations{burn: {State: state}}}}
			}
			word, stood := h.Words[burn]
			h, _ = hearAcceptance(h, rows, whole, now)
			h.Words = h.overheard(began)
			heard := len(rows) > 0 && rows[0].Declarations[burn].State != word.Said.State
			news = news || heard && began > word.MadeAt
			h = h.settle(now)
			after, stands := h.Words[burn]
			if want := stood && !news && now < testNoon+CorrectionMS; stands != want {
				t.Fatalf("stands %v, want %v: %+v over %+v, begun %d", stands, want, after, h.Declarations, began-testNoon)
			}
			if shown := h.Acceptance()[burn]; stands && shown.State != Refuses || !stands && shown != h.declared()[burn] {
				t.Fatalf("%+v is shown", shown)
			}
		}
	})
}

// Announcements that were made here go by their own end alone; settling again
// changes nothing, and nothing else that a hospital has is touched.
func TestSettlingTakesAwayOnlyWhatIsOver(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := worded()
		ends := feed.Time(rapid.IntRange(-90, 30).Draw(t, "ends in minutes")) * testMin
		source := rapid.SampledFrom([]string{SourceConsole, SourceAnnouncements}).Draw(t, "source")
		h.Announcements = map[string]Announcement{ownID: {ID: ownID, HospitalID: h.ID, Source: source, EndsAt: testNoon + ends, Lifted: rapid.Bool().Draw(t, "lifted")}}
		now := testNoon + feed.Time(rapid.IntRange(0, 29).Draw(t, "minutes"))*testMin
		once := h.settle(now)
		if _, there := once.Announcements[ownID]; there == (source == SourceConsole && now >= testNoon+ends+KeepAnnouncementMS) {
			t.Fatalf("after %d minutes it is there: %v", (now-testNoon-ends)/testMin, there)
		}
		if a, b := fmt.Sprint(once), fmt.Sprint(once.settle(now)); a != b {
			t.Fatalf("%s\n%s", a, b)
		}
		if h.overdue(now) != (len(once.Announcements) == 0) {
			t.Fatal("what settling takes away is what is overdue")
		}
	})
}

// A hospital's card is what its keys say, whatever it is.
func TestACardOfRowsIsACardOfKeys(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := everything()
		for _, source := range []string{SourceBeds, SourceAcceptance, SourceInstitutions} {
			h.Missed = with(h.Missed, source, rapid.IntRange(0, 2).Draw(t, source))
		}
		if rapid.Bool().Draw(t, "no push") {
			h.Observed = without(h.Observed, onePush)
		}
		if rapid.Bool().Draw(t, "no words") {
			h.Words, h.Corrections = nil, nil
		}
		h = h.settle(testNoon + feed.Time(rapid.IntRange(0, 70).Draw(t, "minutes"))*testMin)
		if !h.mentioned() {
			return
		}
		want, err := ReadCard(h.ID, h.Keys())
		if err != nil {
			t.Fatal(err)
		}
		got := h.Card()
		if len(got.Readings) == 0 { // a map that is empty is as good as none
			got.Readings = Readings{}
		}
		if a, b := fmt.Sprintf("%+v", plain(got)), fmt.Sprintf("%+v", plain(want)); a != b {
			t.Fatalf("of rows\n%s\nof keys\n%s", a, b)
		}
	})
}

func plain(c Card) string {
	place := c.Place
	c.Place = nil
	return fmt.Sprintf("%+v at %v", c, place)
}
