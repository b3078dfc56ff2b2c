package model

import (
	"context"
	"slices"
	"strings"

	"weer/model/feed"
)

// A CapacityStore reads what hospitals have, and what is over. All of it is read
// without locks:
//
//   - HospitalsAt reads hospitals with the heads of their feeds, of one moment.
//   - Overdue names, in order, the hospitals that [Service.EndOverdue] has to
//     look at: with a correction or a word whose end is not after the database's
//     clock, an announcement made here that ended [KeepAnnouncementMS] before, or
//     a bed that is absorbed for [AbsorbMS].
//   - Runs reads runs, the newest first; RunByID one of them, NotFound when there
//     is none.
type CapacityStore interface {
	HospitalsAt(ctx context.Context, f HospitalFilter) (Capacity, error)
	Overdue(ctx context.Context) (ids []string, err error)
	Runs(ctx context.Context, f RunFilter) ([]Run, error)
	RunByID(ctx context.Context, id string) (Run, error)
}

// A HospitalFilter says which hospitals: those that have one of the ids and lie
// in one of the regions. What is empty is not asked.
type HospitalFilter struct {
	IDs     []string
	Regions []string
}

// A Capacity is what some hospitals have at one moment of the database. Its
// heads prove it: whoever holds a feed up to the number that is named here holds
// every value of that region's hospitals, and may go on from there.
type Capacity struct {
	Now       feed.Time           // the database's clock
	Hospitals map[string]Hospital // by id; those that nobody mentions any more are not among them
	// Heads are those of the regions that were asked for, else of the regions in
	// which the hospitals are, in name order. A region that never had a hospital
	// is at 0.
	Heads   []feed.Cursor
	Sources map[string]feed.Source // when each source was last heard completely
}

// A RunFilter says which runs. What is empty is not asked.
type RunFilter struct {
	Source   string
	Before   string // the id of a run: only those that began before it
	Complete *bool
	Limit    int // at most so many
}

// Capacity reads what hospitals have at one moment.
func (s *Service) Capacity(ctx context.Context, f HospitalFilter) (Capacity, error) {
	c, err := s.store.HospitalsAt(ctx, f)
	for id, h := range c.Hospitals {
		if !h.mentioned() {
			delete(c.Hospitals, id)
		}
	}
	return c, err
}

// Hospital reads one hospital. NotFound: nobody mentions it.
func (s *Service) Hospital(ctx context.Context, id string) (Hospital, Capacity, error) {
	if err := checkHospitalID(id); err != nil {
		return Hospital{}, Capacity{}, noSuchHospital()
	}
	c, err := s.Capacity(ctx, HospitalFilter{IDs: []string{id}})
	h, there := c.Hospitals[id]
	if err == nil && !there {
		err = noSuchHospital()
	}
	return h, c, err
}

// Runs reads runs of polls, the newest first.
func (s *Service) Runs(ctx context.Context, f RunFilter) ([]Run, error) { return s.store.Runs(ctx, f) }

// RunByID reads one run. NotFound: there is none of that id.
func (s *Service) RunByID(ctx context.Context, id string) (Run, error) {
	return s.store.RunByID(ctx, id)
}

// Card is what a screen knows of the hospital ([ReadCard]), made without its keys.
func (h Hospital) Card() Card {
	v := h.value()
	c := Card{
		ID: h.ID, Name: v.Name, Short: ShortName(v.Name), Region: v.Region, Level: v.Level, LevelName: v.LevelName,
		Address: v.Address, District: v.District, Tel: v.Tel, MainTel: v.MainTel, Place: v.Place,
		ObservedAt: h.Observed[h.Base].ObservedAt, Readings: h.Readings, Corrected: map[string]feed.Time{},
		Declarations: h.Acceptance(), Load: h.Load(), Console: h.Console, ConsoleAt: h.ConsoleAt,
	}
	for item, correction := range h.Corrections {
		c.Corrected[item] = correction.MadeAt
	}
	for _, a := range h.Announcements {
		c.Announcements = append(c.Announcements, a)
	}
	slices.SortFunc(c.Announcements, func(a, b Announcement) int { return strings.Compare(a.ID, b.ID) })
	return c
}
