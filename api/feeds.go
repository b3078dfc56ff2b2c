package api

import (
	"context"
	"net/http"

	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
)

// A FeedName is the path of everything about one feed.
type FeedName struct {
	Feed string `path:"feed" maxLength:"60" example:"region:11" doc:"Name of the feed: region:11, hospital:A1100001, unit:<id>, control:11 or admin."`
}

// A FeedHead is where a feed stands, and what travels beside its events.
type FeedHead struct {
	FeedPlace
	FirstSeq   uint64                `json:"first_seq" maximum:"9007199254740991" example:"1" doc:"Number of the oldest event that can still be read."`
	Digest     string                `json:"digest" pattern:"^[0-9a-f]{16}$" maxLength:"16" doc:"Digest of the live keys at seq, as in the socket's document."`
	Mode       string                `json:"mode" enum:"simulated,real" doc:"What the database holds: simulated (모의) values are of nobody."`
	VerifiedAt feed.Time             `json:"verified_at" doc:"The database's clock when it was asked."`
	Sources    map[string]FeedSource `json:"sources" doc:"Each source's last complete poll: values without a time of their own are as old as that."`
	Places
}

// A FeedSource is a supplier of observations.
type FeedSource struct {
	CompleteAt feed.Time `json:"complete_at" doc:"Last complete poll: all rows fetched and all regions committed."`
	IntervalMS int64     `json:"interval_ms" minimum:"0" example:"60000" doc:"How often it is asked; two intervals without a complete poll are 수집 중단."`
}

// A FeedSnapshot is a feed's whole state at seq.
type FeedSnapshot struct {
	FeedPlace
	FirstSeq uint64    `json:"first_seq" maximum:"9007199254740991" example:"1"`
	Digest   string    `json:"digest" pattern:"^[0-9a-f]{16}$" maxLength:"16" doc:"Digest of the live keys: a client that computes another one has lost something."`
	Keys     []FeedKey `json:"keys" maxItems:"100000" doc:"All live keys, by name."`
	Places
}

// FeedEvents is a part of a feed's log.
type FeedEvents struct {
	FeedPlace
	Events []FeedEvent `json:"events" maxItems:"200" doc:"In order and without a hole, beginning with after + 1. seq is the last of them, or after when there is none."`
	Head   uint64      `json:"head" maximum:"9007199254740991" doc:"Where the feed stood before they were read: ask on from seq until it is reached."`
	Places
}

// A FeedEvent takes who holds the feed at from − 1 to to.
type FeedEvent struct {
	From   uint64    `json:"from" maximum:"9007199254740991"`
	To     uint64    `json:"to" maximum:"9007199254740991"`
	Digest string    `json:"digest" pattern:"^[0-9a-f]{16}$" maxLength:"16" doc:"Digest of the live keys after it."`
	Keys   []FeedKey `json:"keys" maxItems:"100000"`
}

const feedText = "Whether the caller may read the feed is decided by its kind: a region's is anybody's who has board.read, a hospital's its staff's and its region's control, a unit's its crew's, a control room's its own, admin the administrators'."

func (r *rest) feeds() {
	faults := []fault.Code{fault.UnknownFeed}
	add(r, operation{
		ID: "get-feed", Method: http.MethodGet, Path: "/feeds/{feed}", Tag: "Feeds", Right: model.ReadBoard, Faults: faults,
		Summary: "Where a feed stands", Text: feedText,
	}, r.server.getFeed)
	add(r, operation{
		ID: "get-feed-snapshot", Method: http.MethodGet, Path: "/feeds/{feed}/snapshot", Tag: "Feeds", Right: model.ReadBoard, Faults: faults,
		Summary: "A feed's whole state, of one moment",
		Text:    feedText + " The read of a feed of patients is written into the audit. Go on from (epoch, seq): on the socket with subscribe, or with list-feed-events.",
	}, r.server.getFeedSnapshot)
	add(r, operation{
		ID: "list-feed-events", Method: http.MethodGet, Path: "/feeds/{feed}/events", Tag: "Feeds", Right: model.ReadBoard,
		Faults:  append(faults, fault.Gone),
		Summary: "A feed's events after a cursor",
		Text: feedText + " A cursor from which one cannot go on is answered with 410 gone, and field says why: after, when it lies below first_seq − 1 or beyond the feed;" +
			" epoch, when it is of another history. Then a snapshot is where to begin again.",
	}, r.server.listFeedEvents)
}

type feedHeadOutput struct{ Body FeedHead }

func (s *Server) getFeed(ctx context.Context, in *FeedName) (*feedHeadOutput, error) {
	h, err := s.service.FeedHead(ctx, in.Feed)
	if err != nil {
		return nil, err
	}
	out := FeedHead{
		FeedPlace: FeedPlace{h.Feed, h.Epoch, h.Seq}, FirstSeq: h.First, Digest: h.Digest.String(),
		Mode: h.Mode, VerifiedAt: h.At, Sources: make(map[string]FeedSource, len(h.Sources)),
	}
	for name, source := range h.Sources {
		out.Sources[name] = FeedSource(source)
	}
	out.Places = Places{[]FeedPlace{out.FeedPlace}}
	return &feedHeadOutput{out}, nil
}

type feedSnapshotOutput struct{ Body FeedSnapshot }

func (s *Server) getFeedSnapshot(ctx context.Context, in *FeedName) (*feedSnapshotOutput, error) {
	snap, err := s.service.FeedSnapshot(ctx, in.Feed)
	if err != nil {
		return nil, err
	}
	live := make([]feed.Entry, 0, len(snap.Entries))
	for _, e := range snap.Entries {
		if !e.Gone {
			live = append(live, e)
		}
	}
	place := FeedPlace{snap.Feed, snap.Epoch, snap.Seq}
	return &feedSnapshotOutput{FeedSnapshot{
		FeedPlace: place, FirstSeq: snap.First, Digest: snap.Digest.String(), Keys: feedKeys(live), Places: Places{[]FeedPlace{place}},
	}}, nil
}

type feedEventsInput struct {
	FeedName
	After uint64 `query:"after" required:"true" maximum:"9007199254740991" doc:"seq that the client holds; 0 for nothing."`
	Epoch string `query:"epoch" required:"true" pattern:"^[0-9a-f]{16}$" maxLength:"16" doc:"History that after counts in."`
	Limit int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"How many events at most."`
}

type feedEventsOutput struct{ Body FeedEvents }

func (s *Server) listFeedEvents(ctx context.Context, in *feedEventsInput) (*feedEventsOutput, error) {
	read, err := s.service.FeedEvents(ctx, feed.Cursor{Feed: in.Feed, Epoch: in.Epoch, Seq: in.After}, in.Limit)
	if err != nil {
		return nil, err
	}
	out := FeedEvents{FeedPlace: FeedPlace{in.Feed, in.Epoch, in.After}, Events: make([]FeedEvent, len(read.Events)), Head: read.Head.Seq}
	for i, e := range read.Events {
		entries, err := e.Entries()
		if err != nil {
			return nil, err
		}
		out.Events[i] = FeedEvent{From: e.From, To: e.To, Digest: e.Digest.String(), Keys: feedKeys(entries)}
		out.Seq = e.To
	}
	out.Places = Places{[]FeedPlace{out.FeedPlace}}
	return &feedEventsOutput{out}, nil
}
