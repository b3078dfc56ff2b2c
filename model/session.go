package model

import (
	"context"

	"weer/model/fault"
	"weer/model/feed"
)

// A Session is a person signed in on one device. It is renewed by refresh
// tokens, each of which is used once: a token has a level, and using one of the
// session's level lifts the session to the next.
//
// On a bad network answers are lost, for as long as a dead zone lasts, and that
// must not sign a crew out in the middle of a case. So the level that was used
// last stays good until one of the present level is used: whoever asks again
// with it never got the answer. Within [RefreshGraceMS] it is given another token
// of the present level, because two windows may have asked at once. Later it is
// given one of a new level, and what was given before is dead.
//
// A copied token is found all the same: of its owner and whoever has the copy,
// each makes the other's token a dead one, and the first use of a dead one ends
// the session for both. At the latest that is the owner's next refresh, within
// [AccessMS] where a program runs.
type Session struct {
	ID        string // UUIDv7
	Account   string
	Unit      string    // that the crew is signed on to; "" for none
	Level     uint64    // of the tokens that were given last
	LevelAt   feed.Time // when the session came to its level
	Used      uint64    // the level of the token that was used last; 0: none yet
	Version   uint64    // counts changes of what its tokens say: older ones are void, for the reason Cut
	Cut       fault.Code
	Ended     fault.Code // why it is over; "" while it is not
	From      string     // address of the sign-in
	Agent     string     // the program, as it named itself
	CreatedAt feed.Time
	UsedAt    feed.Time // the last sign-in or refresh
}

// Times of sessions, in milliseconds.
const (
	AccessMS       = 10 * 60_000           // an access token lives
	RefreshGraceMS = 10_000                // two windows ask at once: see [Session]
	SessionIdleMS  = 14 * 60 * 60_000      // a session that nobody refreshes ends: longer than a shift's longest pause
	SessionLifeMS  = 30 * 24 * 60 * 60_000 // and every session then
	MaxAgent       = 200                   // characters
)

// over is why a session can no longer be used, nil while it can.
func (s Session) over(now feed.Time) error {
	switch {
	case s.Ended != "":
		return cutFault(s.Ended)
	case now-s.UsedAt >= SessionIdleMS, now-s.CreatedAt >= SessionLifeMS:
		return fault.New(fault.SignedOut, "the session's time is over: sign in again")
	}
	return nil
}

// principal is who the session's next token speaks for.
func (s Session) principal(a Account) Principal {
	return Principal{
		Subject: a.ID, Role: a.Role, Regions: a.Regions, Hospital: a.Hospital, Unit: s.Unit,
		Session: s.ID, Version: a.Version, SessionVersion: s.Version,
	}
}

// An AccountStore is what accounts need of a [Store]. None of it takes locks;
// what there is not is nil.
type AccountStore interface {
	Account(ctx context.Context, id string) (*Account, error)
	// AccountByLogin prefers the account that was approved over sign-ups, and of
	// those the newest.
	AccountByLogin(ctx context.Context, login string) (*Account, error)
	Accounts(ctx context.Context, q AccountQuery) ([]Account, error)
	Session(ctx context.Context, id string) (*Session, error)
	// SessionsOf are those of an account that are not over, the newest first.
	SessionsOf(ctx context.Context, account string) ([]Session, error)
	APIKey(ctx context.Context, id string) (*APIKey, error)
	Holder(ctx context.Context, p Principal) (Holder, error)
	APIKeys(ctx context.Context, after string, most int) ([]APIKey, error)
	// KeyUsed notes the moment of a key's use.
	KeyUsed(ctx context.Context, id string) error
	// Guess counts a try under some names, unless one of them has to wait still:
	// then wait says how long, and nothing is counted. Guessed takes tries back
	// that were right.
	Guess(ctx context.Context, names []GuessName) (waitMS int64, err error)
	Guessed(ctx context.Context, names []GuessName) error
	// StaleCuts are keys of the system feed that were put before a moment.
	StaleCuts(ctx context.Context, keepMS int64) (keys []string, err error)
	// Now is the database's clock.
	Now(ctx context.Context) (feed.Time, error)
}

// An AccountTx is what accounts need of a [Tx]: they are among its other rows.
// What is locked is locked by writing and read under the lock, nil when there is
// none; what is saved was locked or is new. An account is locked before its
// sessions.
type AccountTx interface {
	// Holder reads, without a lock, what a principal's rights hang on.
	Holder(ctx context.Context, p Principal) (Holder, error)
	LockAccount(ctx context.Context, id string) (*Account, error)
	// SaveAccount is a Conflict when another approved account has the login.
	SaveAccount(ctx context.Context, a Account) error
	// LockSession locks a session and the account that it is of.
	LockSession(ctx context.Context, id string) (*Session, *Account, error)
	// LockSessionsOf locks all of an account that are not over, in the order of ids.
	LockSessionsOf(ctx context.Context, account string) ([]Session, error)
	SaveSession(ctx context.Context, s Session) error
	// AddRefresh keeps the hash of a refresh token, and Refresh finds its level; ok
	// is false when the session has no such token.
	AddRefresh(ctx context.Context, session, hash string, level uint64) error
	Refresh(ctx context.Context, session, hash string) (level uint64, ok bool, err error)
	LockAPIKey(ctx context.Context, id string) (*APIKey, error)
	SaveAPIKey(ctx context.Context, k APIKey) error
}

// SignIn begins a session of an account whose password was right, under ids and
// the hash of a refresh token that the caller made. The error says why the
// account may not sign in.
func (s *Service) SignIn(ctx context.Context, account, session, refreshHash, agent string) (p Principal, err error) {
	ctx = as(ctx, Principal{Subject: account, Session: session})
	deed := func() Deed { return Deed{Operation: "session.sign_in", Subject: "user/" + account} }
	_, err = s.act(ctx, deed, func(ctx context.Context, tx Tx) error {
		a, err := tx.LockAccount(ctx, account)
		if err != nil || a == nil {
			return orElse(err, noSuchAccount())
		}
		if err := a.standing(); err != nil {
			return err
		}
		call, _ := CallOf(ctx)
		now := tx.Now()
		begun := Session{ID: session, Account: account, Level: 1, LevelAt: now, From: call.From, Agent: agent, CreatedAt: now, UsedAt: now}
		p = begun.principal(*a)
		a.SeenAt = now
		return firstError(
			func() error { return tx.SaveAccount(ctx, *a) },
			func() error { return tx.SaveSession(ctx, begun) },
			func() error { return tx.AddRefresh(ctx, session, refreshHash, begun.Level) },
		)
	}, nil)
	return p, err
}

// Refresh takes one refresh token of a session, by its hash, and keeps the hash
// of the next. See [Session] for what happens to a token that was used before.
func (s *Service) Refresh(ctx context.Context, session, hash, next string) (p Principal, err error) {
	var refused error // what is to be said after the session was ended
	call, _ := CallOf(ctx)
	call.Key = "" // what it hands out is secret, and a token is good once anyway
	err = s.write(ctx, func(ctx context.Context, tx Tx) error {
		refused = nil
		held, a, err := lockSession(ctx, tx, session)
		if err != nil {
			return err
		}
		level, known, err := tx.Refresh(ctx, session, hash)
		switch {
		case err != nil:
			return err
		case !known:
			return signedOut()
		case level != held.Level && level != held.Used:
			refused = fault.New(fault.SignedOut, "this refresh token was used before: the session was ended, sign in again")
			return firstError(
				func() error { return endSession(ctx, tx, *held, fault.SignedOut) },
				func() error {
					return tx.Sign(ctx, call, Deed{Operation: "session.reuse", Subject: "user/" + a.ID}, nil)
				},
			)
		}
		return s.lift(ctx, tx, held, level, next, a, &p)
	})
	if err == nil {
		err = refused
	}
	return p, err
}

// use takes a token of a level that is good: see [Session].
func (s *Session) use(level uint64, now feed.Time) {
	s.UsedAt = now
	if level == s.Level || now-s.LevelAt > RefreshGraceMS {
		s.Level, s.LevelAt = s.Level+1, now
	}
	s.Used = level
}

func (s *Service) lift(ctx context.Context, tx Tx, held *Session, level uint64, next string, a *Account, p *Principal) error {
	held.use(level, tx.Now())
	*p = held.principal(*a)
	return firstError(
		func() error { return tx.SaveSession(ctx, *held) },
		func() error { return tx.AddRefresh(ctx, held.ID, next, held.Level) },
	)
}

// lockSession locks a session that can be used, and its account.
func lockSession(ctx context.Context, tx Tx, id string) (*Session, *Account, error) {
	held, a, err := tx.LockSession(ctx, id)
	if err != nil || held == nil {
		return nil, nil, orElse(err, signedOut())
	}
	if err := held.over(tx.Now()); err != nil {
		return nil, nil, err
	}
	if a == nil {
		return nil, nil, signedOut()
	}
	return held, a, a.standing()
}

// SignOut ends a session, for itself or by the account that it is of.
func (s *Service) SignOut(ctx context.Context, account, session string) (Receipt, error) {
	deed := func() Deed { return Deed{Operation: "session.sign_out", Subject: "user/" + account} }
	return s.act(ctx, deed, func(ctx context.Context, tx Tx) error {
		held, _, err := tx.LockSession(ctx, session)
		if err != nil {
			return err
		}
		if held == nil || held.Account != account {
			return fault.New(fault.NotFound, "there is no such session")
		}
		return endSession(ctx, tx, *held, fault.SignedOut)
	}, nil)
}

// SignOutEverywhere ends all sessions of an account but one ("" for none).
func (s *Service) SignOutEverywhere(ctx context.Context, account, but string) (Receipt, error) {
	deed := func() Deed { return Deed{Operation: "session.sign_out_everywhere", Subject: "user/" + account} }
	return s.act(ctx, deed, func(ctx context.Context, tx Tx) error {
		return endSessions(ctx, tx, account, but, fault.SignedOut)
	}, nil)
}

func endSessions(ctx context.Context, tx Tx, account, but string, code fault.Code) error {
	all, err := tx.LockSessionsOf(ctx, account)
	if err != nil {
		return err
	}
	for _, one := range all {
		if one.ID == but {
			continue
		}
		if err := endSession(ctx, tx, one, code); err != nil {
			return err
		}
	}
	return nil
}

func endSession(ctx context.Context, tx Tx, held Session, code fault.Code) error {
	if held.Ended != "" {
		return nil
	}
	held.Ended, held.Cut = code, code
	held.Version++
	if err := tx.SaveSession(ctx, held); err != nil {
		return err
	}
	return cut(tx, sessionCut, held.ID, held.Version, code)
}

// SignOn puts a crew on a unit for its shift, or on none with "". Its tokens
// before that say the old unit and are void.
func (s *Service) SignOn(ctx context.Context, session, unit string) (Receipt, error) {
	deed := func() Deed { return Deed{Operation: "session.sign_on", Subject: "unit/" + unit} }
	return s.act(ctx, deed, func(ctx context.Context, tx Tx) error {
		if unit != "" {
			u, err := tx.LockUnit(ctx, unit)
			if err != nil {
				return err
			}
			if u == nil || !u.Active {
				return fault.Bad("unit", "is no unit in service")
			}
		}
		held, a, err := lockSession(ctx, tx, session)
		switch {
		case err != nil:
			return err
		case a.Role != RoleCrew:
			return forbidden()
		case held.Unit == unit:
			return nil
		}
		held.Unit, held.Cut = unit, fault.RightsChanged
		held.Version++
		if err := tx.SaveSession(ctx, *held); err != nil {
			return err
		}
		return cut(tx, sessionCut, held.ID, held.Version, fault.RightsChanged)
	}, nil)
}

// SessionsOf are an account's sessions that are not over, the newest first.
func (s *Service) SessionsOf(ctx context.Context, account string) ([]Session, error) {
	all, err := s.store.SessionsOf(ctx, account)
	if err != nil {
		return nil, err
	}
	now, err := s.store.Now(ctx)
	open := all[:0]
	for _, one := range all {
		if one.over(now) == nil {
			open = append(open, one)
		}
	}
	return open, err
}

// as is a call that turned out to be somebody's, which nothing is kept of under
// a key: what it hands out is secret.
func as(ctx context.Context, by Principal) context.Context {
	call, _ := CallOf(ctx)
	call.By, call.Key = by, ""
	return WithCall(ctx, call)
}

func signedOut() error { return cutFault(fault.SignedOut) }

func noSuchAccount() error { return fault.New(fault.NotFound, "there is no such account") }

// orElse is the first error, or the other when there is none.
func orElse(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

// firstError does one after the other until one fails.
func firstError(steps ...func() error) error {
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}
