package follow

import (
	"encoding/json"

	"weer/model/feed"
)

const (
	// shortBacklog is sent as it is, without asking whether a merge is smaller.
	shortBacklog = 4 << 10
	// mergesKept bounds the merges kept for one head: screens that reconnect
	// together share few cursors, and who invents cursors shall not fill memory.
	mergesKept = 32
)

// cache is what was made for one head; it goes when the feed moves.
type cache struct {
	live   []feed.Entry
	resets map[string]*Packet
	merges map[uint64]*Packet
}

// Tail tells what takes a screen from its place to where the feed is now.
func (d *Feed) Tail(p Place) Tail {
	r := d.replica
	r.mu.Lock()
	defer r.mu.Unlock()
	t := Tail{Status: r.now()}
	if r.void {
		return t
	}
	if reason := r.voids(p); reason != "" {
		t.Packets = []*Packet{r.reset(reason)}
	} else if p.Seq < r.status.Seq {
		t.Packets = r.since(p.Seq)
	}
	return t
}

// Reset tells the whole state, for a screen that asks for it or has no cursor.
func (d *Feed) Reset(reason string) Tail {
	r := d.replica
	r.mu.Lock()
	defer r.mu.Unlock()
	t := Tail{Status: r.now()}
	if !r.void {
		t.Packets = []*Packet{r.reset(reason)}
	}
	return t
}

// voids says why a place cannot be resumed; "" when it can.
func (r *replica) voids(p Place) string {
	switch {
	case p.Epoch != r.status.Epoch:
		return feed.ReasonEpoch
	case p.Generation != r.status.Generation:
		return feed.ReasonRepaired
	case p.Seq > r.status.Seq:
		return feed.ReasonFuture
	case p.Seq < r.status.Seq && p.Seq+1 < r.first:
		return feed.ReasonTooOld
	}
	return ""
}

// since takes a cursor to the head: by the events, or by one merge when that
// is smaller or the events are gone.
func (r *replica) since(cursor uint64) []*Packet {
	backlog, bytes, ok := r.ring.after(cursor)
	if ok && (len(backlog) == 1 || bytes <= shortBacklog) {
		return packets(backlog)
	}
	m := r.merge(cursor)
	if ok && bytes <= len(m.Event.Keys)+frameOverhead {
		return packets(backlog)
	}
	return []*Packet{m}
}

func packets(list []ringEntry) []*Packet {
	out := make([]*Packet, len(list))
	for i, e := range list {
		out[i] = e.Packet
	}
	return out
}

func (r *replica) merge(cursor uint64) *Packet {
	if m, ok := r.cache.merges[cursor]; ok {
		return m
	}
	m := &Packet{Event: &feed.Event{
		Feed: r.name, From: cursor + 1, To: r.status.Seq,
		Digest: r.status.Digest, Keys: array(r.state.Since(cursor)),
	}}
	if r.cache.merges == nil || len(r.cache.merges) >= mergesKept {
		r.cache.merges = map[uint64]*Packet{}
	}
	r.cache.merges[cursor] = m
	return m
}

// array encodes entries. Their values were JSON when they came in.
func array(entries []feed.Entry) json.RawMessage {
	b, err := json.Marshal(entries)
	if err != nil {
		panic(err) // decode and picture let nothing else in
	}
	return b
}

func (r *replica) reset(reason string) *Packet {
	if p, ok := r.cache.resets[reason]; ok {
		return p
	}
	if r.cache.resets == nil {
		r.cache.live = r.state.Live()
		r.cache.resets = map[string]*Packet{}
	}
	p := &Packet{Reset: &feed.Reset{
		Feed: r.name, Epoch: r.status.Epoch, Seq: r.status.Seq,
		Digest: r.status.Digest, Reason: reason, Keys: r.cache.live,
	}}
	r.cache.resets[reason] = p
	return p
}
