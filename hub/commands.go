package hub

import (
	"context"
	"slices"
	"time"

	"weer/hub/follow"
	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
)

// obey does what a frame asks for. Only the reader calls it.
func (c *conn) obey(f feed.ClientFrame) error {
	if f.Type != feed.TypeAuth && !c.isSigned() {
		return fault.New(fault.AuthRequired, "the first frame must be auth")
	}
	switch f.Type {
	case feed.TypeAuth:
		return c.auth(f.Token)
	case feed.TypeSubscribe:
		return c.subscribe(f)
	case feed.TypeUnsubscribe:
		c.unsubscribe(f.Feed)
	case feed.TypeAck:
		return c.acknowledge(f)
	case feed.TypePing:
		c.beating.Store(true)
		c.kick()
	}
	return nil
}

// auth signs in, or renews a token in band; both are answered by welcome.
func (c *conn) auth(token string) error {
	first := !c.isSigned()
	if err := c.signIn(c.hub.life, token); err != nil {
		return err
	}
	c.welcome()
	if first {
		c.hub.wheel.join(c)
		return nil
	}
	c.review()
	return nil
}

// signIn authenticates. A Cut that falls into the question may have been
// decided on a newer truth than the answer, so it is asked again.
func (c *conn) signIn(ctx context.Context, token string) error {
	ctx, cancel := context.WithTimeout(ctx, c.hub.opt.Bounds.AskWithin)
	defer cancel()
	for {
		cuts := c.hub.cuts.Load()
		who, err := c.hub.opt.Authenticate(ctx, token)
		if err != nil {
			return authFailed(ctx, err)
		}
		if done, err := c.become(who, cuts); done || err != nil {
			return err
		}
	}
}

func authFailed(ctx context.Context, err error) error {
	if fault.Public(err).Code == fault.Internal && ctx.Err() != nil {
		return fault.Wrap(fault.Timeout, err, "the token could not be checked in time; try again")
	}
	return err
}

// become takes the principal, if no Cut came since cuts.
func (c *conn) become(who model.Principal, cuts uint64) (done bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.hub.cuts.Load() != cuts:
		return false, nil
	case c.signed && c.who.Subject != who.Subject:
		return false, fault.New(fault.Forbidden, "a connection renews only its own account's token; connect again to change accounts")
	}
	if !c.signed {
		c.hub.known()
		if c.ending == nil {
			c.deadline(0)
		}
	}
	c.who, c.signed = who, true
	return true, nil
}

func (c *conn) welcome() {
	facts := c.hub.opt.Follower.Facts()
	c.mu.Lock()
	who := c.who
	c.mu.Unlock()
	c.answer(textFrame(feed.Welcome{
		Type: feed.TypeWelcome, Protocol: feed.Protocol, Build: c.hub.opt.Build,
		Mode: facts.Mode, Epoch: facts.Epoch, At: serverTime(facts),
		Subject: who.Subject, Role: string(who.Role), ExpiresAt: who.ExpiresAt,
		Limits: c.hub.opt.Limits, Timings: c.hub.opt.Timings, Sources: sources(facts),
	}))
}

// serverTime is the database's clock: the same on every node, and the one that
// verified_at and every observation were measured with.
func serverTime(f follow.Facts) feed.Time { return feed.At(time.Now().Add(f.ClockOffset)) }

func sources(f follow.Facts) map[string]feed.Source {
	if f.Sources == nil {
		return map[string]feed.Source{}
	}
	return f.Sources
}

// review ends the subscriptions that a renewed principal may not have any more.
func (c *conn) review() {
	for _, s := range slices.Clone(c.subs) {
		if err := c.who.MayRead(s.topic.name); err != nil {
			c.unsubscribe(s.topic.name)
			c.fail(err, s.topic.name)
		}
	}
}

// subscribe answers with exactly one resumed or reset, or fails with an error.
// For a feed that is followed already it is the resynchronisation. (c.who and
// c.subs are changed by this goroutine only, so it reads them without the lock.)
func (c *conn) subscribe(f feed.ClientFrame) error {
	if err := c.who.MayRead(f.Feed); err != nil {
		return err
	}
	if f.Cause == feed.ReasonDigest && f.Seq == nil {
		c.hub.counters.disproofs.Add(1)
		c.hub.opt.Log.Warn("hub: a screen's board was disproved", "feed", f.Feed, "role", c.who.Role)
	}
	s := c.find(f.Feed)
	if s == nil {
		return c.follow(f)
	}
	return s.ask(f)
}

func (c *conn) follow(f feed.ClientFrame) error {
	if len(c.subs) >= c.hub.opt.Limits.Subscriptions {
		return fault.New(fault.TooManySubscriptions, "a connection follows at most %d feeds; unsubscribe one first", c.hub.opt.Limits.Subscriptions)
	}
	t, err := c.hub.openTopic(f.Feed)
	if err != nil {
		return err
	}
	s := &sub{conn: c, topic: t}
	t.join(s)
	c.hub.counters.subscriptions.Add(1)
	if err := s.ask(f); err != nil {
		s.release()
		return err
	}
	return nil
}

// unsubscribe ends a subscription; for a feed that is not followed it does nothing.
func (c *conn) unsubscribe(name string) {
	if s := c.find(name); s != nil {
		c.mu.Lock()
		c.subs = slices.DeleteFunc(c.subs, func(o *sub) bool { return o == s })
		c.mu.Unlock()
		s.release()
	}
}

// acknowledge passes on what a console proves. It is not answered: that it was
// taken is to be seen on the feed.
func (c *conn) acknowledge(f feed.ClientFrame) error {
	if c.find(f.Feed) == nil || c.hub.opt.Acknowledge == nil {
		return fault.Bad("feed", "only what is followed can be acknowledged")
	}
	ctx, cancel := context.WithTimeout(c.hub.life, c.hub.opt.Bounds.AskWithin)
	defer cancel()
	return c.hub.opt.Acknowledge(ctx, c.who, f.Feed, f.Acks)
}

func (c *conn) find(name string) *sub {
	for _, s := range c.subs {
		if s.topic.name == name {
			return s
		}
	}
	return nil
}
