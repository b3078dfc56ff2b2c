package crews

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"weer/api/client"
	"weer/model"
	"weer/model/fault"
)

// firstNumber of a district's simulated units: people's own have lower ones.
const firstNumber = 301

// callSigns are so many, the same for the same board: a district each, and more
// numbers when there are more units than districts.
func callSigns(cards []model.Card, n int) (signs []string) {
	var districts []string
	for _, card := range cards {
		if name := strings.TrimRight(card.District, "구군시"); name != "" && !slices.Contains(districts, name) {
			districts = append(districts, name)
		}
	}
	if len(districts) == 0 {
		districts = []string{"모의"}
	}
	for i := range n {
		signs = append(signs, fmt.Sprintf("%s %d", districts[i%len(districts)], firstNumber+i/len(districts)))
	}
	return signs
}

// units are those of a region with these call signs. A server that is busy is asked
// again for as long as there is time.
func units(ctx context.Context, r *client.REST, region string, signs []string) ([]client.Unit, error) {
	for {
		found, err := unitsOf(ctx, r, region, signs)
		if err == nil || !passes(err) || !wait(ctx, again) {
			return found, err
		}
	}
}

// passes reports whether trying again may help.
func passes(err error) bool {
	action := fault.Public(err).Code.Row().Action
	return action == fault.ActionRetry || action == fault.ActionRetryAfter
}

// unitsOf are the units of a region with these call signs, found or made.
func unitsOf(ctx context.Context, r *client.REST, region string, signs []string) (units []client.Unit, err error) {
	found, err := r.Units(ctx, region)
	if err != nil {
		return nil, err
	}
	for _, sign := range signs {
		u := client.Unit{CallSign: sign, Region: region, Organisation: "모의 소방서", Kind: model.Unit119}
		i := slices.IndexFunc(found, func(u client.Unit) bool { return u.CallSign == sign && u.Active })
		if i >= 0 {
			u = found[i]
		} else if u, err = r.CreateUnit(ctx, u); err != nil {
			return nil, err
		}
		units = append(units, u)
	}
	return units, nil
}

// leave cancels the cases of a crew that are open, as the server knows them now,
// until it knows of none.
func (p *person) leave(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), deedTime)
	defer cancel()
	for {
		open, err := p.rest.Cases(ctx, true)
		if err == nil && len(open) == 0 {
			return
		}
		for _, c := range open {
			_ = p.do(ctx, closeCase{c.ID, c.Version, model.CaseCanceled}) // what was refused is read again
		}
		if !wait(ctx, p.glance()) {
			p.log.Warn("nobody knows whether a case goes on without its crew", "who", p.name, "open", len(open), "error", err)
			return
		}
	}
}

// middleOf is the middle of the hospitals whose place is known.
func middleOf(cards []model.Card) (at model.Point) {
	n := 0.0
	for _, card := range cards {
		if card.Place != nil {
			at.Lat, at.Lon, n = at.Lat+card.Place.Lat, at.Lon+card.Place.Lon, n+1
		}
	}
	return model.Point{Lat: at.Lat / max(n, 1), Lon: at.Lon / max(n, 1)}
}

// distance is how far a hospital is from a place; one that has none is far.
func distance(card model.Card, from model.Point) float64 {
	if card.Place == nil {
		return math.Inf(1)
	}
	return model.Distance(*card.Place, from)
}
