package model

import (
	"context"
	"fmt"

	"weer/model/fault"
	"weer/model/feed"
)

// A Unit (구급차) is a vehicle with its crew. It owns its cases, and its feed
// (unit:ID) is read by the crew that is signed on to it.
type Unit struct {
	ID           string // UUIDv7
	CallSign     string // as the radio calls it: 강남 201
	Region       string // 시도 code of the control room that looks after it
	Organisation string // 소속: a fire station, a company
	Kind         UnitKind
	Active       bool // in service: a crew can sign on
	CreatedAt    feed.Time
	Revision     uint64 // counts what people change: for If-Match
}

// A UnitKind says whose vehicle it is.
type UnitKind string

// The kinds of units.
const (
	Unit119     UnitKind = "119"     // of a fire service
	UnitPrivate UnitKind = "private" // of a company or a hospital (사설)
)

// Longest texts of a unit, in characters.
const (
	MaxCallSign     = 40
	MaxOrganisation = 100
)

// Record is whose the unit is.
func (u Unit) Record() Record { return Record{Unit: u.ID, Region: u.Region} }

func (u Unit) check() error {
	var errs []error
	if u.CallSign == "" || !Printable(u.CallSign, MaxCallSign) {
		errs = append(errs, fault.Bad("call_sign", "is how the radio calls the unit, in 1 to %d characters", MaxCallSign))
	}
	if !isRegion(u.Region) {
		errs = append(errs, fault.Bad("region", "is no 시도 code; 11 is 서울"))
	}
	if !Printable(u.Organisation, MaxOrganisation) {
		errs = append(errs, fault.Bad("organisation", "has at most %d characters and no control characters", MaxOrganisation))
	}
	if u.Kind != Unit119 && u.Kind != UnitPrivate {
		errs = append(errs, fault.Bad("kind", "is %s or %s", Unit119, UnitPrivate))
	}
	return fault.All(errs...)
}

// A UnitStore is what units need of a [Store]. None of it takes locks.
//
//   - Unit reads one, nil when there is none of that id.
//   - Units reads those of some regions, of all with nil, in the order of their
//     ids, after an id.
type UnitStore interface {
	Unit(ctx context.Context, id string) (*Unit, error)
	Units(ctx context.Context, regions []string, after string, most int) ([]Unit, error)
}

// A UnitTx is what units need of a [Tx]. A unit is locked before everything
// else: two tablets of one vehicle meet there.
type UnitTx interface {
	// LockUnit locks by writing and reads under the lock; nil when there is none
	// of that id. One unit a transaction.
	LockUnit(ctx context.Context, id string) (*Unit, error)
	// SaveUnit stores one that was locked, or a new one.
	SaveUnit(ctx context.Context, u Unit) error
}

// Unit reads a unit; NotFound when there is none of that id.
func (s *Service) Unit(ctx context.Context, id string) (Unit, error) {
	u, err := s.store.Unit(ctx, id)
	switch {
	case err != nil:
		return Unit{}, err
	case u == nil:
		return Unit{}, noSuchUnit()
	}
	return *u, nil
}

// Units reads units of some regions, of all with nil, in the order of their ids
// (which is that of their making), after an id.
func (s *Service) Units(ctx context.Context, regions []string, after string, most int) ([]Unit, error) {
	return s.store.Units(ctx, regions, after, most)
}

// CreateUnit adds a unit, in service, under an id that the caller made. The
// receipt's result is its id.
func (s *Service) CreateUnit(ctx context.Context, u Unit) (Receipt, error) {
	u.Active, u.Revision = true, 1
	if err := u.check(); err != nil {
		return Receipt{}, err
	}
	deed := func() Deed { return Deed{Operation: "unit.create", Subject: "unit/" + u.ID, Detail: u.Region} }
	return s.act(ctx, deed, func(ctx context.Context, tx Tx) error {
		u.CreatedAt = tx.Now()
		return tx.SaveUnit(ctx, u)
	}, func() any { return Made{u.ID} })
}

// A Made is the reference to a record that a command made: the receipt's result.
type Made struct {
	ID string `json:"id"`
}

// A UnitChange is what is changed of a unit; nil leaves it as it is.
type UnitChange struct {
	CallSign, Region, Organisation *string
	Kind                           *UnitKind
	Active                         *bool
}

func (c UnitChange) onto(u Unit) Unit {
	set(&u.CallSign, c.CallSign)
	set(&u.Region, c.Region)
	set(&u.Organisation, c.Organisation)
	set(&u.Kind, c.Kind)
	set(&u.Active, c.Active)
	return u
}

// set puts a value that was given.
func set[T any](into *T, value *T) {
	if value != nil {
		*into = *value
	}
}

// ChangeUnit changes a unit of a revision; 0 is any. PreconditionFailed: it was
// changed since. Who may change it is asked under the lock, of it as it was and
// as it becomes: nobody moves a vehicle into another's region.
func (s *Service) ChangeUnit(ctx context.Context, id string, revision uint64, c UnitChange) (after Unit, receipt Receipt, err error) {
	deed := func() Deed {
		return Deed{Operation: "unit.change", Subject: "unit/" + id, Detail: fmt.Sprintf("revision %d", after.Revision)}
	}
	receipt, err = s.act(ctx, deed, func(ctx context.Context, tx Tx) error {
		before, err := tx.LockUnit(ctx, id)
		switch {
		case err != nil:
			return err
		case before == nil:
			return noSuchUnit()
		case revision != 0 && revision != before.Revision:
			return changedSince()
		}
		after = c.onto(*before)
		if err := mayEach(ctx, WriteUnits, before.Record(), after.Record()); err != nil {
			return err
		}
		if err := after.check(); err != nil {
			return err
		}
		after.Revision++
		return tx.SaveUnit(ctx, after)
	}, func() any { return Made{id} })
	return after, receipt, err
}

// mayEach asks the right of whoever calls to each of some records. Unlike
// permit it lets nothing pass that nobody asked for.
func mayEach(ctx context.Context, r Right, records ...Record) error {
	call, _ := CallOf(ctx)
	for _, of := range records {
		if err := call.By.May(r, of); err != nil {
			return err
		}
	}
	return nil
}

func noSuchUnit() error { return fault.New(fault.NotFound, "there is no such unit") }

func changedSince() error {
	return &fault.Error{Code: fault.PreconditionFailed, Field: "If-Match", Message: "the record changed since: read it again"}
}
