package reserve

import (
	"fmt"
	"maps"
	"slices"
)

// A replay goes through what the database wrote, event by event in its own
// order, and holds each against the models and against what was seen outside.
type replay struct {
	ops   map[string]*Op // by key, and what opened a case by its id
	seen  map[sight]*Op  // observations
	cases map[string]*thread[docket]
	wards map[string]*thread[ward]

	rows  map[string]Row      // as they were told last
	of    map[string][]string // their ids, by case
	ends  map[string]int      // how often each reservation came to an end
	found map[*Op]int         // how often each op was carried out

	docketOrder, wardOrder []step  // what changed something, in the order of each feed
	region                 []event // of the region's feed, what is still to come
	faults                 []string
}

// A sight names an observation.
type sight struct {
	hospital string
	at       int64
}

// A thread is an object with all the states that it had.
type thread[S object[S]] struct {
	states []S
	by     []step // what made each of them but the first
}

func (t *thread[S]) now() S { return t.states[len(t.states)-1] }

// take takes a step in the order of the database. After a fault the thread goes
// on as it was.
func (t *thread[S]) take(s step) error {
	after, err := t.now().step(s)
	if err == nil {
		t.states, t.by = append(t.states, after), append(t.by, s)
	}
	return err
}

// held tries a step that changes nothing on each state that may have stood
// between its call and its return.
func (t *thread[S]) held(s step) (err error) {
	err = fmt.Errorf("there was no such thing")
	for i, state := range t.states {
		if i > 0 && t.by[i-1].call > s.ret || i < len(t.by) && t.by[i].ret < s.call {
			continue
		}
		if _, err = state.step(s); err == nil {
			return nil
		}
	}
	return err
}

// replayOf goes through all events.
func replayOf(ops []*Op, w *Witness, hospitals []string) *replay {
	r := &replay{
		ops: map[string]*Op{}, seen: map[sight]*Op{}, cases: map[string]*thread[docket]{}, wards: map[string]*thread[ward]{},
		rows: map[string]Row{}, of: map[string][]string{}, ends: map[string]int{}, found: map[*Op]int{}, region: w.region,
	}
	for _, o := range ops {
		switch {
		case o.Kind == Observe:
			r.seen[sight{o.Hospital, o.At}] = o
		case o.Key != "":
			r.ops[o.Key] = o
		}
		if o.Kind == Open && o.Case != "" {
			r.ops[o.Case] = o
		}
	}
	for _, id := range hospitals {
		r.wards[id] = &thread[ward]{states: []ward{{id: id}}}
	}
	for _, e := range w.control {
		r.docketEvent(e)
	}
	for e := r.nextLoad(); e != nil; e = r.nextLoad() {
		r.fault("region %d: beds move, and no case does", e.seq)
	}
	return r
}

func (r *replay) fault(format string, args ...any) {
	r.faults = append(r.faults, fmt.Sprintf(format, args...))
}

// docketEvent takes what one transaction did to one case.
func (r *replay) docketEvent(e event) {
	id, by, moved := r.moved(e)
	switch {
	case !moved:
	case by == "":
		r.timeEvent(e)
	case r.ops[by] == nil:
		r.fault("control %d: case %s moved by %q, which nobody asked for", e.seq, id, by)
	default:
		r.carry(e, id, r.ops[by])
	}
	r.note(e, id)
}

// moved is the case of an event and the key of the command that made it; moved
// is false when it says nothing new.
func (r *replay) moved(e event) (id, by string, moved bool) {
	for of, c := range e.told.Cases {
		id = of
		switch t := r.cases[of]; {
		case t == nil:
			return id, id, true // opened: no key is told of that
		case t.now().version != c.Version:
			by, moved = c.Command, true
		}
	}
	for _, row := range e.told.Rows {
		if r.rows[row.ID].Version != row.Version {
			id, by, moved = row.Case, row.Command, true
		}
	}
	return id, by, moved
}

// timeEvent takes what time did: an alarm that goes up, and nothing else as long
// as a storm lasts.
func (r *replay) timeEvent(e event) {
	for _, row := range e.told.Rows {
		if was := r.rows[row.ID]; was.State != row.State || was.Escalation > row.Escalation {
			r.fault("control %d: %s is %s, and time made it so", e.seq, row.ID, row.State)
		}
	}
}

// carry takes a command that was carried out: by the case, and by the beds of
// all hospitals.
func (r *replay) carry(e event, id string, o *Op) {
	if r.found[o]++; r.found[o] > 1 {
		r.fault("control %d: %s %s was carried out twice", e.seq, o.Kind, o.Key)
	}
	s, possible := o.effect()
	if !possible {
		r.fault("control %d: %s %s was refused as %q, and carried out", e.seq, o.Kind, o.Key, o.Refusal)
	}
	if o.Case != id {
		r.fault("control %d: %s of case %s changed case %s", e.seq, o.Kind, o.Case, id)
		return
	}
	if r.cases[id] == nil {
		r.cases[id] = &thread[docket]{states: []docket{{}}}
	}
	s.told = e.told
	if err := r.cases[id].take(s); err != nil {
		r.fault("control %d: %s: %v", e.seq, s, err)
	}
	r.docketOrder = append(r.docketOrder, s)
	r.carryBeds(s)
}

// effect is the step in which an op may have changed something; false when its
// caller knows that it did not.
func (o *Op) effect() (step, bool) {
	for _, s := range o.steps() {
		if s.mode == sure || s.mode == doubtful {
			s.mode = sure // the database says so
			return s, true
		}
	}
	return step{Op: o, mode: sure, call: o.Call, ret: never}, false
}

// carryBeds takes the same command at all hospitals, with what their region was
// told of it in the same transaction.
func (r *replay) carryBeds(s step) {
	if !r.moves(s.Op) {
		return
	}
	e := r.nextLoad()
	if e == nil {
		r.fault("%s moves beds, and the region was told nothing", s)
		return
	}
	s.told = e.told
	for _, id := range slices.Sorted(maps.Keys(r.wards)) {
		w := r.wards[id]
		if !w.now().concerns(s.Op, map[string]bool{s.Case: true}) {
			continue
		}
		if err := w.take(s); err != nil {
			r.fault("region %d, %s: %s: %v", e.seq, id, s, err)
		}
	}
	r.wardOrder = append(r.wardOrder, s)
}

// moves reports whether a command changes what is asked or held anywhere.
func (r *replay) moves(o *Op) bool {
	for _, t := range r.wards {
		w := t.now()
		if !w.concerns(o, map[string]bool{o.Case: true}) {
			continue
		}
		if after, err := w.take(o); err != nil || !slices.Equal(after.holds, w.holds) {
			return true
		}
	}
	return false
}

// nextLoad is the next event of the region in which a case moved beds; the
// observations before it are taken on the way. nil: there is none.
func (r *replay) nextLoad() *event {
	for len(r.region) > 0 {
		e := r.region[0]
		r.region = r.region[1:]
		switch {
		case len(e.told.Pushed) > 0:
			r.observation(e)
		case len(e.told.Loads) > 0:
			return &e
		}
	}
	return nil
}

// observation takes a hospital's own number.
func (r *replay) observation(e event) {
	for id, at := range e.told.Pushed {
		o := r.seen[sight{id, at}]
		if o == nil || r.wards[id] == nil {
			r.fault("region %d: %s has an observation that nobody made", e.seq, id)
			continue
		}
		if r.found[o]++; r.found[o] > 1 {
			r.fault("region %d: an observation of %s was taken twice", e.seq, id)
		}
		s, _ := o.effect()
		s.told = e.told
		if err := r.wards[id].take(s); err != nil {
			r.fault("region %d, %s: %s: %v", e.seq, id, s, err)
		}
		r.wardOrder = append(r.wardOrder, s)
	}
}
