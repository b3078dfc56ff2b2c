package store

import (
	"context"

	"github.com/uptrace/bun"

	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
)

// consoleRow is the lease of an open console.
type consoleRow struct {
	bun.BaseModel `bun:"table:console"`

	HospitalID string `bun:",pk"`
	ID         string `bun:",pk"`
	Locks      int64
	Account    string
	Visible    bool
	Audible    bool
	EndsAt     feed.Time
}

func newConsoleRow(c model.Console) consoleRow {
	return consoleRow{HospitalID: c.HospitalID, ID: c.ID, Locks: 1, Account: c.Account, Visible: c.Visible, Audible: c.Audible, EndsAt: c.EndsAt}
}

func (r consoleRow) console() model.Console {
	return model.Console{HospitalID: r.HospitalID, ID: r.ID, Account: r.Account, Visible: r.Visible, Audible: r.Audible, EndsAt: r.EndsAt}
}

// RenewConsole moves the end of a lease; see [model.ConsoleStore]. Whether it is
// there and not over is decided by the statement that moves it, so there is no
// moment in between.
func (db *DB) RenewConsole(ctx context.Context, c model.Console) (lease *model.ConsoleLease, err error) {
	clock := bun.Safe(db.clock())
	err = db.express(ctx, func(ctx context.Context, q bun.Tx) error {
		lease = nil
		res, err := q.NewRaw("UPDATE console SET ends_at = ? + ? WHERE hospital_id = ? AND id = ? AND account = ? AND visible = ? AND audible = ? AND ends_at > ?",
			clock, model.ConsoleMS, c.HospitalID, c.ID, c.Account, c.Visible, c.Audible, clock).Exec(ctx)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return err
		}
		lease = new(model.ConsoleLease)
		return q.NewRaw("SELECT h.console, c.ends_at FROM console AS c JOIN hospital AS h ON h.id = c.hospital_id WHERE c.hospital_id = ? AND c.id = ?",
			c.HospitalID, c.ID).Scan(ctx, &lease.Reach, &lease.EndsAt)
	})
	if err != nil {
		return nil, err
	}
	return lease, nil
}

// SilentHospitals names hospitals whose reach may be less than it was; see
// [model.ConsoleStore].
func (db *DB) SilentHospitals(ctx context.Context) (ids []string, err error) {
	err = db.r.NewRaw("SELECT hospital_id FROM console WHERE ends_at <= ?"+
		" UNION SELECT id FROM hospital WHERE console NOT IN ('', ?) AND NOT EXISTS (SELECT 1 FROM console WHERE hospital_id = hospital.id)"+
		" ORDER BY hospital_id", bun.Safe(db.clock()), model.ReachNone).Scan(ctx, &ids)
	return ids, err
}

// LockConsoles locks the leases of a hospital that is locked; see
// [model.ConsoleTx].
func (t *tx) LockConsoles(ctx context.Context, hospitalID string) ([]model.Console, error) {
	if err := t.owns(hospitalID); err != nil {
		return nil, err
	}
	if err := t.lockRow(ctx, "UPDATE console SET locks = locks + 1 WHERE hospital_id = ?", hospitalID); err != nil {
		return nil, err
	}
	list, err := all(ctx, t.q.NewSelect().Where("hospital_id = ?", hospitalID).OrderExpr("id"), consoleRow.console)
	return list, t.fail(err)
}

// SaveConsole stores a lease of a hospital that is locked; see [model.ConsoleTx].
func (t *tx) SaveConsole(ctx context.Context, c model.Console) error {
	if err := t.owns(c.HospitalID); err != nil {
		return err
	}
	return t.fail(upsert(ctx, t.db, t.q, []consoleRow{newConsoleRow(c)}, []string{"hospital_id", "id"}, t.changing(consoleRow{})...))
}

// DropConsole removes a lease of a hospital that is locked; see [model.ConsoleTx].
func (t *tx) DropConsole(ctx context.Context, c model.Console) error {
	if err := t.owns(c.HospitalID); err != nil {
		return err
	}
	_, err := t.q.NewDelete().Model(new(newConsoleRow(c))).WherePK().Exec(ctx)
	return t.fail(err)
}

// owns refuses what only the holder of a hospital's lock may do.
func (t *tx) owns(hospitalID string) error {
	if t.failed != nil {
		return t.failed
	}
	if _, locked := t.locked[hospitalID]; !locked {
		return t.fail(fault.New(fault.Internal, "consoles of hospital %.20q were to be changed without its lock", hospitalID))
	}
	return nil
}
