package model_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
)

const hour = 60 * minute

func uuid(n int) string { return fmt.Sprintf("0197f3a0-0000-7000-8000-%012d", n) }

// closing announces that an emergency room is overcrowded, for an hour from now.
func closing(m *memory, n int) model.AnnounceCommand {
	return model.AnnounceCommand{HospitalID: seoul, ID: uuid(n), Kind: model.AnnouncementER, Reason: model.ReasonOvercrowded, EndsAt: m.now + hour, By: "a.kim"}
}

func (m *memory) make(t *testing.T, c model.AnnounceCommand) model.Receipt {
	t.Helper()
	receipt, err := model.NewService(m, m).Announce(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return receipt
}

func known(t *testing.T) *memory {
	m := newMemory()
	m.take(t, poll(true, beds(seoul, noon, 3)))
	return m
}

func TestAnAnnouncementMadeHereStandsBesideThePolls(t *testing.T) {
	m := known(t)
	m.announce(t, announcements(true, message(seoul, "내과 불가")))
	receipt := m.make(t, closing(m, 1))
	var named struct{ ID, Text string }
	if err := json.Unmarshal(receipt.Result, &named); err != nil || named.ID != uuid(1) || named.Text != "응급실 포화" {
		t.Errorf("%s, %v", receipt.Result, err)
	}
	for range 3 {
		m.announce(t, announcements(true)) // whatever the polls lack
	}
	got := m.messages(seoul)
	own, there := got["응급실 포화"]
	if !there || len(got) != 1 || own.Source != model.SourceConsole || own.Revision != 1 || own.SinceAt == 0 || own.StartsAt != own.SinceAt || !own.Automatic {
		t.Errorf("%+v", got)
	}
	if v, feeds := m.key(seoul, "msg/"+uuid(1)); feeds != "region:11" || !strings.Contains(v, `"source":"console"`) || !strings.Contains(v, `"reason":"overcrowded"`) {
		t.Errorf("%s in %s", v, feeds)
	}
}

func TestAnAnnouncementMadeHereEndsByItself(t *testing.T) {
	m := known(t)
	m.make(t, closing(m, 1))
	for _, step := range []struct {
		later         feed.Time
		active, there bool
	}{{hour - 1, true, true}, {1, false, true}, {hour - 1, false, true}, {1, false, false}} {
		m.now += step.later
		m.expire(t)
		a, there := m.hospitals[seoul].Announcements[uuid(1)]
		if there != step.there || (there && a.ActiveAt(m.now)) != step.active {
			t.Errorf("%d minutes later: %v, %+v", (m.now-noon)/minute, there, a)
		}
	}
}

func TestAnAnnouncementIsChangedAndLifted(t *testing.T) {
	m := known(t)
	s := model.NewService(m, m)
	m.make(t, closing(m, 1))
	later, words := m.now+2*hour, " 전문의\n부재 "
	reason := model.ReasonNoSpecialist
	m.now += minute
	_, err := s.Amend(t.Context(), model.AmendCommand{HospitalID: seoul, ID: uuid(1), Seen: 1, Reason: &reason, Text: &words, EndsAt: &later, By: "b.lee"})
	a := m.hospitals[seoul].Announcements[uuid(1)]
	if err != nil || a.Text != "전문의 부재" || a.Reason != reason || a.EndsAt != later || a.Revision != 2 || a.By != "b.lee" || a.SinceAt == m.now {
		t.Errorf("%+v, %v", a, err)
	}
	if _, err := s.Lift(t.Context(), model.AmendCommand{HospitalID: seoul, ID: uuid(1), Seen: 1, By: "c"}); !fault.Is(err, fault.PreconditionFailed) {
		t.Errorf("who saw an older one lifts it: %v", err)
	}
	m.now += minute
	if _, err := s.Lift(t.Context(), model.AmendCommand{HospitalID: seoul, ID: uuid(1), By: "c"}); err != nil {
		t.Fatal(err)
	}
	if a = m.hospitals[seoul].Announcements[uuid(1)]; !a.Lifted || a.EndsAt != m.now || a.ActiveAt(m.now) || a.Revision != 3 {
		t.Errorf("%+v", a)
	}
	for name, change := range map[string]func() (model.Receipt, error){
		"lifted again": func() (model.Receipt, error) {
			return s.Lift(t.Context(), model.AmendCommand{HospitalID: seoul, ID: uuid(1), By: "c"})
		},
		"changed": func() (model.Receipt, error) {
			return s.Amend(t.Context(), model.AmendCommand{HospitalID: seoul, ID: uuid(1), EndsAt: &later, By: "c"})
		},
	} {
		if _, err := change(); !fault.Is(err, fault.Conflict) {
			t.Errorf("what is over is %s: %v", name, err)
		}
	}
}

func TestAChangeThatSaysTheSameMovesNothing(t *testing.T) {
	m := known(t)
	m.make(t, closing(m, 1))
	hints, same := len(m.hints), m.hospitals[seoul].Announcements[uuid(1)].Text
	if _, err := model.NewService(m, m).Amend(t.Context(), model.AmendCommand{HospitalID: seoul, ID: uuid(1), Text: &same, By: "b"}); err != nil {
		t.Fatal(err)
	}
	if a := m.hospitals[seoul].Announcements[uuid(1)]; a.Revision != 1 || a.By != "a.kim" || len(m.hints) != hints {
		t.Errorf("%+v, %d hints", a, len(m.hints)-hints)
	}
}

func TestOnlyWhatWasMadeHereIsChangedHere(t *testing.T) {
	m := known(t)
	m.announce(t, announcements(true, message(seoul, "불가")))
	id := m.messages(seoul)["불가"].ID
	for name, c := range map[string]struct {
		cmd  model.AmendCommand
		want fault.Code
	}{
		"E-Gen's":           {model.AmendCommand{HospitalID: seoul, ID: id, By: "a"}, fault.Conflict},
		"none":              {model.AmendCommand{HospitalID: seoul, ID: uuid(9), By: "a"}, fault.NotFound},
		"of no hospital":    {model.AmendCommand{HospitalID: busan, ID: id, By: "a"}, fault.NotFound},
		"of an impossible":  {model.AmendCommand{HospitalID: "x", ID: id, By: "a"}, fault.Invalid},
		"changed by nobody": {model.AmendCommand{HospitalID: seoul, ID: id}, fault.Invalid},
	} {
		if _, err := model.NewService(m, m).Lift(t.Context(), c.cmd); !fault.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAnAnnouncementThatNobodyCanMean(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*model.AnnounceCommand)
		field string
	}{
		"no hospital id":           {func(c *model.AnnounceCommand) { c.HospitalID = "x" }, "hpid"},
		"no id":                    {func(c *model.AnnounceCommand) { c.ID = "1" }, "id"},
		"no kind":                  {func(c *model.AnnounceCommand) { c.Kind = "" }, "kind"},
		"no reason":                {func(c *model.AnnounceCommand) { c.Reason = "" }, "reason text"},
		"a reason of no table":     {func(c *model.AnnounceCommand) { c.Reason, c.Text = "boredom", "x" }, "reason"},
		"severe, but what":         {func(c *model.AnnounceCommand) { c.Kind = model.AnnouncementSevere }, "disease"},
		"severe, but what is that": {func(c *model.AnnounceCommand) { c.Kind, c.Disease = model.AnnouncementSevere, "hiccups" }, "disease"},
		"a disease of the room":    {func(c *model.AnnounceCommand) { c.Disease = mi }, "disease"},
		"an endless text":          {func(c *model.AnnounceCommand) { c.Text = strings.Repeat("가", model.MaxText+1) }, "text"},
		"a bell":                   {func(c *model.AnnounceCommand) { c.Text = "\a" }, "text"},
		"nobody":                   {func(c *model.AnnounceCommand) { c.By = "" }, "by"},
		"no end":                   {func(c *model.AnnounceCommand) { c.EndsAt = 0 }, "ends_at"},
		"an end that is past":      {func(c *model.AnnounceCommand) { c.StartsAt, c.EndsAt = c.EndsAt-3*hour, c.EndsAt-hour }, "ends_at"},
		"an end before its start":  {func(c *model.AnnounceCommand) { c.StartsAt = c.EndsAt + 1 }, "ends_at"},
		"eight days":               {func(c *model.AnnounceCommand) { c.EndsAt += 8 * 24 * hour }, "ends_at"},
		"next month":               {func(c *model.AnnounceCommand) { c.StartsAt, c.EndsAt = c.EndsAt+30*24*hour, c.EndsAt+31*24*hour }, "starts_at"},
	} {
		m := known(t)
		cmd := closing(m, 1)
		c.spoil(&cmd)
		if got := badFields(model.NewService(m, m).Announce(t.Context(), cmd)); got != strings.TrimSuffix(c.field, " text") {
			t.Errorf("%s: %q, want %q", name, got, c.field)
		}
		if len(m.hospitals[seoul].Announcements) != 0 {
			t.Errorf("%s: it is kept", name)
		}
	}
	m := known(t)
	cmd := closing(m, 1)
	cmd.Kind, cmd.Disease, cmd.Text, cmd.StartsAt = model.AnnouncementSevere, mi, "야간만", m.now+minute
	m.make(t, cmd)
	if _, err := model.NewService(m, m).Announce(t.Context(), cmd); !fault.Is(err, fault.Conflict) {
		t.Errorf("an id that is taken: %v", err)
	}
	cmd.HospitalID = busan
	if _, err := model.NewService(m, m).Announce(t.Context(), cmd); !fault.Is(err, fault.NotFound) || len(m.hospitals) != 1 {
		t.Errorf("%v, %d hospitals", err, len(m.hospitals))
	}
}

func TestReasonsAreNamed(t *testing.T) {
	seen := map[model.AnnouncementReason]bool{}
	for _, r := range model.Reasons {
		if r.Korean == "" || r.English == "" || seen[r.Code] {
			t.Errorf("%+v", r)
		}
		seen[r.Code] = true
		if got, ok := model.ReasonByCode(r.Code); !ok || got != r {
			t.Errorf("%s is found as %+v", r.Code, got)
		}
	}
}

// Whatever polls come between what people do: what was made here is there until
// its end has been over for an hour, and in force as a plain model says.
func TestAnyPollsLeaveWhatWasMadeHere(t *testing.T) {
	type own struct {
		ends   feed.Time
		lifted bool
	}
	rapid.Check(t, func(rt *rapid.T) {
		m := newMemory()
		s := model.NewService(m, m)
		if _, err := s.RecordPoll(t.Context(), "r", poll(true, beds(seoul, noon, 3))); err != nil {
			rt.Fatal(err)
		}
		want := map[string]own{}
		for n := range rapid.IntRange(1, 25).Draw(rt, "steps") {
			m.now += feed.Time(rapid.IntRange(1, 30).Draw(rt, "minutes")) * minute
			var err error
			switch rapid.SampledFrom([]string{"make", "lift", "longer", "poll", "expire"}).Draw(rt, "what") {
			case "make":
				ends := m.now + feed.Time(rapid.IntRange(1, 90).Draw(rt, "lasts"))*minute
				cmd := closing(m, n)
				cmd.EndsAt = ends
				_, err = s.Announce(t.Context(), cmd)
				want[cmd.ID] = own{ends: ends}
			case "lift":
				for id, w := range want {
					if !w.lifted && w.ends > m.now {
						_, err = s.Lift(t.Context(), model.AmendCommand{HospitalID: seoul, ID: id, By: "a"})
						want[id] = own{m.now, true}
					}
				}
			case "longer":
				for id, w := range want {
					if !w.lifted && w.ends > m.now {
						w.ends += hour
						_, err = s.Amend(t.Context(), model.AmendCommand{HospitalID: seoul, ID: id, EndsAt: &w.ends, By: "a"})
						want[id] = w
					}
				}
			case "poll":
				p := announcements(rapid.Bool().Draw(rt, "complete"))
				if rapid.Bool().Draw(rt, "has") {
					p.Rows = append(p.Rows, message(seoul, "E-Gen"))
				}
				_, err = s.RecordAnnouncements(t.Context(), "r", p)
			case "expire":
				_, err = s.EndOverdue(t.Context())
			}
			if err != nil {
				rt.Fatal(err)
			}
			if _, err := s.EndOverdue(t.Context()); err != nil {
				rt.Fatal(err)
			}
			for id, w := range want {
				a, there := m.hospitals[seoul].Announcements[id]
				if there != (m.now < w.ends+hour) || there && a.ActiveAt(m.now) != (!w.lifted && m.now < w.ends) {
					rt.Fatalf("%s: there %v, %+v; want %+v at %d", id, there, a, w, m.now)
				}
			}
		}
	})
}
