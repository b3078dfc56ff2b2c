package seal

import (
	"bytes"
	"context"
	"encoding/pem"
	"os"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"

	"weer/model/fault"
)

// What was sealed opens with its own key, about its own row, unchanged, and in
// no other way.
func TestOnlyTheRightKeyAndPlaceOpen(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SliceOfN(rapid.Byte(), 0, 200).Draw(t, "text")
		about, other := rapid.String().Draw(t, "about"), rapid.String().Draw(t, "other")
		key, stranger := NewKey(), NewKey()
		sealed, err := Seal(key, about, text)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := Open(key, about, sealed); err != nil || !bytes.Equal(got, text) {
			t.Fatalf("opened %q, %v", got, err)
		}
		if len(text) > 3 && bytes.Contains(sealed, text) {
			t.Fatal("the sealed text holds the text")
		}
		if _, err := Open(stranger, about, sealed); err == nil {
			t.Fatal("another key opened it")
		}
		if _, err := Open(key, other, sealed); err == nil && other != about {
			t.Fatal("it opened about something else")
		}
		sealed[rapid.IntRange(0, len(sealed)-1).Draw(t, "at")] ^= 1
		if _, err := Open(key, about, sealed); err == nil {
			t.Fatal("a flipped bit was not seen")
		}
	})
}

func file(t *testing.T, keys ...[]byte) *File {
	t.Helper()
	var text bytes.Buffer
	for _, k := range keys {
		if err := pem.Encode(&text, &pem.Block{Type: keyBlock, Bytes: k}); err != nil {
			t.Fatal(err)
		}
	}
	f, err := parse(text.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestKeysAreReplacedWithoutALoss(t *testing.T) {
	old, young := NewKey(), NewKey()
	before, during, after := file(t, old), file(t, young, old), file(t, young)
	key := NewKey()
	wrapped, err := before.Wrap(t.Context(), "case/1", key)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := during.Unwrap(t.Context(), "case/1", wrapped); err != nil || !bytes.Equal(got, key) {
		t.Errorf("while both stand: %v", err)
	}
	if _, err := after.Unwrap(t.Context(), "case/1", wrapped); !fault.Is(err, fault.Unavailable) {
		t.Errorf("with the key gone: %v", err)
	}
	if _, err := during.Unwrap(t.Context(), "case/2", wrapped); err == nil {
		t.Error("a key of another case was unwrapped")
	}
	wrapped, err = during.Wrap(t.Context(), "case/1", key)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := after.Unwrap(context.Background(), "case/1", wrapped); err != nil || !bytes.Equal(got, key) {
		t.Errorf("the first key wraps: %v", err)
	}
}

func TestTheFileIsMadeOnceAndForItsOwnerOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "case-key")
	if _, err := Load(path); !fault.Is(err, fault.NotFound) {
		t.Errorf("a file that is not there: %v", err)
	}
	a, err := LoadOrCreate(path)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := LoadOrCreate(path); err != nil || b.first != a.first {
		t.Errorf("the second start has another key, %v", err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(path); !fault.Is(err, fault.Invalid) {
		t.Errorf("a file that others may read: %v", err)
	}
}

// FuzzParse: whatever a file holds, it is a key service or an error.
func FuzzParse(f *testing.F) {
	f.Add([]byte(""))
	f.Add(pem.EncodeToMemory(&pem.Block{Type: keyBlock, Bytes: make([]byte, KeySize)}))
	f.Add(pem.EncodeToMemory(&pem.Block{Type: keyBlock, Bytes: make([]byte, 5)}))
	f.Add(append(pem.EncodeToMemory(&pem.Block{Type: keyBlock, Bytes: make([]byte, KeySize)}), "rest"...))
	f.Fuzz(func(t *testing.T, text []byte) {
		keys, err := parse(text)
		if err != nil {
			return
		}
		key := NewKey()
		wrapped, err := keys.Wrap(t.Context(), "a", key)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := keys.Unwrap(t.Context(), "a", wrapped); err != nil || !bytes.Equal(got, key) {
			t.Fatalf("a file that was read does not work: %v", err)
		}
	})
}
