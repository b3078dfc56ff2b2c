package store

import (
	"context"
	"encoding/json"

	"github.com/uptrace/bun"

	"weer/model"
	"weer/model/feed"
)

type caseRow struct {
	bun.BaseModel `bun:"table:patient_condition"`

	ID       string `bun:",pk"`
	Locks    int64
	Version  uint64
	Unit     string
	Region   string
	State    model.CaseState
	Winner   string
	KTAS     int `bun:"ktas"`
	Category string
	Kind     string
	AgeBand  string
	Sex      string
	Sealed   []byte
	Shown    bool
	Keyed    bool   // its key was not destroyed
	Changed  string // versions by part, as JSON
	Command  string
	OpenedAt feed.Time
	MovedAt  feed.Time
	ClosedAt feed.Time
}

func newCaseRow(c model.Case) caseRow {
	return caseRow{
		ID: c.ID, Locks: 1, Version: c.Version, Unit: c.Unit, Region: c.Region, State: c.State, Winner: c.Winner,
		KTAS: c.KTAS, Category: c.Category, Kind: c.Kind, AgeBand: c.AgeBand, Sex: c.Sex,
		Sealed: append([]byte{}, c.Sealed...), Shown: c.Shown, Keyed: c.Sealed != nil,
		Changed: jsonOf(c.Changed), Command: c.Command,
		OpenedAt: c.OpenedAt, MovedAt: c.MovedAt, ClosedAt: c.ClosedAt,
	}
}

func (r caseRow) become() model.Case {
	c := model.Case{
		ID: r.ID, Unit: r.Unit, Region: r.Region, Version: r.Version, State: r.State, Winner: r.Winner,
		Triage:  model.Triage{KTAS: r.KTAS, Category: r.Category, Kind: r.Kind, AgeBand: r.AgeBand, Sex: r.Sex},
		Changed: parseChanged(r.Changed), Command: r.Command,
		Shown: r.Shown, OpenedAt: r.OpenedAt, MovedAt: r.MovedAt, ClosedAt: r.ClosedAt,
	}
	if len(r.Sealed) > 0 {
		c.Sealed = r.Sealed
	}
	return c
}

// parseChanged reads at which version the parts of a case were changed.
func parseChanged(text string) (changed map[string]uint64) {
	if err := json.Unmarshal([]byte(text), &changed); err != nil || len(changed) == 0 {
		return nil // of a case that nobody has changed since they are written down
	}
	return changed
}

type caseKeyRow struct {
	bun.BaseModel `bun:"table:case_key"`

	CaseID  string `bun:",pk"`
	Wrapped []byte
}

// Case reads one; see [model.CaseStore].
func (db *DB) Case(ctx context.Context, id string) (*model.Case, error) {
	return readCase(ctx, db.r, id)
}

func readCase(ctx context.Context, q bun.IDB, id string) (*model.Case, error) {
	return one(ctx, q.NewSelect().Where("id = ?", id), new(caseRow), caseRow.become)
}

// Cases reads those of a query; see [model.CaseStore].
func (db *DB) Cases(ctx context.Context, q model.CaseQuery) ([]model.Case, error) {
	read := db.r.NewSelect().Where("id > ?", q.After).OrderExpr("id").Limit(int64(q.Most))
	if q.Units != nil {
		read = read.Where("unit IN (?)", bun.List(q.Units))
	}
	if q.Regions != nil {
		read = read.Where("region IN (?)", bun.List(q.Regions))
	}
	if q.Open {
		read = read.Where("state = ?", model.CaseOpen)
	}
	return all(ctx, read, caseRow.become)
}

// CaseKey reads a case's wrapped key; see [model.CaseStore].
func (db *DB) CaseKey(ctx context.Context, id string) ([]byte, error) {
	key, err := one(ctx, db.r.NewSelect().Where("case_id = ?", id), new(caseKeyRow), func(r caseKeyRow) []byte { return r.Wrapped })
	if err != nil || key == nil {
		return nil, err
	}
	return *key, nil
}

// StaleCases finds what is to be tidied; see [model.CaseStore].
func (db *DB) StaleCases(ctx context.Context, shownMS, keepMS int64) (hide, destroy []string, err error) {
	clock := bun.Safe(db.clock())
	err = db.r.NewRaw("SELECT id FROM patient_condition WHERE shown = ? AND state <> ? AND closed_at <= ? - ? ORDER BY id LIMIT ?",
		true, model.CaseOpen, clock, shownMS, pruneEvents).Scan(ctx, &hide)
	if err != nil {
		return nil, nil, err
	}
	err = db.r.NewRaw("SELECT id FROM patient_condition WHERE keyed = ? AND state <> ? AND closed_at <= ? - ? ORDER BY id LIMIT ?",
		true, model.CaseOpen, clock, keepMS, pruneEvents).Scan(ctx, &destroy)
	return hide, destroy, err
}

// LongCases counts cases that go on for long; see [model.CaseStore].
func (db *DB) LongCases(ctx context.Context, openMS int64) (n int, err error) {
	err = db.r.NewRaw("SELECT COUNT(*) FROM patient_condition WHERE state = ? AND opened_at <= ? - ?",
		model.CaseOpen, bun.Safe(db.clock()), openMS).Scan(ctx, &n)
	return n, err
}

// LockCase locks a case, behind its unit; see [model.CaseTx].
func (t *tx) LockCase(ctx context.Context, id string) (*model.Case, error) {
	if t.failed != nil {
		return nil, t.failed
	}
	if err := t.reach(stageCase); err != nil {
		return nil, err
	}
	if _, err := t.q.NewRaw("UPDATE patient_condition SET locks = locks + 1 WHERE id = ?", id).Exec(ctx); err != nil {
		return nil, t.fail(err)
	}
	c, err := readCase(ctx, t.q, id)
	return c, t.fail(err)
}

// SaveCase stores a case; see [model.CaseTx].
func (t *tx) SaveCase(ctx context.Context, c model.Case) error {
	if t.failed != nil {
		return t.failed
	}
	row := newCaseRow(c)
	return t.fail(upsert(ctx, t.db, t.q, []caseRow{row}, []string{"id"}, t.changing(row, "unit", "region", "opened_at")...))
}

// AddCaseKey keeps a wrapped key; see [model.CaseTx].
func (t *tx) AddCaseKey(ctx context.Context, id string, wrapped []byte) error {
	if t.failed != nil {
		return t.failed
	}
	_, err := t.q.NewInsert().Model(&caseKeyRow{CaseID: id, Wrapped: wrapped}).Exec(ctx)
	return t.fail(err)
}

// DropCaseKey destroys a wrapped key; see [model.CaseTx]. It is written over
// first: a page that is given free keeps what stood in it.
func (t *tx) DropCaseKey(ctx context.Context, id string) error {
	if t.failed != nil {
		return t.failed
	}
	row := caseKeyRow{CaseID: id, Wrapped: make([]byte, wrappedSize)}
	if _, err := t.q.NewUpdate().Model(&row).Column("wrapped").WherePK().Exec(ctx); err != nil {
		return t.fail(err)
	}
	_, err := t.q.NewDelete().Model(&row).WherePK().Exec(ctx)
	return t.fail(err)
}

// wrappedSize is how long a wrapped key of the file's key service is.
const wrappedSize = 8 + 12 + 32 + 16

// OpenCases counts a unit's that go on; see [model.CaseTx].
func (t *tx) OpenCases(ctx context.Context, unit string) (n int, err error) {
	if t.failed != nil {
		return 0, t.failed
	}
	open, err := t.q.NewSelect().Model((*caseRow)(nil)).Where("unit = ?", unit).Where("state = ?", model.CaseOpen).Count(ctx)
	return int(open), t.fail(err)
}
