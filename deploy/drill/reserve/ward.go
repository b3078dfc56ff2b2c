package reserve

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
)

// A ward is what the judge expects of the beds of one hospital: a sequential
// object. It knows which reservations are asked and which have a bed, and how
// many beds of patients who have arrived are not in the hospital's own number
// yet. Which of those an observation takes over depends on clocks, so only their
// number is kept, and where it was not told, its bounds.
type ward struct {
	id     string
	known  bool // an observation was taken
	beds   int  // as it says
	at     int64
	holds  []hold // by reservation
	least  int    // patients who have arrived and are not in beds, at least
	most   int
	number uint64 // of the region's feed, the last that was told
	over   bool   // the history has ended
}

// A hold is a reservation that asks for a bed, or has one.
type hold struct {
	reservation, of string // of: the case
	coming          bool
}

func (w ward) equal(v ward) bool {
	return w.known == v.known && w.beds == v.beds && w.at == v.at && w.least == v.least && w.most == v.most &&
		w.number == v.number && w.over == v.over && slices.Equal(w.holds, v.holds)
}

func (w ward) hash() uint64 {
	h := fnv.New64a()
	fmt.Fprint(h, w.beds, len(w.holds), w.least, w.most, w.number) //nolint:errcheck // a hash takes everything
	return h.Sum64()
}

// load is what the region is told, and how many more may be held.
func (w ward) load() Load {
	l := Load{Held: w.least}
	for _, h := range w.holds {
		if h.coming {
			l.Coming, l.Held = l.Coming+1, l.Held+1
		} else {
			l.Asked++
		}
	}
	return l
}

// concerns reports whether a command can change the beds of the hospital, or was
// refused for them. What was asked there for a case, any command on the case may
// end; cases says of which it ever was.
func (w ward) concerns(o *Op, cases map[string]bool) bool {
	switch o.Kind {
	case Observe:
		return o.Hospital == w.id
	case Ask:
		return slices.Contains(o.Hospitals, w.id)
	case Approve, Close:
		return o.Hospital == w.id || cases[o.Case]
	case Reject, Withdraw, Cancel, Arrive:
		return o.Hospital == w.id
	}
	return false
}

// step takes a step, or says why it cannot be taken.
func (w ward) step(s step) (ward, error) {
	switch s.mode {
	case over:
		w.over = true
		return w, nil
	case refused:
		return w.refuse(s.Op)
	case doubtful:
		if w.over {
			return w, nil
		}
		after, err := w.take(s.Op)
		if err == nil && after.equal(w) {
			err = fmt.Errorf("nothing would change")
		}
		return after, err
	}
	if s.after != 0 && s.after != w.number {
		return w, fmt.Errorf("it comes behind %d of the region, and that is at %d", s.after, w.number)
	}
	after, err := w.take(s.Op)
	if err != nil || s.told == nil {
		return after, err
	}
	return after.hold(w, s)
}

// refuse holds a refusal for want of beds against the beds. Others are no word
// of the ward's.
func (w ward) refuse(o *Op) (ward, error) {
	if o.Refusal != refusalFull || o.Hospital != w.id {
		return w, nil
	}
	if w.find(o.Reservation) < 0 {
		return w, fmt.Errorf("%s is refused for want of a bed, and not asked for", o.Reservation)
	}
	free := w.beds - w.load().Coming
	if !w.known || free > w.most {
		return w, fmt.Errorf("%s is refused for want of a bed, and one of %d is free", o.Reservation, w.beds)
	}
	w.least = max(w.least, free)
	return w, nil
}

func (w ward) find(reservation string) int {
	return slices.IndexFunc(w.holds, func(h hold) bool { return h.reservation == reservation })
}

// ofCase is the place of a case's hold, -1 for none.
func (w ward) ofCase(id string) int {
	return slices.IndexFunc(w.holds, func(h hold) bool { return h.of == id })
}

// take is the ward after a command that was carried out.
func (w ward) take(o *Op) (ward, error) {
	switch {
	case o.Kind == Observe:
		return w.observe(o), nil
	case o.Kind == Ask:
		return w.ask(o)
	case o.Kind == Close:
		return w.end(w.ofCase(o.Case), o.How == "arrived"), nil
	case o.Hospital != w.id: // a yes elsewhere
		if i := w.ofCase(o.Case); i >= 0 && w.holds[i].coming {
			return w, fmt.Errorf("a second yes: %s has a bed here, and %s gets one at %s", w.holds[i].reservation, o.Reservation, o.Hospital)
		}
		return w.end(w.ofCase(o.Case), false), nil
	}
	return w.answer(o)
}

func (w ward) ask(o *Op) (ward, error) {
	made := o.made(w.id)
	switch {
	case made == "":
		return w, fmt.Errorf("nobody was asked")
	case w.ofCase(o.Case) >= 0:
		return w, fmt.Errorf("the case asks here already")
	}
	w.holds = append(slices.Clone(w.holds), hold{made, o.Case, false})
	slices.SortFunc(w.holds, func(a, b hold) int { return strings.Compare(a.reservation, b.reservation) })
	return w, nil
}

// answer is what is done to a reservation here.
func (w ward) answer(o *Op) (ward, error) {
	i := w.find(o.Reservation)
	if i < 0 {
		return w, fmt.Errorf("%s: nothing is held for it", o.Kind)
	}
	coming := w.holds[i].coming
	switch o.Kind {
	case Approve:
		return w.approve(i, o)
	case Reject:
		if coming {
			return w, fmt.Errorf("a no after the yes")
		}
	case Withdraw, Arrive:
		if !coming {
			return w, fmt.Errorf("%s without a yes", o.Kind)
		}
	}
	return w.end(i, o.Kind == Arrive), nil
}

func (w ward) approve(i int, o *Op) (ward, error) {
	if w.holds[i].coming {
		return w, fmt.Errorf("a yes twice")
	}
	if w.known && !o.Override {
		free := w.beds - w.load().Coming
		if free <= w.least {
			return w, fmt.Errorf("a yes without a bed: %d beds, %d coming, %d arrived", w.beds, w.load().Coming, w.least)
		}
		w.most = min(w.most, free-1)
	}
	w.holds = slices.Clone(w.holds)
	w.holds[i].coming = true
	return w, nil
}

// end takes a hold away. Whoever arrived lies in the bed, unless the hospital's
// number is as new as that.
func (w ward) end(i int, arrived bool) ward {
	if i < 0 {
		return w
	}
	if arrived && w.holds[i].coming {
		w.most++
	}
	w.holds = slices.Delete(slices.Clone(w.holds), i, i+1)
	return w
}

// observe takes the hospital's own number, in which those who have arrived are,
// as far as it is newer.
func (w ward) observe(o *Op) ward {
	if o.At <= w.at {
		return w
	}
	w.known, w.beds, w.at, w.least = true, o.Beds, o.At, 0
	return w
}

// hold holds the ward against what its region was told: a number behind all
// others, its load whenever that has changed, and of a yes whether anything was
// overridden.
func (w ward) hold(before ward, s step) (ward, error) {
	t := *s.told
	if err := before.honest(s); err != nil {
		return w, err
	}
	if t.Region != 0 {
		if t.Region <= w.number {
			return w, fmt.Errorf("number %d of the region comes after %d", t.Region, w.number)
		}
		w.number = t.Region
	}
	if beds, ok := t.Beds[w.id]; ok && beds != w.beds {
		return w, fmt.Errorf("%d beds are told, expected %d", beds, w.beds)
	}
	l, told := t.Loads[w.id]
	if !told {
		return w.untold(before)
	}
	expected := w.load()
	arrived := l.Held - l.Coming
	if l.Asked != expected.Asked || l.Coming != expected.Coming || arrived < w.least || arrived > w.most {
		return w, fmt.Errorf("the load is told as %+v, expected %+v and up to %d more held", l, expected, w.most-w.least)
	}
	w.least, w.most = arrived, arrived
	return w, nil
}

// honest finds a yes that is told as one over a full hospital, or as none, and was
// not.
func (w ward) honest(s step) error {
	r, told := s.told.Rows[s.Reservation]
	if !told || s.Kind != Approve || s.Hospital != w.id {
		return nil
	}
	free := w.beds - w.load().Coming
	if full := w.known && free <= w.most; r.Overridden && !full {
		return fmt.Errorf("a yes is told as overridden, and a bed was free: %d beds, %d coming, %d arrived", w.beds, w.load().Coming, w.most)
	}
	if !r.Overridden && w.known && free <= w.least {
		return fmt.Errorf("a yes without a bed: %d beds, %d coming, %d arrived", w.beds, w.load().Coming, w.least)
	}
	return nil
}

// untold is the ward when nothing was told of its load: it is as before.
func (w ward) untold(before ward) (ward, error) {
	if !slices.Equal(w.holds, before.holds) {
		return w, fmt.Errorf("the load has changed to %+v, and nobody was told", w.load())
	}
	w.least, w.most = before.least, before.most
	return w, nil
}
