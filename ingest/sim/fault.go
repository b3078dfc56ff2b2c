package sim

import (
	"net/http"
	"slices"
	"time"

	"weer/model/fault"
)

// Modes of a [Fault].
const (
	FaultNone         = "none"
	FaultError502     = "error502"      // the gateway cannot reach E-Gen
	FaultQuota        = "quota"         // HTTP 429, the day's calls are used up
	FaultHTML         = "html"          // a maintenance page with status 200
	FaultSlow         = "slow"          // right, but late
	FaultTruncated    = "truncated"     // the document stops in the middle
	FaultHalf         = "half"          // every row is announced, half of them come
	FaultEmpty        = "empty"         // no row, none announced
	FaultDropHospital = "drop_hospital" // one hospital is missing and not announced
)

var faultModes = []string{
	FaultNone, FaultError502, FaultQuota, FaultHTML, FaultSlow, FaultTruncated, FaultHalf, FaultEmpty, FaultDropHospital,
}

// A Fault is what is wrong with the answers of operation 1.
type Fault struct {
	Mode     string `json:"mode"`
	Count    int    `json:"count,omitempty"`    // so many answers, then none; 0: until another fault is set
	DelayMS  int64  `json:"delay_ms,omitempty"` // of slow; 0 is 20 s, longer than anyone should wait
	Hospital string `json:"hospital,omitempty"` // of drop_hospital
}

// Fault sets what is wrong from now on. The error names the field.
func (s *Sim) Fault(f Fault) error {
	switch {
	case !slices.Contains(faultModes, f.Mode):
		return fault.Bad("mode", "is one of %v", faultModes)
	case f.Count < 0:
		return fault.Bad("count", "is 0 (until another fault is set) or more")
	case f.DelayMS < 0:
		return fault.Bad("delay_ms", "is 0 or more")
	case f.Mode == FaultDropHospital:
		if _, err := s.find(f.Hospital); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = f
	s.log.Info("fault", "mode", f.Mode, "count", f.Count)
	return nil
}

// takeFault is the fault of this answer.
func (s *Sim) takeFault() Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.fault
	switch f.Count {
	case 0:
	case 1:
		s.fault = Fault{Mode: FaultNone}
	default:
		s.fault.Count--
	}
	return f
}

// gateway does what happens before E-Gen is asked; done: the answer is given.
func (f Fault) gateway(w http.ResponseWriter, r *http.Request) (done bool) {
	switch f.Mode {
	case FaultError502:
		w.Header().Set("X-Content-Type-Options", "nosniff")
		answer(w, http.StatusBadGateway, "text/plain; charset=utf-8", backDown)
	case FaultQuota:
		answer(w, http.StatusTooManyRequests, "text/plain; charset=utf-8", quotaGone)
	case FaultHTML:
		answer(w, http.StatusOK, "text/html; charset=utf-8", repair)
	case FaultSlow:
		return !f.wait(r)
	default:
		return false
	}
	return true
}

// wait is false when the caller gave up.
func (f Fault) wait(r *http.Request) bool {
	delay := time.Duration(f.DelayMS) * time.Millisecond
	if delay == 0 {
		delay = 20 * time.Second
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	}
}

func (f Fault) hides(h *institution) bool {
	return f.Mode == FaultEmpty || f.Mode == FaultDropHospital && f.Hospital == h.id
}

func (f Fault) cut(list []*institution) []*institution {
	if f.Mode == FaultHalf {
		return list[:len(list)/2]
	}
	return list
}
