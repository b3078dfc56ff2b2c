package store

import (
	"context"
	"sync"
	"testing"

	"weer/model"
	"weer/model/fault"
)

var controlOf11 = model.Principal{Subject: "c", Session: "s", Role: model.RoleControl, Regions: []string{"11"}}

func (b *bench) unit(t *testing.T) model.Unit {
	t.Helper()
	u := model.Unit{ID: newID(), CallSign: "강남 201", Region: "11", Organisation: "강남소방서", Kind: model.Unit119}
	if _, err := b.service().CreateUnit(as(t, controlOf11), u); err != nil {
		t.Fatal(err)
	}
	made, err := b.service().Unit(t.Context(), u.ID)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func TestAUnitIsChangedAsItWasRead(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		u, s := b.unit(t), b.service()
		if u.CallSign != "강남 201" || !u.Active || u.Revision != 1 || u.CreatedAt == 0 {
			t.Errorf("made %+v", u)
		}
		name, other, out := "강남 202", "26", false
		after, _, err := s.ChangeUnit(as(t, controlOf11), u.ID, 1, model.UnitChange{CallSign: &name, Active: &out})
		if err != nil || after.CallSign != name || after.Active || after.Organisation != u.Organisation || after.Revision != 2 {
			t.Errorf("changed to %+v, %v", after, err)
		}
		for why, try := range map[string]struct {
			by       model.Principal
			id       string
			revision uint64
			change   model.UnitChange
			want     fault.Code
		}{
			"an old revision":        {controlOf11, u.ID, 1, model.UnitChange{CallSign: &name}, fault.PreconditionFailed},
			"into another's":         {controlOf11, u.ID, 2, model.UnitChange{Region: &other}, fault.Forbidden},
			"another's":              {model.Principal{Role: model.RoleControl, Regions: []string{"26"}}, u.ID, 2, model.UnitChange{CallSign: &name}, fault.Forbidden},
			"to nothing":             {controlOf11, u.ID, 2, model.UnitChange{CallSign: new(string)}, fault.Invalid},
			"what there is not":      {controlOf11, newID(), 0, model.UnitChange{CallSign: &name}, fault.NotFound},
			"to two impossibilities": {controlOf11, u.ID, 2, model.UnitChange{CallSign: new(string), Kind: new(model.UnitKind)}, fault.Invalid},
		} {
			if _, _, err := s.ChangeUnit(as(t, try.by), try.id, try.revision, try.change); !fault.Is(err, try.want) {
				t.Errorf("%s: %v, want %s", why, err, try.want)
			}
		}
		if now, err := s.Unit(t.Context(), u.ID); err != nil || now != after {
			t.Errorf("after refusals it is %+v, %v", now, err)
		}
	})
}

func TestUnitsComeByRegionInPages(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		first, second := b.unit(t), b.unit(t)
		page, err := b.service().Units(t.Context(), []string{"11"}, "", 1)
		if err != nil || len(page) != 1 || page[0].ID != first.ID {
			t.Errorf("the first page is %+v, %v", page, err)
		}
		page, err = b.service().Units(t.Context(), nil, first.ID, 10)
		if err != nil || len(page) != 1 || page[0].ID != second.ID {
			t.Errorf("the second page is %+v, %v", page, err)
		}
		if page, err = b.service().Units(t.Context(), []string{"26"}, "", 10); err != nil || len(page) != 0 {
			t.Errorf("another region has %+v, %v", page, err)
		}
	})
}

// Two tablets of one vehicle meet at its unit: what the second reads under the
// lock is what the first wrote.
func TestTheUnitsLockIsHeld(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		u := b.unit(t)
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				_, _, err := b.Write(t.Context(), func(ctx context.Context, tx model.Tx) error {
					held, err := tx.LockUnit(ctx, u.ID)
					if err != nil {
						return err
					}
					held.Revision++
					return tx.SaveUnit(ctx, *held)
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if now, err := b.service().Unit(t.Context(), u.ID); err != nil || now.Revision != u.Revision+20 {
			t.Errorf("after 20 additions it is %+v, %v", now, err)
		}
	})
}

func TestALockThatComesTooLateIsRefused(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		u := b.unit(t)
		_, _, err := b.Write(t.Context(), func(ctx context.Context, tx model.Tx) error {
			if _, err := tx.LockHospitals(ctx, []string{"A1100001"}); err != nil {
				return err
			}
			_, err := tx.LockUnit(ctx, u.ID)
			return err
		})
		if !fault.Is(err, fault.Internal) {
			t.Errorf("a unit after a hospital: %v", err)
		}
	})
}
