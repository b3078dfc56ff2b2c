package client

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"weer/model/feed"
)

// BenchmarkEvent is what a display pays for one event of a region with 74
// hospitals (444 keys) in which four hospitals changed, from its text to the board.
func BenchmarkEvent(b *testing.B) {
	c, err := New(Options{URLs: []string{"http://127.0.0.1:8080"}, Token: DemoToken()})
	if err != nil {
		b.Fatal(err)
	}
	d, s := c.Follow("region:11"), &session{c: c}
	value := json.RawMessage(`{"er.general":{"state":"known","value":3,"total":20},"er.pediatric":{"state":"known","value":1,"total":4}}`)
	var keys []feed.Entry
	for i := range 444 {
		keys = append(keys, feed.Entry{Key: fmt.Sprintf("A11%05d/er", i), Seq: 1, Value: value})
	}
	d.opened(feed.DefaultTimings, 0, time.Now())
	if err := s.apply(&feed.Reset{Feed: "region:11", Epoch: "e", Seq: 1, Keys: keys}); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for seq := uint64(2); b.Loop(); seq++ {
		for i := range 4 {
			keys[i].Seq = seq
		}
		changed, _ := json.Marshal(keys[:4])
		raw, _ := json.Marshal(feed.EventFrame{Type: feed.TypeEvent, Feed: "region:11", From: seq, To: seq, Keys: changed})
		frame, err := feed.DecodeServer(raw)
		if err != nil {
			b.Fatal(err)
		}
		if err := s.apply(frame); err != nil {
			b.Fatal(err)
		}
	}
	if got := d.Cursor().Seq; got < 2 {
		b.Fatalf("the board is at %d", got)
	}
}
