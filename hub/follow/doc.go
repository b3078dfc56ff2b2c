// Package follow keeps feeds true without sockets: hint, hole, read, verify,
// digest. The hub hangs its screens on it; a node without a hub follows the
// system feed with it all the same.
//
// # What it promises
//
// A [Feed] holds the log and the state of one feed, at one number, of one
// epoch, with one digest. It moves only forward within an epoch, event by
// event, without a hole; what it cannot get from a hint it reads from the
// database. After each event and each load its own digest is compared with the
// one that was stored in the transaction; a feed that differs is loaded again
// once (its readers get one reset, reason "repaired"), and if the fresh
// snapshot disagrees too it is unproved: it says so in [Status], alerts, and
// resets nobody again until a repair makes it agree.
//
// Once a second the database is asked what moved ([Store.Verify]): feeds whose
// changed_at lies within five seconds before the last successful question; all
// feeds at start, after a new epoch, after 60 s without success and once a
// minute. So with every hint lost a feed is two seconds late at most.
// [Status.VerifiedAt] says of each feed when the database was last asked and
// had nothing newer: a feed that is known to be behind, wrong or of an older
// epoch keeps the moment up to which it was true, so that no screen calls it
// live for long.
//
// While a copy is known to be wrong nothing is told of it; screens stay where
// they were and are reset after the reload.
//
// # Who owns which goroutine
//
// [Follower.Run] owns them all and returns after the last has ended: one that
// takes hints from the bus, one that verifies, and a bounded number that read
// holes. A feed is locked only while it moves or is read; nothing is called
// under that lock but the packets' encoders. moved callbacks are called without
// locks, never two at a time for one follow, and must not block.
//
// # What fails how
//
// A hint that leaves a hole waits 20 ms for its predecessor and then becomes a
// read. A failed question is asked again after the next successful
// verification, a failed read also by the next hint. Events that the database
// no longer has are replaced by a snapshot. While the database cannot be asked,
// feeds stay as they are and grow old, which every screen shows. A database
// that stands behind what was already read of it was restored without a new
// epoch: the feed is loaded again, its screens are reset, and the log says so.
package follow
