package main

import (
	"log/slog"
	"sync/atomic"

	"weer/hub"
	"weer/hub/follow"
	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
)

// revoked knows whose rights were taken back, by the state of the system feed,
// and closes their sockets. It judges by the whole state each time the feed
// moves: what happened while this node was deaf is in it.
type revoked struct {
	hub  *hub.Hub // nil: this node has no sockets
	log  *slog.Logger
	cuts atomic.Pointer[model.Revocations] // nil: the feed was not read yet
}

// standing refuses whoever has no rights any more; everybody while it is not
// known yet.
func (r *revoked) standing(p model.Principal) error {
	cuts := r.cuts.Load()
	if cuts == nil {
		return fault.New(fault.Unavailable, "this node has not reached its database yet; try again in a moment")
	}
	return cuts.Check(p)
}

// judge reads the feed's state and cuts every socket that it voids. While the
// feed is being loaded again it has no state to read, and moved tells when it has.
func (r *revoked) judge(system *follow.Feed) {
	state := system.Reset(feed.ReasonAsked)
	if len(state.Packets) == 0 {
		return
	}
	cuts, err := model.ReadRevocations(state.Packets[0].Reset.Keys)
	if err != nil {
		r.log.Error("the system feed cannot be read; what it takes back is not taken back here", "error", err)
		return
	}
	r.cuts.Store(&cuts)
	if r.hub == nil {
		return
	}
	for _, code := range model.CutCodes {
		n := r.hub.Cut(func(p model.Principal) bool { return fault.Is(cuts.Check(p), code) }, code)
		if n > 0 {
			r.log.Info("sockets cut", "code", code, "sockets", n)
		}
	}
}
