package model_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"weer/model"
	"weer/model/fault"
)

func as(t *testing.T, p model.Principal, key string) context.Context {
	return model.WithCall(t.Context(), model.Call{By: p, From: "192.0.2.1", Key: key, Digest: "d:" + key})
}

var (
	nurse  = model.Principal{Subject: "0197-nurse", Session: "s", Role: model.RoleHospital, Hospital: seoul}
	admin  = model.Principal{Subject: "0197-admin", Session: "s", Role: model.RoleAdmin}
	system = model.Principal{Subject: "his", Key: "0197-key", Role: model.RoleIntegration, Hospital: seoul, Scopes: []model.Right{model.WriteCapacity, model.PushObservations}}
)

// capacityCommands are all that is said here of a hospital, by what the audit
// calls them.
func capacityCommands(m *memory, id string) map[string]func(context.Context, *model.Service) (model.Receipt, error) {
	seen := model.AmendCommand{HospitalID: id, ID: uuid(7)}
	longer := m.now + 2*hour
	amended := seen
	amended.EndsAt = &longer
	return map[string]func(context.Context, *model.Service) (model.Receipt, error){
		"correction.set er.general": func(ctx context.Context, s *model.Service) (model.Receipt, error) {
			return s.Correct(ctx, model.CorrectCommand{HospitalID: id, Item: "er.general", Value: model.Reading{State: model.Known, Value: 2}})
		},
		"correction.take_back er.general": func(ctx context.Context, s *model.Service) (model.Receipt, error) {
			return s.Uncorrect(ctx, id, "er.general")
		},
		"acceptance.set " + mi: func(ctx context.Context, s *model.Service) (model.Receipt, error) {
			return s.Declare(ctx, model.DeclareCommand{HospitalID: id, Disease: mi, State: accepts})
		},
		"acceptance.take_back " + mi: func(ctx context.Context, s *model.Service) (model.Receipt, error) {
			return s.Undeclare(ctx, id, mi)
		},
		"announcement.make announcement/" + uuid(8): func(ctx context.Context, s *model.Service) (model.Receipt, error) {
			return s.Announce(ctx, model.AnnounceCommand{HospitalID: id, ID: uuid(8), Kind: model.AnnouncementER, Reason: model.ReasonNoBeds, EndsAt: longer})
		},
		"announcement.change announcement/" + uuid(7): func(ctx context.Context, s *model.Service) (model.Receipt, error) { return s.Amend(ctx, amended) },
		"announcement.lift announcement/" + uuid(7):   func(ctx context.Context, s *model.Service) (model.Receipt, error) { return s.Lift(ctx, seen) },
		"override.set tel": func(ctx context.Context, s *model.Service) (model.Receipt, error) {
			return s.Override(ctx, id, model.Override{Field: model.FieldTel, Value: "119", Reason: "옛 번호"})
		},
		"override.take_back tel": func(ctx context.Context, s *model.Service) (model.Receipt, error) {
			return s.TakeBack(ctx, id, model.FieldTel)
		},
	}
}

// prepared knows two hospitals, with an announcement to change.
func prepared(t *testing.T) *memory {
	m := newMemory()
	m.take(t, poll(true, beds(seoul, noon, 3), beds(busan, noon, 3)))
	m.make(t, closing(m, 7))
	m.audit = nil
	return m
}

func TestEveryCommandIsWrittenDownAndCarriedOutOnce(t *testing.T) {
	for name := range capacityCommands(newMemory(), seoul) {
		m := prepared(t)
		s, do := model.NewService(m, m), capacityCommands(m, seoul)[name]
		ctx := as(t, admin, "k")
		first, err := do(ctx, s)
		if err != nil || first.Replayed {
			t.Fatalf("%s: %+v, %v", name, first, err)
		}
		operation, detail, _ := strings.Cut(name, " ")
		want := model.Entry{Actor: "0197-admin", Subject: "hospital/" + seoul, Operation: operation, Detail: detail}
		if operation == "override.set" {
			want.Reason = "옛 번호"
		}
		if len(m.audit) != 1 || m.audit[0] != want {
			t.Errorf("%s: the audit has %+v", name, m.audit)
		}
		writes, keys := m.writes, fmt.Sprint(m.keys)
		again, err := do(ctx, s)
		if err != nil || !again.Replayed || string(again.Result) != string(first.Result) || m.writes != writes || len(m.audit) != 1 || fmt.Sprint(m.keys) != keys {
			t.Errorf("%s again: %+v, %v, %d entries", name, again, err, len(m.audit))
		}
		other := model.WithCall(t.Context(), model.Call{By: admin, Key: "k", Digest: "another"})
		if _, err := do(other, s); !fault.Is(err, fault.KeyReused) {
			t.Errorf("%s with another command's key: %v", name, err)
		}
	}
}

func TestWhoMaySpeakOfAHospital(t *testing.T) {
	role := func(r model.Role, change func(*model.Principal)) model.Principal {
		p := model.Principal{Subject: "x", Session: "s", Role: r}
		change(&p)
		return p
	}
	none := func(*model.Principal) {}
	for who, c := range map[string]struct {
		p              model.Principal
		here, override bool // at its own hospital
		there          bool // at another
	}{
		"hospital":    {nurse, true, false, false},
		"control":     {role(model.RoleControl, func(p *model.Principal) { p.Regions = []string{"11"} }), true, false, false},
		"admin":       {admin, true, true, true},
		"integration": {system, true, false, false},
		"a narrow key": {role(model.RoleIntegration, func(p *model.Principal) {
			p.Hospital, p.Key, p.Scopes = seoul, "k", []model.Right{model.PushObservations}
		}), false, false, false},
		"crew":   {role(model.RoleCrew, none), false, false, false},
		"viewer": {role(model.RoleViewer, none), false, false, false},
		"nobody": {model.Principal{}, false, false, false},
	} {
		for name := range capacityCommands(newMemory(), seoul) {
			mayHere, mayThere := c.here, c.there
			if strings.HasPrefix(name, "override") {
				mayHere = c.override
			}
			for id, may := range map[string]bool{seoul: mayHere, busan: mayThere} {
				m := prepared(t)
				before := fmt.Sprint(m.keys, m.hospitals)
				_, err := capacityCommands(m, id)[name](as(t, c.p, ""), model.NewService(m, m))
				if forbidden := fault.Is(err, fault.Forbidden); forbidden == may {
					t.Errorf("%s, %s at %s: %v", who, name, id, err)
				} else if forbidden && (len(m.audit) != 0 || fmt.Sprint(m.keys, m.hospitals) != before) {
					t.Errorf("%s, %s at %s: refused, and something changed", who, name, id)
				}
			}
		}
	}
}

// A hospital that an administrator moved is the business of the control room of
// the region in which it is, not of the one that its id names.
func TestControlSpeaksOfTheHospitalsOfItsRegion(t *testing.T) {
	m := prepared(t)
	m.override(t, seoul, model.FieldRegion, "26")
	for region, may := range map[string]bool{"26": true, "11": false} {
		p := model.Principal{Subject: "c", Session: "s", Role: model.RoleControl, Regions: []string{region}}
		_, err := model.NewService(m, m).Uncorrect(as(t, p, ""), seoul, "er.general")
		if (err == nil) != may || err != nil && !fault.Is(err, fault.Forbidden) {
			t.Errorf("control of %s: %v", region, err)
		}
	}
}

func TestTheCallersNameCounts(t *testing.T) {
	m := prepared(t)
	s := model.NewService(m, m)
	if _, err := s.Correct(as(t, nurse, ""), model.CorrectCommand{HospitalID: seoul, Item: "er.general", Value: model.Reading{State: model.Unknown}, By: "somebody else"}); err != nil {
		t.Fatal(err)
	}
	if got := m.hospitals[seoul].Corrections["er.general"].By; got != nurse.Subject {
		t.Errorf("it is by %q", got)
	}
}

func TestAPushIsOfTheCallersHospitalAndLeavesATraceOfNews(t *testing.T) {
	m := prepared(t)
	s, source := model.NewService(m, m), model.PushSource(system)
	ctx := as(t, system, "k")
	batch := []model.Observation{beds(seoul, noon+minute, 5), beds(busan, noon+minute, 5)}
	for again := range 2 {
		m.now += second
		outcomes, receipt, err := s.Push(ctx, source, batch)
		if err != nil || outcomes[0] != nil || !fault.Is(outcomes[1], fault.Forbidden) {
			t.Fatalf("%v, %v", outcomes, err)
		}
		if moved := len(receipt.Feeds) == 1 && receipt.Feeds[0].Feed == "region:11"; moved == (again == 1) || receipt.Replayed {
			t.Errorf("%d times again: %+v", again, receipt)
		}
	}
	want := model.Entry{Actor: "key:0197-key", Subject: "hospital/" + seoul, Operation: "observation.push", Detail: "push:0197-key"}
	if len(m.audit) != 1 || m.audit[0] != want || len(m.commands) != 0 {
		t.Errorf("the audit has %+v, %d keys are kept", m.audit, len(m.commands))
	}
	if _, b := m.shows(busan); b != model.SourceBeds {
		t.Errorf("a foreign hospital shows %s", b)
	}
	if got := model.PushSource(nurse); got != "push:"+seoul {
		t.Errorf("an account's pushes are of %s", got)
	}
}

func TestAPushIsToldAllThatIsWrongWithAnItem(t *testing.T) {
	m := newMemory()
	bad := beds(seoul, 0, 100_000)
	bad.Readings["equipment.ct"] = model.Reading{State: model.Known, Value: 2}
	out, _, err := model.NewService(m, m).Push(t.Context(), his, []model.Observation{bad})
	if got := badFields(model.Receipt{}, out[0]); err != nil || got != "observed_at readings.equipment.ct.value readings.er.general.value" {
		t.Errorf("%q, %v", got, err)
	}
}
