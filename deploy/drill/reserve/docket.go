package reserve

import (
	"fmt"
	"hash/fnv"
	"slices"
)

// A docket is what the judge expects of one case: a sequential object. It knows
// of beds only that a yes may fail for them; that is a [ward]'s to say.
type docket struct {
	state   string // "" before it was opened
	winner  string
	version uint64
	moved   uint64 // the version at which the condition was changed last
	ktas    int
	rows    []row // in the order of their asking
	over    bool  // the history has ended
}

// A row is what the judge expects of a reservation.
type row struct {
	id, hospital string
	state, end   string
	version      uint64 // at least: time counts it up as well
	acked        uint64
	handed, seen bool // taken over by the hospital, the outcome seen by the crew
}

func (r row) going() bool { return r.state == "pending" || r.state == "approved" }

func (r row) String() string {
	if r.end != "" {
		return fmt.Sprintf("%s %s/%s v%d", r.id, r.state, r.end, r.version)
	}
	return fmt.Sprintf("%s %s v%d", r.id, r.state, r.version)
}

func (d docket) equal(e docket) bool {
	return d.state == e.state && d.winner == e.winner && d.version == e.version && d.moved == e.moved && d.ktas == e.ktas &&
		d.over == e.over && slices.Equal(d.rows, e.rows)
}

func (d docket) hash() uint64 {
	h := fnv.New64a()
	fmt.Fprint(h, d.version, len(d.rows), d.winner) //nolint:errcheck // a hash takes everything
	return h.Sum64()
}

// at is the place of a reservation, -1 for none.
func (d docket) at(id string) int {
	return slices.IndexFunc(d.rows, func(r row) bool { return r.id == id })
}

// step takes a step, or says why it cannot be taken.
func (d docket) step(s step) (docket, error) {
	switch s.mode {
	case over:
		d.over = true
		return d, nil
	case looked:
		return d.look(*s.Saw)
	case refused:
		if why := d.refusal(s.Op); why != s.Refusal && (why != "" || !elsewhere(s.Op)) {
			return d, fmt.Errorf("it was refused with %q, and %q was so", s.Refusal, why)
		}
		return d, nil
	case doubtful:
		if d.over {
			return d, nil
		}
		after, err := d.take(s.Op)
		if err == nil && after.equal(d) {
			err = fmt.Errorf("nothing would change")
		}
		return after, err
	}
	after, err := d.take(s.Op)
	if err != nil || s.told == nil {
		return after, err
	}
	return after.hold(s.Case, *s.told)
}

// elsewhere reports whether a command that the case allows may be refused all
// the same: for what lies outside the case.
func elsewhere(o *Op) bool {
	switch o.Refusal {
	case refusalFull:
		return o.Kind == Approve && !o.Override
	case refusalLate:
		return o.Kind == Withdraw && !o.Reason
	case refusalChanged:
		return o.Kind == Change // it was made of what was read before
	}
	return false
}

// The refusals that name no state.
const (
	refusalFull    = "full"    // no bed is known to be free
	refusalLate    = "late"    // a yes is taken back without a reason only at once
	refusalChanged = "changed" // the condition is not what the command names
	refusalAsked   = "asked"   // a hospital is being asked already
	refusalAhead   = "ahead"   // the case has no such version
	refusalNone    = "none"    // there is no such thing
)

// refusal says why the rules refuse a command now; "" when they do not.
func (d docket) refusal(o *Op) string {
	switch o.Kind {
	case Open:
		if d.state != "" {
			return "open twice"
		}
		return ""
	case Ask:
		return d.askable(o)
	case Change, Close:
		return d.open()
	}
	i := d.at(o.Reservation)
	if i < 0 {
		return refusalNone
	}
	return d.answer(d.rows[i], o)
}

func (d docket) open() string {
	switch d.state {
	case "open":
		return ""
	case "":
		return refusalNone
	}
	return "case_state=" + d.state
}

func (d docket) free() string {
	if why := d.open(); why != "" {
		return why
	}
	if d.winner != "" {
		return "winner=" + d.winner
	}
	return ""
}

func (d docket) askable(o *Op) string {
	if why := d.free(); why != "" {
		return why
	}
	if slices.ContainsFunc(d.rows, func(r row) bool { return r.going() && slices.Contains(o.Hospitals, r.hospital) }) {
		return refusalAsked
	}
	return ""
}

// answer is the refusal of what is done to a reservation.
func (d docket) answer(r row, o *Op) string {
	is := "state=" + r.state
	if r.end != "" {
		is += " end=" + r.end
	}
	allowed := map[Kind]bool{
		Approve: r.state == "pending", Reject: r.state == "pending", Withdraw: r.state == "approved", Arrive: r.state == "approved",
		HandOver: r.state == "arrived", Confirm: r.state != "pending" && r.state == o.How, Cancel: r.going(), Extend: r.going(), Acknowledge: r.going(),
	}
	switch {
	case !allowed[o.Kind]:
		return is
	case o.Kind == Acknowledge && o.Seen > d.version:
		return refusalAhead
	case o.Kind != Approve:
		return ""
	case d.free() != "":
		return d.free()
	case o.Seen > d.version || o.Seen < d.moved:
		return refusalChanged
	}
	return ""
}

// take is the case after a command, which must be allowed.
func (d docket) take(o *Op) (docket, error) {
	if why := d.refusal(o); why != "" {
		return d, fmt.Errorf("%s is not possible: %s", o.Kind, why)
	}
	d.rows = slices.Clone(d.rows)
	switch o.Kind {
	case Open:
		d.state, d.version, d.ktas = "open", 1, o.KTAS
	case Ask:
		for i, h := range o.Hospitals {
			if i >= len(o.Made) {
				return d, fmt.Errorf("nobody was asked")
			}
			d.rows = append(d.rows, row{id: o.Made[i], hospital: h, state: "pending", version: 1})
		}
	case Change:
		d = d.change(o.KTAS)
	case Close:
		d = d.close(o.How)
	case Arrive:
		d = d.close("arrived")
	default:
		d = d.do(d.at(o.Reservation), o)
	}
	return d, nil
}

func (d docket) change(ktas int) docket {
	if ktas == d.ktas {
		return d
	}
	d.ktas = ktas
	d.version++
	d.moved = d.version
	for i := range d.rows {
		if d.rows[i].going() {
			d.rows[i].version++
		}
	}
	return d
}

func (d docket) close(how string) docket {
	for i := range d.rows {
		r := &d.rows[i]
		switch {
		case how == "arrived" && r.state == "approved":
			r.finish("arrived", "")
		case r.going():
			r.finish("canceled", "case_closed")
		}
	}
	if how != "arrived" {
		d.winner = ""
	}
	d.state = how
	d.version++
	return d
}

func (r *row) finish(state, end string) {
	r.state, r.end, r.seen = state, end, false
	r.version++
}

// do is what is done to one reservation.
func (d docket) do(i int, o *Op) docket {
	r := &d.rows[i]
	switch o.Kind {
	case Approve:
		r.finish("approved", "")
		r.acked = o.Seen
		d.winner = r.id
		d.version++
		for j := range d.rows {
			if d.rows[j].state == "pending" {
				d.rows[j].finish("canceled", "superseded")
			}
		}
	case Reject:
		r.finish("rejected", "")
	case Cancel:
		return d.giveUp(i, "crew")
	case Withdraw:
		if o.Reason {
			return d.giveUp(i, "withdrawn")
		}
		return d.giveUp(i, "undone")
	case Extend:
		r.version++
	case HandOver:
		r.once(&r.handed)
	case Confirm:
		r.once(&r.seen)
	case Acknowledge:
		if o.Seen > r.acked {
			r.acked = o.Seen
			r.version++
		}
	}
	return d
}

func (d docket) giveUp(i int, end string) docket {
	d.rows[i].finish("canceled", end)
	if d.winner == d.rows[i].id {
		d.winner = ""
		d.version++
	}
	return d
}

func (r *row) once(done *bool) {
	if !*done {
		*done = true
		r.version++
	}
}

// hold holds the case against what was told of it.
func (d docket) hold(id string, t Told) (docket, error) {
	if c, ok := t.Cases[id]; ok && (c.State != d.state || c.Winner != d.winner || c.Version != d.version) {
		return d, fmt.Errorf("the case is told as %s v%d of %q, expected %s v%d of %q", c.State, c.Version, c.Winner, d.state, d.version, d.winner)
	}
	for _, r := range t.Rows {
		if r.Case != id {
			continue
		}
		var err error
		if d, err = d.look(r); err != nil {
			return d, err
		}
	}
	return d, nil
}

// look holds a reservation against what somebody saw of it. Its version counts
// what time does as well, so it may be ahead, and is never behind.
func (d docket) look(r Row) (docket, error) {
	i := d.at(r.ID)
	if i < 0 {
		return d, fmt.Errorf("%s is seen, and nobody asked for it", r.ID)
	}
	expected := d.rows[i]
	if r.State != expected.state || r.End != expected.end || r.Version < expected.version {
		return d, fmt.Errorf("%s is seen as %s/%s v%d, expected %s", r.ID, r.State, r.End, r.Version, expected)
	}
	if r.Version > expected.version {
		d.rows = slices.Clone(d.rows)
		d.rows[i].version = r.Version
	}
	return d, nil
}
