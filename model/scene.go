package model

import (
	"context"
	"maps"
	"slices"

	"weer/model/fault"
	"weer/model/feed"
)

// A scene is a docket under its locks: the unit's, the case's, and those of the
// hospitals whose load the step changes. What was changed in it is written when
// it is left, rows first, keys last.
type scene struct {
	Docket
	Moment
	unit      Unit
	hospitals map[string]Hospital // that are locked, by id

	before  Docket
	altered map[string]bool // hospitals that are to be saved
}

// enter takes the locks of a case and reads what stands under them. lock names
// the hospitals whose load will change; it is asked under the case's lock.
func (s *Service) enter(ctx context.Context, tx Tx, of Case, lock func(*Docket) []string) (*scene, error) {
	u, err := tx.LockUnit(ctx, of.Unit)
	if err != nil || u == nil {
		return nil, orElse(err, noSuchUnit())
	}
	c, err := tx.LockCase(ctx, of.ID)
	if err != nil || c == nil {
		return nil, orElse(err, noSuchCase())
	}
	sc := &scene{unit: *u, Moment: s.moment(ctx, tx.Now()), altered: map[string]bool{}}
	if sc.before.Reservations, err = tx.CaseReservations(ctx, c.ID); err != nil {
		return nil, err
	}
	sc.before.Case = *c
	sc.Docket = Docket{*c, slices.Clone(sc.before.Reservations)}
	if ids := lock(&sc.Docket); len(ids) > 0 {
		sc.hospitals, err = tx.LockHospitals(ctx, ids)
	}
	return sc, err
}

func (s *Service) moment(ctx context.Context, now feed.Time) Moment {
	m := Moment{Now: now, Times: s.times}
	if call, asked := CallOf(ctx); asked {
		m.By, m.Command = call.By.Actor(), call.Key
	}
	return m
}

// leave writes what has changed.
func (sc *scene) leave(ctx context.Context, tx Tx) error {
	changed := sc.changed()
	if err := sc.saveCase(ctx, tx); err != nil {
		return err
	}
	if err := sc.saveHospitals(ctx, tx, changed); err != nil {
		return err
	}
	if len(changed) > 0 {
		if err := tx.SaveReservations(ctx, changed); err != nil {
			return err
		}
	}
	return sc.show(tx, changed)
}

// changed are the reservations that are not as they were.
func (sc *scene) changed() (changed []Reservation) {
	for i, r := range sc.Reservations {
		if i >= len(sc.before.Reservations) || r != sc.before.Reservations[i] {
			changed = append(changed, r)
		}
	}
	return changed
}

func (sc *scene) caseChanged() bool {
	was, is := sc.before.Case, sc.Case
	return is.Version != was.Version || is.Shown != was.Shown || (is.Sealed == nil) != (was.Sealed == nil)
}

func (sc *scene) saveCase(ctx context.Context, tx Tx) error {
	if !sc.caseChanged() {
		return nil
	}
	return tx.SaveCase(ctx, sc.Case)
}

// saveHospitals makes the holds of what the reservations say.
func (sc *scene) saveHospitals(ctx context.Context, tx Tx, changed []Reservation) error {
	for _, r := range changed {
		if was, err := sc.before.at(r.ID); err == nil && was.State == r.State && was.Item == r.Item {
			continue
		}
		h := sc.hospitals[r.Hospital]
		if h.ID == "" {
			return notLocked(r.Hospital)
		}
		sc.hospitals[r.Hospital] = h.take(r, sc.Now)
		sc.altered[r.Hospital] = true
	}
	var save []Hospital
	for _, id := range slices.Sorted(maps.Keys(sc.altered)) {
		save = append(save, sc.hospitals[id].settle(sc.Now))
	}
	if len(save) == 0 {
		return nil
	}
	return tx.SaveHospitals(ctx, save)
}

// show brings the feeds up to what was saved, and moves none for what stayed as
// it was. A case that is taken off them takes its reservations with it.
func (sc *scene) show(tx Tx, changed []Reservation) error {
	if !sc.Case.Shown {
		changed = sc.Reservations
	}
	for _, r := range changed {
		if err := sc.showReservation(tx, r); err != nil {
			return err
		}
	}
	if !sc.caseChanged() {
		return nil
	}
	return sc.Case.show(tx)
}

func (sc *scene) showReservation(tx Tx, r Reservation) error {
	value := r.value()
	return firstError(
		func() error { return showOn(tx, unitFeed(r.Unit), "reservation/"+r.ID, sc.Case.Shown, value) },
		func() error { return showOn(tx, controlFeed(r.Region), "reservation/"+r.ID, sc.Case.Shown, value) },
		func() error {
			return showOn(tx, hospitalFeed(r.Hospital), "request/"+r.ID, r.Shown && sc.Case.Shown, r.request(sc.Case, sc.unit))
		},
	)
}

func notLocked(hospital string) error {
	return fault.New(fault.Internal, "hospital %s was to be changed without its lock", hospital)
}
