package crews

import (
	"maps"
	"slices"
	"time"

	"weer/api/client"
	"weer/model"
	"weer/model/feed"
)

// A scene is what somebody knows who decides: the state that is held, and the
// server's clock.
type scene struct {
	now          time.Time
	cases        map[string]model.CaseValue
	reservations map[string]model.ReservationValue
	requests     map[string]model.RequestValue
	cards        []model.Card // of the region's board
	timings      feed.Timings
}

// since reports whether a time of people has passed since a moment.
func (w world) since(now time.Time, moment feed.Time, d time.Duration) bool {
	return !now.Before(moment.Std().Add(w.real(d)))
}

// A crew is the people of one unit (구급차).
type crew struct {
	world
	unit  string
	begun time.Time // when it came on duty
}

// next is what the crew does next; nil is to wait.
func (c crew) next(s scene) deed {
	for _, id := range slices.Sorted(maps.Keys(s.cases)) {
		if s.cases[id].State != model.CaseOpen {
			continue
		}
		return c.at(s, id)
	}
	return c.idle(s)
}

// idle is a crew without a patient: the next call comes some time after the last.
func (c crew) idle(s scene) deed {
	last, ended := "", feed.At(c.begun)
	for id, v := range s.cases {
		if v.ClosedAt > ended || last == "" && v.ClosedAt != 0 {
			last, ended = id, v.ClosedAt
		}
	}
	gap := time.Duration(courseOf(c.seed, last+c.unit).next * float64(c.every))
	if last == "" {
		gap /= 10 // the first one: somebody wants to see something
	}
	if !c.since(s.now, ended, gap) || len(s.cards) == 0 {
		return nil
	}
	return openCase{newPatient(luck(c.seed, "patient", c.unit, last))}
}

// at is what a crew does for its patient.
func (c crew) at(s scene, id string) deed {
	v, course, all := s.cases[id], courseOf(c.seed, id), s.of(id)
	if d := c.confirms(s, course, all); d != nil {
		return d
	}
	if i := slices.IndexFunc(all, approved); i >= 0 {
		return c.drives(s, id, all[i])
	}
	switch {
	case course.givesUp != 0 && c.since(s.now, v.OpenedAt, course.givesUp):
		return closeCase{id, v.Version, model.CaseCanceled}
	case c.since(s.now, v.OpenedAt, c.begins(v, course, all)):
		return c.looks(s, id, all)
	}
	return nil
}

// begins is when a crew asks for itself: of the gravest patients it waits for the
// control room.
func (c crew) begins(v model.CaseValue, course course, all []held) time.Duration {
	if len(all) == 0 && course.controls && grave(v.KTAS) {
		return controlPatience
	}
	return course.asks
}

func grave(ktas int) bool { return ktas == 1 || ktas == 2 }

// A held reservation, with its id.
type held struct {
	id string
	model.ReservationValue
}

func approved(r held) bool { return r.State == model.Approved }

// of are the reservations of a case, the first asked first.
func (s scene) of(id string) (all []held) {
	for _, key := range slices.Sorted(maps.Keys(s.reservations)) {
		if r := s.reservations[key]; r.Case == id {
			all = append(all, held{key, r})
		}
	}
	return all
}

// confirms says that a yes, or that it was taken back, has been seen.
func (c crew) confirms(s scene, course course, all []held) deed {
	for _, r := range all {
		news := r.AnsweredAt
		switch {
		case r.State == model.Canceled && (r.End == model.EndWithdrawn || r.End == model.EndUndone):
			news = r.EndedAt
		case r.State != model.Approved:
			continue
		}
		if r.ConfirmedAt == 0 && c.since(s.now, news, course.sees) {
			return confirm{r.id, r.State}
		}
	}
	return nil
}

// drives is a crew on the way to the hospital that said yes.
func (c crew) drives(s scene, id string, r held) deed {
	v, course := s.cases[id], courseOf(c.seed, id)
	way := time.Duration(c.minutes(s, id)[r.Hospital]*float64(time.Minute)) + course.late
	worse := time.Duration(course.worsens * float64(way))
	arrival := feed.At(r.AnsweredAt.Std().Add(c.real(way)))
	switch {
	case c.since(s.now, r.AnsweredAt, way):
		return arrive{r.id}
	case worse != 0 && r.WorseVersion == 0 && v.KTAS != 1 && c.since(s.now, r.AnsweredAt, worse):
		return assess{id, v.Version, worsened(v)}
	case c.since(s.now, r.AnsweredAt, way/3) && arrival > r.ArriveAt+feed.Time(c.real(slack).Milliseconds()):
		return extend{r.id, arrival}
	}
	return nil
}

// worsened is the triage of a patient who is a step graver.
func worsened(v model.CaseValue) client.Triage {
	t := triageOf(v)
	graver := 2
	if t.KTAS != nil {
		graver = *t.KTAS - 1
	}
	t.KTAS = &graver
	return t
}

func triageOf(v model.CaseValue) client.Triage {
	t := client.Triage{Category: v.Category, Kind: v.Kind, AgeBand: v.AgeBand, Sex: v.Sex}
	if v.KTAS != 0 {
		t.KTAS = &v.KTAS
	}
	return t
}

// looks is a crew without a yes: it asks the best ones, waits for them, takes
// back what nobody answers, and asks the next ones.
func (c crew) looks(s scene, id string, all []held) deed {
	waiting, asked := 0, map[string]bool{}
	for _, r := range all {
		if r.End != model.EndSuperseded { // those may be asked again
			asked[r.Hospital] = true
		}
		switch {
		case r.State != model.Pending:
		case c.since(s.now, r.AskedAt, 2*patience):
			return cancel{r.id}
		case r.NoAnswerAt == 0 && !c.since(s.now, r.AskedAt, patience):
			waiting++
		}
	}
	if waiting > 0 {
		return nil
	}
	v := s.cases[id]
	best := c.best(s, id, v, asked)
	switch {
	case len(s.cards) == 0:
		return nil
	case len(best) == 0 || len(asked) > askAtOnce*(mostRounds-1):
		return closeCase{id, v.Version, model.CaseCanceled} // the patient is taken where nobody asks
	}
	return ask{id, best, feed.At(s.now.Add(sendWithin))}
}

// best are the hospitals of the next round.
func (c crew) best(s scene, id string, v model.CaseValue, asked map[string]bool) (best []client.Asked) {
	for _, r := range c.rank(s, id, v) {
		if !asked[r.Card.ID] && !r.LeftOut && len(best) < askAtOnce {
			best = append(best, client.Asked{Hospital: r.Card.ID, Item: r.Item, ArriveAt: c.arrival(s.now, r)})
		}
	}
	return best
}
