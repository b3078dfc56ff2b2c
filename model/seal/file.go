package seal

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/pem"
	"errors"
	"fmt"

	"weer/model/fault"
	"weer/model/keyfile"
)

const (
	keyBlock   = "WEER CASE KEY"
	nameLength = 8 // bytes of a key's name, before what it wrapped
)

// A File is a key service whose keys lie in a file of PEM blocks.
type File struct {
	first [nameLength]byte
	keys  map[[nameLength]byte][]byte
}

// Wrap wraps with the file's first key.
func (f *File) Wrap(_ context.Context, about string, key []byte) ([]byte, error) {
	sealed, err := Seal(f.keys[f.first], about, key)
	return append(f.first[:], sealed...), err
}

// Unwrap unwraps with the key that wrapped, if the file still has it.
func (f *File) Unwrap(_ context.Context, about string, wrapped []byte) ([]byte, error) {
	if len(wrapped) < nameLength {
		return nil, errors.New("it is too short to be a wrapped key")
	}
	key, ok := f.keys[[nameLength]byte(wrapped)]
	if !ok {
		return nil, fault.New(fault.Unavailable, "the case key file lacks the key that this was wrapped with: keep old keys behind the first")
	}
	return Open(key, about, wrapped[nameLength:])
}

var caseKey = keyfile.Kind[*File]{
	Name: "case key", Parse: parse,
	New: func() (*pem.Block, error) { return &pem.Block{Type: keyBlock, Bytes: NewKey()}, nil },
}

// Load reads a key file. The error names the file and what to do.
func Load(path string) (*File, error) { return caseKey.Load(path) }

// LoadOrCreate reads a key file and makes it, readable by its owner only, when
// there is none.
func LoadOrCreate(path string) (*File, error) { return caseKey.LoadOrCreate(path) }

func parse(text []byte) (*File, error) {
	f := &File{keys: map[[nameLength]byte][]byte{}}
	for n := 1; ; n++ {
		block, rest := pem.Decode(text)
		switch {
		case block == nil && len(f.keys) == 0:
			return nil, errors.New("it holds no PEM block")
		case block == nil && len(bytes.TrimSpace(rest)) > 0:
			return nil, fmt.Errorf("what stands behind block %d is no PEM block", n-1)
		case block == nil:
			return f, nil
		case block.Type != keyBlock || len(block.Bytes) != KeySize:
			return nil, fmt.Errorf("block %d is no %q of %d bytes", n, keyBlock, KeySize)
		}
		name := nameOf(block.Bytes)
		if n == 1 {
			f.first = name
		}
		f.keys[name] = block.Bytes
		text = rest
	}
}

// nameOf is a key's name before what it wrapped: it tells nothing of the key.
func nameOf(key []byte) [nameLength]byte {
	sum := sha256.Sum256(append([]byte("weer case key "), key...))
	return [nameLength]byte(sum[:])
}
