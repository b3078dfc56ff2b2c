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
	heads, err := bump(ctx, t.db, t.q, names)
	if err != nil {
		return nil, err
	}
	held, err := t.held(ctx, names)
	if err != nil {
		return nil, err
	}
	var keys []keyRow
	var events []feed.Event
	for _, h := range heads {
		changed, digest := h.apply(t.touch[h.Name], held[h.Name])
		keys = append(keys, changed...)
		events = append(events, feed.Event{Feed: h.Name, From: h.Seq, To: h.Seq, Digest: digest, Keys: body(changed)})
	}
	if err := upsert(ctx, t.db, t.q, keys, []string{"feed", "key"}, "seq", "gone", "value"); err != nil {
		return nil, err
	}
	return events, record(ctx, t.q, heads, events)
}

// moving returns the names of the feeds in which something changes, sorted.
func (t *tx) moving(ctx context.Context) ([]string, error) {
	names := slices.Sorted(maps.Keys(t.touch))
	onlyRemoved := slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		return slices.ContainsFunc(slices.Collect(maps.Values(t.touch[name])), func(k keyTouch) bool { return !k.gone })
	})
	if len(onlyRemoved) == 0 {
		return names, nil
	}
	held, err := t.held(ctx, onlyRemoved)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(names, func(name string) bool {
		return slices.Contains(onlyRemoved, name) && !slices.ContainsFunc(slices.Collect(maps.Values(held[name])), live)
	}), nil
}

func live(k keyRow) bool { return !k.Gone }

// held reads the touched keys of some feeds, without their values. The query
// asks for any touched key in any of the feeds, which is a few too many.
func (t *tx) held(ctx context.Context, names []string) (map[string]map[string]keyRow, error) {
	touched := map[string]bool{}
	for _, name := range names {
		for key := range t.touch[name] {
			touched[key] = true
		}
	}
	var rows []keyRow
	err := t.q.NewSelect().Model(&rows).Column("feed", "key", "seq", "gone").
		Where("feed IN (?)", bun.List(names)).
		Where("? IN (?)", bun.Ident("key"), bun.List(slices.Sorted(maps.Keys(touched)))).Scan(ctx)
	if err != nil {
		return nil, err
	}
	held := map[string]map[string]keyRow{}
	for _, r := range rows {
		if _, ok := t.touch[r.Feed][r.Key]; !ok {
			continue
		}
		if held[r.Feed] == nil {
			held[r.Feed] = map[string]keyRow{}
		}
		held[r.Feed][r.Key] = r
	}
	return held, nil
}

// A head is a feed that this transaction has moved and holds the lock of.
type head struct {
	Name      string
	Seq       uint64    // of the event to be written
	ChangedAt feed.Time // the database's clock under the lock
	Digest    string    // of the event before
	before    feed.Digest
}

// bump moves feeds by one, names in order, and reads where they stand.
func bump(ctx context.Context, db *DB, q bun.Tx, sorted []string) ([]head, error) {
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
	var heads []head
	err = q.NewRaw("SELECT f.name, f.seq, f.changed_at, COALESCE(e.digest, '') AS digest FROM feed AS f"+
		" LEFT JOIN feed_event AS e ON e.feed = f.name AND e.seq = f.seq - 1"+
		" WHERE f.name IN (?) ORDER BY f.name", bun.List(sorted)).Scan(ctx, &heads)
	if err != nil {
		return nil, err
	}
	for i := range heads {
		if heads[i].before, err = db.digestBefore(ctx, q, heads[i]); err != nil {
			return nil, err
		}
	}
	return heads, nil
}

// digestBefore is the digest that the feed's previous event was stored with. A
// feed that has lost this event is counted anew: its numbers must go on.
func (db *DB) digestBefore(ctx context.Context, q bun.Tx, h head) (feed.Digest, error) {
	if h.Seq == 1 {
		return feed.Digest{}, nil
	}
	if d, err := feed.ParseDigest(h.Digest); err == nil {
		return d, nil
	}
	db.log.Error("a feed's newest event is missing or has no digest; its keys were counted anew", "feed", h.Name, "seq", h.Seq-1)
	return recount(ctx, q, h.Name)
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
func (h head) apply(touched map[string]keyTouch, held map[string]keyRow) ([]keyRow, feed.Digest) {
	var changed []keyRow
	digest := h.before
	for _, key := range slices.Sorted(maps.Keys(touched)) {
		k := touched[key]
		old, known := held[key]
		wasLive := known && !old.Gone
		if k.gone && !wasLive {
			continue
		}
		if wasLive {
			digest = digest.Remove(key, old.Seq)
		}
		if !k.gone {
			digest = digest.Add(key, h.Seq)
		}
		changed = append(changed, keyRow{Feed: h.Name, Key: key, Seq: h.Seq, Gone: k.gone, Value: k.value})
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
		rows[i] = eventRow{Feed: e.Feed, Seq: e.To, Digest: e.Digest.String(), Body: string(e.Keys), CreatedAt: heads[i].ChangedAt}
	}
	_, err := q.NewInsert().Model(&rows).Exec(ctx)
	return err
}
