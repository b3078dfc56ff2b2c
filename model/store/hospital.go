package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/uptrace/bun"

	"weer/model"
)

// Hospitals reads all hospitals without locks, as of one moment.
func (db *DB) Hospitals(ctx context.Context) (found map[string]model.Hospital, err error) {
	err = db.moment(ctx, func(q bun.Tx) error {
		found, err = readHospitals(ctx, q, nil)
		return err
	})
	return found, err
}

// lockRows takes the rows' locks in the order of ids, and makes the rows that
// are missing: a row that is not there cannot be locked, and two changes that
// both found none would overwrite each other. Whoever holds this lock owns the
// hospital's rows in all other tables.
func (t *tx) lockRows(ctx context.Context, sorted []string) error {
	rows := make([]hospitalRow, len(sorted))
	for i, id := range sorted {
		rows[i] = hospitalRow{ID: id, Version: 1}
	}
	_, err := t.q.NewInsert().Model(&rows).Column("id", "version").
		On(conflict(t.db, "id")).Set("version = version + 1").Exec(ctx)
	return err
}

// readHospitals reads hospitals by id, nil for all: one statement a table, and
// of the tables that hold what is shown only the rows of hospitals that show
// something else than an observation. The caller sees to it that they are of one
// moment. Rows that were only locked are no hospitals yet.
func readHospitals(ctx context.Context, q bun.IDB, ids []string) (map[string]model.Hospital, error) {
	var rows []hospitalRow
	err := some(q.NewSelect().Model(&rows), "id", ids).Where("region IS NOT NULL").Scan(ctx)
	if err != nil {
		return nil, err
	}
	found := make(map[string]*model.Hospital, len(rows))
	var corrected []string
	for _, r := range rows {
		if found[r.ID], err = r.hospital(); err != nil {
			return nil, fmt.Errorf("hospital %s: %w", r.ID, err)
		}
		if !r.AsObserved {
			corrected = append(corrected, r.ID)
		}
	}
	err = addAll(ctx, q, ids, found,
		addParts[observationRow], addParts[acceptanceRow], addParts[announcementRow], addParts[wordRow],
		addParts[correctionRow], addParts[overrideRow], addParts[holdRow])
	if err != nil {
		return nil, err
	}
	return show(ctx, q, found, corrected)
}

// show adds what is shown.
func show(ctx context.Context, q bun.IDB, found map[string]*model.Hospital, corrected []string) (map[string]model.Hospital, error) {
	for _, h := range found {
		h.Readings = h.Observed[h.Base].Readings
	}
	for _, id := range corrected {
		found[id].Readings = model.Readings{}
	}
	if len(corrected) > 0 {
		err := addAll(ctx, q, corrected, found, addParts[emergencyRoomRow], addParts[icuRow], addParts[equipmentRow])
		if err != nil {
			return nil, err
		}
	}
	hospitals := make(map[string]model.Hospital, len(found))
	for id, h := range found {
		hospitals[id] = *h
	}
	return hospitals, nil
}

// some limits a query to hospitals, nil for all.
func some(read *bun.SelectQuery, column string, ids []string) *bun.SelectQuery {
	if ids == nil {
		return read
	}
	return read.Where("? IN (?)", bun.Ident(column), bun.List(ids))
}

// A part is a row of a hospital beside its main one.
type part interface {
	of() string // the hospital's id
	onto(h *model.Hospital) error
}

// An adder reads one table and adds its rows to the hospitals they are of.
type adder func(ctx context.Context, q bun.IDB, ids []string, found map[string]*model.Hospital) error

func addAll(ctx context.Context, q bun.IDB, ids []string, found map[string]*model.Hospital, tables ...adder) error {
	for _, add := range tables {
		if err := add(ctx, q, ids, found); err != nil {
			return err
		}
	}
	return nil
}

func addParts[P part](ctx context.Context, q bun.IDB, ids []string, found map[string]*model.Hospital) error {
	var rows []P
	if err := some(q.NewSelect().Model(&rows), "hospital_id", ids).Scan(ctx); err != nil {
		return err
	}
	for _, r := range rows {
		h, known := found[r.of()]
		if !known {
			continue
		}
		if err := r.onto(h); err != nil {
			return fmt.Errorf("hospital %s: %w", h.ID, err)
		}
	}
	return nil
}

func (r hospitalRow) hospital() (*model.Hospital, error) {
	h := &model.Hospital{ID: r.ID, Region: r.Region, Name: r.Name, Tel: r.Tel, Base: r.Base, Console: r.Console, ConsoleAt: r.ConsoleAt}
	if r.Listed {
		h.Listed = model.Institution{
			HospitalID: r.ID, Name: r.ListedName, Address: r.Address, Region: r.ListedRegion, District: r.District,
			Level: model.Level(r.Level), LevelName: r.LevelName, Tel: r.ListedTel, MainTel: r.MainTel,
		}
	}
	if r.Lat.Valid && r.Lon.Valid {
		h.Listed.Place = &model.Point{Lat: r.Lat.Float64, Lon: r.Lon.Float64}
	}
	return h, parse(r.MissedBy, &h.Missed)
}

func (r observationRow) onto(h *model.Hospital) error {
	readings, err := parseReadings(r.Readings)
	set(&h.Observed, r.Source, model.Observed{
		SourceTimes: model.SourceTimes{ObservedAt: r.ObservedAt, ReceivedAt: r.ReceivedAt}, Readings: readings,
	})
	return err
}

func (r acceptanceRow) onto(h *model.Hospital) (err error) {
	h.Declarations, err = parseDeclarations(r.Declarations)
	return err
}

func (r announcementRow) onto(h *model.Hospital) error {
	set(&h.Announcements, r.ID, model.Announcement{
		ID: r.ID, HospitalID: r.HospitalID, Kind: model.AnnouncementKind(r.Kind), Code: r.Code, Disease: r.Disease,
		Text: r.Text, Department: r.Department, Lifted: r.Lifted, Automatic: r.Automatic,
		StartsAt: r.StartsAt, EndsAt: r.EndsAt, SinceAt: r.SinceAt, Missed: r.Missed,
		Source: r.Source, Reason: model.AnnouncementReason(r.Reason), By: r.MadeBy, Revision: r.Revision,
	})
	return nil
}

func (r wordRow) onto(h *model.Hospital) error {
	set(&h.Words, r.Disease, model.Word{
		Disease: r.Disease, State: model.Acceptance(r.State), Note: r.Note,
		Said: model.Said{State: model.Acceptance(r.SaidState), Note: r.SaidNote},
		By:   r.MadeBy, MadeAt: r.MadeAt, EndsAt: r.EndsAt,
	})
	return nil
}

func (r correctionRow) onto(h *model.Hospital) error {
	c := model.Correction{Item: r.Item, By: r.MadeBy, MadeAt: r.MadeAt, EndsAt: r.EndsAt}
	if err := parse(r.Value, &c.Value); err != nil {
		return err
	}
	if err := parse(r.Said, &c.Said); err != nil {
		return err
	}
	set(&h.Corrections, r.Item, c)
	return nil
}

func (r overrideRow) onto(h *model.Hospital) error {
	set(&h.Overrides, r.Field, model.Override{Field: r.Field, Value: r.Value, Owner: r.Owner, Reason: r.Reason, SetAt: r.SetAt})
	return nil
}

func (r emergencyRoomRow) onto(h *model.Hospital) error { return addReadings(h, r.ER, r.Beds) }
func (r icuRow) onto(h *model.Hospital) error           { return addReadings(h, r.Readings) }
func (r equipmentRow) onto(h *model.Hospital) error     { return addReadings(h, r.Readings) }

func addReadings(h *model.Hospital, texts ...string) error {
	for _, text := range texts {
		if err := json.Unmarshal([]byte(text), &h.Readings); err != nil { // adds to the map
			return err
		}
	}
	return nil
}

// parse reads JSON; what is empty stays nil.
func parse(text string, into any) error {
	if text == "" || text == "{}" {
		return nil
	}
	return json.Unmarshal([]byte(text), into)
}

// set sets a key in a map that may be nil still.
func set[K comparable, V any](m *map[K]V, key K, value V) {
	if *m == nil {
		*m = map[K]V{}
	}
	(*m)[key] = value
}
