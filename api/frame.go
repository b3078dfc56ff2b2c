package api

import (
	"context"
	"log/slog"
	"net/netip"
	"runtime/debug"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"
)

// frame stands around every request: an id, a deadline, the headers that each
// answer has, and one observation at the end. Its requests never fail: an error
// is answered here, so that the observed status is the sent one.
func (s *Server) frame(c *fiber.Ctx) error {
	start := time.Now()
	ctx, cancel := context.WithTimeout(context.Background(), requestTime)
	defer cancel()
	c.SetUserContext(ctx)
	secure(c)
	if err := c.Next(); err != nil {
		if err := s.fail(c, err); err != nil {
			return err
		}
	}
	if status := c.Response().StatusCode(); status != fiber.StatusSwitchingProtocols {
		s.done(c, status, time.Since(start))
	}
	return nil
}

func (s *Server) done(c *fiber.Ctx, status int, took time.Duration) {
	route := c.Route().Path
	s.observe(c.Method(), route, status, took)
	s.log.LogAttrs(c.UserContext(), slog.LevelDebug, "request",
		slog.String("id", requestID(c)), slog.String("method", c.Method()), slog.String("route", route),
		slog.Int("status", status), slog.Duration("took", took), slog.String("from", s.clientAddr(c).String()))
}

// requestID names the request in logs and problems. It is always ours: one that
// a client could choose would let it write into our log.
func requestID(c *fiber.Ctx) string {
	const local = "weer.request"
	if id, ok := c.Locals(local).(string); ok {
		return id
	}
	id := uuid.Must(uuid.NewV7()).String()
	c.Locals(local, id)
	c.Set(fiber.HeaderXRequestID, id)
	return id
}

// secure sets what every answer says to a browser. The page loads nothing from
// elsewhere, and 'self' includes the socket of the same host.
func secure(c *fiber.Ctx) {
	c.Set(fiber.HeaderContentSecurityPolicy,
		"default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'")
	c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	c.Set(fiber.HeaderReferrerPolicy, "no-referrer")
	c.Set("Cross-Origin-Opener-Policy", "same-origin")
	c.Set("Cross-Origin-Resource-Policy", "same-origin")
	requestID(c)
}

func (s *Server) panicked(c *fiber.Ctx, reason any) {
	s.log.Error("a request panicked", "id", requestID(c), "route", c.Route().Path,
		"panic", reason, "stack", string(debug.Stack()))
}

// clientAddr is who asks: the peer, or, when the peer is a trusted proxy, the
// last address in X-Forwarded-For that is none. What stands before that one was
// written by the client and is not believed.
func (s *Server) clientAddr(c *fiber.Ctx) netip.Addr {
	addr := peer(c)
	hops := strings.Split(c.Get(fiber.HeaderXForwardedFor), ",")
	for i := len(hops) - 1; i >= 0 && s.isProxy(addr); i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		addr = hop.Unmap()
	}
	return addr
}

func (s *Server) isProxy(addr netip.Addr) bool {
	for _, p := range s.trusted {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

// peer is the other end of the connection itself.
func peer(c *fiber.Ctx) netip.Addr {
	addr, _ := netip.AddrFromSlice(c.Context().RemoteIP())
	return addr.Unmap()
}
