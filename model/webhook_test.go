package model

import (
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"weer/model/fault"
	"weer/model/feed"
)

func TestTargetsOfWebhooks(t *testing.T) {
	for _, good := range []string{
		"https://receiver.example/weer", "http://10.0.0.7:8080", "https://[2001:db8::1]:8443/a?b=c", "https://xn--o39aom.example/%EA%B0%95",
	} {
		if err := CheckHookURL(good); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for name, bad := range map[string]string{
		"nothing":     "",
		"a path":      "/weer",
		"no host":     "https:///weer",
		"opaque":      "https:receiver.example",
		"a scheme":    "ftp://receiver.example/",
		"javascript":  "javascript:alert(1)",
		"a password":  "https://user:secret@receiver.example/",
		"a fragment":  "https://receiver.example/#a",
		"a port":      "https://receiver.example:0/",
		"a high port": "https://receiver.example:65536/",
		"blanks":      "https://receiver.example/a b",
		"a newline":   "https://receiver.example/\r\nHost: other",
		"Hangul":      "https://응급.example/",
		"length":      "https://receiver.example/" + strings.Repeat("a", MaxHookURL),
	} {
		err := CheckHookURL(bad)
		if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "(url)") {
			t.Errorf("%s: %v", name, err)
		}
		if strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: the answer repeats what was sent: %v", name, err)
		}
	}
}

func TestWhichResetAPlaceNeeds(t *testing.T) {
	b := Backlog{Epoch: "e", Head: feed.Head{Feed: "region:11", Seq: 20, First: 11}}
	for _, c := range []struct {
		place feed.Cursor
		want  string
	}{
		{feed.Cursor{}, feed.ReasonAsked},
		{feed.Cursor{Epoch: "f", Seq: 20}, feed.ReasonEpoch},
		{feed.Cursor{Epoch: "e", Seq: 21}, feed.ReasonFuture},
		{feed.Cursor{Epoch: "e", Seq: 9}, feed.ReasonTooOld},
		{feed.Cursor{Epoch: "e", Seq: 10}, ""},
		{feed.Cursor{Epoch: "e", Seq: 20}, ""},
	} {
		if got := b.Reset(c.place); got != c.want {
			t.Errorf("%+v: %q, want %q", c.place, got, c.want)
		}
	}
}

// An always failing target is asked ever more rarely, at the end of the day for
// the last time, and then never again.
func TestATargetThatFailsForADayIsDead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := feed.Time(1_800_000_000_000)
		start := now
		w := Webhook{State: HookActive, Place: feed.Cursor{Feed: "region:11", Epoch: "e", Seq: 3}}
		before := w.Place
		var last feed.Time
		for w.State.delivers() {
			if w.Failures > 100 {
				t.Fatal("it is asked for ever")
			}
			now = max(now, w.DueAt) + feed.Time(rapid.Int64Range(0, 20).Draw(t, "late"))
			w = w.claimed("c", now).after(HookAttempt{
				From: w.Place, To: feed.Cursor{Feed: "region:11", Epoch: "e", Seq: 9}, Status: 500, Failure: HookStatus,
				Spread: rapid.Float64Range(0, math.Nextafter(1, 0)).Draw(t, "spread"), More: true,
			}, now)
			if w.Place != before || w.Claim != "" || w.ClaimedUntil != 0 || w.TriedAt != now {
				t.Fatalf("a failure moved it or kept its claim: %+v", w)
			}
			if pause := w.DueAt - now; w.State == HookFailing && (pause < 0 || pause > hookLongPauseMS) {
				t.Fatalf("the pause after failure %d is %d ms", w.Failures, pause)
			}
			last = now
		}
		if lived := last - start; w.State != HookDead || w.Why != HookGaveUp || lived < HookPatienceMS || lived > HookPatienceMS+60_000 {
			t.Fatalf("%s (%s) after %d ms", w.State, w.Why, lived)
		}
		if w.Failures < 24 || w.Failures > 60 {
			t.Fatalf("it was asked %d times in the day", w.Failures)
		}
	})
}

func TestThePauseIsWhatTheTargetAsksForUpToADay(t *testing.T) {
	now := feed.Time(1_800_000_000_000)
	for _, c := range []struct {
		asks time.Duration
		want feed.Time
	}{
		{0, hookFirstPauseMS}, {time.Millisecond, hookFirstPauseMS}, {90 * time.Second, 90_000}, {1000 * time.Hour, HookPatienceMS},
	} {
		w := Webhook{State: HookActive}.after(HookAttempt{Status: 503, Failure: HookStatus, RetryAfter: c.asks}, now)
		if got := w.DueAt - now; w.State != HookFailing || got != c.want {
			t.Errorf("asked for %s: %s, again in %d ms, want %d", c.asks, w.State, got, c.want)
		}
	}
}

func TestWhatAnAttemptMakesOfAWebhook(t *testing.T) {
	const now = feed.Time(1_800_000_000_000)
	at := func(seq uint64) feed.Cursor { return feed.Cursor{Feed: "region:11", Epoch: "e", Seq: seq} }
	taken := HookAttempt{From: at(3), To: at(5), Status: 204, More: true}
	for name, c := range map[string]struct {
		w       Webhook
		a       HookAttempt
		state   HookState
		why     HookReason
		seq     uint64
		claimed bool
	}{
		"taken, and more to come":     {Webhook{State: HookActive, Place: at(3)}, taken, HookActive, "", 5, true},
		"taken, and nothing more":     {Webhook{State: HookActive, Place: at(3)}, HookAttempt{From: at(3), To: at(5), Status: 200}, HookActive, "", 5, false},
		"taken after failures":        {Webhook{State: HookFailing, Place: at(3), Failures: 4, FailingSince: now - 9}, taken, HookActive, "", 5, true},
		"taken, but replayed since":   {Webhook{State: HookActive, Place: at(1)}, taken, HookActive, "", 1, true},
		"taken, but paused since":     {Webhook{State: HookPaused, Why: HookAsked, Place: at(3)}, taken, HookPaused, HookAsked, 5, false},
		"gone":                        {Webhook{State: HookActive, Place: at(3)}, HookAttempt{From: at(3), To: at(5), Status: 410, Failure: HookStatus}, HookPaused, HookGone, 3, false},
		"failed, but paused since":    {Webhook{State: HookPaused, Why: HookAsked, Place: at(3)}, HookAttempt{From: at(3), To: at(5), Status: 500, Failure: HookStatus}, HookPaused, HookAsked, 3, false},
		"failed for a day, but taken": {Webhook{State: HookFailing, Place: at(3), Failures: 40, FailingSince: now - HookPatienceMS}, taken, HookActive, "", 5, true},
	} {
		after := c.w.claimed("c", now-1).after(c.a, now)
		if after.State != c.state || after.Why != c.why || after.Place.Seq != c.seq || (after.Claim != "") != c.claimed {
			t.Errorf("%s: %+v", name, after)
		}
		if c.a.Failure == "" && (after.Failures != 0 || after.FailingSince != 0 || after.DeliveredAt != now) {
			t.Errorf("%s: a success leaves failures: %+v", name, after)
		}
		if c.claimed && after.ClaimedUntil != now+HookClaimMS {
			t.Errorf("%s: the claim ends at %d", name, after.ClaimedUntil)
		}
	}
}

func TestWhoMayManageAWebhook(t *testing.T) {
	key := Principal{Role: RoleIntegration, Key: "k1", Scopes: []Right{ManageHooks, ReadBoard}}
	w := &Webhook{ID: "w1", Owner: "key:k1", Feed: "region:11"}
	for name, c := range map[string]struct {
		by   Principal
		of   *Webhook
		want fault.Code
	}{
		"its key":                         {key, w, ""},
		"an administrator":                {Principal{Role: RoleAdmin, Subject: "a", Session: "s"}, w, ""},
		"another key":                     {Principal{Role: RoleIntegration, Key: "k2", Scopes: key.Scopes}, w, fault.Forbidden},
		"its key without the scope":       {Principal{Role: RoleIntegration, Key: "k1", Scopes: []Right{ReadBoard}}, w, fault.Forbidden},
		"a crew":                          {Principal{Role: RoleCrew, Subject: "c", Session: "s"}, w, fault.Forbidden},
		"a key that asks for nothing":     {key, nil, fault.Forbidden},
		"an administrator, for no record": {Principal{Role: RoleAdmin}, nil, fault.NotFound},
	} {
		if err := c.of.mayManage(c.by, "w1"); c.want == "" && err != nil || c.want != "" && !fault.Is(err, c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func TestADeliveryNeedsItsOwnersRights(t *testing.T) {
	scopes := []Right{ManageHooks, ReadBoard, ReadHospitalFeed}
	for name, c := range map[string]struct {
		owner Principal
		feed  string
		want  bool
	}{
		"a region":                      {Principal{Role: RoleIntegration, Key: "k", Scopes: scopes}, "region:11", true},
		"a region without its scope":    {Principal{Role: RoleIntegration, Key: "k", Scopes: scopes[:1]}, "region:11", false},
		"no webhooks any more":          {Principal{Role: RoleIntegration, Key: "k", Scopes: scopes[1:]}, "region:11", false},
		"the own hospital":              {Principal{Role: RoleIntegration, Key: "k", Scopes: scopes, Hospital: "A1100001"}, "hospital:A1100001", true},
		"another hospital":              {Principal{Role: RoleIntegration, Key: "k", Scopes: scopes, Hospital: "A1100001"}, "hospital:A1100002", false},
		"the administrators' feed":      {Principal{Role: RoleAdmin, Session: "s"}, "admin", true},
		"the nodes' feed":               {Principal{Role: RoleAdmin, Session: "s"}, "system", false},
		"an account that is now a crew": {Principal{Role: RoleCrew, Session: "s"}, "region:11", false},
	} {
		if err := (Webhook{Feed: c.feed}).MayHook(c.owner); (err == nil) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}
