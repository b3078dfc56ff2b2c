package store

import (
	"context"

	"github.com/uptrace/bun"

	"weer/model"
	"weer/model/feed"
)

type apiKeyRow struct {
	bun.BaseModel `bun:"table:api_key"`

	ID        string `bun:",pk"`
	Locks     int64
	Name      string
	Hash      string
	Scopes    string // with commas
	Hospital  string
	CreatedBy string
	CreatedAt feed.Time
	ExpiresAt feed.Time
	RevokedAt feed.Time
	UsedAt    feed.Time
}

func newAPIKeyRow(k model.APIKey) apiKeyRow {
	r := apiKeyRow{
		ID: k.ID, Locks: 1, Name: k.Name, Hash: k.Hash, Hospital: k.Hospital, CreatedBy: k.CreatedBy,
		CreatedAt: k.CreatedAt, ExpiresAt: k.ExpiresAt, RevokedAt: k.RevokedAt, UsedAt: k.UsedAt,
	}
	for i, scope := range k.Scopes {
		if i > 0 {
			r.Scopes += ","
		}
		r.Scopes += string(scope)
	}
	return r
}

func (r apiKeyRow) key() model.APIKey {
	k := model.APIKey{
		ID: r.ID, Name: r.Name, Hash: r.Hash, Hospital: r.Hospital, CreatedBy: r.CreatedBy,
		CreatedAt: r.CreatedAt, ExpiresAt: r.ExpiresAt, RevokedAt: r.RevokedAt, UsedAt: r.UsedAt,
	}
	for _, scope := range list(r.Scopes) {
		k.Scopes = append(k.Scopes, model.Right(scope))
	}
	return k
}

// APIKey reads one; see [model.AccountStore].
func (db *DB) APIKey(ctx context.Context, id string) (*model.APIKey, error) {
	return readAPIKey(ctx, db.r, id)
}

func readAPIKey(ctx context.Context, q bun.IDB, id string) (*model.APIKey, error) {
	return one(ctx, q.NewSelect().Where("id = ?", id), new(apiKeyRow), apiKeyRow.key)
}

// APIKeys reads a page; see [model.AccountStore].
func (db *DB) APIKeys(ctx context.Context, after string, most int) ([]model.APIKey, error) {
	return all(ctx, db.r.NewSelect().Where("id > ?", after).OrderExpr("id").Limit(int64(most)), apiKeyRow.key)
}

// KeyUsed notes a key's use; see [model.AccountStore].
func (db *DB) KeyUsed(ctx context.Context, id string) error {
	return db.transact(ctx, func(ctx context.Context, q bun.Tx) error {
		_, err := q.NewRaw("UPDATE api_key SET used_at = ? WHERE id = ?", bun.Safe(db.clock()), id).Exec(ctx)
		return err
	})
}

// LockAPIKey locks one; see [model.AccountTx].
func (t *tx) LockAPIKey(ctx context.Context, id string) (*model.APIKey, error) {
	if err := t.lockRow(ctx, "UPDATE api_key SET locks = locks + 1 WHERE id = ?", id); err != nil {
		return nil, err
	}
	k, err := readAPIKey(ctx, t.q, id)
	return k, t.fail(err)
}

// SaveAPIKey stores one; see [model.AccountTx].
func (t *tx) SaveAPIKey(ctx context.Context, k model.APIKey) error {
	if t.failed != nil {
		return t.failed
	}
	return t.fail(upsert(ctx, t.db, t.q, []apiKeyRow{newAPIKeyRow(k)}, []string{"id"}, "revoked_at"))
}
