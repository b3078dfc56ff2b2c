package model

import (
	"context"
	"maps"

	"weer/model/fault"
	"weer/model/feed"
)

// An Observation is what a source says of one hospital at one time. Of a push,
// name and telephone are not taken: the list and the bed reports have them.
type Observation struct {
	HospitalID string
	Name       string
	Tel        string
	ObservedAt feed.Time // 0: the source's time could not be read
	Readings   Readings
}

func (o Observation) hospital() string { return o.HospitalID }

func (o Observation) check() (Observation, error) {
	if err := checkHospitalID(o.HospitalID); err != nil {
		return o, err
	}
	if err := checkText("dutyName", o.HospitalID, o.Name, MaxName); err != nil {
		return o, err
	}
	if err := checkText("dutyTel3", o.HospitalID, o.Tel, MaxTel); err != nil {
		return o, err
	}
	for code := range o.Readings {
		if _, ok := ItemByCode(code); !ok {
			return o, fault.Bad("readings", "%s: there is no item %.40q", o.HospitalID, code)
		}
	}
	return o, nil
}

// RecordPoll takes an answer of operation 1 (beds) into the database; see
// [PollOf] for what is promised of every poll.
func (s *Service) RecordPoll(ctx context.Context, runID string, p Poll) (Run, error) {
	return record(ctx, s, runID, p, hearBeds)
}

// hearBeds takes the newest of a hospital's bed reports.
func hearBeds(h Hospital, reports []Observation, whole bool, now feed.Time) (Hospital, bool) {
	if len(reports) == 0 {
		return h.silent(SourceBeds, whole)
	}
	o := newest(reports)
	h, back := h.mention(SourceBeds)
	if h.Observed[SourceBeds].outdates(o.ObservedAt, now) {
		return h, back
	}
	h, moved := h.observe(SourceBeds, o, now)
	renamed := h.Name != o.Name || h.Tel != o.Tel
	h.Name, h.Tel = o.Name, o.Tel
	return h, back || moved || renamed
}

// newest picks one of several reports, which the source sends of some hospitals.
func newest(reports []Observation) Observation {
	best := reports[0]
	for _, o := range reports[1:] {
		if o.ObservedAt > best.ObservedAt {
			best = o
		}
	}
	return best
}

// silent is the answer of a poll that did not mention the hospital.
func (h Hospital) silent(source string, whole bool) (Hospital, bool) {
	if !whole {
		return h, false
	}
	return h.miss(source)
}

// observe keeps an observation as its source's last one. The same one, seen
// again, keeps the moment when it first came.
func (h Hospital) observe(source string, o Observation, received feed.Time) (Hospital, bool) {
	was, heard := h.Observed[source]
	if heard && was.ObservedAt == o.ObservedAt && was.Readings.Equal(o.Readings) {
		return h, false
	}
	h.Observed = with(h.Observed, source, Observed{
		SourceTimes: SourceTimes{ObservedAt: o.ObservedAt, ReceivedAt: received},
		Readings:    maps.Clone(o.Readings),
	})
	return h, true
}
