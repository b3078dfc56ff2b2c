// Package keyfile keeps keys in files of PEM blocks that only their owner reads.
//
// A file that others may read is refused, one that is there is never
// overwritten, and one that is made is there whole or not at all: with a key
// lost, so is everything that was signed or sealed with it. Errors name the file
// and what to do, and hold nothing of what is in it.
package keyfile

import (
	"encoding/pem"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"weer/model/fault"
)

// MaxSize bounds what is read, in bytes: some hundred keys.
const MaxSize = 64 << 10

// A Kind is one kind of key file.
type Kind[K any] struct {
	Name  string                       // in errors, as in "token key"
	Parse func(text []byte) (K, error) // what a file says
	New   func() (*pem.Block, error)   // what a new file says
}

// Load reads a key file. NotFound: there is none.
func (k Kind[K]) Load(path string) (keys K, err error) {
	text, err := k.read(path)
	if err != nil {
		return keys, err
	}
	if keys, err = k.Parse(text); err != nil {
		return keys, fault.Wrap(fault.Invalid, err, "the %s %s is not usable: %v", k.Name, path, err)
	}
	return keys, nil
}

// LoadOrCreate reads a key file and makes it when there is none. Of several
// processes that make it at once one wins and all read the same key.
func (k Kind[K]) LoadOrCreate(path string) (K, error) {
	keys, err := k.Load(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return keys, err
	}
	if err := k.create(path); err != nil && !errors.Is(err, fs.ErrExist) {
		return keys, fault.Wrap(fault.Unavailable, err, "cannot make the %s %s: %v", k.Name, path, err)
	}
	return k.Load(path)
}

func (k Kind[K]) read(path string) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fault.Wrap(fault.NotFound, err, "there is no %s at %s", k.Name, path)
	case err != nil:
		return nil, fault.Wrap(fault.Unavailable, err, "the %s %s cannot be read: %v", k.Name, path, err)
	case !info.Mode().IsRegular() || info.Size() > MaxSize:
		return nil, fault.New(fault.Invalid, "the %s %s is no key file", k.Name, path)
	case info.Mode().Perm()&0o077 != 0:
		return nil, fault.New(fault.Invalid, "the %s %s may be read by others (mode %04o): chmod 600 %s", k.Name, path, info.Mode().Perm(), path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "the %s %s cannot be read: %v", k.Name, path, err)
	}
	return text, nil
}

// create writes a new key beside path first and then gives it its name.
func (k Kind[K]) create(path string) error {
	block, err := k.New()
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".weer-key-*") // 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) //nolint:errcheck // the link is what counts
	err = pem.Encode(f, block)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Link(f.Name(), path)
}
