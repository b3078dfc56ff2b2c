package crews

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"weer/api/client"
	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
)

// A person decides at a display and acts over REST.
type person struct {
	world
	name   string
	client *client.Client
	rest   *client.REST
	board  *client.Display // the own feed
	ground *ground
	log    *slog.Logger
	tally  *tally

	next func(scene) deed
	acks func(scene) []feed.Ack // nil: none
	// online and offline are how long a socket holds, and how long a dead zone is
	// that follows; an online of 0 holds for ever.
	online, offline time.Duration

	told   []feed.Ack // of the goroutine that acts
	toldAt time.Time
}

// live is the person until ctx ends, or the server says that trying again would
// end the same.
func (p *person) live(ctx context.Context) error {
	hands, ctx := errgroup.WithContext(ctx)
	hands.Go(func() error { return p.connect(ctx) })
	hands.Go(func() error { p.act(ctx); return nil })
	return hands.Wait()
}

// connect keeps the socket, but for the dead zones.
func (p *person) connect(ctx context.Context) error {
	for zone := luck(p.seed, "zone", p.name); ; {
		within, cancel := ctx, context.CancelFunc(func() {})
		if p.online > 0 {
			within, cancel = context.WithTimeout(ctx, between(zone, p.online/2, p.online*3/2))
		}
		err := p.client.Run(within)
		lost := within.Err() != nil
		cancel()
		switch {
		case ctx.Err() != nil:
			return nil
		case !lost:
			return err
		}
		p.log.Debug("the socket is lost", "who", p.name)
		if !wait(ctx, between(zone, p.offline/2, p.offline*3/2)) {
			return nil
		}
	}
}

// act looks and does what is to be done, one thing at a time.
func (p *person) act(ctx context.Context) {
	for wait(ctx, p.glance()) {
		if link, _ := p.board.Link(); link != feed.Live {
			continue
		}
		s := p.scene()
		if p.acks != nil {
			p.prove(p.acks(s))
		}
		d := p.next(s)
		if d == nil {
			continue
		}
		if err := p.do(ctx, d); err != nil && !wait(ctx, again) {
			return
		}
	}
}

// prove tells what a console proves. It is told again when it did not come through,
// but not at every look: a server that is slow would only get slower.
func (p *person) prove(acks []feed.Ack) {
	if now := time.Now(); !slices.Equal(acks, p.told) || now.Sub(p.toldAt) > proveAgain {
		p.client.Ack(p.board.Feed(), acks...)
		p.told, p.toldAt = acks, now
	}
}

const proveAgain = 5 * time.Second

// glance is how often somebody looks at the display.
func (w world) glance() time.Duration {
	return min(max(w.real(time.Second), 200*time.Millisecond), time.Second)
}

// again is how long somebody looks elsewhere after something was refused: the
// feed says soon why.
const again = time.Second

func (p *person) scene() scene {
	s := scene{
		now:          p.board.ServerTime(),
		cases:        client.Held[model.CaseValue](p.board, "case/"),
		reservations: client.Held[model.ReservationValue](p.board, "reservation/"),
		requests:     client.Held[model.RequestValue](p.board, "request/"),
	}
	s.cards, s.timings = p.ground.look()
	return s
}

// do carries a deed out, also when ctx ends meanwhile: who leaves has to know what
// was done. What it came to is on the own board at once, so that it is not decided
// twice. That somebody else was faster is no error of anybody's.
func (p *person) do(ctx context.Context, d deed) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), deedTime)
	defer cancel()
	answers, err := d.do(ctx, p.rest)
	if err != nil {
		p.tally.refused(d, err)
		p.log.Debug("refused", "who", p.name, "deed", d.String(), "code", fault.Public(err).Code, "field", fault.Public(err).Field, "why", fault.Public(err).Message)
		return err
	}
	p.tally.did(d)
	p.client.Overlay(answers...)
	p.log.Debug(p.name + " " + d.String())
	return nil
}

// deedTime is for one deed, and for somebody who leaves to end a case.
const deedTime = 10 * time.Second

// wait reports false when ctx ended first.
func wait(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
