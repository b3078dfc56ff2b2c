package hub

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"sync"

	"weer/hub/follow"
	"weer/model/feed"
)

// First bytes of a frame: FIN, RSV1 for a deflated message, the opcode.
const (
	opText     = 0x81
	opDeflated = 0xc1
	opClose    = 0x88
	opPong     = 0x8a
)

// Variants of a packet's frame.
const (
	plain    = "plain"
	deflated = "deflated"
)

// deflateFrom is the payload from which deflating is worth its header (bytes).
const deflateFrom = 512

// textFrame encodes v as a whole text frame. What the hub sends can always be
// encoded; a value that cannot is a bug, and the panic ends one socket.
func textFrame(v any) []byte { return rawFrame(opText, payload(v)) }

func payload(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Errorf("hub: encoding %T: %w", v, err))
	}
	return b
}

// rawFrame puts a server's header, which is never masked, before a payload.
func rawFrame(first byte, payload []byte) []byte {
	out := make([]byte, 0, len(payload)+10)
	switch n := len(payload); {
	case n < 126:
		out = append(out, first, byte(n))
	case n < 1<<16:
		out = binary.BigEndian.AppendUint16(append(out, first, 126), uint16(n))
	default:
		out = binary.BigEndian.AppendUint64(append(out, first, 127), uint64(n))
	}
	return append(out, payload...)
}

// closeFrame says why a connection ends. Status 1005 stands for "no status".
func closeFrame(status int, reason string) []byte {
	if status == 1005 {
		return rawFrame(opClose, nil)
	}
	body := binary.BigEndian.AppendUint16(nil, uint16(status))
	return rawFrame(opClose, append(body, reason...))
}

var deflaters = sync.Pool{New: func() any {
	w, _ := flate.NewWriter(nil, flate.DefaultCompression) // fails only for an unknown level
	return w
}}

// deflatedFrame compresses a payload as a message without context takeover
// (RFC 7692), or leaves it plain when that is not smaller.
func deflatedFrame(body []byte) []byte {
	if len(body) < deflateFrom {
		return rawFrame(opText, body)
	}
	var out bytes.Buffer
	w := deflaters.Get().(*flate.Writer)
	defer deflaters.Put(w)
	w.Reset(&out)
	_, _ = w.Write(body) // a bytes.Buffer takes everything
	_ = w.Flush()
	squeezed := bytes.TrimSuffix(out.Bytes(), []byte{0, 0, 0xff, 0xff})
	if len(squeezed) >= len(body) {
		return rawFrame(opText, body)
	}
	return rawFrame(opDeflated, squeezed)
}

// packetFrame encodes a packet of a feed once for each variant. Only resets and
// merges are worth deflating: an event is small and already shared.
func packetFrame(name string, p *follow.Packet, deflate bool) []byte {
	if p.Reset != nil {
		return snapshotFrame(p, deflate, func() any {
			r := *p.Reset
			r.Type, r.Feed = feed.TypeReset, name
			if r.Keys == nil {
				r.Keys = []feed.Entry{}
			}
			return r
		})
	}
	return snapshotFrame(p, deflate && p.Event.From < p.Event.To, func() any {
		e := p.Event
		return feed.EventFrame{Type: feed.TypeEvent, Feed: name, From: e.From, To: e.To, Keys: e.Keys}
	})
}

func snapshotFrame(p *follow.Packet, deflate bool, value func() any) []byte {
	if deflate {
		return p.Frame(deflated, func() []byte { return deflatedFrame(payload(value())) })
	}
	return p.Frame(plain, func() []byte { return textFrame(value()) })
}
