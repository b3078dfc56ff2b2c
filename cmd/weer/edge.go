package main

import (
	"net/url"
	"time"

	"weer/model/fault"
)

// edge is what browsers elsewhere are told.
type edge struct {
	CORSOrigins []string      `name:"cors-origins" env:"WEER_CORS_ORIGINS" placeholder:"ORIGIN" help:"Pages of other hosts that may use the REST API, exactly as in https://board.example.kr. Default: none."`
	HSTS        time.Duration `name:"hsts" env:"WEER_HSTS" default:"0s" placeholder:"TIME" help:"Where TLS is in front of this port: how long browsers shall use only https, as in 8760h. Default: nothing is said."`
}

// mostHSTS is two years, what browsers' own lists ask for.
const mostHSTS = 2 * 365 * 24 * time.Hour

func (e edge) check() error {
	for _, origin := range e.CORSOrigins {
		if !isOrigin(origin) {
			return fault.Bad("--cors-origins or WEER_CORS_ORIGINS", "takes origins like https://board.example.kr, without a path or a pattern, not %.60q", origin)
		}
	}
	if e.HSTS < 0 || e.HSTS > mostHSTS {
		return fault.Bad("--hsts or WEER_HSTS", "takes 0s to %s, not %s", mostHSTS, e.HSTS)
	}
	return nil
}

// isOrigin reports whether a text is a scheme and a host as a browser writes
// them into Origin.
func isOrigin(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != "" && u.Hostname() != "*" &&
		text == u.Scheme+"://"+u.Host
}
