package store

import (
	"context"
	"testing"
	"time"

	"github.com/uptrace/bun"
)

// A lease is renewed while all turns are taken and writers stand in line.
func TestALeaseDoesNotStandInLine(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		for range cap(b.turns) {
			b.turns <- struct{}{}
		}
		waiting, left := make(chan struct{}), make(chan error, 1)
		line, leave := context.WithCancel(ctx)
		go func() {
			close(waiting)
			left <- b.transact(line, func(context.Context, bun.Tx) error { return nil })
		}()
		<-waiting
		if held, err := b.Lease(ctx, "egen", "node", time.Minute); !held || err != nil {
			t.Errorf("the lease waits for its turn: %v, %v", held, err)
		}
		if _, ok, err := b.CountCall(ctx, "egen.beds", 10, "2026-11-23"); !ok || err != nil {
			t.Errorf("a call waits for its turn: %v, %v", ok, err)
		}
		leave()
		if err := <-left; err == nil {
			t.Error("a writer did not wait for its turn")
		}
		for range cap(b.turns) {
			<-b.turns
		}
	})
}
