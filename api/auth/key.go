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
	"maps"
	"slices"

	"weer/model/keyfile"
)

const (
	privateBlock = "PRIVATE KEY"
	publicBlock  = "PUBLIC KEY"
)

// Keys are the keys of one file.
type Keys struct {
	signer ed25519.PrivateKey // nil: this node only checks
	kid    string             // of the signer
	public map[string]ed25519.PublicKey
}

var tokenKey = keyfile.Kind[*Keys]{Name: "token key", Parse: parse, New: newBlock}

// Load reads a key file. The error names the file and what to do.
func Load(path string) (*Keys, error) { return tokenKey.Load(path) }

// LoadOrCreate reads a key file and makes it, readable by its owner only, when
// there is none.
func LoadOrCreate(path string) (*Keys, error) { return tokenKey.LoadOrCreate(path) }

func newBlock() (*pem.Block, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	return &pem.Block{Type: privateBlock, Bytes: der}, err
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
