package auth

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"weer/model/fault"
)

const (
	privateBlock = "PRIVATE KEY"
	publicBlock  = "PUBLIC KEY"

	// maxKeyFile bounds what is read: some hundred keys.
	maxKeyFile = 64 << 10
)

// Keys are the keys of one file.
type Keys struct {
	signer ed25519.PrivateKey // nil: this node only checks
	kid    string             // of the signer
	public map[string]ed25519.PublicKey
}

// Load reads a key file. The error names the file and what to do.
func Load(path string) (*Keys, error) {
	pemText, err := readPrivate(path)
	if err != nil {
		return nil, err
	}
	k, err := parse(pemText)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the token key %s is not usable: %v", path, err)
	}
	return k, nil
}

// LoadOrCreate reads a key file and makes it, readable by its owner only, when
// there is none. Of several processes that make it at once one wins and all
// read the same key.
func LoadOrCreate(path string) (*Keys, error) {
	k, err := Load(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return k, err
	}
	if err := create(path); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fault.Wrap(fault.Unavailable, err, "cannot make the token key %s: %v", path, err)
	}
	return Load(path)
}

func readPrivate(path string) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fault.Wrap(fault.NotFound, err, "there is no token key at %s", path)
	case err != nil:
		return nil, fault.Wrap(fault.Unavailable, err, "the token key %s cannot be read: %v", path, err)
	case !info.Mode().IsRegular() || info.Size() > maxKeyFile:
		return nil, fault.New(fault.Invalid, "the token key %s is no key file", path)
	case info.Mode().Perm()&0o077 != 0:
		return nil, fault.New(fault.Invalid, "the token key %s may be read by others (mode %04o): chmod 600 %s",
			path, info.Mode().Perm(), path)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "the token key %s cannot be read: %v", path, err)
	}
	return b, nil
}

// create writes a new key beside path first, so that path is there whole or not
// at all, and never replaces a file.
func create(path string) error {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".weer-key-*") // 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	err = pem.Encode(f, &pem.Block{Type: privateBlock, Bytes: der})
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Link(f.Name(), path)
}

func parse(pemText []byte) (*Keys, error) {
	k := &Keys{public: map[string]ed25519.PublicKey{}}
	for n := 1; ; n++ {
		block, rest := pem.Decode(pemText)
		if block == nil {
			break
		}
		if err := k.add(block, n == 1); err != nil {
			return nil, fmt.Errorf("block %d: %w", n, err)
		}
		pemText = rest
	}
	if len(k.public) == 0 {
		return nil, errors.New("it holds no PEM block")
	}
	return k, nil
}

func (k *Keys) add(block *pem.Block, first bool) error {
	var public ed25519.PublicKey
	switch block.Type {
	case privateBlock:
		parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		private, ok := parsed.(ed25519.PrivateKey)
		if err != nil || !ok {
			return errors.New("it is no Ed25519 private key in PKCS #8")
		}
		public = private.Public().(ed25519.PublicKey)
		if first {
			k.signer, k.kid = private, Thumbprint(public)
		}
	case publicBlock:
		parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
		var ok bool
		if public, ok = parsed.(ed25519.PublicKey); err != nil || !ok {
			return errors.New("it is no Ed25519 public key in PKIX")
		}
	default:
		return fmt.Errorf("it is a %.40q, wanted %q or %q", block.Type, privateBlock, publicBlock)
	}
	k.public[Thumbprint(public)] = public
	return nil
}

// Derive is a secret for one purpose, the same wherever the key file is: what
// has to be hashed with something that the database does not hold. Without a
// private key it is made of the public one, and hides less.
func (k *Keys) Derive(purpose string) []byte {
	secret := []byte(k.public[k.kid])
	if k.signer != nil {
		secret = k.signer.Seed()
	}
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(purpose)) //nolint:errcheck // never fails
	return mac.Sum(nil)
}

// JWKS is the set of public keys that check tokens (RFC 7517, RFC 8037), for
// whoever else has to: sorted by name, so that it is the same on all nodes.
func (k *Keys) JWKS() []byte {
	type jwk struct {
		Type  string `json:"kty"`
		Curve string `json:"crv"`
		ID    string `json:"kid"`
		Use   string `json:"use"`
		Alg   string `json:"alg"`
		X     string `json:"x"`
	}
	set := struct {
		Keys []jwk `json:"keys"`
	}{[]jwk{}}
	for _, kid := range slices.Sorted(maps.Keys(k.public)) {
		set.Keys = append(set.Keys, jwk{"OKP", "Ed25519", kid, "sig", signedMethod, base64.RawURLEncoding.EncodeToString(k.public[kid])})
	}
	text, err := json.Marshal(set)
	if err != nil {
		panic(err) // texts always have a JSON form
	}
	return text
}

// Thumbprint is the key's name in tokens: the SHA-256 of its canonical JWK
// (RFC 7638), in base64url.
func Thumbprint(public ed25519.PublicKey) string {
	x := base64.RawURLEncoding.EncodeToString(public)
	sum := sha256.Sum256([]byte(`{"crv":"Ed25519","kty":"OKP","x":"` + x + `"}`))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// Stamp signs a text that is not a token, and names the key. A node that only
// checks stamps nothing.
func (k *Keys) Stamp(text string) (kid, signature string) {
	if k.signer == nil {
		return "", ""
	}
	return k.kid, base64.RawURLEncoding.EncodeToString(ed25519.Sign(k.signer, []byte(text)))
}

// CheckStamp says why a text was not signed so by one of the file's keys, nil
// when it was.
func (k *Keys) CheckStamp(text, kid, signature string) error {
	key, ok := k.public[kid]
	sig, err := base64.RawURLEncoding.DecodeString(signature)
	switch {
	case !ok:
		return errors.New("the key is not in the key file")
	case err != nil || !ed25519.Verify(key, []byte(text), sig):
		return errors.New("the signature is not the key's")
	}
	return nil
}
