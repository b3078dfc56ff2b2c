package model

import (
	"context"
	"fmt"
	"strings"

	"weer/model/fault"
	"weer/model/feed"
)

// A HookStore is what webhooks need of a [Store]. None of it takes locks.
//
//   - Webhook reads one, nil when there is none of that id.
//   - Webhooks reads those of one owner, or all with owner "", in the order of
//     their making, after an id.
//   - DueWebhooks reads, in the order in which they are due, those that are owed
//     something, may be sent to now, and are not claimed.
//   - Backlog reads what comes after a place, as of one moment.
//   - DeadLetters reads those of one webhook, the newest first, before an id.
type HookStore interface {
	Webhook(ctx context.Context, id string) (*Webhook, error)
	Webhooks(ctx context.Context, owner, after string, most int) ([]Webhook, error)
	DueWebhooks(ctx context.Context, most int) ([]DueWebhook, error)
	Backlog(ctx context.Context, place feed.Cursor, most int) (Backlog, error)
	DeadLetters(ctx context.Context, webhook, before string, most int) ([]DeadLetter, error)
}

// A HookTx is what webhooks need of a [Tx]: they are among its other rows.
type HookTx interface {
	// LockWebhook locks by writing and reads under the lock; nil when there is
	// none of that id.
	LockWebhook(ctx context.Context, id string) (*Webhook, error)
	// SaveWebhook stores one that was locked, or a new one.
	SaveWebhook(ctx context.Context, w Webhook) error
	// DropWebhook removes one that was locked, and its dead letters.
	DropWebhook(ctx context.Context, id string) error
	AddDeadLetter(ctx context.Context, d DeadLetter) error
	// CountWebhooks counts an owner's.
	CountWebhooks(ctx context.Context, owner string) (int, error)
	// FeedHead reads where a feed stands, without a lock.
	FeedHead(ctx context.Context, name string) (h feed.Head, epoch string, err error)
}

// HookOwner tells who an actor that made a webhook is now: with the rights of
// today, and no session. The error has a code when it is nobody any more.
func (s *Service) HookOwner(ctx context.Context, actor string) (Principal, error) {
	if id, isKey := strings.CutPrefix(actor, keyActor); isKey {
		k, err := s.APIKey(ctx, id)
		if err == nil {
			err = s.Standing(ctx, k.Principal())
		}
		return k.Principal(), err
	}
	a, err := s.Account(ctx, actor)
	if err == nil {
		err = a.standing()
	}
	return Principal{Subject: a.ID, Role: a.Role, Regions: a.Regions, Hospital: a.Hospital, Version: a.Version}, err
}

// A DueWebhook is one that is owed something.
type DueWebhook struct {
	ID      string
	Failing bool // its last attempt failed
}

// A Backlog is what a feed has after a place, as of one moment.
type Backlog struct {
	Epoch  string
	Head   feed.Head
	Events []DatedEvent // in order, without a hole; not more than was asked for
}

// A DatedEvent is an event and when it was committed, by the database's clock.
type DatedEvent struct {
	feed.Event
	At feed.Time
}

// Reset is why a reader at a place cannot go on with events and needs the whole
// state, "" when it can.
func (b Backlog) Reset(place feed.Cursor) string {
	switch {
	case place.Epoch == "":
		return feed.ReasonAsked
	case place.Epoch != b.Epoch:
		return feed.ReasonEpoch
	case place.Seq > b.Head.Seq:
		return feed.ReasonFuture
	case place.Seq+1 < b.Head.First:
		return feed.ReasonTooOld
	}
	return ""
}

// A NewWebhook is what is needed to make one.
type NewWebhook struct {
	ID     string // UUIDv7
	Feed   string
	URL    string
	Secret []byte // sealed
}

// CreateWebhook makes a webhook of the caller. The receipt's result is its id.
// Forbidden: the caller may have none, or may not read the feed. Conflict: it
// has [MaxHooks] already.
func (s *Service) CreateWebhook(ctx context.Context, n NewWebhook) (Receipt, error) {
	call, _ := CallOf(ctx)
	if err := mayHook(call.By, n.Feed); err != nil {
		return Receipt{}, err
	}
	if call.By.Key == "" && call.By.Session == "" {
		return Receipt{}, fault.New(fault.Forbidden, "a webhook belongs to an account or an API key: a token that was made by hand is of nobody who could be asked for later")
	}
	if err := CheckHookURL(n.URL); err != nil {
		return Receipt{}, err
	}
	did := func() Deed { return Deed{Operation: "webhook.created", Subject: hookSubject(n.ID), Detail: n.Feed} }
	return s.act(ctx, did, func(ctx context.Context, tx Tx) error {
		owner := call.By.Actor()
		if have, err := tx.CountWebhooks(ctx, owner); err != nil {
			return err
		} else if have >= MaxHooks {
			return fault.New(fault.Conflict, "an account or key has at most %d webhooks: delete one first", MaxHooks)
		}
		return tx.SaveWebhook(ctx, Webhook{
			ID: n.ID, Owner: owner, Feed: n.Feed, URL: n.URL, Secret: n.Secret,
			State: HookActive, Place: feed.Cursor{Feed: n.Feed}, CreatedAt: tx.Now(), Revision: 1,
		})
	}, func() any { return Made{n.ID} })
}

func hookSubject(id string) string { return "webhook/" + id }

// mayHook decides whether somebody may have a webhook of a feed, now. It is
// asked when one is made and before each delivery.
func mayHook(p Principal, feedName string) error {
	if !p.MaySome(ManageHooks) {
		return forbidden()
	}
	return p.MayRead(feedName)
}

// MayHook is nil while deliveries of a webhook are allowed: its owner may still
// have webhooks and still read the feed.
func (w Webhook) MayHook(owner Principal) error { return mayHook(owner, w.Feed) }

// mayManage decides whether somebody may see and change a webhook: its owner,
// and who may manage all. To others it does not say whether there is one.
func (w *Webhook) mayManage(p Principal, id string) error {
	switch {
	case p.MayAll(ManageHooks) && w == nil:
		return fault.New(fault.NotFound, "there is no webhook %.40s", id)
	case p.MayAll(ManageHooks):
		return nil
	case w == nil, !p.MaySome(ManageHooks), w.Owner != p.Actor():
		return forbidden()
	}
	return nil
}

// Webhooks reads the caller's webhooks, all of them when it may manage all,
// after an id.
func (s *Service) Webhooks(ctx context.Context, after string, most int) ([]Webhook, error) {
	call, _ := CallOf(ctx)
	if !call.By.MaySome(ManageHooks) {
		return nil, forbidden()
	}
	owner := call.By.Actor()
	if call.By.MayAll(ManageHooks) {
		owner = ""
	}
	return s.store.Webhooks(ctx, owner, after, most)
}

// Webhook reads one that the caller may manage.
func (s *Service) Webhook(ctx context.Context, id string) (Webhook, error) {
	call, _ := CallOf(ctx)
	w, err := s.store.Webhook(ctx, id)
	if err != nil {
		return Webhook{}, err
	}
	if err := w.mayManage(call.By, id); err != nil {
		return Webhook{}, err
	}
	return *w, nil
}

// TestWebhook writes down that the caller tests a webhook that it may manage, and
// reads it. What is replayed was tested before.
func (s *Service) TestWebhook(ctx context.Context, id string) (Webhook, Receipt, error) {
	w, err := s.Webhook(ctx, id)
	if err != nil {
		return Webhook{}, Receipt{}, err
	}
	did := func() Deed { return Deed{Operation: "webhook.tested", Subject: hookSubject(id), Detail: w.Feed} }
	receipt, err := s.act(ctx, did, func(context.Context, Tx) error { return nil }, func() any { return Made{id} })
	return w, receipt, err
}

// DeadLetters reads those of a webhook that the caller may manage, the newest
// first, before an id.
func (s *Service) DeadLetters(ctx context.Context, id, before string, most int) ([]DeadLetter, error) {
	if _, err := s.Webhook(ctx, id); err != nil {
		return nil, err
	}
	return s.store.DeadLetters(ctx, id, before, most)
}

// A HookChange is what a person changes of a webhook; nil stays as it is.
type HookChange struct {
	ID     string
	Holds  func(revision uint64) error // refuses what was meant for another revision; nil refuses none
	URL    *string
	Paused *bool // false also takes it back from failing and from death
}

// ChangeWebhook changes one that the caller may manage, and returns it as it is
// then; after a replay as it is now.
func (s *Service) ChangeWebhook(ctx context.Context, c HookChange) (Webhook, Receipt, error) {
	if c.URL != nil {
		if err := CheckHookURL(*c.URL); err != nil {
			return Webhook{}, Receipt{}, err
		}
	}
	return s.onWebhook(ctx, c.ID, c.Holds, "webhook.changed", func(_ context.Context, _ Tx, w *Webhook) (string, error) {
		return c.apply(w), nil
	})
}

// apply changes a webhook and says which fields.
func (c HookChange) apply(w *Webhook) (changed string) {
	if c.URL != nil && *c.URL != w.URL {
		w.URL, changed = *c.URL, "url"
	}
	if c.Paused == nil {
		return changed
	}
	if changed != "" {
		changed += " "
	}
	if *c.Paused {
		w.State, w.Why = HookPaused, HookAsked
		return changed + "paused"
	}
	*w = w.resumed()
	return changed + "resumed"
}

// ReplayWebhook sets the place of a webhook that the caller may manage back, so
// that the event with the given number is the next that is posted; nil: the
// whole state is. A dead or failing webhook is delivered again, a paused one when
// it is resumed. It never goes forward: a target that was not given an event
// would hold another state than the feed and could not know. Invalid: the target
// has not come as far as that event. Gone: the feed no longer keeps it.
func (s *Service) ReplayWebhook(ctx context.Context, id string, seq *uint64) (Webhook, Receipt, error) {
	return s.onWebhook(ctx, id, nil, "webhook.replayed", func(ctx context.Context, tx Tx, w *Webhook) (string, error) {
		if w.State != HookPaused {
			*w = w.resumed()
		}
		if seq == nil {
			w.Place = feed.Cursor{Feed: w.Feed}
			return "all", nil
		}
		head, epoch, err := tx.FeedHead(ctx, w.Feed)
		if err != nil {
			return "", err
		}
		if err := (Backlog{Epoch: epoch, Head: head}).replayable(w.Place, *seq); err != nil {
			return "", err
		}
		w.Place.Seq = *seq - 1
		return fmt.Sprintf("from %d", *seq), nil
	})
}

func (b Backlog) replayable(place feed.Cursor, seq uint64) error {
	switch {
	case place.Epoch != b.Epoch:
		return fault.Bad("seq", "the target has no event of this history: replay without seq, from the whole state")
	case seq == 0 || seq > place.Seq+1:
		return fault.Bad("seq", "the target has taken events up to %d: replay from 1 to %d, or without seq from the whole state", place.Seq, place.Seq+1)
	case seq < b.Head.First:
		return &fault.Error{Code: fault.Gone, Field: "seq", Message: fmt.Sprintf("the oldest event that the feed keeps is %d: replay from there, or without seq from the whole state", b.Head.First)}
	}
	return nil
}

// DropWebhook deletes one that the caller may manage, and its dead letters. holds
// as in [HookChange].
func (s *Service) DropWebhook(ctx context.Context, id string, holds func(revision uint64) error) (Receipt, error) {
	call, _ := CallOf(ctx)
	did := func() Deed { return Deed{Operation: "webhook.deleted", Subject: hookSubject(id)} }
	return s.act(ctx, did, func(ctx context.Context, tx Tx) error {
		w, err := lockManaged(ctx, tx, call.By, id, holds)
		if err != nil {
			return err
		}
		if err := tx.DropWebhook(ctx, id); err != nil {
			return err
		}
		return tellDeath(tx, w, Webhook{ID: id})
	}, nil)
}

// onWebhook carries out a command on one webhook. The change says what of it
// changed.
func (s *Service) onWebhook(ctx context.Context, id string, holds func(revision uint64) error, operation string, change func(context.Context, Tx, *Webhook) (string, error)) (after Webhook, _ Receipt, _ error) {
	call, _ := CallOf(ctx)
	var detail string
	did := func() Deed { return Deed{Operation: operation, Subject: hookSubject(id), Detail: detail} }
	receipt, err := s.act(ctx, did, func(ctx context.Context, tx Tx) error {
		before, err := lockManaged(ctx, tx, call.By, id, holds)
		if err != nil {
			return err
		}
		after = before
		if detail, err = change(ctx, tx, &after); err != nil {
			return err
		}
		after.Revision++
		if err := tx.SaveWebhook(ctx, after); err != nil {
			return err
		}
		return tellDeath(tx, before, after)
	}, func() any { return Made{id} })
	if err == nil && receipt.Replayed {
		after, err = s.Webhook(ctx, id)
	}
	return after, receipt, err
}

func lockManaged(ctx context.Context, tx Tx, by Principal, id string, holds func(revision uint64) error) (Webhook, error) {
	w, err := tx.LockWebhook(ctx, id)
	if err != nil {
		return Webhook{}, err
	}
	if err := w.mayManage(by, id); err != nil {
		return Webhook{}, err
	}
	if holds != nil {
		if err := holds(w.Revision); err != nil {
			return Webhook{}, err
		}
	}
	return *w, nil
}

// tellDeath puts the alert of a webhook that died on the administrators' feed,
// in the transaction of its death, and takes it away with the next life.
func tellDeath(tx Tx, before, after Webhook) error {
	key := alertKey + hookSubject(after.ID)
	switch {
	case after.State == HookDead && before.State != HookDead:
		return tx.Put(string(feed.Admin), key, alertValue{Alert{
			Severity: Warning,
			Text:     fmt.Sprintf("the target of %s (%s) took nothing for a day and is sent nothing any more: look at its dead letters, then resume or replay it", hookSubject(after.ID), after.Feed),
		}, tx.Now()})
	case before.State == HookDead && after.State != HookDead:
		return tx.Remove(string(feed.Admin), key)
	}
	return nil
}
