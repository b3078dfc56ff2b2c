package hub_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"

	"weer/hub"
	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
)

const ward = "hospital:A1100001"

// heard is what an Acknowledge was told, as text.
type heard struct{ told []string }

func (h *heard) take(_ context.Context, by model.Principal, name string, acks []feed.Ack) error {
	if acks[0].ID == "down" {
		return fault.New(fault.Unavailable, "no database")
	}
	h.told = append(h.told, fmt.Sprintf("%s %s %v", by.Subject, name, acks))
	return nil
}

// What a console proves is passed on with its name, and answered only when it
// could not be taken; the connection stays.
func TestAcksArePassedOn(t *testing.T) {
	h := &heard{}
	bubble(t, func(t *testing.T, r *rig) {
		s := r.connect()
		s.signIn("control:11 bob")
		s.follow(ward)
		s.send(feed.ClientFrame{Type: feed.TypeAck, Feed: ward, Acks: []feed.Ack{{ID: "r1", Rung: "shown"}, {ID: "r2", Rung: "pushed"}}})
		synctest.Wait()
		if want := []string{"bob hospital:A1100001 [{r1 shown} {r2 pushed}]"}; !slices.Equal(h.told, want) {
			t.Errorf("heard %q, want %q", h.told, want)
		}
		s.forgetFrames()
		s.send(feed.ClientFrame{Type: feed.TypeAck, Feed: "hospital:A1100002", Acks: []feed.Ack{{ID: "r1", Rung: "shown"}}})
		s.send(feed.ClientFrame{Type: feed.TypeAck, Feed: ward, Acks: []feed.Ack{{ID: "down", Rung: "shown"}}})
		s.say(`{"type":"ack","feed":"hospital:A1100001","acks":[]}`)
		s.say(`{"type":"ack","feed":"hospital:A1100001","acks":[{"id":"","rung":"shown"}]}`)
		s.say(`{"type":"ping","acks":[]}`)
		synctest.Wait()
		var fields []string
		for _, e := range of[*feed.ErrorFrame](s) {
			fields = append(fields, string(e.Code)+" "+e.Field)
		}
		want := []string{"invalid feed", "unavailable ", "invalid acks", "invalid acks[0].id", "invalid acks"}
		if !slices.Equal(fields, want) || !s.live(ward) {
			t.Errorf("told %q, want %q; live %t", fields, want, s.live(ward))
		}
	}, func(o *hub.Options) { o.Acknowledge = h.take })
}
