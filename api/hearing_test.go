package api

import (
	"context"
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
	"weer/model/store"
)

const (
	here  = "A1100001" // in Seoul, at the city hall
	south = "A1100002" // in Seoul, further away
	busan = "A1200001"
)

// people are the callers of these tests, by their tokens.
func people(_ context.Context, token string) (model.Principal, error) {
	p := model.Principal{Subject: token, Session: "s", Role: model.Role(token), ExpiresAt: feed.At(time.Now().Add(time.Hour))}
	switch p.Role {
	case model.RoleHospital:
		p.Hospital = here
	case model.RoleIntegration:
		p.Hospital, p.Key, p.Session = here, "key-1", ""
		p.Scopes = []model.Right{model.ReadBoard, model.PushObservations, model.WriteCapacity}
	case model.RoleControl:
		p.Regions = []string{"11"}
	}
	if !slices.Contains(model.Roles, p.Role) {
		return p, fault.New(fault.TokenInvalid, "no such token")
	}
	return p, nil
}

// A hearing is a server over three hospitals, as three polls told them.
type hearing struct {
	*harness
	db      *store.DB
	service *model.Service
	now     feed.Time
}

func hear(t *testing.T, o Options) *hearing {
	t.Helper()
	db, err := store.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "weer.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	o.Service, o.Authenticate = model.NewService(db, unheard{}), people
	h := &hearing{serve(t, o), db, o.Service, feed.At(time.Now())}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	known := func(n int) model.Reading {
		return model.Reading{State: model.Known, Value: n, Total: 20, HasTotal: true}
	}
	beds := func(id string, age time.Duration, r model.Readings) model.Observation {
		return model.Observation{HospitalID: id, Name: "병상 " + id, ObservedAt: h.now - feed.Time(age.Milliseconds()), Readings: r}
	}
	_, err = h.service.RecordPoll(t.Context(), "0197f3a0-0000-7000-8000-000000000001", model.Poll{Source: model.SourceBeds, IntervalMS: 300_000, Complete: true, StartedAt: h.now, Rows: []model.Observation{
		beds(here, time.Minute, model.Readings{"er.general": known(3), "er.isolation": {State: model.Unknown, Value: 999}, "icu.general": known(-2), "equipment.ct": {State: model.Known, Value: 1}, "ward.general": known(0)}),
		beds(south, 2*time.Hour, model.Readings{"er.general": known(7)}),
		beds(busan, 15*time.Minute, model.Readings{"er.general": {State: model.NotOffered}}),
	}})
	h.must(err)
	_, err = h.service.RecordInstitutions(t.Context(), "0197f3a0-0000-7000-8000-000000000002", model.InstitutionPoll{Source: model.SourceInstitutions, IntervalMS: 86_400_000, Complete: true, Rows: []model.Institution{
		{HospitalID: here, Name: "서울시청병원", Address: "서울특별시 중구 세종대로 110", Level: model.LevelRegional, Place: &model.Point{Lat: 37.5663, Lon: 126.9779}},
		{HospitalID: south, Name: "강남병원", Address: "서울특별시 강남구", Level: model.LevelLocal, Place: &model.Point{Lat: 37.4979, Lon: 127.0276}},
		{HospitalID: busan, Name: "부산병원", Address: "부산광역시 서구", Level: model.LevelLocal},
	}})
	h.must(err)
	_, err = h.service.RecordAcceptance(t.Context(), "0197f3a0-0000-7000-8000-000000000003", model.AcceptancePoll{Source: model.SourceAcceptance, IntervalMS: 300_000, Complete: true, StartedAt: h.now, Rows: []model.Declared{
		{HospitalID: here, Declarations: model.Declarations{"severe.burn": {State: model.Accepts, Note: "성인"}}},
		{HospitalID: south}, {HospitalID: busan},
	}})
	h.must(err)
	return h
}

func (h *hearing) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// problem is the code and the fields of a refusal.
func problem(text string) string {
	var p Problem
	if json.Unmarshal([]byte(text), &p) != nil {
		return text
	}
	names := []string{string(p.Code)}
	for _, e := range p.Errors {
		names = append(names, e.Name)
	}
	if len(p.Errors) == 0 && p.Field != "" {
		names = append(names, p.Field)
	}
	slices.Sort(names[1:])
	return strings.Join(slices.Compact(names), " ")
}
