// Package hub carries feeds to screens over WebSockets: one log and state per
// feed, one cursor per screen.
//
// # What it promises
//
// A screen that subscribed to a feed gets exactly one answer, resumed or reset,
// before anything else of that feed; then every event after its cursor, in
// order, without a hole; and every two seconds a beat that stands directly
// behind the events up to the number it names, in the same write. So at each
// beat the screen's cursor equals the beat's seq, and its digest either proves
// or disproves what the screen shows. Nothing here is the truth: a screen that
// lost anything notices by itself and asks again with its cursor.
//
// A slow screen costs only itself. Nothing is queued for it but the answers to
// its own frames, and those are bounded: it has a place in each feed, and when
// its socket takes bytes again it is sent what lies between that place and the
// head, merged by package follow when that is shorter. Only a socket that takes
// no byte for 30 seconds is closed.
//
// # Who owns which goroutine
//
// Each connection parks one goroutine, its reader. It alone changes what the
// connection follows, and it alone tears the connection down. A writer exists
// only while its connection is behind or a beat or an answer is due; it alone
// writes to the socket, whole frames only, and what moved meanwhile is taken at
// its next turn in one write. coder/websocket does the handshake and reads; it
// never writes: pongs and close frames go the way of every other answer, so no
// frame can be cut in two by another. A feed that moved has one goroutine that
// wakes its connections, for as long as it moves; the last connection to leave
// waits for it, as each reader waits for its writer. [Hub.Run] turns the wheel on
// which every connection has its place for beats, silence and expiry, and
// returns after the last of all connections has gone. (A socket accepted
// after Run returned is refused.)
//
// The order of locks: Hub.mu, Hub.topicsMu, topic.mu and wheel.mu are leaves
// that are held for a few instructions; conn.mu is held while a write is put
// together, and the follower's locks may be taken under it. Nothing waits for a
// socket or a database under any lock.
//
// # What fails how
//
// Each failure is a row of [fault.Table] and is counted by its code. A code
// without a close code is an error frame and the connection stays; any other is
// an error frame, a close frame with that code, a half-closed socket for as
// long as the client needs to read both (5 seconds at most), and the end. A
// panic in a socket's goroutine is logged and counted and ends that socket
// with Internal, nothing else. A database that does not answer makes a
// subscription fail with Unavailable; feeds that are already followed stay, and
// their beats say how old the last verification is.
//
// # The house
//
// The hub is a plain [http.Handler]; it does not know who listens, where feeds
// are stored or what a token looks like. The protocol is described in
// weer.v1.yaml ([Document]); package hub/schema holds frames against it.
package hub
