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

	institutions []*institution // all of the list, by id
	byID         map[string]*institution

	mu     sync.Mutex
	hands  map[*institution]*hand
	paused bool
	churn  float64
	frozen time.Time // nothing moves on its own since; zero: it does
	polls  uint64    // nationwide answers given
	fault  Fault
}

// New makes a simulator. It starts nothing.
func New(o Options) *Sim {
	s := &Sim{
		seed: o.Seed, speed: cmp.Or(o.Speed, DefaultSpeed), key: cmp.Or(o.Key, DefaultKey),
		now: o.Now, log: o.Log, institutions: build(o.Seed),
		byID: map[string]*institution{}, hands: map[*institution]*hand{}, fault: Fault{Mode: FaultNone},
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	for _, h := range s.institutions {
		s.byID[h.id] = h
	}
	s.churn = clampUnit(o.ChurnPerPoll)
	s.freeze()
	return s
}

// Handler serves the service and the controls, from the root.
func (s *Sim) Handler() http.Handler {
	mux := http.NewServeMux()
	for i := range operations {
		mux.HandleFunc("GET "+servicePath+operations[i].name, s.serve(&operations[i]))
	}
	mux.HandleFunc("POST /set", s.postSet)
	mux.HandleFunc("POST /release", s.postRelease)
	mux.HandleFunc("POST /pause", s.postPause)
	mux.HandleFunc("POST /churn", s.postChurn)
	mux.HandleFunc("GET /scenario", s.getScenarios)
	mux.HandleFunc("POST /scenario", s.postScenario)
	mux.HandleFunc("POST /fault", s.postFault)
	mux.HandleFunc("GET /state", s.getState)
	return mux
}

// Hospitals returns the ids of all that report beds, sorted.
func (s *Sim) Hospitals() (ids []string) {
	for _, h := range s.institutions {
		if h.reports() {
			ids = append(ids, h.id)
		}
	}
	return ids
}

// Release undoes what was done by hand to a hospital, "" to all of them: items
// move again, messages that were posted are gone.
func (s *Sim) Release(hospital string) error {
	if hospital != "" {
		if _, err := s.find(hospital); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for h, by := range s.hands {
		if hospital == "" || hospital == h.id {
			free := newHand()
			free.churned, free.touched = by.churned, s.now()
			s.hands[h] = free
		}
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

// hours are simulated ones, since 1970.
func (s *Sim) hours() float64 { return float64(s.clock().UnixMilli()) / 3_600_000 * s.speed }

// moment is when simulated hours are on the clock.
func (s *Sim) moment(hours float64) time.Time {
	return time.UnixMilli(int64(hours / s.speed * 3_600_000))
}

func (s *Sim) find(id string) (*institution, error) {
	if h, ok := s.byID[id]; ok {
		return h, nil
	}
	return nil, fault.Bad("hospital", "%.20q is none of the %d simulated hospitals", id, len(s.institutions))
}

func (s *Sim) hand(h *institution) *hand {
	if s.hands[h] == nil {
		s.hands[h] = newHand()
	}
	return s.hands[h]
}

// stir is the churn of one poll.
func (s *Sim) stir() {
	s.polls++
	if s.churn == 0 || s.paused {
		return
	}
	for _, h := range s.institutions {
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
