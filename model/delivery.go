package model

import (
	"context"

	"weer/model/feed"
)

// What deliveries of webhooks read and write. Nobody asks for it, so it has no
// call; what ends a webhook's deliveries is in the audit all the same.

// DueWebhooks reads webhooks that are owed something; see [HookStore].
func (s *Service) DueWebhooks(ctx context.Context, most int) ([]DueWebhook, error) {
	return s.store.DueWebhooks(ctx, most)
}

// Backlog reads what comes after a place; see [HookStore].
func (s *Service) Backlog(ctx context.Context, place feed.Cursor, most int) (Backlog, error) {
	return s.store.Backlog(ctx, place, most)
}

// ClaimWebhook gives a webhook to one delivery, named by claim, for
// [HookClaimMS] from before it was asked; nil when it is another's, or nothing
// may be sent now. Of all nodes at most one has a webhook at a time, which is
// why its events arrive in order.
func (s *Service) ClaimWebhook(ctx context.Context, id, claim string) (claimed *Webhook, err error) {
	err = s.write(ctx, func(ctx context.Context, tx Tx) error {
		claimed = nil
		w, err := tx.LockWebhook(ctx, id)
		if err != nil || w == nil || !w.free(tx.Now()) {
			return err
		}
		mine := w.claimed(claim, tx.Now())
		claimed = &mine
		return tx.SaveWebhook(ctx, mine)
	})
	if err != nil {
		return nil, err
	}
	return claimed, nil
}

// SettleWebhook writes down an attempt that was made under a claim, and returns
// the webhook after it; nil when the claim is no longer the delivery's, and
// then nothing is written. With a.More the claim has its full length again,
// unless nothing may be sent any more: then the webhook has no claim.
func (s *Service) SettleWebhook(ctx context.Context, id, claim string, a HookAttempt) (*Webhook, error) {
	return s.underClaim(ctx, id, claim, func(ctx context.Context, tx Tx, w Webhook) (Webhook, error) {
		after := w.after(a, tx.Now())
		if after.State != HookDead || w.State == HookDead {
			return after, nil
		}
		head, epoch, err := tx.FeedHead(ctx, w.Feed)
		if err != nil {
			return after, err
		}
		return after, tx.AddDeadLetter(ctx, after.letter(claim, epoch, head))
	})
}

// letter is the dead letter of a webhook that has just died. It has the id of
// the claim under which that happened, which is no other's.
func (w Webhook) letter(claim, epoch string, head feed.Head) DeadLetter {
	d := DeadLetter{
		ID: claim, Webhook: w.ID, Epoch: epoch, To: head.Seq, Attempts: w.Failures,
		Status: w.LastStatus, Failure: w.LastFailure, Since: w.FailingSince, DiedAt: w.TriedAt,
	}
	if (Backlog{Epoch: epoch, Head: head}).Reset(w.Place) == "" {
		d.From = w.Place.Seq + 1
	}
	return d
}

// SuspendWebhook pauses a claimed webhook whose owner may no longer have it.
func (s *Service) SuspendWebhook(ctx context.Context, id, claim string) error {
	_, err := s.underClaim(ctx, id, claim, func(_ context.Context, _ Tx, w Webhook) (Webhook, error) {
		if w.State.delivers() {
			w.State, w.Why = HookPaused, HookForbidden
		}
		return w.released(), nil
	})
	return err
}

// ReleaseWebhook gives a claim back without an attempt. A claim that is no
// longer the delivery's stays as it is.
func (s *Service) ReleaseWebhook(ctx context.Context, id, claim string) error {
	_, err := s.underClaim(ctx, id, claim, func(_ context.Context, _ Tx, w Webhook) (Webhook, error) {
		return w.released(), nil
	})
	return err
}

// underClaim changes a webhook while the claim holds. A state that a delivery
// ends in is written down as the system's deed.
func (s *Service) underClaim(ctx context.Context, id, claim string, change func(context.Context, Tx, Webhook) (Webhook, error)) (settled *Webhook, err error) {
	err = s.write(ctx, func(ctx context.Context, tx Tx) error {
		settled = nil
		w, err := tx.LockWebhook(ctx, id)
		if err != nil || w == nil || w.Claim != claim {
			return err
		}
		after, err := change(ctx, tx, *w)
		if err != nil {
			return err
		}
		settled = &after
		if err := tx.SaveWebhook(ctx, after); err != nil {
			return err
		}
		if err := signEnd(ctx, tx, *w, after); err != nil {
			return err
		}
		return tellDeath(tx, *w, after)
	})
	if err != nil {
		return nil, err
	}
	return settled, nil
}

func signEnd(ctx context.Context, tx Tx, before, after Webhook) error {
	if !before.State.delivers() || after.State.delivers() {
		return nil
	}
	return tx.Sign(ctx, Call{}, Deed{
		Operation: "webhook." + string(after.State), Subject: hookSubject(after.ID), Detail: string(after.Why),
	}, nil)
}
