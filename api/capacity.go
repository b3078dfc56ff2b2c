package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
)

// A Reading is a truth-typed value of one item at one hospital, with its own
// source and time. An item without a reading is not_reported: that is not zero.
type Reading struct {
	Item       string             `json:"item" maxLength:"60" example:"er.general" doc:"Code of the item; see /items."`
	State      model.ReadingState `json:"state" enum:"known,unknown,not_reported,not_offered" doc:"known: value is what the source says; unknown: the source said something unusable; not_reported (미보고): nothing; not_offered (미보유): the hospital does not have it."`
	Value      *int               `json:"value,omitempty" minimum:"-9999" maximum:"99999" example:"3" doc:"Free beds, negative over capacity; 1 or 0 for what is usable or not. Absent unless it is known and may still be shown as a number."`
	Raw        *int               `json:"raw,omitempty" doc:"A number that must not be shown as one: of an unknown reading, or of one so old that it is withdrawn."`
	Total      *int               `json:"total,omitempty" minimum:"0" doc:"How many there are, where the source says it."`
	Source     string             `json:"source" maxLength:"60" example:"egen.beds" doc:"Who says it: egen.beds, push: and a system, or console for a person."`
	ObservedAt feed.Time          `json:"observed_at" doc:"The source's time; null when it could not be read."`
	ReceivedAt feed.Time          `json:"received_at" doc:"When this observation first came."`
	Freshness  feed.Freshness     `json:"freshness" enum:"fresh,ageing,stale,withdrawn" doc:"Its age by the server's clock."`
	Corrected  *ReadingCorrection `json:"corrected,omitempty" doc:"A person said it (병원 확인), against the source."`
}

// A ReadingCorrection says who corrected a reading, and what the source says.
type ReadingCorrection struct {
	By     string       `json:"by" maxLength:"100"`
	At     feed.Time    `json:"at"`
	EndsAt feed.Time    `json:"ends_at" doc:"When it ends by itself; news of the source ends it before."`
	Says   ReadingValue `json:"source_says" doc:"What the source says of the item now."`
}

// A ReadingValue is a reading without its source.
type ReadingValue struct {
	State model.ReadingState `json:"state" enum:"known,unknown,not_reported,not_offered"`
	Value *int               `json:"value,omitempty"`
	Raw   *int               `json:"raw,omitempty"`
	Total *int               `json:"total,omitempty"`
}

// A CapacityInfo is what one hospital has of one group of items.
type CapacityInfo struct {
	HospitalID string         `json:"hospital_id" maxLength:"8" example:"A1100001"`
	Name       string         `json:"name" maxLength:"400"`
	Region     string         `json:"region" maxLength:"2" example:"11"`
	Source     string         `json:"source" maxLength:"60" doc:"Whose observation is shown; empty when there is none."`
	ObservedAt feed.Time      `json:"observed_at"`
	ReceivedAt feed.Time      `json:"received_at"`
	Freshness  feed.Freshness `json:"freshness,omitempty" enum:"fresh,ageing,stale,withdrawn" doc:"Of the observation that is shown; absent when there is none."`
	Readings   []Reading      `json:"readings" maxItems:"60" doc:"By item. What is not among them is not_reported."`
}

// A group is a resource that holds readings.
type group struct {
	name, path, korean string
	groups             []model.Group
}

// The three tables of readings.
var capacityGroups = []group{
	{"emergency-room-info", "/emergency-room-info", "응급실·입원실 병상", []model.Group{model.GroupER, model.GroupBeds}},
	{"icu", "/icu", "중환자실", []model.Group{model.GroupICU}},
	{"equipment", "/equipment", "장비", []model.Group{model.GroupEquipment}},
}

// capacityOf is a hospital's readings of some groups, judged at a moment.
func capacityOf(h model.Hospital, groups []model.Group, now feed.Time) CapacityInfo {
	base, shown := h.Observed[h.Base]
	c := CapacityInfo{
		HospitalID: h.ID, Name: h.Card().Name, Region: h.Region, Source: h.Base,
		ObservedAt: base.ObservedAt, ReceivedAt: base.ReceivedAt, Readings: []Reading{},
	}
	if shown {
		c.Freshness = freshness(base.ObservedAt, now)
	}
	for _, item := range model.Items {
		if r, there := h.Readings[item.Code]; there && slices.Contains(groups, item.Group) {
			c.Readings = append(c.Readings, readingOf(h, item.Code, r, now))
		}
	}
	return c
}

func freshness(observed, now feed.Time) feed.Freshness {
	return feed.DefaultTimings.FreshnessOf(observed, now.Std())
}

func readingOf(h model.Hospital, item string, r model.Reading, now feed.Time) Reading {
	base := h.Observed[h.Base]
	out := Reading{Item: item, Source: h.Base, ObservedAt: base.ObservedAt, ReceivedAt: base.ReceivedAt}
	if c, corrected := h.Corrections[item]; corrected {
		out.Source, out.ObservedAt, out.ReceivedAt = model.SourceConsole, c.MadeAt, c.MadeAt
		out.Corrected = &ReadingCorrection{By: c.By, At: c.MadeAt, EndsAt: c.EndsAt, Says: readingValue(base.Readings.Of(item))}
	}
	out.Freshness = freshness(out.ObservedAt, now)
	v := readingValue(r)
	if out.Freshness == feed.Withdrawn && v.Value != nil {
		v.Value, v.Raw = nil, v.Value
	}
	out.State, out.Value, out.Raw, out.Total = v.State, v.Value, v.Raw, v.Total
	return out
}

func readingValue(r model.Reading) ReadingValue {
	v := ReadingValue{State: r.State}
	switch {
	case r.State == model.Known:
		v.Value = &r.Value
	case r.State == model.Unknown && r.Value != 0:
		v.Raw = &r.Value
	}
	if r.HasTotal {
		v.Total = &r.Total
	}
	return v
}

// A HospitalRef is embedded in the input of every operation on one hospital.
type HospitalRef struct {
	ID string `path:"id" minLength:"8" maxLength:"8" pattern:"^[A-Z][0-9]{7}$" example:"A1100001" doc:"hpid of the hospital (기관ID)."`
}

// known is NotFound for an id that no hospital can have.
func (h HospitalRef) known() error {
	if _, ok := model.RegionOfHospital(h.ID); !ok {
		return fault.New(fault.NotFound, "no source knows this hospital")
	}
	return nil
}

// A RegionRef is embedded in the input of a list of one region.
type RegionRef struct {
	Region string `query:"region" required:"true" minLength:"2" maxLength:"2" pattern:"^[0-9]{2}$" example:"11" doc:"시도 code; see /regions."`
}

func checkRegions(codes ...string) error {
	for _, code := range codes {
		if !model.ValidRegion(code) {
			return fault.Bad("region", "is no code of a region: see /regions")
		}
	}
	return nil
}

// A Tagged is embedded in the output of a single record.
type Tagged struct {
	ETag string `header:"ETag"`
}

// tagOf names a record by all that it says. What changes with the clock alone (a
// freshness band, whether an announcement is in force) is part of it.
func tagOf(record any) string {
	text, err := json.Marshal(record)
	if err != nil {
		panic(err) // our own types always have a JSON form
	}
	sum := sha256.Sum256(text)
	return `"` + hex.EncodeToString(sum[:10]) + `"`
}

// region reads the hospitals of a region, by id.
func (s *Server) region(ctx context.Context, code string) (model.Capacity, []model.Hospital, error) {
	if err := checkRegions(code); err != nil {
		return model.Capacity{}, nil, err
	}
	c, err := s.service.Capacity(ctx, model.HospitalFilter{Regions: []string{code}})
	return c, byID(c), err
}

func byID(c model.Capacity) []model.Hospital {
	list := make([]model.Hospital, 0, len(c.Hospitals))
	for _, h := range c.Hospitals {
		list = append(list, h)
	}
	slices.SortFunc(list, func(a, b model.Hospital) int { return strings.Compare(a.ID, b.ID) })
	return list
}

// A CapacityRecord is one hospital's readings, and from where they are.
type CapacityRecord struct {
	CapacityInfo
	Places
}

// A CapacityPage is a part of a region's readings.
type CapacityPage struct {
	Page[CapacityInfo]
	Places
}

type readCapacityInput struct {
	HospitalRef
	Conditions
}

type readCapacityOutput struct {
	Tagged
	Body CapacityRecord
}

type listCapacityInput struct {
	RegionRef
	Paging
}

type listCapacityOutput struct{ Body CapacityPage }

const truthText = "Each reading is truth-typed: a state, a value only where it is known and not too old to be shown, its own source, times and freshness by the server's clock. Unknown and missing are not zero."

func (r *rest) capacity() {
	for _, g := range capacityGroups {
		add(r, operation{
			ID: "list-" + g.name, Method: http.MethodGet, Path: g.path, Tag: capacityTag, Right: model.ReadBoard,
			Summary: g.korean + " of a region's hospitals", Text: truthText,
		}, func(ctx context.Context, in *listCapacityInput) (*listCapacityOutput, error) {
			return r.server.listCapacity(ctx, in, g.groups)
		})
		add(r, operation{
			ID: "get-" + g.name, Method: http.MethodGet, Path: "/hospitals/{id}" + g.path, Tag: capacityTag, Right: model.ReadBoard,
			Summary: g.korean + " of one hospital", Text: truthText,
		}, func(ctx context.Context, in *readCapacityInput) (*readCapacityOutput, error) {
			return r.server.readCapacity(ctx, in, g.groups)
		})
	}
}

const capacityTag = "Capacity"

func (s *Server) listCapacity(ctx context.Context, in *listCapacityInput, groups []model.Group) (*listCapacityOutput, error) {
	c, hospitals, err := s.region(ctx, in.Region)
	if err != nil {
		return nil, err
	}
	list := make([]CapacityInfo, len(hospitals))
	for i, h := range hospitals {
		list[i] = capacityOf(h, groups, c.Now)
	}
	page, err := pageOf(in.Paging, list, func(c CapacityInfo) string { return c.HospitalID })
	return &listCapacityOutput{CapacityPage{page, placesFor(ctx, c.Heads)}}, err
}

func (s *Server) readCapacity(ctx context.Context, in *readCapacityInput, groups []model.Group) (*readCapacityOutput, error) {
	h, c, err := s.service.Hospital(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	info := capacityOf(h, groups, c.Now)
	tag := tagOf(info)
	if err := in.unchanged(tag); err != nil {
		return nil, err
	}
	return &readCapacityOutput{Tagged{tag}, CapacityRecord{info, placesFor(ctx, c.Heads)}}, nil
}
