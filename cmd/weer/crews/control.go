package crews

import (
	"maps"
	"slices"

	"weer/api/client"
	"weer/model"
)

// A control is the control room of a region (광역응급의료상황실), which looks after
// the units of the simulation and leaves everybody else's alone.
type control struct {
	world
	units map[string]bool
}

// next is what the control room does next; nil is to wait.
func (c control) next(s scene) deed {
	for _, id := range slices.Sorted(maps.Keys(s.reservations)) {
		r := s.reservations[id]
		ours := c.units[s.cases[r.Case].Unit]
		if ours && r.State == model.Approved && r.OverdueAt != 0 && c.since(s.now, r.OverdueAt, releaseAfter) {
			return release{id}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(s.cases)) {
		if d := c.decides(s, id); d != nil {
			return d
		}
	}
	return nil
}

// decides where one of the gravest patients goes, before anybody was asked.
func (c control) decides(s scene, id string) deed {
	v, course := s.cases[id], courseOf(c.seed, id)
	switch {
	case !c.units[v.Unit] || v.State != model.CaseOpen || v.Winner != "" || !grave(v.KTAS) || !course.controls:
		return nil
	case !c.since(s.now, v.OpenedAt, course.decides) || len(s.of(id)) > 0:
		return nil
	}
	best := c.rank(s, id, v)
	if len(best) == 0 {
		return nil
	}
	first := best[0]
	d := designate{id, client.Designation{
		Asked:       client.Asked{Hospital: first.Card.ID, Item: first.Item, ArriveAt: c.arrival(s.now, first)},
		CaseVersion: v.Version,
	}}
	if first.Net.Full() {
		d.Override = "권역 내 대안 없음 (모의)"
	}
	return d
}
