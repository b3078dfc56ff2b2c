package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"weer/model/feed"
)

// run lives until ctx ends or a part fails, then stops in order.
func (n *node) run(ctx context.Context) error {
	ctx, n.fail = context.WithCancelCause(ctx)
	defer n.fail(nil)
	follower := n.start("the follower", n.follower.Run)
	reached := make(chan struct{})
	system := n.start("the system feed", func(ctx context.Context) error { return n.attend(ctx, reached) })
	keeper := n.start("housekeeping", n.keepHouse)
	corrections := n.start("corrections", n.expirer().chore().run)
	deadlines := n.start("deadlines", n.timing.chore().run)
	consoles := n.start("consoles", n.timing.consoles().run)
	seals := n.start("the audit's sealer", n.sealer.chore().run)
	var screens, poller, boards, hooks *part
	if n.hub != nil {
		screens = n.start("the hub", n.hub.Run)
	}
	if n.boards != nil {
		boards = n.start("the boards", n.boards.run)
	}
	if n.hooks != nil {
		hooks = n.start("the webhooks", n.hooks.Run)
	}
	if n.poller != nil {
		poller = n.start("the poller", func(ctx context.Context) error { return n.poll(ctx, reached) })
	}
	port := n.start("the server", func(context.Context) error { return n.server.Serve(n.ln) })
	var crews *part
	if n.SimCrews > 0 {
		crews = n.start("the simulated crews", n.playCrews)
	}
	<-ctx.Done()
	n.log.Info("stopping", "drain", n.Drain)
	crews.stop() // they end their cases through the port
	n.hangUp(port)
	screens.stop()
	poller.stop()
	hooks.stop()
	corrections.stop()
	deadlines.stop()
	consoles.stop()
	seals.stop()
	keeper.stop()
	system.stop()
	boards.stop()
	follower.stop() // it runs the bus
	return errors.Join(n.close(), ended(ctx))
}

// attend follows the system feed, as every node does whatever its role, judges
// by it who still has rights, and tells when the database was asked for the
// first time.
func (n *node) attend(ctx context.Context, reached chan<- struct{}) error {
	moved := make(chan struct{}, 1)
	system, err := n.follower.Follow(ctx, string(feed.System), func() {
		select {
		case moved <- struct{}{}:
		default: // it will look anyway
		}
	})
	if err != nil {
		return err
	}
	defer system.Close()
	n.revoked.judge(system)
	close(reached)
	for {
		select {
		case <-moved:
			n.revoked.judge(system)
		case <-ctx.Done():
			return nil
		}
	}
}

// poll begins when the database's clock is known: before, a poller only waits,
// and longer than need be.
func (n *node) poll(ctx context.Context, reached <-chan struct{}) error {
	select {
	case <-reached:
		n.poller.Run(ctx)
	case <-ctx.Done():
	}
	return nil
}

func (n *node) expirer() *expirer {
	return &expirer{service: n.service, lease: n.db, node: n.id, whyNot: n.whyClock, log: n.log}
}

// ended is why run ended: nil when it was asked to.
func ended(ctx context.Context) error {
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) {
		return cause
	}
	return nil
}

// hangUpTime is for requests in flight to end, and for clients to take their
// last words.
const hangUpTime = 6 * time.Second

// hangUp stops accepting, ends the requests in flight and drains the hub.
func (n *node) hangUp(port *part) {
	n.draining.Store(true)
	ctx, cancel := context.WithTimeout(context.Background(), hangUpTime)
	defer cancel()
	port.end() // from now on Serve may return
	if err := n.server.Shutdown(ctx); err != nil {
		n.log.Warn("requests were cut", "error", err)
	}
	<-port.done
	if n.hub != nil {
		n.drain()
	}
	ctx, cancel = context.WithTimeout(context.Background(), hangUpTime)
	defer cancel()
	if err := n.server.Wait(ctx); err != nil {
		n.log.Warn("handshakes were cut", "error", err)
	}
}

func (n *node) drain() {
	ctx, cancel := context.WithTimeout(context.Background(), n.Drain+hangUpTime)
	defer cancel()
	if err := n.hub.Drain(ctx, n.Drain); err != nil {
		n.log.Warn("screens were cut", "error", err)
	}
}

// A part is a goroutine of the node that ends when its context does.
type part struct {
	end  context.CancelFunc
	done chan struct{}
}

// start runs a part. One that ends before it was told to ends the node.
func (n *node) start(name string, run func(context.Context) error) *part {
	ctx, end := context.WithCancel(context.Background())
	p := &part{end: end, done: make(chan struct{})}
	go func() {
		defer close(p.done)
		if err := run(ctx); ctx.Err() == nil {
			n.fail(fmt.Errorf("%s ended by itself: %w", name, cmp.Or(err, errors.New("no reason given"))))
		}
	}()
	return p
}

// stop ends a part and waits for it; a part that there is not is stopped.
func (p *part) stop() {
	if p != nil {
		p.end()
		<-p.done
	}
}

const (
	houseLease = "housekeeping"
	houseEvery = time.Hour
	keepEvents = 48 * time.Hour
)

// keepHouse removes what is old, on one node at a time.
func (n *node) keepHouse(ctx context.Context) error {
	tick := time.NewTicker(houseEvery)
	defer tick.Stop()
	for {
		n.prune(ctx)
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// prune keeps its lease: whoever asks within the hour need not.
func (n *node) prune(ctx context.Context) {
	held, err := n.db.Lease(ctx, houseLease, n.id, houseEvery-time.Minute)
	if err == nil && held {
		err = n.tidy(ctx)
	}
	if err != nil && ctx.Err() == nil {
		n.log.Warn("housekeeping is not done", "error", err)
	}
}

// tidy removes what has been kept long enough, one kind after the other.
func (n *node) tidy(ctx context.Context) error {
	events, err := n.db.Prune(ctx, keepEvents)
	n.removed("old events removed", "events", int(events))
	if err != nil {
		return err
	}
	if _, err := n.service.ForgetCuts(ctx); err != nil {
		return err
	}
	_, cases, err := n.service.TidyCases(ctx, n.CaseKeep.Milliseconds())
	n.removed("clinical parts of closed cases destroyed", "cases", cases)
	if err != nil {
		return err
	}
	entries, err := n.db.PruneAudit(ctx, n.AuditKeep, n.keys.Stamp, n.keys.CheckStamp)
	n.removed("old entries of the audit removed", "entries", entries)
	return err
}

func (n *node) removed(what, of string, count int) {
	if count > 0 {
		n.log.Info(what, of, count)
	}
}
