package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"maps"
	"reflect"
	"slices"

	"weer/model"
)

// Saving compares a hospital with what was read under its lock, row by row, and
// writes the rows that differ and deletes those that are no more: table after
// table in one order.

// saveRows stores hospitals in the state in which they are after the change.
func (t *tx) saveRows(ctx context.Context, hospitals []model.Hospital) error {
	var c changes
	for _, h := range hospitals {
		c.add(tablesOf(t.locked[h.ID]), tablesOf(h))
	}
	for i := range c.hospitals.put {
		c.hospitals.put[i].UpdatedAt = t.now
	}
	for _, table := range []interface {
		write(context.Context, *tx) error
	}{
		c.hospitals, c.rooms, c.icus, c.devices, c.observations, c.acceptances, c.announcements, c.words, c.corrections, c.overrides, c.holds,
	} {
		if err := table.write(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

// The tables of a hospital: its rows in each.
type tables struct {
	hospital      []hospitalRow // one, or none when the hospital is not known yet; so the next four
	room          []emergencyRoomRow
	icu           []icuRow
	devices       []equipmentRow
	acceptance    []acceptanceRow
	observations  []observationRow
	announcements []announcementRow
	words         []wordRow
	corrections   []correctionRow
	overrides     []overrideRow
	holds         []holdRow
}

// changes are what has to be written in each table.
type changes struct {
	hospitals     batch[hospitalRow]
	rooms         batch[emergencyRoomRow]
	icus          batch[icuRow]
	devices       batch[equipmentRow]
	observations  batch[observationRow]
	acceptances   batch[acceptanceRow]
	announcements batch[announcementRow]
	words         batch[wordRow]
	corrections   batch[correctionRow]
	overrides     batch[overrideRow]
	holds         batch[holdRow]
}

func (c *changes) add(before, after tables) {
	c.hospitals.add(before.hospital, after.hospital)
	c.rooms.add(before.room, after.room)
	c.icus.add(before.icu, after.icu)
	c.devices.add(before.devices, after.devices)
	c.observations.add(before.observations, after.observations)
	c.acceptances.add(before.acceptance, after.acceptance)
	c.announcements.add(before.announcements, after.announcements)
	c.words.add(before.words, after.words)
	c.corrections.add(before.corrections, after.corrections)
	c.overrides.add(before.overrides, after.overrides)
	c.holds.add(before.holds, after.holds)
}

// A row is one of those that a hospital has; key tells it from the others of
// the same hospital in its table.
type row interface {
	comparable
	key() string
}

type batch[R row] struct{ put, drop []R }

// add compares the rows of one hospital.
func (b *batch[R]) add(before, after []R) {
	for _, r := range after {
		if !slices.Contains(before, r) {
			b.put = append(b.put, r)
		}
	}
	for _, r := range before {
		if !slices.ContainsFunc(after, func(a R) bool { return a.key() == r.key() }) {
			b.drop = append(b.drop, r)
		}
	}
}

// write deletes row by row: for a list of keys the database may choose to read
// the whole table, and would wait for rows of hospitals that others hold.
func (b batch[R]) write(ctx context.Context, t *tx) error {
	for _, r := range b.drop {
		if _, err := t.q.NewDelete().Model(&r).WherePK().Exec(ctx); err != nil {
			return err
		}
	}
	keys, columns := t.columns(reflect.TypeFor[R]())
	return upsert(ctx, t.db, t.q, b.put, keys, columns...)
}

// columns are a table's primary key and what is overwritten in rows that are
// there: all the rest but the lock's counter.
func (t *tx) columns(row reflect.Type) (keys, others []string) {
	table := t.q.Dialect().Tables().Get(row)
	for _, f := range table.PKs {
		keys = append(keys, f.Name)
	}
	for _, f := range table.DataFields {
		if f.Name != "version" {
			others = append(others, f.Name)
		}
	}
	return keys, others
}

func (r hospitalRow) key() string      { return "" }
func (r emergencyRoomRow) key() string { return "" }
func (r icuRow) key() string           { return "" }
func (r equipmentRow) key() string     { return "" }
func (r observationRow) key() string   { return r.Source }
func (r acceptanceRow) key() string    { return "" }
func (r announcementRow) key() string  { return r.ID }
func (r wordRow) key() string          { return r.Disease }
func (r correctionRow) key() string    { return r.Item }
func (r overrideRow) key() string      { return r.Field }

func (r emergencyRoomRow) of() string { return r.HospitalID }
func (r icuRow) of() string           { return r.HospitalID }
func (r equipmentRow) of() string     { return r.HospitalID }
func (r observationRow) of() string   { return r.HospitalID }
func (r acceptanceRow) of() string    { return r.HospitalID }
func (r announcementRow) of() string  { return r.HospitalID }
func (r wordRow) of() string          { return r.HospitalID }
func (r correctionRow) of() string    { return r.HospitalID }
func (r overrideRow) of() string      { return r.HospitalID }

// tablesOf is nothing for a hospital that is not known yet.
func tablesOf(h model.Hospital) (r tables) {
	if h.ID == "" {
		return r
	}
	at, in := h.Observed[h.Base].ObservedAt, h.Observed[h.Base].ReceivedAt
	r.hospital = []hospitalRow{mainRow(h)}
	r.room = []emergencyRoomRow{{HospitalID: h.ID, ER: group(h, model.GroupER), Beds: group(h, model.GroupBeds), ObservedAt: at, ReceivedAt: in}}
	r.icu = []icuRow{{HospitalID: h.ID, Readings: group(h, model.GroupICU), ObservedAt: at, ReceivedAt: in}}
	r.devices = []equipmentRow{{HospitalID: h.ID, Readings: group(h, model.GroupEquipment), ObservedAt: at, ReceivedAt: in}}
	if len(h.Declarations) > 0 {
		r.acceptance = []acceptanceRow{{HospitalID: h.ID, Declarations: jsonOf(h.Declarations)}}
	}
	for source, o := range h.Observed {
		r.observations = append(r.observations, observationRow{
			HospitalID: h.ID, Source: source, Readings: string(o.Readings.JSON()), ObservedAt: o.ObservedAt, ReceivedAt: o.ReceivedAt,
		})
	}
	for _, a := range h.Announcements {
		r.announcements = append(r.announcements, rowOfAnnouncement(a))
	}
	for _, w := range h.Words {
		r.words = append(r.words, wordRow{
			HospitalID: h.ID, Disease: w.Disease, State: string(w.State), Note: w.Note,
			SaidState: string(w.Said.State), SaidNote: w.Said.Note, MadeBy: w.By, MadeAt: w.MadeAt, EndsAt: w.EndsAt,
		})
	}
	for _, c := range h.Corrections {
		r.corrections = append(r.corrections, correctionRow{
			HospitalID: h.ID, Item: c.Item, Value: jsonOf(c.Value), Said: jsonOf(c.Said), MadeBy: c.By, MadeAt: c.MadeAt, EndsAt: c.EndsAt,
		})
	}
	for _, o := range h.Overrides {
		r.overrides = append(r.overrides, overrideRow{
			HospitalID: h.ID, Field: o.Field, Value: o.Value, Owner: o.Owner, Reason: o.Reason, SetAt: o.SetAt,
		})
	}
	for _, hold := range h.Holds {
		r.holds = append(r.holds, holdRow{HospitalID: h.ID, ReservationID: hold.Reservation, Item: hold.Item, Kind: hold.Kind, Since: hold.Since})
	}
	return r
}

func mainRow(h model.Hospital) hospitalRow {
	l := h.Listed
	r := hospitalRow{
		ID: h.ID, Version: 1, Region: h.Region, Name: h.Name, Tel: h.Tel,
		Listed: l.HospitalID != "", ListedName: l.Name, ListedRegion: l.Region, ListedTel: l.Tel, MainTel: l.MainTel,
		Address: l.Address, District: l.District, Level: string(l.Level), LevelName: l.LevelName,
		Base: h.Base, AsObserved: h.Readings.Equal(h.Observed[h.Base].Readings),
		MissedBy: jsonOf(h.Missed), Missed: h.Missed[model.SourceBeds],
		Console: h.Console, ConsoleAt: h.ConsoleAt,
	}
	if l.Place != nil {
		r.Lat, r.Lon = sql.NullFloat64{Float64: l.Place.Lat, Valid: true}, sql.NullFloat64{Float64: l.Place.Lon, Valid: true}
	}
	return r
}

func rowOfAnnouncement(a model.Announcement) announcementRow {
	return announcementRow{
		HospitalID: a.HospitalID, ID: a.ID, Kind: string(a.Kind), Code: a.Code, Disease: a.Disease,
		Text: a.Text, Department: a.Department, Lifted: a.Lifted, Automatic: a.Automatic,
		StartsAt: a.StartsAt, EndsAt: a.EndsAt, SinceAt: a.SinceAt, Missed: a.Missed,
		Source: a.Source, Reason: string(a.Reason), MadeBy: a.By, Revision: a.Revision,
	}
}

func group(h model.Hospital, g model.Group) string {
	if r := h.Readings.In(g); r != nil {
		return string(r)
	}
	return "{}"
}

// jsonOf is the same text for the same value; an empty map's is {}.
func jsonOf(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // the rows' values always have a JSON form
	}
	if string(b) == "null" {
		return "{}"
	}
	return string(b)
}

// clone copies a hospital as deep as somebody could change it.
func clone(h model.Hospital) model.Hospital {
	if p := h.Listed.Place; p != nil {
		h.Listed.Place = &model.Point{Lat: p.Lat, Lon: p.Lon}
	}
	h.Overrides, h.Declarations, h.Words = maps.Clone(h.Overrides), maps.Clone(h.Declarations), maps.Clone(h.Words)
	h.Announcements, h.Missed, h.Readings = maps.Clone(h.Announcements), maps.Clone(h.Missed), maps.Clone(h.Readings)
	h.Holds = maps.Clone(h.Holds)
	h.Observed, h.Corrections = maps.Clone(h.Observed), maps.Clone(h.Corrections)
	for source, o := range h.Observed {
		o.Readings = maps.Clone(o.Readings)
		h.Observed[source] = o
	}
	for item, c := range h.Corrections {
		c.Said = maps.Clone(c.Said)
		h.Corrections[item] = c
	}
	return h
}
