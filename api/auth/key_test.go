package auth

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"weer/model"
	"weer/model/fault"
	"weer/model/keyfile"
)

func TestTheKeyIsMadeOnceAndForItsOwner(t *testing.T) {
	path := filepath.Join(t.TempDir(), "weer.key")
	if _, err := Load(path); !fault.Is(err, fault.NotFound) || !strings.Contains(err.Error(), path) {
		t.Errorf("loading what is not there: %v", err)
	}
	var made sync.Map
	var starts sync.WaitGroup
	for range 8 {
		starts.Go(func() {
			k, err := LoadOrCreate(path)
			if err != nil {
				t.Error(err)
				return
			}
			made.Store(k.kid, true)
		})
	}
	starts.Wait()
	kids := 0
	made.Range(func(any, any) bool { kids++; return true })
	if kids != 1 {
		t.Errorf("eight starts at once made %d keys", kids)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v; want 0600", info.Mode(), err)
	}
	left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "*", ".weer-key-*"))
	if entries, _ := os.ReadDir(filepath.Dir(path)); len(entries) != 1 || len(left) != 0 {
		t.Errorf("making it left %v", entries)
	}
}

func TestKeyFilesThatAreRefused(t *testing.T) {
	whole := pemOf(t, privateBlock, pkcs8(t, privateKey(0)))
	elliptic, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		text []byte
		mode os.FileMode
		want string
	}{
		"readable by the world": {whole, 0o644, "chmod 600"},
		"readable by the group": {whole, 0o640, "chmod 600"},
		"empty":                 {nil, 0o600, "no PEM block"},
		"text":                  {[]byte("hunter2"), 0o600, "no PEM block"},
		"another algorithm":     {pemOf(t, privateBlock, pkcs8(t, elliptic)), 0o600, "no Ed25519 private key"},
		"cut":                   {pemOf(t, privateBlock, pkcs8(t, privateKey(0))[:20]), 0o600, "no Ed25519 private key"},
		"a certificate second":  {append(whole, pemOf(t, "CERTIFICATE", []byte{1})...), 0o600, "block 2"},
		"too large":             {bytes.Repeat([]byte("x"), keyfile.MaxSize+1), 0o600, "no key file"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "key")
			if err := os.WriteFile(path, tc.text, tc.mode); err != nil {
				t.Fatal(err)
			}
			for what, err := range map[string]error{"Load": second(Load(path)), "LoadOrCreate": second(LoadOrCreate(path))} {
				if err == nil || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), path) {
					t.Errorf("%s: %v; want %q and the path", what, err, tc.want)
				}
				if strings.Contains(err.Error(), "hunter2") {
					t.Errorf("%s tells what the file holds", what)
				}
			}
			if now, _ := os.ReadFile(path); !bytes.Equal(now, tc.text) {
				t.Error("the file was changed")
			}
		})
	}
	if _, err := Load(t.TempDir()); err == nil {
		t.Error("a folder was taken for a key")
	}
	if _, err := LoadOrCreate(filepath.Join(t.TempDir(), "no", "such", "key")); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a key in a folder that is not there: %v", err)
	}
}

func second[T any](_ T, err error) error { return err }

func TestAFileOfSeveralKeys(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	old := privateKey(1).Public().(ed25519.PublicKey)
	der, err := x509.MarshalPKIXPublicKey(old)
	if err != nil {
		t.Fatal(err)
	}
	text := append(pemOf(t, privateBlock, pkcs8(t, privateKey(0))), pemOf(t, publicBlock, der)...)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	k, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	viewer := model.Principal{Subject: "v", Role: model.RoleViewer}
	for seed := range byte(2) {
		token, err := keysOf(seed).Sign(viewer, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := k.Verifier().Verify(token); err != nil {
			t.Errorf("a token of key %d: %v", seed, err)
		}
	}
	token, err := k.Sign(viewer, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := keysOf(0).Verifier().Verify(token); err != nil {
		t.Errorf("the first key did not sign: %v", err)
	}
}

// The example of RFC 8037, appendix A.3.
func TestThumbprint(t *testing.T) {
	public, err := base64.RawURLEncoding.DecodeString("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")
	if err != nil {
		t.Fatal(err)
	}
	if got := Thumbprint(public); got != "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k" {
		t.Errorf("thumbprint %s", got)
	}
}

func pkcs8(t *testing.T, key any) []byte {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func pemOf(_ *testing.T, kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}
