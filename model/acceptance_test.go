package model_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"weer/model"
	"weer/model/feed"
)

const (
	mi, birth, dialysis = "severe.mi_reperfusion", "severe.delivery", "severe.dialysis_hd"

	accepts, refuses, silent = model.Accepts, model.Refuses, model.AcceptanceNotStated
)

func declares(id string, words model.Declarations) model.Declared {
	return model.Declared{HospitalID: id, Declarations: words}
}

func says(state model.Acceptance) model.Declarations {
	return model.Declarations{mi: {State: state}}
}

func acceptance(complete bool, rows ...model.Declared) model.AcceptancePoll {
	return model.AcceptancePoll{Source: model.SourceAcceptance, IntervalMS: 300_000, Complete: complete, Rows: rows}
}

// hear records an answer of operation 2 a second after what came before.
func (m *memory) hear(t *testing.T, p model.AcceptancePoll) model.Run {
	t.Helper()
	m.now += second
	run, err := model.NewService(m, m).RecordAcceptance(t.Context(), fmt.Sprint("run", len(m.runs)), p)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

func TestADeclarationKeepsItsSince(t *testing.T) {
	m := newMemory()
	heard := noon
	for i, c := range []struct {
		words model.Declarations
		state model.Acceptance
		note  string
		moves bool
	}{
		{says(accepts), accepts, "", true},
		{says(accepts), accepts, "", false},
		{model.Declarations{mi: {State: accepts}, birth: {State: silent}}, accepts, "", false}, // nothing is said of birth
		{says(refuses), refuses, "", true},
		{model.Declarations{mi: {State: refuses, Note: "  15세\n이하 "}}, refuses, "15세 이하", true},
		{model.Declarations{mi: {State: refuses, Note: "15세 이하"}}, refuses, "15세 이하", false},
		{says(silent), "", "", true}, // the nine hours are over: no alarm, just a change
		{says(silent), "", "", false},
		{model.Declarations{}, "", "", false},
		{model.Declarations{mi: {State: silent, Note: "24시간"}}, silent, "24시간", true},
		{says(accepts), accepts, "", true},
	} {
		run := m.hear(t, acceptance(true, declares(seoul, c.words)))
		if c.moves {
			heard = m.now
		}
		want := model.Declaration{State: c.state, Note: c.note, Since: heard}
		if c.state == "" {
			want = model.Declaration{}
		}
		got := m.hospitals[seoul].Declarations[mi]
		if got != want || (run.Changed == 1) != c.moves || run.Rows != 1 {
			t.Errorf("step %d: %+v, want %+v; %+v", i, got, want, run)
		}
	}
	if v, feeds := m.key(seoul, "acceptance"); feeds != "region:11" || !strings.Contains(v, `"state":"accepts"`) {
		t.Errorf("%s in %s", v, feeds)
	}
}

func TestDeclarationsGoAfterTwoCompletePolls(t *testing.T) {
	m := newMemory()
	m.take(t, poll(true, beds(seoul, noon, 3)))
	m.hear(t, acceptance(true, declares(seoul, says(refuses)), declares(busan, says(accepts))))
	since := m.now
	rest := declares(busan, says(accepts))
	for i, c := range []struct {
		p      model.AcceptancePoll
		closed bool
	}{
		{acceptance(false, rest), true}, {acceptance(false), true}, {acceptance(false), true},
		{acceptance(true, rest), true}, {acceptance(false), true},
		{acceptance(true, rest, declares(seoul, says(refuses))), true}, // seen again, forgiven
		{acceptance(true, rest), true}, {acceptance(true, rest), false}, {acceptance(true, rest), false},
	} {
		m.hear(t, c.p)
		v, _ := m.key(seoul, "acceptance")
		if closed := strings.Contains(v, "refuses"); closed != c.closed || !m.has(seoul) {
			t.Errorf("step %d: closed %v, beds %v", i, closed, m.has(seoul))
		}
	}
	m.hear(t, acceptance(true, rest, declares(seoul, says(refuses))))
	if got := m.hospitals[seoul].Declarations[mi]; got.Since != m.now || got.Since == since {
		t.Errorf("declared again after it was gone, it says %v", got.Since)
	}
}

func TestAHospitalThatOnlyDeclaresExists(t *testing.T) {
	m := newMemory()
	run := m.hear(t, acceptance(true, declares(seoul, says(accepts)), declares(busan, nil), declares("A9900001", says(accepts))))
	if len(m.hospitals) != 2 || run.Changed != 2 || len(run.Rejected) != 1 || !strings.Contains(run.Rejected[0], "A9900001") {
		t.Errorf("%+v, %d hospitals", run, len(m.hospitals))
	}
	if v, feeds := m.key(seoul, "hospital"); feeds != "region:11" || !strings.Contains(v, `"name":"A1100001"`) || m.has(seoul) {
		t.Errorf("%s in %s", v, feeds)
	}
}

func TestADeclarationThatCannotBeKeptIsRejectedAlone(t *testing.T) {
	for name, words := range map[string]model.Declarations{
		"no disease":      {"severe.hiccups": {State: accepts}},
		"no state":        {mi: {State: "perhaps"}},
		"an endless note": {mi: {State: refuses, Note: strings.Repeat("가", model.MaxNote+1)}},
		"a bell":          {mi: {State: refuses, Note: "\a"}},
	} {
		m := newMemory()
		m.hear(t, acceptance(true, declares(seoul, says(refuses)), declares(seoul2, says(accepts))))
		for range 3 {
			run := m.hear(t, acceptance(true, declares(seoul, words), declares(seoul2, says(refuses))))
			if len(run.Rejected) != 1 || !run.Complete || m.hospitals[seoul2].Declarations[mi].State != refuses {
				t.Errorf("%s: %+v", name, run)
			}
		}
		if v, _ := m.key(seoul, "acceptance"); !strings.Contains(v, "refuses") {
			t.Errorf("%s: a hospital whose row cannot be read is taken for one that is not there", name)
		}
	}
}

func TestADeclarationThatMovedNothingWritesNothing(t *testing.T) {
	m := newMemory()
	p := acceptance(true, declares(seoul, model.Declarations{mi: {State: accepts}, dialysis: {State: silent, Note: "야간"}}), declares(busan, says(silent)))
	m.hear(t, p)
	writes, told := m.writes, m.told
	if run := m.hear(t, p); run.Changed != 0 || m.writes != writes || m.told != told || len(m.runs) != 2 {
		t.Errorf("%+v, %d writes, %d told", run, m.writes-writes, m.told-told)
	}
}

// A closure is lifted by a row that says so, or by two complete polls without
// the hospital. Nothing else can.
func TestOnlyARowOrTwoCompletePollsLiftARefusal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newMemory()
		type closure struct {
			closed bool
			since  feed.Time
			missed int
		}
		want := map[string]closure{}
		for range rapid.IntRange(1, 20).Draw(t, "polls") {
			m.now += second
			p := acceptance(rapid.Bool().Draw(t, "complete"))
			for _, id := range []string{seoul, seoul2, busan} {
				if !rapid.Bool().Draw(t, "has "+id) {
					if w, heard := want[id]; heard && p.Complete {
						if w.missed++; w.missed >= 2 {
							w.closed = false
						}
						want[id] = w
					}
					continue
				}
				state := rapid.SampledFrom([]model.Acceptance{accepts, refuses, silent}).Draw(t, "state")
				p.Rows = append(p.Rows, declares(id, says(state)))
				w := want[id]
				if since := w.since; w.closed && state == refuses {
					want[id] = closure{true, since, 0}
				} else {
					want[id] = closure{state == refuses, m.now, 0}
				}
			}
			if _, err := model.NewService(m, m).RecordAcceptance(t.Context(), "r", p); err != nil {
				t.Fatal(err)
			}
			for id, w := range want {
				v, _ := m.key(id, "acceptance")
				if closed := strings.Contains(v, "refuses"); closed != w.closed {
					t.Fatalf("%s is closed: %v, want %v", id, closed, w.closed)
				}
				if got := m.hospitals[id].Declarations[mi]; w.closed && got.Since != w.since {
					t.Fatalf("%s is closed since %d, want %d", id, got.Since, w.since)
				}
			}
		}
	})
}

// What the rows of others say never moves a hospital, and no reading of beds is
// touched by what is declared.
func TestEachOperationKeepsToItself(t *testing.T) {
	m := newMemory()
	m.take(t, poll(true, beds(seoul, noon, 3), beds(busan, noon, 4)))
	before := maps.Clone(m.keys)
	m.hear(t, acceptance(true, declares(seoul, says(accepts))))
	m.announce(t, announcements(true, message(seoul, "내과 불가")))
	m.list(t, institutions(true))
	m.hear(t, acceptance(true))
	m.hear(t, acceptance(true))
	m.announce(t, announcements(true))
	m.announce(t, announcements(true))
	for key := range m.keys {
		if strings.HasPrefix(key, "admin ") {
			delete(m.keys, key)
			delete(before, key)
		}
	}
	if !maps.EqualFunc(before, m.keys, func(a, b json.RawMessage) bool { return string(a) == string(b) }) {
		t.Errorf("%v\n%v", before, m.keys)
	}
}
