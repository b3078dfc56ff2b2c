package bus

import (
	"context"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"weer/deploy/lab"
	"weer/model/fault"
	"weer/model/feed"
)

// outside is a client that is not of WeER.
func outside(t *testing.T, url string) *redis.Client {
	t.Helper()
	o, err := redis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	c := redis.NewClient(o)
	t.Cleanup(func() { c.Close() })
	return c
}

func TestRedisKilledAndRestarted(t *testing.T) {
	server := lab.Redis(t)
	from, to := newRedis(t, server.URL), newRedis(t, server.URL)
	r := &rig{t: t, from: from, to: to}
	r.run()
	r.to.Follow(epoch, seoul)
	r.flow(seoul)
	for round := range 3 {
		server.Kill()
		eventually(t, "both nodes notice", func() bool {
			r.from.Publish(event(epoch, seoul, 1))
			return !from.canSend.Load() && !to.canHear.Load()
		})
		before := r.from.Stats().Dropped
		for range 2 * queueLen { // more than any queue holds: would block, if anything did
			r.from.Publish(event(epoch, seoul, 1))
		}
		if lost := r.from.Stats().Dropped - before; lost < 2*queueLen {
			t.Fatalf("round %d: %d of %d lost hints were counted", round, lost, 2*queueLen)
		}
		if round == 1 {
			r.to.Follow(epoch, busan) // asked for while Redis is away
		}
		server.Start()
		r.flow(seoul)
		if round == 1 {
			r.flow(busan)
		}
		if old := r.until(event(epoch, seoul, probe+1)); len(old) != 0 {
			t.Fatalf("round %d: %d hints from before the restart", round, len(old))
		}
	}
}

func TestRedisAwayFromTheStart(t *testing.T) {
	server := lab.Redis(t)
	server.Kill()
	r := &rig{t: t, from: newRedis(t, server.URL), to: newRedis(t, server.URL)}
	r.to.Follow(epoch, seoul)
	r.run()
	r.from.Publish(event(epoch, seoul, 1))
	server.Start()
	r.flow(seoul)
	if s := r.from.Stats(); s.Dropped == 0 {
		t.Fatalf("the hint without a Redis is not counted: %+v", s)
	}
}

// TestWhatLiesOnRedis listens as an intruder would.
func TestWhatLiesOnRedis(t *testing.T) {
	server := lab.Redis(t)
	r := &rig{t: t, from: newRedis(t, server.URL), to: newRedis(t, server.URL)}
	r.run()
	r.to.Follow(epoch, secret)
	r.to.Follow(epoch, seoul)
	r.flow(seoul)
	tap := outside(t, server.URL).PSubscribe(context.Background(), "*")
	t.Cleanup(func() { tap.Close() })
	if _, err := tap.Receive(context.Background()); err != nil {
		t.Fatal(err)
	}
	r.from.Publish(event(epoch, secret, 9), event(epoch, seoul, 9))
	for _, want := range []struct{ channel, payload string }{
		{channelOf(topic{epoch, secret}), `{"epoch":"` + epoch + `","feed":"` + secret + `","seq":9}`},
		{"weer:" + epoch + ":region:11", ""},
	} {
		m, err := tap.ReceiveMessage(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if m.Channel != want.channel {
			t.Errorf("on channel %s, not %s", m.Channel, want.channel)
		}
		if want.payload != "" && m.Payload != want.payload {
			t.Errorf("payload %s, not %s", m.Payload, want.payload)
		}
	}
}

func TestForeignMessagesAreDropped(t *testing.T) {
	server := lab.Redis(t)
	r := &rig{t: t, from: newRedis(t, server.URL), to: newRedis(t, server.URL)}
	r.run()
	r.to.Follow(epoch, seoul)
	r.flow(seoul)
	channel := channelOf(topic{epoch, seoul})
	other, err := encode(event(foreign, seoul, 4))
	if err != nil {
		t.Fatal(err)
	}
	c := outside(t, server.URL)
	before := r.to.Stats().Dropped
	planted := []string{string(other), "", "{", "null", `{"epoch":"` + epoch + `","feed":"region:11","seq":5}`, `{"epoch":"` + epoch + `","feed":"region:26","seq":5}`}
	for _, payload := range planted {
		if err := c.Publish(context.Background(), channel, payload).Err(); err != nil {
			t.Fatal(err)
		}
	}
	if got := r.until(event(epoch, seoul, 6)); len(got) != 0 {
		t.Fatalf("planted messages brought %+v", got)
	}
	if n := r.to.Stats().Dropped - before; n != uint64(len(planted)) {
		t.Errorf("%d of %d planted messages were counted", n, len(planted))
	}
}

func TestBadURLNamesTheFieldAndKeepsThePassword(t *testing.T) {
	for _, url := range []string{"", "http://h", "redis://u:hunter2@h:1/x", "redis://u:hunter2@h:p\x00/", "://hunter2"} {
		_, err := NewRedis(url, nil)
		if !fault.Is(err, fault.Invalid) || fault.Public(err).Field != "WEER_REDIS_URL" {
			t.Errorf("%q: %v", url, err)
		}
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: the error repeats the password", url)
		}
	}
}

func TestPrivateFeedsShareTheirChannels(t *testing.T) {
	seen := map[string]bool{}
	for i := range 20_000 {
		c := channelOf(topic{epoch, "unit:v" + string(rune('a'+i%26)) + strings.Repeat("x", i%37)})
		seen[c] = true
	}
	if len(seen) > privateChannels || !strings.HasPrefix(channelOf(topic{epoch, "admin"}), "weer:"+epoch+":p:") {
		t.Fatalf("%d channels", len(seen))
	}
}

func FuzzDecode(f *testing.F) {
	for _, name := range []string{seoul, secret, "system"} {
		b, err := encode(bare(event(epoch, name, 3)))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(channelOf(topic{epoch, name}), b)
	}
	f.Add("weer:"+epoch+":region:11", []byte(`{"epoch":"00000000000000aa","feed":"region:11","seq":3,"from":9,"digest":"0000000000000000","keys":[]}`))
	f.Fuzz(func(t *testing.T, channel string, payload []byte) {
		h, ok := decode(channel, payload)
		if !ok {
			return
		}
		if channelOf(topic{h.Epoch, h.Feed}) != channel || h.From == 0 || h.From > h.To || h.To > feed.MaxSeq {
			t.Fatalf("%q on %q became %+v", payload, channel, h)
		}
		if feed.Private(h.Feed) != (h.Keys == nil) {
			t.Fatalf("content of %s: %s", h.Feed, h.Keys)
		}
		again, err := encode(h)
		if err != nil {
			t.Fatal(err)
		}
		if h2, ok := decode(channel, again); !ok || h2.To != h.To || h2.From != h.From || h2.Digest != h.Digest {
			t.Fatalf("%+v came back as %+v", h, h2)
		}
	})
}
