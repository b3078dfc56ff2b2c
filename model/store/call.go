package store

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"weer/model"
	"weer/model/feed"
)

// auditRow is one entry of the audit. It is written once and never changed; what
// chains it to the others stands in a table of its own.
type auditRow struct {
	bun.BaseModel `bun:"table:audit"`

	ID        string `bun:",pk"` // UUIDv7
	At        feed.Time
	Actor     string
	Origin    string // the caller's address
	Subject   string
	Operation string
	Detail    string
	Reason    string
	Request   string
}

// commandRow is what a command came to, under its caller's key.
type commandRow struct {
	bun.BaseModel `bun:"table:command"`

	Actor     string `bun:",pk"`
	Key       string `bun:",pk"`
	Holder    string // the try that wrote it
	Digest    string
	Result    string
	Refusal   string // JSON; "" when it was carried out
	CreatedAt feed.Time
}

func (r commandRow) remembered() model.Remembered {
	return model.Remembered{Digest: r.Digest, Result: json.RawMessage(r.Result), Refusal: json.RawMessage(r.Refusal)}
}

// errTwin makes a transaction run again whose twin was faster.
var errTwin = errors.New("another transaction has the command's key")

// Recall reads what a command came to; see [model.Store].
func (db *DB) Recall(ctx context.Context, actor, key string) (*model.Remembered, error) {
	return recall(ctx, db.r, actor, key)
}

// Recall reads what a command came to; see [model.Tx].
func (t *tx) Recall(ctx context.Context, actor, key string) (*model.Remembered, error) {
	if t.failed != nil {
		return nil, t.failed
	}
	held, err := recall(ctx, t.q, actor, key)
	return held, t.fail(err)
}

func recall(ctx context.Context, q bun.IDB, actor, key string) (*model.Remembered, error) {
	read := q.NewSelect().Where("actor = ?", actor).Where("? = ?", bun.Ident("key"), key)
	return one(ctx, read, new(commandRow), commandRow.remembered)
}

// Sign writes down what a call did; see [model.Tx].
func (t *tx) Sign(ctx context.Context, call model.Call, did model.Deed, result json.RawMessage) error {
	if t.failed != nil {
		return t.failed
	}
	actor := actorOf(call)
	entry := auditRow{
		ID: uuid.Must(uuid.NewV7()).String(), At: t.now, Actor: actor, Origin: call.From,
		Subject: did.Subject, Operation: did.Operation, Detail: did.Detail, Reason: call.Reason, Request: call.Request,
	}
	if _, err := t.q.NewInsert().Model(&entry).Exec(ctx); err != nil {
		return t.fail(err)
	}
	if _, err := t.q.NewInsert().Model(&openRow{EntryID: entry.ID}).Exec(ctx); err != nil {
		return t.fail(err)
	}
	if call.Key == "" {
		return nil
	}
	return t.fail(t.remember(ctx, commandRow{
		Actor: actor, Key: call.Key, Holder: entry.ID, Digest: call.Digest, Result: string(result), CreatedAt: t.now,
	}))
}

// Refuse keeps a refusal under its command's key; see [model.Tx].
func (t *tx) Refuse(ctx context.Context, call model.Call, refusal json.RawMessage) error {
	if t.failed != nil {
		return t.failed
	}
	return t.fail(t.remember(ctx, commandRow{
		Actor: actorOf(call), Key: call.Key, Holder: uuid.Must(uuid.NewV7()).String(), Digest: call.Digest, Refusal: string(refusal), CreatedAt: t.now,
	}))
}

// actorOf names who calls.
func actorOf(call model.Call) string {
	switch {
	case call.By.Subject != "" || call.By.Key != "":
		return call.By.Actor()
	case call.Request != "":
		return "anonymous" // whoever signs up, or tries to sign in
	}
	return "system"
}

// remember writes the command's row unless another transaction has: an upsert
// that changes nothing waits for that one, and what is read then is its row.
func (t *tx) remember(ctx context.Context, r commandRow) error {
	_, err := t.q.NewInsert().Model(&r).On(conflict(t.db, "actor", "key")).Set("holder = holder").Exec(ctx)
	if err != nil {
		return err
	}
	var holder string
	err = t.q.NewSelect().Model((*commandRow)(nil)).Column("holder").
		Where("actor = ?", r.Actor).Where("? = ?", bun.Ident("key"), r.Key).Scan(ctx, &holder)
	if err == nil && holder != r.Holder {
		return errTwin
	}
	return err
}
