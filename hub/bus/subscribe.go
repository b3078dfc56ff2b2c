package bus

import (
	"context"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// subscribe is one life of the subscribing connection: one goroutine reads it,
// one keeps its subscriptions as they are wanted. The first error ends all;
// go-redis would reconnect in silence, and a connection with a history of
// errors is worth less than a new one.
func (r *Redis) subscribe(ctx context.Context, client *redis.Client, ready func()) error {
	sub := client.Subscribe(ctx)
	ctx, end := context.WithCancelCause(ctx)
	var all sync.WaitGroup
	defer r.canHear.Store(false)
	all.Go(func() { end(r.tend(ctx, sub)) })
	all.Go(func() { end(r.hear(ctx, sub, ready)) })
	all.Go(func() { <-ctx.Done(); sub.Close() }) //nolint:errcheck // it only has to unblock hear
	all.Wait()
	return context.Cause(ctx)
}

// tend subscribes and unsubscribes as interest changes, all on one connection,
// so that no change disturbs the order of the rest; and it pings, so that hear
// can tell silence from death.
func (r *Redis) tend(ctx context.Context, sub *redis.PubSub) error {
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	if err := sub.Ping(ctx); err != nil {
		return err
	}
	held := map[string]bool{}
	for {
		if err := r.adjust(ctx, sub, held); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-r.interest.changed:
		case <-ping.C:
			if err := sub.Ping(ctx); err != nil {
				return err
			}
		}
	}
}

func (r *Redis) adjust(ctx context.Context, sub *redis.PubSub, held map[string]bool) error {
	add, drop := r.interest.missing(held)
	if len(add) > 0 {
		if err := sub.Subscribe(ctx, add...); err != nil {
			return err
		}
	}
	if len(drop) > 0 {
		if err := sub.Unsubscribe(ctx, drop...); err != nil {
			return err
		}
	}
	for _, c := range add {
		held[c] = true
	}
	for _, c := range drop {
		delete(held, c)
	}
	return nil
}

// hear reads without ever waiting for whom it reads for.
func (r *Redis) hear(ctx context.Context, sub *redis.PubSub, ready func()) error {
	for {
		got, err := sub.ReceiveTimeout(ctx, silentAfter)
		if err != nil {
			return err
		}
		if r.canHear.CompareAndSwap(false, true) {
			ready()
		}
		if m, ok := got.(*redis.Message); ok {
			r.arrive(m)
		}
	}
}

func (r *Redis) arrive(m *redis.Message) {
	h, ok := decode(m.Channel, []byte(m.Payload))
	if !ok || !offer(r.in, h) {
		r.dropped.Add(1)
	}
}
