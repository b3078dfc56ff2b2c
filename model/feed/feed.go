package feed

import (
	"encoding/json"
	"regexp"
	"strings"
	"time"

	"weer/model/fault"
)

// MaxSeq is the largest number that JavaScript holds exactly (2^53 − 1).
const MaxSeq = 1<<53 - 1

// A Kind is the part of a feed's name before the colon.
type Kind string

// The kinds of feeds. Who may read which is decided in package model.
const (
	Region   Kind = "region"   // region:11, public data of a 시도, by its code
	Hospital Kind = "hospital" // hospital:A1100001, reservations addressed to it
	Unit     Kind = "unit"     // unit:<vehicle>, its cases and their reservations
	Control  Kind = "control"  // control:11, open cases of a region
	Admin    Kind = "admin"    // sign-ups, ingest runs, alerts
	System   Kind = "system"   // nodes only: revocations, settings
)

var nameForm = regexp.MustCompile(`^(region|control):[0-9]{2}$|^hospital:[A-Z][0-9]{7}$|^unit:[A-Za-z0-9._-]{1,40}$|^admin$|^system$`)

// KindOf returns the kind of a well-formed feed name, ok=false for any other
// text. Names are ASCII and case-sensitive.
func KindOf(name string) (k Kind, ok bool) {
	if !nameForm.MatchString(name) {
		return "", false
	}
	before, _, _ := strings.Cut(name, ":")
	return Kind(before), true
}

// Private reports whether the feed's values may not travel through the bus:
// everything but a region's public data.
func Private(name string) bool { return !strings.HasPrefix(name, string(Region)+":") }

// RegionFeed names the feed of a 시도 code ("11" → "region:11").
func RegionFeed(code string) string { return string(Region) + ":" + code }

var keyForm = regexp.MustCompile(`^[!-~]{1,128}$`)

// ValidKey reports whether key is 1 to 128 printable ASCII characters without blanks.
func ValidKey(key string) bool { return keyForm.MatchString(key) }

// An Entry is a versioned key. Gone entries are tombstones and have no value.
type Entry struct {
	Key   string          `json:"key"`
	Seq   uint64          `json:"seq"`
	Gone  bool            `json:"gone,omitempty"`
	Value json.RawMessage `json:"value,omitempty"`
}

// An Event takes a reader of Feed from From−1 to To. Digest is that of the
// state at To.
type Event struct {
	Feed   string
	From   uint64
	To     uint64
	Digest Digest
	Keys   json.RawMessage // a JSON array of Entry, as stored and as sent
}

// Entries decodes the event's keys.
func (e Event) Entries() ([]Entry, error) {
	var keys []Entry
	err := json.Unmarshal(e.Keys, &keys)
	return keys, err
}

// A Cursor is a place in a feed's history.
type Cursor struct {
	Feed  string
	Epoch string
	Seq   uint64
}

// A Head is where a feed stands: the number of its newest event, and the
// oldest event that can still be read.
type Head struct {
	Feed  string
	Seq   uint64
	First uint64 // number of the oldest event kept; 1 for a feed that never lost one
}

// A Snapshot is the whole state of a feed at one moment, tombstones included,
// read in one transaction.
type Snapshot struct {
	Head
	Epoch   string
	Digest  Digest // as stored with the newest event, not computed from Entries
	Entries []Entry
}

// Time is a moment in milliseconds since 1970 UTC: BIGINT in SQL, RFC 3339 with
// milliseconds in JSON. Zero means that no moment is known and is null in JSON.
type Time int64

// At converts a time.Time; the zero time stays unknown.
func At(t time.Time) Time {
	if t.IsZero() {
		return 0
	}
	return Time(t.UnixMilli())
}

// Std converts to a time.Time in UTC; an unknown moment to the zero time.
func (t Time) Std() time.Time {
	if t == 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(t)).UTC()
}

const timeForm = "2006-01-02T15:04:05.000Z"

// MarshalJSON writes RFC 3339 in UTC with milliseconds, null when unknown.
func (t Time) MarshalJSON() ([]byte, error) {
	if t == 0 {
		return []byte("null"), nil
	}
	return t.Std().AppendFormat(nil, `"`+timeForm+`"`), nil
}

// UnmarshalJSON reads RFC 3339 in any zone, or null.
func (t *Time) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*t = 0
		return nil
	}
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	p, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return fault.Bad("", "%q is not an RFC 3339 time", s)
	}
	*t = At(p)
	return nil
}

// A Source is a supplier of observations and its last complete poll: all rows
// fetched and all regions committed.
type Source struct {
	CompleteAt Time  `json:"complete_at"`
	IntervalMS int64 `json:"interval_ms"`
}

// Late reports whether the source missed two of its intervals: the state that
// every screen shows as "수집 중단" (not collecting).
func (s Source) Late(now time.Time) bool {
	return s.CompleteAt == 0 || now.Sub(s.CompleteAt.Std()) > 2*time.Duration(s.IntervalMS)*time.Millisecond
}

// A Hint says that a feed moved. It may be lost, doubled or late; a follower
// that sees a hole reads it from the database. Hints of private feeds carry no
// keys and no digest.
type Hint struct {
	Epoch string
	Event
}

// A Verification is the database's answer to "what moved lately?", and the only
// facts that travel outside feeds.
type Verification struct {
	Now     Time // the database's clock
	Epoch   string
	Mode    string
	Sources map[string]Source
	Heads   []Head // of the feeds that moved since the question's moment
}
