package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/google/uuid"

	"weer/api"
	"weer/api/auth"
	"weer/api/hook"
	"weer/api/road"
	"weer/hub"
	"weer/hub/bus"
	"weer/hub/follow"
	"weer/ingest"
	"weer/ingest/sim"
	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
	"weer/model/seal"
	"weer/model/store"
	"weer/web"
)

// A node is the parts of WeER put together. open makes one that holds its port
// and its database and does nothing yet; run starts all goroutines and returns
// after the last of them has ended. What a node does not have is nil.
type node struct {
	settings
	log *slog.Logger
	id  string // in leases; no two running nodes have the same

	ln        net.Listener
	db        *store.DB
	keys      *auth.Keys
	caseKeys  *seal.File
	desk      *auth.Desk
	revoked   *revoked
	sealer    *sealer
	timing    *timekeeper
	bus       bus.Bus
	service   *model.Service
	follower  *follow.Follower
	boards    *boards // of the regions, for the REST API
	hub       *hub.Hub
	hooks     *hook.Hooks
	sim       *sim.Sim
	poller    *ingest.Poller
	intervals ingest.Intervals // of polls
	server    *api.Server
	roads     *road.Router

	draining atomic.Bool
	fail     context.CancelCauseFunc // ends run: a part ended by itself
}

// open takes the port and opens the database. The error is one line that says
// what to do; nothing is left open then.
func open(ctx context.Context, set settings, log *slog.Logger) (_ *node, err error) {
	n := &node{settings: set, log: log}
	defer func() {
		if err != nil {
			n.close()
		}
	}()
	if n.ln, err = listen(ctx, set.Addr); err != nil {
		return nil, err
	}
	if n.db, err = store.Open(ctx, set.DatabaseURL, store.Options{Mode: set.birth(), Log: log}); err != nil {
		return nil, err
	}
	if n.keys, err = n.openKeys(); err != nil {
		return nil, err
	}
	if n.bus, err = set.openBus(log); err != nil {
		return nil, err
	}
	n.id = set.nodeID()
	if n.caseKeys, err = n.openCaseKeys(); err != nil {
		return nil, err
	}
	n.service = model.NewService(n.db, heard{n.bus, n}).WithKeys(n.caseKeys).WithTimes(set.times())
	if n.desk, err = auth.NewDesk(n.service, n.keys); err != nil {
		return nil, err
	}
	n.follower = follow.New(follow.Options{Store: n.db, Bus: n.bus, Log: log})
	if err = n.openIngest(); err != nil {
		return nil, err
	}
	if n.SimCrews > 0 && n.db.Mode() != model.Simulated {
		return nil, fault.Bad(flagSimCrews, "goes with a simulated WeER only, and this database was born real")
	}
	n.openHooks()
	n.openHub()
	n.revoked = &revoked{hub: n.hub, log: log}
	n.sealer = &sealer{db: n.db, service: n.service, lease: n.db, node: n.id, sign: n.keys.Stamp, check: n.keys.CheckStamp, log: log}
	n.timing = &timekeeper{service: n.service, whyNot: n.whyClock, log: log}
	if n.roads, err = road.New(set.OSRMURL, log); err != nil {
		return nil, named(err, map[string]string{"osrm_url": flagOSRM})
	}
	n.openServer()
	return n, n.openDemo(ctx)
}

func listen(ctx context.Context, addr string) (net.Listener, error) {
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fault.Wrap(fault.Conflict, err, "%s is in use: stop what listens there, or choose another --addr (WEER_ADDR)", addr)
	case err != nil:
		return nil, fault.Wrap(fault.Invalid, err, "cannot listen on %s (%v): choose another --addr (WEER_ADDR)", addr, errors.Unwrap(err))
	}
	return ln, nil
}

func (n *node) openKeys() (*auth.Keys, error) {
	return openKeyFile(n, n.keyFile(), "`openssl genpkey -algorithm ed25519`, mode 0600", auth.Load, auth.LoadOrCreate)
}

func (n *node) openCaseKeys() (*seal.File, error) {
	return openKeyFile(n, n.caseKeyFile(), "`weer case-key FILE`", seal.Load, seal.LoadOrCreate)
}

// openKeyFile makes a key file when it is missing, except where nodes share a
// real database: with a wrong path on one of them it would turn real displays
// away there, and open cases that the others cannot read.
func openKeyFile[K any](n *node, path, how string, load, loadOrCreate func(path string) (K, error)) (K, error) {
	if n.file != "" || n.db.Mode() == model.Simulated {
		return loadOrCreate(path)
	}
	keys, err := load(path)
	if fault.Is(err, fault.NotFound) {
		err = fault.Wrap(fault.NotFound, err, "%s: make one for all nodes with %s", fault.Public(err).Message, how)
	}
	return keys, err
}

func (s settings) openBus(log *slog.Logger) (bus.Bus, error) {
	if s.RedisURL == "" {
		return bus.NewLocal(), nil
	}
	return bus.NewRedis(s.RedisURL, log)
}

// nodeID: a database in a file has one node, which may take its own leases back
// after a crash. Of several nodes each start is somebody else.
func (s settings) nodeID() string {
	if s.file != "" {
		return "single"
	}
	host, err := os.Hostname()
	if err != nil {
		host = "node"
	}
	return fmt.Sprintf("%.40s/%s", host, uuid.NewString())
}

// named calls a part's fields as the flags that they come from.
func named(err error, flags map[string]string) error {
	var f *fault.Error
	if errors.As(err, &f) && flags[f.Field] != "" {
		return &fault.Error{Code: f.Code, Message: f.Message, Field: flags[f.Field], Cause: f.Cause}
	}
	return err
}

func (n *node) openHub() {
	if !n.roles.hub {
		return
	}
	n.hub = hub.New(hub.Options{
		Follower: hub.Over(n.follower), Origins: n.Origins, Build: build(), Log: n.log,
		Authenticate: n.desk.Authenticate, Acknowledge: n.acknowledge,
	})
}

// acknowledge takes what a console proves over its socket.
func (n *node) acknowledge(ctx context.Context, by model.Principal, feedName string, acks []feed.Ack) error {
	return n.service.Climb(model.WithCall(ctx, model.Call{By: by}), feedName, acks)
}

func (n *node) openServer() {
	m := newMetrics(n)
	o := api.Options{
		Log: n.log, TrustedProxies: n.proxies, Checks: n.checks(),
		Metrics: m.handler(), Observe: m.observe,
	}
	if n.hub != nil {
		o.Socket = n.hub
	}
	if n.roles.api {
		n.boards = newBoards(n.follower)
		o.AsyncAPI, o.Page = hub.Document, web.Page()
		o.Authenticate, o.Standing, o.Service = n.desk.Authenticate, n.revoked.standing, n.service
		o.Desk, o.Secret, o.JWKS = n.desk, n.keys.Derive("commands"), n.keys.JWKS()
		o.Boards, o.Mode = n.boards, n.db.Mode()
		o.CORSOrigins, o.HSTS, o.Router = n.CORSOrigins, n.HSTS, n.roads
		if n.hooks != nil {
			o.Hooks = n.hooks
		}
		if n.db.Mode() == model.Simulated {
			o.DemoToken, o.Demo = n.demoToken, demoAccounts()
		}
	}
	if n.sim != nil {
		o.Simulator = n.sim.Handler()
	}
	n.server = api.New(o)
}

const demoTime = 10 * time.Minute

// demoToken signs for whoever looks at, or acts in, a simulated WeER on this machine.
func (n *node) demoToken(who model.Principal) (api.DemoToken, error) {
	token, err := n.keys.Sign(who, demoTime)
	if err != nil {
		return api.DemoToken{}, err
	}
	p, err := n.keys.Verifier().Verify(token)
	return api.DemoToken{Token: token, ExpiresAt: p.ExpiresAt}, err
}

// close gives back what open took.
func (n *node) close() (err error) {
	if n.ln != nil {
		if e := n.ln.Close(); !errors.Is(e, net.ErrClosed) {
			err = e
		}
	}
	if n.roads != nil {
		n.roads.Close()
	}
	if n.db != nil {
		err = errors.Join(err, n.db.Close())
	}
	return err
}
