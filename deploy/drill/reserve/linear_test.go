package reserve

import (
	"cmp"
	"strings"
	"testing"
)

// A tale is a short history, told one op after the other. Where ops overlap, it
// says so.
type tale struct {
	ops []*Op
	now int64
}

const (
	here  = "A1100001"
	there = "A1100002"
)

// then adds an op that begins when the one before it is over.
func (t *tale) then(o Op) *tale {
	t.now += 10
	o.Case, o.Tries = cmp.Or(o.Case, "c"), max(1, o.Tries)
	o.Call, o.Last, o.Return = t.now, t.now, t.now+5
	if o.Outcome == "" {
		o.Outcome = Done
	}
	if o.Outcome == Unknown {
		o.Return = never
	}
	if o.Kind == Observe {
		o.Case, o.At = "", t.now
	}
	t.ops = append(t.ops, &o)
	return t
}

// during moves the op that was told last to begin with the one before it.
func (t *tale) during() *tale {
	last, before := t.ops[len(t.ops)-1], t.ops[len(t.ops)-2]
	last.Call, last.Last = before.Call, before.Call
	return t
}

func (t *tale) begin(beds int) *tale {
	return t.then(Op{Kind: Observe, Hospital: here, Beds: beds}).then(Op{Kind: Observe, Hospital: there, Beds: beds}).
		then(Op{Kind: Open, KTAS: 3}).
		then(Op{Kind: Ask, Hospitals: []string{here, there}, Made: []string{"r1", "r2"}})
}

func (t *tale) do(kind Kind, r string) *tale { return t.then(onOne(kind, r)) }

func (t *tale) refuse(kind Kind, r, why string) *tale {
	o := onOne(kind, r)
	o.Outcome, o.Refusal = Refused, why
	return t.then(o)
}

func (t *tale) see(r, state, end string, version uint64) *tale {
	o := onOne(Look, r)
	o.Saw = &Row{ID: r, Case: "c", State: state, End: end, Version: version}
	return t.then(o)
}

func onOne(kind Kind, r string) Op {
	return Op{Kind: kind, Reservation: r, Hospital: map[string]string{"r1": here, "r2": there, "r3": here}[r], Seen: 1}
}

func short(beds int) *tale { return new(tale).begin(beds) }

// told adds to the op that was told last what its region heard of here.
func (t *tale) told(l Load) *tale {
	o := t.ops[len(t.ops)-1]
	o.Told = newTold()
	o.Told.Region, o.Told.Loads[here] = uint64(t.now), l
	if o.Kind == Approve {
		o.Told.Loads[there] = Load{} // it is superseded there
	}
	return t
}

var tales = []struct {
	name  string
	tale  *tale
	fault string // a part of what is found; "" for nothing
}{
	{"a yes, and what follows from it", short(1).do(Approve, "r1").see("r2", "canceled", "superseded", 2).see("r1", "approved", "", 2).
		refuse(Approve, "r2", "state=canceled end=superseded").do(Arrive, "r1").do(HandOver, "r1").see("r1", "arrived", "", 4).
		refuse(Cancel, "r1", "state=arrived"), ""},
	{"two yeses", short(1).do(Approve, "r1").do(Approve, "r2"), "case c"},
	{"two yeses at once", short(1).do(Approve, "r1").do(Approve, "r2").during(), "case c"},
	{"of two at once, one is refused", short(1).do(Approve, "r1").refuse(Approve, "r2", "state=canceled end=superseded").during(), ""},
	{"a yes that is taken back, and another", short(1).do(Approve, "r1").do(Withdraw, "r1").see("r1", "canceled", "undone", 3).
		then(Op{Kind: Ask, Hospitals: []string{here}, Made: []string{"r3"}}).do(Approve, "r3"), ""},
	{"a superseded request comes back", short(1).do(Approve, "r1").do(Withdraw, "r1").do(Approve, "r2"), "case c"},
	{"a yes without a bed", short(0).do(Approve, "r1"), "a yes without a bed"},
	{"a yes without a bed, with a reason", short(0).then(Op{Kind: Approve, Reservation: "r1", Hospital: here, Seen: 1, Override: true}), ""},
	{"want of a bed where one is free", short(1).refuse(Approve, "r1", refusalFull), "and one of 1 is free"},
	{"want of a bed where none is", short(0).refuse(Approve, "r1", refusalFull).then(Op{Kind: Observe, Hospital: here, Beds: 1}).do(Approve, "r1"), ""},
	{"an end that comes twice", short(1).do(Cancel, "r1").do(Cancel, "r1"), "case c"},
	{"an end after the end", short(1).do(Reject, "r1").do(Cancel, "r1"), "hospital " + here},
	{"a bed after the arrival", short(1).do(Approve, "r1").told(Load{Held: 1, Coming: 1}).do(Arrive, "r1").told(Load{Held: 1}).
		then(Op{Kind: Observe, Hospital: here, Beds: 1}).told(Load{}), ""},
	{"a bed that is free before the patient in it is counted", short(1).do(Approve, "r1").told(Load{Held: 1, Coming: 1}).
		do(Arrive, "r1").told(Load{Held: 1}).then(Op{Kind: Open, Case: "d"}).
		then(Op{Kind: Ask, Case: "d", Hospitals: []string{here}, Made: []string{"r4"}}).told(Load{Asked: 1}), "the load is told as"},
	{"a hold that ended, and stands", short(1).do(Cancel, "r1").told(Load{Asked: 1}), "the load is told as"},
	{"a hold that ended, of which nobody was told", func() *tale {
		t := short(1).do(Cancel, "r1")
		t.ops[len(t.ops)-1].Told = newTold()
		return t
	}(), "and nobody was told"},
	{"a stale look", short(1).do(Approve, "r1").see("r1", "pending", "", 1), "case c"},
	{"a look that was old when it was asked for", short(1).then(onOne(Extend, "r1")).see("r1", "pending", "", 1), "case c"},
	{"a look at once with the change", short(1).do(Approve, "r1").see("r1", "pending", "", 1).during(), ""},
	{"a lost answer that was carried out", short(1).then(lost(Approve, "r1")).see("r1", "approved", "", 2), ""},
	{"a lost answer that was not", short(1).then(lost(Approve, "r1")).see("r1", "pending", "", 1).do(Approve, "r2"), ""},
	{"a lost answer that was carried out later", short(1).then(lost(Reject, "r1")).see("r1", "pending", "", 1).see("r1", "rejected", "", 2), ""},
	{"a lost answer that was carried out twice", short(1).then(lost(Reject, "r1")).see("r1", "rejected", "", 2).see("r1", "pending", "", 1), "case c"},
	{"a refusal whose first try was carried out behind it", short(0).then(Op{
		Kind: Approve, Reservation: "r1", Hospital: here, Seen: 1, Tries: 2, Outcome: Refused, Refusal: refusalFull,
	}).then(Op{Kind: Observe, Hospital: here, Beds: 1}).see("r1", "approved", "", 2), "case c"},
	{"a command that was acknowledged and is lost", short(1).do(Reject, "r1").see("r1", "pending", "", 1), "case c"},
	{"a refusal for what is not so", short(1).refuse(Approve, "r1", "state=rejected"), "case c"},
	{"an old version", short(1).then(Op{Kind: Change, KTAS: 1}).refuse(Approve, "r1", refusalChanged), ""},
	{"an old version that is taken", short(1).then(Op{Kind: Change, KTAS: 1}).do(Approve, "r1"), "case c"},
	{"everything ends with its case", short(1).do(Approve, "r1").then(Op{Kind: Close, How: "canceled"}).see("r1", "canceled", "case_closed", 3).
		refuse(Cancel, "r2", "state=canceled end=superseded").then(Op{Kind: Ask, Hospitals: []string{here}, Outcome: Refused, Refusal: "case_state=canceled"}), ""},
}

func lost(kind Kind, r string) Op {
	o := onOne(kind, r)
	o.Outcome = Unknown
	return o
}

// What the models take for an order of things, and what they do not.
func TestModelsTellTales(t *testing.T) {
	for _, tc := range tales {
		t.Run(tc.name, func(t *testing.T) {
			faults := append(linearCases(tc.tale.ops), linearWards(tc.tale.ops, []string{here, there})...)
			all := strings.Join(faults, "\n")
			switch {
			case tc.fault == "" && len(faults) > 0:
				t.Error(all)
			case !strings.Contains(all, tc.fault):
				t.Errorf("not found: %q in %q", tc.fault, all)
			}
		})
	}
}
