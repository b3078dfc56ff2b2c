package model_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"weer/model"
	"weer/model/feed"
)

func message(id, text string) model.Announcement {
	return model.Announcement{HospitalID: id, Kind: model.AnnouncementSevere, Code: "Y0010", Text: text, StartsAt: noon}
}

func announcements(complete bool, rows ...model.Announcement) model.AnnouncementPoll {
	return model.AnnouncementPoll{Source: model.SourceAnnouncements, IntervalMS: 180_000, Complete: complete, Rows: rows}
}

// announce records an answer of operation 9 a second after what came before.
func (m *memory) announce(t *testing.T, p model.AnnouncementPoll) model.Run {
	t.Helper()
	m.now += second
	run, err := model.NewService(m, m).RecordAnnouncements(t.Context(), fmt.Sprint("run", len(m.runs)), p)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// messages are the announcements that a screen holds of a hospital, by text.
func (m *memory) messages(id string) map[string]model.Announcement {
	shown := map[string]model.Announcement{}
	for key, a := range m.hospitals[id].Announcements {
		if v, feeds := m.key(id, "msg/"+key); v != "" && strings.HasPrefix(feeds, "region:") {
			shown[a.Text] = a
		}
	}
	return shown
}

func TestAnAnnouncementIsWhatItSays(t *testing.T) {
	m := newMemory()
	row := message(seoul, "\n ** 심근경색\r\n수용불가 \t(야간)  ")
	row.Department, row.EndsAt, row.Automatic = " 심장내과 ", noon+minute, true
	run := m.announce(t, announcements(true, row, row, message("A9900001", "x")))
	if run.Rows != 3 || run.Changed != 1 || len(run.Rejected) != 1 || !run.Complete {
		t.Errorf("%+v", run)
	}
	if len(m.hospitals[seoul].Announcements) != 1 {
		t.Fatalf("duplicates in one answer are %d", len(m.hospitals[seoul].Announcements))
	}
	for id, a := range m.hospitals[seoul].Announcements {
		want := row
		want.Text, want.Department, want.Disease, want.SinceAt = "** 심근경색 수용불가 (야간)", "심장내과", mi, m.now
		want.Source = model.SourceAnnouncements
		want.ID = want.Identify()
		if a != want || id != want.ID {
			t.Errorf("%+v, want %+v", a, want)
		}
	}
	if v, _ := m.key(seoul, "hospital"); v == "" {
		t.Error("a hospital that only announces does not exist")
	}
}

func TestAnAnnouncementIsTheSameHoweverOftenItComes(t *testing.T) {
	m := newMemory()
	m.announce(t, announcements(true, message(seoul, "불가")))
	since, writes := m.now, m.writes
	if run := m.announce(t, announcements(true, message(seoul, " 불가\n"))); run.Changed != 0 || m.writes != writes {
		t.Errorf("%+v", run)
	}
	lifted := message(seoul, "불가")
	lifted.Lifted = true
	if m.announce(t, announcements(true, lifted)); !m.messages(seoul)["불가"].Lifted || m.messages(seoul)["불가"].SinceAt != since {
		t.Errorf("해제: %+v", m.messages(seoul))
	}
	for _, twins := range [][]model.Announcement{{lifted, message(seoul, "불가")}, {message(seoul, "불가"), lifted}} {
		if m.announce(t, announcements(true, twins...)); m.messages(seoul)["불가"].Lifted {
			t.Error("of two twins the one that lifts counts")
		}
	}
	long := message(seoul, "불가")
	long.EndsAt = noon + minute
	for _, twins := range [][]model.Announcement{{long, message(seoul, "불가")}, {message(seoul, "불가"), long}} {
		if m.announce(t, announcements(true, twins...)); m.messages(seoul)["불가"].EndsAt != 0 {
			t.Error("of two twins the one that ends counts")
		}
	}
	other := message(seoul, "불가")
	other.StartsAt += minute
	if m.announce(t, announcements(true, message(seoul, "불가"), other)); len(m.hospitals[seoul].Announcements) != 2 {
		t.Error("the same words since another moment are another announcement")
	}
}

func TestAnAnnouncementGoesAfterTwoCompletePolls(t *testing.T) {
	m := newMemory()
	both := announcements(true, message(seoul, "하나"), message(seoul, "둘"))
	one := message(seoul, "하나")
	garbled := one
	garbled.Kind = "?"
	m.announce(t, both)
	for i, c := range []struct {
		p     model.AnnouncementPoll
		there bool
	}{
		{announcements(false, one), true}, {announcements(false), true}, {announcements(false), true},
		{announcements(true, one), true}, {announcements(false, one), true}, {both, true},
		{announcements(true, one), true},
		{announcements(true, one, garbled), true}, // what cannot be read may have been this one
		{announcements(true, one), false}, {announcements(true, one), false}, {both, true},
	} {
		m.announce(t, c.p)
		if _, there := m.messages(seoul)["둘"]; there != c.there || len(m.messages(seoul)) == 0 {
			t.Errorf("step %d: %v", i, m.messages(seoul))
		}
	}
	m.announce(t, announcements(true))
	m.announce(t, announcements(true))
	if v, _ := m.key(seoul, "hospital"); v != "" || len(m.hospitals) != 1 {
		t.Errorf("nobody mentions it, and it shows %s", v)
	}
}

func TestAnAnnouncementThatCannotBeKeptIsRejectedAlone(t *testing.T) {
	for name, spoil := range map[string]func(*model.Announcement){
		"no kind":            func(a *model.Announcement) { a.Kind = "" },
		"an endless text":    func(a *model.Announcement) { a.Text = strings.Repeat("가", model.MaxText+1) },
		"a bell":             func(a *model.Announcement) { a.Text = "a\ab" },
		"no UTF-8":           func(a *model.Announcement) { a.Text = "\xff" },
		"an endless ward":    func(a *model.Announcement) { a.Department = strings.Repeat("가", model.MaxDepartment+1) },
		"a code of no table": func(a *model.Announcement) { a.Code = strings.Repeat("Y", model.MaxCode+1) },
	} {
		m := newMemory()
		bad := message(seoul, "text")
		spoil(&bad)
		run := m.announce(t, announcements(true, bad, message(seoul, strings.Repeat("가", model.MaxText)), message(seoul, " \n ")))
		if len(run.Rejected) != 1 || !strings.Contains(run.Rejected[0], seoul) || len(m.hospitals[seoul].Announcements) != 2 {
			t.Errorf("%s: %+v", name, run)
		}
	}
}

// Nothing but white space is taken from a text, and what is left of it is one
// line.
func TestATextIsTrimmedAndNeverEmptied(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.SampledFrom([]rune("가나 \n\r\t*<[F/U]\u00a0"))).Draw(t, "text")
		m := newMemory()
		if _, err := model.NewService(m, m).RecordAnnouncements(t.Context(), "r", announcements(true, message(seoul, text))); err != nil {
			t.Fatal(err)
		}
		bare := func(s string) string {
			return strings.Map(func(r rune) rune {
				if unicode.IsSpace(r) {
					return -1
				}
				return r
			}, s)
		}
		for _, a := range m.hospitals[seoul].Announcements {
			if bare(a.Text) != bare(text) || strings.TrimSpace(a.Text) != a.Text || strings.ContainsAny(a.Text, "\n\r\t") {
				t.Fatalf("%q became %q", text, a.Text)
			}
		}
		if len(m.hospitals[seoul].Announcements) != 1 {
			t.Fatalf("%q is lost", text)
		}
	})
}

// An announcement in force is lifted by a row that says so, or by two complete
// polls without it.
func TestAHalfAnswerNeverLiftsAClosure(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newMemory()
		type closure struct {
			there, lifted bool
			since         feed.Time
			missed        int
		}
		want := map[string]closure{}
		for range rapid.IntRange(1, 20).Draw(t, "polls") {
			m.now += second
			p := announcements(rapid.Bool().Draw(t, "complete"))
			for _, text := range []string{"a", "b", "c"} {
				w := want[text]
				switch rapid.SampledFrom([]string{"absent", "closed", "lifted"}).Draw(t, text) {
				case "absent":
					if p.Complete && w.there {
						w.missed++
						w.there = w.missed < 2
					}
				case "closed", "lifted":
					row := message(seoul, text)
					row.Lifted = rapid.Bool().Draw(t, "lifts")
					p.Rows = append(p.Rows, row)
					if !w.there {
						w.since = m.now
					}
					w = closure{true, row.Lifted, w.since, 0}
				}
				want[text] = w
			}
			if _, err := model.NewService(m, m).RecordAnnouncements(t.Context(), "r", p); err != nil {
				t.Fatal(err)
			}
			for text, w := range want {
				a, there := m.messages(seoul)[text]
				if there != w.there || there && (a.Lifted != w.lifted || a.SinceAt != w.since) {
					t.Fatalf("%s: %+v, want %+v", text, a, w)
				}
			}
		}
	})
}
