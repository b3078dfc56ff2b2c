package main

import (
	"cmp"
	"fmt"
	"io"
	"net"
	"net/url"
	"path/filepath"
	"strings"

	"weer/model"
)

// announce tells a person where everything is.
func (n *node) announce(w io.Writer) {
	base := n.baseURL()
	title := "WeER " + build()
	if n.db.Mode() == model.Simulated {
		title += ", simulated (모의)"
	}
	fmt.Fprintf(w, "%s\n\n", title)
	say := func(what, text string) { fmt.Fprintf(w, "  %-9s %s\n", what, text) }
	if n.roles.api {
		say("page", base+"/")
		n.announceScreens(base, say)
	}
	if n.hub != nil {
		say("socket", "ws"+strings.TrimPrefix(base, "http")+"/ws  (weer.v1, described in /asyncapi.yaml)")
	}
	say("alive", base+"/livez")
	say("ready", base+"/readyz")
	say("metrics", base+"/metrics")
	say("database", n.databaseName())
	say("bus", n.busName())
	say("poller", n.pollerName())
	if n.SimCrews > 0 {
		say("crews", fmt.Sprintf("%d simulated ones ask, and consoles answer; no console at %s, for demo.hospital", n.SimCrews, demoHospital))
	}
	say("keys", whole(n.keyFile()))
	fmt.Fprint(w, "\nCtrl-C stops it; the next start goes on where it was.\n\n")
}

// announceScreens tells where a simulated node's screens open as the demo's people,
// each without signing in.
func (n *node) announceScreens(base string, say func(what, text string)) {
	if n.db.Mode() != model.Simulated {
		return
	}
	for _, p := range demoPeople {
		if p.screen != "" {
			say(p.screen, fmt.Sprintf("%s/%s?as=%s", base, p.screen, demoLogin(p.rights.Role)))
		}
	}
}

// baseURL is where this machine reaches the node.
func (n *node) baseURL() string {
	addr := n.ln.Addr().(*net.TCPAddr)
	host := addr.IP.String()
	if addr.IP.IsUnspecified() {
		host = "127.0.0.1"
	}
	return fmt.Sprintf("http://%s", net.JoinHostPort(host, fmt.Sprint(addr.Port)))
}

// databaseName and busName hold no password.
func (n *node) databaseName() string {
	if n.file == "" {
		return withoutSecrets(n.DatabaseURL)
	}
	return "SQLite, " + whole(n.file)
}

// whole is a path that means the same from anywhere.
func whole(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}

func (n *node) busName() string {
	if n.RedisURL == "" {
		return "in this process"
	}
	return withoutSecrets(n.RedisURL)
}

func (n *node) pollerName() string {
	switch {
	case n.poller == nil:
		return "on other nodes"
	case n.sim != nil:
		return fmt.Sprintf("its own simulated E-Gen, beds every %s; move it with `weer sim set`", n.intervals.Beds)
	}
	return fmt.Sprintf("%s, beds every %s", cmp.Or(withoutSecrets(n.EgenURL), "E-Gen"), n.intervals.Beds)
}

// withoutSecrets leaves scheme, host and path of a URL.
func withoutSecrets(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return ""
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}
