package model

import (
	"context"
	"maps"

	"weer/model/fault"
	"weer/model/feed"
)

// CorrectionMS is how long a correction stands when nothing ends it before.
const CorrectionMS = 30 * 60_000

// A Correction is what a console says of one item, against the sources (병원
// 확인). It stands until EndsAt, or until the source that is shown brings
// another number than it had when the person spoke.
type Correction struct {
	Item   string
	Value  Reading
	Said   map[string]Reading // by source: what it said of the item when the correction was made
	By     string             // the account
	MadeAt feed.Time          // the database's clock
	EndsAt feed.Time
}

// A CorrectCommand is a person's word about one item of one hospital.
type CorrectCommand struct {
	HospitalID string
	Item       string
	Value      Reading // known, not offered, or unknown
	By         string  // the account
}

// Bounds of what a person may enter.
const (
	leastValue = -999
	mostValue  = 9999
	MaxAccount = 100 // characters
)

func (c CorrectCommand) check() error {
	if err := checkHospitalID(c.HospitalID); err != nil {
		return err
	}
	item, ok := ItemByCode(c.Item)
	if !ok {
		return fault.Bad("item", "there is no item %.40q", c.Item)
	}
	if c.By == "" || !Printable(c.By, MaxAccount) {
		return fault.Bad("by", "a correction names the account that makes it")
	}
	return c.Value.checkAs(item)
}

// checkAs refuses what nobody can mean of an item.
func (r Reading) checkAs(item Item) error {
	switch {
	case r.State != Known && r.State != NotOffered && r.State != Unknown:
		return fault.Bad("value", "a correction is known, not_offered or unknown, not %.20q", string(r.State))
	case r.State != Known && r.Value != 0:
		return fault.Bad("value", "only a known value is a number")
	case item.YesNo && r.Value != 0 && r.Value != 1:
		return fault.Bad("value", "%s is 1 (usable) or 0, not %d", item.Code, r.Value)
	case r.Value < leastValue || r.Value > mostValue:
		return fault.Bad("value", "%d lies outside of %d … %d", r.Value, leastValue, mostValue)
	case r.HasTotal && (r.Total < 0 || r.Total > mostValue):
		return fault.Bad("total", "%d lies outside of 0 … %d", r.Total, mostValue)
	}
	return nil
}

// Correct sets a console's correction of one item, instead of one that stood.
// It returns the correction as it stands. NotFound: nobody knows the hospital.
func (s *Service) Correct(ctx context.Context, c CorrectCommand) (made Correction, err error) {
	if err := c.check(); err != nil {
		return made, err
	}
	_, err = s.change(ctx, []string{c.HospitalID}, func(h Hospital, now feed.Time) (Hospital, bool, error) {
		if !h.mentioned() {
			return h, false, noSuchHospital(h.ID)
		}
		made = Correction{
			Item: c.Item, Value: c.Value, Said: h.said(c.Item), By: c.By,
			MadeAt: now, EndsAt: now + CorrectionMS,
		}
		h.Corrections = with(h.Corrections, c.Item, made)
		return h, true, nil
	})
	return made, err
}

// said is what each source says of an item.
func (h Hospital) said(item string) map[string]Reading {
	said := make(map[string]Reading, len(h.Observed))
	for source, o := range h.Observed {
		said[source] = o.Readings.Of(item)
	}
	return said
}

// Uncorrect takes a correction back. One that no longer stands changes nothing.
func (s *Service) Uncorrect(ctx context.Context, hospitalID, item string) error {
	if err := checkHospitalID(hospitalID); err != nil {
		return err
	}
	if _, ok := ItemByCode(item); !ok {
		return fault.Bad("item", "there is no item %.40q", item)
	}
	_, err := s.change(ctx, []string{hospitalID}, func(h Hospital, _ feed.Time) (Hospital, bool, error) {
		if !h.Known() {
			return h, false, noSuchHospital(h.ID)
		}
		_, stands := h.Corrections[item]
		h.Corrections = without(h.Corrections, item)
		return h, stands, nil
	})
	return err
}

// ExpireCorrections ends the corrections whose time is over and returns how many
// hospitals they were of. Any node may do it at any time: what is over for one
// is over for all, and doing it twice changes nothing.
func (s *Service) ExpireCorrections(ctx context.Context) (hospitals int, err error) {
	overdue, err := s.store.OverdueCorrections(ctx)
	if err != nil || len(overdue) == 0 {
		return 0, err
	}
	return s.changeByRegion(ctx, byPrefix(overdue), func(h Hospital, now feed.Time) (Hospital, bool, error) {
		over := func(_ string, c Correction) bool { return now >= c.EndsAt }
		standing := maps.Clone(h.Corrections)
		maps.DeleteFunc(standing, over)
		moved := len(standing) < len(h.Corrections)
		h.Corrections = standing
		return h, moved, nil
	})
}

func noSuchHospital(id string) error {
	return fault.New(fault.NotFound, "no source knows a hospital %s", id)
}
