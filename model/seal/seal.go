package seal

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
)

// KeySize is the length of every key, in bytes.
const KeySize = 32

// A KeyService wraps keys with one that never leaves it. about names what a key
// is for, and has to be the same when it is unwrapped. It may be far away: it is
// never asked inside a transaction.
type KeyService interface {
	Wrap(ctx context.Context, about string, key []byte) (wrapped []byte, err error)
	Unwrap(ctx context.Context, about string, wrapped []byte) (key []byte, err error)
}

// NewKey makes a key.
func NewKey() []byte {
	key := make([]byte, KeySize)
	rand.Read(key) //nolint:errcheck // never fails
	return key
}

// Seal makes a text unreadable without the key and what it is about.
func Seal(key []byte, about string, text []byte) ([]byte, error) {
	gcm, err := newGCM(key)
	if err != nil {
		return nil, err
	}
	return gcm.Seal(nil, nil, text, []byte(about)), nil
}

// Open reads what Seal made. It fails when anything differs: the key, what it
// is about, a single bit.
func Open(key []byte, about string, sealed []byte) ([]byte, error) {
	gcm, err := newGCM(key)
	if err != nil {
		return nil, err
	}
	text, err := gcm.Open(nil, nil, sealed, []byte(about))
	if err != nil {
		return nil, errors.New("it was not sealed with this key, or is about something else")
	}
	return text, nil
}

func newGCM(key []byte) (cipher.AEAD, error) {
	if len(key) != KeySize {
		return nil, fmt.Errorf("a key has %d bytes, not %d", KeySize, len(key))
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}
