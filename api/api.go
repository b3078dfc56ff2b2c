package api

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/adaptor"
	"github.com/gofiber/fiber/v2/middleware/recover"
	"github.com/valyala/fasthttp"

	"weer/api/auth"
	"weer/model"
	"weer/model/fault"
)

const (
	requestTime = 5 * time.Second  // a request's deadline, through its UserContext
	readTime    = 10 * time.Second // to read a whole request; without it a slow sender holds a connection for ever
	writeTime   = 30 * time.Second // to write a whole answer
	idleTime    = 75 * time.Second // longer than a load balancer's, so that it closes first
	bodyLimit   = 64 << 10         // bytes of a request's body
	readLimit   = 1 << 20          // bytes that are read of one, so that its client lives to read the refusal
	headLimit   = 8 << 10          // bytes of a request's line and headers
)

// Options say which parts a node has. A part that is nil has no route.
type Options struct {
	Log            *slog.Logger
	TrustedProxies []netip.Prefix // whose X-Forwarded-For is believed

	Socket   http.Handler // the hub
	AsyncAPI []byte       // the document of the socket, YAML
	Page     fs.FS        // the built page; one without index.html says how to build it
	Metrics  http.Handler

	Checks []Check // what /readyz asks; Draining stands beside them

	// Authenticate says who a bearer token or an API key speaks for; the node
	// has no REST API without it. Its answer is remembered until the principal's
	// ExpiresAt, so Standing, which is asked on every request and must not wait,
	// says whether it still counts: nil when it does.
	Authenticate func(ctx context.Context, bearer string) (model.Principal, error)
	Standing     func(model.Principal) error
	Service      *model.Service // every read and change of the REST API
	Boards       Boards         // this node's copies of regions; nil: it has none
	Mode         string         // of the database
	Hooks        Hooks          // what sends webhooks; nil: it has none
	Router       Router         // knows the roads; nil: they are estimated
	Desk         *auth.Desk     // where people and programs sign in
	Secret       []byte         // in the digests of commands; the same on all nodes
	JWKS         []byte         // the public keys of access tokens (RFC 7517)
	Demo         []DemoAccount  // simulated mode only

	// CORSOrigins are the pages that may use the REST API from elsewhere, exactly
	// as a browser names them; none by default.
	CORSOrigins []string
	// HSTS is how long browsers shall use only https here, 0 for saying nothing:
	// something in front has to speak TLS.
	HSTS time.Duration

	DemoToken func(model.Principal) (DemoToken, error) // signs; simulated mode only
	Simulator http.Handler                             // simulated mode only; sees paths without /sim

	// Observe is told of every answer but a socket's: the route's pattern, never
	// the path. It must not block.
	Observe func(method, route string, status int, took time.Duration)
}

// A Server is one port. It is made by New and ends with Shutdown and Wait.
type Server struct {
	app     *fiber.App
	log     *slog.Logger
	observe func(method, route string, status int, took time.Duration)
	checks  []Check
	page    *page
	sockets sockets
	trusted []netip.Prefix
	callers callers
	service *model.Service
	boards  Boards
	accepts accepts
	mode    string
	hsts    string // of the header, "" for none
	hooks   Hooks
	router  Router
	desk    *auth.Desk
	secret  []byte
	demo    []DemoAccount
	rest    *rest // nil without Authenticate

	crossOrigin bool // some pages from elsewhere may use it

	mu      sync.Mutex
	ln      net.Listener // what Serve answers on
	stopped bool         // by Shutdown, perhaps before Serve
}

// New makes a server that is not listening yet.
func New(o Options) *Server {
	s := &Server{
		log: o.Log, observe: o.Observe, checks: o.Checks, trusted: o.TrustedProxies,
		sockets: sockets{hub: o.Socket, log: o.Log}, callers: newCallers(o), service: o.Service,
		boards: o.Boards, mode: o.Mode, hooks: o.Hooks, router: o.Router,
		desk: o.Desk, secret: o.Secret, demo: o.Demo,
		accepts: newAccepts(), crossOrigin: len(o.CORSOrigins) > 0,
	}
	if s.router == nil {
		s.router = estimates{}
	}
	if s.observe == nil {
		s.observe = func(string, string, int, time.Duration) {}
	}
	if o.HSTS > 0 {
		s.hsts = fmt.Sprintf("max-age=%d", int(o.HSTS.Seconds()))
	}
	s.app = fiber.New(fiber.Config{
		DisableStartupMessage: true,
		CaseSensitive:         true,
		StrictRouting:         true,
		Immutable:             true, // strings outlive the request: copy them
		BodyLimit:             readLimit,
		ReadBufferSize:        headLimit,
		ReadTimeout:           readTime,
		WriteTimeout:          writeTime,
		IdleTimeout:           idleTime,
		ErrorHandler:          s.fail,

		DisablePreParseMultipartForm: true, // nothing here takes one
	})
	s.app.Server().KeepHijackedConns = true // so that fasthttp lets go of its buffers: see socket.go
	s.app.Server().Handler = s.knownMethods(s.app.Server().Handler)
	s.routes(o)
	return s
}

// knownMethods answers a method that HTTP does not have, which Fiber would do
// before any middleware and in its own words.
func (s *Server) knownMethods(next fasthttp.RequestHandler) fasthttp.RequestHandler {
	return func(ctx *fasthttp.RequestCtx) {
		if slices.Contains(fiber.DefaultMethods, string(ctx.Method())) {
			next(ctx)
			return
		}
		c := s.app.AcquireCtx(ctx)
		defer s.app.ReleaseCtx(c)
		_ = s.fail(c, fault.New(fault.MethodNotAllowed, "HTTP has no such method")) // it writes to memory
	}
}

func (s *Server) routes(o Options) {
	s.app.Use(s.frame, recover.New(recover.Config{EnableStackTrace: true, StackTraceHandler: s.panicked}))
	s.app.Get("/livez", s.livez)
	s.app.Get("/readyz", s.readyz)
	s.app.Get("/problems", s.problems)
	s.app.Get("/problems/:code", s.problem)
	if o.Metrics != nil {
		s.app.Get("/metrics", adaptor.HTTPHandler(o.Metrics))
	}
	if o.Socket != nil {
		s.app.Add(fiber.MethodGet, "/ws", s.sockets.hand) // Get would take HEAD too
	}
	if o.AsyncAPI != nil {
		s.app.Get("/asyncapi.yaml", document(yamlType, o.AsyncAPI))
	}
	if o.JWKS != nil {
		s.app.Get("/.well-known/jwks.json", document(jsonType, o.JWKS))
	}
	if s.crossOrigin {
		s.app.Use(base, crossOrigin(o.CORSOrigins))
	}
	if o.Authenticate != nil {
		s.operations()
	}
	if o.DemoToken != nil {
		s.app.Post("/demo/token", loopbackOnly, demoToken(o.DemoToken))
	}
	if o.Simulator != nil {
		s.app.All("/sim/*", loopbackOnly, mount("/sim", o.Simulator))
	}
	if o.Page != nil {
		s.page = loadPage(o.Page)
		s.app.Use(s.page.serve)
	}
}

// operations are all there are below /api/v1, and their document.
func (s *Server) operations() {
	s.rest = s.newRest()
	s.rest.regions()
	s.rest.catalogues()
	if s.service != nil {
		s.rest.feeds()
		s.rest.hospitals()
		s.rest.capacity()
		s.rest.acceptance()
		s.rest.announcements()
		s.rest.consoles()
		s.rest.corrections()
		s.rest.observations()
		s.rest.runs()
		s.rest.find()
		s.rest.rank()
	}
	if s.desk != nil {
		s.rest.sessions()
		s.rest.users()
		s.rest.keys()
		s.rest.units()
		s.rest.audit()
		s.rest.conditions()
		s.rest.reservations()
	}
	if s.boards != nil {
		s.rest.board()
	}
	if s.hooks != nil {
		s.rest.webhooks()
	}
	s.rest.documents()
}

// Routes are all routes, as method and pattern.
func (s *Server) Routes() (list []string) {
	for _, r := range s.app.GetRoutes(true) {
		list = append(list, r.Method+" "+r.Path)
	}
	return list
}

// Serve answers on a listener until Shutdown, which closes it. After Shutdown it
// returns at once.
func (s *Server) Serve(ln net.Listener) error {
	s.mu.Lock()
	s.ln = ln
	stopped := s.stopped
	s.mu.Unlock()
	if stopped {
		return ln.Close()
	}
	return s.app.Listener(ln)
}

// Shutdown closes the listener and lets the requests in flight end, as long as
// ctx allows. Sockets stay: drain the hub next.
func (s *Server) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	s.stopped = true
	ln := s.ln
	s.mu.Unlock()
	err := s.app.ShutdownWithContext(ctx)
	if ln != nil {
		_ = ln.Close() // fasthttp does not know one that it has not begun to serve
	}
	return err
}

// Wait returns when the last upgrade that the hub was given has been served, or
// with ctx's error. From its call on the hub is given no more.
func (s *Server) Wait(ctx context.Context) error { return s.sockets.wait(ctx) }

// document serves a text that never changes while the process lives.
func document(kind string, text []byte) fiber.Handler {
	return func(c *fiber.Ctx) error {
		c.Set(fiber.HeaderCacheControl, "no-cache")
		c.Set(fiber.HeaderContentType, kind)
		return c.Send(text)
	}
}

const yamlType = "application/yaml; charset=utf-8"
