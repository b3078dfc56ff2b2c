package model

import (
	"context"
	"time"

	"weer/model/fault"
)

// Guessing passwords is slowed under three names at once, which all nodes count
// together: the pair of login and address strictly, the address as a whole, and
// the login from everywhere only a little, because that one a stranger can use
// to keep its owner out. A try is counted before it is judged, so that a hundred
// at once are not a hundred first tries.

// A GuessName is what tries are counted under.
type GuessName struct {
	Name  string // hashed by the caller: no login stands in the table
	Free  int    // tries that cost nothing
	MaxMS int64  // the longest wait
}

// Rules of guessing, and of signing up.
const (
	signUpFree  = 20 // a hospital's whole staff, on one day
	signUpMax   = 60_000
	pairFree    = 4
	pairMaxMS   = 15 * 60_000
	addressFree = 40 // a hospital's whole staff may share an address
	addressMax  = 60_000
	loginFree   = 20
	loginMax    = 10_000
	GuessKeepMS = 60 * 60_000 // after an hour without a try all is forgotten
)

// GuessNames are the names of a try: hash hides what they are of.
func GuessNames(login, address string, hash func(...string) string) []GuessName {
	login = NormalLogin(login)
	return []GuessName{
		{hash("pair", login, address), pairFree, pairMaxMS},
		{hash("address", address), addressFree, addressMax},
		{hash("login", login), loginFree, loginMax},
	}
}

// SignUpNames are the names of a sign-up: nobody fills the administrators' list
// from one address.
func SignUpNames(address string, hash func(...string) string) []GuessName {
	return []GuessName{{hash("sign-up", address), signUpFree, signUpMax}}
}

// WaitMS is how long to wait after so many tries: a second, doubled with each.
func (g GuessName) WaitMS(tries int) int64 {
	over := tries - g.Free
	if over <= 0 {
		return 0
	}
	return min(g.MaxMS, 1000<<min(over-1, 20))
}

// Guess counts a try before it is judged. TooManyRequests, with how long to
// wait: it must not be judged.
func (s *Service) Guess(ctx context.Context, names []GuessName) error {
	wait, err := s.store.Guess(ctx, names)
	if err != nil || wait <= 0 {
		return err
	}
	return &fault.Error{
		Code: fault.TooManyRequests, RetryAfter: time.Duration(wait) * time.Millisecond,
		Message: "too many tries: wait as long as Retry-After says",
	}
}

// Guessed takes tries back that were right.
func (s *Service) Guessed(ctx context.Context, names []GuessName) error {
	return s.store.Guessed(ctx, names)
}
