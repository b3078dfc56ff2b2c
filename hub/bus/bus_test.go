package bus

import (
	"context"
	"encoding/json"
	"log/slog"
	"strconv"
	"testing"
	"time"

	"go.uber.org/goleak"

	"weer/deploy/lab"
	"weer/model/feed"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	epoch   = "00000000000000aa"
	foreign = "00000000000000bb"
	seoul   = "region:11"
	busan   = "region:26"
	secret  = "hospital:A1100001"
)

// A rig is a way from one node to another; both may be the same.
type rig struct {
	t        *testing.T
	from, to Bus
	got      chan feed.Hint
}

// rigs run a test on both buses.
func rigs(t *testing.T, test func(t *testing.T, r *rig)) {
	t.Run("local", func(t *testing.T) {
		l := NewLocal()
		test(t, &rig{t: t, from: l, to: l})
	})
	t.Run("redis", func(t *testing.T) {
		url := lab.Redis(t).URL
		test(t, &rig{t: t, from: newRedis(t, url), to: newRedis(t, url)})
	})
}

func newRedis(t *testing.T, url string) *Redis {
	t.Helper()
	r, err := NewRedis(url, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// run runs both ends until the test is over; what arrives lies in got.
func (r *rig) run() {
	r.got = make(chan feed.Hint, 4*queueLen)
	r.runWith(func(h feed.Hint) { r.got <- h })
}

func (r *rig) runWith(deliver func(feed.Hint)) {
	start(r.t, r.to, deliver)
	if r.from != r.to {
		start(r.t, r.from, func(feed.Hint) { r.t.Error("a hint at a node that follows nothing") })
	}
}

// start runs a bus; the returned function ends it, and so does the test's end.
func start(t *testing.T, b Bus, deliver func(feed.Hint)) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx, deliver) }()
	ended := false
	stop = func() {
		if ended {
			return
		}
		ended = true
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	}
	t.Cleanup(stop)
	return stop
}

func event(epoch, name string, seq int) feed.Hint {
	keys := `[{"key":"A1100001/er","seq":` + strconv.Itoa(seq) + `,"value":{"er.general":3}}]`
	return feed.Hint{Epoch: epoch, Event: feed.Event{
		Feed: name, From: uint64(seq), To: uint64(seq),
		Digest: feed.Digest{}.Add("A1100001/er", uint64(seq)), Keys: json.RawMessage(keys),
	}}
}

const probe = 1_000_000 // numbers from here on are not counted by the tests

// flow publishes on a followed feed until something of it arrives: from then on
// the way is open in both directions.
func (r *rig) flow(name string) {
	r.t.Helper()
	eventually(r.t, "hints flow on "+name, func() bool {
		r.from.Publish(event(epoch, name, probe))
		for {
			select {
			case h := <-r.got:
				if h.Feed == name && h.To >= probe {
					return true
				}
			default:
				return false
			}
		}
	})
}

// until returns the hints that arrived before the marker, which it publishes.
func (r *rig) until(marker feed.Hint) (before []feed.Hint) {
	r.t.Helper()
	r.from.Publish(marker)
	timeout := time.After(20 * time.Second)
	again := time.NewTicker(time.Second) // it may meet a full queue as well
	defer again.Stop()
	for {
		select {
		case <-again.C:
			r.from.Publish(marker)
		case h := <-r.got:
			switch {
			case h.Feed == marker.Feed && h.To == marker.To:
				return before
			case h.To < probe:
				before = append(before, h)
			}
		case <-timeout:
			r.t.Fatal("the marker does not arrive")
		}
	}
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	again := time.NewTicker(2 * time.Millisecond)
	defer again.Stop()
	for !ok() {
		select {
		case <-deadline:
			t.Fatal("not in time: " + what)
		case <-again.C:
		}
	}
}

func TestHintsArriveInOrderWhileInterestChanges(t *testing.T) {
	rigs(t, func(t *testing.T, r *rig) {
		r.run()
		r.to.Follow(epoch, seoul)
		r.flow(seoul)
		const n = queueLen / 2
		for i := 1; i <= n; i++ {
			r.from.Publish(event(epoch, seoul, i))
			if i%16 == 0 {
				r.to.Follow(epoch, busan)
				r.to.Unfollow(epoch, busan)
			}
		}
		before := r.until(event(epoch, seoul, probe+1))
		if len(before) != n {
			t.Fatalf("%d of %d hints arrived", len(before), n)
		}
		for i, h := range before {
			want := event(epoch, seoul, i+1)
			if h.To != want.To || h.From != want.From || h.Epoch != epoch || h.Digest != want.Digest || string(h.Keys) != string(want.Keys) {
				t.Fatalf("hint %d is %+v", i, h)
			}
		}
	})
}

func TestFollowIsCounted(t *testing.T) {
	rigs(t, func(t *testing.T, r *rig) {
		r.run()
		r.to.Unfollow(epoch, seoul) // of nobody: changes nothing
		r.to.Follow(epoch, busan)
		r.to.Follow(epoch, seoul)
		r.to.Follow(epoch, seoul)
		r.to.Unfollow(epoch, seoul)
		r.flow(seoul)
		r.flow(busan)
		r.to.Unfollow(epoch, seoul)
		r.from.Publish(event(epoch, seoul, 1))
		if before := r.until(event(epoch, busan, 1)); len(before) != 0 {
			t.Fatalf("a feed that nobody follows brought %+v", before)
		}
		r.to.Follow(epoch, seoul)
		r.flow(seoul)
	})
}

func TestForeignEpochIsDropped(t *testing.T) {
	rigs(t, func(t *testing.T, r *rig) {
		r.run()
		r.to.Follow(epoch, seoul)
		r.flow(seoul)
		r.from.Publish(event(foreign, seoul, 7))
		if before := r.until(event(epoch, seoul, 8)); len(before) != 0 {
			t.Fatalf("another epoch brought %+v", before)
		}
	})
}

func TestPrivateFeedsCarryNoContent(t *testing.T) {
	rigs(t, func(t *testing.T, r *rig) {
		r.run()
		r.to.Follow(epoch, secret)
		r.flow(secret)
		h := event(epoch, secret, 5)
		h.From = 4
		r.from.Publish(h)
		before := r.until(event(epoch, secret, 6))
		if len(before) != 1 {
			t.Fatalf("%d hints arrived", len(before))
		}
		got := before[0]
		if got.Keys != nil || got.Digest != (feed.Digest{}) || got.To != 5 || got.From != 5 || got.Feed != secret || got.Epoch != epoch {
			t.Fatalf("got %+v", got)
		}
	})
}

func TestSlowReceiverLosesAndBlocksNobody(t *testing.T) {
	rigs(t, func(t *testing.T, r *rig) {
		r.got = make(chan feed.Hint, 16*queueLen)
		gate := make(chan struct{})
		entered := make(chan struct{}, 1)
		r.runWith(func(h feed.Hint) {
			select {
			case entered <- struct{}{}:
			default:
			}
			<-gate
			r.got <- h
		})
		r.to.Follow(epoch, seoul)
		eventually(t, "the receiver is stuck", func() bool {
			r.from.Publish(event(epoch, seoul, probe))
			return len(entered) > 0
		})
		next := 0
		eventually(t, "the receiver loses", func() bool {
			for range queueLen {
				next++
				r.from.Publish(event(epoch, seoul, next))
			}
			return r.to.Stats().Dropped > 0
		})
		close(gate)
		r.flow(seoul)
		last := uint64(0)
		for _, h := range r.until(event(epoch, seoul, probe+2)) {
			if h.To <= last {
				t.Fatalf("%d after %d", h.To, last)
			}
			last = h.To
		}
	})
}

func TestReceiverMayCallTheBus(t *testing.T) {
	rigs(t, func(t *testing.T, r *rig) {
		done := make(chan struct{}, 1)
		r.runWith(func(feed.Hint) {
			r.to.Follow(epoch, busan)
			r.to.Publish(event(epoch, busan, 1))
			r.to.Unfollow(epoch, busan)
			r.to.Stats()
			select {
			case done <- struct{}{}:
			default:
			}
		})
		r.to.Follow(epoch, seoul)
		eventually(t, "a callback returns", func() bool {
			r.from.Publish(event(epoch, seoul, 1))
			return len(done) > 0
		})
	})
}

func TestRunTwiceIsRefusedAndRunAgainWorks(t *testing.T) {
	rigs(t, func(t *testing.T, r *rig) {
		r.got = make(chan feed.Hint, queueLen)
		stop := start(t, r.to, func(h feed.Hint) { r.got <- h })
		if r.from != r.to {
			start(t, r.from, func(feed.Hint) {})
		}
		r.to.Follow(epoch, seoul)
		r.flow(seoul)
		if err := r.to.Run(context.Background(), func(feed.Hint) {}); err == nil {
			t.Fatal("a second Run was not refused")
		}
		stop()
		if r.to.Stats().Connected {
			t.Fatal("connected without Run")
		}
		start(t, r.to, func(h feed.Hint) { r.got <- h })
		r.flow(seoul)
		eventually(t, "it is connected again", func() bool { return r.to.Stats().Connected })
	})
}

func TestStatsCount(t *testing.T) {
	rigs(t, func(t *testing.T, r *rig) {
		r.from.Publish(event(epoch, seoul, 1)) // nobody runs it
		if s := r.from.Stats(); s.Dropped != 1 || s.Published != 0 || s.Connected {
			t.Fatalf("before Run: %+v", s)
		}
		r.run()
		calls := &counted{Bus: r.from}
		base := r.from.Stats()
		r.from = calls
		r.to.Follow(epoch, seoul)
		r.flow(seoul)
		r.until(event(epoch, seoul, probe+1))
		received := r.to.Stats().Received
		r.from.Publish(event(epoch, seoul, 2), event(epoch, busan, 3))
		r.until(event(epoch, seoul, probe+2))
		if d := r.to.Stats().Received - received; d != 2 {
			t.Errorf("received grew by %d, not by what is followed", d)
		}
		eventually(t, "each hint is either published or dropped", func() bool {
			s := r.from.Stats()
			return s.Published+s.Dropped-base.Published-base.Dropped == calls.n
		})
	})
}

// counted counts what is given to a bus.
type counted struct {
	Bus
	n uint64
}

func (c *counted) Publish(hints ...feed.Hint) {
	c.n += uint64(len(hints))
	c.Bus.Publish(hints...)
}
