// Package ingest polls E-Gen and hands what came to the model.
//
// # What it promises
//
// One poller at a time, however many nodes run one: a [Poller] polls only while
// it holds a lease in the database, renews it three times within its term, and
// cancels what it is doing before the term could end. A node whose clock is off
// by more than a second, or is not known, gives the lease back, does not poll
// and says so.
//
// Every operation has its own schedule: interval, back-off, runs and [Stats].
// None waits for another, however slow that one is. Every poll ends as one row:
// recorded by the model, or failed with the reason in words that hold no key and
// no URL. A poll that is cut by a shutdown or a lost lease ends its row too.
// Nothing depends on the last poll: a poller that was killed in the middle of
// one starts with a whole new answer, and the model makes of it what is still
// missing.
//
// # The schedule
//
// An operation is due an interval after its last complete poll, whichever node
// made it, at once when that is over: a restart neither waits nor asks early.
// From then on polls start an interval apart and never overlap. After a failure:
//
//   - transient, too many calls a second, or a database that fails: again after
//     a few seconds, doubling, with jitter, to about four intervals or five
//     minutes, the shorter;
//   - quota: not before the next midnight in Korea; a node that takes over asks
//     once, because E-Gen's word is remembered by who heard it only;
//   - operator or bug: every five minutes, each time with an error in the log;
//   - an answer with fewer rows than announced is recorded as far as it goes,
//     and asked for again at the next interval, after five minutes at most.
//
// # The budget
//
// A [Budget] counts every HTTP call, page by page, in the database before it is
// made, by operation and day in Korea. It is a hard stop that no restart and no
// other node forgets: a call that is not counted is not made, and with the
// day's budget gone the operation pauses until midnight in Korea.
//
// So that it does not run dry, the poller stretches: when the calls that are
// left do not last until midnight at the set interval, with as many pages as the
// last poll had, they are spread evenly over the time that is left, and failures
// are not asked again sooner than that either. The runs go on naming the set
// interval, because it is what screens were promised: one that is stretched to
// more than twice of it is late, and shown so.
//
// # Alerts
//
// The poller keeps alerts in the admin feed. Only the node that polls speaks of
// E-Gen. It says only what it knows by itself: after a hand-over it takes
// nothing back before it has heard the operation again. An alert that stands is
// not written again, so a new holder that finds the same changes nothing.
//
//	egen.key          critical  the key or its rights: a person must act
//	request/<source>  critical  E-Gen refuses the request as wrong
//	quota/<source>    critical  the day's calls are used up; warning: stretched
//	late/<source>     critical  no complete poll for two intervals (list: warning)
//	half/<source>     warning   three answers in a row with rows missing
//	clock             critical  a node's clock is off, told by that node
//
// # Who owns which goroutine
//
// [Poller.Run] runs on its caller's goroutine. While it leads it owns one that
// keeps the lease, one for each operation, and one for the alerts. When its
// context ends it cancels the running polls, ends their rows, waits for all of
// them, releases the lease, and returns.
package ingest
