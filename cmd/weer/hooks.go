package main

import (
	"weer/api/hook"
	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
)

const (
	flagHookKey      = "--hook-key or WEER_HOOK_KEY"
	flagHookNetworks = "--hook-networks or WEER_HOOK_NETWORKS"
)

// openHooks makes what sends webhooks, on nodes with the REST API. Real nodes of
// one MySQL database have none until they share a key for them.
func (n *node) openHooks() error {
	if !n.roles.api {
		return nil
	}
	vault, err := n.openHookKey()
	if err != nil || vault == nil {
		return err
	}
	n.hooks = hook.New(hook.Options{
		Work: n.service, Snapshot: n.db.Snapshot, Vault: vault, Owner: n.service.HookOwner,
		Networks: n.hookNetworks, Plain: n.db.Mode() == model.Simulated, Build: build(), Log: n.log,
	})
	return nil
}

// openHookKey makes the key file when it is missing, except where one of several
// nodes would then be left without the others' secrets.
func (n *node) openHookKey() (*hook.KeyFile, error) {
	if n.file != "" || n.db.Mode() == model.Simulated {
		return hook.LoadOrCreateKeyFile(n.hookKeyFile())
	}
	k, err := hook.LoadKeyFile(n.hookKeyFile())
	switch {
	case !fault.Is(err, fault.NotFound):
		return k, err
	case n.HookKey == "":
		n.log.Warn("this node has no webhooks: give all nodes the same "+flagHookKey, "looked_at", n.hookKeyFile())
		return nil, nil
	}
	return nil, fault.Wrap(fault.NotFound, err, "there is no webhook key at %s: make one for all nodes with `weer hook-key %s`", n.hookKeyFile(), n.hookKeyFile())
}

// hookKeyFile is where the keys of webhooks lie.
func (s settings) hookKeyFile() string {
	switch {
	case s.HookKey != "":
		return s.HookKey
	case s.file != "":
		return s.file + ".hook-key"
	}
	return s.keyFile() + ".hook-key"
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
	if h.node.hooks != nil {
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

// hookKeyCmd is `weer hook-key`.
type hookKeyCmd struct {
	File string `arg:"" placeholder:"FILE" help:"Where it is made, mode 0600; one that is there stays."`
}

// Run makes a key file that nodes of one database share.
func (c *hookKeyCmd) Run() error {
	_, err := hook.LoadOrCreateKeyFile(c.File)
	return err
}
