package reserve

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/anishathalye/porcupine"
)

// An object is a state that takes steps one after the other.
type object[S any] interface {
	step(step) (S, error)
	equal(S) bool
	hash() uint64
}

// modelOf is what porcupine asks of an object. What goes in and comes out of an
// op is all in its step.
func modelOf[S object[S]](begin S) porcupine.Model {
	return porcupine.Model{
		Init: func() any { return begin },
		Step: func(state, input, _ any) (bool, any) {
			after, err := state.(S).step(input.(step))
			return err == nil, after
		},
		Equal:             func(a, b any) bool { return a.(S).equal(b.(S)) },
		Hash:              func(a any) uint64 { return a.(S).hash() },
		DescribeOperation: func(input, _ any) string { return input.(step).String() },
	}
}

func (s step) String() string {
	return fmt.Sprintf("%s %s of %s%s by %s (%s %s)", s.mode, s.Kind, s.Reservation, s.Hospital, s.Actor, s.Outcome, s.Refusal)
}

// linear looks for an order in which one object could have taken all steps, each
// between its call and its return. The fault names the steps of the longest
// order that it found, and that none goes on from there.
func linear[S object[S]](name string, begin S, steps []step, within time.Duration) (fault string) {
	var history []porcupine.Operation
	for i, s := range steps {
		history = append(history, porcupine.Operation{ClientId: i, Input: s, Call: s.call, Return: s.ret})
	}
	end := step{Op: &Op{Kind: Look}, mode: over, call: never - 1, ret: never - 1}
	history = append(history, porcupine.Operation{ClientId: len(steps), Input: end, Call: end.call, Return: end.ret})
	switch porcupine.CheckOperationsTimeout(modelOf(begin), history, within) {
	case porcupine.Ok:
		return ""
	case porcupine.Unknown:
		return fmt.Sprintf("%s: no order was found within %s", name, within)
	}
	return name + ": no order of the steps explains it: " + stuck(modelOf(begin), history, within)
}

// stuck describes where the longest order ends.
func stuck(m porcupine.Model, history []porcupine.Operation, within time.Duration) string {
	_, info := porcupine.CheckOperationsVerbose(m, history, within)
	var longest []porcupine.Operation
	for _, partial := range info.PartialLinearizationsOperations() {
		for _, one := range partial {
			if len(one) > len(longest) {
				longest = one
			}
		}
	}
	taken := map[int]bool{}
	state := m.Init()
	for _, o := range longest {
		taken[o.ClientId] = true
		_, state = m.Step(state, o.Input, o.Output)
	}
	text := fmt.Sprintf("after %d of %d it is %+v", len(longest), len(history), state)
	first := int64(math.MaxInt64)
	for _, o := range history {
		if !taken[o.ClientId] {
			first = min(first, o.Return)
		}
	}
	for _, o := range history {
		if !taken[o.ClientId] && o.Call <= first && o.Input.(step).mode != doubtful {
			text += "\n  not " + o.Input.(step).String() + ": " + why(state, o.Input.(step))
		}
	}
	return text
}

func why(state any, s step) string {
	var err error
	switch state := state.(type) {
	case docket:
		_, err = state.step(s)
	case ward:
		_, err = state.step(s)
	}
	return fmt.Sprint(err)
}

// within is how long one object may take: a hospital of a long storm takes some
// seconds, a case none.
const within = 5 * time.Minute

// linearCases checks each case by itself.
func linearCases(ops []*Op) (faults []string) {
	cases := map[string][]step{}
	for _, o := range ops {
		if o.Case != "" {
			cases[o.Case] = append(cases[o.Case], o.steps()...)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(cases)) {
		if fault := linear("case "+id, docket{}, cases[id], within); fault != "" {
			faults = append(faults, fault)
		}
	}
	return faults
}

// linearWards checks the beds of each hospital by themselves.
func linearWards(ops []*Op, hospitals []string) (faults []string) {
	for _, id := range hospitals {
		if fault := linear("hospital "+id, ward{id: id}, wardSteps(ops, id), within); fault != "" {
			faults = append(faults, fault)
		}
	}
	return faults
}

// wardSteps are the steps that concern the beds of a hospital. Of a step of which
// the caller was told everything, and no bed of this hospital, the case's own
// check has the last word.
func wardSteps(ops []*Op, id string) (steps []step) {
	cases := map[string]bool{}
	for _, o := range ops {
		if o.Kind == Ask && slices.Contains(o.Hospitals, id) {
			cases[o.Case] = true
		}
	}
	w := ward{id: id}
	for _, o := range ops {
		if !w.concerns(o, cases) {
			continue
		}
		for _, s := range o.steps() {
			if s.mode != refused && s.told == nil || s.mode == refused && o.Refusal == refusalFull && o.Hospital == id || s.tells(id) {
				steps = append(steps, s)
			}
		}
	}
	return chained(steps)
}

// tells reports whether a step says something of a hospital's beds; what should,
// and does not, is a step all the same.
func (s step) tells(id string) bool {
	if s.told == nil || s.mode == refused {
		return false
	}
	_, load := s.told.Loads[id]
	return load || s.told.Pushed[id] != 0 || s.Hospital == id || s.Kind == Ask
}

// chained lets each step that has a number in the region's feed follow the one
// before it: numbers rise in the order of what they number, and with that the
// search for an order has little left to try. Where that contradicts the times of
// the calls, no order is found.
func chained(steps []step) []step {
	var numbered []*step
	for i := range steps {
		if steps[i].told != nil && steps[i].told.Region != 0 {
			numbered = append(numbered, &steps[i])
		}
	}
	slices.SortStableFunc(numbered, func(a, b *step) int { return cmp.Compare(a.told.Region, b.told.Region) })
	for i := 1; i < len(numbered); i++ {
		numbered[i].after = numbered[i-1].told.Region
	}
	return steps
}
