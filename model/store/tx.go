package store

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
)

// tx is one try of a change. It remembers its first failure: a change that
// overlooks an error must not commit.
type tx struct {
	db     *DB
	q      bun.Tx
	now    feed.Time
	epoch  string
	stage  stage                          // of the locks
	locked map[string]model.Hospital      // as they are in the database; without an ID when there is no row yet
	touch  map[string]map[string]keyTouch // by feed and key
	failed error
}

// A keyTouch is what a change did to a key, last.
type keyTouch struct {
	gone  bool
	value string // compact JSON
}

var errEnded = fault.New(fault.Internal, "a transaction was used after its change had returned")

func (db *DB) begin(ctx context.Context, q bun.Tx) (*tx, error) {
	m, err := readMeta(ctx, q, db.clock())
	if err != nil {
		return nil, err
	}
	return &tx{
		db: db, q: q, now: m.Now, epoch: m.Epoch,
		locked: map[string]model.Hospital{}, touch: map[string]map[string]keyTouch{},
	}, nil
}

// end makes later calls fail, from a change that kept the transaction.
func (t *tx) end() { t.fail(errEnded) }

func (t *tx) fail(err error) error {
	if err != nil && t.failed == nil {
		t.failed = err
	}
	return err
}

// Now is the database's clock when the transaction began.
func (t *tx) Now() feed.Time { return t.now }

// LockHospitals takes the hospitals' locks and reads them; see [model.Tx].
func (t *tx) LockHospitals(ctx context.Context, ids []string) (map[string]model.Hospital, error) {
	if t.failed != nil {
		return nil, t.failed
	}
	if err := t.reach(stageHospital); err != nil {
		return nil, err
	}
	if err := t.lock(ctx, ids); err != nil {
		return nil, t.fail(err)
	}
	found := make(map[string]model.Hospital, len(ids))
	for _, id := range ids {
		if h := t.locked[id]; h.ID != "" {
			found[id] = clone(h) // the caller may change its own
		}
	}
	return found, nil
}

func (t *tx) lock(ctx context.Context, ids []string) error {
	fresh, err := t.inOrder(ids)
	if err != nil || len(fresh) == 0 {
		return err
	}
	if err := t.lockRows(ctx, fresh); err != nil {
		return err
	}
	held, err := readHospitals(ctx, t.q, fresh)
	if err != nil {
		return err
	}
	for _, id := range fresh {
		t.locked[id] = held[id]
	}
	return nil
}

// inOrder returns the ids that are not locked yet, sorted. All of them have to
// come after those that are: two changes that lock in different orders can wait
// for each other.
func (t *tx) inOrder(ids []string) ([]string, error) {
	fresh := slices.Clone(ids)
	slices.Sort(fresh)
	fresh = slices.DeleteFunc(slices.Compact(fresh), func(id string) bool { _, ok := t.locked[id]; return ok })
	for _, id := range fresh {
		if !model.ValidHospitalID(id) {
			return nil, fault.Bad("id", "%.20q is no hospital id: one letter and seven digits", id)
		}
	}
	for id := range t.locked {
		if len(fresh) > 0 && fresh[0] < id {
			return nil, fault.New(fault.Internal, "hospital %s was to be locked after %s: lock in the order of ids", fresh[0], id)
		}
	}
	return fresh, nil
}

// SaveHospitals stores hospitals and the difference of their keys; see [model.Tx].
func (t *tx) SaveHospitals(ctx context.Context, hospitals []model.Hospital) error {
	if t.failed != nil {
		return t.failed
	}
	for _, h := range hospitals {
		if err := t.fail(t.check(h)); err != nil {
			return err
		}
	}
	if err := t.fail(t.saveRows(ctx, hospitals)); err != nil {
		return err
	}
	for _, h := range hospitals {
		if err := t.fail(t.touchDifference(t.locked[h.ID], h)); err != nil {
			return err
		}
		t.locked[h.ID] = clone(h)
	}
	return nil
}

// touchDifference puts and removes the keys that differ. A hospital that moved
// to another region leaves its old feed.
func (t *tx) touchDifference(before, after model.Hospital) error {
	var was, is map[string]json.RawMessage
	if before.ID != "" {
		was = before.Keys()
	}
	is = after.Keys()
	same := before.Feed() == after.Feed()
	for key := range was {
		if _, stays := is[key]; !stays || !same {
			if err := t.Remove(before.Feed(), key); err != nil {
				return err
			}
		}
	}
	for key, value := range is {
		if same && bytes.Equal(was[key], value) {
			continue
		}
		if err := t.Put(after.Feed(), key, value); err != nil {
			return err
		}
	}
	return nil
}

// Put sets a key when the transaction commits.
func (t *tx) Put(feedName, key string, value any) error {
	b, err := json.Marshal(value)
	if err != nil {
		return t.fail(fault.Wrap(fault.Internal, err, "the value of %.40q has no JSON form", key))
	}
	if !utf8.Valid(b) { // raw JSON is passed on as it is
		return t.fail(fault.Bad("value", "the value of %.40q is not UTF-8", key))
	}
	return t.touched(feedName, key, keyTouch{value: string(b)})
}

// Remove removes a key when the transaction commits. One that is not there
// changes nothing.
func (t *tx) Remove(feedName, key string) error {
	return t.touched(feedName, key, keyTouch{gone: true})
}

func (t *tx) touched(feedName, key string, k keyTouch) error {
	if t.failed != nil {
		return t.failed
	}
	if _, ok := feed.KindOf(feedName); !ok {
		return t.fail(fault.New(fault.UnknownFeed, "feeds are named like region:11, not %.40q", feedName))
	}
	if !feed.ValidKey(key) {
		return t.fail(fault.Bad("key", "a key is 1 to 128 printable ASCII characters, not %.40q", key))
	}
	if t.touch[feedName] == nil {
		t.touch[feedName] = map[string]keyTouch{}
	}
	t.touch[feedName][key] = k
	return nil
}
