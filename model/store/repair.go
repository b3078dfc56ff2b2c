package store

import (
	"context"
	"encoding/json"

	"github.com/uptrace/bun"

	"weer/model/fault"
	"weer/model/feed"
)

// Repair counts a feed's digest anew from its keys, under its lock, and writes
// it with an event without keys, so that whoever follows compares with the right
// one. It returns the digest that was stored before and the one that is now.
// Nobody is told: followers find the event within a second by verification.
func (db *DB) Repair(ctx context.Context, name string) (old, now feed.Digest, err error) {
	if err := db.exists(ctx, name); err != nil {
		return old, now, err
	}
	err = db.transact(ctx, func(ctx context.Context, q bun.Tx) error {
		heads, err := bump(ctx, db, q, []string{name}, nil)
		if err != nil {
			return err
		}
		old = heads[0].before
		if now, err = recount(ctx, q, name); err != nil {
			return err
		}
		seq := heads[0].seq
		return record(ctx, q, heads, []feed.Event{{Feed: name, From: seq, To: seq, Digest: now, Keys: json.RawMessage("[]")}})
	})
	return old, now, err
}

func (db *DB) exists(ctx context.Context, name string) error {
	if _, ok := feed.KindOf(name); !ok {
		return fault.New(fault.UnknownFeed, "feeds are named like region:11, not %.40q", name)
	}
	n, err := db.r.NewSelect().TableExpr("feed").Where("name = ?", name).Count(ctx)
	if err == nil && n == 0 {
		err = fault.New(fault.NotFound, "%s has never moved: there is nothing to repair", name)
	}
	return err
}
