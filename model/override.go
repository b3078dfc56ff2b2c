package model

import (
	"context"
	"math"
	"strconv"

	"weer/model/fault"
	"weer/model/feed"
)

// The fields of an Institution that an administrator may override, by the names
// they have in JSON.
const (
	FieldName     = "name"
	FieldAddress  = "address"
	FieldRegion   = "region"
	FieldDistrict = "district"
	FieldLevel    = "level"
	FieldTel      = "tel"
	FieldMainTel  = "main_tel"
	FieldLat      = "lat"
	FieldLon      = "lon"
)

// An Override is an administrator's word against the daily list. It stands
// until it is taken back; the list's own value is kept beside it.
type Override struct {
	Field  string    `json:"field"`
	Value  string    `json:"value"`
	Owner  string    `json:"owner"`  // who answers for it
	Reason string    `json:"reason"` // why the list is wrong
	SetAt  feed.Time `json:"set_at"`
}

// MaxReason is the longest reason of an override, in characters.
const MaxReason = 500

// onto puts the override's value over the list's. Degrees are put over together
// ([Hospital.Institution]).
func (o Override) onto(i *Institution) {
	switch o.Field {
	case FieldName:
		i.Name = o.Value
	case FieldAddress:
		i.Address = o.Value
	case FieldRegion:
		i.Region = o.Value
	case FieldDistrict:
		i.District = o.Value
	case FieldLevel:
		i.Level = Level(o.Value)
		i.LevelName = i.Level.Name()
	case FieldTel:
		i.Tel = o.Value
	case FieldMainTel:
		i.MainTel = o.Value
	}
}

// degrees reads an overridden latitude or longitude.
func (h Hospital) degrees(field string) (d float64, ok bool) {
	o, ok := h.Overrides[field]
	if !ok {
		return 0, false
	}
	d, err := strconv.ParseFloat(o.Value, 64)
	return d, err == nil && !math.IsNaN(d) && !math.IsInf(d, 0)
}

// check refuses what the field cannot hold, and an override that nobody answers
// for.
func (o Override) check() error {
	var owner, reason error
	if o.Owner == "" || !Printable(o.Owner, MaxAccount) {
		owner = fault.Bad("owner", "an override names who answers for it, in at most %d characters", MaxAccount)
	}
	if o.Reason == "" || !Printable(o.Reason, MaxReason) {
		reason = fault.Bad("reason", "an override says why the list is wrong, in at most %d characters", MaxReason)
	}
	if err := checkOverridable(o.Field); err != nil {
		return fault.All(owner, reason, err)
	}
	return fault.All(owner, reason, o.checkValue())
}

// longestValue bounds the fields that hold a text, in characters.
var longestValue = map[string]int{
	FieldName: MaxName, FieldAddress: MaxAddress, FieldDistrict: MaxDistrict,
	FieldLevel: MaxLevel, FieldTel: MaxTel, FieldMainTel: MaxTel,
}

func checkOverridable(field string) error {
	_, text := longestValue[field]
	if !text && field != FieldRegion && field != FieldLat && field != FieldLon {
		return fault.Bad("field", "there is no such field that can be overridden")
	}
	return nil
}

func (o Override) checkValue() error {
	switch o.Field {
	case FieldRegion:
		if !isRegion(o.Value) {
			return fault.Bad("value", "this is no region's code")
		}
	case FieldLat:
		return o.checkDegrees(func(d float64) Point { return Point{d, 128} })
	case FieldLon:
		return o.checkDegrees(func(d float64) Point { return Point{36, d} })
	default:
		if most := longestValue[o.Field]; !Printable(o.Value, most) || o.Value == "" && o.Field == FieldName {
			return fault.Bad("value", "%s has at most %d characters and no control characters, and a name has some", o.Field, most)
		}
	}
	return nil
}

func (o Override) checkDegrees(at func(float64) Point) error {
	d, err := strconv.ParseFloat(o.Value, 64)
	if err != nil || !at(d).InKorea() {
		return fault.Bad("value", "this is no %s in Korea, in degrees", o.Field)
	}
	return nil
}

// Override sets an administrator's word about one field of a hospital, instead
// of one that stood. The receipt's result is the override as it stands.
// NotFound: the hospital was never known.
func (s *Service) Override(ctx context.Context, hospitalID string, o Override) (Receipt, error) {
	o.Owner = speaker(ctx, o.Owner)
	if err := fault.All(checkHospitalID(hospitalID), o.check()); err != nil {
		return Receipt{}, err
	}
	var set Override
	return s.command(because(ctx, o.Reason), order{
		operation: "override.set", hospital: hospitalID, detail: o.Field, right: OverrideHospital,
		decide: func(h Hospital, now feed.Time) (Hospital, bool, error) {
			if !h.Known() {
				return h, false, noSuchHospital()
			}
			set = o
			set.SetAt = now
			h.Overrides = with(h.Overrides, o.Field, set)
			return h, true, nil
		},
		result: func() any { return set },
	})
}

// TakeBack ends an override: the list's value counts again. One that does not
// stand changes nothing.
func (s *Service) TakeBack(ctx context.Context, hospitalID, field string) (Receipt, error) {
	if err := fault.All(checkHospitalID(hospitalID), checkOverridable(field)); err != nil {
		return Receipt{}, err
	}
	return s.command(ctx, order{
		operation: "override.take_back", hospital: hospitalID, detail: field, right: OverrideHospital,
		decide: func(h Hospital, _ feed.Time) (Hospital, bool, error) {
			if !h.Known() {
				return h, false, noSuchHospital()
			}
			_, stands := h.Overrides[field]
			h.Overrides = without(h.Overrides, field)
			return h, stands, nil
		},
	})
}
