package model

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"weer/model/fault"
	"weer/model/feed"
)

// A decision is what happens to one hospital, decided on what is read under its
// lock at the database's time. A hospital that is not known yet comes with its
// id only. The decision changes no map in place, and settles nothing: that is
// done with whatever has moved. An error ends the transaction, and nothing of it
// is kept. It may be called again for the same hospital.
type decision func(h Hospital, now feed.Time) (after Hospital, moved bool, err error)

// change takes hospitals through a decision, in one transaction, and returns how
// many moved.
func (s *Service) change(ctx context.Context, ids []string, decide decision) (moved int, err error) {
	err = s.write(ctx, func(ctx context.Context, tx Tx) error {
		moved, err = changeIn(ctx, tx, ids, decide)
		return err
	})
	if err != nil {
		return 0, err
	}
	return moved, nil
}

// changeIn takes hospitals through a decision in a transaction that is running.
func changeIn(ctx context.Context, tx Tx, ids []string, decide decision) (moved int, err error) {
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	locked, err := tx.LockHospitals(ctx, ids)
	if err != nil {
		return 0, err
	}
	save, err := decideAll(ids, locked, tx.Now(), decide)
	if err != nil {
		return 0, err
	}
	return len(save), tx.SaveHospitals(ctx, save)
}

func decideAll(ids []string, locked map[string]Hospital, now feed.Time, decide decision) (save []Hospital, err error) {
	for _, id := range ids {
		h := locked[id]
		h.ID = id
		after, moved, err := decide(h, now)
		if err != nil {
			return nil, err
		}
		if moved {
			save = append(save, after.settle(now))
		}
	}
	return save, nil
}

// regionsAtOnce is how many regions are written side by side: their hospitals
// and feeds are their own, so they only share the disk.
const regionsAtOnce = 4

// changeByRegion changes hospitals, one transaction for each region.
func (s *Service) changeByRegion(ctx context.Context, regions map[string][]string, decide decision) (moved int, err error) {
	return byRegion(regions, func(ids []string) (int, error) { return s.change(ctx, ids, decide) })
}

// byRegion carries something out for the hospitals of each region, and adds up
// how many moved. A region that fails does not stop the others; the error names
// each that did.
func byRegion(regions map[string][]string, change func(ids []string) (moved int, err error)) (moved int, err error) {
	var (
		mu    sync.Mutex
		all   sync.WaitGroup
		turns = make(chan struct{}, regionsAtOnce)
	)
	for _, region := range slices.Sorted(maps.Keys(regions)) {
		turns <- struct{}{}
		all.Go(func() {
			defer func() { <-turns }()
			n, failed := change(regions[region])
			mu.Lock()
			defer mu.Unlock()
			moved += n
			if failed != nil {
				err = errors.Join(err, fmt.Errorf("region %s: %w", region, failed))
			}
		})
	}
	all.Wait()
	return moved, err
}

// byPrefix sorts hospitals into the regions that their ids name.
func byPrefix(ids []string) map[string][]string {
	regions := map[string][]string{}
	for _, id := range ids {
		region, _ := RegionOfHospital(id)
		regions[region] = append(regions[region], id)
	}
	return regions
}

// checkHospitalID refuses what no row can be of.
func checkHospitalID(id string) error {
	if _, ok := RegionOfHospital(id); !ok {
		return fault.Bad("hpid", "%.20q is no hospital id of a known region", id)
	}
	return nil
}
