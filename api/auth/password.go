package auth

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"
	"github.com/trustelem/zxcvbn"

	"weer/model"
	"weer/model/fault"
)

// Bounds of passwords.
const (
	leastPassword = 10  // characters
	mostPassword  = 200 // bytes: what is hashed is bounded
	// leastGuesses is how many tries a password has to withstand, as zxcvbn
	// estimates them with its lists of common passwords, names and keyboard walks.
	// Guessing here is slowed, so a million is years.
	leastGuesses = 1e6

	hashesAtOnce = 2 // each takes 19 MiB and a core
	hashPatience = 3 * time.Second
)

// hashing is OWASP's least for argon2id.
var hashing = argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// Passwords makes and checks hashes of passwords, a few at once: each takes
// memory, and whoever may not sign in must not take all of it.
type Passwords struct {
	turns chan struct{}
	dummy string // the hash of nobody's password
}

// NewPasswords makes one for a process.
func NewPasswords() (*Passwords, error) {
	dummy, err := argon2id.CreateHash(rand.Text(), &hashing)
	return &Passwords{make(chan struct{}, hashesAtOnce), dummy}, err
}

// turn waits for a place, for a moment only.
func (p *Passwords) turn(ctx context.Context) (leave func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, hashPatience)
	defer cancel()
	select {
	case p.turns <- struct{}{}:
		return func() { <-p.turns }, nil
	case <-ctx.Done():
		return nil, fault.New(fault.Unavailable, "too many people sign in at this moment; try again")
	}
}

// Hash is a password's hash, with its parameters and its salt.
func (p *Passwords) Hash(ctx context.Context, password string) (string, error) {
	leave, err := p.turn(ctx)
	if err != nil {
		return "", err
	}
	defer leave()
	return argon2id.CreateHash(password, &hashing)
}

// Check compares a password with a hash, "" for an account that there is not:
// that takes as long and is never right. stronger reports whether the hash is to
// be made again, because what is demanded of hashes has grown.
func (p *Passwords) Check(ctx context.Context, password, hash string) (right, stronger bool, err error) {
	if len(password) > mostPassword {
		password = ""
	}
	leave, err := p.turn(ctx)
	if err != nil {
		return false, false, err
	}
	defer leave()
	nobody := hash == ""
	if nobody {
		hash = p.dummy
	}
	right, made, err := argon2id.CheckHash(password, hash)
	if err != nil || nobody {
		return false, false, err
	}
	return right, right && *made != hashing, nil
}

// CheckPassword refuses a password that is too short, too easy to guess, or
// made of what is known of its owner.
func CheckPassword(field, password string, a model.Account) error {
	switch {
	case !utf8.ValidString(password) || utf8.RuneCountInString(password) < leastPassword:
		return fault.Bad(field, "has at least %d characters", leastPassword)
	case len(password) > mostPassword:
		return fault.Bad(field, "has at most %d bytes", mostPassword)
	}
	known := []string{"weer", a.Login, a.Name, a.Phone, a.Organisation}
	known = append(known, strings.FieldsFunc(a.Email, func(r rune) bool { return r == '@' || r == '.' })...)
	if zxcvbn.PasswordStrength(password, known).Guesses < leastGuesses {
		return fault.Bad(field, "is easy to guess: take several words that do not belong together, or let a password manager make it")
	}
	return nil
}

// secretBytes is the length of every secret that we make.
const secretBytes = 32

// newSecret makes 256 random bits, as text.
func newSecret() string {
	var b [secretBytes]byte
	rand.Read(b[:]) //nolint:errcheck // never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}
