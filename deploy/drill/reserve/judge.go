package reserve

import (
	"fmt"
	"maps"
	"slices"
)

// note takes down what an event says, and finds in the rows alone, without any
// model, what must never be: two yeses, an end that is none.
func (r *replay) note(e event, id string) {
	for _, row := range e.told.Rows {
		was, known := r.rows[row.ID]
		switch {
		case !known:
			r.of[id] = append(r.of[id], row.ID)
		case was.going() && !row.going():
			r.ends[row.ID]++
		case !was.going() && row.going():
			r.fault("control %d: %s goes on after its end", e.seq, row.ID)
		}
		r.rows[row.ID] = row
	}
	yes := 0
	for _, of := range r.of[id] {
		if r.rows[of].State == "approved" {
			yes++
		}
	}
	if yes > 1 {
		r.fault("control %d: case %s has %d yeses", e.seq, id, yes)
	}
}

// Verdict returns every contradiction between what was seen from outside and
// what the database says; none when there is an order of all commands in which
// the rules hold.
func Verdict(ops []*Op, w *Witness, hospitals []string) (faults []string) {
	r := replayOf(ops, w, hospitals)
	faults = append(faults, r.faults...)
	faults = append(faults, inOrder("control", r.docketOrder)...)
	faults = append(faults, inOrder("region", r.wardOrder)...)
	faults = append(faults, r.changedNothing(ops)...)
	faults = append(faults, r.acknowledged(ops, w)...)
	faults = append(faults, r.left(w)...)
	return append(faults, r.ended(w)...)
}

// inOrder finds a command that was answered before another was given, and stands
// behind it.
func inOrder(feed string, order []step) (faults []string) {
	var latest step
	for _, s := range order {
		if s.ret < latest.call {
			faults = append(faults, fmt.Sprintf("%s: %s was over before %s began, and comes behind it", feed, s, latest))
		}
		if s.call > latest.call {
			latest = s
		}
	}
	return faults
}

// changedNothing finds refusals and looks for which there was no moment.
func (r *replay) changedNothing(ops []*Op) (faults []string) {
	for _, o := range ops {
		for _, s := range o.steps() {
			if s.mode != refused && s.mode != looked || o.Case == "" {
				continue
			}
			err := r.thread(o.Case).held(s)
			if w := r.wards[o.Hospital]; err == nil && o.Refusal == refusalFull && w != nil {
				err = w.held(s)
			}
			if err != nil {
				faults = append(faults, fmt.Sprintf("%s: at no moment between its call and its answer: %v", s, err))
			}
		}
	}
	return faults
}

func (r *replay) thread(id string) *thread[docket] {
	if t := r.cases[id]; t != nil {
		return t
	}
	return &thread[docket]{states: []docket{{}}}
}

// acknowledged finds commands that were said to be carried out and were not, and
// those of which more or fewer are written down than were carried out.
func (r *replay) acknowledged(ops []*Op, w *Witness) (faults []string) {
	given, kept := map[command]bool{}, map[string]int{}
	for _, o := range ops {
		known := o.Outcome == Done || o.Outcome == Replayed
		if known && o.effective() && r.found[o] == 0 {
			faults = append(faults, fmt.Sprintf("%s %s of %s was acknowledged and is lost: no event has it", o.Kind, o.Key, o.Actor))
		}
		if o.Key == "" {
			continue
		}
		c := command{o.Actor, o.Key}
		given[c] = true
		if _, held := w.commands[c]; known && !held {
			faults = append(faults, fmt.Sprintf("%s %s of %s was acknowledged and is lost: its key is not kept", o.Kind, o.Key, o.Actor))
		}
	}
	for c := range w.commands {
		kept[c.actor]++
		if !given[c] {
			faults = append(faults, fmt.Sprintf("%s has a command %s that nobody gave", c.actor, c.key))
		}
	}
	for actor, n := range kept {
		if w.audit[actor] != n {
			faults = append(faults, fmt.Sprintf("%s: %d commands and %d entries of the audit", actor, n, w.audit[actor]))
		}
	}
	slices.Sort(faults)
	return faults
}

// effective reports whether a command that is carried out always changes
// something.
func (o *Op) effective() bool {
	switch o.Kind {
	case Look, Change, Acknowledge, Confirm, HandOver:
		return false
	}
	return true
}

// left holds the rows against what the events came to.
func (r *replay) left(w *Witness) (faults []string) {
	for _, id := range keysOf(w.rows, r.rows) {
		row, told := w.rows[id], r.rows[id]
		if row.State != told.State || row.End != told.End || row.Version != told.Version || row.Hospital != told.Hospital {
			faults = append(faults, fmt.Sprintf("reservation %s is %s/%s v%d, and was told as %s/%s v%d", id, row.State, row.End, row.Version, told.State, told.End, told.Version))
		}
	}
	for _, id := range keysOf(w.cases, r.cases) {
		c, d := w.cases[id], r.thread(id).now()
		if c.State != d.state || c.Winner != d.winner || c.Version != d.version {
			faults = append(faults, fmt.Sprintf("case %s is %s v%d of %q, expected %s v%d of %q", id, c.State, c.Version, c.Winner, d.state, d.version, d.winner))
		}
	}
	return faults
}

// ended finds what is held though everything has ended, and reservations that
// did not end once.
func (r *replay) ended(w *Witness) (faults []string) {
	for h, kind := range w.holds {
		faults = append(faults, fmt.Sprintf("%s is %s at %s, and never ends", h.reservation, kind, h.hospital))
	}
	for _, id := range keysOf(w.rows, r.rows) {
		if n := r.ends[id]; n != 1 {
			faults = append(faults, fmt.Sprintf("reservation %s ended %d times", id, n))
		}
	}
	for _, id := range slices.Sorted(maps.Keys(r.wards)) {
		if l := r.wards[id].now().load(); l != (Load{}) {
			faults = append(faults, fmt.Sprintf("at %s is %+v, and never ends", id, l))
		}
	}
	return faults
}

// keysOf are the keys of two maps, in order.
func keysOf[A, B any](a map[string]A, b map[string]B) []string {
	all := slices.Collect(maps.Keys(a))
	for k := range b {
		if _, both := a[k]; !both {
			all = append(all, k)
		}
	}
	slices.Sort(all)
	return all
}
