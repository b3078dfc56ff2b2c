package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
)

// Verify tells what moved since a moment of the database's clock, 0 for all
// feeds. Its own moment is read first and the feeds last, so nothing that is
// committed in between is missed by the next question, and a poll that is
// called complete has its changes in the heads.
func (db *DB) Verify(ctx context.Context, since feed.Time) (feed.Verification, error) {
	m, err := readMeta(ctx, db.r, db.clock())
	if err != nil {
		return feed.Verification{}, err
	}
	v := feed.Verification{Now: m.Now, Epoch: m.Epoch, Mode: m.Mode}
	if v.Sources, err = readSources(ctx, db.r); err != nil {
		return feed.Verification{}, err
	}
	var heads []struct {
		Name          string
		Seq, FirstSeq uint64
	}
	err = db.r.NewRaw("SELECT name, seq, first_seq FROM feed WHERE changed_at >= ? ORDER BY name", since).Scan(ctx, &heads)
	if err != nil {
		return feed.Verification{}, err
	}
	for _, h := range heads {
		v.Heads = append(v.Heads, feed.Head{Feed: h.Name, Seq: h.Seq, First: h.FirstSeq})
	}
	return v, nil
}

// moment runs reads that see the database at one moment.
func (db *DB) moment(ctx context.Context, read func(bun.Tx) error) error {
	return db.r.RunInTx(ctx, db.reading(), func(_ context.Context, q bun.Tx) error { return read(q) })
}

// Snapshot reads a feed's whole state, tombstones included, at one moment. A
// feed that never moved is empty at 0. The digest is the one that was stored
// with the newest event; when that event is missing it is zero, which proves
// nothing but an empty feed.
func (db *DB) Snapshot(ctx context.Context, name string) (feed.Snapshot, error) {
	if _, ok := feed.KindOf(name); !ok {
		return feed.Snapshot{}, fault.New(fault.UnknownFeed, "feeds are named like region:11, not %.40q", name)
	}
	s := feed.Snapshot{Head: feed.Head{Feed: name}}
	var keys []keyRow
	err := db.moment(ctx, func(q bun.Tx) error {
		var digest string
		err := q.NewRaw("SELECT m.value, COALESCE(f.seq, 0), COALESCE(f.first_seq, 1), COALESCE(e.digest, '') FROM meta AS m"+
			" LEFT JOIN feed AS f ON f.name = ? LEFT JOIN feed_event AS e ON e.feed = f.name AND e.seq = f.seq"+
			" WHERE m.name = 'epoch'", name).Scan(ctx, &s.Epoch, &s.Seq, &s.First, &digest)
		if err != nil {
			return err
		}
		if digest != "" {
			if s.Digest, err = feed.ParseDigest(digest); err != nil {
				return err
			}
		}
		return q.NewSelect().Model(&keys).Column("key", "seq", "gone", "value").Where("feed = ?", name).
			OrderExpr("?", bun.Ident("key")).Scan(ctx)
	})
	if err != nil {
		return feed.Snapshot{}, fmt.Errorf("snapshot of %s: %w", name, err)
	}
	s.Entries = make([]feed.Entry, len(keys))
	for i, k := range keys {
		s.Entries[i] = k.entry()
	}
	return s, nil
}

// Head tells where a feed stands, and what travels outside feeds, at one moment.
func (db *DB) Head(ctx context.Context, name string) (model.FeedHead, error) {
	if _, ok := feed.KindOf(name); !ok {
		return model.FeedHead{}, fault.New(fault.UnknownFeed, "feeds are named like region:11, not %.40q", name)
	}
	h := model.FeedHead{Head: feed.Head{Feed: name, First: 1}}
	err := db.moment(ctx, func(q bun.Tx) error {
		m, err := readMeta(ctx, q, db.clock())
		if err != nil {
			return err
		}
		h.At, h.Epoch, h.Mode = m.Now, m.Epoch, m.Mode
		if h.Sources, err = readSources(ctx, q); err != nil {
			return err
		}
		var digest string
		err = q.NewRaw("SELECT f.seq, f.first_seq, COALESCE(e.digest, '') FROM feed AS f"+
			" LEFT JOIN feed_event AS e ON e.feed = f.name AND e.seq = f.seq WHERE f.name = ?", name).Scan(ctx, &h.Seq, &h.First, &digest)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err == nil && digest != "" {
			h.Digest, err = feed.ParseDigest(digest)
		}
		return err
	})
	if err != nil {
		return model.FeedHead{}, fmt.Errorf("head of %s: %w", name, err)
	}
	return h, nil
}

func readSources(ctx context.Context, q bun.IDB) (map[string]feed.Source, error) {
	var rows []sourceRow
	if err := q.NewSelect().Model(&rows).Scan(ctx); err != nil {
		return nil, err
	}
	sources := make(map[string]feed.Source, len(rows))
	for _, s := range rows {
		sources[s.Name] = feed.Source{CompleteAt: s.CompleteAt, IntervalMS: s.IntervalMS}
	}
	return sources, nil
}

// Value reads the value of one key without locks, nil when the key is not there
// or gone.
func (db *DB) Value(ctx context.Context, feedName, key string) (json.RawMessage, error) {
	var values []string
	err := db.r.NewSelect().Model((*keyRow)(nil)).Column("value").
		Where("feed = ?", feedName).Where("? = ?", bun.Ident("key"), key).Where("gone = ?", false).Scan(ctx, &values)
	if err != nil || len(values) == 0 {
		return nil, err
	}
	return json.RawMessage(values[0]), nil
}

const (
	maxEvents  = 1000 // of one answer
	maxCursors = 100  // of one statement: SQLite bounds the depth of its condition
)

// Events reads what comes after each cursor, per feed in order and without a
// hole, up to about 1,000 events in all; each feed gets its share of them. A
// feed whose first event after the cursor is gone yields none, and so does a
// cursor of another epoch.
func (db *DB) Events(ctx context.Context, after []feed.Cursor) (events []feed.Event, err error) {
	share := uint64(max(1, maxEvents/max(1, len(after))))
	for chunk := range slices.Chunk(after, maxCursors) {
		some, err := db.events(ctx, chunk, share)
		if err != nil {
			return nil, err
		}
		events = append(events, some...)
	}
	return events, nil
}

// EventsAfter reads up to limit events after one cursor, as [DB.Events] does.
func (db *DB) EventsAfter(ctx context.Context, after feed.Cursor, limit int) ([]feed.Event, error) {
	return db.events(ctx, []feed.Cursor{after}, uint64(max(1, limit)))
}

func (db *DB) events(ctx context.Context, after []feed.Cursor, share uint64) ([]feed.Event, error) {
	next := make(map[string]uint64, len(after))
	ranges, args := make([]string, len(after)), []any{}
	for i, c := range after {
		if _, ok := feed.KindOf(c.Feed); !ok {
			return nil, fault.New(fault.UnknownFeed, "feeds are named like region:11, not %.40q", c.Feed)
		}
		next[c.Feed] = c.Seq + 1
		ranges[i] = "(e.feed = ? AND e.seq BETWEEN ? AND ? AND m.value = ?)"
		args = append(args, c.Feed, c.Seq+1, c.Seq+share, c.Epoch)
	}
	var rows []eventRow
	// One statement, so events and epoch are of one moment.
	err := db.r.NewRaw("SELECT e.feed, e.seq, e.digest, e.body FROM feed_event AS e JOIN meta AS m ON m.name = 'epoch'"+
		" WHERE "+strings.Join(ranges, " OR ")+" ORDER BY e.feed, e.seq", args...).Scan(ctx, &rows)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, err
	}
	var events []feed.Event
	for _, r := range rows {
		if r.Seq != next[r.Feed] {
			continue // behind a hole
		}
		next[r.Feed]++
		d, err := feed.ParseDigest(r.Digest)
		if err != nil {
			return nil, fmt.Errorf("event %d of %s: %w", r.Seq, r.Feed, err)
		}
		events = append(events, feed.Event{Feed: r.Feed, From: r.Seq, To: r.Seq, Digest: d, Keys: json.RawMessage(r.Body)})
	}
	return events, nil
}
