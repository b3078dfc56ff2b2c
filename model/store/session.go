package store

import (
	"context"

	"github.com/uptrace/bun"

	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
)

type sessionRow struct {
	bun.BaseModel `bun:"table:session"`

	ID        string `bun:",pk"`
	Locks     int64
	Account   string
	Unit      string
	Level     uint64
	LevelAt   feed.Time
	UsedLevel uint64
	Version   uint64
	Cut       fault.Code
	Ended     fault.Code
	Origin    string
	Agent     string
	CreatedAt feed.Time
	UsedAt    feed.Time
}

func newSessionRow(s model.Session) sessionRow {
	return sessionRow{
		ID: s.ID, Locks: 1, Account: s.Account, Unit: s.Unit, Level: s.Level, LevelAt: s.LevelAt, UsedLevel: s.Used, Version: s.Version,
		Cut: s.Cut, Ended: s.Ended, Origin: s.From, Agent: s.Agent, CreatedAt: s.CreatedAt, UsedAt: s.UsedAt,
	}
}

func (r sessionRow) session() model.Session {
	return model.Session{
		ID: r.ID, Account: r.Account, Unit: r.Unit, Level: r.Level, LevelAt: r.LevelAt, Used: r.UsedLevel, Version: r.Version,
		Cut: r.Cut, Ended: r.Ended, From: r.Origin, Agent: r.Agent, CreatedAt: r.CreatedAt, UsedAt: r.UsedAt,
	}
}

// refreshRow is a refresh token by its hash. Used ones stay until the session
// is forgotten: that one was used twice can only be seen while it is known.
type refreshRow struct {
	bun.BaseModel `bun:"table:refresh_token"`

	Session string `bun:",pk"`
	Hash    string `bun:",pk"`
	Level   uint64
}

// Session reads one; see [model.AccountStore].
func (db *DB) Session(ctx context.Context, id string) (*model.Session, error) {
	return readSession(ctx, db.r, id)
}

func readSession(ctx context.Context, q bun.IDB, id string) (*model.Session, error) {
	return one(ctx, q.NewSelect().Where("id = ?", id), new(sessionRow), sessionRow.session)
}

// SessionsOf reads an account's; see [model.AccountStore].
func (db *DB) SessionsOf(ctx context.Context, account string) ([]model.Session, error) {
	read := db.r.NewSelect().Where("account = ?", account).Where("ended = ''").OrderExpr("id DESC")
	return all(ctx, read, sessionRow.session)
}

// Holder reads what a principal's rights hang on; see [model.AccountStore].
func (db *DB) Holder(ctx context.Context, p model.Principal) (model.Holder, error) {
	return readHolder(ctx, db.r, p)
}

// Holder reads what a principal's rights hang on; see [model.AccountTx].
func (t *tx) Holder(ctx context.Context, p model.Principal) (model.Holder, error) {
	if t.failed != nil {
		return model.Holder{}, t.failed
	}
	h, err := readHolder(ctx, t.q, p)
	return h, t.fail(err)
}

func readHolder(ctx context.Context, q bun.IDB, p model.Principal) (h model.Holder, err error) {
	if p.Key != "" {
		h.Key, err = readAPIKey(ctx, q, p.Key)
		return h, err
	}
	if h.Session, err = readSession(ctx, q, p.Session); err == nil && h.Session != nil {
		h.Account, err = readAccount(ctx, q, h.Session.Account)
	}
	return h, err
}

// LockSession locks the session's account and then the session; see
// [model.AccountTx].
func (t *tx) LockSession(ctx context.Context, id string) (*model.Session, *model.Account, error) {
	if t.failed != nil {
		return nil, nil, t.failed
	}
	s, err := readSession(ctx, t.q, id)
	if err != nil || s == nil {
		return nil, nil, t.fail(err)
	}
	a, err := t.LockAccount(ctx, s.Account)
	if err != nil {
		return nil, nil, err
	}
	if err := t.lockRow(ctx, "UPDATE session SET locks = locks + 1 WHERE id = ?", id); err != nil {
		return nil, nil, err
	}
	s, err = readSession(ctx, t.q, id)
	return s, a, t.fail(err)
}

// LockSessionsOf locks an account's; see [model.AccountTx].
func (t *tx) LockSessionsOf(ctx context.Context, account string) ([]model.Session, error) {
	if err := t.lockRow(ctx, "UPDATE session SET locks = locks + 1 WHERE account = ? AND ended = ''", account); err != nil {
		return nil, err
	}
	read := t.q.NewSelect().Where("account = ?", account).Where("ended = ''").OrderExpr("id")
	found, err := all(ctx, read, sessionRow.session)
	return found, t.fail(err)
}

// SaveSession stores one; see [model.AccountTx].
func (t *tx) SaveSession(ctx context.Context, s model.Session) error {
	if t.failed != nil {
		return t.failed
	}
	row := newSessionRow(s)
	return t.fail(upsert(ctx, t.db, t.q, []sessionRow{row}, []string{"id"}, t.changing(row, "account", "origin", "agent", "created_at")...))
}

// AddRefresh keeps a refresh token's hash; see [model.AccountTx].
func (t *tx) AddRefresh(ctx context.Context, session, hash string, level uint64) error {
	if t.failed != nil {
		return t.failed
	}
	_, err := t.q.NewInsert().Model(&refreshRow{Session: session, Hash: hash, Level: level}).Exec(ctx)
	return t.fail(err)
}

// Refresh finds a refresh token by its hash; see [model.AccountTx].
func (t *tx) Refresh(ctx context.Context, session, hash string) (level uint64, ok bool, err error) {
	if t.failed != nil {
		return 0, false, t.failed
	}
	read := t.q.NewSelect().Where("session = ?", session).Where("hash = ?", hash)
	held, err := one(ctx, read, new(refreshRow), func(r refreshRow) uint64 { return r.Level })
	if err != nil || held == nil {
		return 0, false, t.fail(err)
	}
	return *held, true, nil
}

// Now is the database's clock; see [model.AccountStore].
func (db *DB) Now(ctx context.Context) (feed.Time, error) {
	m, err := readMeta(ctx, db.r, db.clock())
	return m.Now, err
}

// StaleCuts finds keys of the system feed that are as old as that; see
// [model.AccountStore]. A key's age is that of the event that put it.
func (db *DB) StaleCuts(ctx context.Context, keepMS int64) (keys []string, err error) {
	err = db.r.NewRaw("SELECT k.? FROM feed_key AS k LEFT JOIN feed_event AS e ON e.feed = k.feed AND e.seq = k.seq"+
		" WHERE k.feed = ? AND k.gone = ? AND (e.created_at IS NULL OR e.created_at < ? - ?) ORDER BY k.? LIMIT ?",
		bun.Ident("key"), string(feed.System), false, bun.Safe(db.clock()), keepMS, bun.Ident("key"), pruneEvents).Scan(ctx, &keys)
	return keys, err
}
