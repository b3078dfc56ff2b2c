package model

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"weer/model/fault"
	"weer/model/feed"
)

// A clerk keeps the same books as a docket, from the architecture's table and
// without the docket's code: the state of each request, a log of what changed of
// the case, and what is due.
type clerk struct {
	over   CaseState // "" while the case is open
	log    []string  // what changed at version 2, 3, …
	ktas   int
	slips  []*slip
	full   map[string]bool // kinds of beds of which none is left
	names  []string        // what a 412 has to name
	clock  feed.Time
	docket *Docket
}

type slip struct {
	id, hospital, item  string
	state               ReservationState
	end                 End
	asked, said, arrive feed.Time
	by                  feed.Time // the patient is overdue then
	ended               feed.Time
	told                int // of the escalations
	overdue, assigned   bool
	hidden              bool
	seen, acked, worse  uint64
	confirmed, over     bool // over: although no bed was free
}

const clerkHospitals = 3

func newClerk() *clerk {
	return &clerk{clock: testNoon, full: map[string]bool{}, docket: &Docket{Case: Case{ID: "c", Unit: "u", Region: "11", Version: 1, State: CaseOpen, Shown: true}}}
}

func (k *clerk) version() uint64 { return uint64(len(k.log) + 1) }

func (k *clerk) moment() Moment {
	return Moment{Now: k.clock, By: "somebody", Command: fmt.Sprint("k", k.clock), Times: DefaultReservationTimes}
}

func (k *clerk) winner() (won *slip) {
	for _, s := range k.slips {
		if s.state == Approved {
			won = s
		}
	}
	return won
}

// stale names the parts of the condition that changed after a version.
func (k *clerk) stale(seen uint64) (parts []string) {
	for i, part := range k.log {
		if uint64(i+2) > seen && part != "winner" && !slices.Contains(parts, part) {
			parts = append(parts, part)
		}
	}
	slices.Sort(parts)
	return parts
}

// due is when time alone does something to a request next.
func (s *slip) due() feed.Time {
	switch {
	case s.state == Pending:
		return s.asked + []feed.Time{30_000, 60_000, 90_000, 1_800_000}[s.told]
	case s.state == Approved && !s.overdue:
		return s.by
	case s.state == Approved || s.hidden:
		return 0
	case s.state == Arrived:
		return s.ended + 12*3_600_000
	}
	return s.ended + 3_600_000
}

// comes notes until when a patient is waited for.
func (s *slip) comes(now feed.Time) {
	s.overdue = false
	if s.by = max(s.arrive, now) + 15*testMin; s.arrive == 0 {
		s.by = now + 60*testMin
	}
}

func (s *slip) ends(state ReservationState, end End, now feed.Time) {
	s.state, s.end, s.ended, s.confirmed = state, end, now, false
}

// closes ends a slip, and whatever the case had won with it.
func (k *clerk) closes(s *slip, state ReservationState, end End) {
	if s.state == Approved {
		k.log = append(k.log, "winner")
	}
	s.ends(state, end, k.clock)
}

// A move is one step: what the docket makes of it, and whether the clerk lets it
// pass ("" or the code of the refusal).
type move struct {
	name string
	do   func(m Moment) error
	rule func() fault.Code
}

// moves are the steps there are.
func (k *clerk) moves() []func(*rapid.T) move {
	moves := []func(*rapid.T) move{k.asks, k.changes, k.waits, k.waits, k.waits, k.shuts}
	if len(k.slips) == 0 {
		return moves[:1]
	}
	for _, one := range []func(*rapid.T, *slip) move{
		k.approves, k.approves, k.approves, k.rejects, k.cancels, k.withdraws, k.releases, k.arrives,
		k.handsOver, k.extends, k.confirms, k.acknowledges, k.climbs,
	} {
		moves = append(moves, func(t *rapid.T) move {
			return one(t, k.some(t))
		})
	}
	return moves
}

// some draws a slip, rather one that goes on.
func (k *clerk) some(t *rapid.T) *slip {
	going := slices.DeleteFunc(slices.Clone(k.slips), func(s *slip) bool { return s.state != Pending && s.state != Approved })
	if len(going) == 0 || rapid.IntRange(0, 3).Draw(t, "any") == 0 {
		going = k.slips
	}
	return rapid.SampledFrom(going).Draw(t, "which")
}

// rarely makes of a step that ends everything a pause, most of the time.
func (k *clerk) rarely(t *rapid.T, m move) move {
	if k.over == "" && rapid.IntRange(0, 4).Draw(t, "rarely") > 0 {
		return k.waits(t)
	}
	return m
}

func (k *clerk) asks(t *rapid.T) move {
	n := len(k.slips)
	asks := make([]Ask, 0, 2)
	for i, h := range rapid.SliceOfNDistinct(rapid.IntRange(1, clerkHospitals), 1, 2, rapid.ID).Draw(t, "hospitals") {
		asks = append(asks, Ask{ID: fmt.Sprint("r", n+i), Hospital: fmt.Sprintf("A110000%d", h), Item: general, ArriveAt: k.when(t)})
	}
	return move{"ask", func(m Moment) error { return k.docket.ask(asks, m) }, func() fault.Code {
		for _, a := range asks {
			for _, s := range k.slips {
				if s.hospital == a.Hospital && (s.state == Pending || s.state == Approved) {
					return fault.Conflict
				}
			}
		}
		if k.over != "" || k.winner() != nil {
			return fault.Conflict
		}
		for _, a := range asks {
			k.slips = append(k.slips, &slip{id: a.ID, hospital: a.Hospital, item: a.Item, state: Pending, asked: k.clock, arrive: a.ArriveAt})
		}
		return ""
	}}
}

// when is an expected arrival, often none.
func (k *clerk) when(t *rapid.T) feed.Time {
	minutes := rapid.SampledFrom([]int{0, 0, -30, 7, 90}).Draw(t, "arrives in")
	if minutes == 0 {
		return 0
	}
	return k.clock + feed.Time(minutes)*testMin
}

func (k *clerk) approves(t *rapid.T, s *slip) move {
	a := Approval{
		Seen:     uint64(rapid.IntRange(max(1, int(k.version())-2), int(k.version())+1).Draw(t, "seen")),
		Item:     rapid.SampledFrom([]string{"", "", general, "icu.general"}).Draw(t, "item"),
		Override: rapid.SampledFrom([]string{"", "one more fits"}).Draw(t, "override"), Designated: rapid.Bool().Draw(t, "designated"),
	}
	full := func(item string) bool { return k.full[item] }
	return move{"approve", func(m Moment) error { return k.docket.approve(s.id, a, full, m) }, func() fault.Code {
		item := s.item
		if a.Item != "" {
			item = a.Item
		}
		switch {
		case s.state != Pending:
			return fault.Conflict
		case a.Seen > k.version() || k.stale(a.Seen) != nil:
			k.names = k.stale(a.Seen)
			return fault.PreconditionFailed
		case k.full[item] && a.Override == "":
			return fault.Conflict
		}
		for _, other := range k.slips {
			if other.state == Pending {
				other.ends(Canceled, EndSuperseded, k.clock)
			}
		}
		*s = slip{id: s.id, hospital: s.hospital, item: item, state: Approved, asked: s.asked, said: k.clock, arrive: s.arrive,
			told: s.told, over: k.full[item], assigned: a.Designated, seen: a.Seen, acked: s.acked, worse: s.worse}
		if !a.Designated {
			s.acked = a.Seen
		}
		s.comes(k.clock)
		k.log = append(k.log, "winner")
		return ""
	}}
}

func (k *clerk) rejects(_ *rapid.T, s *slip) move {
	return move{"reject", func(m Moment) error { return k.docket.reject(s.id, ReasonNoStaff, m) }, func() fault.Code {
		if s.state != Pending {
			return fault.Conflict
		}
		s.said = k.clock
		s.ends(Rejected, "", k.clock)
		return ""
	}}
}

func (k *clerk) cancels(_ *rapid.T, s *slip) move {
	return move{"cancel", func(m Moment) error { return k.docket.cancel(s.id, EndByCrew, m) }, func() fault.Code {
		if s.state != Pending && s.state != Approved {
			return fault.Conflict
		}
		k.closes(s, Canceled, EndByCrew)
		return ""
	}}
}

func (k *clerk) withdraws(t *rapid.T, s *slip) move {
	reason := rapid.SampledFrom([]AnnouncementReason{"", ReasonNoICU}).Draw(t, "reason")
	return move{"withdraw", func(m Moment) error { return k.docket.withdraw(s.id, reason, m) }, func() fault.Code {
		switch {
		case s.state != Approved:
			return fault.Conflict
		case reason != "":
			k.closes(s, Canceled, EndWithdrawn)
		case s.assigned || k.clock > s.said+10_000:
			return fault.Invalid
		default:
			k.closes(s, Canceled, EndUndone)
		}
		return ""
	}}
}

func (k *clerk) releases(_ *rapid.T, s *slip) move {
	return move{"release", func(m Moment) error { return k.docket.release(s.id, m) }, func() fault.Code {
		if s.state != Approved || !s.overdue {
			return fault.Conflict
		}
		k.closes(s, Expired, "")
		return ""
	}}
}

func (k *clerk) arrives(t *rapid.T, s *slip) move {
	return k.rarely(t, move{"arrive", func(m Moment) error { return k.docket.arrive(s.id, m) }, func() fault.Code {
		if s.state != Approved {
			return fault.Conflict
		}
		k.shut(CaseArrived)
		return ""
	}})
}

func (k *clerk) shut(how CaseState) {
	for _, s := range k.slips {
		switch {
		case s.state == Approved && how == CaseArrived:
			s.ends(Arrived, "", k.clock)
		case s.state == Pending || s.state == Approved:
			s.ends(Canceled, EndCaseClosed, k.clock)
		}
	}
	k.over, k.log = how, append(k.log, "state")
}

func (k *clerk) shuts(t *rapid.T) move {
	how := rapid.SampledFrom([]CaseState{CaseArrived, CaseCanceled}).Draw(t, "closed as")
	return k.rarely(t, move{"close", func(m Moment) error { return k.docket.close(how, m) }, func() fault.Code {
		if k.over != "" {
			return fault.Conflict
		}
		k.shut(how)
		return ""
	}})
}

func (k *clerk) handsOver(_ *rapid.T, s *slip) move {
	return move{"hand over", func(m Moment) error { return k.docket.handOver(s.id, m) }, func() fault.Code {
		if s.state != Arrived {
			return fault.Conflict
		}
		return ""
	}}
}

func (k *clerk) extends(t *rapid.T, s *slip) move {
	arrive := k.clock + feed.Time(rapid.IntRange(-10, 90).Draw(t, "minutes"))*testMin
	return move{"extend", func(m Moment) error { return k.docket.extend(s.id, arrive, m) }, func() fault.Code {
		switch s.state {
		case Pending:
			s.arrive = arrive
		case Approved:
			s.arrive = arrive
			s.comes(k.clock)
		default:
			return fault.Conflict
		}
		return ""
	}}
}

func (k *clerk) confirms(t *rapid.T, s *slip) move {
	seen := rapid.SampledFrom(append([]ReservationState{s.state, s.state}, ReservationStates...)).Draw(t, "seen")
	return move{"confirm", func(m Moment) error { return k.docket.confirm(s.id, seen, m) }, func() fault.Code {
		if s.state == Pending || s.state != seen {
			return fault.Conflict
		}
		s.confirmed = true
		return ""
	}}
}

func (k *clerk) acknowledges(t *rapid.T, s *slip) move {
	seen := uint64(rapid.IntRange(0, int(k.version())+1).Draw(t, "seen"))
	return move{"acknowledge", func(m Moment) error { return k.docket.acknowledge(s.id, seen, m) }, func() fault.Code {
		switch {
		case s.state != Pending && s.state != Approved:
			return fault.Conflict
		case seen > k.version():
			return fault.Invalid
		}
		s.acked = max(s.acked, seen)
		return ""
	}}
}

func (k *clerk) climbs(t *rapid.T, s *slip) move {
	rung := rapid.SampledFrom(Rungs).Draw(t, "rung")
	return move{"climb", func(m Moment) error { return k.docket.climb(s.id, rung, m) }, func() fault.Code { return "" }}
}

// changes assesses the patient anew, as the service does with an open case.
func (k *clerk) changes(t *rapid.T) move {
	to := rapid.IntRange(0, 5).Draw(t, "ktas")
	return move{"change", func(m Moment) error {
		if err := k.docket.open(); err != nil {
			return err
		}
		triage := Triage{KTAS: to}
		worse := triage.worse(k.docket.Case.Triage)
		if parts := k.docket.Case.assess(triage); len(parts) > 0 {
			k.docket.Case.touched(m, parts...)
			k.docket.change(worse, m)
		}
		return nil
	}, func() fault.Code {
		if k.over != "" {
			return fault.Conflict
		}
		if to == k.ktas {
			return ""
		}
		urgency := func(ktas int) int { return []int{3, 1, 2, 3, 4, 5}[ktas] }
		k.log = append(k.log, "ktas")
		for _, s := range k.slips {
			if (s.state == Pending || s.state == Approved) && to != 0 && urgency(to) < urgency(k.ktas) {
				s.worse = k.version()
			}
		}
		k.ktas = to
		return ""
	}}
}

// waits lets time pass, and does what is due.
func (k *clerk) waits(t *rapid.T) move {
	ms := rapid.SampledFrom([]int{0, 1, 10_000, 10_001, 30_000, 61_000, 16 * 60_000, 61 * 60_000, 13 * 3_600_000}).Draw(t, "ms")
	return move{"tick", func(Moment) error { k.clock += feed.Time(ms); k.docket.tick(k.moment()); return nil }, func() fault.Code {
		for _, s := range k.slips {
			for d := s.due(); d != 0 && d <= k.clock; d = s.due() {
				switch {
				case s.state == Pending && s.told < 3:
					s.told++
				case s.state == Pending:
					s.ends(Expired, "", k.clock)
				case s.state == Approved:
					s.overdue = true
				default:
					s.hidden = true
				}
			}
		}
		return ""
	}}
}

// disagrees says where the docket and the books differ.
func (k *clerk) disagrees(d Docket) string {
	var wrong []string
	complain := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	state := CaseOpen
	if k.over != "" {
		state = k.over
	}
	if d.Case.State != state || d.Case.Version != k.version() || d.Case.KTAS != k.ktas || d.Case.Shown != true {
		complain("the case is %+v; want %s, version %d, KTAS %d", d.Case, state, k.version(), k.ktas)
	}
	if won := k.winner(); won != nil && d.Case.Winner != won.id || won == nil && d.Case.Winner != "" && k.over != CaseArrived {
		complain("the winner is %q", d.Case.Winner)
	}
	if len(d.Reservations) != len(k.slips) {
		return fmt.Sprintf("%d reservations; want %d", len(d.Reservations), len(k.slips))
	}
	for i, s := range k.slips {
		r := d.Reservations[i]
		got := slip{r.ID, r.Hospital, r.Item, r.State, r.End, r.AskedAt, r.AnsweredAt, r.ArriveAt, r.ArriveBy, r.EndedAt, int(r.Escalation),
			r.OverdueAt != 0, r.Designated, !r.Shown, r.SeenVersion, r.AckedVersion, r.WorseVersion, r.ConfirmedAt != 0, r.Override != ""}
		if got != *s {
			complain("it is     %+v\nbooked as %+v", got, *s)
		}
		if r.DueAt != s.due() {
			complain("%s %s is due at noon%+d ms; want noon%+d", r.ID, r.State, r.DueAt-testNoon, s.due()-testNoon)
		}
		if (r.NoAnswerAt != 0) != (s.told == 3) || (r.ArrivedAt != 0) != (s.state == Arrived) {
			complain("%+v; booked as %+v", r, s)
		}
		if s.state == Arrived && d.Case.Winner != s.id {
			complain("%s has arrived, the winner is %q", s.id, d.Case.Winner)
		}
	}
	return strings.Join(wrong, "\n")
}

// Whatever is done in whatever order, a docket and its clerk agree: on what is
// refused and why, on every state, on what is due; what is refused changes
// nothing, and versions count what changed and nothing else.
func TestADocketIsWhatItsClerkBooks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := newClerk()
		hospitals := map[string]Hospital{}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			if rapid.IntRange(0, 5).Draw(t, "beds") == 0 {
				k.full[general] = !k.full[general]
			}
			k.clock += feed.Time(rapid.SampledFrom([]int{0, 0, 0, 1, 999}).Draw(t, "pause"))
			step := rapid.SampledFrom(k.moves()).Draw(t, "step")(t)
			k.take(t, step)
			k.hold(t, hospitals)
		}
	})
}

// take does one step on both sides and compares.
func (k *clerk) take(t *rapid.T, step move) {
	before := copyOf(k.docket)
	err := step.do(k.moment())
	k.names = nil
	code := step.rule()
	if code == "" && err != nil || code != "" && !fault.Is(err, code) {
		t.Fatalf("%s: %v, want %q", step.name, err, code)
	}
	if code == fault.PreconditionFailed && !slices.Equal(named(err), k.names) {
		t.Fatalf("%s names %v, want %v", step.name, named(err), k.names)
	}
	if err != nil && !sameDocket(before, *k.docket) {
		t.Fatalf("%s was refused (%v) and changed\n%+v to\n%+v", step.name, err, before, *k.docket)
	}
	if wrong := k.disagrees(*k.docket) + restless(before, *k.docket); wrong != "" {
		t.Fatalf("after %s: %s", step.name, wrong)
	}
}

// named are the fields of an error.
func named(err error) (fields []string) {
	for _, f := range fault.Public(err).Fields {
		fields = append(fields, f.Name)
	}
	return fields
}

// restless says what moved that must not, or moved without its version.
func restless(before, after Docket) string {
	if (after.Case.Version > before.Case.Version) == reflect.DeepEqual(before.Case, after.Case) || after.Case.Version < before.Case.Version {
		return fmt.Sprintf("\nthe case's version goes from %d to %d, and it from\n%+v to\n%+v", before.Case.Version, after.Case.Version, before.Case, after.Case)
	}
	for i, was := range before.Reservations {
		is := after.Reservations[i]
		if (is.Version > was.Version) == (is == was) || is.Version < was.Version {
			return fmt.Sprintf("\nversion %d becomes %d of\n%+v, now\n%+v", was.Version, is.Version, was, is)
		}
		if still := asEnded(was); !was.State.Goes() && still != asEnded(is) {
			return fmt.Sprintf("\nwhat had ended moved from\n%+v to\n%+v", was, is)
		}
	}
	return ""
}

// asEnded is a reservation without what may still be said of one that ended.
func asEnded(r Reservation) Reservation {
	r.HandedOverAt, r.ConfirmedAt, r.Shown, r.DueAt, r.Version, r.Command = 0, 0, false, 0, 0, ""
	return r
}

// hold lets hospitals take what the reservations say, and counts that anew.
func (k *clerk) hold(t *rapid.T, hospitals map[string]Hospital) {
	want := map[string]Load{}
	for _, r := range k.docket.Reservations {
		hospitals[r.Hospital] = hospitals[r.Hospital].take(r, k.clock)
	}
	for _, s := range k.slips {
		l := ItemLoad{}
		switch s.state {
		case Pending:
			l.Asked = 1
		case Approved:
			l.Held, l.Coming = 1, 1
		case Arrived:
			l.Held = 1
		default:
			continue
		}
		if want[s.hospital] == nil {
			want[s.hospital] = Load{}
		}
		was := want[s.hospital][s.item]
		want[s.hospital][s.item] = ItemLoad{was.Held + l.Held, was.Coming + l.Coming, was.Asked + l.Asked}
	}
	for id, h := range hospitals {
		if !maps.Equal(h.Load(), want[id]) {
			t.Fatalf("%s has %+v, the reservations say %+v", id, h.Load(), want[id])
		}
	}
}

// The clerk proves itself: whatever is planted in a docket, it finds.
func TestTheClerkFindsWhatIsPlanted(t *testing.T) {
	for name, plant := range map[string]func(*Docket){
		"another winner":       func(d *Docket) { d.Case.Winner = "r1" },
		"no winner":            func(d *Docket) { d.Case.Winner = "" },
		"a version too many":   func(d *Docket) { d.Case.Version++ },
		"a second yes":         func(d *Docket) { d.Reservations[1].State = Approved },
		"another kind of bed":  func(d *Docket) { d.Reservations[0].Item = "icu.general" },
		"a deadline that lags": func(d *Docket) { d.Reservations[0].DueAt++ },
		"a forgotten reason":   func(d *Docket) { d.Reservations[1].End = "" },
		"a lost reservation":   func(d *Docket) { d.Reservations = d.Reservations[:1] },
		"an acknowledgement":   func(d *Docket) { d.Reservations[0].AckedVersion = 0 },
	} {
		k := newClerk()
		asks := []Ask{{ID: "r0", Hospital: "A1100001", Item: general}, {ID: "r1", Hospital: "A1100002", Item: general}}
		if err := k.docket.ask(asks, k.moment()); err != nil {
			t.Fatal(err)
		}
		if err := k.docket.approve("r0", Approval{Seen: 1}, neverFull, k.moment()); err != nil {
			t.Fatal(err)
		}
		k.log = []string{"winner"}
		k.slips = []*slip{
			{id: "r0", hospital: "A1100001", item: general, state: Approved, asked: k.clock, said: k.clock, by: k.clock + 60*testMin, seen: 1, acked: 1},
			{id: "r1", hospital: "A1100002", item: general, state: Canceled, end: EndSuperseded, asked: k.clock, ended: k.clock},
		}
		if wrong := k.disagrees(*k.docket); wrong != "" {
			t.Fatalf("nothing is planted yet: %s", wrong)
		}
		plant(k.docket)
		if k.disagrees(*k.docket) == "" {
			t.Errorf("%s: not found", name)
		}
	}
	moved := Docket{Reservations: []Reservation{{State: Rejected, Reason: ReasonNoBeds, Version: 2}}}
	again := Docket{Reservations: []Reservation{{State: Rejected, Reason: ReasonNoICU, Version: 3}}}
	silent := Docket{Reservations: []Reservation{{State: Rejected, Reason: ReasonNoBeds, Version: 2, ConfirmedAt: 1}}}
	if restless(moved, moved) != "" || restless(moved, again) == "" || restless(moved, silent) == "" {
		t.Error("what had ended may move, or move without its version")
	}
}

// Time does the same in one turn as in many, but what is told is told when it is
// told; and a second turn at the same moment does nothing.
func TestTimePassesInOneTurnAsInMany(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := newClerk()
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			k.take(t, rapid.SampledFrom(k.moves()).Draw(t, "step")(t))
		}
		once, many := copyOf(k.docket), copyOf(k.docket)
		for _, ms := range slices.Sorted(slices.Values(rapid.SliceOfN(rapid.IntRange(0, 50*60_000), 1, 6).Draw(t, "turns"))) {
			m := k.moment()
			m.Now += feed.Time(ms)
			many.tick(m)
			once = copyOf(k.docket)
			once.tick(m)
			again := copyOf(&once)
			if again.tick(m); !sameDocket(once, again) {
				t.Fatalf("a second turn made of\n%+v\n%+v", once, again)
			}
			for i, r := range once.Reservations {
				if got, want := untold(many.Reservations[i]), untold(r); got != want {
					t.Fatalf("after %d ms, in many turns\n%+v, in one\n%+v", ms, got, want)
				}
			}
		}
	})
}

// untold is a reservation without the moments at which time's doings were told,
// and what follows from those.
func untold(r Reservation) Reservation {
	once := func(at *feed.Time) {
		if *at != 0 {
			*at = 1
		}
	}
	once(&r.NoAnswerAt)
	once(&r.OverdueAt)
	if r.State == Expired {
		once(&r.EndedAt)
		r.DueAt, r.Command = 0, ""
	}
	r.Command = ""
	return r
}

// A late yes wins for as long as nobody else has, whatever time has told in
// between.
func TestALateYesWins(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := Docket{Case: Case{ID: "c", Version: 1, State: CaseOpen, Shown: true}}
		m := Moment{Now: testNoon, Times: DefaultReservationTimes}
		if err := d.ask([]Ask{{ID: "r", Hospital: "A1100001", Item: general}, {ID: "s", Hospital: "A1100002", Item: general}}, m); err != nil {
			t.Fatal(err)
		}
		for m.Now < testNoon+30*testMin-1 {
			m.Now = min(m.Now+feed.Time(rapid.IntRange(1, 10*60_000).Draw(t, "ms")), testNoon+30*testMin-1)
			d.tick(m)
		}
		if r := d.Reservations[0]; r.Escalation != EscalatedSilent || r.NoAnswerAt == 0 {
			t.Fatalf("after half an hour: %+v", r)
		}
		if err := d.approve("r", Approval{Seen: 1}, neverFull, m); err != nil || d.Case.Winner != "r" || d.Reservations[1].End != EndSuperseded {
			t.Fatalf("the late yes: %v, %+v", err, d)
		}
	})
}
