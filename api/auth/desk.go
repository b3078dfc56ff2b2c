package auth

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"

	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
)

// A Desk is where people and programs sign in: it knows passwords and secrets,
// which the model never sees, and lets the model decide.
type Desk struct {
	service   *model.Service
	keys      *Keys
	verifier  *Verifier
	passwords *Passwords
}

// NewDesk makes a desk that signs and checks with the keys.
func NewDesk(s *model.Service, k *Keys) (*Desk, error) {
	p, err := NewPasswords()
	return &Desk{s, k, k.Verifier(), p}, err
}

// Tokens are what a session gets: an access token, and a refresh token that is
// good once.
type Tokens struct {
	Access    string
	ExpiresAt feed.Time // of the access token
	Refresh   string
	Principal model.Principal
}

const (
	accessTTL = model.AccessMS * time.Millisecond
	keyPrefix = "weer_"
)

// SignUp checks a sign-up with its password and keeps it until an administrator
// decides. Everything that is wrong is named at once; only what is right is
// counted, by the address that it comes from. TooManyRequests.
func (d *Desk) SignUp(ctx context.Context, a model.Account, password string) (model.Receipt, error) {
	if err := fault.All(model.CheckSignUp(a), CheckPassword("password", password, a)); err != nil {
		return model.Receipt{}, err
	}
	call, _ := model.CallOf(ctx)
	if err := d.service.Guess(ctx, model.SignUpNames(call.From, d.hash)); err != nil {
		return model.Receipt{}, err
	}
	return d.keep(ctx, a, password, d.service.SignUp)
}

// Create makes an account that may sign in at once.
func (d *Desk) Create(ctx context.Context, a model.Account, password string) (model.Receipt, error) {
	if !a.Demo {
		if err := CheckPassword("password", password, a); err != nil {
			return model.Receipt{}, err
		}
	}
	return d.keep(ctx, a, password, d.service.CreateAccount)
}

func (d *Desk) keep(ctx context.Context, a model.Account, password string, save func(context.Context, model.Account) (model.Receipt, error)) (r model.Receipt, err error) {
	if a.Password, err = d.passwords.Hash(ctx, password); err != nil {
		return r, err
	}
	if a.ID == "" {
		a.ID = newID()
	}
	return save(ctx, a)
}

// SignIn begins a session. A try is counted before it is judged, and neither
// words nor time tell whether the login exists. BadCredentials, TooManyRequests;
// for whoever knows the password also NotApproved, Rejected and Revoked.
func (d *Desk) SignIn(ctx context.Context, login, password, agent string) (Tokens, error) {
	call, _ := model.CallOf(ctx)
	names := model.GuessNames(login, call.From, d.hash)
	if err := d.service.Guess(ctx, names); err != nil {
		return Tokens{}, err
	}
	a, err := d.knows(ctx, login, password)
	if fault.Is(err, fault.BadCredentials) {
		err = errors.Join(err, d.service.Note(ctx, model.Deed{Operation: "session.refused", Subject: subject(a)}))
	}
	if err != nil {
		return Tokens{}, err
	}
	if err := d.service.Guessed(ctx, names); err != nil {
		return Tokens{}, err
	}
	session, refresh := newID(), newSecret()
	p, err := d.service.SignIn(ctx, a.ID, session, hashOf(refresh), oneLine(agent))
	if err != nil {
		return Tokens{}, err
	}
	return d.hand(p, refresh)
}

// subject is the account that somebody tried to be, if there is one: the audit
// is not read by who guesses.
func subject(a model.Account) string {
	if a.ID == "" {
		return ""
	}
	return "user/" + a.ID
}

// knows returns the account of a login if the password is its.
func (d *Desk) knows(ctx context.Context, login, password string) (model.Account, error) {
	held, err := d.service.AccountByLogin(ctx, login)
	if err != nil {
		return model.Account{}, err
	}
	var a model.Account
	if held != nil {
		a = *held
	}
	right, weak, err := d.passwords.Check(ctx, password, a.Password)
	switch {
	case err != nil:
		return a, err
	case !right:
		return a, fault.New(fault.BadCredentials, "the login or the password is wrong")
	case weak:
		err = d.rehash(ctx, a, password)
	}
	return a, err
}

func (d *Desk) rehash(ctx context.Context, a model.Account, password string) error {
	hash, err := d.passwords.Hash(ctx, password)
	if err != nil {
		return err
	}
	return d.service.Rehash(ctx, a.ID, a.Password, hash)
}

// Refresh takes a refresh token and gives the next tokens of its session.
// SignedOut when it is none, was used before, or its session is over.
func (d *Desk) Refresh(ctx context.Context, token string) (Tokens, error) {
	session, secret, ok := strings.Cut(token, ".")
	if _, err := uuid.Parse(session); !ok || err != nil || len(secret) > maxToken {
		return Tokens{}, fault.New(fault.SignedOut, "this is no refresh token of this server")
	}
	next := newSecret()
	p, err := d.service.Refresh(ctx, session, hashOf(secret), hashOf(next))
	if err != nil {
		return Tokens{}, err
	}
	return d.hand(p, next)
}

func (d *Desk) hand(p model.Principal, refresh string) (Tokens, error) {
	access, err := d.keys.Sign(p, accessTTL)
	if err != nil {
		return Tokens{}, err
	}
	p, err = d.verifier.Verify(access) // as it says it of itself, with its end
	return Tokens{Access: access, ExpiresAt: p.ExpiresAt, Refresh: p.Session + "." + refresh, Principal: p}, err
}

// ChangePassword gives an account another password, if it knows the present one,
// and ends its other sessions.
func (d *Desk) ChangePassword(ctx context.Context, p model.Principal, present, password string) (model.Receipt, error) {
	a, err := d.service.Account(ctx, p.Subject)
	if err != nil {
		return model.Receipt{}, err
	}
	call, _ := model.CallOf(ctx)
	names := model.GuessNames(a.Login, call.From, d.hash)
	if err := d.service.Guess(ctx, names); err != nil {
		return model.Receipt{}, err
	}
	if _, err := d.knows(ctx, a.Login, present); err != nil {
		return model.Receipt{}, err
	}
	if err := d.service.Guessed(ctx, names); err != nil {
		return model.Receipt{}, err
	}
	return d.SetPassword(ctx, a, password, p.Session)
}

// SetPassword gives an account another password and ends its sessions but one.
func (d *Desk) SetPassword(ctx context.Context, a model.Account, password, but string) (model.Receipt, error) {
	if err := CheckPassword("password", password, a); err != nil {
		return model.Receipt{}, err
	}
	hash, err := d.passwords.Hash(ctx, password)
	if err != nil {
		return model.Receipt{}, err
	}
	return d.service.SetPassword(ctx, a.ID, hash, but)
}

// CreateKey makes an API key and returns it as it is written: the only time that
// anybody sees it. A repeated command finds the key of the first time, without
// its secret.
func (d *Desk) CreateKey(ctx context.Context, k model.APIKey) (text string, made model.APIKey, r model.Receipt, err error) {
	secret := newSecret()
	k.ID, k.Hash = newID(), hashOf(secret)
	made, r, err = d.service.CreateAPIKey(ctx, k)
	return keyPrefix + k.ID + "_" + secret, made, r, err
}

// Authenticate returns who a bearer speaks for, by what the database says at
// this moment: an access token or an API key.
func (d *Desk) Authenticate(ctx context.Context, bearer string) (model.Principal, error) {
	if text, ok := strings.CutPrefix(bearer, keyPrefix); ok {
		return d.openKey(ctx, text)
	}
	p, err := d.verifier.Verify(bearer)
	if err != nil {
		return model.Principal{}, err
	}
	return p, d.service.Standing(ctx, p)
}

// Standing tells by what the database says at this moment whether a principal
// still has its rights: what every command asks.
func (d *Desk) Standing(ctx context.Context, p model.Principal) error {
	return d.service.Standing(ctx, p)
}

func (d *Desk) openKey(ctx context.Context, text string) (model.Principal, error) {
	id, secret, _ := strings.Cut(text, "_")
	if _, err := uuid.Parse(id); err != nil || len(secret) > maxToken {
		return model.Principal{}, fault.New(fault.TokenInvalid, "the API key is not one of this server's")
	}
	given := hashOf(secret)
	return d.service.OpenAPIKey(ctx, id, func(hash string) bool {
		return subtle.ConstantTimeCompare([]byte(hash), []byte(given)) == 1
	})
}

// hash hides what tries are counted under, the same on all nodes of a key file.
func (d *Desk) hash(parts ...string) string {
	mac := hmac.New(sha256.New, d.keys.Derive("guesses"))
	for _, part := range parts {
		mac.Write([]byte(part + "\x00")) //nolint:errcheck // never fails
	}
	return hex.EncodeToString(mac.Sum(nil))
}

func hashOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }

// oneLine is the beginning of what a program calls itself.
func oneLine(text string) string {
	text = strings.Join(strings.Fields(strings.ToValidUTF8(text, "")), " ")
	if runes := []rune(text); len(runes) > model.MaxAgent {
		text = string(runes[:model.MaxAgent])
	}
	if !model.Printable(text, model.MaxAgent) {
		return ""
	}
	return text
}
