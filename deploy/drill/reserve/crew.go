package reserve

import (
	"context"
	"net/http"
	"time"
)

// A crew opens a case after another, asks hospitals, and does with their answers
// what crews do, and what they should not.
type crew struct {
	caller
	known  map[string]uint64 // the version of each reservation that it saw last
	enough func() bool       // the storm is over
}

// rounds is how often a crew looks at a case before it gives it up.
const rounds = 25

// oneCase is one case from its opening to its end, as far as the crew hears of it.
func (c *crew) oneCase(ctx context.Context) {
	ktas := 2 + c.rand.IntN(3)
	opened := c.command(ctx, &Op{Kind: Open, KTAS: ktas}, http.MethodPost, "/patient-conditions", fields{"triage": fields{"ktas": ktas}})
	if opened.Case == "" {
		return // its end is seen to when the storm is over
	}
	id := opened.Case
	c.ask(ctx, id)
	for round := 0; round < rounds && !c.enough(); round++ {
		list, ok := c.look(ctx, id)
		if ok && c.act(ctx, id, list) {
			return
		}
		c.pause(ctx, 600*time.Millisecond)
	}
	c.close(ctx, id, "canceled")
}

type fields map[string]any

// look reads the case's reservations, and takes down those that have moved.
func (c *crew) look(ctx context.Context, id string) (list []reservation, ok bool) {
	list, ops, ok := c.list(ctx, "case="+id)
	for _, o := range ops {
		if c.known[o.Reservation] != o.Saw.Version {
			c.known[o.Reservation] = o.Saw.Version
			c.history.add(o)
		}
	}
	return list, ok
}

// act does something about a case; true when it is over.
func (c *crew) act(ctx context.Context, id string, list []reservation) (over bool) {
	var yes, pending *reservation
	for i := range list {
		switch list[i].State {
		case "approved":
			yes = &list[i]
		case "pending":
			pending = &list[i]
		case "arrived":
			return true // the hospital said so
		}
	}
	switch {
	case yes != nil:
		return c.transport(ctx, id, *yes)
	case pending != nil:
		return c.wait(ctx, id, *pending)
	case len(list) > 6:
		return c.close(ctx, id, "canceled")
	}
	c.ask(ctx, id)
	return false
}

// transport is what a crew does after a yes.
func (c *crew) transport(ctx context.Context, id string, r reservation) (over bool) {
	switch dice := c.rand.IntN(100); {
	case dice < 10:
		c.on(ctx, r, Cancel, "/cancel", fields{})
	case dice < 20:
		c.change(ctx, id)
	case dice < 30:
		c.on(ctx, r, Extend, "/extend", fields{"arrive_at": time.Now().Add(20 * time.Minute).UTC().Format(time.RFC3339)})
	case dice < 35:
		c.ask(ctx, id) // too late
	case dice < 40:
		return c.close(ctx, id, "arrived")
	default:
		if o := c.on(ctx, r, Arrive, "/arrive", fields{}); o.Outcome == Refused {
			return false
		}
		c.confirm(ctx, r, "arrived")
		return true
	}
	return false
}

// wait is what a crew does without an answer.
func (c *crew) wait(ctx context.Context, id string, r reservation) (over bool) {
	switch dice := c.rand.IntN(100); {
	case dice < 6:
		c.on(ctx, r, Cancel, "/cancel", fields{})
	case dice < 12:
		c.change(ctx, id)
	case dice < 15:
		c.confirm(ctx, r, "approved") // too early
	case dice < 22:
		c.ask(ctx, id)
	case dice < 24:
		return c.close(ctx, id, "canceled")
	}
	return false
}

// ask asks one to three hospitals, whether they are being asked or not.
func (c *crew) ask(ctx context.Context, id string) {
	o := &Op{Kind: Ask, Case: id}
	var asked []fields
	for _, i := range c.rand.Perm(len(hospitals))[:1+c.rand.IntN(3)] {
		o.Hospitals = append(o.Hospitals, hospitals[i])
		asked = append(asked, fields{"hospital_id": hospitals[i]})
	}
	c.command(ctx, o, http.MethodPost, "/patient-conditions/"+id+"/reservations", fields{"hospitals": asked})
}

// confirm says which state the crew has seen.
func (c *crew) confirm(ctx context.Context, r reservation, state string) {
	o := &Op{Kind: Confirm, Case: r.Case, Hospital: r.Hospital, Reservation: r.ID, How: state}
	c.say(ctx, o, "/confirm", fields{"state": state})
}

func (c *crew) change(ctx context.Context, id string) {
	ktas := 1 + c.rand.IntN(5)
	c.command(ctx, &Op{Kind: Change, Case: id, KTAS: ktas}, http.MethodPatch, "/patient-conditions/"+id, fields{"triage": fields{"ktas": ktas}})
}

func (c *crew) close(ctx context.Context, id, how string) (over bool) {
	o := c.command(ctx, &Op{Kind: Close, Case: id, How: how}, http.MethodPost, "/patient-conditions/"+id+"/close", fields{"state": how})
	return o.Outcome != Unknown
}

// tidy closes what was left open: a case whose opening or whose end nobody
// answered.
func (c *crew) tidy(ctx context.Context) (left int, ok bool) {
	var page struct{ Items []struct{ ID string } }
	if ok = c.get(ctx, "/patient-conditions?open=true&limit=200", &page); !ok {
		return 0, false
	}
	for _, one := range page.Items {
		c.close(ctx, one.ID, "canceled")
	}
	return len(page.Items), true
}
