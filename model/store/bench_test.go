package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"

	"weer/model"
)

// capital is a region's hospitals, 74 as the largest has.
func capital() []model.Hospital {
	var hospitals []model.Hospital
	for i := range 74 {
		hospitals = append(hospitals, ward(fmt.Sprintf("A11%05d", i+1), i))
	}
	return hospitals
}

// BenchmarkWrite is what a poll does to a region in a busy moment: 28 of its
// hospitals are locked, read, compared and saved, one feed moves.
func BenchmarkWrite(b *testing.B) {
	for name, newURL := range databases {
		b.Run(name, func(b *testing.B) {
			db := newBench(b, newURL(b))
			hospitals := capital()
			db.write(b, save(hospitals...))
			moving := hospitals[:28]
			n := 0
			for b.Loop() {
				n++
				db.write(b, func(ctx context.Context, tx model.Tx) error {
					for i := range moving {
						readings := maps.Clone(moving[i].Readings)
						readings["er.general"] = model.Reading{State: model.Known, Value: n}
						moving[i] = observed(moving[i], moving[i].Observed[moving[i].Base].ObservedAt+1, readings)
					}
					return save(moving...)(ctx, tx)
				})
			}
		})
	}
}

// country is all hospitals there are, of which 443 report beds, with what they
// declare and announce; some are corrected.
func country() (hospitals []model.Hospital) {
	for i := range 534 {
		h := full(fmt.Sprintf("A11%05d", i+1), i)
		delete(h.Observed, "push:a")
		if i%50 != 0 {
			h.Corrections, h.Readings = nil, maps.Clone(h.Observed[h.Base].Readings)
		}
		if i >= 443 {
			h.Observed, h.Base, h.Readings, h.Announcements, h.Declarations = nil, "", nil, nil, nil
		}
		hospitals = append(hospitals, h)
	}
	return hospitals
}

// BenchmarkHospitals is the look that every poll takes, at the whole country.
func BenchmarkHospitals(b *testing.B) {
	for name, newURL := range databases {
		b.Run(name, func(b *testing.B) {
			db := newBench(b, newURL(b))
			for some := range slices.Chunk(country(), 74) {
				db.write(b, save(some...))
			}
			for b.Loop() {
				if _, err := db.Hospitals(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkSnapshot reads a region of 74 hospitals.
func BenchmarkSnapshot(b *testing.B) {
	for name, newURL := range databases {
		b.Run(name, func(b *testing.B) {
			db := newBench(b, newURL(b))
			db.write(b, save(capital()...))
			for b.Loop() {
				if _, err := db.Snapshot(b.Context(), "region:11"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkVerify is the question of every second, with nothing new.
func BenchmarkVerify(b *testing.B) {
	for name, newURL := range databases {
		b.Run(name, func(b *testing.B) {
			db := newBench(b, newURL(b))
			for _, r := range model.Regions {
				db.write(b, put("region:"+r.Code, "a", 1))
			}
			v, err := db.Verify(b.Context(), 0)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if _, err := db.Verify(b.Context(), v.Now+1); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
