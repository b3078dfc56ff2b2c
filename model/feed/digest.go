package feed

import (
	"encoding/hex"
	"fmt"
	"strconv"
)

// A Digest is the sum of a hash of (key, seq) over the live keys of a feed: two
// sums modulo 2³², each of its own FNV-1a start and its own final mix. It is
// cheap in JavaScript (Math.imul) and changes by what changes: adding a key
// adds its hash, removing it takes it away. The zero value is the digest of an
// empty feed.
type Digest struct{ a, b uint32 }

const (
	fnvPrime  = 0x01000193
	fnvStartA = 0x811c9dc5
	fnvStartB = 0x9747b28c
)

func hashEntry(key string, seq uint64) (a, b uint32) {
	var num [20]byte
	digits := strconv.AppendUint(num[:0], seq, 10)
	a, b = fnvStartA, fnvStartB
	step := func(c byte) {
		a = (a ^ uint32(c)) * fnvPrime
		b = (b ^ uint32(c)) * fnvPrime
	}
	for i := 0; i < len(key); i++ {
		step(key[i])
	}
	step(0)
	for _, c := range digits {
		step(c)
	}
	return mix(a, 0x85ebca6b, 0xc2b2ae35), mix(b, 0x7feb352d, 0x846ca68b)
}

// mix spreads each bit of h over all (the finaliser of MurmurHash3, with the
// multipliers as parameters), so that sums of similar keys do not cancel.
func mix(h, m1, m2 uint32) uint32 {
	h = (h ^ h>>16) * m1
	h = (h ^ h>>13) * m2
	return h ^ h>>16
}

// Add returns the digest with a live key at seq.
func (d Digest) Add(key string, seq uint64) Digest {
	a, b := hashEntry(key, seq)
	return Digest{d.a + a, d.b + b}
}

// Remove returns the digest without a live key at seq.
func (d Digest) Remove(key string, seq uint64) Digest {
	a, b := hashEntry(key, seq)
	return Digest{d.a - a, d.b - b}
}

// String returns 16 hex digits, as on the wire and in SQL.
func (d Digest) String() string { return fmt.Sprintf("%08x%08x", d.a, d.b) }

// ParseDigest reads what String wrote.
func ParseDigest(s string) (Digest, error) {
	var raw [8]byte
	if len(s) != 16 {
		return Digest{}, fmt.Errorf("digest %q is not 16 hex digits", s)
	}
	if _, err := hex.Decode(raw[:], []byte(s)); err != nil {
		return Digest{}, fmt.Errorf("digest %q: %w", s, err)
	}
	be := func(p []byte) uint32 {
		return uint32(p[0])<<24 | uint32(p[1])<<16 | uint32(p[2])<<8 | uint32(p[3])
	}
	return Digest{be(raw[:4]), be(raw[4:])}, nil
}

// MarshalText and UnmarshalText put a digest into JSON.
func (d Digest) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads 16 hex digits.
func (d *Digest) UnmarshalText(b []byte) (err error) {
	*d, err = ParseDigest(string(b))
	return err
}
