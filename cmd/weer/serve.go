package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"path"
	"slices"
	"strings"
	"time"

	"weer/model"
	"weer/model/fault"
)

// serveCmd holds the settings of a node. What they mean and what is allowed
// stands in their help and in settings.
type serveCmd struct {
	Addr        string   `env:"WEER_ADDR" default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Where to listen; port 0 takes a free one. Default: ${default}"`
	DatabaseURL string   `env:"WEER_DATABASE_URL" default:"sqlite:weer.db" placeholder:"URL" help:"sqlite:PATH (a file, made when missing; relative to where weer starts) or mysql://user:password@host:port/name. Default: ${default}"`
	RedisURL    string   `env:"WEER_REDIS_URL" placeholder:"URL" help:"The bus between nodes, as in redis://host:6379/0. Without it nodes hear of each other through the database only, within two seconds."`
	Roles       []string `env:"WEER_ROLES" default:"api,hub,ingest" enum:"api,hub,ingest" placeholder:"ROLE" help:"Parts of this node: api (page, tokens), hub (sockets), ingest (poller). Default: ${default}"`
	Mode        string   `env:"WEER_MODE" default:"" enum:",simulated,real" placeholder:"MODE" help:"simulated or real. A database is born in one and refuses the other. Default: what the database is; a new one is real with --egen-key, else simulated."`
	egenSource
	egenSchedule
	edge
	answerTimes
	TokenKey       string        `env:"WEER_TOKEN_KEY" placeholder:"FILE" help:"Ed25519 keys of tokens (PEM, mode 0600). The same on all nodes. Made when missing, but for real nodes with MySQL. Default: beside the SQLite file, as PATH.key."`
	CaseKey        string        `env:"WEER_CASE_KEY" placeholder:"FILE" help:"Keys that wrap those of patients' cases and the secrets of webhooks (mode 0600). The same on all nodes. Made when missing, but for real nodes with MySQL (weer case-key makes one). Default: beside the SQLite file, as PATH.case-key, else beside the token key."`
	CaseKeep       time.Duration `env:"WEER_CASE_KEEP" default:"72h" placeholder:"TIME" help:"How long the clinical part of a closed case can be read, 1h to 8784h; then its key is destroyed. Default: ${default}"`
	AuditKeep      time.Duration `env:"WEER_AUDIT_KEEP" default:"26304h" placeholder:"TIME" help:"How long who did what is kept, 17544h (two years) to 175440h. Default: ${default}"`
	Origins        []string      `env:"WEER_ORIGINS" placeholder:"PATTERN" help:"Pages of other hosts that may open the socket, as in https://*.example.kr."`
	TrustedProxies []string      `env:"WEER_TRUSTED_PROXIES" placeholder:"NETWORK" help:"Addresses or networks whose X-Forwarded-For is believed, as in 10.0.0.0/8."`
	HookNetworks   []string      `env:"WEER_HOOK_NETWORKS" placeholder:"NETWORK" help:"Networks that webhooks may post to though they are not public, as in 10.20.0.0/16; also by plain http."`
	OSRMURL        string        `name:"osrm-url" env:"WEER_OSRM_URL" placeholder:"URL" help:"A routing server that speaks OSRM's HTTP interface, as in http://osrm:5000, for road times. Without it they are estimates, and say so."`
	Drain          time.Duration `env:"WEER_DRAIN" default:"10s" placeholder:"TIME" help:"Window over which a stopping node closes its screens, 0s to 5m. Default: ${default}"`
	SimSeed        uint64        `env:"WEER_SIM_SEED" default:"1" placeholder:"N" help:"Seed of the simulator; the same seed moves the same way. Default: ${default}"`
	SimSpeed       float64       `env:"WEER_SIM_SPEED" default:"60" placeholder:"X" help:"Simulated time per time, up to 3600; 1 moves as measured. Default: ${default}"`
	SimCrews       int           `env:"WEER_SIM_CREWS" default:"0" placeholder:"N" help:"So many simulated crews use this simulated node, and consoles answer them, as with weer sim crews. Default: ${default}"`
	LogLevel       slog.Level    `env:"WEER_LOG_LEVEL" default:"info" placeholder:"LEVEL" help:"debug, info, warn or error. Default: ${default}"`
	LogFormat      string        `env:"WEER_LOG_FORMAT" default:"text" enum:"text,json" placeholder:"FORMAT" help:"text or json, on standard error. Default: ${default}"`
}

// Run is `weer serve`: a node until the context ends.
func (c *serveCmd) Run(ctx context.Context, o outlet) error {
	set, err := c.settings()
	if err != nil {
		return err
	}
	n, err := open(ctx, set, c.logger(o.err))
	if err != nil {
		return err
	}
	n.announce(o.out)
	return n.run(ctx)
}

func (c *serveCmd) logger(w io.Writer) *slog.Logger {
	o := &slog.HandlerOptions{Level: c.LogLevel}
	if c.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}

// settings are a serveCmd that was checked.
type settings struct {
	*serveCmd
	roles        roles
	proxies      []netip.Prefix
	hookNetworks []netip.Prefix // that are not public and may be posted to
	file         string         // of SQLite, "" for another database
}

type roles struct{ api, hub, ingest bool }

// settings checks what kong cannot. The error names the flag and its variable.
func (c *serveCmd) settings() (settings, error) {
	s := settings{serveCmd: c, roles: roles{
		api: slices.Contains(c.Roles, "api"), hub: slices.Contains(c.Roles, "hub"), ingest: slices.Contains(c.Roles, "ingest"),
	}}
	s.file, _ = strings.CutPrefix(c.DatabaseURL, "sqlite:")
	if s.file == c.DatabaseURL {
		s.file = ""
	}
	var err error
	if s.hookNetworks, err = networks(flagHookNetworks, c.HookNetworks); err != nil {
		return s, err
	}
	s.proxies, err = networks(flagProxies, c.TrustedProxies)
	switch {
	case err != nil:
		return s, err
	case strings.HasPrefix(c.DatabaseURL, "mysql:") && c.TokenKey == "":
		return s, fault.Bad(flagTokenKey, "names the key file that all nodes of one MySQL database share")
	case c.EgenKey != "" && c.Mode == model.Simulated:
		return s, fault.Bad(flagEgenKey, "a simulated WeER asks no E-Gen: leave the key away, or use --mode real with another database")
	case c.CaseKeep < time.Hour || c.CaseKeep > 366*24*time.Hour:
		return s, fault.Bad("--case-keep or WEER_CASE_KEEP", "takes 1h to 8784h, not %s", c.CaseKeep)
	case c.AuditKeep < model.LeastAuditKeep || c.AuditKeep > 10*model.LeastAuditKeep:
		return s, fault.Bad("--audit-keep or WEER_AUDIT_KEEP", "takes 17544h to 175440h, not %s", c.AuditKeep)
	case c.Drain < 0 || c.Drain > 5*time.Minute:
		return s, fault.Bad("--drain or WEER_DRAIN", "takes 0s to 5m, not %s", c.Drain)
	}
	return s, errors.Join(s.egenSchedule.check(leastDemoInterval), s.egenSource.check(), s.texts(), s.edge.check(), s.answerTimes.check(), checkSpeed(c.SimSpeed), s.checkCrews())
}

// Flags that more than one place speaks of, each with its variable.
const (
	flagProxies   = "--trusted-proxies or WEER_TRUSTED_PROXIES"
	flagTokenKey  = "--token-key or WEER_TOKEN_KEY"
	flagOSRM      = "--osrm-url or WEER_OSRM_URL"
	flagSimCrews  = "--sim-crews or WEER_SIM_CREWS"
	flagEgenKey   = "--egen-key or WEER_EGEN_KEY"
	flagEgenURL   = "--egen-url or WEER_EGEN_URL"
	flagEgenQuota = "--egen-quota or WEER_EGEN_QUOTA"
)

// texts checks the form of addresses and patterns.
func (s settings) texts() error {
	if _, _, err := net.SplitHostPort(s.Addr); err != nil {
		return fault.Bad("--addr or WEER_ADDR", "takes HOST:PORT, as in 127.0.0.1:8080, not %.60q", s.Addr)
	}
	for _, pattern := range s.Origins {
		if _, err := path.Match(pattern, ""); err != nil || pattern == "" {
			return fault.Bad("--origins or WEER_ORIGINS", "takes patterns like https://*.example.kr, not %.60q", pattern)
		}
	}
	return nil
}

// networks reads addresses and networks; an address is a network of one.
func networks(flag string, list []string) (out []netip.Prefix, err error) {
	for _, text := range list {
		p, err := netip.ParsePrefix(text)
		if addr, alone := netip.ParseAddr(text); alone == nil {
			p, err = addr.Prefix(addr.BitLen())
		}
		if err != nil {
			return nil, fault.Bad(flag, "takes addresses and networks like 10.0.0.0/8, not %.60q", text)
		}
		out = append(out, p)
	}
	return out, nil
}

// birth is the mode that the database must have, "" for the one it has.
func (s settings) birth() string {
	if s.Mode == "" && s.EgenKey != "" {
		return model.Real
	}
	return s.Mode
}

// keyFile is where the keys of tokens lie.
func (s settings) keyFile() string {
	if s.TokenKey != "" {
		return s.TokenKey
	}
	return s.file + ".key"
}

// caseKeyFile is where the keys that wrap those of cases lie.
func (s settings) caseKeyFile() string {
	switch {
	case s.CaseKey != "":
		return s.CaseKey
	case s.file != "":
		return s.file + ".case-key"
	}
	return s.TokenKey + ".case-key"
}
