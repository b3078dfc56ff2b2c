package store

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
)

type webhookRow struct {
	bun.BaseModel `bun:"table:webhook"`

	ID      string `bun:",pk"`
	Version int64  // counts the locks taken
	Owner   string
	Feed    string
	URL     string `bun:"url"`
	Secret  []byte // sealed

	State model.HookState
	Why   model.HookReason

	Epoch string // with Seq: how far the target has come
	Seq   uint64

	Failures     int
	FailingSince feed.Time
	LastStatus   int
	LastFailure  model.HookFailure
	TriedAt      feed.Time
	DeliveredAt  feed.Time
	DueAt        feed.Time

	Claim        string
	ClaimedUntil feed.Time

	CreatedAt feed.Time
	Revision  uint64
}

func newWebhookRow(w model.Webhook) webhookRow {
	return webhookRow{
		ID: w.ID, Version: 1, Owner: w.Owner, Feed: w.Feed, URL: w.URL, Secret: w.Secret,
		State: w.State, Why: w.Why, Epoch: w.Place.Epoch, Seq: w.Place.Seq,
		Failures: w.Failures, FailingSince: w.FailingSince, LastStatus: w.LastStatus, LastFailure: w.LastFailure,
		TriedAt: w.TriedAt, DeliveredAt: w.DeliveredAt, DueAt: w.DueAt,
		Claim: w.Claim, ClaimedUntil: w.ClaimedUntil, CreatedAt: w.CreatedAt, Revision: w.Revision,
	}
}

func (r webhookRow) webhook() model.Webhook {
	return model.Webhook{
		ID: r.ID, Owner: r.Owner, Feed: r.Feed, URL: r.URL, Secret: r.Secret,
		State: r.State, Why: r.Why, Place: feed.Cursor{Feed: r.Feed, Epoch: r.Epoch, Seq: r.Seq},
		Failures: r.Failures, FailingSince: r.FailingSince, LastStatus: r.LastStatus, LastFailure: r.LastFailure,
		TriedAt: r.TriedAt, DeliveredAt: r.DeliveredAt, DueAt: r.DueAt,
		Claim: r.Claim, ClaimedUntil: r.ClaimedUntil, CreatedAt: r.CreatedAt, Revision: r.Revision,
	}
}

type deadLetterRow struct {
	bun.BaseModel `bun:"table:dead_letter"`

	Webhook  string `bun:",pk"`
	ID       string `bun:",pk"`
	Epoch    string
	FromSeq  uint64
	ToSeq    uint64
	Attempts int
	Status   int
	Failure  model.HookFailure
	Since    feed.Time
	DiedAt   feed.Time
}

func (r deadLetterRow) letter() model.DeadLetter {
	return model.DeadLetter{
		ID: r.ID, Webhook: r.Webhook, Epoch: r.Epoch, From: r.FromSeq, To: r.ToSeq,
		Attempts: r.Attempts, Status: r.Status, Failure: r.Failure, Since: r.Since, DiedAt: r.DiedAt,
	}
}

// Webhook reads one; see [model.HookStore].
func (db *DB) Webhook(ctx context.Context, id string) (*model.Webhook, error) {
	return readWebhook(ctx, db.r, id)
}

func readWebhook(ctx context.Context, q bun.IDB, id string) (*model.Webhook, error) {
	return one(ctx, q.NewSelect().Where("id = ?", id), new(webhookRow), webhookRow.webhook)
}

// Webhooks reads those of an owner; see [model.HookStore].
func (db *DB) Webhooks(ctx context.Context, owner, after string, most int) ([]model.Webhook, error) {
	read := db.r.NewSelect().Where("id > ?", after).OrderExpr("id").Limit(int64(most))
	if owner != "" {
		read = read.Where("owner = ?", owner)
	}
	return all(ctx, read, webhookRow.webhook)
}

// DueWebhooks reads what deliveries look at; see [model.HookStore]. A webhook
// that stands at its feed's head is owed nothing.
func (db *DB) DueWebhooks(ctx context.Context, most int) ([]model.DueWebhook, error) {
	var rows []struct {
		ID       string
		Failures int
	}
	clock := bun.Safe(db.clock())
	err := db.r.NewRaw("SELECT w.id, w.failures FROM webhook AS w JOIN meta AS m ON m.name = 'epoch' LEFT JOIN feed AS f ON f.name = w.feed"+
		" WHERE w.state IN (?) AND w.due_at <= ? AND w.claimed_until <= ? AND (w.epoch <> m.value OR w.seq <> COALESCE(f.seq, 0))"+
		" ORDER BY w.due_at, w.id LIMIT ?",
		bun.List([]model.HookState{model.HookActive, model.HookFailing}), clock, clock, most).Scan(ctx, &rows)
	if err != nil {
		return nil, err
	}
	due := make([]model.DueWebhook, len(rows))
	for i, r := range rows {
		due[i] = model.DueWebhook{ID: r.ID, Failing: r.Failures > 0}
	}
	return due, nil
}

// Backlog reads what a feed has after a place; see [model.HookStore].
func (db *DB) Backlog(ctx context.Context, place feed.Cursor, most int) (b model.Backlog, err error) {
	if _, ok := feed.KindOf(place.Feed); !ok {
		return b, fault.New(fault.UnknownFeed, "feeds are named like region:11, not %.40q", place.Feed)
	}
	var rows []eventRow
	err = db.moment(ctx, func(q bun.Tx) error {
		if b.Head, b.Epoch, err = readHead(ctx, q, place.Feed); err != nil {
			return err
		}
		return q.NewSelect().Model(&rows).Where("feed = ?", place.Feed).Where("seq > ?", place.Seq).
			OrderExpr("seq").Limit(int64(most)).Scan(ctx)
	})
	if err != nil {
		return model.Backlog{}, fmt.Errorf("backlog of %s: %w", place.Feed, err)
	}
	for i, r := range rows {
		if r.Seq != place.Seq+1+uint64(i) {
			break // behind a hole
		}
		d, err := feed.ParseDigest(r.Digest)
		if err != nil {
			return model.Backlog{}, fmt.Errorf("event %d of %s: %w", r.Seq, r.Feed, err)
		}
		b.Events = append(b.Events, model.DatedEvent{
			Event: feed.Event{Feed: r.Feed, From: r.Seq, To: r.Seq, Digest: d, Keys: []byte(r.Body)}, At: r.CreatedAt,
		})
	}
	return b, nil
}

// readHead reads where a feed stands: at 0 when it never moved.
func readHead(ctx context.Context, q bun.IDB, name string) (h feed.Head, epoch string, err error) {
	h.Feed = name
	err = q.NewRaw("SELECT m.value, COALESCE(f.seq, 0), COALESCE(f.first_seq, 1) FROM meta AS m"+
		" LEFT JOIN feed AS f ON f.name = ? WHERE m.name = 'epoch'", name).Scan(ctx, &epoch, &h.Seq, &h.First)
	return h, epoch, err
}

// DeadLetters reads those of a webhook; see [model.HookStore].
func (db *DB) DeadLetters(ctx context.Context, webhook, before string, most int) ([]model.DeadLetter, error) {
	read := db.r.NewSelect().Where("webhook = ?", webhook).OrderExpr("id DESC").Limit(int64(most))
	if before != "" {
		read = read.Where("id < ?", before)
	}
	return all(ctx, read, deadLetterRow.letter)
}

// LockWebhook takes a webhook's lock and reads it; see [model.HookTx].
func (t *tx) LockWebhook(ctx context.Context, id string) (*model.Webhook, error) {
	if t.failed != nil {
		return nil, t.failed
	}
	if _, err := t.q.NewRaw("UPDATE webhook SET version = version + 1 WHERE id = ?", id).Exec(ctx); err != nil {
		return nil, t.fail(err)
	}
	w, err := readWebhook(ctx, t.q, id)
	return w, t.fail(err)
}

// SaveWebhook stores a webhook; see [model.HookTx].
func (t *tx) SaveWebhook(ctx context.Context, w model.Webhook) error {
	if t.failed != nil {
		return t.failed
	}
	return t.fail(upsert(ctx, t.db, t.q, []webhookRow{newWebhookRow(w)}, []string{"id"},
		"url", "secret", "state", "why", "epoch", "seq", "failures", "failing_since", "last_status", "last_failure",
		"tried_at", "delivered_at", "due_at", "claim", "claimed_until", "revision"))
}

// DropWebhook removes a webhook; see [model.HookTx].
func (t *tx) DropWebhook(ctx context.Context, id string) error {
	if t.failed != nil {
		return t.failed
	}
	if _, err := t.q.NewRaw("DELETE FROM webhook WHERE id = ?", id).Exec(ctx); err != nil {
		return t.fail(err)
	}
	_, err := t.q.NewRaw("DELETE FROM dead_letter WHERE webhook = ?", id).Exec(ctx)
	return t.fail(err)
}

// AddDeadLetter stores a dead letter; see [model.HookTx].
func (t *tx) AddDeadLetter(ctx context.Context, d model.DeadLetter) error {
	if t.failed != nil {
		return t.failed
	}
	r := deadLetterRow{
		Webhook: d.Webhook, ID: d.ID, Epoch: d.Epoch, FromSeq: d.From, ToSeq: d.To,
		Attempts: d.Attempts, Status: d.Status, Failure: d.Failure, Since: d.Since, DiedAt: d.DiedAt,
	}
	_, err := t.q.NewInsert().Model(&r).Exec(ctx)
	return t.fail(err)
}

// CountWebhooks counts an owner's; see [model.HookTx].
func (t *tx) CountWebhooks(ctx context.Context, owner string) (int, error) {
	if t.failed != nil {
		return 0, t.failed
	}
	count, err := t.q.NewSelect().Model((*webhookRow)(nil)).Where("owner = ?", owner).Count(ctx)
	return int(count), t.fail(err)
}

// FeedHead reads where a feed stands; see [model.HookTx].
func (t *tx) FeedHead(ctx context.Context, name string) (feed.Head, string, error) {
	if t.failed != nil {
		return feed.Head{}, "", t.failed
	}
	h, epoch, err := readHead(ctx, t.q, name)
	return h, epoch, t.fail(err)
}
