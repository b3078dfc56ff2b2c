package reserve

import (
	"math"
	"slices"
	"sync"
)

// A Kind is what somebody does.
type Kind string

// The kinds: commands, and Look, which changes nothing.
const (
	Open        Kind = "open"
	Ask         Kind = "ask"
	Change      Kind = "change" // of the condition
	Approve     Kind = "approve"
	Reject      Kind = "reject"
	Withdraw    Kind = "withdraw"
	Cancel      Kind = "cancel"
	Extend      Kind = "extend"
	Arrive      Kind = "arrive"
	HandOver    Kind = "hand_over"
	Acknowledge Kind = "acknowledge"
	Confirm     Kind = "confirm"
	Close       Kind = "close"
	Observe     Kind = "observe" // a hospital's own system counts its beds
	Look        Kind = "look"    // somebody read a reservation
)

// An Outcome is what its caller knows of a command.
type Outcome string

// The outcomes.
const (
	Done     Outcome = "done"     // it was carried out by the try that was answered
	Replayed Outcome = "replayed" // it was carried out by an earlier try, whose answer was lost
	Refused  Outcome = "refused"  // the try that was answered changed nothing; an earlier one may still
	Unknown  Outcome = "unknown"  // no try was answered
)

// An Op is one command or one look, as its caller saw it.
type Op struct {
	Kind  Kind
	Actor string
	Key   string // Idempotency-Key; "" of what has none

	Case        string   // id; "" of an observation
	Hospital    string   // hpid; "" where it is no single one
	Reservation string   // id
	Hospitals   []string // that are asked
	Made        []string // ids of the reservations of an Ask, in their order; nil when nobody knows them
	Seen        uint64   // version of the case
	Override    bool     // a reason is given why a full hospital says yes
	Reason      bool     // a reason is given why a yes is taken back
	How         string   // arrived or canceled, of a Close; the state that was seen, of a Confirm
	KTAS        int
	Beds        int   // er.general, of an Observe
	At          int64 // observed_at of an Observe, ms

	// Nanoseconds since the storm began: the first try, the try that was
	// answered, its answer. Return is [never] of what was not answered.
	Call, Last, Return int64

	Tries   int
	Outcome Outcome
	Refusal string // why; see refusal
	Told    *Told  // what the answer says of the feeds; nil of a replay
	Saw     *Row   // of a Look
}

// never is when that returns which nobody answered: after everything else.
const never = math.MaxInt64 - 1

// A History is all that happened, as it was seen from outside.
type History struct {
	mu  sync.Mutex
	ops []*Op
}

func (h *History) add(o *Op) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ops = append(h.ops, o)
}

// Ops are all ops, by the time of their call.
func (h *History) Ops() []*Op {
	h.mu.Lock()
	defer h.mu.Unlock()
	ops := slices.Clone(h.ops)
	slices.SortStableFunc(ops, func(a, b *Op) int { return int(min(1, max(-1, a.Call-b.Call))) })
	return ops
}

// made is the reservation that an Ask made at a hospital; "" for none.
func (o *Op) made(hospital string) string {
	if i := slices.Index(o.Hospitals, hospital); i >= 0 && i < len(o.Made) {
		return o.Made[i]
	}
	return ""
}

// A mode says how a step has to be taken.
type mode string

const (
	sure     mode = "sure"     // it took effect between its call and its return
	doubtful mode = "doubtful" // it took effect once after its call, or never
	refused  mode = "refused"  // it changed nothing, and there was a reason
	looked   mode = "looked"
	over     mode = "over" // the history ends: what is doubtful may be left undone
)

// A step is one atomic thing that the models take, or do not.
type step struct {
	*Op
	mode      mode
	call, ret int64
	told      *Told  // what was said of it; nil for nothing
	after     uint64 // the number that the region's feed must be at; 0: any
}

// steps are what an op may have come to. A try whose answer was lost may be on
// its way for longer than the try after it, but what one of them came to is what
// all of them come to: also a refusal is kept under its key, and was true once
// since the first try.
func (o *Op) steps() []step {
	once := step{Op: o, mode: sure, call: o.Last, ret: o.Return, told: o.Told}
	maybe := step{Op: o, mode: doubtful, call: o.Call, ret: never}
	switch {
	case o.Outcome == Done && o.Kind == Look:
		once.mode = looked
		return []step{once}
	case o.Outcome == Done:
		return []step{once}
	case o.Outcome == Replayed:
		once.call = o.Call
		return []step{once}
	case o.Outcome == Refused:
		once.mode, once.call = refused, o.Call
		return []step{once}
	}
	return []step{maybe}
}
