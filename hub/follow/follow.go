package follow

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"weer/model/feed"
)

// A Store answers questions about feeds; model/store implements it.
type Store interface {
	// Verify tells what moved since a moment of the database's clock; 0 asks for all feeds.
	Verify(ctx context.Context, since feed.Time) (feed.Verification, error)
	// Snapshot reads one feed's whole state in one transaction.
	Snapshot(ctx context.Context, name string) (feed.Snapshot, error)
	// Events reads what comes after each cursor, per feed in order, up to
	// about 1,000 events in all; a feed whose first event after the cursor is
	// gone yields none, and so does a cursor of another epoch.
	Events(ctx context.Context, after []feed.Cursor) ([]feed.Event, error)
}

// A Bus brings hints; hub/bus implements it.
type Bus interface {
	// Follow and Unfollow say which feeds' hints are wanted. Calls are counted,
	// never block and never call back.
	Follow(epoch, name string)
	Unfollow(epoch, name string)
	// Run delivers hints, in the order of each publisher, until ctx ends.
	Run(ctx context.Context, deliver func(feed.Hint)) error
}

// Options of a follower.
type Options struct {
	Store Store
	Bus   Bus
	Log   *slog.Logger
}

// Status is where a feed stands.
type Status struct {
	Epoch      string
	Seq        uint64
	Digest     feed.Digest // as stored with the event at Seq: a screen that computes another one is wrong
	Generation uint64      // another one after a load that voids what screens hold; never 0, never used twice
	Unproved   bool
	// VerifiedAt is the database's clock at the last question that this feed
	// was level with; 0: never. It stays behind [Facts.VerifiedAt] while the
	// database is known to be ahead, and is what a beat says.
	VerifiedAt feed.Time
}

// Facts are what every beat says beside its feed. Sources must not be changed.
type Facts struct {
	Epoch       string
	Mode        string
	Sources     map[string]feed.Source
	VerifiedAt  feed.Time     // the database's clock at this node's last successful question; 0: never
	ClockOffset time.Duration // the database's clock minus ours
}

// A Packet is something to send, encoded by its first sender and shared by all.
type Packet struct {
	mu     sync.Mutex
	frames map[string][]byte
	// Exactly one of these is set.
	Event *feed.Event // one event of the log, or a merge of several (From < To)
	Reset *feed.Reset // Type is empty; the encoder fills it in
}

// Frame returns the packet encoded in a variant ("plain", "deflated"), calling
// encode once per variant.
func (p *Packet) Frame(variant string, encode func() []byte) []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	b, ok := p.frames[variant]
	if !ok {
		b = encode()
		if p.frames == nil {
			p.frames = map[string][]byte{}
		}
		p.frames[variant] = b
	}
	return b
}

// A Place is what one screen holds of a feed.
type Place struct {
	Epoch      string
	Seq        uint64
	Generation uint64
}

// A Tail takes a screen from its place to Status: nothing when it is there,
// the events after it, one merge of them when that is smaller or they have
// left the ring, or one reset with its reason. While the feed is being loaded
// again there is nothing to say and Packets is empty wherever the screen is;
// moved is called when there is.
type Tail struct {
	Status  Status
	Packets []*Packet
}
