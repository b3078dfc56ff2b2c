package store

import (
	"context"
	"fmt"
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
						moving[i].Egen.ObservedAt++
						moving[i].Readings["er.general"] = model.Reading{State: model.Known, Value: n}
					}
					return save(moving...)(ctx, tx)
				})
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
