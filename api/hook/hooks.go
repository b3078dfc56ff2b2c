package hook

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/semaphore"
	"golang.org/x/time/rate"

	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
	"weer/model/seal"
)

// Work is what webhooks need of the domain: [model.Service].
type Work interface {
	CreateWebhook(ctx context.Context, n model.NewWebhook) (model.Receipt, error)
	ChangeWebhook(ctx context.Context, c model.HookChange) (model.Webhook, model.Receipt, error)
	Webhook(ctx context.Context, id string) (model.Webhook, error)
	TestWebhook(ctx context.Context, id string) (model.Webhook, model.Receipt, error)

	DueWebhooks(ctx context.Context, most int) ([]model.DueWebhook, error)
	Backlog(ctx context.Context, place feed.Cursor, most int) (model.Backlog, error)
	ClaimWebhook(ctx context.Context, id, claim string) (*model.Webhook, error)
	SettleWebhook(ctx context.Context, id, claim string, a model.HookAttempt) (*model.Webhook, error)
	SuspendWebhook(ctx context.Context, id, claim string) error
	ReleaseWebhook(ctx context.Context, id, claim string) error
}

// Options of New. All but Networks, Plain, Build and Log are needed.
type Options struct {
	Work     Work
	Snapshot func(ctx context.Context, feedName string) (feed.Snapshot, error)
	// Keys wraps the secrets, so that whoever has the database alone can sign
	// nothing.
	Keys seal.KeyService
	// Owner tells who an actor ([model.Principal.Actor]) is now. With the code
	// Unavailable, Timeout or Internal, or an error without a code, that is not
	// known now and nothing is sent; with any other the actor is nobody any more.
	Owner func(ctx context.Context, actor string) (model.Principal, error)

	Networks []netip.Prefix // targets that are allowed though they are not public
	Plain    bool           // http is allowed to any target, as in a simulated WeER
	Build    string         // in User-Agent
	Log      *slog.Logger   // nil: silent
}

// Hooks makes webhooks and delivers them. See the package's comment.
type Hooks struct {
	Options
	targets targets
	poster  *poster

	wake  chan struct{}
	paced *rate.Limiter // of looking
	lanes map[bool]*semaphore.Weighted

	pings *semaphore.Weighted
	tally tally

	mu      sync.Mutex
	busy    map[string]struct{}  // webhooks that this node delivers now
	held    map[string]time.Time // and those that it leaves alone until then
	crowded bool                 // something had no room at the last look
}

// Deliveries of one node at once: of webhooks whose last attempt did not fail,
// and of those whose did.
const (
	soundLane   = 64
	failingLane = 16
	pingLane    = 4
)

// pingTime is for a test: whoever asked for it waits, and no longer than a
// request of theirs may take.
const pingTime = 4 * time.Second

// New makes hooks; nothing is sent before Run.
func New(o Options) *Hooks {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	t := newTargets(o.Networks, o.Plain)
	return &Hooks{
		Options: o, targets: t, poster: newPoster(t, "WeER/"+o.Build),
		wake: make(chan struct{}, 1), paced: rate.NewLimiter(rate.Every(leastGap), 1),
		lanes: map[bool]*semaphore.Weighted{false: semaphore.NewWeighted(soundLane), true: semaphore.NewWeighted(failingLane)},
		pings: semaphore.NewWeighted(pingLane), busy: map[string]struct{}{}, held: map[string]time.Time{},
	}
}

// about is what a wrapped secret is bound to: it unwraps for no other webhook.
func about(webhook string) string { return "webhook|secret|" + webhook }

// Create makes a webhook of the context's caller and returns it with its secret,
// in the form of Standard Webhooks (whsec_…). Nobody is told the secret again,
// except whoever repeats the command with its key.
func (h *Hooks) Create(ctx context.Context, feedName, url string) (model.Webhook, string, model.Receipt, error) {
	fail := func(err error) (model.Webhook, string, model.Receipt, error) {
		return model.Webhook{}, "", model.Receipt{}, err
	}
	if err := h.targets.check(url); err != nil {
		return fail(err)
	}
	secret := seal.NewKey()
	id := uuid.Must(uuid.NewV7()).String()
	sealed, err := h.Keys.Wrap(ctx, about(id), secret)
	if err != nil {
		return fail(err)
	}
	receipt, err := h.Work.CreateWebhook(ctx, model.NewWebhook{ID: id, Feed: feedName, URL: url, Secret: sealed})
	if err != nil {
		return fail(err)
	}
	w, err := h.made(ctx, receipt)
	if err != nil {
		return fail(err)
	}
	if receipt.Replayed {
		if secret, err = h.Keys.Unwrap(ctx, about(w.ID), w.Secret); err != nil {
			return fail(err)
		}
	}
	h.Wake()
	return w, "whsec_" + base64.StdEncoding.EncodeToString(secret), receipt, nil
}

// made reads the webhook that a receipt names.
func (h *Hooks) made(ctx context.Context, r model.Receipt) (model.Webhook, error) {
	var named model.Made
	if err := json.Unmarshal(r.Result, &named); err != nil {
		return model.Webhook{}, fault.Wrap(fault.Internal, err, "the receipt names no webhook")
	}
	return h.Work.Webhook(ctx, named.ID)
}

// Change changes a webhook; see [model.Service.ChangeWebhook]. It also refuses
// a target that would never be posted to.
func (h *Hooks) Change(ctx context.Context, c model.HookChange) (model.Webhook, model.Receipt, error) {
	if c.URL != nil {
		if err := h.targets.check(*c.URL); err != nil {
			return model.Webhook{}, model.Receipt{}, err
		}
	}
	defer h.Wake()
	return h.Work.ChangeWebhook(ctx, c)
}

// A Ping is what came of a test.
type Ping struct {
	Status  int               // HTTP, 0 without an answer
	Failure model.HookFailure // "" when the target took it
	Took    time.Duration
}

// Ping posts a test to the target of a webhook that the context's caller may
// manage, whatever its state, and changes nothing of it. A command that is
// replayed posts nothing. TooManyRequests: this node sends as many tests as it
// may.
func (h *Hooks) Ping(ctx context.Context, id string) (Ping, model.Receipt, error) {
	if !h.pings.TryAcquire(1) {
		return Ping{}, model.Receipt{}, fault.New(fault.TooManyRequests, "other tests are on their way: try again in a moment")
	}
	defer h.pings.Release(1)
	w, receipt, err := h.Work.TestWebhook(ctx, id)
	if err != nil || receipt.Replayed {
		return Ping{}, receipt, err
	}
	secret, err := h.Keys.Unwrap(ctx, about(w.ID), w.Secret)
	if err != nil {
		return Ping{}, receipt, err
	}
	begun := time.Now()
	ctx, cancel := context.WithTimeout(ctx, pingTime)
	defer cancel()
	a, err := h.poster.post(ctx, w.URL, secret, pingOf(w, uuid.NewString(), begun))
	return Ping{a.status, a.failure, time.Since(begun)}, receipt, err
}
