package bus

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"

	"weer/model/feed"
)

// batchLen is how many hints go to Redis in one pipeline.
const batchLen = 256

// publish is one life of the publishing connection. What waits when it ends is
// dropped: it would arrive after newer hints of other nodes, and be of no use.
func (r *Redis) publish(ctx context.Context, client *redis.Client, ready func()) error {
	if err := client.Ping(ctx).Err(); err != nil {
		return err
	}
	r.discard()
	r.canSend.Store(true)
	ready()
	err := r.pump(ctx, client)
	r.canSend.Store(false)
	r.discard()
	return err
}

// pump sends until something fails. An idle connection is pinged, so that
// canSend is not believed for long.
func (r *Redis) pump(ctx context.Context, client *redis.Client) error {
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ping.C:
			err = client.Ping(ctx).Err()
		case h := <-r.out:
			err = r.send(ctx, client, r.gather(h))
		}
		if err != nil {
			return err
		}
	}
}

// gather takes what else waits, without waiting.
func (r *Redis) gather(first feed.Hint) []feed.Hint {
	batch := []feed.Hint{first}
	for len(batch) < batchLen {
		select {
		case h := <-r.out:
			batch = append(batch, h)
		default:
			return batch
		}
	}
	return batch
}

// send waits for the answer before the next batch goes, which may take another
// connection of the pool: this keeps the order.
func (r *Redis) send(ctx context.Context, client *redis.Client, batch []feed.Hint) error {
	pipe := client.Pipeline()
	for _, h := range batch {
		payload, err := encode(h)
		if err != nil {
			r.log.Error("a hint has no JSON form", "feed", h.Feed, "seq", h.To, "error", err)
			continue
		}
		pipe.Publish(ctx, channelOf(topic{h.Epoch, h.Feed}), payload)
	}
	answers, err := pipe.Exec(ctx)
	sent := uint64(0)
	for _, a := range answers {
		if a.Err() == nil {
			sent++
		}
	}
	r.published.Add(sent)
	r.dropped.Add(uint64(len(batch)) - sent)
	return err
}

func (r *Redis) discard() {
	for {
		select {
		case <-r.out:
			r.dropped.Add(1)
		default:
			return
		}
	}
}
