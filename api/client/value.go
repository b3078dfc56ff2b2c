package client

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"weer/model"
)

// Held are the values that a display holds of one kind of key, by what stands
// behind the prefix: the requests of a hospital's feed with "request/", the
// reservations and cases of a unit's or a control room's with "reservation/" and
// "case/". A value that cannot be read as T is passed over: a newer server may
// have kinds of its own.
func Held[T any](d *Display, prefix string) map[string]T {
	held := map[string]T{}
	for _, e := range d.Board() {
		id, is := strings.CutPrefix(e.Key, prefix)
		var value T
		if is && json.Unmarshal(e.Value, &value) == nil {
			held[id] = value
		}
	}
	return held
}

// Read is the value of one key of a display; ok is false when it is not there or
// cannot be read as T.
func Read[T any](d *Display, key string) (value T, ok bool) {
	e, ok := d.Get(key)
	ok = ok && json.Unmarshal(e.Value, &value) == nil
	return value, ok
}

// Cards are the hospitals that a display of a region holds, by id.
func Cards(d *Display) (cards []model.Card) {
	keys := map[string]map[string]json.RawMessage{}
	for _, e := range d.Board() {
		id, _, _ := strings.Cut(e.Key, "/")
		if keys[id] == nil {
			keys[id] = map[string]json.RawMessage{}
		}
		keys[id][e.Key] = e.Value
	}
	for _, id := range slices.Sorted(maps.Keys(keys)) {
		if c, err := model.ReadCard(id, keys[id]); err == nil {
			cards = append(cards, c)
		}
	}
	return cards
}
