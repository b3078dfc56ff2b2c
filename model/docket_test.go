package model

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"weer/model/fault"
	"weer/model/feed"
)

// What may happen to a reservation, state by state and step by step, as the
// architecture's table has it. What a cell says: the state after, = when nothing
// changes, ok when something of it does but not its state, 409 when it is
// refused with what is true now, and 400 when the step itself is wrong.
//
// Arrived ones are of a case that has arrived, canceled ones of one that is open.
var transitions = map[string]map[ReservationState]string{
	"approve":              row6("approved", "409", "409", "409", "409", "409"),
	"reject":               row6("rejected", "409", "409", "409", "409", "409"),
	"cancel":               row6("canceled", "canceled", "409", "409", "409", "409"),
	"withdraw":             row6("409", "canceled", "409", "409", "409", "409"),
	"withdraw too late":    row6("409", "400", "409", "409", "409", "409"),
	"withdraw, assigned":   row6("409", "400", "409", "409", "409", "409"),
	"release":              row6("409", "409", "409", "409", "409", "409"),
	"release, overdue":     row6("409", "expired", "409", "409", "409", "409"),
	"arrive":               row6("409", "arrived", "409", "409", "409", "409"),
	"handOver":             row6("409", "409", "409", "409", "409", "ok"),
	"extend":               row6("ok", "ok", "409", "409", "409", "409"),
	"confirm":              row6("409", "ok", "ok", "ok", "ok", "ok"),
	"confirm, something":   row6("409", "409", "409", "409", "409", "409"),
	"acknowledge":          row6("ok", "ok", "409", "409", "409", "409"),
	"acknowledge, ahead":   row6("400", "400", "409", "409", "409", "409"),
	"climb":                row6("ok", "ok", "=", "=", "=", "="),
	"change":               row6("ok", "ok", "=", "=", "=", "="),
	"close":                row6("canceled", "arrived", "=", "=", "=", "409"),
	"close, canceled":      row6("canceled", "canceled", "=", "=", "=", "409"),
	"tick":                 row6("expired", "ok", "ok", "ok", "ok", "ok"),
	"tick, nothing is due": row6("=", "=", "=", "=", "=", "="),
	"ask":                  row6("409", "409", "=", "=", "=", "409"),
	"expiring":             row6("=", "=", "=", "=", "=", "="),
}

func row6(cells ...string) map[ReservationState]string {
	row := map[ReservationState]string{}
	for i, cell := range cells {
		row[ReservationStates[i]] = cell
	}
	return row
}

// stepsOf are the table's steps, carried out on the reservation "r".
var stepsOf = map[string]func(d *Docket, m Moment) error{
	"approve":  func(d *Docket, m Moment) error { return d.approve("r", Approval{Seen: d.Case.Version}, neverFull, m) },
	"reject":   func(d *Docket, m Moment) error { return d.reject("r", ReasonNoBeds, m) },
	"cancel":   func(d *Docket, m Moment) error { return d.cancel("r", EndByCrew, m) },
	"withdraw": func(d *Docket, m Moment) error { return d.withdraw("r", "", m) },
	"release":  func(d *Docket, m Moment) error { return d.release("r", m) },
	"arrive":   func(d *Docket, m Moment) error { return d.arrive("r", m) },
	"handOver": func(d *Docket, m Moment) error { return d.handOver("r", m) },
	"extend":   func(d *Docket, m Moment) error { return d.extend("r", m.Now+testMin, m) },
	"confirm":  func(d *Docket, m Moment) error { return d.confirm("r", d.Reservations[0].State, m) },
	"climb":    func(d *Docket, m Moment) error { return d.climb("r", RungShown, m) },
	"close":    func(d *Docket, m Moment) error { return d.close(CaseArrived, m) },
	"change":   func(d *Docket, m Moment) error { d.change(true, m); return nil },
	"tick":     func(d *Docket, m Moment) error { m.Now += CaseShownMS; d.tick(m); return nil },
	"ask":      func(d *Docket, m Moment) error { return d.ask([]Ask{{ID: "s", Hospital: "A1100001"}}, m) },
	"expiring": func(d *Docket, m Moment) error { d.expiring(m); return nil },
	"acknowledge": func(d *Docket, m Moment) error {
		d.Reservations[0].AckedVersion = 0
		return d.acknowledge("r", d.Case.Version, m)
	},
	"withdraw too late": func(d *Docket, m Moment) error {
		m.Now += feed.Time(m.Times.UndoMS) + 1
		return d.withdraw("r", "", m)
	},
	"withdraw, assigned": func(d *Docket, m Moment) error {
		d.Reservations[0].Designated = true
		return d.withdraw("r", "", m)
	},
	"release, overdue": func(d *Docket, m Moment) error {
		d.Reservations[0].OverdueAt = m.Now
		return d.release("r", m)
	},
	"confirm, something": func(d *Docket, m Moment) error {
		seen := Approved
		if d.Reservations[0].State == Approved {
			seen = Canceled
		}
		return d.confirm("r", seen, m)
	},
	"acknowledge, ahead":   func(d *Docket, m Moment) error { return d.acknowledge("r", d.Case.Version+1, m) },
	"close, canceled":      func(d *Docket, m Moment) error { return d.close(CaseCanceled, m) },
	"tick, nothing is due": func(d *Docket, m Moment) error { d.tick(m); return nil },
}

func neverFull(string) bool { return false }

// docketIn is a docket whose one reservation has come to a state.
func docketIn(t *testing.T, state ReservationState, m Moment) *Docket {
	t.Helper()
	d := &Docket{Case: Case{ID: "c", Unit: "u", Region: "11", Version: 1, State: CaseOpen, Shown: true}}
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	must(d.ask([]Ask{{ID: "r", Hospital: "A1100001", Item: general}}, m))
	switch state {
	case Approved, Arrived:
		must(d.approve("r", Approval{Seen: 1}, neverFull, m))
		if state == Arrived {
			must(d.arrive("r", m))
		}
	case Rejected:
		must(d.reject("r", ReasonNoBeds, m))
	case Canceled:
		must(d.cancel("r", EndByCrew, m))
	case Expired:
		m.Now += feed.Time(m.Times.ExpireMS)
		d.tick(m)
	}
	if d.Reservations[0].State != state {
		t.Fatalf("%s was to be made, it is %s", state, d.Reservations[0].State)
	}
	return d
}

func TestEveryStepInEveryState(t *testing.T) {
	for name, step := range stepsOf {
		for _, state := range ReservationStates {
			m := Moment{Now: testNoon, By: "nurse", Command: "k", Times: DefaultReservationTimes}
			d := docketIn(t, state, m)
			if state == Expired {
				m.Now = d.Reservations[0].EndedAt
			}
			before := copyOf(d)
			err := step(d, m)
			if got, want := outcome(before, d, err), transitions[name][state]; got != want {
				t.Errorf("%s of one that is %s: %s (%v), want %s", name, state, got, err, want)
			}
		}
	}
}

// outcome reads a cell's word off what happened to the first reservation.
func outcome(before Docket, d *Docket, err error) string {
	was, is := before.Reservations[0], d.Reservations[0]
	switch {
	case fault.Is(err, fault.Conflict):
		return "409"
	case fault.Is(err, fault.Invalid):
		return "400"
	case was.State != is.State:
		return string(is.State)
	case was.Version != is.Version:
		return "ok"
	}
	return "="
}

// The table is complete: a step that is added to the docket, or a state, has no
// place to hide.
func TestTheTableHasEveryStepAndEveryState(t *testing.T) {
	steps, states := declared(t)
	slices.Sort(states)
	if listed := slices.Sorted(slices.Values(ReservationStates)); !slices.Equal(listed, states) {
		t.Errorf("ReservationStates are %v, declared are %v", listed, states)
	}
	for name := range stepsOf {
		if row := transitions[name]; !slices.Equal(slices.Sorted(maps.Keys(row)), states) {
			t.Errorf("%s has a row for %v", name, slices.Sorted(maps.Keys(row)))
		}
		step, _, _ := strings.Cut(strings.ReplaceAll(name, ",", " "), " ")
		if !slices.Contains(steps, step) {
			t.Errorf("%s is no step of a docket", step)
		}
	}
	for _, step := range steps {
		if transitions[step] == nil {
			t.Errorf("the docket's step %s has no row", step)
		}
	}
	if len(transitions) != len(stepsOf) {
		t.Errorf("%d rows for %d steps", len(transitions), len(stepsOf))
	}
	if len(steps) < 15 {
		t.Errorf("only %v were found in the source", steps)
	}
}

// declared reads from the source which methods of a docket take a moment, and
// which states there are.
func declared(t *testing.T) (steps []string, states []ReservationState) {
	t.Helper()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				if isStep(n) {
					steps = append(steps, n.Name.Name)
				}
			case *ast.ValueSpec:
				if n.Type != nil && isNamed(n.Type, "ReservationState") {
					for _, v := range n.Values {
						states = append(states, ReservationState(strings.Trim(v.(*ast.BasicLit).Value, `"`)))
					}
				}
			}
			return true
		})
	}
	return steps, states
}

// isStep tells a docket's methods that take a moment; one that is given a
// reservation is a part of another.
func isStep(f *ast.FuncDecl) bool {
	return f.Recv != nil && isPointerTo(f.Recv.List[0].Type, "Docket") &&
		slices.ContainsFunc(f.Type.Params.List, func(p *ast.Field) bool { return isNamed(p.Type, "Moment") }) &&
		!slices.ContainsFunc(f.Type.Params.List, func(p *ast.Field) bool { return isPointerTo(p.Type, "Reservation") })
}

func isPointerTo(e ast.Expr, name string) bool {
	star, ok := e.(*ast.StarExpr)
	return ok && isNamed(star.X, name)
}

func isNamed(e ast.Expr, name string) bool {
	ident, ok := e.(*ast.Ident)
	return ok && ident.Name == name
}

// Whatever is refused says what is true now, in words.
func TestARefusalSaysWhatIsTrue(t *testing.T) {
	for _, state := range ReservationStates {
		for _, end := range []End{EndByCrew, EndByControl, EndSuperseded, EndCaseClosed, EndWithdrawn, EndUndone} {
			r := Reservation{State: state}
			if state == Canceled {
				r.End = end
			}
			told := fault.Public(r.isNow())
			if told.Code != fault.Conflict || told.Message == "" || told.Fields[0] != (fault.Field{Name: "state", Message: string(state)}) {
				t.Errorf("%s %s: %+v", state, r.End, told)
			}
			if state == Canceled && told.Fields[1] != (fault.Field{Name: "end", Message: string(end)}) {
				t.Errorf("%s %s: %+v", state, r.End, told)
			}
		}
	}
}

// copyOf shares nothing with a docket.
func copyOf(d *Docket) Docket {
	c := Docket{d.Case, slices.Clone(d.Reservations)}
	c.Case.Changed = maps.Clone(d.Case.Changed)
	return c
}

func sameDocket(a, b Docket) bool { return reflect.DeepEqual(a, b) }

// The first word counts: who says it again changes nothing, not even a version.
func TestWhatIsSaidAgainChangesNothing(t *testing.T) {
	m := Moment{Now: testNoon, By: "somebody", Command: "k", Times: DefaultReservationTimes}
	later := m
	later.Now, later.By, later.Command = testNoon+testMin, "somebody else", "another"
	for name, c := range map[string]struct {
		in   ReservationState
		step func(d *Docket, m Moment) error
	}{
		"confirm":     {Canceled, func(d *Docket, m Moment) error { return d.confirm("r", Canceled, m) }},
		"hand over":   {Arrived, func(d *Docket, m Moment) error { return d.handOver("r", m) }},
		"acknowledge": {Pending, func(d *Docket, m Moment) error { return d.acknowledge("r", 1, m) }},
		"push":        {Pending, func(d *Docket, m Moment) error { return d.climb("r", RungPushed, m) }},
		"show":        {Pending, func(d *Docket, m Moment) error { return d.climb("r", RungShown, m) }},
		"sound":       {Approved, func(d *Docket, m Moment) error { return d.climb("r", RungSounded, m) }},
		"open":        {Approved, func(d *Docket, m Moment) error { return d.climb("r", RungOpened, m) }},
	} {
		d := docketIn(t, c.in, m)
		untouched := copyOf(d)
		if err := c.step(d, m); err != nil || sameDocket(untouched, *d) {
			t.Fatalf("%s: %v, %+v", name, err, d)
		}
		once := copyOf(d)
		if err := c.step(d, later); err != nil || !sameDocket(once, *d) {
			t.Errorf("%s again: %v, %+v became %+v", name, err, once, *d)
		}
	}
}

func TestAYesIsUndoneWithinTenSeconds(t *testing.T) {
	for after, want := range map[feed.Time]End{0: EndUndone, 10_000: EndUndone, 10_001: ""} {
		m := Moment{Now: testNoon, Times: DefaultReservationTimes}
		d := docketIn(t, Approved, m)
		m.Now += after
		if err := d.withdraw("r", "", m); (err == nil) != (want != "") || d.Reservations[0].End != want {
			t.Errorf("after %d ms: %v, %+v", after, err, d.Reservations[0])
		}
	}
}
