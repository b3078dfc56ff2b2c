package store

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"weer/model/feed"
)

// Flushing the feeds is the last thing that a transaction writes, so that a
// feed, which many transactions touch, is locked for as short as possible:
//
//	a. one upsert moves all feeds by one, its rows in the order of names: it is
//	   the lock, and makes the rows of new feeds;
//	b. under the lock the numbers, the digests and the keys' old versions are
//	   read;
//	c. the keys are written;
//	d. the events are written, each with the digest of the state after it.
//
// Removing a key that is not live changes nothing, and a feed in which nothing
// else was touched should not move. Whether a key is live is only certain under
// the feed's lock, which moves the feed. So such a feed is first looked at
// without it ([tx.moving]). What this read finds dead was dead at that moment,
// and the removal took place then, before whatever puts the key again; a change
// for which that order matters holds the lock of the row that the key speaks
// of, and then the read is exact, because everybody else who touches the key
// does too. What it finds live and is dead under the lock was removed in
// between: the feed has moved, and its event has no keys, which is harmless.

// flush moves the feeds that were touched and returns their events, in name
// order.
func (t *tx) flush(ctx context.Context) ([]feed.Event, error) {
	names, err := t.moving(ctx)
	if err != nil || len(names) == 0 {
		return nil, err
	}
	heads, err := bump(ctx, t.db, t.q, names, t.keysOf(names))
	if err != nil {
		return nil, err
	}
	var keys []keyRow
	var events []feed.Event
	for _, h := range heads {
		changed, digest := h.apply(t.touch[h.name])
		keys = append(keys, changed...)
		events = append(events, feed.Event{Feed: h.name, From: h.seq, To: h.seq, Digest: digest, Keys: body(changed)})
	}
	if err := upsert(ctx, t.db, t.q, keys, []string{"feed", "key"}, "seq", "gone", "value"); err != nil {
		return nil, err
	}
	return events, record(ctx, t.q, heads, events)
}

// moving returns the names of the feeds in which something changes, sorted.
func (t *tx) moving(ctx context.Context) ([]string, error) {
	names := slices.Sorted(maps.Keys(t.touch))
	doubtful := slices.DeleteFunc(slices.Clone(names), t.puts)
	if len(doubtful) == 0 {
		return names, nil
	}
	var live []keyRow
	err := t.q.NewSelect().Model(&live).Column("feed", "key").
		Where("feed IN (?)", bun.List(doubtful)).
		Where("? IN (?)", bun.Ident("key"), bun.List(t.keysOf(doubtful))).
		Where("gone = ?", false).Scan(ctx)
	if err != nil {
		return nil, err
	}
	changes := func(name string) bool {
		return t.puts(name) || slices.ContainsFunc(live, func(k keyRow) bool { return k.Feed == name && t.touches(k) })
	}
	return slices.DeleteFunc(names, func(name string) bool { return !changes(name) }), nil
}

// puts reports whether a feed gets a key.
func (t *tx) puts(name string) bool {
	for _, k := range t.touch[name] {
		if !k.gone {
			return true
		}
	}
	return false
}

// touches reports whether the key was touched in its own feed: a query for some
// keys in some feeds finds more than those.
func (t *tx) touches(k keyRow) bool {
	_, ok := t.touch[k.Feed][k.Key]
	return ok
}

// keysOf returns the keys that were touched in any of the feeds, sorted.
func (t *tx) keysOf(names []string) []string {
	touched := map[string]bool{}
	for _, name := range names {
		for key := range t.touch[name] {
			touched[key] = true
		}
	}
	return slices.Sorted(maps.Keys(touched))
}

// A head is a feed that this transaction has moved and holds the lock of.
type head struct {
	name      string
	seq       uint64      // of the event to be written
	changedAt feed.Time   // the database's clock under the lock
	before    feed.Digest // of the previous event
	held      map[string]keyRow
}

// bump moves feeds by one, names in order, and reads where they stand and what
// they hold of some keys.
func bump(ctx context.Context, db *DB, q bun.Tx, sorted, keys []string) ([]head, error) {
	clock := db.clock()
	values := strings.TrimSuffix(strings.Repeat("(?, 1, 1, "+clock+"), ", len(sorted)), ", ")
	names := make([]any, len(sorted))
	for i, name := range sorted {
		names[i] = name
	}
	_, err := q.NewRaw("INSERT INTO feed (name, seq, first_seq, changed_at) VALUES "+values+
		" "+db.orUpdate("name")+" seq = seq + 1, changed_at = "+clock, names...).Exec(ctx)
	if err != nil {
		return nil, err
	}
	return readHeads(ctx, db, q, sorted, keys)
}

// readHeads is one query, because others wait for the locks: a row for each
// feed and key, and one for a feed without any of the keys.
func readHeads(ctx context.Context, db *DB, q bun.Tx, names, keys []string) (heads []head, err error) {
	var rows []struct {
		Name      string
		Seq       uint64
		ChangedAt feed.Time
		Digest    string
		Key       string
		OldSeq    uint64
		Gone      bool
	}
	err = q.NewRaw("SELECT f.name, f.seq, f.changed_at, COALESCE(e.digest, '') AS digest,"+
		" COALESCE(k.?0, '') AS ?0, COALESCE(k.seq, 0) AS old_seq, COALESCE(k.gone, 1) AS gone FROM feed AS f"+
		" LEFT JOIN feed_event AS e ON e.feed = f.name AND e.seq = f.seq - 1"+
		" LEFT JOIN feed_key AS k ON k.feed = f.name AND k.?0 IN (?1)"+
		" WHERE f.name IN (?2) ORDER BY f.name", bun.Ident("key"), bun.List(keys), bun.List(names)).Scan(ctx, &rows)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		if n := len(heads); n == 0 || heads[n-1].name != r.Name {
			h := head{name: r.Name, seq: r.Seq, changedAt: r.ChangedAt, held: map[string]keyRow{}}
			if h.before, err = db.digestBefore(ctx, q, r.Name, r.Seq, r.Digest); err != nil {
				return nil, err
			}
			heads = append(heads, h)
		}
		heads[len(heads)-1].held[r.Key] = keyRow{Seq: r.OldSeq, Gone: r.Gone}
	}
	return heads, nil
}

// digestBefore reads the digest that the feed's previous event was stored with.
// A feed that has lost this event is counted anew: its numbers must go on.
func (db *DB) digestBefore(ctx context.Context, q bun.Tx, name string, seq uint64, stored string) (feed.Digest, error) {
	if seq == 1 {
		return feed.Digest{}, nil
	}
	if d, err := feed.ParseDigest(stored); err == nil {
		return d, nil
	}
	db.log.Error("a feed's newest event is missing or has no digest; its keys were counted anew", "feed", name, "seq", seq-1)
	return recount(ctx, q, name)
}

// recount sums the live keys as they are stored.
func recount(ctx context.Context, q bun.Tx, name string) (d feed.Digest, err error) {
	var rows []keyRow
	if err := q.NewSelect().Model(&rows).Column("key", "seq").Where("feed = ?", name).Where("gone = ?", false).Scan(ctx); err != nil {
		return d, err
	}
	for _, r := range rows {
		d = d.Add(r.Key, r.Seq)
	}
	return d, nil
}

// apply decides under the lock what the touches change, sorted by key, and the
// digest after it.
func (h head) apply(touched map[string]keyTouch) ([]keyRow, feed.Digest) {
	var changed []keyRow
	digest := h.before
	for _, key := range slices.Sorted(maps.Keys(touched)) {
		k := touched[key]
		old, known := h.held[key]
		live := known && !old.Gone
		if k.gone && !live {
			continue
		}
		if live {
			digest = digest.Remove(key, old.Seq)
		}
		if !k.gone {
			digest = digest.Add(key, h.seq)
		}
		changed = append(changed, keyRow{Feed: h.name, Key: key, Seq: h.seq, Gone: k.gone, Value: k.value})
	}
	return changed, digest
}

// body is the JSON array of an event.
func body(rows []keyRow) json.RawMessage {
	entries := make([]feed.Entry, len(rows))
	for i, r := range rows {
		entries[i] = r.entry()
	}
	b, err := json.Marshal(entries)
	if err != nil {
		panic(err) // the values were marshalled by Put
	}
	return b
}

func (r keyRow) entry() feed.Entry {
	e := feed.Entry{Key: r.Key, Seq: r.Seq, Gone: r.Gone}
	if !r.Gone {
		e.Value = json.RawMessage(r.Value)
	}
	return e
}

// record writes the events of moved feeds.
func record(ctx context.Context, q bun.Tx, heads []head, events []feed.Event) error {
	rows := make([]eventRow, len(events))
	for i, e := range events {
		rows[i] = eventRow{Feed: e.Feed, Seq: e.To, Digest: e.Digest.String(), Body: string(e.Keys), CreatedAt: heads[i].changedAt}
	}
	_, err := q.NewInsert().Model(&rows).Exec(ctx)
	return err
}
