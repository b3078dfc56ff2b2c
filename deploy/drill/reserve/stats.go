package reserve

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// stats are the numbers of a storm.
type stats struct {
	mu       sync.Mutex
	kinds    map[Kind]map[Outcome]int
	refusals map[string]int           // by kind and reason
	took     map[Kind][]time.Duration // of what was answered at the first try
	commands int
	retries  int
	odds     []string
}

func newStats() *stats {
	return &stats{kinds: map[Kind]map[Outcome]int{}, refusals: map[string]int{}, took: map[Kind][]time.Duration{}}
}

func (s *stats) count(o *Op) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.kinds[o.Kind] == nil {
		s.kinds[o.Kind] = map[Outcome]int{}
	}
	s.kinds[o.Kind][o.Outcome]++
	if o.Outcome == Refused {
		why, _, _ := strings.Cut(o.Refusal, "winner=")
		s.refusals[fmt.Sprintf("%s %s", o.Kind, cmp.Or(why, "winner"))]++
	}
	s.commands++
	s.retries += o.Tries - 1
	if o.Tries == 1 && o.Outcome == Done {
		s.took[o.Kind] = append(s.took[o.Kind], time.Duration(o.Return-o.Call))
	}
}

// done is how many commands there were.
func (s *stats) done() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.commands
}

// odd notes an answer that nobody expects.
func (s *stats) odd(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.odds = append(s.odds, fmt.Sprintf(format, args...))
}

// outcomes counts the commands of an outcome.
func (s *stats) outcomes(of Outcome) (n int) {
	for _, kinds := range s.kinds {
		n += kinds[of]
	}
	return n
}

// quantile is the time within which a share of the commands of a kind was
// carried out, of those that were answered at once.
func (s *stats) quantile(of Kind, share float64) time.Duration {
	took := slices.Sorted(slices.Values(s.took[of]))
	if len(took) == 0 {
		return 0
	}
	return took[int(share*float64(len(took)-1))].Round(time.Millisecond / 10)
}
