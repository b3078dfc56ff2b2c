package model

import (
	"fmt"
	"slices"

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
