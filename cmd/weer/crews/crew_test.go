package crews

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"weer/model"
	"weer/model/feed"
)

// The world of these tests: everybody takes as long as people do, and it is the
// evening of 23 November in Seoul.
var (
	here = world{seed: 7, speed: 1, every: 10 * time.Minute}
	now  = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	me   = crew{here, "unit-1", now.Add(-time.Hour)}
)

func ago(d time.Duration) feed.Time { return feed.At(now.Add(-d)) }

// hospitals are some with beds, one north of the other, each a few kilometres
// further away.
func hospitals(free ...int) (cards []model.Card) {
	for i, n := range free {
		cards = append(cards, model.Card{
			ID: fmt.Sprintf("A110000%d", i+1), Name: fmt.Sprintf("병원 %d", i+1), Level: model.LevelRegional, ObservedAt: ago(time.Minute),
			Place: &model.Point{Lat: 37.5 + float64(i)/40, Lon: 127}, Console: model.ReachAudible, District: "종로구",
			Readings: model.Readings{"er.general": {State: model.Known, Value: n, Total: 20, HasTotal: true}},
		})
	}
	return cards
}

// caseThat is the first case whose course is like that.
func caseThat(t *testing.T, like func(course) bool) (id string) {
	t.Helper()
	for i := range 10_000 {
		if id = fmt.Sprintf("case-%d", i); like(courseOf(here.seed, id)) {
			return id
		}
	}
	t.Fatal("no case has such a course")
	return ""
}

func plain(c course) bool { return c.givesUp == 0 && c.worsens == 0 && c.late == 0 && !c.controls }

func evening(id string, v model.CaseValue, all map[string]model.ReservationValue) scene {
	v.Unit, v.Version, v.KTAS = "unit-1", 3, max(v.KTAS, 3)
	if v.State == "" {
		v.State = model.CaseOpen
	}
	for key, r := range all {
		r.Case = id
		all[key] = r
	}
	return scene{now: now, cases: map[string]model.CaseValue{id: v}, reservations: all, cards: hospitals(8, 8, 8, 8, 8), timings: feed.DefaultTimings}
}

// TestACrewGoesOnFromWhatStands: what a crew does next follows from the state and
// the clock alone.
func TestACrewGoesOnFromWhatStands(t *testing.T) {
	calm := caseThat(t, plain)
	type all = map[string]model.ReservationValue
	long, just := model.CaseValue{OpenedAt: ago(20 * time.Minute)}, model.CaseValue{OpenedAt: ago(time.Second)}
	asked := func(hospital string, since time.Duration) model.ReservationValue {
		return model.ReservationValue{Hospital: hospital, State: model.Pending, AskedAt: ago(since)}
	}
	no := func(hospital string) model.ReservationValue {
		return model.ReservationValue{Hospital: hospital, State: model.Rejected, AskedAt: ago(time.Minute), AnsweredAt: ago(time.Second)}
	}
	yes := model.ReservationValue{Hospital: "A1100002", State: model.Approved, AskedAt: ago(20 * time.Second), AnsweredAt: ago(15 * time.Second), ConfirmedAt: ago(time.Second), ArriveAt: ago(-time.Hour)}
	with := func(r model.ReservationValue, change func(*model.ReservationValue)) model.ReservationValue {
		change(&r)
		return r
	}
	for name, tc := range map[string]struct {
		id   string
		v    model.CaseValue
		all  all
		want string // verb of the deed; "" is to wait
	}{
		"just there":                  {calm, just, nil, ""},
		"nobody asked":                {calm, long, nil, "ask"},
		"three asked":                 {calm, long, all{"r1": asked("A1100001", time.Second), "r2": asked("A1100002", time.Second)}, ""},
		"one says no, one thinks":     {calm, long, all{"r1": no("A1100001"), "r2": asked("A1100002", time.Second)}, ""},
		"all say no":                  {calm, long, all{"r1": no("A1100001"), "r2": no("A1100002")}, "ask"},
		"nobody answers":              {calm, long, all{"r1": asked("A1100001", patience)}, "ask"},
		"the server says no answer":   {calm, long, all{"r1": with(asked("A1100001", time.Second), func(r *model.ReservationValue) { r.NoAnswerAt = ago(0) })}, "ask"},
		"silent for twice as long":    {calm, long, all{"r1": asked("A1100001", 2*patience)}, "cancel"},
		"everybody said no":           {calm, long, all{"r1": no("A1100001"), "r2": no("A1100002"), "r3": no("A1100003"), "r4": no("A1100004"), "r5": no("A1100005")}, "closeCase"},
		"a yes that nobody confirmed": {calm, long, all{"r1": with(yes, func(r *model.ReservationValue) { r.ConfirmedAt = 0 })}, "confirm"},
		"on the way":                  {calm, long, all{"r1": yes}, ""},
		"there":                       {calm, long, all{"r1": with(yes, func(r *model.ReservationValue) { r.AnsweredAt = ago(2 * time.Hour) })}, "arrive"},
		"a yes taken back": {calm, long, all{"r1": with(yes, func(r *model.ReservationValue) {
			r.State, r.End, r.EndedAt, r.ConfirmedAt = model.Canceled, model.EndWithdrawn, ago(time.Minute), 0
		})}, "confirm"},
		"and asked again": {calm, long, all{
			"r1": with(yes, func(r *model.ReservationValue) {
				r.State, r.End, r.EndedAt = model.Canceled, model.EndWithdrawn, ago(time.Minute)
			}),
			"r2": with(yes, func(r *model.ReservationValue) {
				r.Hospital, r.State, r.End = "A1100001", model.Canceled, model.EndSuperseded
			}),
		}, "ask"},
		"given up":                         {caseThat(t, func(c course) bool { return c.givesUp != 0 }), long, nil, "closeCase"},
		"no patient of the control room":   {caseThat(t, func(c course) bool { return c.controls && c.givesUp == 0 }), model.CaseValue{OpenedAt: ago(askMost)}, nil, "ask"},
		"the case is over":                 {calm, model.CaseValue{State: model.CaseArrived, OpenedAt: ago(time.Hour), ClosedAt: ago(time.Second)}, nil, ""},
		"the case is over for a long time": {calm, model.CaseValue{State: model.CaseArrived, OpenedAt: ago(9 * time.Hour), ClosedAt: ago(8 * time.Hour)}, nil, "openCase"},
	} {
		s := evening(tc.id, tc.v, tc.all)
		got := me.next(s)
		if said := verbOrNothing(got); said != tc.want {
			t.Errorf("%s: %s, want %q", name, said, tc.want)
		}
		if again := me.next(s); !reflect.DeepEqual(again, got) {
			t.Errorf("%s: decided twice, it is %v and %v", name, got, again)
		}
		s.cards = nil
		if d := me.next(s); tc.want == "ask" && d != nil {
			t.Errorf("%s: without a board: %v", name, d)
		}
	}
}

func verbOrNothing(d deed) string {
	if d == nil {
		return ""
	}
	return verb(d)
}

func TestACrewAsksTheBestThree(t *testing.T) {
	s := evening(caseThat(t, plain), model.CaseValue{OpenedAt: ago(20 * time.Minute)}, nil)
	s.cards = hospitals(0, 8, 8, 8, -3)
	d, ok := me.next(s).(ask)
	if !ok || len(d.Hospitals) != askAtOnce || d.SendBy != feed.At(now.Add(sendWithin)) {
		t.Fatalf("%+v", d)
	}
	var last feed.Time
	for _, a := range d.Hospitals {
		if a.Hospital == "A1100001" || a.Hospital == "A1100005" {
			t.Errorf("%s is full and asked", a.Hospital)
		}
		if a.Item != "er.general" || a.ArriveAt <= feed.At(now) || a.ArriveAt < last {
			t.Errorf("%+v after %v", a, last)
		}
		last = a.ArriveAt
	}
}

// TestTheGravestWaitForTheControlRoom: for a while, and then the crew asks itself.
func TestTheGravestWaitForTheControlRoom(t *testing.T) {
	id := caseThat(t, func(c course) bool { return c.controls && c.givesUp == 0 && c.worsens == 0 })
	room := control{here, map[string]bool{"unit-1": true}}
	for _, tc := range []struct {
		waited    time.Duration
		crew, ctl string
	}{{controlLeast / 2, "", ""}, {controlMost, "", "designate"}, {controlPatience, "ask", "designate"}} {
		s := evening(id, model.CaseValue{OpenedAt: ago(tc.waited)}, nil)
		v := s.cases[id]
		v.KTAS = 1
		s.cases[id] = v
		if got := verbOrNothing(me.next(s)); got != tc.crew {
			t.Errorf("after %s the crew: %q, want %q", tc.waited, got, tc.crew)
		}
		if got := verbOrNothing(room.next(s)); got != tc.ctl {
			t.Errorf("after %s the control room: %q, want %q", tc.waited, got, tc.ctl)
		}
	}
}

func TestOnTheWay(t *testing.T) {
	yes := func(since time.Duration) map[string]model.ReservationValue {
		return map[string]model.ReservationValue{"r1": {Hospital: "A1100001", State: model.Approved, AnsweredAt: ago(since), ConfirmedAt: ago(0), ArriveAt: ago(since)}}
	}
	late := caseThat(t, func(c course) bool { return c.late != 0 && c.worsens == 0 && c.givesUp == 0 })
	s := evening(late, model.CaseValue{OpenedAt: ago(time.Hour)}, nil)
	way := time.Duration(here.minutes(s, late)["A1100001"]*float64(time.Minute)) + courseOf(here.seed, late).late
	s = evening(late, model.CaseValue{OpenedAt: ago(time.Hour)}, yes(way/2))
	if got, want := me.next(s), (extend{"r1", feed.At(s.reservations["r1"].AnsweredAt.Std().Add(way))}); got != want {
		t.Errorf("late: %v, want %v", got, want)
	}
	r := s.reservations["r1"]
	r.ArriveAt = feed.At(r.AnsweredAt.Std().Add(way))
	s.reservations["r1"] = r
	if got := me.next(s); got != nil {
		t.Errorf("late, and said so: %v", got)
	}

	worse := caseThat(t, func(c course) bool { return c.worsens != 0 && c.givesUp == 0 })
	c := courseOf(here.seed, worse)
	way = time.Duration(here.minutes(s, worse)["A1100001"]*float64(time.Minute)) + c.late
	s = evening(worse, model.CaseValue{OpenedAt: ago(time.Hour), AgeBand: "adult"}, yes(time.Duration(float64(way)*c.worsens)+time.Second))
	d, ok := me.next(s).(assess)
	if !ok || *d.Triage.KTAS != 2 || d.Triage.AgeBand != "adult" || d.Version != 3 {
		t.Errorf("worse: %+v", d)
	}
	r = s.reservations["r1"]
	r.WorseVersion = 4
	s.reservations["r1"] = r
	if got := verbOrNothing(me.next(s)); got == "assess" {
		t.Errorf("worse once more: %v", got)
	}
}

func TestTheControlRoomLooksAfterItsOwn(t *testing.T) {
	id := caseThat(t, func(c course) bool { return c.controls })
	overdue := map[string]model.ReservationValue{"r1": {Hospital: "A1100001", State: model.Approved, OverdueAt: ago(releaseAfter)}}
	for name, tc := range map[string]struct {
		units map[string]bool
		all   map[string]model.ReservationValue
		want  string
	}{
		"ours":            {map[string]bool{"unit-1": true}, nil, "designate"},
		"somebody else's": {map[string]bool{"unit-2": true}, nil, ""},
		"asked already":   {map[string]bool{"unit-1": true}, map[string]model.ReservationValue{"r1": {Hospital: "A1100001", State: model.Pending}}, ""},
		"overdue":         {map[string]bool{"unit-1": true}, overdue, "release"},
		"overdue, theirs": {nil, overdue, ""},
	} {
		s := evening(id, model.CaseValue{OpenedAt: ago(time.Hour)}, tc.all)
		v := s.cases[id]
		v.KTAS = 2
		s.cases[id] = v
		if got := verbOrNothing(control{here, tc.units}.next(s)); got != tc.want {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
	s := evening(id, model.CaseValue{OpenedAt: ago(time.Hour)}, nil)
	v := s.cases[id]
	v.KTAS = 1
	s.cases[id], s.cards = v, hospitals(0, 0)
	if d, ok := (control{here, map[string]bool{"unit-1": true}}).next(s).(designate); !ok || d.Override == "" || d.CaseVersion != 3 {
		t.Errorf("where all are full: %+v", d)
	}
}
