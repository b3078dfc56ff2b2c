package model

import (
	"context"

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
	By         string  // the account, where the call names none
}

// Bounds of what a person may enter.
const (
	leastValue = -999
	mostValue  = 9999
	MaxAccount = 100 // characters
)

func (c CorrectCommand) check() error {
	item, ok := ItemByCode(c.Item)
	if !ok {
		return fault.All(checkHospitalID(c.HospitalID), noSuchItem(), checkAccount(c.By))
	}
	return fault.All(checkHospitalID(c.HospitalID), checkAccount(c.By), c.Value.checkAs(item))
}

func noSuchItem() error {
	return fault.Bad("item", "there is no such item: see the catalogue of items")
}

// checkAs refuses what no person can mean of an item.
func (r Reading) checkAs(item Item) error {
	switch {
	case r.State != Known && r.State != NotOffered && r.State != Unknown:
		return fault.Bad("state", "a correction is known, not_offered or unknown")
	case r.State != Known && r.Value != 0:
		return fault.Bad("value", "only a known value is a number")
	}
	return r.checkNumbers("", item)
}

// checkNumbers refuses numbers that nothing can have; in names the reading.
func (r Reading) checkNumbers(in string, item Item) error {
	var value, total error
	switch {
	case item.YesNo && r.State == Known && r.Value != 0 && r.Value != 1:
		value = fault.Bad(field(in, "value"), "%s is 1 (usable) or 0", item.Code)
	case r.Value < leastValue || r.Value > mostValue:
		value = fault.Bad(field(in, "value"), "a value lies between %d and %d", leastValue, mostValue)
	}
	if r.HasTotal && (r.Total < 0 || r.Total > mostValue) {
		total = fault.Bad(field(in, "total"), "a total lies between 0 and %d", mostValue)
	}
	return fault.All(value, total)
}

// field names a part of an input, of the whole when in is "".
func field(in, part string) string {
	if in == "" {
		return part
	}
	return in + "." + part
}

// Correct sets a console's correction of one item, instead of one that stood.
// The receipt's result is the correction as it stands. NotFound: nobody knows
// the hospital.
func (s *Service) Correct(ctx context.Context, c CorrectCommand) (Receipt, error) {
	c.By = speaker(ctx, c.By)
	if err := c.check(); err != nil {
		return Receipt{}, err
	}
	var stands correctedValue
	return s.command(ctx, order{
		operation: "correction.set", hospital: c.HospitalID, detail: c.Item, right: WriteCapacity,
		decide: func(h Hospital, now feed.Time) (Hospital, bool, error) {
			if !h.mentioned() {
				return h, false, noSuchHospital()
			}
			made := Correction{
				Item: c.Item, Value: c.Value, Said: h.said(c.Item), By: c.By,
				MadeAt: now, EndsAt: now + CorrectionMS,
			}
			h.Corrections = with(h.Corrections, c.Item, made)
			source := h.Observed[h.Base].Readings.Of(c.Item)
			stands = correctedValue{made.Value, source, made.By, made.MadeAt, made.EndsAt}
			return h, true, nil
		},
		result: func() any { return stands },
	})
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
func (s *Service) Uncorrect(ctx context.Context, hospitalID, item string) (Receipt, error) {
	err := checkHospitalID(hospitalID)
	if _, ok := ItemByCode(item); !ok {
		err = fault.All(err, noSuchItem())
	}
	if err != nil {
		return Receipt{}, err
	}
	return s.command(ctx, order{
		operation: "correction.take_back", hospital: hospitalID, detail: item, right: WriteCapacity,
		decide: func(h Hospital, _ feed.Time) (Hospital, bool, error) {
			if !h.Known() {
				return h, false, noSuchHospital()
			}
			_, stands := h.Corrections[item]
			h.Corrections = without(h.Corrections, item)
			return h, stands, nil
		},
	})
}

// EndOverdue ends the corrections and words whose time is over, takes away the
// announcements made here that ended long enough ago, and gives free the beds of
// patients who arrived so long ago that they are counted by now; it returns how
// many hospitals they were of. Any node may do it at any time: what is over for one
// is over for all, and doing it twice changes nothing.
func (s *Service) EndOverdue(ctx context.Context) (hospitals int, err error) {
	overdue, err := s.store.Overdue(ctx)
	if err != nil || len(overdue) == 0 {
		return 0, err
	}
	return s.changeByRegion(ctx, byPrefix(overdue), func(h Hospital, now feed.Time) (Hospital, bool, error) {
		return h, h.overdue(now), nil // which of them end is settled with the rest
	})
}

// overdue reports whether something that a person said is over by its time.
func (h Hospital) overdue(now feed.Time) bool {
	for _, c := range h.Corrections {
		if now >= c.EndsAt {
			return true
		}
	}
	for _, w := range h.Words {
		if now >= w.EndsAt {
			return true
		}
	}
	for _, a := range h.Announcements {
		if a.over(now) {
			return true
		}
	}
	for _, hold := range h.Holds {
		if hold.lapsed(now) {
			return true
		}
	}
	return false
}

func noSuchHospital() error {
	return fault.New(fault.NotFound, "no source knows this hospital")
}
