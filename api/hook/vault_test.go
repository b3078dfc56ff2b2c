package hook

import (
	"bytes"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"weer/model/fault"
)

func keyText(fill byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: keyBlock, Bytes: bytes.Repeat([]byte{fill}, keySize)}))
}

func vaultOf(tb testing.TB, text string) *KeyFile {
	tb.Helper()
	k, err := parseKeys([]byte(text))
	if err != nil {
		tb.Fatal(err)
	}
	return k
}

func TestASealedSecretOpensForItsWebhookOnly(t *testing.T) {
	k, other := vaultOf(t, keyText(1)), vaultOf(t, keyText(2))
	rapid.Check(t, func(rt *rapid.T) {
		secret := rapid.SliceOfN(rapid.Byte(), 0, 64).Draw(rt, "secret")
		mine := rapid.StringN(0, 40, -1).Draw(rt, "webhook")
		sealed, err := k.Seal(t.Context(), mine, secret)
		if err != nil {
			rt.Fatal(err)
		}
		if got, err := k.Open(t.Context(), mine, sealed); err != nil || !bytes.Equal(got, secret) {
			rt.Fatalf("opened %x, %v", got, err)
		}
		if len(secret) > 8 && bytes.Contains(sealed, secret) {
			rt.Fatal("the secret is there in clear")
		}
		if _, err := k.Open(t.Context(), mine+"x", sealed); err == nil {
			rt.Fatal("it opens for another webhook")
		}
		if _, err := other.Open(t.Context(), mine, sealed); err == nil {
			rt.Fatal("it opens with another key")
		}
		i := rapid.IntRange(0, len(sealed)-1).Draw(rt, "byte")
		sealed[i] ^= 1 << rapid.IntRange(0, 7).Draw(rt, "bit")
		if _, err := k.Open(t.Context(), mine, sealed); err == nil {
			rt.Fatal("it opens though it was changed")
		}
		if _, err := k.Open(t.Context(), mine, sealed[:i]); err == nil {
			rt.Fatal("it opens though it was cut")
		}
	})
}

func TestANewKeyInFrontSealsAndTheOldOneOpens(t *testing.T) {
	before := vaultOf(t, keyText(1))
	sealed, err := before.Seal(t.Context(), "w", []byte("secret"))
	if err != nil {
		t.Fatal(err)
	}
	after := vaultOf(t, keyText(2)+keyText(1))
	if got, err := after.Open(t.Context(), "w", sealed); err != nil || string(got) != "secret" {
		t.Errorf("%q, %v", got, err)
	}
	fresh, err := after.Seal(t.Context(), "w", []byte("secret"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := before.Open(t.Context(), "w", fresh); err == nil {
		t.Error("the old key still seals")
	}
}

func TestKeyFilesThatAreRefused(t *testing.T) {
	for name, text := range map[string]string{
		"empty":         "",
		"text":          "no key\n",
		"another block": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: make([]byte, keySize)})),
		"short":         string(pem.EncodeToMemory(&pem.Block{Type: keyBlock, Bytes: make([]byte, keySize-1)})),
		"long":          string(pem.EncodeToMemory(&pem.Block{Type: keyBlock, Bytes: make([]byte, keySize+1)})),
		"one of two":    keyText(1) + string(pem.EncodeToMemory(&pem.Block{Type: keyBlock, Bytes: []byte("a")})),
	} {
		path := filepath.Join(t.TempDir(), "key")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := LoadOrCreateKeyFile(path); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", name, err)
		}
		if after, err := os.ReadFile(path); err != nil || string(after) != text {
			t.Errorf("%s: the file was replaced", name)
		}
	}
	open := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(open, []byte(keyText(1)), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadKeyFile(open); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("readable by others: %v", err)
	}
	if _, err := LoadKeyFile(filepath.Join(t.TempDir(), "none")); !fault.Is(err, fault.NotFound) {
		t.Errorf("none: %v", err)
	}
}

func TestProcessesThatStartTogetherMakeOneKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	var all sync.WaitGroup
	firsts := make([]string, 8)
	for i := range firsts {
		all.Go(func() {
			k, err := LoadOrCreateKeyFile(path)
			if err != nil {
				t.Error(err)
				return
			}
			firsts[i] = k.first
		})
	}
	all.Wait()
	for _, f := range firsts {
		if f != firsts[0] || f == "" {
			t.Fatalf("keys %x", firsts)
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	left, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(left) != 1 {
		t.Errorf("%d files are left, %v", len(left), err)
	}
}

func FuzzKeyFile(f *testing.F) {
	f.Add([]byte(keyText(1) + keyText(2)))
	f.Add([]byte("-----BEGIN WEER WEBHOOK KEY-----\n-----END WEER WEBHOOK KEY-----\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		k, err := parseKeys(text)
		if err != nil {
			return
		}
		sealed, err := k.Seal(t.Context(), "w", []byte("s"))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := k.Open(t.Context(), "w", sealed); err != nil || string(got) != "s" {
			t.Errorf("%q, %v", got, err)
		}
	})
}
