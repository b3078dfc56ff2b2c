package bus

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"github.com/redis/go-redis/v9/maintnotifications"

	"weer/model/fault"
	"weer/model/feed"
)

// Redis is the bus between nodes. It has two directions, each with a
// connection of its own that is made again after a bounded, jittered back-off:
// publishing (publish.go) and subscribing (subscribe.go).
type Redis struct {
	counters
	options  *redis.Options
	log      *slog.Logger
	interest *interest
	out      chan feed.Hint // to Redis
	in       chan feed.Hint // from Redis
	running  atomic.Bool
	canSend  atomic.Bool // the publishing connection answers
	canHear  atomic.Bool // the subscribing connection answers
}

const (
	dialTimeout = 2 * time.Second
	callTimeout = 2 * time.Second
	pingEvery   = 2 * time.Second
	// silentAfter is when a subscribing connection without even an answer to
	// pings is taken for dead.
	silentAfter = 3 * pingEvery
	backoffMin  = 50 * time.Millisecond
	backoffMax  = 2 * time.Second
)

// go-redis writes to a logger of its own; what matters is logged here, once.
var quiet = sync.OnceFunc(logging.Disable)

// NewRedis makes a bus over the Redis of a go-redis URL (redis://, rediss://,
// unix://). It connects in Run. The error names the field and never repeats the
// URL, which may hold a password.
func NewRedis(url string, log *slog.Logger) (*Redis, error) {
	quiet()
	o, err := redis.ParseURL(url)
	if err != nil {
		return nil, fault.Bad("WEER_REDIS_URL", "not a Redis URL; write redis://user:password@host:6379/0, rediss://… for TLS, or unix:///path")
	}
	o.Protocol = 2 // pub/sub needs no more
	o.MaxRetries = -1
	o.DialerRetries = 1
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout = dialTimeout, callTimeout, callTimeout
	o.ContextTimeoutEnabled = true
	o.DisableIdentity = true
	o.PoolSize, o.MinIdleConns = 2, 0
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	return &Redis{
		options: o, log: log, interest: newInterest(),
		out: make(chan feed.Hint, queueLen), in: make(chan feed.Hint, queueLen),
	}, nil
}

// Publish implements [Bus].
func (r *Redis) Publish(hints ...feed.Hint) {
	for _, h := range hints {
		if !r.canSend.Load() || !offer(r.out, bare(h)) {
			r.dropped.Add(1)
		}
	}
}

// offer puts a hint into a queue that has room.
func offer(queue chan<- feed.Hint, h feed.Hint) bool {
	select {
	case queue <- h:
		return true
	default:
		return false
	}
}

// Follow implements [Bus].
func (r *Redis) Follow(epoch, name string) { r.interest.add(topic{epoch, name}) }

// Unfollow implements [Bus].
func (r *Redis) Unfollow(epoch, name string) { r.interest.remove(topic{epoch, name}) }

// Stats implements [Bus].
func (r *Redis) Stats() Stats { return r.stats(r.canSend.Load() && r.canHear.Load()) }

// Run implements [Bus]. It survives Redis being away from the start.
func (r *Redis) Run(ctx context.Context, deliver func(feed.Hint)) error {
	if !r.running.CompareAndSwap(false, true) {
		return errRunning()
	}
	defer r.running.Store(false)
	var all sync.WaitGroup
	all.Go(func() { r.keep(ctx, "publish", r.publish) })
	all.Go(func() { r.keep(ctx, "subscribe", r.subscribe) })
	all.Go(func() { r.hand(ctx, deliver) })
	all.Wait()
	return nil
}

// hand delivers what came.
func (r *Redis) hand(ctx context.Context, deliver func(feed.Hint)) {
	for {
		select {
		case <-ctx.Done():
			return
		case h := <-r.in:
			if r.interest.has(topic{h.Epoch, h.Feed}) {
				r.received.Add(1)
				deliver(h)
			}
		}
	}
}

// keep runs one direction again and again, each time with a client of its own:
// a go-redis client that failed to dial keeps dialling in a goroutine that
// nobody owns.
func (r *Redis) keep(ctx context.Context, direction string, session func(context.Context, *redis.Client, func()) error) {
	wait := &backoff.ExponentialBackOff{
		InitialInterval: backoffMin, MaxInterval: backoffMax, Multiplier: 2, RandomizationFactor: 0.5,
	}
	away := false
	for ctx.Err() == nil {
		err := r.once(ctx, session, func() {
			wait.Reset()
			r.log.Info("Redis is there", "direction", direction)
			away = false
		})
		if ctx.Err() != nil {
			return
		}
		if !away {
			r.log.Warn("Redis is away; hints are lost, the database is asked each second", "direction", direction, "error", err)
			away = true
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait.NextBackOff()):
		}
	}
}

func (r *Redis) once(ctx context.Context, session func(context.Context, *redis.Client, func()) error, ready func()) error {
	options := *r.options
	client := redis.NewClient(&options)
	defer client.Close() //nolint:errcheck // nothing is pending on it
	return session(ctx, client, ready)
}
