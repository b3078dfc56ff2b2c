package hub

import (
	"context"

	"weer/hub/follow"
)

// A Follower is what the hub hangs its screens on; [Over] makes one of a
// follow.Follower. Follow loads a feed if nobody follows it yet and calls moved
// after each movement, without locks and never twice at a time.
type Follower interface {
	Follow(ctx context.Context, name string, moved func()) (Feed, error)
	Facts() follow.Facts
}

// A Feed is one followed feed; see follow.Feed for each promise.
type Feed interface {
	// Status tells where the feed stands.
	Status() follow.Status
	// Tail takes a screen from its place to the Status that it returns. While the
	// feed is being loaded again it has no packets, and moved will tell.
	Tail(at follow.Place) follow.Tail
	// Reach reads the database until the feed is at seq, or as far as it goes.
	Reach(ctx context.Context, seq uint64) error
	// Reset is the whole state, for one of the reasons of package feed; nothing
	// while the feed is being loaded again.
	Reset(reason string) follow.Tail
	// Close ends the interest; moved is not called any more.
	Close()
}

// Over lets the hub follow by f.
func Over(f *follow.Follower) Follower { return over{f} }

type over struct{ *follow.Follower }

func (o over) Follow(ctx context.Context, name string, moved func()) (Feed, error) {
	f, err := o.Follower.Follow(ctx, name, moved)
	if err != nil {
		return nil, err // a nil *follow.Feed would be a Feed that is not nil
	}
	return f, nil
}
