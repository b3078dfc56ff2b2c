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
