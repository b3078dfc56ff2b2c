package crews

import (
	"hash/fnv"
	"math/rand/v2"
	"time"
)

// luck is the chance of one matter: the same for the same seed and names, however
// often it is asked and by whom.
func luck(seed uint64, names ...string) *rand.Rand {
	h := fnv.New64a()
	for _, name := range names {
		_, _ = h.Write([]byte(name))
		_, _ = h.Write([]byte{0})
	}
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}

// A choice is one of several things with how often it happens, beside the others'.
type choice[T any] struct {
	what  T
	often float64
}

// pick draws one of some choices.
func pick[T any](r *rand.Rand, of []choice[T]) (drawn T) {
	var sum float64
	for _, c := range of {
		sum += c.often
	}
	left := r.Float64() * sum
	for _, c := range of {
		if drawn = c.what; left < c.often {
			break
		}
		left -= c.often
	}
	return drawn
}

// chance is true so often.
func chance(r *rand.Rand, often float64) bool { return r.Float64() < often }

// between draws a time.
func between(r *rand.Rand, least, most time.Duration) time.Duration {
	return least + time.Duration(r.Float64()*float64(most-least))
}

// sometimes draws a time so often, and 0, which is never, otherwise.
func sometimes(r *rand.Rand, often float64, least, most time.Duration) time.Duration {
	happens, when := chance(r, often), between(r, least, most)
	if !happens {
		return 0
	}
	return when
}
