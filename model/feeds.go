package model

import (
	"context"
	"strings"

	"weer/model/fault"
	"weer/model/feed"
)

// A FeedStore reads feeds as the database has them, without locks. Each answer
// is of one moment.
type FeedStore interface {
	// Head tells where a feed stands; one that never moved is at 0.
	Head(ctx context.Context, name string) (FeedHead, error)
	// Snapshot reads a feed's whole state, tombstones included.
	Snapshot(ctx context.Context, name string) (feed.Snapshot, error)
	// EventsAfter reads up to limit events after a cursor, in order and without
	// a hole; none when the first of them is gone, and none of another epoch.
	EventsAfter(ctx context.Context, after feed.Cursor, limit int) ([]feed.Event, error)
}

// A FeedHead is where a feed stands, and what travels outside feeds.
type FeedHead struct {
	feed.Head
	Epoch   string
	Mode    string
	Digest  feed.Digest // of the state at Seq
	At      feed.Time   // the database's clock
	Sources map[string]feed.Source
}

// FeedEvents is a part of a feed's log.
type FeedEvents struct {
	Head   FeedHead // as of before the events were read
	Events []feed.Event
}

// FeedHead tells where a feed stands. The error is UnknownFeed or Forbidden as
// of [Principal.MayRead].
func (s *Service) FeedHead(ctx context.Context, name string) (FeedHead, error) {
	call, _ := CallOf(ctx)
	if err := call.By.MayRead(name); err != nil {
		return FeedHead{}, err
	}
	return s.store.Head(ctx, name)
}

// FeedSnapshot reads a feed's whole state. Where it is of patients the read is
// written down first.
func (s *Service) FeedSnapshot(ctx context.Context, name string) (feed.Snapshot, error) {
	if err := s.readFeed(ctx, name, "snapshot"); err != nil {
		return feed.Snapshot{}, err
	}
	return s.store.Snapshot(ctx, name)
}

// FeedEvents reads up to limit events after a cursor. The error is Gone for a
// cursor from which one cannot go on: below the oldest event that is kept, of
// another epoch, or beyond the feed. Where the events are of patients the read
// is written down first.
func (s *Service) FeedEvents(ctx context.Context, after feed.Cursor, limit int) (FeedEvents, error) {
	if err := s.readFeed(ctx, after.Feed, "events"); err != nil {
		return FeedEvents{}, err
	}
	head, err := s.store.Head(ctx, after.Feed)
	if err != nil {
		return FeedEvents{}, err
	}
	if err := head.resumes(after); err != nil {
		return FeedEvents{}, err
	}
	events, err := s.store.EventsAfter(ctx, after, limit)
	if err != nil {
		return FeedEvents{}, err
	}
	if len(events) == 0 && after.Seq < head.Seq { // they went since
		return FeedEvents{}, gone("after", "the events after it are no longer kept")
	}
	return FeedEvents{head, events}, nil
}

// readFeed decides whether the caller may read a feed, and writes down that it
// does where the feed is of patients.
func (s *Service) readFeed(ctx context.Context, name, how string) error {
	call, _ := CallOf(ctx)
	if err := call.By.MayRead(name); err != nil {
		return err
	}
	switch kind, _ := feed.KindOf(name); kind {
	case feed.Hospital, feed.Unit, feed.Control:
		return s.witness(ctx, Deed{Operation: "feed.read", Subject: strings.Replace(name, ":", "/", 1), Detail: how})
	}
	return nil
}

// resumes refuses a cursor from which one cannot go on.
func (h FeedHead) resumes(c feed.Cursor) error {
	switch {
	case c.Epoch != h.Epoch:
		return gone("epoch", "the cursor is of another history of this database")
	case c.Seq > h.Seq:
		return gone("after", "the cursor lies beyond the feed")
	case c.Seq+1 < h.First:
		return gone("after", "the events after it are no longer kept")
	}
	return nil
}

func gone(field, why string) error {
	return &fault.Error{Code: fault.Gone, Field: field, Message: why + ": take a snapshot and go on from there"}
}
