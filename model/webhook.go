package model

import (
	"net/url"
	"strconv"
	"time"

	"weer/model/fault"
	"weer/model/feed"
)

// A Webhook is a subscription of another system: what happens in one feed is
// posted to its target, in order, at least once, for as long as whoever made it
// may read that feed. Package weer/api/hook says how.
//
// Delivery follows the state and not the events that somebody saw: a webhook
// stands at a place in its feed's history, and what lies between that and the
// feed's head is owed to it, whichever nodes died in between.
type Webhook struct {
	ID     string // UUIDv7
	Owner  string // [Principal.Actor] of whoever made it; it has their rights and no others
	Feed   string
	URL    string // of the target
	Secret []byte // that signs, sealed: the store never has it in clear

	State HookState
	Why   HookReason // why it is paused or dead, "" otherwise

	// Place is how far the target has taken the feed. Without an epoch the target
	// has nothing, and is sent the whole state first.
	Place feed.Cursor

	Failures     int         // in a row
	FailingSince feed.Time   // the first of them
	LastStatus   int         // HTTP status of the last attempt, 0 when none came
	LastFailure  HookFailure // of the last attempt, "" when the target took it
	TriedAt      feed.Time
	DeliveredAt  feed.Time
	DueAt        feed.Time // before this nothing is sent

	// Claim names the one delivery that may send now, until ClaimedUntil by the
	// database's clock.
	Claim        string
	ClaimedUntil feed.Time

	CreatedAt feed.Time
	Revision  uint64 // counts what people change: for If-Match
}

// A HookState says whether a webhook is delivered.
type HookState string

// The states of a webhook.
const (
	HookActive  HookState = "active"  // delivered as soon as something moves
	HookFailing HookState = "failing" // the last attempt failed; there will be another
	HookPaused  HookState = "paused"  // nothing is sent until somebody resumes it
	HookDead    HookState = "dead"    // it failed for a day; nothing is sent until somebody resumes or replays it
)

// A HookReason says why a webhook is not delivered.
type HookReason string

// Why a webhook is paused or dead.
const (
	HookAsked     HookReason = "asked"     // somebody paused it
	HookGone      HookReason = "gone"      // the target answered 410 Gone
	HookForbidden HookReason = "forbidden" // whoever made it may no longer read the feed, or no longer is anybody
	HookGaveUp    HookReason = "gave_up"   // it failed for [HookPatienceMS]
)

// A HookFailure is how an attempt failed, without anything that the target said.
type HookFailure string

// How an attempt fails.
const (
	HookStatus     HookFailure = "status"           // the answer was no 2xx
	HookRedirect   HookFailure = "redirect"         // the answer was a 3xx, which is not followed
	HookTimeout    HookFailure = "timeout"          // no answer in time
	HookTarget     HookFailure = "forbidden_target" // the target's address is private or otherwise not allowed
	HookNoAddress  HookFailure = "no_address"       // the target's name has none
	HookTLS        HookFailure = "tls"              // no trusted TLS connection
	HookConnection HookFailure = "connection"       // refused, cut, or no HTTP
)

// Bounds of webhooks. Times are milliseconds.
const (
	HookPatienceMS   = 24 * 60 * 60_000 // failing for this long is death
	hookFirstPauseMS = 1000             // after the first failure, about; doubled with each
	hookLongPauseMS  = 60 * 60_000      // the longest pause that a target does not ask for
	HookClaimMS      = 30_000           // a delivery that ended without a word is another's after this
	MaxHookURL       = 2000             // characters
	MaxHooks         = 20               // of one owner
)

// A HookAttempt is one request to a target and what came of it.
type HookAttempt struct {
	From, To   feed.Cursor // what it would move from, and to
	Status     int         // HTTP, 0 without an answer
	Failure    HookFailure // "" when the target took it
	RetryAfter time.Duration
	Spread     float64 // a random number in [0, 1): where in its range a pause lies
	More       bool    // the delivery goes on and keeps its claim
}

// A DeadLetter says what a target did not take in a day. It holds no payload:
// that is in the feed for as long as the feed keeps it, and is posted again
// when the webhook is resumed or replayed.
type DeadLetter struct {
	ID       string // UUIDv7
	Webhook  string
	Epoch    string
	From, To uint64 // events owed; From 0: the whole state
	Attempts int
	Status   int // of the last attempt
	Failure  HookFailure
	Since    feed.Time // the first attempt that failed
	DiedAt   feed.Time
}

// CheckHookURL refuses what can be no target. Which addresses are allowed is
// decided when they are dialled, because only then they are known.
func CheckHookURL(text string) error {
	bad := func(format string, args ...any) error { return fault.Bad("url", format, args...) }
	if len(text) > MaxHookURL {
		return bad("a target's URL has at most %d characters", MaxHookURL)
	}
	for i := range len(text) {
		if text[i] <= ' ' || text[i] > '~' {
			return bad("a target's URL is printable ASCII: write other characters percent-encoded, and the host in its ASCII form")
		}
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Opaque != "" || u.Hostname() == "":
		return bad("a target's URL is whole, as in https://receiver.example/weer")
	case u.Scheme != "https" && u.Scheme != "http":
		return bad("a target's URL begins with https://")
	case u.User != nil:
		return bad("a target's URL holds no password: deliveries are signed instead")
	case u.Fragment != "":
		return bad("a target's URL has no fragment")
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return bad("a port is a number from 1 to 65535")
		}
	}
	return nil
}

// delivers reports whether anything is sent while the webhook is in the state.
func (s HookState) delivers() bool { return s == HookActive || s == HookFailing }

// free reports whether a delivery may claim the webhook.
func (w Webhook) free(now feed.Time) bool {
	return w.State.delivers() && w.DueAt <= now && w.ClaimedUntil <= now
}

// claimed is the webhook under a claim of full length.
func (w Webhook) claimed(claim string, now feed.Time) Webhook {
	w.Claim, w.ClaimedUntil = claim, now+HookClaimMS
	return w
}

// released is the webhook that any delivery may claim.
func (w Webhook) released() Webhook {
	w.Claim, w.ClaimedUntil = "", 0
	return w
}

// after is the webhook after an attempt. An attempt from a place that it left
// meanwhile (a replay) tells of the target but moves nothing. A webhook that
// was paused meanwhile stays so.
func (w Webhook) after(a HookAttempt, now feed.Time) Webhook {
	w.TriedAt, w.LastStatus, w.LastFailure = now, a.Status, a.Failure
	if a.Failure != "" {
		return w.failed(a, now).released()
	}
	w.DeliveredAt, w.DueAt = now, 0
	w.Failures, w.FailingSince = 0, 0
	if w.State == HookFailing {
		w.State = HookActive
	}
	if w.Place == a.From {
		w.Place = a.To
	}
	if !a.More || !w.State.delivers() {
		return w.released()
	}
	return w.claimed(w.Claim, now)
}

func (w Webhook) failed(a HookAttempt, now feed.Time) Webhook {
	w.Failures++
	if w.FailingSince == 0 {
		w.FailingSince = now
	}
	switch {
	case !w.State.delivers(): // somebody paused it meanwhile
	case a.Status == 410:
		w.State, w.Why = HookPaused, HookGone
	case now-w.FailingSince >= HookPatienceMS:
		w.State, w.Why = HookDead, HookGaveUp
	default:
		w.State, w.DueAt = HookFailing, now+w.pause(a, now)
	}
	return w
}

// pause is how long to wait after a failure: doubled with each, spread over the
// upper half of its range so that targets which failed together do not come
// back together, and no longer than the patience lasts, so that the last
// attempt is at its end. What the target itself asks for is honoured, up to a
// day.
func (w Webhook) pause(a HookAttempt, now feed.Time) feed.Time {
	pause := feed.Time(hookLongPauseMS)
	if doublings := w.Failures - 1; doublings < 12 {
		pause = min(pause, hookFirstPauseMS<<doublings)
	}
	pause -= feed.Time(float64(pause/2) * a.Spread)
	pause = min(pause, max(0, w.FailingSince+HookPatienceMS-now))
	asked := min(a.RetryAfter.Milliseconds(), HookPatienceMS)
	return max(pause, feed.Time(asked))
}

// resumed is the webhook as somebody who believes in its target again wants it.
func (w Webhook) resumed() Webhook {
	w.State, w.Why = HookActive, ""
	w.Failures, w.FailingSince, w.DueAt = 0, 0, 0
	return w
}
