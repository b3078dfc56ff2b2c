// Package api is the port of WeER: one Fiber server for everything that comes
// by HTTP.
//
// # What is served
//
//	GET  /                the page that follows a region, and its assets
//	GET  /ws              the socket weer.v1, handed to the hub
//	GET  /asyncapi.yaml   the document of the socket
//	GET  /problems        what each error code means; /problems/CODE one of them
//	GET  /livez           the process answers
//	GET  /readyz          whether screens should come here, and why not
//	GET  /metrics         Prometheus
//	POST /demo/token      a viewer's token; simulated mode, this machine only
//	 *   /sim/*           the simulated source; simulated mode, this machine only
//
// A route whose part a node does not have (its roles, its mode) does not exist.
// Handlers translate between HTTP and the domain and decide nothing.
//
// # Errors
//
// Every error is an RFC 9457 problem made in one place from the one table of
// package fault: its code, its message for people, the field. Causes go to the
// log only. A panic is answered as an internal error and logged with its stack.
//
// # Who owns what
//
// [Server.Serve] runs until [Server.Shutdown], which closes the listener, lets
// requests end, and leaves sockets alone: they are the hub's, which drains them.
// An upgrade has one goroutine of this package for as long as the hub's ServeHTTP
// runs; [Server.Wait] waits for the last of those. A request has [requestTime]
// through its UserContext; a fasthttp context is never used as one. No string
// that aliases fasthttp's buffers leaves a handler: Fiber copies (Immutable), and
// [detach] copies what leaves for net/http.
package api
