package drill

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// gone is after how many complete polls without it a hospital is gone for a
// source.
const gone = 2

// beds is the source that everything else is measured by.
const beds = "egen.beds"

// A hospital is what its rows say, table by table.
type hospital struct {
	id, region, base string
	name, tel        string         // of the bed report
	list             map[string]any // as the list names it; nil when it is not listed
	missed           map[string]int // complete polls without it, by source
	shown            map[string]shownRow
	observed         map[string]observation    // by source
	declared         string                    // as JSON, by disease
	words            map[string]word           // by disease: what people say of it
	messages         map[string]map[string]any // by id
	corrections      map[string]correction     // by item
	overrides        map[string]string         // by field
	holds            []hold
	console          string // what its row says that its consoles prove
	consoleAt        int64
	leases           []lease
}

// A shownRow is what a table says is shown of a group of items.
type shownRow struct {
	readings string
	times
}

type observation struct {
	readings map[string]reading // by item
	times
}

// times are the source's and ours, milliseconds since 1970.
type times struct{ observed, received int64 }

func (t times) value() map[string]any {
	return map[string]any{"observed_at": moment(t.observed), "received_at": moment(t.received)}
}

// A reading is as JSON has it.
type reading map[string]any

type correction struct {
	value         reading
	by            string
	made, endTime int64
}

type word struct {
	state, note, by string
	made, endTime   int64
}

// A hold is what one reservation takes.
type hold struct {
	item, kind string
	since      int64
}

// A lease is what one open console proves.
type lease struct{ visible, audible bool }

const hospitalQuery = `
SELECT id, region, base, name, tel, COALESCE(missed_by, '{}'), listed, listed_name, listed_region, listed_tel,
       main_tel, address, district, level, level_name, lat, lon, console, console_at
  FROM hospital WHERE region IS NOT NULL`

// readHospitals takes down the hospitals and computes the keys that they demand.
func (r *Record) readHospitals(ctx context.Context, db Querier) error {
	all := map[string]*hospital{}
	err := Each(ctx, db, hospitalQuery, func(rows *sql.Rows) error {
		h, err := scanHospital(rows)
		all[h.id] = h
		return err
	})
	if err != nil {
		return err
	}
	for _, table := range hospitalTables {
		err := Each(ctx, db, table.query, func(rows *sql.Rows) error {
			return table.scan(rows, func(id string) *hospital { return r.owner(all, id, table.query) })
		})
		if err != nil {
			return fmt.Errorf("%s: %w", table.query, err)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(all)) {
		r.judge(all[id])
	}
	return nil
}

// owner finds the hospital of a row; a row of no hospital is odd.
func (r *Record) owner(all map[string]*hospital, id, query string) *hospital {
	if all[id] == nil {
		r.odd = append(r.odd, fmt.Sprintf("%s is no hospital: %s", id, query))
		return blank(id)
	}
	return all[id]
}

func blank(id string) *hospital {
	return &hospital{
		id: id, missed: map[string]int{}, shown: map[string]shownRow{}, observed: map[string]observation{},
		messages: map[string]map[string]any{}, words: map[string]word{}, corrections: map[string]correction{}, overrides: map[string]string{},
	}
}

func scanHospital(rows *sql.Rows) (*hospital, error) {
	h := blank("")
	var (
		listed                                           bool
		missed                                           []byte
		name, region, tel, main, address, district, l, n string
		lat, lon                                         sql.NullFloat64
	)
	err := rows.Scan(&h.id, &h.region, &h.base, &h.name, &h.tel, &missed, &listed, &name, &region, &tel,
		&main, &address, &district, &l, &n, &lat, &lon, &h.console, &h.consoleAt)
	if err == nil {
		err = json.Unmarshal(missed, &h.missed)
	}
	if listed {
		h.list = map[string]any{
			"name": name, "region": region, "tel": tel, "main_tel": main,
			"address": address, "district": district, "level": l, "level_name": n,
		}
		if lat.Valid && lon.Valid {
			h.list["place"] = map[string]any{"lat": lat.Float64, "lon": lon.Float64}
		}
	}
	return h, err
}

// hospitalTables are the rows of hospitals, and how each is read.
var hospitalTables = []struct {
	query string
	scan  func(rows *sql.Rows, of func(id string) *hospital) error
}{
	{"SELECT hospital_id, 'er', er, observed_at, received_at FROM emergency_room_info", scanShown},
	{"SELECT hospital_id, 'beds', beds, observed_at, received_at FROM emergency_room_info", scanShown},
	{"SELECT hospital_id, 'icu', readings, observed_at, received_at FROM icu", scanShown},
	{"SELECT hospital_id, 'equipment', readings, observed_at, received_at FROM equipment", scanShown},
	{"SELECT hospital_id, source, readings, observed_at, received_at FROM observation", scanObservation},
	{"SELECT hospital_id, declarations FROM severe_disease_acceptance", scanDeclared},
	{"SELECT hospital_id, id, kind, code, disease, text, department, lifted, automatic, starts_at, ends_at, since_at, missed, source, reason, made_by, revision FROM er_announcement", scanMessage},
	{"SELECT hospital_id, disease, state, note, made_by, made_at, ends_at FROM acceptance_correction", scanWord},
	{"SELECT hospital_id, item, value, made_by, made_at, ends_at FROM correction", scanCorrection},
	{"SELECT hospital_id, field, value FROM hospital_override", scanOverride},
	{"SELECT hospital_id, item, kind, since FROM bed_hold", scanHold},
	{"SELECT hospital_id, visible, audible FROM console", scanLease},
}

func scanShown(rows *sql.Rows, of func(string) *hospital) error {
	var id, group string
	var raw []byte
	var at times
	err := rows.Scan(&id, &group, &raw, &at.observed, &at.received)
	of(id).shown[group] = shownRow{cmp.Or(canonical(raw), "{}"), at}
	return err
}

func scanObservation(rows *sql.Rows, of func(string) *hospital) error {
	var id, source string
	var raw []byte
	var o observation
	err := rows.Scan(&id, &source, &raw, &o.observed, &o.received)
	read := observations.of(string(raw), func() (r parsed) {
		r.err = decode(raw, &r.readings)
		return r
	})
	o.readings = read.readings
	of(id).observed[source] = o
	return cmp.Or(err, read.err)
}

// parsed readings are never changed.
type parsed struct {
	readings map[string]reading
	err      error
}

var observations = &memo[parsed]{made: map[string]parsed{}}

func scanDeclared(rows *sql.Rows, of func(string) *hospital) error {
	var id string
	var raw []byte
	err := rows.Scan(&id, &raw)
	of(id).declared = canonical(raw)
	return err
}

// scanMessage keeps an announcement that was not missed twice.
func scanMessage(rows *sql.Rows, of func(string) *hospital) error {
	var id, message, kind, code, disease, text, department, source, reason, by string
	var lifted, automatic bool
	var starts, ends, since int64
	var missed, revision int
	err := rows.Scan(&id, &message, &kind, &code, &disease, &text, &department, &lifted, &automatic, &starts, &ends, &since, &missed,
		&source, &reason, &by, &revision)
	if missed < gone {
		of(id).messages[message] = said(map[string]any{
			"kind": kind, "disease": disease, "code": code, "department": department, "lifted": lifted, "automatic": automatic,
			"reason": reason, "by": by, "revision": revision,
		}, map[string]any{
			"source": source, "text": text, "starts_at": moment(starts), "ends_at": moment(ends), "since": moment(since),
		})
	}
	return err
}

func scanWord(rows *sql.Rows, of func(string) *hospital) error {
	var id, disease string
	var w word
	err := rows.Scan(&id, &disease, &w.state, &w.note, &w.by, &w.made, &w.endTime)
	of(id).words[disease] = w
	return err
}

func scanCorrection(rows *sql.Rows, of func(string) *hospital) error {
	var id, item string
	var raw []byte
	var c correction
	err := rows.Scan(&id, &item, &raw, &c.by, &c.made, &c.endTime)
	if err == nil {
		err = decode(raw, &c.value)
	}
	of(id).corrections[item] = c
	return err
}

func scanOverride(rows *sql.Rows, of func(string) *hospital) error {
	var id, field, value string
	err := rows.Scan(&id, &field, &value)
	of(id).overrides[field] = value
	return err
}

func scanHold(rows *sql.Rows, of func(string) *hospital) error {
	var id string
	var held hold
	err := rows.Scan(&id, &held.item, &held.kind, &held.since)
	of(id).holds = append(of(id).holds, held)
	return err
}

func scanLease(rows *sql.Rows, of func(string) *hospital) error {
	var id string
	var l lease
	err := rows.Scan(&id, &l.visible, &l.audible)
	of(id).leases = append(of(id).leases, l)
	return err
}

// said leaves out of what may be missing what says nothing.
func said(maybe, always map[string]any) map[string]any {
	all := map[string]any{}
	maps.Copy(all, always)
	for k, v := range maybe {
		if v != "" && v != false && v != nil && v != 0 {
			all[k] = v
		}
	}
	return all
}
