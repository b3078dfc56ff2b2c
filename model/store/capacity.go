package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/uptrace/bun"

	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
)

// HospitalsAt reads hospitals, the heads of their feeds and the sources' last
// complete polls at one moment; see [model.CapacityStore]. The clock is read
// first, so a value is never younger than the moment it is compared with by more
// than the read takes.
func (db *DB) HospitalsAt(ctx context.Context, f model.HospitalFilter) (c model.Capacity, err error) {
	err = db.moment(ctx, func(q bun.Tx) error {
		m, err := readMeta(ctx, q, db.clock())
		if err != nil {
			return err
		}
		c.Now = m.Now
		ids, all, err := idsOf(ctx, q, f)
		if err != nil {
			return err
		}
		if c.Hospitals = map[string]model.Hospital{}; all || len(ids) > 0 {
			if c.Hospitals, err = readHospitals(ctx, q, ids); err != nil {
				return err
			}
		}
		if c.Heads, err = headsOf(ctx, q, m.Epoch, regionsOf(f, c.Hospitals)); err != nil {
			return err
		}
		c.Sources, err = readSources(ctx, q)
		return err
	})
	if err != nil {
		return model.Capacity{}, fmt.Errorf("hospitals at one moment: %w", err)
	}
	return c, nil
}

// idsOf finds the hospitals that a filter means; all, when it asks for nothing.
func idsOf(ctx context.Context, q bun.IDB, f model.HospitalFilter) (ids []string, all bool, err error) {
	if len(f.Regions) == 0 {
		return f.IDs, len(f.IDs) == 0, nil
	}
	read := q.NewSelect().Model((*hospitalRow)(nil)).Column("id").Where("region IN (?)", bun.List(f.Regions))
	if len(f.IDs) > 0 {
		read = read.Where("id IN (?)", bun.List(f.IDs))
	}
	err = read.Scan(ctx, &ids)
	return ids, false, err
}

// regionsOf are the regions that were asked for, else those of what was found.
func regionsOf(f model.HospitalFilter, found map[string]model.Hospital) []string {
	regions := map[string]bool{}
	for _, region := range f.Regions {
		regions[region] = true
	}
	if len(f.Regions) == 0 {
		for _, h := range found {
			regions[h.Region] = true
		}
	}
	return slices.Sorted(maps.Keys(regions))
}

// headsOf are the numbers of regions' feeds.
func headsOf(ctx context.Context, q bun.IDB, epoch string, regions []string) ([]feed.Cursor, error) {
	if len(regions) == 0 {
		return nil, nil
	}
	heads := make([]feed.Cursor, len(regions))
	names := make([]string, len(regions))
	for i, region := range regions {
		names[i] = feed.RegionFeed(region)
		heads[i] = feed.Cursor{Feed: names[i], Epoch: epoch}
	}
	var rows []struct {
		Name string
		Seq  uint64
	}
	if err := q.NewRaw("SELECT name, seq FROM feed WHERE name IN (?)", bun.List(names)).Scan(ctx, &rows); err != nil {
		return nil, err
	}
	for _, r := range rows {
		heads[slices.Index(names, r.Name)].Seq = r.Seq
	}
	return heads, nil
}

// Overdue names the hospitals of which something is over; see [model.CapacityStore].
func (db *DB) Overdue(ctx context.Context) (ids []string, err error) {
	now := bun.Safe(db.clock())
	err = db.r.NewRaw("SELECT hospital_id FROM correction WHERE ends_at <= ?0"+
		" UNION SELECT hospital_id FROM acceptance_correction WHERE ends_at <= ?0"+
		" UNION SELECT hospital_id FROM er_announcement WHERE source = ?1 AND ends_at <= ?0 - ?2"+
		" UNION SELECT hospital_id FROM bed_hold WHERE kind = ?3 AND since <= ?0 - ?4 ORDER BY hospital_id",
		now, model.SourceConsole, model.KeepAnnouncementMS, model.HoldAbsorbed, model.AbsorbMS).Scan(ctx, &ids)
	return ids, err
}

// Runs reads runs, the newest first: their ids are in the order of their starts.
func (db *DB) Runs(ctx context.Context, f model.RunFilter) ([]model.Run, error) {
	var rows []runRow
	read := db.r.NewSelect().Model(&rows).OrderExpr("id DESC").Limit(int64(f.Limit))
	if f.Source != "" {
		read = read.Where("source = ?", f.Source)
	}
	if f.Before != "" {
		read = read.Where("id < ?", f.Before)
	}
	if f.Complete != nil {
		read = read.Where("complete = ?", *f.Complete)
	}
	if err := read.Scan(ctx); err != nil {
		return nil, err
	}
	runs := make([]model.Run, len(rows))
	for i, r := range rows {
		var err error
		if runs[i], err = r.run(); err != nil {
			return nil, err
		}
	}
	return runs, nil
}

// RunByID reads one run.
func (db *DB) RunByID(ctx context.Context, id string) (model.Run, error) {
	r := runRow{ID: id}
	err := db.r.NewSelect().Model(&r).WherePK().Scan(ctx)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return model.Run{}, fault.New(fault.NotFound, "there is no such run")
	case err != nil:
		return model.Run{}, err
	}
	return r.run()
}

func (r runRow) run() (model.Run, error) {
	run := model.Run{
		ID: r.ID, Source: r.Source, StartedAt: r.StartedAt, EndedAt: r.EndedAt, IntervalMS: r.IntervalMS,
		Rows: r.Seen, Changed: r.Changed, Complete: r.Complete, Error: r.Error,
	}
	return run, json.Unmarshal([]byte(r.Rejected), &run.Rejected)
}
