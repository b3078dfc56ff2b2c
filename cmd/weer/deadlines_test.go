package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
)

// asGiven are the times of a node to which nothing else was said.
var asGiven = answerTimes{
	AnswerSteps: []time.Duration{30 * time.Second, time.Minute, 90 * time.Second}, AnswerExpiry: 30 * time.Minute, ArrivalGrace: 15 * time.Minute,
}

func TestAnswerTimesAreTheModels(t *testing.T) {
	withoutVariables(t)
	for _, tc := range []struct {
		args []string
		want func(*model.ReservationTimes)
	}{
		{nil, func(*model.ReservationTimes) {}},
		{[]string{"--answer-steps", "1s,2s,24h", "--answer-expiry", "24h"}, nil},
		{[]string{"--answer-steps", "1s,2500ms,3s", "--answer-expiry", "4s", "--arrival-grace", "1m"}, func(m *model.ReservationTimes) {
			m.LouderMS, m.SecondMS, m.NoAnswerMS, m.ExpireMS, m.GraceMS = 1_000, 2_500, 3_000, 4_000, 60_000
		}},
	} {
		var c cli
		if _, err := parse(t.Context(), &c, append([]string{"serve"}, tc.args...), outlet{}); err != nil {
			t.Fatal(err)
		}
		set, err := c.Serve.settings()
		if tc.want == nil {
			if !fault.Is(err, fault.Invalid) {
				t.Errorf("%q: %v", tc.args, err)
			}
			continue
		}
		want := model.DefaultReservationTimes
		if tc.want(&want); err != nil || set.times() != want {
			t.Errorf("%q: %+v, %v", tc.args, set.times(), err)
		}
	}
}

// A ward is a database with a deadline, as a timekeeper sees it.
type ward struct {
	mu     sync.Mutex
	due    time.Time // of the oldest that nobody has kept; zero: none
	broken bool      // keeping fails
	alerts []string
}

func (w *ward) KeepDeadlines(context.Context) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.broken {
		return 0, errors.New("a case that nobody can move")
	}
	w.due = time.Time{}
	return 0, nil
}

func (w *ward) EndConsoles(context.Context) (int, error) { return 0, nil }

func (w *ward) LateDeadline(context.Context) (int64, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.due.IsZero() {
		return 0, nil
	}
	return time.Since(w.due).Milliseconds(), nil
}

func (w *ward) Alert(_ context.Context, name string, a model.Alert) error {
	return w.tell(name + " " + string(a.Severity))
}

func (w *ward) Calm(_ context.Context, name string) error { return w.tell(name + " calm") }

func (w *ward) tell(alert string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if n := len(w.alerts); n == 0 || w.alerts[n-1] != alert {
		w.alerts = append(w.alerts, alert)
	}
	return nil
}

func (w *ward) set(due time.Time, broken bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.due, w.broken = due, broken
}

// Deadlines that are not kept are told: here, to the administrators, and in the
// log once.
func TestDeadlinesThatAreNotKeptAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, log := &ward{}, new(strings.Builder)
		k := &timekeeper{service: w, whyNot: func() string { return "" }, log: slog.New(slog.NewTextHandler(log, nil))}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 2)
		go func() { done <- k.chore().run(ctx) }()
		go func() { done <- k.consoles().run(ctx) }()
		said := func(after time.Duration, want string) {
			t.Helper()
			wait(after)
			if got := k.why(); got != want {
				t.Errorf("/readyz says %q, want %q", got, want)
			}
		}
		said(time.Minute+time.Second/2, "")
		w.set(time.Now(), true)
		said(9*time.Second, "")
		said(6*time.Second, "no deadline was kept here for 16s")
		w.set(time.Time{}, true) // another node could
		said(5*time.Second, "no deadline was kept here for 21s")
		w.set(time.Now(), false)
		said(time.Second, "")
		cancel()
		if err := errors.Join(<-done, <-done); err != nil {
			t.Error(err)
		}
		if want := []string{"deadlines calm", "deadlines critical", "deadlines calm"}; !slices.Equal(w.alerts, want) {
			t.Errorf("the administrators were told %q", w.alerts)
		}
		if strings.Count(log.String(), "are not kept here") != 1 {
			t.Errorf("said not once: %s", log)
		}
	})
}

// A node whose clock is off keeps no deadline, and still sees that nobody does.
func TestANodeWhoseClockIsOffSeesWhatIsLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &ward{due: time.Now()}
		k := &timekeeper{service: w, whyNot: func() string { return "this node's clock differs" }, log: slog.New(slog.DiscardHandler)}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 2)
		go func() { done <- k.chore().run(ctx) }()
		go func() { done <- k.consoles().run(ctx) }()
		wait(15 * time.Second)
		cancel()
		if err := errors.Join(<-done, <-done); err != nil {
			t.Error(err)
		}
		if w.due.IsZero() || k.whyLate() != "a deadline was due 15s ago" || k.why() != "no deadline was kept here for 15s" {
			t.Errorf("%s; %s", k.whyLate(), k.why())
		}
	})
}

// On a node that runs a request goes up step by step and ends, though nobody
// calls anything any more; and no step comes before its time, by the database's
// clock.
func TestARequestClimbsByItself(t *testing.T) {
	t.Parallel() // it waits for most of its time
	r := begin(t, "--database-url", "sqlite:"+filepath.Join(t.TempDir(), "weer.db"), "--roles", "api,hub",
		"--answer-steps", "2s,4s,6s", "--answer-expiry", "8s")
	defer r.end()
	r.mention(ownHospital)
	id := r.asked(ownHospital)
	highest := 0
	r.until(func() error {
		v := r.request(ownHospital, id)
		if v.Escalation < highest {
			t.Fatalf("from %d it went to %+v", highest, v)
		}
		highest = v.Escalation
		now, err := r.db.Now(t.Context())
		if least := v.AskedAt + feed.Time(2_000*v.Escalation); err != nil || now < least {
			t.Fatalf("%d ms after it was asked it is %+v, %v", now-v.AskedAt, v, err)
		}
		if v.State != model.Expired {
			return fmt.Errorf("%+v", v)
		}
		return nil
	})
	held, err := r.service.ReservationFor(r.crew(), model.ReadReservations, id)
	if err != nil {
		t.Fatal(err)
	}
	if told, over := held.NoAnswerAt-held.AskedAt, held.EndedAt-held.AskedAt; highest != 3 || told < 6_000 || over < 8_000 || over < told {
		t.Errorf("escalation %d, no answer after %d ms, the end after %d ms", highest, told, over)
	}
}

// crew is a call of the demo's.
func (r *running) crew() context.Context {
	by := model.Principal{Subject: "crew", Role: model.RoleCrew, Unit: demoUnit.ID}
	return model.WithCall(r.t.Context(), model.Call{By: by})
}

// asked opens a case and puts it to a hospital, and returns the reservation's id.
func (r *running) asked(hospital string) (id string) {
	r.t.Helper()
	c := model.Case{ID: uuid.Must(uuid.NewV7()).String(), Unit: demoUnit.ID, Triage: model.Triage{KTAS: 2}}
	_, err := r.service.OpenCase(r.crew(), c, model.Clinical{})
	if err != nil {
		r.t.Fatal(err)
	}
	id = uuid.Must(uuid.NewV7()).String()
	_, err = r.service.AskHospitals(r.crew(), model.AskCommand{Case: c.ID, Hospitals: []model.Ask{{ID: id, Hospital: hospital, Item: model.DefaultItem}}})
	if err != nil {
		r.t.Fatal(err)
	}
	return id
}

// A requestShown is what a hospital's feed says of a request.
type requestShown struct {
	State      model.ReservationState
	Escalation int
	AskedAt    feed.Time `json:"asked_at"`
}

func (r *running) request(hospital, id string) (v requestShown) {
	r.t.Helper()
	text, err := r.db.Value(r.t.Context(), "hospital:"+hospital, "request/"+id)
	if err == nil && text != nil {
		err = json.Unmarshal(text, &v)
	}
	if err != nil {
		r.t.Fatal(err)
	}
	return v
}
