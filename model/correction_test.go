package model_test

import (
	"strings"
	"testing"

	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
)

func (m *memory) correct(t *testing.T, id string, free int) model.Correction {
	t.Helper()
	m.now += second
	_, err := model.NewService(m, m).Correct(t.Context(), model.CorrectCommand{
		HospitalID: id, Item: "er.general", Value: model.Reading{State: model.Known, Value: free}, By: "a.kim"})
	if err != nil {
		t.Fatal(err)
	}
	return m.hospitals[id].Corrections["er.general"]
}

func (m *memory) expire(t *testing.T) int {
	t.Helper()
	n, err := model.NewService(m, m).EndOverdue(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestACorrectionStandsUntilTheNumberMoves(t *testing.T) {
	m := newMemory()
	m.take(t, poll(true, beds(seoul, noon, 3)))
	c := m.correct(t, seoul, 0)
	if c.MadeAt != m.now || c.EndsAt != m.now+30*minute || c.Said[model.SourceBeds].Value != 3 {
		t.Errorf("%+v", c)
	}
	for _, step := range []struct {
		o      model.Observation
		stands bool
	}{
		{beds(seoul, c.MadeAt+minute, 3), true},
		{beds(seoul, c.MadeAt-minute, 9), true}, // an older answer comes late
		{beds(seoul, c.MadeAt+2*minute, 3), true},
		{beds(seoul, c.MadeAt+3*minute, 2), false},
		{beds(seoul, c.MadeAt+4*minute, 3), false}, // and does not come back
	} {
		m.now += minute
		m.take(t, poll(true, step.o))
		v, _ := m.key(seoul, "corrected")
		if free, _ := m.shows(seoul); (v != "") != step.stands || (free == 0) != step.stands {
			t.Errorf("%+v: %d is shown, %s", step.o, free, v)
		}
		if step.stands && !strings.Contains(v, `"source":{"state":"known","value":3}`) {
			t.Errorf("the source's number is not beside it: %s", v)
		}
	}
}

func TestACorrectionEndsAfterThirtyMinutes(t *testing.T) {
	m := newMemory()
	m.take(t, poll(true, beds(seoul, noon, 3), beds(busan, noon, 4)))
	m.correct(t, seoul, 0)
	m.now += minute
	m.correct(t, busan, 0)
	for _, step := range []struct{ minutes, ended int }{{28, 0}, {1, 1}, {0, 0}, {1, 1}, {60, 0}} {
		m.now += minute * feed.Time(step.minutes)
		if n := m.expire(t); n != step.ended {
			t.Errorf("after %d more minutes %d ended, want %d", step.minutes, n, step.ended)
		}
	}
	if a, _ := m.shows(seoul); a != 3 {
		t.Errorf("%d is shown", a)
	}
	if v, _ := m.key(seoul, "corrected"); v != "" {
		t.Error(v)
	}
	writes := m.writes
	if m.expire(t) != 0 || m.writes != writes {
		t.Error("nothing is overdue, and something is written")
	}
}

func TestEachCorrectionHasItsOwnEnd(t *testing.T) {
	m := newMemory()
	m.take(t, poll(true, beds(seoul, noon, 3)))
	m.correct(t, seoul, 0)
	m.now += minute
	_, err := model.NewService(m, m).Correct(t.Context(), model.CorrectCommand{HospitalID: seoul, Item: "equipment.ct", Value: model.Reading{State: model.Known}, By: "a"})
	if err != nil {
		t.Fatal(err)
	}
	m.now += 29 * minute
	m.expire(t)
	if v, _ := m.key(seoul, "corrected"); strings.Contains(v, "er.general") || !strings.Contains(v, "equipment.ct") {
		t.Error(v)
	}
	m.now += minute
	m.expire(t)
	if v, _ := m.key(seoul, "corrected"); v != "" {
		t.Error(v)
	}
}

func TestEGenThatGoesLeavesAPersonsWord(t *testing.T) {
	m := newMemory()
	m.take(t, poll(true, beds(seoul, noon, 3)))
	m.correct(t, seoul, 1)
	m.take(t, poll(true))
	m.take(t, poll(true))
	v, _ := m.key(seoul, "corrected")
	if free, base := m.shows(seoul); free != 1 || base != "" || m.has(seoul) || !strings.Contains(v, `"source":{"state":"not_reported"}`) {
		t.Errorf("%d by %q, %s", free, base, v)
	}
	m.now += 31 * minute
	m.expire(t)
	if v, _ := m.key(seoul, "hospital"); v != "" {
		t.Errorf("nobody mentions it, and it shows %s", v)
	}
}

func TestACorrectionIsTakenBackOrReplaced(t *testing.T) {
	m := newMemory()
	s := model.NewService(m, m)
	m.take(t, poll(true, beds(seoul, noon, 3)))
	m.correct(t, seoul, 0)
	m.now += minute
	if c := m.correct(t, seoul, 5); m.hospitals[seoul].Corrections["er.general"].EndsAt != c.EndsAt {
		t.Error("the later word does not stand")
	}
	if _, err := s.Uncorrect(t.Context(), seoul, "er.general"); err != nil {
		t.Fatal(err)
	}
	if free, _ := m.shows(seoul); free != 3 {
		t.Errorf("%d is shown", free)
	}
	hints := len(m.hints)
	if _, err := s.Uncorrect(t.Context(), seoul, "er.general"); err != nil || len(m.hints) != hints {
		t.Errorf("%v, %d hints", err, len(m.hints)-hints)
	}
	if _, err := s.Uncorrect(t.Context(), busan, "er.general"); !fault.Is(err, fault.NotFound) {
		t.Error(err)
	}
	if _, err := s.Uncorrect(t.Context(), seoul, "er.sofa"); !fault.Is(err, fault.Invalid) {
		t.Error(err)
	}
}

func TestACorrectionThatNobodyCanMean(t *testing.T) {
	m := newMemory()
	m.take(t, poll(true, beds(seoul, noon, 3)))
	good := model.CorrectCommand{HospitalID: seoul, Item: "er.general", Value: model.Reading{State: model.Known, Value: -3}, By: "a"}
	for name, c := range map[string]struct {
		spoil func(*model.CorrectCommand)
		want  fault.Code
	}{
		"over capacity":    {func(*model.CorrectCommand) {}, ""},
		"not offered":      {func(c *model.CorrectCommand) { c.Value = model.Reading{State: model.NotOffered} }, ""},
		"unknown":          {func(c *model.CorrectCommand) { c.Value = model.Reading{State: model.Unknown} }, ""},
		"not reported":     {func(c *model.CorrectCommand) { c.Value = model.Reading{State: model.NotReported} }, fault.Invalid},
		"no state":         {func(c *model.CorrectCommand) { c.Value.State = "" }, fault.Invalid},
		"unknown as 3":     {func(c *model.CorrectCommand) { c.Value = model.Reading{State: model.Unknown, Value: 3} }, fault.Invalid},
		"a million beds":   {func(c *model.CorrectCommand) { c.Value.Value = 1_000_000 }, fault.Invalid},
		"two of yes":       {func(c *model.CorrectCommand) { c.Item, c.Value.Value = "equipment.ct", 2 }, fault.Invalid},
		"less than none":   {func(c *model.CorrectCommand) { c.Value.Total, c.Value.HasTotal = -1, true }, fault.Invalid},
		"no such item":     {func(c *model.CorrectCommand) { c.Item = "er.sofa" }, fault.Invalid},
		"nobody":           {func(c *model.CorrectCommand) { c.By = "" }, fault.Invalid},
		"no hospital id":   {func(c *model.CorrectCommand) { c.HospitalID = "A9900001" }, fault.Invalid},
		"no such hospital": {func(c *model.CorrectCommand) { c.HospitalID = busan }, fault.NotFound},
	} {
		cmd := good
		c.spoil(&cmd)
		_, err := model.NewService(m, m).Correct(t.Context(), cmd)
		if c.want == "" && err != nil || c.want != "" && !fault.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(m.hospitals) != 1 {
		t.Error("a correction made a hospital")
	}
}
