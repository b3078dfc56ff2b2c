package model_test

import (
	"errors"
	"strings"
	"testing"

	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
)

func (m *memory) declare(t *testing.T, id string, state model.Acceptance, note string) model.Word {
	t.Helper()
	m.now += second
	_, err := model.NewService(m, m).Declare(t.Context(), model.DeclareCommand{HospitalID: id, Disease: mi, State: state, Note: note, By: "a.kim"})
	if err != nil {
		t.Fatal(err)
	}
	return m.hospitals[id].Words[mi]
}

// begun is an acceptance poll that began so long ago.
func begun(m *memory, ago feed.Time, p model.AcceptancePoll) model.AcceptancePoll {
	p.StartedAt = m.now - ago
	return p
}

func TestAPersonsWordOnAcceptanceIsShownAsSuch(t *testing.T) {
	m := newMemory()
	m.hear(t, acceptance(true, declares(seoul, says(accepts))))
	w := m.declare(t, seoul, refuses, "  심장내과\n부재 ")
	if w.Note != "심장내과 부재" || w.MadeAt != m.now || w.EndsAt != m.now+30*minute || w.Said != (model.Said{State: accepts}) || w.By != "a.kim" {
		t.Errorf("%+v", w)
	}
	shown, _ := m.key(seoul, "acceptance")
	beside, _ := m.key(seoul, "acceptance_corrected")
	if !strings.Contains(shown, `"refuses","note":"심장내과 부재"`) || !strings.Contains(beside, `"source":{"state":"accepts"`) {
		t.Errorf("%s, %s", shown, beside)
	}
	if got := m.hospitals[seoul].Declarations[mi].State; got != accepts {
		t.Errorf("the hospital's own declaration became %s", got)
	}
	m.now += 30 * minute
	if n := m.expire(t); n != 1 {
		t.Errorf("%d ended", n)
	}
	if shown, _ = m.key(seoul, "acceptance"); !strings.Contains(shown, `"accepts"`) {
		t.Error(shown)
	}
	if beside, _ = m.key(seoul, "acceptance_corrected"); beside != "" {
		t.Error(beside)
	}
}

// The person speaks against what a poll is about to bring: whoever comes first
// to the database, the word stands.
func TestAWordStandsAgainstAPollThatBeganBefore(t *testing.T) {
	for name, c := range map[string]struct {
		ago    feed.Time
		stands bool
	}{
		"begun before the word": {10 * second, true},
		"begun after the word":  {0, false},
	} {
		m := newMemory()
		m.hear(t, acceptance(true, declares(seoul, says(silent))))
		m.declare(t, seoul, refuses, "")
		m.now += 5 * second
		m.hear(t, begun(m, c.ago, acceptance(true, declares(seoul, says(accepts)))))
		shown, _ := m.key(seoul, "acceptance")
		if strings.Contains(shown, "refuses") != c.stands {
			t.Errorf("%s: %s", name, shown)
		}
		m.now += minute
		m.hear(t, begun(m, 0, acceptance(true, declares(seoul, says(accepts)))))
		if shown, _ = m.key(seoul, "acceptance"); strings.Contains(shown, "refuses") != c.stands {
			t.Errorf("%s, and heard again: %s", name, shown)
		}
	}
}

func TestAWordIsTakenBack(t *testing.T) {
	m := newMemory()
	s := model.NewService(m, m)
	m.take(t, poll(true, beds(seoul, noon, 3)))
	m.declare(t, seoul, accepts, "")
	for range 2 { // what no longer stands changes nothing
		if _, err := s.Undeclare(t.Context(), seoul, mi); err != nil {
			t.Fatal(err)
		}
		if v, _ := m.key(seoul, "acceptance"); v != "" {
			t.Error(v)
		}
	}
	if _, err := s.Undeclare(t.Context(), busan, mi); !fault.Is(err, fault.NotFound) {
		t.Error(err)
	}
}

func TestAWordThatNobodyCanMean(t *testing.T) {
	m := newMemory()
	m.take(t, poll(true, beds(seoul, noon, 3)))
	good := model.DeclareCommand{HospitalID: seoul, Disease: mi, State: accepts, By: "a"}
	for field, spoil := range map[string]func(*model.DeclareCommand){
		"hpid":    func(c *model.DeclareCommand) { c.HospitalID = "A9900001" },
		"disease": func(c *model.DeclareCommand) { c.Disease = "severe.hiccups" },
		"state":   func(c *model.DeclareCommand) { c.State = "perhaps" },
		"note":    func(c *model.DeclareCommand) { c.Note = "\a" },
		"by":      func(c *model.DeclareCommand) { c.By = "" },
	} {
		c := good
		spoil(&c)
		if got := badFields(model.NewService(m, m).Declare(t.Context(), c)); got != field {
			t.Errorf("%s: %q", field, got)
		}
	}
	if got := badFields(model.NewService(m, m).Declare(t.Context(), model.DeclareCommand{})); got != "hpid disease state by" {
		t.Errorf("of many wrong fields it names %q", got)
	}
	good.HospitalID = busan
	if _, err := model.NewService(m, m).Declare(t.Context(), good); !fault.Is(err, fault.NotFound) || len(m.hospitals) != 1 {
		t.Errorf("%v, %d hospitals", err, len(m.hospitals))
	}
}

// badFields are the fields that a refusal names, in its order.
func badFields(_ model.Receipt, err error) string {
	var e *fault.Error
	if !errors.As(err, &e) || e.Code != fault.Invalid {
		return "not refused as invalid"
	}
	if len(e.Fields) == 0 {
		return e.Field
	}
	var names []string
	for _, f := range e.Fields {
		names = append(names, f.Name)
	}
	return strings.Join(names, " ")
}
