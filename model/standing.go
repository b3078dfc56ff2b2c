package model

import (
	"context"

	"weer/model/fault"
	"weer/model/feed"
)

// A Holder is what the rights of a principal hang on, as the database has it
// now: an API key, or a session and its account. What there is not is nil.
type Holder struct {
	Key     *APIKey
	Session *Session
	Account *Account
}

// Standing tells by what the database says now whether a principal still has its
// rights: nil, or why not. A token that was made by hand is only as good as its
// signature.
func (s *Service) Standing(ctx context.Context, p Principal) error {
	now, err := s.store.Now(ctx)
	if err != nil || !p.revocable() {
		return err
	}
	h, err := s.store.Holder(ctx, p)
	switch {
	case err != nil:
		return err
	case p.Key != "" && h.Key == nil, h.Session != nil && h.Account == nil:
		return cutFault(fault.Revoked)
	case p.Key == "" && h.Session == nil:
		return signedOut()
	}
	return h.standing(p, now)
}

// stands is [Service.Standing] inside the transaction of a command: what was
// taken back before it began is not used for it, whatever the node has heard. A
// block that comes while the command waits for its locks is a moment later than
// the command. What is not there any more was refused at the edge, before.
func stands(ctx context.Context, tx Tx, p Principal) error {
	if !p.revocable() {
		return nil
	}
	h, err := tx.Holder(ctx, p)
	if err != nil {
		return err
	}
	return h.standing(p, tx.Now())
}

// revocable reports whether anything in the database can take the principal's
// rights back.
func (p Principal) revocable() bool { return p.Key != "" || p.Session != "" }

func (h Holder) standing(p Principal, now feed.Time) error {
	switch {
	case h.Key != nil:
		return h.Key.standing(now)
	case h.Session == nil || h.Account == nil:
		return nil
	}
	if err := h.Account.standing(); err != nil {
		return err
	}
	if err := h.Session.over(now); err != nil {
		return err
	}
	switch {
	case p.Version < h.Account.Version:
		return cutFault(h.Account.Cut)
	case p.SessionVersion < h.Session.Version:
		return cutFault(h.Session.Cut)
	}
	return nil
}
