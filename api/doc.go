// Package api is the port of WeER: one Fiber server for everything that comes
// by HTTP.
//
// # What is served
//
//	GET  /                the page that follows a region, and its assets
//	GET  /login           the page on which a person signs in
//	GET  /ws              the socket weer.v1, handed to the hub
//	GET  /asyncapi.yaml   the document of the socket
//	 *   /api/v1/*       the operations of the REST API; the api role only
//	GET  /openapi.json   their document, and as /openapi.yaml
//	GET  /docs           the same for people, made of the document
//	GET  /problems        what each error code means; /problems/CODE one of them
//	GET  /livez           the process answers
//	GET  /readyz          whether screens should come here, and why not
//	GET  /metrics         Prometheus
//	POST /demo/token      a token for a viewer, or for whom the body ([DemoWish]) names; simulated mode, this machine only
//	 *   /sim/*           the simulated source; simulated mode, this machine only
//
// A route whose part a node does not have (its roles, its mode) does not exist.
// Handlers translate between HTTP and the domain and decide nothing.
//
// # How to add an operation
//
// Region (region.go) is the pattern. An operation is one call of add with an
// [operation] and a handler; the Go types of its input and its answer are the
// schema that inputs are held against, and the document. In order:
//
//  1. Types of the answer, exported, named as the domain names them (Region),
//     with json tags, limits (maxLength, maxItems, minimum, maximum, pattern,
//     enum), a doc tag and an example. Korean stands beside English where the
//     domain is Korean. All types of the document share one space of names.
//  2. An input struct: path, query and header fields, and Body. Embed [Paging]
//     for a list (pageOf cuts one that is held whole; place and nextCursor are
//     for one that the store cuts), [Conditions] and [Precondition] for what has
//     an ETag. Every text has a maxLength. Texts have no control characters;
//     one with format:"multiline" may have line ends and tabs. What is embedded
//     has a name with a capital letter: huma does not see others.
//  3. An output struct: Body, headers, perhaps Status. A read of what feeds
//     carry embeds [Places] in its body (placesFor), taken at the moment of its
//     values; a command embeds [Replay] beside its body (replayOf) and [Moves]
//     in it (movesFor): both leave out what the caller may not read.
//  4. The operation: a verb phrase as its ID, the right that it asks for (or
//     public, which has to be said), Command for everything that is no GET, and
//     the faults that it has beside the common ones.
//  5. The handler, func(ctx, *In) (*Out, error): ctx has the request's deadline
//     and [model.Call] with the caller, its address, the command's key and
//     digest. That the role has the right to some record was decided; whether to
//     this one, may decides. It returns errors of package fault, as they are.
//  6. A line in operations, and tests of meaning.
//
// What no handler has to think of, because it happened before: an unknown or
// wrong field, an unknown parameter, a name given twice, broken UTF-8, control
// characters, deep nesting, a body that is no JSON or too large. Every field
// that is wrong is named at once and no value is ever repeated.
//
// A bearer that was verified is remembered until it expires; Options.Standing
// is asked on every request.
//
// # Boards and feeds
//
// A region's board (board.go) is answered from this node's copy of its feed, as
// bytes that are made once for each head and packed once for each encoding. Its
// ETag is epoch, seq and encoding, so a 304 needs nothing but the head. The body
// says only what the head says; when the copy was last level with the database
// stands beside it in Verified-At, and Feed-State says how far to believe it. A
// copy that is older than what a screen calls offline is not told at all. A
// command's answer waits a moment until the copies have reached it, so that who
// asks this node next finds there what the command did.
//
// A board goes around huma (addLean), and only a board: reading and writing by
// reflection cost more than sending ready bytes. It has the same guard, deadline,
// id and observation. deploy/rest.sh holds it to what a bare handler costs; that
// is why a deadline sets its timer only when somebody waits, a request's id lies
// in its answer's header, and headers are set in the form that fasthttp keeps.
//
// Feeds (feeds.go) are read from the database. A cursor from which one cannot go
// on, of another epoch, below the oldest event or beyond the feed, is gone: a
// snapshot is where to begin again. Reads of feeds of patients are audited.
//
// # Capacity
//
// What hospitals have is read from the database, with the heads of their regions'
// feeds in the same moment (Service.Capacity), and turned into resources in one
// place for each: hospital.go, capacity.go (emergency_room_info, icu, equipment),
// acceptance.go, announcement.go. A reading carries its own source, times and
// freshness, and a number that is too old to be shown stands in raw and not in
// value: a program that knows no freshness must not take it for one. The ETag of
// a record is of all that it says, so also of what changes with the clock alone.
// Whether a caller may speak of a hospital the model decides under its lock.
//
// Finding (find.go) and the order for a patient (rank.go) are the model's too;
// what is added here is the way by road, asked for once for all hospitals.
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
