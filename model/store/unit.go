package store

import (
	"context"

	"github.com/uptrace/bun"

	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
)

type unitRow struct {
	bun.BaseModel `bun:"table:unit"`

	ID           string `bun:",pk"`
	Version      int64  // counts the locks taken
	CallSign     string
	Region       string
	Organisation string
	Kind         model.UnitKind
	Active       bool
	CreatedAt    feed.Time
	Revision     uint64
}

func (r unitRow) unit() model.Unit {
	return model.Unit{
		ID: r.ID, CallSign: r.CallSign, Region: r.Region, Organisation: r.Organisation,
		Kind: r.Kind, Active: r.Active, CreatedAt: r.CreatedAt, Revision: r.Revision,
	}
}

// Unit reads one; see [model.UnitStore].
func (db *DB) Unit(ctx context.Context, id string) (*model.Unit, error) {
	return readUnit(ctx, db.r, id)
}

func readUnit(ctx context.Context, q bun.IDB, id string) (*model.Unit, error) {
	return one(ctx, q.NewSelect().Where("id = ?", id), new(unitRow), unitRow.unit)
}

// Units reads those of some regions; see [model.UnitStore].
func (db *DB) Units(ctx context.Context, regions []string, after string, most int) ([]model.Unit, error) {
	read := some(db.r.NewSelect(), "region", regions).Where("id > ?", after).OrderExpr("id").Limit(int64(most))
	return all(ctx, read, unitRow.unit)
}

// LockUnit locks a unit, before everything else; see [model.UnitTx].
func (t *tx) LockUnit(ctx context.Context, id string) (*model.Unit, error) {
	if t.failed != nil {
		return nil, t.failed
	}
	if err := t.reach(stageUnit); err != nil {
		return nil, err
	}
	if _, err := t.q.NewRaw("UPDATE unit SET version = version + 1 WHERE id = ?", id).Exec(ctx); err != nil {
		return nil, t.fail(err)
	}
	u, err := readUnit(ctx, t.q, id)
	return u, t.fail(err)
}

// SaveUnit stores a unit; see [model.UnitTx].
func (t *tx) SaveUnit(ctx context.Context, u model.Unit) error {
	if t.failed != nil {
		return t.failed
	}
	rows := []unitRow{{
		ID: u.ID, Version: 1, CallSign: u.CallSign, Region: u.Region, Organisation: u.Organisation,
		Kind: u.Kind, Active: u.Active, CreatedAt: u.CreatedAt, Revision: u.Revision,
	}}
	return t.fail(upsert(ctx, t.db, t.q, rows, []string{"id"}, "call_sign", "region", "organisation", "kind", "active", "revision"))
}

// The stages of a transaction's locks, in their order. Each is left for good
// when a later one is reached; the feeds come after all of them.
type stage int8

const (
	stageStart    stage = iota
	stageUnit           // one
	stageCase           // one
	stageHospital       // by id, in as many calls as keep to that order
	stageOther
)

// reach refuses a lock that comes too late: two changes that lock in different
// orders can wait for each other.
func (t *tx) reach(s stage) error {
	late := s < t.stage || s == t.stage && (s == stageUnit || s == stageCase)
	if late {
		return t.fail(fault.New(fault.Internal, "a lock of stage %d was to be taken in stage %d: lock in the order unit, case, hospitals, others", s, t.stage))
	}
	t.stage = s
	return nil
}
