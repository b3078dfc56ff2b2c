package reserve

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// A plant is a violation in what a storm left behind, and what has to be said of
// it: by porcupine of the cases and of the beds of a hospital as they were seen
// from outside, and by the replay of what the database says. "" where that judge
// cannot see it.
type plant struct {
	name                string
	plant               func(*trial) bool // false: the storm has no such thing
	cases, beds, inside string
}

var planted = []plant{
	{"a second yes for a case", func(tr *trial) bool {
		return tr.forge(func(o *Op) *Op {
			if o.Kind != Look || o.Saw.End != "superseded" {
				return nil
			}
			return &Op{Kind: Approve, Case: o.Case, Hospital: o.Hospital, Reservation: o.Reservation, Seen: 1 << 40, Override: true}
		})
	}, "no order", "", "is lost: no event has it"},
	{"two yeses in the rows", func(tr *trial) bool {
		return tr.event(func(e *Told) bool {
			if !slices.ContainsFunc(rowsOf(e), func(r Row) bool { return r.State == "approved" }) {
				return false
			}
			for id, r := range e.Rows {
				if r.End == "superseded" {
					r.State, r.End = "approved", ""
					e.Rows[id] = r
					return true
				}
			}
			return false
		})
	}, "", "", "has 2 yeses"},
	{"beds that there were not", func(tr *trial) bool {
		for i, o := range tr.ops {
			if o.Kind != Observe || o.Outcome != Done || o.Beds < bedsThere || tr.yesesAfter(i) == 0 {
				continue
			}
			o = tr.change(i)
			tr.suspect = o.Hospital
			o.Beds = -9
			o.Told.Beds = map[string]int{o.Hospital: -9}
			for _, e := range tr.witness.region {
				if e.told.Pushed[o.Hospital] == o.At {
					e.told.Beds[o.Hospital] = -9
				}
			}
			return true
		}
		return false
	}, "", "no order", "a yes without a bed"},
	{"a bed that was free, refused", func(tr *trial) bool {
		for _, o := range tr.ops {
			if o.Kind == Approve && o.Outcome == Refused && o.Refusal == refusalFull && o.Tries == 1 {
				tr.suspect = o.Hospital
				for j, seen := range tr.ops {
					if seen.Kind == Observe && seen.Hospital == o.Hospital {
						seen = tr.change(j)
						seen.Beds, seen.Told = 99, nil
					}
				}
				return true
			}
		}
		return false
	}, "", "no order", "at no moment between its call and its answer"},
	{"an acknowledged command that left nothing", func(tr *trial) bool {
		return tr.forge(func(o *Op) *Op {
			if o.Kind != Reject || o.Outcome != Refused || o.Tries > 1 {
				return nil
			}
			return &Op{Kind: Reject, Case: o.Case, Hospital: o.Hospital, Reservation: o.Reservation}
		})
	}, "no order", "", "is lost: no event has it"},
	{"an acknowledged command whose key is gone", func(tr *trial) bool {
		return tr.some(func(o *Op) bool {
			if o.Kind != Approve || o.Outcome != Done {
				return false
			}
			delete(tr.witness.commands, command{o.Actor, o.Key})
			return true
		})
	}, "", "", "its key is not kept"},
	{"an acknowledged command whose event is gone", func(tr *trial) bool {
		return tr.some(func(o *Op) bool {
			if o.Kind != Reject || o.Outcome != Done {
				return false
			}
			tr.witness.control = slices.DeleteFunc(tr.witness.control, func(e event) bool { return e.told.Rows[o.Reservation].Command == o.Key })
			return true
		})
	}, "", "", "is lost: no event has it"},
	{"an entry of the audit that is gone", func(tr *trial) bool {
		for actor := range tr.witness.audit {
			tr.witness.audit[actor]--
			return true
		}
		return false
	}, "", "", "entries of the audit"},
	{"a command that was refused, and carried out", func(tr *trial) bool {
		for i, o := range tr.ops {
			if o.Kind == Cancel && o.Outcome == Done && o.Tries == 1 {
				o = tr.change(i)
				o.Outcome, o.Refusal, o.Told = Refused, "state=rejected", nil
				return true
			}
		}
		return false
	}, "no order", "", "was refused as"},
	{"a hold that ends twice", func(tr *trial) bool {
		return tr.forge(func(o *Op) *Op {
			if o.Kind != Cancel || o.Outcome != Done {
				return nil
			}
			return &Op{Kind: Cancel, Case: o.Case, Hospital: o.Hospital, Reservation: o.Reservation}
		})
	}, "no order", "", "is lost: no event has it"},
	{"a hold that ends, goes on, and ends again", func(tr *trial) bool {
		for i, e := range tr.witness.control {
			for id, r := range e.told.Rows {
				if r.State != "rejected" || len(e.told.Rows) > 1 {
					continue
				}
				back, again := event{e.seq, newTold()}, event{e.seq, newTold()}
				r.Version++
				r.State = "pending"
				back.told.Rows[id] = r
				r.Version++
				r.State = "rejected"
				again.told.Rows[id] = r
				tr.witness.control = slices.Insert(tr.witness.control, i+1, back, again)
				return true
			}
		}
		return false
	}, "", "", "ended 2 times"},
	{"a hold that never ends", func(tr *trial) bool {
		tr.witness.holds[heldRow{hospitals[0], "forgotten"}] = "coming"
		return true
	}, "", "", "forgotten is coming at " + hospitals[0] + ", and never ends"},
	{"a hold of which the board never hears the end", func(tr *trial) bool {
		for i, o := range tr.ops {
			if l, ok := told(o).Loads[o.Hospital]; ok && o.Kind == Reject && l.Asked < 50 {
				l.Asked++
				tr.suspect = o.Hospital
				o = tr.change(i)
				o.Told.Loads = maps.Clone(o.Told.Loads)
				o.Told.Loads[o.Hospital] = l
				for _, e := range tr.witness.region {
					if e.seq == o.Told.Region {
						e.told.Loads[o.Hospital] = l
					}
				}
				return true
			}
		}
		return false
	}, "", "no order", "the load is told as"},
	{"a stale look", func(tr *trial) bool {
		first := map[string]*Op{}
		for i, o := range tr.ops {
			switch {
			case o.Kind != Look:
			case first[o.Reservation] == nil:
				first[o.Reservation] = o
			case first[o.Reservation].Saw.State != o.Saw.State:
				tr.change(i).Saw = first[o.Reservation].Saw
				return true
			}
		}
		return false
	}, "no order", "", "at no moment between its call and its answer"},
	{"an order that nobody saw", func(tr *trial) bool {
		asked := map[string]*Op{}
		for i, o := range tr.ops {
			switch {
			case o.Kind == Ask && o.Outcome == Done:
				for _, id := range o.Made {
					asked[id] = o
				}
			case o.Kind == Reject && o.Outcome == Done && asked[o.Reservation] != nil:
				o = tr.change(i)
				o.Call, o.Last, o.Return = asked[o.Reservation].Call-3, asked[o.Reservation].Call-3, asked[o.Reservation].Call-2
				return true
			}
		}
		return false
	}, "no order", "", "comes behind it"},
	{"a row that no event made", func(tr *trial) bool {
		for id, r := range tr.witness.rows {
			if r.State == "rejected" {
				r.State, r.End = "canceled", "crew"
				tr.witness.rows[id] = r
				return true
			}
		}
		return false
	}, "", "", "and was told as"},
}

// copied is a trial that may be falsified: the ops are changed one by one, the
// witness as it is.
func (tr trial) copied() *trial {
	w := *tr.witness
	w.control, w.region = copyEvents(w.control), copyEvents(w.region)
	w.commands, w.rows, w.cases = maps.Clone(w.commands), maps.Clone(w.rows), maps.Clone(w.cases)
	w.holds, w.audit = maps.Clone(w.holds), maps.Clone(w.audit)
	return &trial{ops: slices.Clone(tr.ops), witness: &w}
}

func copyEvents(events []event) []event {
	list := make([]event, len(events))
	for i, e := range events {
		list[i] = event{e.seq, copyTold(e.told)}
	}
	return list
}

func copyTold(t *Told) *Told {
	if t == nil {
		return nil
	}
	return &Told{t.Region, maps.Clone(t.Rows), maps.Clone(t.Cases), maps.Clone(t.Loads), maps.Clone(t.Pushed), maps.Clone(t.Beds)}
}

// change is a copy of an op in its place.
func (tr *trial) change(i int) *Op {
	o := *tr.ops[i]
	o.Told = copyTold(o.Told)
	tr.ops[i] = &o
	return &o
}

func told(o *Op) *Told {
	if o.Told == nil {
		return newTold()
	}
	return o.Told
}

func rowsOf(t *Told) []Row { return slices.Collect(maps.Values(t.Rows)) }

// forge puts an acknowledged op behind one that it is made of, as somebody else
// would have seen it.
func (tr *trial) forge(of func(*Op) *Op) bool {
	for i, o := range tr.ops {
		forged := of(o)
		if forged == nil {
			continue
		}
		forged.Key, forged.Actor, forged.Tries, forged.Outcome = "forged", "forger", 1, Done
		forged.Call, forged.Last, forged.Return = o.Return+1, o.Return+1, o.Return+2
		tr.witness.commands[command{"forger", "forged"}] = "{}"
		tr.witness.audit["forger"] = 1
		tr.ops = slices.Insert(tr.ops, i+1, forged)
		return true
	}
	return false
}

// some falsifies by the first op that fits.
func (tr *trial) some(falsify func(*Op) bool) bool { return slices.ContainsFunc(tr.ops, falsify) }

// event falsifies the first event of the control room that fits.
func (tr *trial) event(falsify func(*Told) bool) bool {
	return slices.ContainsFunc(tr.witness.control, func(e event) bool { return falsify(e.told) })
}

// yesesAfter counts the yeses between an observation and the next of the same
// hospital.
func (tr *trial) yesesAfter(i int) (n int) {
	of := tr.ops[i]
	for _, o := range tr.ops[i+1:] {
		switch {
		case o.Hospital != of.Hospital:
		case o.Kind == Observe:
			return n
		case o.Kind == Approve && o.Outcome == Done && !o.Override && o.Last > of.Return:
			n++
		}
	}
	return n
}

func convict(t *testing.T, p plant, tr trial) {
	t.Helper()
	forged := tr.copied()
	if !p.plant(forged) {
		t.Errorf("%s: the storm has nothing of which it could be made", p.name)
		return
	}
	for _, one := range []struct {
		judge, found string
		faults       func() []string
	}{
		{"porcupine, of cases,", p.cases, func() []string { return linearCases(forged.ops) }},
		{"porcupine, of beds,", p.beds, func() []string { return linearWards(forged.ops, []string{forged.suspect}) }},
		{"the replay", p.inside, func() []string { return Verdict(forged.ops, forged.witness, hospitals) }},
	} {
		if one.found == "" {
			continue
		}
		if all := strings.Join(one.faults(), "\n"); !strings.Contains(all, one.found) {
			t.Errorf("%s: %s does not say %q but: %.1000s", p.name, one.judge, one.found, all)
		}
	}
}
