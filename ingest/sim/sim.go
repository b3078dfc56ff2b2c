package sim

import (
	"cmp"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"weer/model/fault"
)

// DefaultSpeed lets an hour of the measured motion pass in a minute.
const DefaultSpeed = 60

// DefaultKey is the service key of a simulator that was given none.
const DefaultKey = "simulated"

// Options make a Sim.
type Options struct {
	Seed         uint64
	Speed        float64          // simulated time per time; 0 is DefaultSpeed, 1 is as measured
	Key          string           // the serviceKey it accepts; "" is DefaultKey
	ChurnPerPoll float64          // as with Churn
	Now          func() time.Time // nil is time.Now
	Log          *slog.Logger     // nil is none
}

// A Sim is a simulated E-Gen.
type Sim struct {
	seed  uint64
	speed float64
	key   string
	now   func() time.Time
	log   *slog.Logger

	hospitals []*institution
	byID      map[string]*institution

	mu     sync.Mutex
	hands  map[*institution]*hand
	paused bool
	churn  float64
	frozen time.Time // nothing moves on its own since; zero: it does
	polls  uint64    // nationwide answers given
	fault  Fault
}

// A hand is what was done to an institution from outside.
type hand struct {
	held    map[int]int  // by field
	churned map[int]bool // by field
	touched time.Time    // the newest report that this caused
}

// New makes a simulator. It starts nothing.
func New(o Options) *Sim {
	s := &Sim{
		seed: o.Seed, speed: cmp.Or(o.Speed, DefaultSpeed), key: cmp.Or(o.Key, DefaultKey),
		now: o.Now, log: o.Log, hospitals: build(o.Seed),
		byID: map[string]*institution{}, hands: map[*institution]*hand{}, fault: Fault{Mode: FaultNone},
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	for _, h := range s.hospitals {
		s.byID[h.id] = h
	}
	s.churn = clampUnit(o.ChurnPerPoll)
	s.freeze()
	return s
}

// Handler serves the service and the controls, from the root.
func (s *Sim) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+bedsPath, s.serveBeds)
	mux.HandleFunc("POST /set", s.postSet)
	mux.HandleFunc("POST /release", s.postRelease)
	mux.HandleFunc("POST /pause", s.postPause)
	mux.HandleFunc("POST /churn", s.postChurn)
	mux.HandleFunc("POST /fault", s.postFault)
	mux.HandleFunc("GET /state", s.getState)
	return mux
}

// Hospitals returns the ids of all institutions, sorted.
func (s *Sim) Hospitals() []string {
	ids := make([]string, len(s.hospitals))
	for i, h := range s.hospitals {
		ids[i] = h.id
	}
	return ids
}

// Set moves items of a hospital, holds them there and makes its system report
// now. Either all items are set or, with an error that names the field, none.
// A flag takes 1 (usable) or 0; a count at most the hospital's total.
func (s *Sim) Set(hospital string, items map[string]int) error {
	h, err := s.find(hospital)
	if err != nil {
		return err
	}
	if len(items) == 0 {
		return fault.Bad("items", "name an item and its value, for example er.general=3")
	}
	for item, n := range items {
		if err := h.accepts(item, n); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	hand := s.hand(h)
	for item, n := range items {
		hand.held[fieldByItem[item]] = n
	}
	hand.touched = s.now()
	s.log.Info("set by hand", "hospital", hospital, "items", items)
	return nil
}

func (h *institution) accepts(item string, n int) error {
	i, ok := fieldByItem[item]
	if !ok {
		return fault.Bad("items."+item, "operation 1 has no item of this name")
	}
	x := h.holdings[i]
	switch {
	case fields[i].flag && n != 0 && n != 1:
		return fault.Bad("items."+item, "is a yes-or-no item: 1 (usable) or 0")
	case !fields[i].flag && x.reported && n > x.total:
		return fault.Bad("items."+item, "%s has %d of them; more free than that would be read as an error", h.id, x.total)
	case n < -999 || n > 999:
		return fault.Bad("items."+item, "is a count from -999 to 999")
	}
	return nil
}

// Release lets a hospital's items move again, "" those of all hospitals.
func (s *Sim) Release(hospital string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for h, hand := range s.hands {
		if hospital == "" || hospital == h.id {
			clear(hand.held)
			hand.touched = s.now()
		}
	}
	if hospital != "" {
		_, err := s.find(hospital)
		return err
	}
	return nil
}

// Pause stops all motion of its own, report times included, or lets it go on
// where it would be by now.
func (s *Sim) Pause(paused bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.paused = paused
	s.freeze()
}

// Churn makes each nationwide poll (page 1) move about this fraction of all
// values, 0 to 1, and lets nothing else move; 0 ends it.
func (s *Sim) Churn(fraction float64) error {
	if fraction != clampUnit(fraction) {
		return fault.Bad("fraction", "is a number from 0 to 1")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.churn = fraction
	s.freeze()
	return nil
}

// freeze keeps the moment at which motion stopped.
func (s *Sim) freeze() {
	switch still := s.paused || s.churn > 0; {
	case !still:
		s.frozen = time.Time{}
	case s.frozen.IsZero():
		s.frozen = s.now()
	}
}

// clock is the moment that values and reports are computed for.
func (s *Sim) clock() time.Time {
	if s.frozen.IsZero() {
		return s.now()
	}
	return s.frozen
}

func (s *Sim) find(id string) (*institution, error) {
	if h, ok := s.byID[id]; ok {
		return h, nil
	}
	return nil, fault.Bad("hospital", "%.20q is none of the %d simulated hospitals", id, len(s.hospitals))
}

func (s *Sim) hand(h *institution) *hand {
	if s.hands[h] == nil {
		s.hands[h] = &hand{held: map[int]int{}, churned: map[int]bool{}}
	}
	return s.hands[h]
}

// stir is the churn of one poll.
func (s *Sim) stir() {
	s.polls++
	if s.churn == 0 || s.paused {
		return
	}
	for _, h := range s.hospitals {
		for i, x := range h.holdings {
			if h.stirs(i) && (at(s.seed^s.polls, x.stream, -1)+1)/2 < s.churn {
				hand := s.hand(h)
				hand.churned[i] = !hand.churned[i]
				hand.touched = s.now()
			}
		}
	}
}

// stirs reports whether a field has another value to go to.
func (h *institution) stirs(i int) bool {
	x := h.holdings[i]
	return h.silent.IsZero() && x.reported && x.owned && x.total > 0
}

func clampUnit(x float64) float64 { return max(0, min(x, 1)) }
