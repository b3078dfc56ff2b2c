package hook

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
)

// A base is a database in memory, with one feed and this bubble's clock.
type base struct {
	model.Store
	mu      sync.Mutex
	epoch   string
	hooks   map[string]model.Webhook
	letters []model.DeadLetter
	deeds   []string
	alerts  map[string]bool
	state   *feed.State
	first   uint64
	events  []model.DatedEvent
}

func newBase() *base {
	b := &base{epoch: "00000000000000e1", hooks: map[string]model.Webhook{}, alerts: map[string]bool{}, state: feed.NewState(true), first: 1}
	b.state.Load(b.epoch, 0, nil)
	return b
}

func (b *base) Publish(...feed.Hint) {}

func (b *base) now() feed.Time { return feed.At(time.Now()) }

func (b *base) head() feed.Head { return feed.Head{Feed: region, Seq: b.state.Seq(), First: b.first} }

// Write keeps nothing of a change that fails.
func (b *base) Write(ctx context.Context, change func(context.Context, model.Tx) error) (string, []feed.Event, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return "", nil, fault.Wrap(fault.Timeout, err, "the time was over")
	}
	hooks, letters, deeds := maps.Clone(b.hooks), b.letters, b.deeds
	if err := change(ctx, &baseTx{base: b}); err != nil {
		b.hooks, b.letters, b.deeds = hooks, letters, deeds
		return "", nil, err
	}
	return b.epoch, nil, nil
}

func (b *base) Webhook(_ context.Context, id string) (*model.Webhook, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if w, ok := b.hooks[id]; ok {
		return &w, nil
	}
	return nil, nil
}

func (b *base) DueWebhooks(ctx context.Context, most int) (due []model.DueWebhook, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, id := range slices.Sorted(maps.Keys(b.hooks)) {
		w := b.hooks[id]
		owed := w.Place.Epoch != b.epoch || w.Place.Seq != b.state.Seq()
		if owed && (w.State == model.HookActive || w.State == model.HookFailing) && w.DueAt <= b.now() && w.ClaimedUntil <= b.now() && len(due) < most {
			due = append(due, model.DueWebhook{ID: id, Failing: w.Failures > 0})
		}
	}
	return due, ctx.Err()
}

func (b *base) Backlog(_ context.Context, place feed.Cursor, most int) (model.Backlog, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	log := model.Backlog{Epoch: b.epoch, Head: b.head()}
	for _, e := range b.events {
		if e.To == place.Seq+1+uint64(len(log.Events)) && len(log.Events) < most {
			log.Events = append(log.Events, e)
		}
	}
	return log, nil
}

func (b *base) snapshot(context.Context, string) (feed.Snapshot, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return feed.Snapshot{Head: b.head(), Epoch: b.epoch, Digest: b.state.Digest(), Entries: b.state.Since(0)}, nil
}

// put moves the feed by one event; a negative value removes the key.
func (b *base) put(key string, value int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	seq := b.state.Seq() + 1
	e := feed.Entry{Key: key, Seq: seq, Value: json.RawMessage(fmt.Sprint(value))}
	if value < 0 {
		e.Gone, e.Value = true, nil
	}
	if _, err := b.state.Apply(seq, seq, []feed.Entry{e}); err != nil {
		panic(err)
	}
	keys, _ := json.Marshal([]feed.Entry{e})
	b.events = append(b.events, model.DatedEvent{
		Event: feed.Event{Feed: region, From: seq, To: seq, Digest: b.state.Digest(), Keys: keys}, At: b.now(),
	})
}

// prune forgets all events but the newest.
func (b *base) prune() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if n := len(b.events); n > 0 {
		b.events = b.events[n-1:]
		b.first = b.events[0].To
		b.state.Bury(b.first)
	}
}

// restore gives the history a new name.
func (b *base) restore(epoch string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.epoch = epoch
}

// held is what the feed holds.
func (b *base) held() (feed.Cursor, map[string]string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	keys := map[string]string{}
	for _, e := range b.state.Live() {
		keys[e.Key] = string(e.Value)
	}
	return feed.Cursor{Feed: region, Epoch: b.epoch, Seq: b.state.Seq()}, keys
}

type baseTx struct {
	*base
	model.Tx
}

func (t *baseTx) Now() feed.Time { return t.now() }

func (t *baseTx) LockWebhook(_ context.Context, id string) (*model.Webhook, error) {
	if w, ok := t.hooks[id]; ok {
		return &w, nil
	}
	return nil, nil
}

func (t *baseTx) SaveWebhook(_ context.Context, w model.Webhook) error {
	t.hooks[w.ID] = w
	return nil
}

func (t *baseTx) AddDeadLetter(_ context.Context, d model.DeadLetter) error {
	t.letters = append(t.letters, d)
	return nil
}

// Holder is nothing that could be taken back: who owns webhooks is not in here.
func (t *baseTx) Holder(context.Context, model.Principal) (model.Holder, error) {
	return model.Holder{}, nil
}

func (t *baseTx) CountWebhooks(context.Context, string) (int, error) { return 0, nil }

func (t *baseTx) FeedHead(context.Context, string) (feed.Head, string, error) {
	return t.head(), t.epoch, nil
}

func (t *baseTx) Sign(_ context.Context, _ model.Call, did model.Deed, _ json.RawMessage) error {
	t.deeds = append(t.deeds, did.Operation)
	return nil
}

func (t *baseTx) Put(_, key string, _ any) error { t.alerts[key] = true; return nil }
func (t *baseTx) Remove(_, key string) error     { delete(t.alerts, key); return nil }

// A bubble is hooks and receivers in a bubble of synctest.
type bubble struct {
	t      *testing.T
	base   *base
	wire   *wire
	owners *owners
	chest  *chest
	work   *model.Service
}

func newBubble(t *testing.T) *bubble {
	b := &bubble{t: t, base: newBase(), wire: &wire{hosts: map[string]*pipes{}}, owners: newOwners(), chest: newChest(t)}
	b.work = model.NewService(b.base, b.base)
	return b
}

// node makes hooks that post over the wire.
func (b *bubble) node(work Work) *Hooks {
	h := New(Options{Work: work, Snapshot: b.base.snapshot, Keys: b.chest, Owner: b.owners.ask, Networks: loopback, Plain: true, Build: "test"})
	for scheme := range h.poster.clients {
		h.poster.clients[scheme] = newClient(b.wire.dial, nil)
	}
	return h
}

// run runs hooks until the test ends, or stop is called.
func (b *bubble) run(h *Hooks) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := h.Run(ctx); err != nil {
			b.t.Error(err)
		}
	}()
	var once sync.Once
	stop = func() { once.Do(func() { cancel(); <-done }) }
	b.t.Cleanup(stop)
	return stop
}

// hook makes a webhook whose target is a new receiver.
func (b *bubble) hook(h *Hooks, host string) (id string, r *receiver) {
	b.t.Helper()
	r = newReceiver(b.t)
	b.wire.serve(b.t, host, r)
	w, secret, _, err := h.Create(asKey(context.Background()), region, "http://"+host+"/")
	if err != nil {
		b.t.Fatal(err)
	}
	r.secret = secret
	return w.ID, r
}

func (b *bubble) webhook(id string) model.Webhook {
	b.t.Helper()
	w, err := b.base.Webhook(context.Background(), id)
	if err != nil || w == nil {
		b.t.Fatal(err)
	}
	return *w
}

// same fails unless a receiver holds exactly what the feed holds.
func (b *bubble) same(r *receiver) {
	b.t.Helper()
	at, have := r.held()
	head, want := b.base.held()
	if at != head || !maps.Equal(have, want) {
		b.t.Errorf("the receiver holds %v at %+v, the feed %v at %+v", have, at, want, head)
	}
}
