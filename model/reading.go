package model

import (
	"encoding/json"
	"maps"
	"strconv"

	"weer/model/fault"
	"weer/model/feed"
)

// A ReadingState says what is known about a value.
type ReadingState string

// The states of a reading. An item that has no reading is NotReported.
const (
	Known       ReadingState = "known"        // the value is what the source says
	Unknown     ReadingState = "unknown"      // the source said something that is no usable value
	NotReported ReadingState = "not_reported" // the source said nothing (미보고)
	NotOffered  ReadingState = "not_offered"  // the hospital does not have it (미보유)
)

// A Reading is a truth-typed value of one [Item]. It is comparable.
type Reading struct {
	State ReadingState
	// Value is the number of free beds (negative: over capacity by so many), or
	// 1 and 0 for a yes-or-no item. When State is Unknown it is the raw number
	// that must not be shown as one, if there was any.
	Value    int
	Total    int // beds or devices there are, when HasTotal
	HasTotal bool
}

type readingJSON struct {
	State ReadingState `json:"state"`
	Value *int         `json:"value,omitempty"`
	Raw   *int         `json:"raw,omitempty"`
	Total *int         `json:"total,omitempty"`
}

// MarshalJSON leaves out what is not known.
func (r Reading) MarshalJSON() ([]byte, error) { return r.append(nil), nil }

func (r Reading) append(b []byte) []byte {
	b = append(b, `{"state":"`...)
	b = append(b, r.State...)
	b = append(b, '"')
	switch {
	case r.State == Known:
		b = strconv.AppendInt(append(b, `,"value":`...), int64(r.Value), 10)
	case r.State == Unknown && r.Value != 0:
		b = strconv.AppendInt(append(b, `,"raw":`...), int64(r.Value), 10)
	}
	if r.HasTotal {
		b = strconv.AppendInt(append(b, `,"total":`...), int64(r.Total), 10)
	}
	return append(b, '}')
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (r *Reading) UnmarshalJSON(b []byte) error {
	var j readingJSON
	if err := json.Unmarshal(b, &j); err != nil {
		return err
	}
	*r = Reading{State: j.State}
	switch {
	case j.State != Known && j.State != Unknown && j.State != NotReported && j.State != NotOffered:
		return fault.Bad("state", "a reading is known, unknown, not_reported or not_offered")
	case j.State == Known && j.Value == nil:
		return fault.Bad("value", "a known reading has a value")
	case j.State == Known:
		r.Value = *j.Value
	case j.Raw != nil:
		r.Value = *j.Raw
	}
	if j.Total != nil {
		r.Total, r.HasTotal = *j.Total, true
	}
	return nil
}

// Readings are a hospital's readings by item code.
type Readings map[string]Reading

// In encodes the readings of one group as a JSON object, sorted by code; nil
// when there is none.
func (r Readings) In(g Group) json.RawMessage { return r.encode(codesOf[g]) }

// JSON encodes all readings as a JSON object, sorted by code.
func (r Readings) JSON() json.RawMessage {
	if b := r.encode(allCodes); b != nil {
		return b
	}
	return json.RawMessage("{}")
}

// encode is written out because each change of a hospital encodes all its
// readings several times, and reflection made a third of a transaction.
func (r Readings) encode(codes []string) json.RawMessage {
	var b []byte
	for _, code := range codes {
		reading, ok := r[code]
		if !ok {
			continue
		}
		if b == nil {
			b = append(make([]byte, 0, 64*min(len(r), len(codes))), '{')
		} else {
			b = append(b, ',')
		}
		b = append(append(append(b, '"'), code...), '"', ':') // codes need no escape
		b = reading.append(b)
	}
	if b == nil {
		return nil
	}
	return append(b, '}')
}

// Equal reports whether both hold the same readings.
func (r Readings) Equal(other Readings) bool { return maps.Equal(r, other) }

// SourceTimes say when an observation was made and when it came.
type SourceTimes struct {
	ObservedAt feed.Time `json:"observed_at"` // the source's clock; null when it could not be read
	ReceivedAt feed.Time `json:"received_at"` // when this observation first came, the database's clock
}

// Of returns the reading of an item, NotReported when there is none.
func (r Readings) Of(code string) Reading {
	if reading, ok := r[code]; ok {
		return reading
	}
	return Reading{State: NotReported}
}

// sameNumber reports whether both say the same about the item; how many there
// are in all is another matter.
func (r Reading) sameNumber(other Reading) bool {
	return r.State == other.State && r.Value == other.Value
}
