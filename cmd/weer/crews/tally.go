package crews

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"weer/model/fault"
)

// A tally counts what was done and what was refused.
type tally struct {
	mu     sync.Mutex
	counts map[string]int
}

func newTally() *tally { return &tally{counts: map[string]int{}} }

func (t *tally) did(d deed) { t.add(verb(d)) }

func (t *tally) refused(d deed, err error) {
	t.add(verb(d) + " refused: " + string(fault.Public(err).Code))
}

func (t *tally) add(what string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counts[what]++
}

// String is the counts in one line.
func (t *tally) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var parts []string
	for _, what := range slices.Sorted(maps.Keys(t.counts)) {
		parts = append(parts, fmt.Sprintf("%s %d", what, t.counts[what]))
	}
	return strings.Join(parts, ", ")
}

// verb is the kind of a deed.
func verb(d deed) string { return strings.TrimPrefix(fmt.Sprintf("%T", d), "crews.") }
