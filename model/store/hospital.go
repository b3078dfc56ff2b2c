package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/uptrace/bun"

	"weer/model"
	"weer/model/feed"
)

// Hospitals reads all hospitals without locks, in one statement and so as of
// one moment.
func (db *DB) Hospitals(ctx context.Context) (map[string]model.Hospital, error) {
	return readHospitals(ctx, db.r, nil)
}

// joinedHospital is a hospital with the rows that hold its readings.
type joinedHospital struct {
	ID         string
	Region     string
	Name       string
	Tel        string
	Missed     int
	ER         string `bun:"er"`
	Beds       string
	ICU        string `bun:"icu"`
	Equipment  string
	ObservedAt feed.Time
	ReceivedAt feed.Time
}

// readHospitals reads hospitals by id, nil for all. Rows that were only locked
// are no hospitals yet.
func readHospitals(ctx context.Context, q bun.IDB, ids []string) (map[string]model.Hospital, error) {
	var rows []joinedHospital
	read := q.NewSelect().
		ColumnExpr("h.id, h.region, h.name, h.tel, h.missed, e.er, e.beds, i.readings AS icu, d.readings AS equipment, e.observed_at, e.received_at").
		TableExpr("hospital AS h").
		Join("JOIN emergency_room_info AS e ON e.hospital_id = h.id").
		Join("JOIN icu AS i ON i.hospital_id = h.id").
		Join("JOIN equipment AS d ON d.hospital_id = h.id").
		Where("h.region IS NOT NULL")
	if ids != nil {
		read = read.Where("h.id IN (?)", bun.List(ids))
	}
	if err := read.Scan(ctx, &rows); err != nil {
		return nil, err
	}
	found := make(map[string]model.Hospital, len(rows))
	for _, r := range rows {
		h, err := r.hospital()
		if err != nil {
			return nil, fmt.Errorf("hospital %s: %w", r.ID, err)
		}
		found[r.ID] = h
	}
	return found, nil
}

func (r joinedHospital) hospital() (model.Hospital, error) {
	h := model.Hospital{
		ID: r.ID, Name: r.Name, Tel: r.Tel, Region: r.Region, Missed: r.Missed,
		Egen:     model.SourceTimes{ObservedAt: r.ObservedAt, ReceivedAt: r.ReceivedAt},
		Readings: model.Readings{},
	}
	for _, text := range []string{r.ER, r.Beds, r.ICU, r.Equipment} {
		if err := json.Unmarshal([]byte(text), &h.Readings); err != nil { // adds to the map
			return h, err
		}
	}
	return h, nil
}

// lockRows takes the rows' locks in the order of ids, and makes the rows that
// are missing: a row that is not there cannot be locked, and two changes that
// both found none would overwrite each other.
func (t *tx) lockRows(ctx context.Context, sorted []string) error {
	rows := make([]hospitalRow, len(sorted))
	for i, id := range sorted {
		rows[i] = hospitalRow{ID: id, Version: 1}
	}
	_, err := t.q.NewInsert().Model(&rows).Column("id", "version").
		On(conflict(t.db, "id")).Set("version = version + 1").Exec(ctx)
	return err
}

// saveRows writes a hospital's four rows.
func (t *tx) saveRows(ctx context.Context, hospitals []model.Hospital) error {
	n := len(hospitals)
	main, rooms := make([]hospitalRow, n), make([]emergencyRoomRow, n)
	icus, devices := make([]icuRow, n), make([]equipmentRow, n)
	for i, h := range hospitals {
		at, in := h.Egen.ObservedAt, h.Egen.ReceivedAt
		main[i] = hospitalRow{ID: h.ID, Version: 1, Region: &h.Region, Name: h.Name, Tel: h.Tel, Missed: h.Missed, UpdatedAt: t.now}
		rooms[i] = emergencyRoomRow{HospitalID: h.ID, ER: group(h, model.GroupER), Beds: group(h, model.GroupBeds), ObservedAt: at, ReceivedAt: in}
		icus[i] = icuRow{HospitalID: h.ID, Readings: group(h, model.GroupICU), ObservedAt: at, ReceivedAt: in}
		devices[i] = equipmentRow{HospitalID: h.ID, Readings: group(h, model.GroupEquipment), ObservedAt: at, ReceivedAt: in}
	}
	if err := upsert(ctx, t.db, t.q, main, []string{"id"}, "region", "name", "tel", "missed", "updated_at"); err != nil {
		return err
	}
	if err := upsert(ctx, t.db, t.q, rooms, []string{"hospital_id"}, "er", "beds", "observed_at", "received_at"); err != nil {
		return err
	}
	if err := upsert(ctx, t.db, t.q, icus, []string{"hospital_id"}, "readings", "observed_at", "received_at"); err != nil {
		return err
	}
	return upsert(ctx, t.db, t.q, devices, []string{"hospital_id"}, "readings", "observed_at", "received_at")
}

// group is a group's readings as they are stored.
func group(h model.Hospital, g model.Group) string {
	if r := h.Readings.In(g); r != nil {
		return string(r)
	}
	return "{}"
}
