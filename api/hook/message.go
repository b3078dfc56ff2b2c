package hook

import (
	"encoding/json"
	"fmt"
	"time"

	"weer/model"
	"weer/model/feed"
)

// Types of the events.
const (
	TypeEvent = "weer.feed.event.v1"
	TypeReset = "weer.feed.reset.v1"
	TypePing  = "weer.webhook.ping.v1"
)

// ContentType of every request.
const ContentType = "application/cloudevents-batch+json; charset=UTF-8"

// Bounds of one request. A reset is one event and as large as its feed.
const (
	maxEvents = 50
	maxBytes  = 512 << 10 // of keys, about; one event may be more
)

// An Event is a CloudEvent in its JSON form.
type Event struct {
	SpecVersion     string    `json:"specversion"`
	ID              string    `json:"id"`
	Source          string    `json:"source"`
	Type            string    `json:"type"`
	Subject         string    `json:"subject"`
	Time            feed.Time `json:"time"`
	DataContentType string    `json:"datacontenttype"`
	Data            any       `json:"data"`
}

// EventData is what an event of type [TypeEvent] holds.
type EventData struct {
	Feed   string          `json:"feed"`
	Epoch  string          `json:"epoch"`
	From   uint64          `json:"from"`
	To     uint64          `json:"to"`
	Digest feed.Digest     `json:"digest"` // of the state at To
	Keys   json.RawMessage `json:"keys"`
}

// ResetData is what an event of type [TypeReset] holds.
type ResetData struct {
	Feed   string       `json:"feed"`
	Epoch  string       `json:"epoch"`
	Seq    uint64       `json:"seq"`
	Digest feed.Digest  `json:"digest"`
	Reason string       `json:"reason"`
	Keys   []feed.Entry `json:"keys"` // live keys, sorted
}

// PingData is what an event of type [TypePing] holds.
type PingData struct {
	Webhook string `json:"webhook"`
	Feed    string `json:"feed"`
}

// A message is one request, before it is signed.
type message struct {
	id     string // webhook-id
	events []Event
	to     feed.Cursor // where the webhook stands when the target has taken it
	more   bool        // there was more when it was made
	reset  bool
}

func newEvent(kind, id, source, subject string, at feed.Time, data any) Event {
	return Event{
		SpecVersion: "1.0", ID: id, Source: source, Type: kind, Subject: subject, Time: at,
		DataContentType: "application/json", Data: data,
	}
}

func feedEvent(kind, id, feedName string, at feed.Time, data any) Event {
	return newEvent(kind, id, "/feeds/"+feedName, feedName, at, data)
}

// eventsOf makes a message of what a webhook's feed has after its place; without
// events when that is nothing.
func eventsOf(w model.Webhook, b model.Backlog) message {
	m := message{to: w.Place}
	size := 0
	for _, e := range b.Events {
		if len(m.events) > 0 && size+len(e.Keys) > maxBytes {
			break
		}
		size += len(e.Keys)
		m.to.Seq = e.To
		m.events = append(m.events, feedEvent(TypeEvent, eventID(b.Epoch, e.To), w.Feed, e.At, EventData{
			Feed: w.Feed, Epoch: b.Epoch, From: e.From, To: e.To, Digest: e.Digest, Keys: e.Keys,
		}))
	}
	m.id = fmt.Sprintf("%s/%s/%d-%d", w.ID, b.Epoch, w.Place.Seq+1, m.to.Seq)
	m.more = m.to.Seq < b.Head.Seq
	return m
}

func eventID(epoch string, seq uint64) string { return fmt.Sprintf("%s/%d", epoch, seq) }

// resetOf makes a message of a feed's whole state.
func resetOf(w model.Webhook, s feed.Snapshot, reason string, now time.Time) message {
	live := make([]feed.Entry, 0, len(s.Entries))
	for _, e := range s.Entries {
		if !e.Gone {
			live = append(live, e)
		}
	}
	id := eventID(s.Epoch, s.Seq) + "/reset"
	return message{
		id: w.ID + "/" + id, to: feed.Cursor{Feed: w.Feed, Epoch: s.Epoch, Seq: s.Seq}, more: true, reset: true,
		events: []Event{feedEvent(TypeReset, id, w.Feed, feed.At(now), ResetData{
			Feed: w.Feed, Epoch: s.Epoch, Seq: s.Seq, Digest: s.Digest, Reason: reason, Keys: live,
		})},
	}
}

// pingOf makes a message that says nothing but that it arrives.
func pingOf(w model.Webhook, id string, now time.Time) message {
	return message{id: id, events: []Event{
		newEvent(TypePing, id, "/webhooks/"+w.ID, w.Feed, feed.At(now), PingData{Webhook: w.ID, Feed: w.Feed}),
	}}
}
