package store

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"weer/model"
)

// rekey derives the keys of all hospitals anew and puts and removes those that
// differ: a version that derives others than the one before would otherwise
// leave the old ones in the feeds of whatever does not change. It is repeated
// harmlessly. Nobody is told; followers find the events by verification.
func (db *DB) rekey(ctx context.Context) error {
	held, err := db.Hospitals(ctx)
	if err != nil {
		return err
	}
	regions := map[string][]string{}
	for id, h := range held {
		regions[h.Region] = append(regions[h.Region], id)
	}
	for _, region := range slices.Sorted(maps.Keys(regions)) {
		_, _, err := db.write(ctx, func(ctx context.Context, t *tx) error {
			if _, err := t.LockHospitals(ctx, regions[region]); err != nil {
				return err
			}
			return t.rekey(ctx)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// rekey compares the keys of the hospitals that are locked with their feeds.
func (t *tx) rekey(ctx context.Context) error {
	feeds := map[string]bool{}
	for _, h := range t.locked {
		feeds[h.Feed()] = true
	}
	live, err := t.liveKeys(ctx, slices.Sorted(maps.Keys(feeds)))
	if err != nil {
		return err
	}
	for _, h := range t.locked {
		if err := t.rekeyHospital(h, live[h.Feed()][h.ID]); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) rekeyHospital(h model.Hospital, live map[string]string) error {
	keys := h.Keys()
	for key, value := range keys {
		if string(value) != live[key] {
			if err := t.Put(h.Feed(), key, value); err != nil {
				return err
			}
		}
	}
	for key := range live {
		if _, stays := keys[key]; !stays {
			if err := t.Remove(h.Feed(), key); err != nil {
				return err
			}
		}
	}
	return nil
}

// liveKeys are the values in some feeds, by feed, hospital and key.
func (t *tx) liveKeys(ctx context.Context, feeds []string) (map[string]map[string]map[string]string, error) {
	var rows []keyRow
	err := t.q.NewSelect().Model(&rows).Where("feed IN (?)", bun.List(feeds)).Where("gone = ?", false).Scan(ctx)
	if err != nil {
		return nil, err
	}
	live := map[string]map[string]map[string]string{}
	for _, r := range rows {
		id, _, _ := strings.Cut(r.Key, "/")
		if live[r.Feed] == nil {
			live[r.Feed] = map[string]map[string]string{}
		}
		if live[r.Feed][id] == nil {
			live[r.Feed][id] = map[string]string{}
		}
		live[r.Feed][id][r.Key] = r.Value
	}
	return live, nil
}
