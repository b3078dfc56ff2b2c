package auth

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
)

// keysOf makes the keys of a file whose first block signs.
func keysOf(seeds ...byte) *Keys {
	k := &Keys{public: map[string]ed25519.PublicKey{}}
	for i, seed := range seeds {
		private := privateKey(seed)
		public := private.Public().(ed25519.PublicKey)
		if i == 0 {
			k.signer, k.kid = private, Thumbprint(public)
		}
		k.public[Thumbprint(public)] = public
	}
	return k
}

func privateKey(seed byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed([]byte(strings.Repeat(string(rune('a'+seed)), ed25519.SeedSize)))
}

type object map[string]any

func (o object) with(key string, value any) object {
	c := maps.Clone(o)
	if c[key] = value; value == nil {
		delete(c, key)
	}
	return c
}

func (o object) part() string {
	b, err := json.Marshal(o)
	if err != nil {
		panic(err)
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// craft signs any header and claims, independently of what the package does.
func craft(key ed25519.PrivateKey, header, claims object) string {
	text := header.part() + "." + claims.part()
	return text + "." + base64.RawURLEncoding.EncodeToString(ed25519.Sign(key, []byte(text)))
}

func goodHeader(k *Keys) object {
	return object{"alg": "EdDSA", "typ": "at+jwt", "kid": k.kid}
}

func goodClaims(now time.Time) object {
	return object{
		"iss": "weer", "aud": []string{"weer"}, "sub": "display-7", "role": "control",
		"regions": []string{"11"}, "iat": now.Unix(), "exp": now.Add(time.Minute).Unix(),
	}
}

func TestASignedTokenSaysWhoItIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		keys := keysOf(0)
		token, err := keys.Sign(model.Principal{Subject: "관제 3", Role: model.RoleControl, Regions: []string{"11", "41"}}, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		got, err := keys.Verifier().Verify(token)
		want := model.Principal{
			Subject: "관제 3", Role: model.RoleControl, Regions: []string{"11", "41"},
			ExpiresAt: feed.At(time.Now().Add(time.Hour)),
		}
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, %v; want %+v", got, err, want)
		}
		wantClaims := object{
			"iss": "weer", "aud": []any{"weer"}, "sub": "관제 3", "role": "control", "regions": []any{"11", "41"},
			"iat": float64(time.Now().Unix()), "exp": float64(time.Now().Add(time.Hour).Unix()),
		}
		var gotClaims object
		middle, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
		if err != nil || json.Unmarshal(middle, &gotClaims) != nil || !reflect.DeepEqual(gotClaims, wantClaims) {
			t.Errorf("the token says %s, want %v", middle, wantClaims)
		}
	})
}

func TestATokenLivesAsLongAsItSays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		keys := keysOf(0)
		token, err := keys.Sign(model.Principal{Subject: "v", Role: model.RoleViewer}, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		v := keys.Verifier()
		time.Sleep(time.Minute + Leeway - time.Millisecond) // the bubble's clock
		if _, err := v.Verify(token); err != nil {
			t.Errorf("refused within the leeway: %v", err)
		}
		time.Sleep(time.Millisecond)
		if _, err := v.Verify(token); !fault.Is(err, fault.TokenExpired) {
			t.Errorf("after its time: %v, want token_expired", err)
		}
	})
}

func TestWhatIsNoTokenOfOurs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		keys, stranger := keysOf(0), privateKey(9)
		now := time.Now()
		header, claims := goodHeader(keys), goodClaims(now)
		ours := func(h, c object) string { return craft(keys.signer, h, c) }
		good := ours(header, claims)
		parts := strings.Split(good, ".")
		expired := claims.with("exp", now.Add(-time.Minute).Unix())
		for name, tc := range map[string]struct {
			token string
			want  fault.Code // "" is good
		}{
			"good":                        {good, ""},
			"without regions and iat":     {ours(header, claims.with("regions", nil).with("iat", nil)), ""},
			"expired":                     {ours(header, expired), fault.TokenExpired},
			"expired, for somebody else":  {ours(header, expired.with("aud", "else")), fault.TokenInvalid},
			"expired, from somebody else": {ours(header, expired.with("iss", "else")), fault.TokenInvalid},
			"expired, by a stranger":      {craft(stranger, header, expired), fault.TokenInvalid},
			"by a stranger":               {craft(stranger, header, claims), fault.TokenInvalid},
			"the stranger's kid":          {craft(stranger, header.with("kid", Thumbprint(stranger.Public().(ed25519.PublicKey))), claims), fault.TokenInvalid},
			"no kid":                      {ours(header.with("kid", nil), claims), fault.TokenInvalid},
			"kid is a number":             {ours(header.with("kid", 1), claims), fault.TokenInvalid},
			"typ JWT":                     {ours(header.with("typ", "JWT"), claims), fault.TokenInvalid},
			"alg none":                    {header.with("alg", "none").part() + "." + claims.part() + ".", fault.TokenInvalid},
			"alg none, old signature":     {ours(header.with("alg", "none"), claims), fault.TokenInvalid},
			"alg HS256 with the public key as its secret": {hs256(keys, header, claims), fault.TokenInvalid},
			"a key of its own in the header":              {ours(header.with("jwk", object{"kty": "OKP"}), claims), fault.TokenInvalid},
			"crit":                                        {ours(header.with("crit", []string{"b64"}), claims), fault.TokenInvalid},
			"no exp":                                      {ours(header, claims.with("exp", nil)), fault.TokenInvalid},
			"exp is text":                                 {ours(header, claims.with("exp", "soon")), fault.TokenInvalid},
			"issued in the future":                        {ours(header, claims.with("iat", now.Add(time.Minute).Unix())), fault.TokenInvalid},
			"not valid yet":                               {ours(header, claims.with("nbf", now.Add(time.Minute).Unix())), fault.TokenInvalid},
			"no iss":                                      {ours(header, claims.with("iss", nil)), fault.TokenInvalid},
			"no aud":                                      {ours(header, claims.with("aud", nil)), fault.TokenInvalid},
			"no sub":                                      {ours(header, claims.with("sub", nil)), fault.TokenInvalid},
			"sub with a line feed":                        {ours(header, claims.with("sub", "a\nb")), fault.TokenInvalid},
			"sub too long":                                {ours(header, claims.with("sub", strings.Repeat("x", maxSubject+1))), fault.TokenInvalid},
			"no role":                                     {ours(header, claims.with("role", nil)), fault.TokenInvalid},
			"a role of another house":                     {ours(header, claims.with("role", "root")), fault.TokenInvalid},
			"regions are no list":                         {ours(header, claims.with("regions", "11")), fault.TokenInvalid},
			"claims changed":                              {parts[0] + "." + claims.with("role", "admin").part() + "." + parts[2], fault.TokenInvalid},
			"signature cut":                               {good[:len(good)-2], fault.TokenInvalid},
			"the same signature, spelled otherwise":       {good[:len(good)-1] + spelled(good[len(good)-1]), fault.TokenInvalid},
			"padded":                                      {good + "=", fault.TokenInvalid},
			"a blank behind":                              {good + " ", fault.TokenInvalid},
			"four parts":                                  {good + ".x", fault.TokenInvalid},
			"empty":                                       {"", fault.TokenInvalid},
			"too long":                                    {strings.Repeat("x", maxToken+1), fault.TokenInvalid},
		} {
			p, err := keys.Verifier().Verify(tc.token)
			if tc.want == "" && err != nil || tc.want != "" && !fault.Is(err, tc.want) {
				t.Errorf("%s: got %v, want %q", name, err, tc.want)
			}
			if err != nil && !reflect.DeepEqual(p, model.Principal{}) {
				t.Errorf("%s: refused, and yet it is %+v", name, p)
			}
			if err != nil && tc.token != "" && strings.Contains(err.Error(), tc.token) {
				t.Errorf("%s: the error holds the token", name)
			}
		}
	})
}

// spelled changes the four bits of a signature's last letter that mean nothing.
func spelled(letter byte) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return string(alphabet[strings.IndexByte(alphabet, letter)^1])
}

func hs256(k *Keys, header, claims object) string {
	text := header.with("alg", "HS256").part() + "." + claims.part()
	mac := hmac.New(sha256.New, k.public[k.kid])
	mac.Write([]byte(text))
	return text + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func TestKeysAreReplacedWithoutAGap(t *testing.T) {
	before, during, after := keysOf(0), keysOf(1, 0), keysOf(1)
	viewer := model.Principal{Subject: "v", Role: model.RoleViewer}
	old, err1 := before.Sign(viewer, time.Minute)
	young, err2 := during.Sign(viewer, time.Minute)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		keys  *Keys
		token string
		good  bool
	}{
		"old token while both stand": {during, old, true},
		"new token while both stand": {during, young, true},
		"new token with the new key": {after, young, true},
		"old token with the new key": {after, old, false},
		"new token with the old key": {before, young, false},
	} {
		if _, err := tc.keys.Verifier().Verify(tc.token); (err == nil) != tc.good {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhatNoTokenMaySay(t *testing.T) {
	good := model.Principal{Subject: "v", Role: model.RoleControl, Regions: []string{"11"}}
	for field, change := range map[string]func(*model.Principal, *time.Duration){
		"sub":    func(p *model.Principal, _ *time.Duration) { p.Subject = "" },
		"role":   func(p *model.Principal, _ *time.Duration) { p.Role = "nurse" },
		"region": func(p *model.Principal, _ *time.Duration) { p.Regions = []string{"11", "29"} },
		"ttl":    func(_ *model.Principal, ttl *time.Duration) { *ttl = 0 },
	} {
		p, ttl := good, time.Minute
		change(&p, &ttl)
		_, err := keysOf(0).Sign(p, ttl)
		var f *fault.Error
		if !errors.As(err, &f) || f.Code != fault.Invalid || f.Field != field {
			t.Errorf("a wrong %s: %v", field, err)
		}
	}
	if _, err := keysOf(0).Sign(good, MaxTTL+1); err == nil {
		t.Error("a token for ever was signed")
	}
	checker := keysOf(0)
	checker.signer = nil
	if _, err := checker.Sign(good, time.Minute); !fault.Is(err, fault.Unavailable) {
		t.Errorf("signing without a private key: %v", err)
	}
}

// FuzzVerify: of all texts only the one that was signed is accepted.
func FuzzVerify(f *testing.F) {
	keys := keysOf(0)
	claims := goodClaims(time.Now()).with("iat", nil).with("exp", 4102444800)
	good := craft(keys.signer, goodHeader(keys), claims)
	f.Add(good)
	f.Add(good[:40])
	f.Add("..")
	f.Add("eyJhbGciOiJub25lIn0.e30.")
	f.Add(craft(keys.signer, goodHeader(keys).with("alg", "none"), claims))
	f.Add(craft(privateKey(3), goodHeader(keys), claims))
	v := keys.Verifier()
	f.Fuzz(func(t *testing.T, token string) {
		_, err := v.Verify(token)
		if err == nil && token != good {
			t.Errorf("accepted %q", token)
		}
		if err != nil && !fault.Is(err, fault.TokenInvalid) && !fault.Is(err, fault.TokenExpired) {
			t.Errorf("%v is neither invalid nor expired", err)
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	keys := keysOf(0)
	token, err := keys.Sign(model.Principal{Subject: "v", Role: model.RoleViewer}, time.Hour)
	if err != nil {
		b.Fatal(err)
	}
	v := keys.Verifier()
	for b.Loop() {
		if _, err := v.Verify(token); err != nil {
			b.Fatal(err)
		}
	}
}
