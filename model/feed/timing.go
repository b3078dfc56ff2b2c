package feed

import "time"

// Timings are the constants that decide what a screen may call live. They
// stand here and nowhere else, and travel in welcome, so that every client of
// a server uses the same.
type Timings struct {
	BeatMS       int64 `json:"beat_ms"`        // a beat for each feed this often
	LiveMS       int64 `json:"live_ms"`        // a proving beat younger than this, saying verified younger than this: live
	OfflineMS    int64 `json:"offline_ms"`     // the last proving beat this old: offline
	PingMS       int64 `json:"ping_ms"`        // a client pings this often
	SilentMS     int64 `json:"silent_ms"`      // a client that sent nothing for this long is closed
	DisproofMS   int64 `json:"disproof_ms"`    // a second disproof within this: unproved
	FreshMS      int64 `json:"fresh_ms"`       // an observation up to this old is fresh
	AgeingMS     int64 `json:"ageing_ms"`      // then ageing up to this
	StaleMS      int64 `json:"stale_ms"`       // then stale up to this, then withdrawn
	FutureSkewMS int64 `json:"future_skew_ms"` // a time further in the future than this is stale, never fresh
}

// DefaultTimings are the architecture's constants.
var DefaultTimings = Timings{
	BeatMS: 2_000, LiveMS: 5_000, OfflineMS: 12_000, PingMS: 15_000, SilentMS: 45_000,
	DisproofMS: 600_000,
	FreshMS:    600_000, AgeingMS: 1_200_000, StaleMS: 3_600_000, FutureSkewMS: 120_000,
}

// Limits bound what one client may ask of a hub. They travel in welcome.
type Limits struct {
	FrameBytes    int `json:"frame_bytes"`    // largest frame from a client
	Subscriptions int `json:"subscriptions"`  // feeds per connection
	FramesPerSec  int `json:"frames_per_sec"` // sustained frames from a client
	FramesBurst   int `json:"frames_burst"`   // and at once
}

// DefaultLimits are the architecture's bounds.
var DefaultLimits = Limits{FrameBytes: 4 << 10, Subscriptions: 64, FramesPerSec: 10, FramesBurst: 100}

// A Freshness is the data state of an observation by the age of its source's time.
type Freshness string

// The data states. A withdrawn observation is never shown as a number.
const (
	Fresh     Freshness = "fresh"
	Ageing    Freshness = "ageing"
	Stale     Freshness = "stale"
	Withdrawn Freshness = "withdrawn"
)

// FreshnessOf judges an observation against the server's clock. A moment that
// is unknown or too far in the future makes the value stale, never fresh.
func (t Timings) FreshnessOf(observed Time, now time.Time) Freshness {
	age := now.Sub(observed.Std()).Milliseconds()
	switch {
	case observed == 0, age < -t.FutureSkewMS:
		return Stale
	case age <= t.FreshMS:
		return Fresh
	case age <= t.AgeingMS:
		return Ageing
	case age <= t.StaleMS:
		return Stale
	default:
		return Withdrawn
	}
}
