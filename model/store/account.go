package store

import (
	"context"
	"database/sql"
	"errors"
	"reflect"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
)

type accountRow struct {
	bun.BaseModel `bun:"table:user"`

	ID           string         `bun:",pk"`
	Locks        int64          // counts the locks taken
	Login        string         // as it is compared
	LoginTaken   sql.NullString // the same, unique; NULL of a sign-up
	Name         string
	Email        string
	Phone        string
	Organisation string
	Certificate  string
	Password     string

	State  model.AccountState
	Reason string
	Demo   bool

	Wanted   model.Role
	Role     model.Role
	Hospital string
	Regions  string // codes, with commas

	Version uint64
	Cut     fault.Code

	CreatedAt feed.Time
	DecidedAt feed.Time
	DecidedBy string
	SeenAt    feed.Time
	Revision  uint64
}

func newAccountRow(a model.Account) accountRow {
	r := accountRow{
		ID: a.ID, Locks: 1, Login: a.Login, Name: a.Name, Email: a.Email, Phone: a.Phone, Organisation: a.Organisation,
		Certificate: a.Certificate, Password: a.Password, State: a.State, Reason: a.Reason, Demo: a.Demo, Wanted: a.Wanted,
		Role: a.Role, Hospital: a.Hospital, Regions: strings.Join(a.Regions, ","), Version: a.Version, Cut: a.Cut,
		CreatedAt: a.CreatedAt, DecidedAt: a.DecidedAt, DecidedBy: a.DecidedBy, SeenAt: a.SeenAt, Revision: a.Revision,
	}
	if a.State == model.AccountActive || a.State == model.AccountBlocked {
		r.LoginTaken = sql.NullString{String: a.Login, Valid: true}
	}
	return r
}

func (r accountRow) account() model.Account {
	return model.Account{
		ID: r.ID, Login: r.Login, Name: r.Name, Email: r.Email, Phone: r.Phone, Organisation: r.Organisation,
		Certificate: r.Certificate, Password: r.Password, State: r.State, Reason: r.Reason, Demo: r.Demo, Wanted: r.Wanted,
		Rights:  model.Rights{Role: r.Role, Hospital: r.Hospital, Regions: list(r.Regions)},
		Version: r.Version, Cut: r.Cut,
		CreatedAt: r.CreatedAt, DecidedAt: r.DecidedAt, DecidedBy: r.DecidedBy, SeenAt: r.SeenAt, Revision: r.Revision,
	}
}

// list splits what was joined with commas; of nothing it is nil.
func list(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, ",")
}

// one reads at most one row into what it becomes; nil when there is none.
func one[R, T any](ctx context.Context, read *bun.SelectQuery, row *R, become func(R) T) (*T, error) {
	err := read.Model(row).Limit(1).Scan(ctx)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, nil
	case err != nil:
		return nil, err
	}
	t := become(*row)
	return &t, nil
}

// all reads rows into what they become.
func all[R, T any](ctx context.Context, read *bun.SelectQuery, become func(R) T) ([]T, error) {
	var rows []R
	if err := read.Model(&rows).Scan(ctx); err != nil {
		return nil, err
	}
	out := make([]T, len(rows))
	for i, r := range rows {
		out[i] = become(r)
	}
	return out, nil
}

// Account reads one; see [model.AccountStore].
func (db *DB) Account(ctx context.Context, id string) (*model.Account, error) {
	return readAccount(ctx, db.r, id)
}

func readAccount(ctx context.Context, q bun.IDB, id string) (*model.Account, error) {
	return one(ctx, q.NewSelect().Where("id = ?", id), new(accountRow), accountRow.account)
}

// AccountByLogin reads one; see [model.AccountStore].
func (db *DB) AccountByLogin(ctx context.Context, login string) (*model.Account, error) {
	read := db.r.NewSelect().Where("login = ?", login).OrderExpr("CASE WHEN login_taken IS NULL THEN 1 ELSE 0 END, id DESC")
	return one(ctx, read, new(accountRow), accountRow.account)
}

// Accounts reads those of a query; see [model.AccountStore].
func (db *DB) Accounts(ctx context.Context, q model.AccountQuery) ([]model.Account, error) {
	read := db.r.NewSelect().Limit(int64(q.Most))
	if q.State != "" {
		read = read.Where("state = ?", q.State)
	}
	if q.Role != "" {
		read = read.Where("role = ?", q.Role)
	}
	if q.Text != "" {
		part := "%" + strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(q.Text) + "%"
		read = read.Where("(login LIKE ?0 ESCAPE '!' OR name LIKE ?0 ESCAPE '!' OR organisation LIKE ?0 ESCAPE '!')", part)
	}
	if q.Newer {
		read = read.OrderExpr("id DESC")
	} else {
		read = read.OrderExpr("id")
	}
	switch {
	case q.After == "":
	case q.Newer:
		read = read.Where("id < ?", q.After)
	default:
		read = read.Where("id > ?", q.After)
	}
	return all(ctx, read, accountRow.account)
}

// LockAccount locks one; see [model.AccountTx].
func (t *tx) LockAccount(ctx context.Context, id string) (*model.Account, error) {
	if err := t.lockRow(ctx, "UPDATE ? SET locks = locks + 1 WHERE id = ?", bun.Ident("user"), id); err != nil {
		return nil, err
	}
	a, err := readAccount(ctx, t.q, id)
	return a, t.fail(err)
}

// lockRow locks a row that is no hospital's, unit's or case's, by writing it.
func (t *tx) lockRow(ctx context.Context, statement string, args ...any) error {
	if t.failed != nil {
		return t.failed
	}
	if err := t.reach(stageOther); err != nil {
		return err
	}
	_, err := t.q.NewRaw(statement, args...).Exec(ctx)
	return t.fail(err)
}

// SaveAccount stores one; see [model.AccountTx]. A demo's account is never in a
// real database.
func (t *tx) SaveAccount(ctx context.Context, a model.Account) error {
	if t.failed != nil {
		return t.failed
	}
	if a.Demo && t.db.mode != model.Simulated {
		return t.fail(fault.New(fault.Conflict, "a demo's account cannot be in a real database"))
	}
	row := newAccountRow(a)
	if row.LoginTaken.Valid {
		if err := t.fail(t.freeLogin(ctx, row)); err != nil {
			return err
		}
	}
	return t.fail(t.putAccount(ctx, row))
}

// putAccount updates or inserts. It is no upsert: MySQL's takes any unique key
// for the row's own, and would write into the account that has the login.
func (t *tx) putAccount(ctx context.Context, row accountRow) error {
	res, err := t.q.NewUpdate().Model(&row).Column(t.changing(row, "created_at", "demo", "wanted")...).WherePK().Exec(ctx)
	if err == nil {
		var n int64
		if n, err = res.RowsAffected(); err == nil && n == 0 {
			_, err = t.q.NewInsert().Model(&row).Exec(ctx)
		}
	}
	if hasNumber(err, duplicateEntry) {
		return errTwin // the next try finds the login taken
	}
	return err
}

// freeLogin refuses a login that another approved account has. What two
// transactions find free at once, the unique column refuses one of them.
func (t *tx) freeLogin(ctx context.Context, row accountRow) error {
	taken, err := t.q.NewSelect().Model((*accountRow)(nil)).Where("login_taken = ?", row.Login).Where("id <> ?", row.ID).Exists(ctx)
	if err == nil && taken {
		err = fault.New(fault.Conflict, "another account has this login: give it another one first")
	}
	return err
}

// changing are a row's columns that are overwritten: all but its key, its lock's
// counter and what stays as it was made.
func (t *tx) changing(row any, stays ...string) (columns []string) {
	for _, f := range t.q.Dialect().Tables().Get(reflect.TypeOf(row)).DataFields {
		if f.Name != "locks" && !slices.Contains(stays, f.Name) {
			columns = append(columns, f.Name)
		}
	}
	return columns
}
