package api

import (
	"bytes"
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
	ctx := newDeadline(start.Add(requestTime))
	defer ctx.end()
	c.SetUserContext(ctx)
	if s.hsts != "" {
		c.Set(fiber.HeaderStrictTransportSecurity, s.hsts)
	}
	if !isREST(c) {
		secure(c) // the others are, when they have an answer
	}
	if err := bounded(c); err != nil {
		if err := s.fail(c, err); err != nil {
			return err
		}
	}
	if status := c.Response().StatusCode(); status != fiber.StatusSwitchingProtocols {
		s.done(c, status, time.Since(start))
	}
	return nil
}

// bounded goes on with a request whose body is not too large. A connection that
// is closed on a client that still sends loses the answer with it, so somewhat
// more is read than is taken.
func bounded(c *fiber.Ctx) error {
	if len(c.Request().Body()) > bodyLimit {
		return fiber.ErrRequestEntityTooLarge
	}
	return c.Next()
}

func (s *Server) done(c *fiber.Ctx, status int, took time.Duration) {
	route := c.Route().Path
	s.observe(c.Method(), route, status, took)
	if !s.log.Enabled(c.UserContext(), slog.LevelDebug) {
		return
	}
	s.log.LogAttrs(c.UserContext(), slog.LevelDebug, "request",
		slog.String("id", requestID(c)), slog.String("method", c.Method()), slog.String("route", route),
		slog.Int("status", status), slog.Duration("took", took), slog.String("from", s.clientAddr(c).String()))
}

// requestID names the request in logs and problems. It is always ours: one that
// a client could choose would let it write into our log.
func requestID(c *fiber.Ctx) string {
	nameRequest(c)
	return string(c.Response().Header.PeekBytes(idHeader))
}

// nameRequest gives the request its id, where it has none yet: in the header of
// its answer.
func nameRequest(c *fiber.Ctx) {
	h := &c.Response().Header
	if len(h.PeekBytes(idHeader)) > 0 {
		return
	}
	id, _ := uuid.Must(uuid.NewV7()).MarshalText() // it always can
	h.SetCanonical(idHeader, id)
}

// Headers as fasthttp keeps them, so that setting one need not bring its name
// into form.
var (
	idHeader       = []byte("X-Request-Id")
	cspHeader      = []byte(fiber.HeaderContentSecurityPolicy)
	nosniffHeader  = []byte(fiber.HeaderXContentTypeOptions)
	referrerHeader = []byte(fiber.HeaderReferrerPolicy)
	openerHeader   = []byte("Cross-Origin-Opener-Policy")
	resourceHeader = []byte("Cross-Origin-Resource-Policy")

	pagePolicy = []byte("default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'")
	dataPolicy = []byte("default-src 'none'; frame-ancestors 'none'")
	nosniff    = []byte("nosniff")
	noReferrer = []byte("no-referrer")
	sameOrigin = []byte("same-origin")
)

// isREST reports whether a request is for an operation of the REST API.
func isREST(c *fiber.Ctx) bool { return bytes.HasPrefix(c.Request().URI().PathOriginal(), restPrefix) }

var restPrefix = []byte(base + "/")

// secure sets what every answer says to a browser. The page loads nothing from
// elsewhere, and 'self' includes the socket of the same host. What the REST API
// answers is no document: it loads nothing at all, and opens and refers to
// nobody.
func secure(c *fiber.Ctx) {
	nameRequest(c)
	h := &c.Response().Header
	h.SetCanonical(nosniffHeader, nosniff)
	h.SetCanonical(resourceHeader, sameOrigin)
	if isREST(c) {
		h.SetCanonical(cspHeader, dataPolicy)
		return
	}
	h.SetCanonical(cspHeader, pagePolicy)
	h.SetCanonical(referrerHeader, noReferrer)
	h.SetCanonical(openerHeader, sameOrigin)
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
