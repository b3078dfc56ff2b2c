package model

import (
	"context"
	"slices"

	"weer/model/fault"
	"weer/model/feed"
)

// An APIKey is how a program signs in: a hospital's system, a dispatch system, a
// data platform. Its secret is shown once and kept as a hash.
type APIKey struct {
	ID        string // UUIDv7; the first part of the key as it is written
	Name      string // what it is for
	Hash      string // of the secret: SHA-256, hex
	Scopes    []Right
	Hospital  string // hpid whose system it is; "" for none
	CreatedBy string // [Principal.Actor]
	CreatedAt feed.Time
	ExpiresAt feed.Time
	RevokedAt feed.Time // 0: it stands
	UsedAt    feed.Time // the last use, within a minute; 0: never
}

// Bounds of an API key.
const (
	MaxKeyName  = 100                       // characters
	MaxKeyMS    = 731 * 24 * 60 * 60_000    // two years of life
	maxKeyLeast = feed.Time(60 * 60 * 1000) // and an hour at least
)

// Scopes are the rights that an API key may be given.
var Scopes = []Right{ReadBoard, ReadHospitalFeed, WriteCapacity, PushObservations, ManageHooks, ReadRuns, ReadReservations, AnswerRequests, ReportArrival, HoldConsole}

func (k APIKey) check(now feed.Time) error {
	var errs []error
	if k.Name == "" || !Printable(k.Name, MaxKeyName) {
		errs = append(errs, fault.Bad("name", "says what the key is for, in 1 to %d characters", MaxKeyName))
	}
	if len(k.Scopes) == 0 || slices.ContainsFunc(k.Scopes, func(r Right) bool { return !slices.Contains(Scopes, r) }) {
		errs = append(errs, fault.Bad("scopes", "are some of %v", Scopes))
	}
	if k.Hospital != "" && checkHospitalID(k.Hospital) != nil {
		errs = append(errs, fault.Bad("hospital", "is the hpid of the hospital whose system it is"))
	}
	if k.ExpiresAt < now+maxKeyLeast || k.ExpiresAt > now+MaxKeyMS {
		errs = append(errs, fault.Bad("expires_at", "lies between an hour and two years ahead"))
	}
	return fault.All(errs...)
}

// standing is why the key opens nothing, nil when it does.
func (k APIKey) standing(now feed.Time) error {
	switch {
	case k.RevokedAt != 0:
		return fault.New(fault.Revoked, "the API key was revoked")
	case now >= k.ExpiresAt:
		return fault.New(fault.Revoked, "the API key's time is over: an administrator makes a new one")
	}
	return nil
}

// Principal is who the key speaks for.
func (k APIKey) Principal() Principal {
	return Principal{
		Subject: k.ID, Role: RoleIntegration, Hospital: k.Hospital, Scopes: k.Scopes, Key: k.ID, ExpiresAt: k.ExpiresAt,
	}
}

// CreateAPIKey keeps a key under an id and a secret's hash that the caller made.
// The receipt's result is its id: the secret is in no receipt.
func (s *Service) CreateAPIKey(ctx context.Context, k APIKey) (APIKey, Receipt, error) {
	deed := func() Deed { return Deed{Operation: "key.create", Subject: "key/" + k.ID} }
	r, err := s.act(ctx, deed, func(ctx context.Context, tx Tx) error {
		if err := k.check(tx.Now()); err != nil {
			return err
		}
		k.CreatedBy, k.CreatedAt = actorOf(ctx), tx.Now()
		return tx.SaveAPIKey(ctx, k)
	}, func() any { return Made{k.ID} })
	return k, r, err
}

// RevokeAPIKey ends a key, on all nodes and at once. One that was revoked
// already stays so.
func (s *Service) RevokeAPIKey(ctx context.Context, id string) (Receipt, error) {
	deed := func() Deed { return Deed{Operation: "key.revoke", Subject: "key/" + id} }
	return s.act(ctx, deed, func(ctx context.Context, tx Tx) error {
		k, err := tx.LockAPIKey(ctx, id)
		if err != nil || k == nil {
			return orElse(err, noSuchKey())
		}
		if k.RevokedAt != 0 {
			return nil
		}
		k.RevokedAt = tx.Now()
		if err := tx.SaveAPIKey(ctx, *k); err != nil {
			return err
		}
		return cut(tx, keyCut, id, 1, fault.Revoked)
	}, nil)
}

// APIKey reads a key; NotFound when there is none of that id.
func (s *Service) APIKey(ctx context.Context, id string) (APIKey, error) {
	k, err := s.store.APIKey(ctx, id)
	if err != nil || k == nil {
		return APIKey{}, orElse(err, noSuchKey())
	}
	return *k, nil
}

// APIKeys are the keys by id, which is the order of their making, after one.
func (s *Service) APIKeys(ctx context.Context, after string, most int) ([]APIKey, error) {
	return s.store.APIKeys(ctx, after, most)
}

// OpenAPIKey returns the key of an id and a secret's hash, if it stands, and
// notes its use. [fault.TokenInvalid] for any that does not fit.
func (s *Service) OpenAPIKey(ctx context.Context, id string, fits func(hash string) bool) (Principal, error) {
	k, err := s.store.APIKey(ctx, id)
	if err != nil {
		return Principal{}, err
	}
	if k == nil || !fits(k.Hash) {
		return Principal{}, fault.New(fault.TokenInvalid, "the API key is not one of this server's")
	}
	now, err := s.store.Now(ctx)
	if err == nil {
		err = k.standing(now)
	}
	if err != nil {
		return Principal{}, err
	}
	if now-k.UsedAt >= keyUseMS {
		err = s.store.KeyUsed(ctx, id)
	}
	return k.Principal(), err
}

// keyUseMS is how exact a key's last use is kept.
const keyUseMS = 60_000

func noSuchKey() error { return fault.New(fault.NotFound, "there is no such API key") }
