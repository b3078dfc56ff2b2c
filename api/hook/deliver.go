package hook

import (
	"context"
	"errors"
	"math/rand/v2"
	"runtime/debug"
	"time"

	"github.com/google/uuid"

	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
)

const (
	claimTime = model.HookClaimMS * time.Millisecond
	// lastWords is how long a claim may take to be given back, and the outcome of
	// a request to be written down, after the delivery was told to end.
	lastWords = 5 * time.Second
)

// A delivery is what one claim sends.
type delivery struct {
	*Hooks
	id, claim string
	until     time.Time // the claim's end by this node's clock, never later than by the database's
	secret    []byte
	outcome   outcome
}

// deliver sends what a webhook is owed for as long as the claim is had, the
// target takes it, and there is more.
func (h *Hooks) deliver(ctx context.Context, id string) (o outcome) {
	defer func() {
		if p := recover(); p != nil {
			h.tally.panics.Add(1)
			h.Log.Error("a delivery panicked", "webhook", id, "panic", p, "stack", string(debug.Stack()))
			o = held // and the claim ends by itself
		}
	}()
	d := &delivery{Hooks: h, id: id, claim: uuid.Must(uuid.NewV7()).String(), until: time.Now().Add(claimTime)}
	w, err := h.Work.ClaimWebhook(ctx, id, d.claim)
	if err == nil && w != nil {
		err = d.run(ctx, *w)
	}
	if err != nil && ctx.Err() == nil {
		h.tally.held.Add(1)
		h.Log.Warn("a webhook could not be delivered, by no fault of its target", "webhook", id, "error", err)
		return held
	}
	return d.outcome
}

// run sends until nothing is owed. An error is none of the target's; the claim
// is given back then, too.
func (d *delivery) run(ctx context.Context, w model.Webhook) (err error) {
	if d.secret, err = d.Keys.Unwrap(ctx, about(w.ID), w.Secret); err != nil {
		return errors.Join(err, d.release(ctx))
	}
	for w.Claim == d.claim {
		next, err := d.step(ctx, w)
		if err != nil {
			return errors.Join(err, d.release(ctx))
		}
		if next == nil {
			return nil
		}
		w = *next
	}
	return nil
}

// step sends one request and returns the webhook after it; nil when the claim is
// over.
func (d *delivery) step(ctx context.Context, w model.Webhook) (*model.Webhook, error) {
	if gone, err := d.ownerGone(ctx, w); gone || err != nil {
		return nil, err
	}
	m, err := d.owed(ctx, w)
	if err != nil {
		return nil, err
	}
	if len(m.events) == 0 || time.Until(d.until) < postTime {
		return nil, d.release(ctx)
	}
	a, err := d.poster.post(ctx, w.URL, d.secret, m)
	if err != nil {
		return nil, err
	}
	if a.status == 0 && ctx.Err() != nil { // this node stops: the target has done nothing wrong
		return nil, d.release(ctx)
	}
	return d.settle(ctx, w, m, a)
}

// ownerGone pauses a webhook whose owner may no longer have it.
func (d *delivery) ownerGone(ctx context.Context, w model.Webhook) (gone bool, err error) {
	owner, err := d.Owner(ctx, w.Owner)
	if err == nil {
		err = w.MayHook(owner)
	}
	if err == nil || unknown(err) {
		return false, err
	}
	d.tally.suspended.Add(1)
	d.Log.Info("a webhook is paused: its owner may no longer have it", "webhook", d.id)
	return true, d.Work.SuspendWebhook(ctx, d.id, d.claim)
}

// unknown reports whether an error of Owner leaves it open who the owner is.
func unknown(err error) bool {
	var told *fault.Error
	return !errors.As(err, &told) || told.Code == fault.Unavailable || told.Code == fault.Timeout || told.Code == fault.Internal
}

// owed makes the next message; it has no events when nothing is owed.
func (d *delivery) owed(ctx context.Context, w model.Webhook) (message, error) {
	b, err := d.Work.Backlog(ctx, w.Place, maxEvents)
	if err != nil {
		return message{}, err
	}
	reason := b.Reset(w.Place)
	if reason == "" {
		if len(b.Events) > 0 || w.Place.Seq == b.Head.Seq {
			return eventsOf(w, b), nil
		}
		reason = feed.ReasonTooOld // the log has lost what comes next: as if it were pruned
	}
	s, err := d.Snapshot(ctx, w.Feed)
	if err != nil {
		return message{}, err
	}
	return resetOf(w, s, reason, time.Now()), nil
}

// settle writes down what came of a request, also when this node stops
// meanwhile.
func (d *delivery) settle(ctx context.Context, w model.Webhook, m message, a answer) (*model.Webhook, error) {
	d.tally.count(m, a)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWords)
	defer cancel()
	until := time.Now().Add(claimTime)
	after, err := d.Work.SettleWebhook(ctx, d.id, d.claim, model.HookAttempt{
		From: w.Place, To: m.to, Status: a.status, Failure: a.failure, RetryAfter: a.retryAfter,
		Spread: rand.Float64(), More: m.more,
	})
	if err != nil {
		return nil, err
	}
	d.until = until
	if a.failure == "" {
		d.outcome = moved
	} else {
		d.outcome = idle
	}
	d.note(after, a)
	return after, nil
}

// note tells the log of a state that a person has to end.
func (d *delivery) note(after *model.Webhook, a answer) {
	switch {
	case after == nil:
		d.tally.lost.Add(1)
		d.Log.Warn("a delivery took longer than its claim: what it sent is sent again", "webhook", d.id)
	case a.failure != "" && after.State == model.HookDead:
		d.tally.dead.Add(1)
		d.Log.Warn("a webhook is dead: its target took nothing for a day", "webhook", d.id, "status", a.status, "failure", a.failure)
	case a.failure != "" && after.State == model.HookPaused && after.Why == model.HookGone:
		d.Log.Info("a webhook is paused: its target is gone for good", "webhook", d.id)
	}
}

// release gives the claim back, also when this node stops.
func (d *delivery) release(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWords)
	defer cancel()
	return d.Work.ReleaseWebhook(ctx, d.id, d.claim)
}
