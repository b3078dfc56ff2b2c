package bus

import (
	"encoding/json"
	"fmt"
	"hash/fnv"

	"weer/model/feed"
)

// privateChannels is how many channels all private feeds share.
const privateChannels = 64

func channelOf(t topic) string {
	if !feed.Private(t.feed) {
		return "weer:" + t.epoch + ":" + t.feed
	}
	h := fnv.New32a()
	h.Write([]byte(t.feed))
	return fmt.Sprintf("weer:%s:p:%02d", t.epoch, h.Sum32()%privateChannels)
}

// message is a hint on Redis. A region's has from, digest and keys; a private
// feed's has none of them, and its fields here stay nil.
type message struct {
	Epoch  string          `json:"epoch"`
	Feed   string          `json:"feed"`
	Seq    uint64          `json:"seq"`
	From   uint64          `json:"from,omitempty"`
	Digest *feed.Digest    `json:"digest,omitempty"`
	Keys   json.RawMessage `json:"keys,omitempty"`
}

func encode(h feed.Hint) ([]byte, error) {
	m := message{Epoch: h.Epoch, Feed: h.Feed, Seq: h.To}
	if !feed.Private(h.Feed) {
		m.From, m.Digest, m.Keys = h.From, &h.Digest, h.Keys
	}
	return json.Marshal(m)
}

// decode reads what came on a channel. ok is false for what this bus would not
// have sent there: a foreign epoch, another channel's feed, a region's event
// without its content. Content of a private feed is not looked at.
func decode(channel string, payload []byte) (h feed.Hint, ok bool) {
	var m message
	if json.Unmarshal(payload, &m) != nil || m.Seq == 0 || m.Seq > feed.MaxSeq {
		return h, false
	}
	if _, known := feed.KindOf(m.Feed); !known || channelOf(topic{m.Epoch, m.Feed}) != channel {
		return h, false
	}
	h = feed.Hint{Epoch: m.Epoch, Event: feed.Event{Feed: m.Feed, From: m.Seq, To: m.Seq}}
	if feed.Private(m.Feed) {
		return h, true
	}
	if m.Digest == nil || len(m.Keys) == 0 || m.From == 0 || m.From > m.Seq {
		return h, false
	}
	h.From, h.Digest, h.Keys = m.From, *m.Digest, m.Keys
	return h, true
}
