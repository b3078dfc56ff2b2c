package store

import (
	"context"

	"github.com/uptrace/bun"

	"weer/model"
	"weer/model/feed"
)

type reservationRow struct {
	bun.BaseModel `bun:"table:reservation"`

	ID         string `bun:",pk"`
	CaseID     string
	Unit       string
	Region     string
	HospitalID string
	Name       string
	Tel        string
	Item       string

	State      model.ReservationState
	Version    uint64
	Ended      model.End // why; when is EndedAt
	Reason     model.AnnouncementReason
	Override   string
	Designated bool
	Others     int

	AskedVersion uint64
	SeenVersion  uint64
	WorseVersion uint64
	AckedVersion uint64

	Escalation model.Escalation
	PushedAt   feed.Time
	ShownAt    feed.Time
	SoundedAt  feed.Time
	OpenedAt   feed.Time
	OpenedBy   string

	AskedAt      feed.Time
	ArriveAt     feed.Time
	AnswerBy     feed.Time
	NoAnswerAt   feed.Time
	AnsweredAt   feed.Time
	ArriveBy     feed.Time
	OverdueAt    feed.Time
	ArrivedAt    feed.Time
	HandedOverAt feed.Time
	ConfirmedAt  feed.Time
	EndedAt      feed.Time
	DueAt        feed.Time
	Shown        bool

	AnsweredBy string
	Command    string
}

func newReservationRow(r model.Reservation) reservationRow {
	return reservationRow{
		ID: r.ID, CaseID: r.Case, Unit: r.Unit, Region: r.Region, HospitalID: r.Hospital, Name: r.Name, Tel: r.Tel, Item: r.Item,
		State: r.State, Version: r.Version, Ended: r.End, Reason: r.Reason, Override: r.Override, Designated: r.Designated, Others: r.Others,
		AskedVersion: r.AskedVersion, SeenVersion: r.SeenVersion, WorseVersion: r.WorseVersion, AckedVersion: r.AckedVersion,
		Escalation: r.Escalation, PushedAt: r.Ladder.PushedAt, ShownAt: r.Ladder.ShownAt, SoundedAt: r.Ladder.SoundedAt,
		OpenedAt: r.Ladder.OpenedAt, OpenedBy: r.Ladder.OpenedBy,
		AskedAt: r.AskedAt, ArriveAt: r.ArriveAt, AnswerBy: r.AnswerBy, NoAnswerAt: r.NoAnswerAt, AnsweredAt: r.AnsweredAt,
		ArriveBy: r.ArriveBy, OverdueAt: r.OverdueAt, ArrivedAt: r.ArrivedAt, HandedOverAt: r.HandedOverAt, ConfirmedAt: r.ConfirmedAt,
		EndedAt: r.EndedAt, DueAt: r.DueAt, Shown: r.Shown, AnsweredBy: r.AnsweredBy, Command: r.Command,
	}
}

func (r reservationRow) become() model.Reservation {
	return model.Reservation{
		ID: r.ID, Case: r.CaseID, Unit: r.Unit, Region: r.Region, Hospital: r.HospitalID, Name: r.Name, Tel: r.Tel, Item: r.Item,
		State: r.State, Version: r.Version, End: r.Ended, Reason: r.Reason, Override: r.Override, Designated: r.Designated, Others: r.Others,
		AskedVersion: r.AskedVersion, SeenVersion: r.SeenVersion, WorseVersion: r.WorseVersion, AckedVersion: r.AckedVersion,
		Escalation: r.Escalation,
		Ladder: model.Ladder{
			PushedAt: r.PushedAt, ShownAt: r.ShownAt, SoundedAt: r.SoundedAt, OpenedAt: r.OpenedAt, OpenedBy: r.OpenedBy,
		},
		AskedAt: r.AskedAt, ArriveAt: r.ArriveAt, AnswerBy: r.AnswerBy, NoAnswerAt: r.NoAnswerAt, AnsweredAt: r.AnsweredAt,
		ArriveBy: r.ArriveBy, OverdueAt: r.OverdueAt, ArrivedAt: r.ArrivedAt, HandedOverAt: r.HandedOverAt, ConfirmedAt: r.ConfirmedAt,
		EndedAt: r.EndedAt, DueAt: r.DueAt, Shown: r.Shown, AnsweredBy: r.AnsweredBy, Command: r.Command,
	}
}

// Reservation reads one; see [model.ReservationStore].
func (db *DB) Reservation(ctx context.Context, id string) (*model.Reservation, error) {
	return one(ctx, db.r.NewSelect().Where("id = ?", id), new(reservationRow), reservationRow.become)
}

// Reservations reads those of a query; see [model.ReservationStore].
func (db *DB) Reservations(ctx context.Context, q model.ReservationQuery) ([]model.Reservation, error) {
	read := db.r.NewSelect().Where("id > ?", q.After).OrderExpr("id").Limit(int64(q.Most))
	read = some(some(some(some(read, "id", q.IDs), "unit", q.Units), "region", q.Regions), "hospital_id", q.Hospitals)
	if q.Case != "" {
		read = read.Where("case_id = ?", q.Case)
	}
	if q.Going {
		read = read.Where("state IN (?)", bun.List([]model.ReservationState{model.Pending, model.Approved}))
	}
	return all(ctx, read, reservationRow.become)
}

// CaseVersions reads the versions of some cases; see [model.ReservationStore].
func (db *DB) CaseVersions(ctx context.Context, ids []string) (map[string]uint64, error) {
	versions := map[string]uint64{}
	if len(ids) == 0 {
		return versions, nil
	}
	var rows []caseRow
	err := db.r.NewSelect().Model(&rows).Column("id", "version").Where("id IN (?)", bun.List(ids)).Scan(ctx)
	for _, r := range rows {
		versions[r.ID] = r.Version
	}
	return versions, err
}

// DueCases finds cases of which something is due; see [model.ReservationStore].
func (db *DB) DueCases(ctx context.Context, most int) (cases []model.Case, err error) {
	var rows []struct{ CaseID, Unit string }
	err = db.r.NewRaw("SELECT case_id, unit FROM reservation WHERE due_at > 0 AND due_at <= ? GROUP BY case_id, unit ORDER BY MIN(due_at) LIMIT ?",
		bun.Safe(db.clock()), most).Scan(ctx, &rows)
	for _, r := range rows {
		cases = append(cases, model.Case{ID: r.CaseID, Unit: r.Unit})
	}
	return cases, err
}

// LateDeadline tells how long something has been due; see
// [model.ReservationStore].
func (db *DB) LateDeadline(ctx context.Context) (ms int64, err error) {
	clock := bun.Safe(db.clock())
	err = db.r.NewRaw("SELECT COALESCE(? - MIN(due_at), 0) FROM reservation WHERE due_at > 0 AND due_at <= ?", clock, clock).Scan(ctx, &ms)
	return ms, err
}

// CaseReservations reads those of a case that is locked; see [model.ReservationTx].
// Their ids are in the order of their asking, as far as one clock made them.
func (t *tx) CaseReservations(ctx context.Context, id string) ([]model.Reservation, error) {
	if t.failed != nil {
		return nil, t.failed
	}
	list, err := all(ctx, t.q.NewSelect().Where("case_id = ?", id).OrderExpr("asked_at, id"), reservationRow.become)
	return list, t.fail(err)
}

// SaveReservations stores reservations of a case that is locked; see
// [model.ReservationTx].
func (t *tx) SaveReservations(ctx context.Context, changed []model.Reservation) error {
	if t.failed != nil {
		return t.failed
	}
	rows := make([]reservationRow, len(changed))
	for i, r := range changed {
		rows[i] = newReservationRow(r)
	}
	return t.fail(upsert(ctx, t.db, t.q, rows, []string{"id"}, t.changing(reservationRow{}, "case_id", "unit", "region", "hospital_id", "name", "tel", "asked_at", "asked_version", "others")...))
}

// holdRow is what one reservation takes of a hospital.
type holdRow struct {
	bun.BaseModel `bun:"table:bed_hold"`

	HospitalID    string `bun:",pk"`
	ReservationID string `bun:",pk"`
	Item          string
	Kind          model.HoldKind
	Since         feed.Time
}

func (r holdRow) key() string { return r.ReservationID }
func (r holdRow) of() string  { return r.HospitalID }

func (r holdRow) onto(h *model.Hospital) error {
	set(&h.Holds, r.ReservationID, model.Hold{Reservation: r.ReservationID, Item: r.Item, Kind: r.Kind, Since: r.Since})
	return nil
}
