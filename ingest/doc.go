// Package ingest polls E-Gen and hands what came to the model.
//
// # What it promises
//
// One poller at a time, however many nodes run one: a [Poller] polls only while
// it holds a lease in the database, renews it three times within its term, and
// cancels what it is doing before the term could end. A node whose clock is off
// by more than a second, or is not known, gives the lease back, does not poll
// and says so in [Stats].
//
// Every poll ends as one row: recorded by the model, or failed with the reason
// in words that hold no key and no URL. A poll that is cut by a shutdown or a
// lost lease ends its row too. Nothing depends on the last poll: a poller that
// was killed in the middle of one starts with a whole new answer, and the model
// makes of it what is still missing.
//
// Polls start an interval apart and never overlap. After a failure:
//
//   - transient: again after a few seconds, doubling, with jitter, to about four
//     intervals or five minutes, the shorter. The same when the database fails;
//   - quota: not before the next midnight in Korea;
//   - operator or bug: every five minutes, each time with an error in the log.
//
// An answer with fewer rows than announced is recorded as far as it goes, counts
// as a failure in [Stats], and is asked for again at the next interval.
//
// # Who owns which goroutine
//
// [Poller.Run] runs on its caller's goroutine and owns one more, which keeps
// the lease. When its context ends it cancels the running poll, ends its row,
// releases the lease, and returns when both are done.
package ingest
