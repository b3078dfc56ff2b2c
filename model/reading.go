package model

import (
	"encoding/json"
	"maps"

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
func (r Reading) MarshalJSON() ([]byte, error) {
	j := readingJSON{State: r.State}
	switch {
	case r.State == Known:
		j.Value = &r.Value
	case r.State == Unknown && r.Value != 0:
		j.Raw = &r.Value
	}
	if r.HasTotal {
		j.Total = &r.Total
	}
	return json.Marshal(j)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (r *Reading) UnmarshalJSON(b []byte) error {
	var j readingJSON
	if err := json.Unmarshal(b, &j); err != nil {
		return err
	}
	*r = Reading{State: j.State}
	switch {
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

// In returns the readings of one group.
func (r Readings) In(g Group) Readings {
	out := Readings{}
	for code, reading := range r {
		if item, ok := ItemByCode(code); ok && item.Group == g {
			out[code] = reading
		}
	}
	return out
}

// Equal reports whether both hold the same readings.
func (r Readings) Equal(other Readings) bool { return maps.Equal(r, other) }

// SourceTimes say when an observation was made and when it came.
type SourceTimes struct {
	ObservedAt feed.Time `json:"observed_at"` // the source's clock; null when it could not be read
	ReceivedAt feed.Time `json:"received_at"` // when this observation first came, the database's clock
}
