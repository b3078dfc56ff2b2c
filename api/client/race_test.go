package client_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"weer/api/client"
	"weer/model/feed"
)

// TestEverythingAtOnce uses a running client from many goroutines; the race
// detector is the judge of that, and the boards at the end.
func TestEverythingAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, b := newNetwork(t, "one"), newBoard("A/er")
		c := run(t, client.Options{URLs: []string{"http://one"}, HTTPClient: n.client()})
		d := c.Follow(seoul)
		p := goLive(t, n["one"], b, time.Hour)
		go func() { // the server takes what comes
			for {
				if _, _, err := p.conn.Read(context.Background()); err != nil {
					return
				}
			}
		}()
		var hands sync.WaitGroup
		for i := range 8 {
			hands.Go(func() { useEverything(t, c.Client, d, fmt.Sprintf("region:%d", 20+i)) })
		}
		for range 200 {
			p.send(b.set("A/er"), b.beat())
		}
		hands.Wait()
		wantLink(t, d, feed.Live, "")
		wantBoard(t, d, b)
	})
}

// useEverything looks at a display for twenty changes, and follows another
// feed meanwhile.
func useEverything(t *testing.T, c *client.Client, d *client.Display, otherFeed string) {
	other := c.Follow(otherFeed)
	defer other.Close()
	looks := 0
	for range d.Changes(t.Context()) {
		d.View()
		d.Get("A/er")
		d.Sources()
		d.ServerTime()
		d.Overlay(feed.Answer{Feed: seoul, Epoch: epoch, Seq: 1})
		c.Link()
		c.Welcome()
		if err := c.Err(); err != nil {
			t.Errorf("while connected: %v", err)
		}
		if looks++; looks == 20 {
			return
		}
	}
}
