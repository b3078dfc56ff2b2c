package seal

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"weer/model/fault"
)

const (
	keyBlock   = "WEER CASE KEY"
	maxFile    = 64 << 10
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

// Load reads a key file. The error names the file and what to do.
func Load(path string) (*File, error) {
	text, err := read(path)
	if err != nil {
		return nil, err
	}
	f, err := parse(text)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the case key %s is not usable: %v", path, err)
	}
	return f, nil
}

// LoadOrCreate reads a key file and makes it, readable by its owner only, when
// there is none. Of several processes that make it at once one wins and all
// read the same key.
func LoadOrCreate(path string) (*File, error) {
	f, err := Load(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return f, err
	}
	if err := create(path); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fault.Wrap(fault.Unavailable, err, "cannot make the case key %s: %v", path, err)
	}
	return Load(path)
}

func read(path string) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fault.Wrap(fault.NotFound, err, "there is no case key at %s", path)
	case err != nil:
		return nil, fault.Wrap(fault.Unavailable, err, "the case key %s cannot be read: %v", path, err)
	case !info.Mode().IsRegular() || info.Size() > maxFile:
		return nil, fault.New(fault.Invalid, "the case key %s is no key file", path)
	case info.Mode().Perm()&0o077 != 0:
		return nil, fault.New(fault.Invalid, "the case key %s may be read by others (mode %04o): chmod 600 %s", path, info.Mode().Perm(), path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "the case key %s cannot be read: %v", path, err)
	}
	return text, nil
}

// create writes a new key beside path first, so that path is there whole or not
// at all, and never replaces a file: with a key lost, its cases are.
func create(path string) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".weer-case-key-*") // 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) //nolint:errcheck // the link is what counts
	err = pem.Encode(f, &pem.Block{Type: keyBlock, Bytes: NewKey()})
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Link(f.Name(), path)
}

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
