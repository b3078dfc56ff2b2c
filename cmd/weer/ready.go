package main

import (
	"fmt"
	"time"

	"weer/api"
	"weer/model"
	"weer/model/feed"
)

// maxClockOffset is how far a node's clock may be from the database's.
const maxClockOffset = time.Second

// checks are what /readyz asks. The database, the clock and draining decide
// whether screens should come here; the others are told only, because another
// node would not be better.
func (n *node) checks() []api.Check {
	checks := []api.Check{
		{Name: "draining", Ask: n.whyDraining},
		{Name: "database", Ask: n.whyUnverified},
		{Name: "clock", Ask: n.whyClock},
		{Name: "poller", Advisory: true, Ask: n.whyLate},
		{Name: "feeds", Advisory: true, Ask: n.whyUnproved},
		{Name: "bus", Advisory: true, Ask: n.whyDeaf},
		{Name: "deadlines", Advisory: true, Ask: n.timing.why},
		{Name: "audit", Advisory: true, Ask: n.sealer.why},
		{Name: "webhooks", Advisory: true, Ask: n.whyHooksStuck},
	}
	return checks
}

func (n *node) whyDraining() string {
	if n.draining.Load() {
		return "this node stops"
	}
	return ""
}

func (n *node) whyUnverified() string {
	within := time.Duration(feed.DefaultTimings.LiveMS) * time.Millisecond
	if n.follower.Verified(within) {
		return ""
	}
	at := n.follower.Facts().VerifiedAt
	if at == 0 {
		return "the database was not asked successfully yet"
	}
	return "the database last answered at " + at.Std().Format(time.RFC3339)
}

// clock tells how far the database's clock is ahead, when that is known.
func (n *node) clock() (offset time.Duration, ok bool) {
	f := n.follower.Facts()
	return f.ClockOffset, f.VerifiedAt != 0
}

func (n *node) whyClock() string {
	offset, known := n.clock()
	switch {
	case !known:
		return "the database's clock is not known yet"
	case offset.Abs() > maxClockOffset:
		return fmt.Sprintf("this node's clock differs from the database's by %s", offset.Abs().Round(time.Millisecond))
	}
	return ""
}

// lastComplete is a source's last complete poll by any node.
func (n *node) lastComplete(source string) feed.Time {
	return n.follower.Facts().Sources[source].CompleteAt
}

// whyLate names the first source that screens show as not collecting.
func (n *node) whyLate() string {
	f := n.follower.Facts()
	for _, name := range []string{model.SourceBeds, model.SourceAcceptance, model.SourceAnnouncements, model.SourceInstitutions} {
		switch source := f.Sources[name]; {
		case source.CompleteAt == 0:
			return name + ": there was no complete poll yet"
		case source.Late(time.Now().Add(f.ClockOffset)):
			return name + ": the last complete poll was at " + source.CompleteAt.Std().Format(time.RFC3339)
		}
	}
	return ""
}

func (n *node) whyUnproved() string {
	if unproved := n.follower.Stats().Unproved; unproved > 0 {
		return fmt.Sprintf("%d feeds are unproved: see the log, then `weer feed repair NAME`", unproved)
	}
	return ""
}

func (n *node) whyDeaf() string {
	if n.bus.Stats().Connected {
		return ""
	}
	return "no hints between nodes: screens follow the database, up to two seconds late"
}
