package api

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"weer/model/fault"
)

// forwarding are the headers of whoever asks for somebody else.
var forwarding = []string{
	fiber.HeaderXForwardedFor, fiber.HeaderForwarded, fiber.HeaderXForwardedHost, "X-Real-Ip", fiber.HeaderVia,
}

// loopbackOnly lets through what comes from this machine and means it. The peer
// alone would not say so: a proxy on this machine forwards the world, a page of
// a stranger makes the browser here ask (with its Origin), and a stranger's name
// can be made to point here (with its Host).
func loopbackOnly(c *fiber.Ctx) error {
	origin := c.Get(fiber.HeaderOrigin)
	forwarded := slices.ContainsFunc(forwarding, func(h string) bool { return c.Get(h) != "" })
	switch {
	case !peer(c).IsLoopback(), forwarded:
		return fault.New(fault.LoopbackOnly, "ask from the machine that WeER runs on, without a proxy")
	case !isLoopbackHost(c.Get(fiber.HeaderHost)):
		return fault.New(fault.LoopbackOnly, "ask by a loopback address or localhost, not by another name")
	case origin != "" && origin != "http://"+c.Get(fiber.HeaderHost):
		return fault.New(fault.LoopbackOnly, "pages of other origins may not ask this")
	}
	return c.Next()
}

// isLoopbackHost reports whether a Host header, with or without a port, means
// this machine wherever it is resolved.
func isLoopbackHost(host string) bool {
	u, err := url.Parse("http://" + host)
	if err != nil || u.Host != host {
		return false
	}
	if strings.EqualFold(u.Hostname(), "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(u.Hostname())
	return err == nil && addr.Unmap().IsLoopback()
}
