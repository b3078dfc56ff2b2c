// Package feed is what the server and its readers agree on: versioned keys,
// numbered feeds, the frames of the socket protocol weer.v1, and the reader's
// state machine that decides what "live" means.
//
// # The versioned key
//
// The unit of everything is a key with a whole value and the number at which
// its feed last set or removed it ([Entry]). Versions are compared only within
// one feed and one epoch. A removed key stays with the server as a tombstone; a
// key that returns is always newer. Nobody needs to have seen an event: what a
// screen shows, and whether it sounds, is a function of the keys it holds.
//
// # The feed
//
// A feed is a named log without gaps. seq starts at 1; a feed that never moved
// is at 0 and empty. The epoch names the history of the database: numbers of
// different epochs mean nothing to each other. An [Event] {from, to, keys}
// takes a reader from from-1 to to. Applying it late or twice is harmless;
// from > cursor+1 is a hole, which the reader mends by subscribing again with
// its cursor; to <= cursor is ignored.
//
// # The digest
//
// [Digest] sums a hash of (key, seq) over the live keys. Values are whole, so
// the version names the value and no canonical form is needed. Each event is
// stored with the digest of the state after it, each beat carries the digest
// of the feed's head; a reader that computes another one does not show the
// server's board and never says live.
//
// # The reader
//
// [Reader] is the pure state machine behind every display: frames, answers and
// the clock go in, the board, the cursor and the link state come out. It has no
// socket and no goroutine and is not safe for concurrent use; whoever owns the
// socket owns it. It may begin with a state from elsewhere ([Reader.Begin]), and
// an answer may lie over the board, outside the digest ([Reader.Overlay]);
// neither proves anything. The TypeScript client implements the same machine,
// and testdata/vectors.json holds the two together.
package feed
