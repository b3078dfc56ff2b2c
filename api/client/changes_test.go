package client_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"weer/api/client"
	"weer/model/feed"
)

func TestSlowConsumerCostsOnlyItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, b := newNetwork(t, "one"), newBoard("A/er")
		c := run(t, client.Options{URLs: []string{"http://one"}, HTTPClient: n.client()})
		d := c.Follow(seoul)
		p := goLive(t, n["one"], b, time.Hour)
		ctx, stop := context.WithCancel(context.Background())
		defer stop()
		var seen []client.Change
		resume := make(chan struct{})
		go func() {
			for ch := range d.Changes(ctx) {
				seen = append(seen, ch)
				<-resume
			}
		}()
		synctest.Wait()
		for i := range 500 {
			p.send(b.set(fmt.Sprintf("%03d/er", i)))
		}
		p.send(b.remove("A/er"), b.beat())
		wantBoard(t, d, b) // the socket went on
		resume <- struct{}{}
		synctest.Wait()
		if len(seen) != 2 || len(seen[1].Keys) != 501 || !slices.IsSorted(seen[1].Keys) || seen[1].Reset {
			t.Fatalf("the consumer got %d changes, want one of 501 keys after the first", len(seen))
		}
		p.send(b.reset(feed.ReasonRepaired), b.beat())
		resume <- struct{}{}
		synctest.Wait()
		if last := seen[len(seen)-1]; !last.Reset || last.Link != feed.Live {
			t.Errorf("after a reset: %+v", last)
		}
		stop()
		resume <- struct{}{}
	})
}

func TestChangesEndWithTheirContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, b := newNetwork(t, "one"), newBoard("A/er")
		c := run(t, client.Options{URLs: []string{"http://one"}, HTTPClient: n.client()})
		d := c.Follow(seoul)
		p := goLive(t, n["one"], b, time.Hour)
		for range 30 {
			ctx, stop := context.WithCancel(t.Context())
			looks := 0
			for range d.Changes(ctx) {
				if looks++; looks > 1 {
					t.Fatal("a change after the end of its context")
				}
				p.send(b.set("A/er"))
				stop()
			}
			stop()
		}
	})
}

func TestChangesTellWhenTheLinkGrowsOld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, b := newNetwork(t, "one"), newBoard("A/er")
		c := run(t, client.Options{URLs: []string{"http://one"}, HTTPClient: n.client()})
		d := c.Follow(seoul)
		goLive(t, n["one"], b, time.Hour)
		start := time.Now()
		var told []string
		for ch := range d.Changes(t.Context()) {
			told = append(told, fmt.Sprintf("%s %s", ch.Link, ch.Why))
			if ch.Link == feed.Delayed {
				break
			}
		}
		if want := []string{"live ", "delayed silent"}; !slices.Equal(told, want) {
			t.Errorf("told %q, want %q", told, want)
		}
		if took := time.Since(start); took < 5*time.Second || took > 5250*time.Millisecond {
			t.Errorf("told after %v, want 5 s and a little", took)
		}
	})
}
