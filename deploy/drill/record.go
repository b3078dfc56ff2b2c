package drill

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
)

// A Record is everything that the judge goes by, as it stands in the tables,
// whose names and meaning it knows from their documentation alone.
type Record struct {
	feeds  map[string]feedRow
	events map[string][]eventRow        // by feed, in order
	keys   map[string]map[string]keyRow // by feed and key, tombstones included
	truth  map[string]map[string]string // by feed and key: the value that the domain's rows demand
	runs   map[string][]run             // of each source, as they ended
	odd    []string                     // rows of the domain that contradict each other
}

type feedRow struct{ seq, first uint64 }

type keyRow struct {
	seq   uint64
	gone  bool
	value string // canonical JSON
}

type eventRow struct {
	seq  uint64
	keys []eventKey
}

type eventKey struct {
	Key   string
	Seq   uint64
	Gone  bool
	Value json.RawMessage
}

// A Querier is a database, or one transaction of it.
type Querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// Read takes down the whole database. Its writers have to rest, or db has to be
// a transaction that sees one moment.
func Read(ctx context.Context, db Querier) (*Record, error) {
	r := &Record{
		feeds: map[string]feedRow{}, events: map[string][]eventRow{},
		keys: map[string]map[string]keyRow{}, truth: map[string]map[string]string{}, runs: map[string][]run{},
	}
	for _, read := range []func(context.Context, Querier) error{r.readFeeds, r.readEvents, r.readKeys, r.readHospitals, r.readRuns} {
		if err := read(ctx, db); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func (r *Record) readFeeds(ctx context.Context, db Querier) error {
	return Each(ctx, db, "SELECT name, seq, first_seq FROM feed", func(rows *sql.Rows) error {
		var name string
		var f feedRow
		err := rows.Scan(&name, &f.seq, &f.first)
		r.feeds[name] = f
		return err
	})
}

func (r *Record) readEvents(ctx context.Context, db Querier) error {
	return Each(ctx, db, "SELECT feed, seq, body FROM feed_event ORDER BY feed, seq", func(rows *sql.Rows) error {
		var name string
		var body []byte
		var e eventRow
		if err := rows.Scan(&name, &e.seq, &body); err != nil {
			return err
		}
		if err := json.Unmarshal(body, &e.keys); err != nil {
			return fmt.Errorf("event %d of %s: %w", e.seq, name, err)
		}
		r.events[name] = append(r.events[name], e)
		return nil
	})
}

func (r *Record) readKeys(ctx context.Context, db Querier) error {
	return Each(ctx, db, "SELECT feed, `key`, seq, gone, value FROM feed_key", func(rows *sql.Rows) error {
		var name, key string
		var value []byte
		var k keyRow
		if err := rows.Scan(&name, &key, &k.seq, &k.gone, &value); err != nil {
			return err
		}
		if !k.gone {
			k.value = canonical(value)
		}
		if r.keys[name] == nil {
			r.keys[name] = map[string]keyRow{}
		}
		r.keys[name][key] = k
		return nil
	})
}

func (r *Record) demand(region, key string, value any) {
	name := "region:" + region
	if r.truth[name] == nil {
		r.truth[name] = map[string]string{}
	}
	raw, err := json.Marshal(value)
	if err != nil {
		r.odd = append(r.odd, fmt.Sprintf("%s: %v", key, err))
	}
	r.truth[name][key] = canonical(raw)
}

// Each runs a query and hands over its rows.
func Each(ctx context.Context, db Querier, query string, row func(*sql.Rows) error) error {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // rows.Err says it
	for rows.Next() {
		if err := row(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
