package main

import (
	"context"
	"sync"
	"time"

	"weer/api"
	"weer/hub/follow"
	"weer/model"
	"weer/model/feed"
)

// boards hands this node's copies of the regions' feeds to the REST API. They
// are the follower's own, shared with the screens.
type boards struct {
	follower *follow.Follower

	mu    sync.RWMutex
	feeds map[string]*follow.Feed // by region, once loaded
}

func newBoards(f *follow.Follower) *boards {
	return &boards{follower: f, feeds: map[string]*follow.Feed{}}
}

// run follows all regions until ctx ends.
func (b *boards) run(ctx context.Context) error {
	for _, r := range model.Regions {
		f, err := b.follower.Follow(ctx, feed.RegionFeed(r.Code), nil)
		if err != nil {
			break // ctx ended first
		}
		defer f.Close()
		b.mu.Lock()
		b.feeds[r.Code] = f
		b.mu.Unlock()
	}
	<-ctx.Done()
	return nil
}

func (b *boards) of(region string) *follow.Feed {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.feeds[region]
}

// Standing tells where a region's copy stands.
func (b *boards) Standing(region string) api.BoardStanding {
	f := b.of(region)
	if f == nil {
		return api.BoardStanding{}
	}
	return b.standing(f.Status())
}

func (b *boards) standing(s follow.Status) api.BoardStanding {
	now := feed.At(time.Now().Add(b.follower.Facts().ClockOffset))
	return api.BoardStanding{Epoch: s.Epoch, Seq: s.Seq, Digest: s.Digest, Unproved: s.Unproved, VerifiedAt: s.VerifiedAt, Now: now}
}

// Whole is a region's live keys.
func (b *boards) Whole(region string) (at api.BoardStanding, keys []feed.Entry, ok bool) {
	f := b.of(region)
	if f == nil {
		return at, nil, false
	}
	t := f.Reset(feed.ReasonAsked)
	if len(t.Packets) == 0 {
		return at, nil, false
	}
	return b.standing(t.Status), t.Packets[0].Reset.Keys, true
}

// Reach waits until a region's copy is at seq.
func (b *boards) Reach(ctx context.Context, name string, seq uint64) {
	for _, r := range model.Regions {
		if f := b.of(r.Code); f != nil && f.Name() == name {
			_ = f.Reach(ctx, seq) // in time or not: the answer itself names seq
		}
	}
}
