package model

import (
	"context"

	"weer/model/fault"
	"weer/model/feed"
)

// An AccountQuery says which accounts are wanted. What is empty is not asked.
type AccountQuery struct {
	State AccountState
	Role  Role
	Text  string // part of a login, a name or an organisation
	After string // id of the last one of the page before
	Newer bool   // the newest first
	Most  int
}

// SignUp keeps a sign-up until an administrator decides about it, under an id
// that the caller made and with the hash of its password. It does not tell
// whether the login is taken: whoever decides sees that. The receipt's result is
// the id.
func (s *Service) SignUp(ctx context.Context, a Account) (Receipt, error) {
	a.Login, a.State, a.Wanted = NormalLogin(a.Login), AccountPending, a.Role
	a.Version, a.Revision = 1, 1
	if err := CheckSignUp(a); err != nil {
		return Receipt{}, err
	}
	deed := func() Deed { return Deed{Operation: "user.sign_up", Subject: "user/" + a.ID, Detail: string(a.Role)} }
	return s.act(ctx, deed, func(ctx context.Context, tx Tx) error {
		a.CreatedAt = tx.Now()
		if err := tx.SaveAccount(ctx, a); err != nil {
			return err
		}
		return a.announce(tx)
	}, func() any { return Made{a.ID} })
}

// CheckSignUp refuses what [Service.SignUp] would, so that the costly hash of a
// password is made for nothing else.
func CheckSignUp(a Account) error {
	a.Login = NormalLogin(a.Login)
	return fault.All(a.check(), wantable(a.Role))
}

func wantable(r Role) error {
	if r == RoleAdmin {
		return fault.Bad("role", "nobody signs up as admin: an administrator or `weer user create` makes one")
	}
	return nil
}

// CreateAccount makes an account that may sign in at once: the first
// administrator, and those of a demo. The receipt's result is its id.
func (s *Service) CreateAccount(ctx context.Context, a Account) (Receipt, error) {
	a.Login, a.State, a.Wanted = NormalLogin(a.Login), AccountActive, a.Role
	a.Version, a.Revision = 1, 1
	if err := a.check(); err != nil {
		return Receipt{}, err
	}
	deed := func() Deed { return Deed{Operation: "user.create", Subject: "user/" + a.ID, Detail: string(a.Role)} }
	return s.act(ctx, deed, func(ctx context.Context, tx Tx) error {
		a.CreatedAt, a.DecidedAt, a.DecidedBy = tx.Now(), tx.Now(), actorOf(ctx)
		return tx.SaveAccount(ctx, a)
	}, func() any { return Made{a.ID} })
}

// Account reads an account; NotFound when there is none of that id.
func (s *Service) Account(ctx context.Context, id string) (Account, error) {
	a, err := s.store.Account(ctx, id)
	if err != nil || a == nil {
		return Account{}, orElse(err, noSuchAccount())
	}
	return *a, nil
}

// AccountByLogin finds the account that signs in with a login, else the newest
// sign-up with it; nil when there is neither.
func (s *Service) AccountByLogin(ctx context.Context, login string) (*Account, error) {
	return s.store.AccountByLogin(ctx, NormalLogin(login))
}

// Accounts are the accounts of a query, by id, which is the order of their making.
func (s *Service) Accounts(ctx context.Context, q AccountQuery) ([]Account, error) {
	return s.store.Accounts(ctx, q)
}

// A decision about an account: what it is after, and whether its tokens are void.
type verdict func(a Account, now feed.Time) (after Account, code fault.Code, err error)

// decide changes an account of a revision, 0 for any, by an administrator's
// word. With a code its tokens are void; its sessions end unless their owner may
// go on with a new token.
func (s *Service) decide(ctx context.Context, operation, id string, revision uint64, v verdict) (after Account, r Receipt, err error) {
	deed := func() Deed {
		return Deed{Operation: operation, Subject: "user/" + id, Detail: string(after.Role)}
	}
	r, err = s.act(ctx, deed, func(ctx context.Context, tx Tx) error {
		before, err := tx.LockAccount(ctx, id)
		switch {
		case err != nil || before == nil:
			return orElse(err, noSuchAccount())
		case revision != 0 && revision != before.Revision:
			return changedSince()
		}
		var code fault.Code
		if after, code, err = v(*before, tx.Now()); err != nil {
			return err
		}
		after.Revision++
		after.DecidedAt, after.DecidedBy = tx.Now(), actorOf(ctx)
		return s.enact(ctx, tx, &after, code)
	}, func() any { return Made{id} })
	return after, r, err
}

func (s *Service) enact(ctx context.Context, tx Tx, a *Account, code fault.Code) error {
	if code != "" {
		a.Version++
		a.Cut = code
		if err := cut(tx, accountCut, a.ID, a.Version, code); err != nil {
			return err
		}
	}
	if code == fault.Revoked || code == fault.SignedOut {
		if err := endSessions(ctx, tx, a.ID, "", code); err != nil {
			return err
		}
	}
	if err := tx.SaveAccount(ctx, *a); err != nil {
		return err
	}
	return a.announce(tx)
}

// Approve lets a sign-up in, with rights that may be others than it wanted.
// Conflict: it does not wait, or its login is another account's.
func (s *Service) Approve(ctx context.Context, id string, revision uint64, granted Rights) (Account, Receipt, error) {
	if err := granted.check(); err != nil {
		return Account{}, Receipt{}, err
	}
	return s.decide(ctx, "user.approve", id, revision, func(a Account, _ feed.Time) (Account, fault.Code, error) {
		if a.State != AccountPending && a.State != AccountRejected {
			return a, "", fault.New(fault.Conflict, "the account is %s and waits for no approval", a.State)
		}
		a.State, a.Reason, a.Rights = AccountActive, "", granted
		return a, "", nil
	})
}

// Reject turns a sign-up away, for a reason that it is told.
func (s *Service) Reject(ctx context.Context, id string, revision uint64, reason string) (Account, Receipt, error) {
	return s.turnAway(ctx, "user.reject", id, revision, reason, AccountPending, AccountRejected, "")
}

// Block takes an account's rights back, on all nodes and at once, for a reason.
func (s *Service) Block(ctx context.Context, id string, revision uint64, reason string) (Account, Receipt, error) {
	return s.turnAway(ctx, "user.block", id, revision, reason, AccountActive, AccountBlocked, fault.Revoked)
}

func (s *Service) turnAway(ctx context.Context, operation, id string, revision uint64, reason string, from, to AccountState, code fault.Code) (Account, Receipt, error) {
	if reason == "" || !Printable(reason, MaxReason) {
		return Account{}, Receipt{}, fault.Bad("reason", "says why, in 1 to %d characters", MaxReason)
	}
	call, _ := CallOf(ctx)
	call.Reason = reason
	return s.decide(WithCall(ctx, call), operation, id, revision, func(a Account, _ feed.Time) (Account, fault.Code, error) {
		switch {
		case a.State != from:
			return a, "", fault.New(fault.Conflict, "the account is %s, not %s", a.State, from)
		case a.ID == call.By.Subject:
			return a, "", fault.New(fault.Conflict, "nobody does this to the account that they are signed in with")
		}
		a.State, a.Reason = to, reason
		return a, code, nil
	})
}

// Unblock lets an account that was blocked sign in again.
func (s *Service) Unblock(ctx context.Context, id string, revision uint64) (Account, Receipt, error) {
	return s.decide(ctx, "user.unblock", id, revision, func(a Account, _ feed.Time) (Account, fault.Code, error) {
		if a.State != AccountBlocked {
			return a, "", fault.New(fault.Conflict, "the account is %s, not blocked", a.State)
		}
		a.State, a.Reason = AccountActive, ""
		return a, "", nil
	})
}

// An AccountChange is what is changed of an account; nil leaves it as it is.
type AccountChange struct {
	Name, Email, Phone, Organisation, Certificate, Login *string
	Rights                                               *Rights
}

// ChangeAccount changes an account. With other rights its tokens are void, and
// whoever is signed in goes on with a new one.
func (s *Service) ChangeAccount(ctx context.Context, id string, revision uint64, c AccountChange) (Account, Receipt, error) {
	return s.decide(ctx, "user.change", id, revision, func(a Account, _ feed.Time) (Account, fault.Code, error) {
		before := a.Rights
		set(&a.Name, c.Name)
		set(&a.Email, c.Email)
		set(&a.Phone, c.Phone)
		set(&a.Organisation, c.Organisation)
		set(&a.Certificate, c.Certificate)
		set(&a.Rights, c.Rights)
		if c.Login != nil {
			a.Login = NormalLogin(*c.Login)
		}
		if err := a.check(); err != nil {
			return a, "", err
		}
		if a.Rights.same(before) || a.State != AccountActive {
			return a, "", nil
		}
		return a, fault.RightsChanged, nil
	})
}

// SetPassword gives an account the hash of a new password and ends its sessions
// but one ("" for none): whoever knew the old one is out.
func (s *Service) SetPassword(ctx context.Context, id, hash, but string) (Receipt, error) {
	deed := func() Deed { return Deed{Operation: "user.set_password", Subject: "user/" + id} }
	return s.act(ctx, deed, func(ctx context.Context, tx Tx) error {
		a, err := tx.LockAccount(ctx, id)
		if err != nil || a == nil {
			return orElse(err, noSuchAccount())
		}
		a.Password = hash
		a.Revision++
		if err := tx.SaveAccount(ctx, *a); err != nil {
			return err
		}
		return endSessions(ctx, tx, id, but, fault.SignedOut)
	}, nil)
}

// Rehash keeps the same password's hash in a stronger form. It is no change that
// anybody asked for.
func (s *Service) Rehash(ctx context.Context, id, was, hash string) error {
	return s.write(ctx, func(ctx context.Context, tx Tx) error {
		a, err := tx.LockAccount(ctx, id)
		if err != nil || a == nil || a.Password != was {
			return err
		}
		a.Password = hash
		return tx.SaveAccount(ctx, *a)
	})
}

// ForgetCuts removes cuts from the system feed that no token in use can need.
func (s *Service) ForgetCuts(ctx context.Context) (int, error) {
	keys, err := s.store.StaleCuts(ctx, CutKeepMS)
	if err != nil || len(keys) == 0 {
		return 0, err
	}
	return len(keys), s.write(ctx, func(_ context.Context, tx Tx) error {
		for _, key := range keys {
			if err := tx.Remove(string(feed.System), key); err != nil {
				return err
			}
		}
		return nil
	})
}

// actorOf names whoever calls, as the audit does.
func actorOf(ctx context.Context) string {
	if call, ok := CallOf(ctx); ok {
		return call.By.Actor()
	}
	return "system"
}
