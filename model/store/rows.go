package store

import (
	"database/sql"

	"github.com/uptrace/bun"

	"weer/model"
	"weer/model/feed"
)

// The rows as bun writes them. None has a default or a number made by the
// database: bun would ask for it with RETURNING, which MySQL lacks. Those of a
// hospital are comparable: only what differs is written.

type hospitalRow struct {
	bun.BaseModel `bun:"table:hospital"`

	ID      string `bun:",pk"`
	Version int64  // counts the locks taken; not a key's version
	Region  string // NULL: the row has only been locked, never saved
	Name    string // of the last bed report, as is Tel
	Tel     string

	Listed       bool // the national list has it, and says the rest of this block
	ListedName   string
	ListedRegion string
	ListedTel    string
	MainTel      string
	Address      string
	District     string
	Level        string
	LevelName    string
	Lat, Lon     sql.NullFloat64

	Base       string // the source whose observation is shown
	AsObserved bool   // the readings shown are the base's, without a correction
	MissedBy   string // polls without it, by source, as JSON
	Missed     int    // those of the bed reports, for nodes of the first version
	UpdatedAt  feed.Time

	Console   model.Reach // what its consoles prove; the leases are rows of their own
	ConsoleAt feed.Time
}

// The next three hold what is shown, and the times of the source that it is
// from.

type emergencyRoomRow struct {
	bun.BaseModel `bun:"table:emergency_room_info"`

	HospitalID string `bun:",pk"`
	ER         string `bun:"er"` // readings as JSON
	Beds       string
	ObservedAt feed.Time
	ReceivedAt feed.Time
}

type icuRow struct {
	bun.BaseModel `bun:"table:icu"`

	HospitalID string `bun:",pk"`
	Readings   string
	ObservedAt feed.Time
	ReceivedAt feed.Time
}

type equipmentRow struct {
	bun.BaseModel `bun:"table:equipment"`

	HospitalID string `bun:",pk"`
	Readings   string
	ObservedAt feed.Time
	ReceivedAt feed.Time
}

// observationRow is the last observation of one source.
type observationRow struct {
	bun.BaseModel `bun:"table:observation"`

	HospitalID string `bun:",pk"`
	Source     string `bun:",pk"`
	Readings   string
	ObservedAt feed.Time
	ReceivedAt feed.Time
}

// acceptanceRow is all that a hospital declares. It is one row and not one for
// each disease: SQL always reads and writes a hospital's declarations as a
// whole, and who accepts a disease is found in the state of the feeds.
type acceptanceRow struct {
	bun.BaseModel `bun:"table:severe_disease_acceptance"`

	HospitalID   string `bun:",pk"`
	Declarations string // JSON by disease
}

type announcementRow struct {
	bun.BaseModel `bun:"table:er_announcement"`

	HospitalID string `bun:",pk"`
	ID         string `bun:",pk"`
	Kind       string
	Code       string
	Disease    string
	Text       string
	Department string
	Lifted     bool
	Automatic  bool
	StartsAt   feed.Time
	EndsAt     feed.Time
	SinceAt    feed.Time
	Missed     int
	Source     string
	Reason     string
	MadeBy     string
	Revision   uint64
}

// wordRow is what a person says of the acceptance of one disease.
type wordRow struct {
	bun.BaseModel `bun:"table:acceptance_correction"`

	HospitalID string `bun:",pk"`
	Disease    string `bun:",pk"`
	State      string
	Note       string
	SaidState  string // what was declared then
	SaidNote   string
	MadeBy     string
	MadeAt     feed.Time
	EndsAt     feed.Time
}

type correctionRow struct {
	bun.BaseModel `bun:"table:correction"`

	HospitalID string `bun:",pk"`
	Item       string `bun:",pk"`
	Value      string // a reading as JSON
	Said       string // readings by source as JSON
	MadeBy     string
	MadeAt     feed.Time
	EndsAt     feed.Time
}

type overrideRow struct {
	bun.BaseModel `bun:"table:hospital_override"`

	HospitalID string `bun:",pk"`
	Field      string `bun:",pk"`
	Value      string
	Owner      string
	Reason     string
	SetAt      feed.Time
}

type keyRow struct {
	bun.BaseModel `bun:"table:feed_key"`

	Feed  string `bun:",pk"`
	Key   string `bun:",pk"`
	Seq   uint64
	Gone  bool
	Value string // JSON; empty when gone
}

type eventRow struct {
	bun.BaseModel `bun:"table:feed_event"`

	Feed      string `bun:",pk"`
	Seq       uint64 `bun:",pk"`
	Digest    string
	Body      string // a JSON array of feed.Entry
	CreatedAt feed.Time
}

type runRow struct {
	bun.BaseModel `bun:"table:ingest_run"`

	ID         string `bun:",pk"`
	Source     string
	StartedAt  feed.Time
	EndedAt    feed.Time
	IntervalMS int64 `bun:"interval_ms"`
	Seen       int   // rows in the answer
	Changed    int
	Rejected   string // JSON array
	Complete   bool
	Error      string
}

type sourceRow struct {
	bun.BaseModel `bun:"table:source"`

	Name       string `bun:",pk"`
	CompleteAt feed.Time
	IntervalMS int64 `bun:"interval_ms"`
}
