package crews

import (
	"fmt"
	"testing"
	"time"

	"weer/api/client"
	"weer/model"
	"weer/model/feed"
)

// requestThat is the first request that its hospital takes in such a manner.
func requestThat(t *testing.T, like func(manner) bool) (id string) {
	t.Helper()
	for i := range 10_000 {
		if id = fmt.Sprintf("request-%d", i); like(mannerOf(here.seed, id)) {
			return id
		}
	}
	t.Fatal("no request is taken so")
	return ""
}

func requested(id string, r model.RequestValue) scene {
	r.CaseVersion, r.Item = 5, "er.general"
	return scene{now: now, requests: map[string]model.RequestValue{id: r}, cards: hospitals(8), timings: feed.DefaultTimings}
}

func value(r model.ReservationValue) model.RequestValue {
	return model.RequestValue{ReservationValue: r}
}

var desk = console{here, "A1100001"}

// TestAConsoleProvesWhatItHears: rung by rung, each until the hospital's feed says
// that it was told.
func TestAConsoleProvesWhatItHears(t *testing.T) {
	loud := requestThat(t, func(m manner) bool { return m.sounded != 0 && m.opened != 0 })
	dumb := requestThat(t, func(m manner) bool { return m.sounded == 0 && m.opened == 0 })
	for name, tc := range map[string]struct {
		id   string
		r    model.ReservationValue
		want string
	}{
		"just there":       {loud, model.ReservationValue{State: model.Pending, AskedAt: ago(0)}, "[pushed]"},
		"after a minute":   {loud, model.ReservationValue{State: model.Pending, AskedAt: ago(time.Minute)}, "[sounded opened]"},
		"told before":      {loud, model.ReservationValue{State: model.Pending, AskedAt: ago(time.Minute), PushedAt: 1, ShownAt: 1, SoundedAt: 1, OpenedAt: 1}, "[]"},
		"over":             {loud, model.ReservationValue{State: model.Rejected, AskedAt: ago(time.Minute)}, "[]"},
		"nobody hears it":  {dumb, model.ReservationValue{State: model.Pending, AskedAt: ago(time.Minute)}, "[shown]"},
		"a designated one": {loud, model.ReservationValue{State: model.Approved, AskedAt: ago(time.Minute), PushedAt: 1, ShownAt: 1}, "[sounded opened]"},
	} {
		got := []string{}
		for _, a := range desk.acks(requested(tc.id, value(tc.r))) {
			if a.ID != tc.id {
				t.Errorf("%s: of %s", name, a.ID)
			}
			got = append(got, a.Rung)
		}
		if fmt.Sprint(got) != tc.want {
			t.Errorf("%s: %v, want %s", name, got, tc.want)
		}
	}
}

func TestAConsoleAnswersByWhatIsLeft(t *testing.T) {
	pending := model.ReservationValue{State: model.Pending, AskedAt: ago(answerMost)}
	eager := requestThat(t, func(m manner) bool { return m.answers != 0 && m.mood < insists })
	usual := requestThat(t, func(m manner) bool { return m.answers != 0 && m.mood > declined && m.mood < 0.5 && !m.announces })
	never := requestThat(t, func(m manner) bool { return m.answers != 0 && m.mood > 0.85 && m.announces })
	silent := requestThat(t, func(m manner) bool { return m.answers == 0 })
	refuses := mannerOf(here.seed, never)
	for name, tc := range map[string]struct {
		id   string
		free int
		like func(*model.RequestValue, *scene)
		want deed
	}{
		"beds":                       {usual, 8, nil, approve{usual, client.Yes{CaseVersion: 5}}},
		"too early":                  {usual, 8, func(r *model.RequestValue, _ *scene) { r.AskedAt = ago(0) }, nil},
		"no beds":                    {usual, 0, nil, reject{usual, mannerOf(here.seed, usual).full, 0}},
		"no beds, and all the same":  {eager, 0, nil, approve{eager, client.Yes{CaseVersion: 5, Override: "처치실 한 자리를 비웁니다 (모의)"}}},
		"nobody comes":               {silent, 8, nil, nil},
		"no, and everybody hears it": {never, 8, nil, reject{never, refuses.refuses, feed.At(now.Add(announcedFor))}},
		"not this disease": {usual, 8, func(r *model.RequestValue, s *scene) {
			r.Category = "severe.burn"
			s.cards[0].Declarations = model.Declarations{"severe.burn": {State: model.Refuses}}
		}, reject{usual, mannerOf(here.seed, usual).refuses, 0}},
		"a board without the hospital": {usual, 8, func(_ *model.RequestValue, s *scene) { s.cards = nil }, approve{usual, client.Yes{CaseVersion: 5}}},
		"another was faster":           {usual, 8, func(r *model.RequestValue, _ *scene) { r.State, r.End = model.Canceled, model.EndSuperseded }, nil},
	} {
		s := requested(tc.id, value(pending))
		s.cards = hospitals(tc.free)
		if r := s.requests[tc.id]; tc.like != nil {
			tc.like(&r, &s)
			s.requests[tc.id] = r
		}
		if got := desk.next(s); got != tc.want {
			t.Errorf("%s: %v, want %v", name, got, tc.want)
		}
	}
}

func TestAConsoleWithAPatientOnTheWay(t *testing.T) {
	calm := requestThat(t, func(m manner) bool { return m.undoes == 0 && m.withdraws == 0 })
	undo := requestThat(t, func(m manner) bool { return m.undoes != 0 && m.withdraws == 0 })
	back := requestThat(t, func(m manner) bool { return m.undoes == 0 && m.withdraws != 0 })
	yes := func(since time.Duration) model.ReservationValue {
		return model.ReservationValue{State: model.Approved, AskedAt: ago(since + time.Minute), AnsweredAt: ago(since)}
	}
	worse, designated, there := yes(time.Minute), yes(time.Hour), yes(time.Hour)
	worse.WorseVersion, worse.AckedVersion = 4, 3
	designated.Designated = true
	there.State, there.ArrivedAt = model.Arrived, ago(handOverMost)
	handed := there
	handed.HandedOverAt = ago(0)
	for name, tc := range map[string]struct {
		id   string
		r    model.ReservationValue
		want deed
	}{
		"nothing":            {calm, yes(time.Hour), nil},
		"worse":              {calm, worse, acknowledge{calm, 5}},
		"undone at once":     {undo, yes(undoMost - time.Millisecond), withdraw{ID: undo}},
		"too late to undo":   {undo, yes(time.Minute), nil},
		"taken back":         {back, yes(withdrawMost), withdraw{back, mannerOf(here.seed, back).refuses}},
		"not the hospital's": {back, designated, nil},
		"arrived":            {calm, there, handOver{calm}},
		"handed over":        {calm, handed, nil},
	} {
		if got := desk.next(requested(tc.id, value(tc.r))); got != tc.want {
			t.Errorf("%s: %v, want %v", name, got, tc.want)
		}
	}
}
