package auth

import (
	"crypto/ed25519"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/golang-jwt/jwt/v5"

	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
)

const (
	// Leeway is how much the clocks of two nodes may differ.
	Leeway = 5 * time.Second
	// MaxTTL is the longest life of a token.
	MaxTTL = 366 * 24 * time.Hour

	issuer       = "weer"
	audience     = "weer"
	tokenType    = "at+jwt" // RFC 9068
	maxToken     = 2 << 10
	maxSubject   = 128 // bytes
	signedMethod = "EdDSA"
)

// claims are what a token says.
type claims struct {
	jwt.RegisteredClaims
	Role     model.Role `json:"role"`
	Regions  []string   `json:"regions,omitempty"`
	Hospital string     `json:"hospital,omitempty"`
	Unit     string     `json:"unit,omitempty"`
	// Of a session: its id, and the versions of the account and the session.
	Session        string `json:"sid,omitempty"`
	Version        uint64 `json:"ver,omitempty"`
	SessionVersion uint64 `json:"sver,omitempty"`
}

// Sign makes a token for a principal that lives for ttl from now on; the
// principal's ExpiresAt is ignored. The error names the field of the principal
// that no token may have.
func (k *Keys) Sign(p model.Principal, ttl time.Duration) (string, error) {
	if k.signer == nil {
		return "", fault.New(fault.Unavailable, "the first key of the token key file is public: this node cannot sign")
	}
	if err := signable(p, ttl); err != nil {
		return "", err
	}
	now := time.Now()
	t := jwt.NewWithClaims(jwt.SigningMethodEdDSA, claims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer: issuer, Audience: jwt.ClaimStrings{audience}, Subject: p.Subject,
			IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(ttl)),
		},
		Role: p.Role, Regions: p.Regions, Hospital: p.Hospital, Unit: p.Unit,
		Session: p.Session, Version: p.Version, SessionVersion: p.SessionVersion,
	})
	t.Header["kid"], t.Header["typ"] = k.kid, tokenType
	return t.SignedString(k.signer)
}

func signable(p model.Principal, ttl time.Duration) error {
	switch {
	case !validSubject(p.Subject):
		return fault.Bad("sub", "a name of 1 to %d bytes without control characters", maxSubject)
	case !slices.Contains(model.Roles, p.Role):
		return fault.Bad("role", "roles are %s", roleNames())
	case ttl < time.Second || ttl > MaxTTL:
		return fault.Bad("ttl", "a token lives between 1s and %s", MaxTTL)
	}
	if p.Hospital != "" && !model.ValidHospitalID(p.Hospital) {
		return fault.Bad("hospital", "%.20q is no hpid; A1100001 is one", p.Hospital)
	}
	for _, code := range p.Regions {
		if !isRegion(code) {
			return fault.Bad("region", "%q is no 시도 code; 11 is 서울", code)
		}
	}
	return nil
}

func validSubject(s string) bool {
	return s != "" && len(s) <= maxSubject && utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}

func isRegion(code string) bool {
	return slices.ContainsFunc(model.Regions, func(r model.RegionInfo) bool { return r.Code == code })
}

func roleNames() string {
	names := make([]string, len(model.Roles))
	for i, r := range model.Roles {
		names[i] = string(r)
	}
	return strings.Join(names, ", ")
}

// A Verifier checks tokens with public keys only. It is safe for concurrent use.
type Verifier struct {
	keys   map[string]ed25519.PublicKey
	parser *jwt.Parser
}

// Verifier returns what checks tokens of all keys of the file.
func (k *Keys) Verifier() *Verifier {
	return &Verifier{keys: k.public, parser: jwt.NewParser(
		jwt.WithValidMethods([]string{signedMethod}),
		jwt.WithIssuer(issuer), jwt.WithAudience(audience),
		jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithLeeway(Leeway),
		jwt.WithStrictDecoding(),
	)}
}

// Verify returns who a token speaks for. The error is TokenExpired or
// TokenInvalid.
func (v *Verifier) Verify(token string) (model.Principal, error) {
	if len(token) > maxToken {
		return model.Principal{}, invalid(errors.New("too long"))
	}
	var c claims
	_, err := v.parser.ParseWithClaims(token, &c, v.key)
	switch {
	case err != nil && onlyExpired(err):
		return model.Principal{}, fault.Wrap(fault.TokenExpired, err, "the token's time is over: get a new one")
	case err != nil:
		return model.Principal{}, invalid(err)
	case !validSubject(c.Subject):
		return model.Principal{}, invalid(errors.New("sub is missing or malformed"))
	case !slices.Contains(model.Roles, c.Role):
		return model.Principal{}, invalid(errors.New("role is missing or unknown"))
	}
	return model.Principal{
		Subject: c.Subject, Role: c.Role, Regions: c.Regions, Hospital: c.Hospital, Unit: c.Unit,
		Session: c.Session, Version: c.Version, SessionVersion: c.SessionVersion,
		ExpiresAt: feed.At(c.ExpiresAt.Time),
	}, nil
}

// key finds the token's key among ours; a header that wants more than to name
// it is not one that we wrote.
func (v *Verifier) key(t *jwt.Token) (any, error) {
	if len(t.Header) != 3 || t.Header["typ"] != tokenType {
		return nil, errors.New("the header is not of our form")
	}
	kid, _ := t.Header["kid"].(string)
	key, ok := v.keys[kid]
	if !ok {
		return nil, errors.New("the key is not ours")
	}
	return key, nil
}

// onlyExpired reports whether the token would have been good earlier: signed by
// us, for us, and not dated into the future.
func onlyExpired(err error) bool {
	return errors.Is(err, jwt.ErrTokenExpired) && !errors.Is(err, jwt.ErrTokenInvalidIssuer) &&
		!errors.Is(err, jwt.ErrTokenInvalidAudience) && !errors.Is(err, jwt.ErrTokenUsedBeforeIssued) &&
		!errors.Is(err, jwt.ErrTokenNotValidYet)
}

func invalid(cause error) error {
	return fault.Wrap(fault.TokenInvalid, cause, "the token is not one of this server's")
}
