package client

import (
	"math/rand/v2"
	"net/url"
	"strings"
	"time"

	"weer/model/fault"
)

// An outcome is how a socket, or the try to open one, ended.
type outcome struct {
	err    *fault.Error  // why; never nil
	after  time.Duration // what the server asked to wait
	proved bool          // it proved at least one board
}

// final reports whether trying again would end the same.
func (o outcome) final() bool {
	a := o.err.Code.Row().Action
	return a == fault.ActionStop || a == fault.ActionSignIn
}

// The back-off: each wait is drawn evenly from zero up to a bound (full
// jitter) that starts at firstWait and doubles with every round of the URLs.
const (
	firstWait = 250 * time.Millisecond
	longWait  = 8 * time.Second
)

// A route decides which URL is next and when. A URL that served well is tried
// once more before the next; one that proved nothing is left at once.
type route struct {
	urls   []string
	at     int // index of the URL to try
	failed int // tries since the last socket that proved something
}

func (r *route) url() string { return r.urls[r.at] }

// after takes how the last try ended and returns how long to wait before the next.
func (r *route) after(end outcome) time.Duration {
	leaving := end.err.Code == fault.Restarting || end.err.Code == fault.GoingAway
	if end.proved {
		r.failed = 0
	} else {
		r.failed++
	}
	if !end.proved || leaving {
		r.at = (r.at + 1) % len(r.urls)
	}
	return end.after + rand.N(r.bound())
}

func (r *route) bound() time.Duration {
	rounds := r.failed / len(r.urls)
	return min(firstWait<<min(rounds, 16), longWait)
}

// socketURLs turns the servers' addresses into those of their sockets.
func socketURLs(list []string) ([]string, error) {
	if len(list) == 0 {
		return nil, fault.Bad("URLs", "a client needs the URL of a server")
	}
	out := make([]string, len(list))
	for i, raw := range list {
		u, err := url.Parse(raw)
		if err != nil || u.Host == "" {
			return nil, fault.Bad("URLs", "%q is no URL like http://127.0.0.1:8080", redacted(raw))
		}
		if u.User != nil || u.RawQuery != "" {
			return nil, fault.Bad("URLs", "a server's URL has no user, password or query")
		}
		if out[i], err = socketURL(u); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func socketURL(u *url.URL) (string, error) {
	scheme, known := map[string]string{"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}[u.Scheme]
	if !known {
		return "", fault.Bad("URLs", "a server's URL begins with http, https, ws or wss, not %q", u.Scheme)
	}
	s := *u
	if asIs := u.Scheme == scheme && u.Path != ""; !asIs {
		s.Path = strings.TrimSuffix(u.Path, "/") + "/ws"
	}
	s.Scheme = scheme
	return s.String(), nil
}

// redacted keeps what may be a password out of an error.
func redacted(raw string) string {
	if strings.Contains(raw, "@") {
		return "…"
	}
	return raw
}

func compareFeeds(a, b string) int { return strings.Compare(a, b) }
