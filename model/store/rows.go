package store

import (
	"github.com/uptrace/bun"

	"weer/model/feed"
)

// The rows as bun writes them. None has a default or a number made by the
// database: bun would ask for it with RETURNING, which MySQL lacks.

type hospitalRow struct {
	bun.BaseModel `bun:"table:hospital"`

	ID        string `bun:",pk"`
	Version   int64  // counts the locks taken; not a key's version
	Region    *string
	Name      string
	Tel       string
	Missed    int
	UpdatedAt feed.Time
}

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
	Seen       int   // observations in the answer
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
