package reserve

import (
	"context"
	"net/http"
	"slices"
	"time"
)

// A reservation is one as REST shows it.
type reservation struct {
	ID          string
	Case        string
	Hospital    string `json:"hospital"`
	State       string
	End         string
	Version     uint64
	CaseVersion uint64 `json:"case_version"`
}

// list reads reservations, and has a look of each ready to be written down.
func (c caller) list(ctx context.Context, query string) (list []reservation, looks []*Op, ok bool) {
	call := c.now()
	var page struct{ Items []reservation }
	if !c.get(ctx, "/reservations?limit=100&"+query, &page) {
		return nil, nil, false
	}
	for _, r := range page.Items {
		looks = append(looks, &Op{
			Kind: Look, Actor: c.actor, Case: r.Case, Hospital: r.Hospital, Reservation: r.ID, Call: call, Last: call, Return: c.now(),
			Tries: 1, Outcome: Done,
			Saw: &Row{ID: r.ID, Case: r.Case, Hospital: r.Hospital, State: r.State, End: r.End, Version: r.Version},
		})
	}
	return page.Items, looks, true
}

// on does something with a reservation.
func (c caller) on(ctx context.Context, r reservation, kind Kind, path string, body fields) *Op {
	o := &Op{Kind: kind, Case: r.Case, Hospital: r.Hospital, Reservation: r.ID}
	return c.say(ctx, o, path, body)
}

func (c caller) say(ctx context.Context, o *Op, path string, body fields) *Op {
	return c.command(ctx, o, http.MethodPost, "/reservations/"+o.Reservation+path, body)
}

// A console answers for a hospital, now and then on what it saw a while ago.
type console struct {
	caller
	list     []reservation
	approved []reservation // that it said yes to
}

// turn answers one request.
func (c *console) turn(ctx context.Context) {
	if len(c.list) == 0 || c.rand.IntN(100) < 75 {
		list, looks, ok := c.caller.list(ctx, "going=true")
		if !ok {
			return
		}
		if c.list = list; len(list) > 0 {
			c.history.add(looks[c.rand.IntN(len(looks))])
		}
	}
	if len(c.list) == 0 {
		c.pause(ctx, 60*time.Millisecond)
		return
	}
	r := c.list[c.rand.IntN(len(c.list))]
	if i := slices.IndexFunc(c.list, func(r reservation) bool { return r.State == "approved" }); i >= 0 && c.rand.IntN(100) < 25 {
		r = c.list[i]
	}
	if r.State == "pending" {
		c.answer(ctx, r)
	} else {
		c.care(ctx, r)
	}
	c.pause(ctx, 40*time.Millisecond)
}

func (c *console) answer(ctx context.Context, r reservation) {
	switch dice := c.rand.IntN(100); {
	case dice < 65:
		c.approve(ctx, r)
	case dice < 85:
		c.on(ctx, r, Reject, "/reject", fields{"reason": "no_beds"})
	case dice < 88:
		c.withdraw(ctx, r) // there is no yes
	default:
		c.acknowledge(ctx, r)
	}
}

// approve says yes; where no bed is free, sometimes all the same, with a reason.
func (c *console) approve(ctx context.Context, r reservation) {
	o := c.yes(ctx, r, false)
	if o.Refusal == refusalFull && c.rand.IntN(100) < 10 {
		o = c.yes(ctx, r, true)
	}
	if o.Outcome == Done || o.Outcome == Replayed {
		c.approved = append(c.approved, r)
	}
}

func (c *console) yes(ctx context.Context, r reservation, override bool) *Op {
	body := fields{"case_version": r.CaseVersion}
	if override {
		body["override"] = "복도 침대"
	}
	return c.say(ctx, &Op{Kind: Approve, Case: r.Case, Hospital: r.Hospital, Reservation: r.ID, Seen: r.CaseVersion, Override: override}, "/approve", body)
}

// care is what a hospital does after its yes.
func (c *console) care(ctx context.Context, r reservation) {
	switch dice := c.rand.IntN(100); {
	case dice < 20:
		c.withdraw(ctx, r)
	case dice < 30:
		c.on(ctx, r, Arrive, "/arrive", fields{})
	case dice < 40:
		c.yes(ctx, r, false) // twice
	case dice < 60:
		c.acknowledge(ctx, r)
	case len(c.approved) > 0:
		c.on(ctx, c.approved[c.rand.IntN(len(c.approved))], HandOver, "/hand-over", fields{})
	}
}

func (c *console) withdraw(ctx context.Context, r reservation) {
	o := &Op{Kind: Withdraw, Case: r.Case, Hospital: r.Hospital, Reservation: r.ID, Reason: c.rand.IntN(2) == 0}
	body := fields{}
	if o.Reason {
		body["reason"] = "no_beds"
	}
	c.say(ctx, o, "/withdraw", body)
}

func (c *console) acknowledge(ctx context.Context, r reservation) {
	o := &Op{Kind: Acknowledge, Case: r.Case, Hospital: r.Hospital, Reservation: r.ID, Seen: r.CaseVersion}
	c.say(ctx, o, "/acknowledge", fields{"case_version": r.CaseVersion})
}

// A system counts a hospital's beds, and says so.
type system struct {
	caller
	hospital string
	last     int64
}

// observe tells how many beds are free.
func (s *system) observe(ctx context.Context, beds int) *Op {
	s.last = max(s.last+1, time.Now().UnixMilli())
	o := &Op{Kind: Observe, Hospital: s.hospital, Beds: beds, At: s.last}
	return s.command(ctx, o, http.MethodPost, "/observations", fields{"observations": []fields{{
		"hospital_id": s.hospital, "observed_at": time.UnixMilli(o.At).UTC().Format("2006-01-02T15:04:05.000Z"),
		"readings": fields{item: fields{"state": "known", "value": beds}},
	}}})
}
