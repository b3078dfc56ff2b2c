package model_test

import (
	"errors"
	"strings"
	"testing"

	"weer/model"
	"weer/model/fault"
)

func TestAdministratorsHearOfAnOutcomeThatChanged(t *testing.T) {
	m := newMemory()
	run := func() string { return string(m.keys["admin run/"+model.SourceBeds]) }
	full := poll(true, beds(seoul, noon, 3))
	full.Rejected = []string{"row 7"}
	m.take(t, full)
	if want := `"rows":1,"changed":1,"rejected":1,"complete":true}`; m.told != 1 || !strings.Contains(run(), want) || !strings.Contains(run(), `"ended_at":"20`) {
		t.Errorf("%s, told %d times", run(), m.told)
	}
	s := model.NewService(m, m)
	fail := func(why string) func() {
		return func() {
			if err := s.FailPoll(t.Context(), model.Run{ID: "f", Source: model.SourceBeds, Error: why}); err != nil {
				t.Fatal(err)
			}
		}
	}
	for i, step := range []struct {
		do   func()
		told bool
		has  string
	}{
		{func() { m.take(t, full) }, false, `"complete":true}`},
		{func() { m.take(t, poll(true, beds(seoul, noon, 4))) }, false, `"complete":true}`},
		{fail("no answer"), true, `"complete":false,"error":"no answer"}`},
		{fail("no answer"), false, `"error":"no answer"}`},
		{fail("no key"), true, `"error":"no key"}`},
		{func() { m.take(t, poll(false)) }, true, `"error":"the answer was not complete"}`},
		{func() { m.take(t, full) }, true, `"complete":true}`},
	} {
		told := m.told
		step.do()
		if (m.told == told+1) != step.told || !strings.Contains(run(), step.has) {
			t.Errorf("step %d: told %d times, %s", i, m.told-told, run())
		}
	}
	m.hear(t, acceptance(true))
	if len(m.keys["admin run/"+model.SourceAcceptance]) == 0 || !strings.Contains(run(), `"complete":true`) {
		t.Error("each source has its own")
	}
}

func TestAnAlertStandsUntilItIsOver(t *testing.T) {
	m := newMemory()
	s := model.NewService(m, m)
	alert := model.Alert{Severity: model.Critical, Text: "인증키를 다시 신청하세요", Source: model.SourceBeds}
	worse := alert
	worse.Text = "인증키가 없습니다"
	for i, step := range []struct {
		do   func() error
		told bool
		want string
	}{
		{func() error { return s.Calm(t.Context(), "egen-key") }, false, ""},
		{func() error { return s.Alert(t.Context(), "egen-key", alert) }, true, `{"severity":"critical","text":"인증키를 다시 신청하세요","source":"egen.beds","since":"2027-01-15T08:00:01.000Z"}`},
		{func() error { return s.Alert(t.Context(), "egen-key", alert) }, false, `{"severity":"critical","text":"인증키를 다시 신청하세요","source":"egen.beds","since":"2027-01-15T08:00:01.000Z"}`},
		{func() error { return s.Alert(t.Context(), "egen-key", worse) }, true, `{"severity":"critical","text":"인증키가 없습니다","source":"egen.beds","since":"2027-01-15T08:00:01.000Z"}`},
		{func() error { return s.Calm(t.Context(), "egen-key") }, true, ""},
		{func() error { return s.Calm(t.Context(), "egen-key") }, false, ""},
		{func() error { return s.Alert(t.Context(), "egen-key", model.Alert{Severity: model.Warning, Text: "x"}) }, true, `{"severity":"warning","text":"x","since":"2027-01-15T08:00:06.000Z"}`},
	} {
		told := m.told
		if err := step.do(); err != nil {
			t.Fatal(err)
		}
		if got := string(m.keys["admin alert/egen-key"]); got != step.want || (m.told == told+1) != step.told {
			t.Errorf("step %d: %s, told %d times", i, got, m.told-told)
		}
		m.now += second
	}
}

func TestAnAlertThatCannotStand(t *testing.T) {
	m := newMemory()
	good := model.Alert{Severity: model.Warning, Text: "x"}
	for _, c := range []struct {
		name, field string
		a           model.Alert
	}{
		{"", "name", good}, {"a b", "name", good}, {strings.Repeat("a", 61), "name", good},
		{"a", "severity", model.Alert{Text: "x"}}, {"a", "text", model.Alert{Severity: model.Warning}}, {"a", "text", model.Alert{Severity: model.Warning, Text: "a\nb"}},
	} {
		err := model.NewService(m, m).Alert(t.Context(), c.name, c.a)
		var e *fault.Error
		if !errors.As(err, &e) || e.Code != fault.Invalid || e.Field != c.field {
			t.Errorf("%+v: %v", c, err)
		}
	}
}
