package hook

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
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
	keyBlock = "WEER WEBHOOK KEY" // PEM, of keySize random bytes
	keySize  = 32                 // AES-256
	nameSize = 8                  // bytes of a key's name, before what it has sealed

	maxKeyFile = 64 << 10 // some hundred keys
)

// A KeyFile is a [Vault] whose keys lie in a file of this machine. The first
// seals, all open: a new one is put in front, and an old one taken out when no
// webhook is left that it has sealed.
type KeyFile struct {
	first string
	keys  map[string]cipher.AEAD // by name
}

// LoadKeyFile reads a key file. The error names the file and what to do; it is
// NotFound when there is none.
func LoadKeyFile(path string) (*KeyFile, error) {
	text, err := readKeyFile(path)
	if err != nil {
		return nil, err
	}
	k, err := parseKeys(text)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the webhook key %s is not usable: %v", path, err)
	}
	return k, nil
}

// LoadOrCreateKeyFile reads a key file and makes it, readable by its owner only,
// when there is none. Of several processes that make it at once one wins and all
// read the same key.
func LoadOrCreateKeyFile(path string) (*KeyFile, error) {
	k, err := LoadKeyFile(path)
	if !fault.Is(err, fault.NotFound) {
		return k, err
	}
	if err := createKeyFile(path); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fault.Wrap(fault.Unavailable, err, "cannot make the webhook key %s: %v", path, err)
	}
	return LoadKeyFile(path)
}

func readKeyFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fault.Wrap(fault.NotFound, err, "there is no webhook key at %s", path)
	case err != nil:
		return nil, fault.Wrap(fault.Unavailable, err, "the webhook key %s cannot be read: %v", path, err)
	case !info.Mode().IsRegular() || info.Size() > maxKeyFile:
		return nil, fault.New(fault.Invalid, "the webhook key %s is no key file", path)
	case info.Mode().Perm()&0o077 != 0:
		return nil, fault.New(fault.Invalid, "the webhook key %s may be read by others (mode %04o): chmod 600 %s", path, info.Mode().Perm(), path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "the webhook key %s cannot be read: %v", path, err)
	}
	return text, nil
}

// createKeyFile writes a new key beside path first, so that path is there whole
// or not at all, and never replaces a file.
func createKeyFile(path string) error {
	key := make([]byte, keySize)
	rand.Read(key) //nolint:errcheck // never fails

	f, err := os.CreateTemp(filepath.Dir(path), ".weer-key-*") // 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	err = pem.Encode(f, &pem.Block{Type: keyBlock, Bytes: key})
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Link(f.Name(), path)
}

func parseKeys(text []byte) (*KeyFile, error) {
	k := &KeyFile{keys: map[string]cipher.AEAD{}}
	for n := 1; ; n++ {
		block, rest := pem.Decode(text)
		if block == nil {
			break
		}
		if err := k.add(block); err != nil {
			return nil, fmt.Errorf("block %d: %w", n, err)
		}
		text = rest
	}
	if len(k.keys) == 0 {
		return nil, errors.New("it holds no PEM block")
	}
	return k, nil
}

func (k *KeyFile) add(block *pem.Block) error {
	if block.Type != keyBlock || len(block.Bytes) != keySize {
		return fmt.Errorf("it is no %q of %d bytes", keyBlock, keySize)
	}
	c, err := aes.NewCipher(block.Bytes)
	if err != nil {
		return err
	}
	aead, err := cipher.NewGCMWithRandomNonce(c)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(append([]byte("weer webhook key name\x00"), block.Bytes...))
	name := string(sum[:nameSize])
	if k.first == "" {
		k.first = name
	}
	k.keys[name] = aead
	return nil
}

// bound is what a sealed secret belongs to: it opens nowhere else.
func bound(webhook, key string) []byte { return []byte("webhook|secret|" + webhook + "|" + key) }

// Seal implements [Vault].
func (k *KeyFile) Seal(_ context.Context, webhook string, secret []byte) ([]byte, error) {
	return k.keys[k.first].Seal([]byte(k.first), nil, secret, bound(webhook, k.first)), nil
}

// Open implements [Vault].
func (k *KeyFile) Open(_ context.Context, webhook string, sealed []byte) ([]byte, error) {
	if len(sealed) < nameSize {
		return nil, errors.New("a webhook's secret is cut")
	}
	name := string(sealed[:nameSize])
	aead, ok := k.keys[name]
	if !ok {
		return nil, fmt.Errorf("a webhook's secret was sealed with the key %x, which is not in this node's key file", name)
	}
	secret, err := aead.Open(nil, nil, sealed[nameSize:], bound(webhook, name))
	if err != nil {
		return nil, fmt.Errorf("a webhook's secret does not open with the key %x: %w", name, err)
	}
	return secret, nil
}
