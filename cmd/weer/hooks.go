package main

import (
	"weer/api/hook"
	"weer/model"
	"weer/model/feed"
)

const flagHookNetworks = "--hook-networks or WEER_HOOK_NETWORKS"

// openHooks makes what sends webhooks, on nodes with the REST API.
func (n *node) openHooks() {
	if !n.roles.api {
		return
	}
	n.hooks = hook.New(hook.Options{
		Work: n.service, Snapshot: n.db.Snapshot, Keys: n.caseKeys, Owner: n.service.HookOwner,
		Networks: n.hookNetworks, Plain: n.db.Mode() == model.Simulated, Build: build(), Log: n.log,
	})
}

// heard hands what is committed here to the bus, and wakes this node's webhooks:
// what a node changes it also posts, without waiting for its next look.
type heard struct {
	bus  model.Publisher
	node *node
}

// Publish implements model.Publisher.
func (h heard) Publish(hints ...feed.Hint) {
	h.bus.Publish(hints...)
	if h.node.hooks != nil && len(hints) > 0 { // most of what deliveries write moves no feed
		h.node.hooks.Wake()
	}
}

// whyHooksStuck says why this node posts nothing.
func (n *node) whyHooksStuck() string {
	if n.hooks == nil {
		return ""
	}
	return n.hooks.Stuck()
}
