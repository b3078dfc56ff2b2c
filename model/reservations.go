package model

import (
	"context"
	"slices"

	"weer/model/fault"
)

// A ReservationQuery says which reservations are wanted, the oldest first.
type ReservationQuery struct {
	IDs                       []string // these; nil is not asked
	Units, Regions, Hospitals []string // of one of these; nil is not asked
	Case                      string   // of this case; "" of any
	Going                     bool     // only those that are asked or approved
	After                     string   // id of the last one of the page before
	Most                      int
}

// A ReservationStore is what reservations need of a [Store]. None of it takes
// locks; what there is not is nil.
type ReservationStore interface {
	Reservation(ctx context.Context, id string) (*Reservation, error)
	Reservations(ctx context.Context, q ReservationQuery) ([]Reservation, error)
	// CaseVersions are the versions of some cases, by id.
	CaseVersions(ctx context.Context, ids []string) (map[string]uint64, error)
	// DueCases are the ids and units of cases of which time alone has something
	// to change, the longest due first.
	DueCases(ctx context.Context, most int) ([]Case, error)
	// LateDeadline is for how many milliseconds the longest due of them has been
	// due, by the database's clock; 0 when none is.
	LateDeadline(ctx context.Context) (ms int64, err error)
}

// A ReservationTx is what reservations need of a [Tx].
type ReservationTx interface {
	// CaseReservations reads those of a case that is locked, in the order in
	// which they were asked for.
	CaseReservations(ctx context.Context, id string) ([]Reservation, error)
	// SaveReservations stores new or changed ones of a case that is locked.
	SaveReservations(ctx context.Context, changed []Reservation) error
}

// WithTimes sets after how long time alone does something to reservations.
func (s *Service) WithTimes(t ReservationTimes) *Service {
	s.times = t
	return s
}

// onDocket carries out a command on a case and its reservations.
func (s *Service) onDocket(ctx context.Context, of Case, did func() Deed, lock func(*Docket) []string, change func(*scene) error, result func() any) (Receipt, error) {
	return s.act(ctx, did, func(ctx context.Context, tx Tx) error {
		sc, err := s.enter(ctx, tx, of, lock)
		if err != nil {
			return err
		}
		if err := change(sc); err != nil {
			return err
		}
		return sc.leave(ctx, tx)
	}, result)
}

// onReservation carries out a command on one reservation of somebody who has the
// right to it. lock names the hospitals whose load changes.
func (s *Service) onReservation(ctx context.Context, right Right, operation, id string, lock func(*Docket) []string, change func(*scene) error) (Receipt, error) {
	r, err := s.ownReservation(ctx, right, id)
	if err != nil {
		return Receipt{}, err
	}
	did := func() Deed { return r.deed(operation) }
	return s.onDocket(ctx, Case{ID: r.Case, Unit: r.Unit}, did, lock, change, func() any { return Made{id} })
}

// ownReservation reads a reservation to which the caller has a right. One to
// which it has none is not there.
func (s *Service) ownReservation(ctx context.Context, right Right, id string) (Reservation, error) {
	r, err := s.store.Reservation(ctx, id)
	if err != nil || r == nil {
		return Reservation{}, orElse(err, noSuchReservation())
	}
	if mayEach(ctx, right, r.Record()) != nil {
		return Reservation{}, noSuchReservation()
	}
	return *r, nil
}

// nowhere is for steps that change no hospital's load.
func nowhere(*Docket) []string { return nil }

// there locks the hospital of one reservation, and everywhere those of all that
// go on.
func there(id string) func(*Docket) []string {
	return func(d *Docket) []string {
		if r, err := d.at(id); err == nil {
			return []string{r.Hospital}
		}
		return nil
	}
}

func everywhere(d *Docket) []string { return d.hospitals() }

// Reservations are those that the caller may read, by id, which is the order of
// their asking.
func (s *Service) Reservations(ctx context.Context, q ReservationQuery) ([]Reservation, error) {
	call, _ := CallOf(ctx)
	if !call.By.MaySome(ReadReservations) {
		return nil, forbidden()
	}
	q.Units, q.Regions, q.Hospitals = call.By.within()
	list, err := s.store.Reservations(ctx, q)
	if err != nil {
		return nil, err
	}
	return list, s.tellVersions(ctx, list)
}

// tellVersions adds the versions of the cases, which an answer has to name.
func (s *Service) tellVersions(ctx context.Context, list []Reservation) error {
	ids := make([]string, len(list))
	for i, r := range list {
		ids[i] = r.Case
	}
	versions, err := s.store.CaseVersions(ctx, slices.Compact(slices.Sorted(slices.Values(ids))))
	for i, r := range list {
		list[i].CaseVersion = versions[r.Case]
	}
	return err
}

// ReservationsFor are reservations, by id, to each of which the caller has a
// right: whoever may change them is told what became of them, also a program that
// may do nothing else. NotFound: there is no such one, or the caller has no such
// right to it.
func (s *Service) ReservationsFor(ctx context.Context, right Right, ids ...string) ([]Reservation, error) {
	list, err := s.store.Reservations(ctx, ReservationQuery{IDs: ids, Most: len(ids)})
	switch {
	case err != nil:
		return nil, err
	case len(list) < len(ids):
		return nil, noSuchReservation()
	}
	for _, r := range list {
		if mayEach(ctx, right, r.Record()) != nil {
			return nil, noSuchReservation()
		}
	}
	return list, s.tellVersions(ctx, list)
}

// ReservationFor is one of [Service.ReservationsFor].
func (s *Service) ReservationFor(ctx context.Context, right Right, id string) (Reservation, error) {
	list, err := s.ReservationsFor(ctx, right, id)
	if err != nil {
		return Reservation{}, err
	}
	return list[0], nil
}

// ReadRequest shows the patient of a reservation with the clinical part, as
// [Service.ReadCase] does: to the crew and the control room, and to the hospital
// for as long as it has to know. Forbidden: the patient is not, or no longer,
// on the way to this hospital.
func (s *Service) ReadRequest(ctx context.Context, id string) (c Case, clinical Clinical, destroyed bool, err error) {
	r, err := s.ownReservation(ctx, ReadReservations, id)
	if err != nil {
		return Case{}, clinical, false, err
	}
	call, _ := CallOf(ctx)
	outside := call.By.Role == RoleHospital || call.By.Role == RoleIntegration
	if outside && (!r.State.Goes() && r.State != Arrived || !r.Shown) {
		return Case{}, clinical, false, fault.New(fault.Forbidden, "this patient is not on the way to the hospital any more")
	}
	found, err := s.store.Case(ctx, r.Case)
	if err != nil || found == nil {
		return Case{}, clinical, false, orElse(err, noSuchCase())
	}
	return s.readCase(ctx, *found, "reservation/"+id)
}
