// Package model is the domain of WeER: what a hospital's capacity is, who may
// read what, and every change that can happen to either.
//
// # Truth-typed values
//
// A number on a screen is never just a number. A [Reading] says whether its
// value is known, and through its hospital's source times when it was observed
// (the source's clock) and when this very observation first came. Unknown and
// missing are not zero; a negative count of free beds is over capacity and is
// kept. What reservations leave of it is never stored or sent: [NetOf] says it.
//
// # Sources
//
// A [Hospital] holds what each source said last, side by side, and nothing is
// thrown away because another source said something else: bed reports
// ([Service.RecordPoll]), hospitals' own systems ([Service.Push]), declarations,
// announcements, the national list, what people say of it (corrections, words on
// acceptance, announcements of their own), an administrator's overrides. What
// follows from them for a screen is decided in one place, each time that one of
// them moves, by the database's clock: which observation is shown, which of
// people's words stand, where the hospital is. [Hospital.Keys] writes it down for
// the region's feed, and [ReadCard] reads it back; [Find] looks through what was
// read, and [Rank] puts it in order for a patient, with the reasons.
//
// Whether a request would be noticed there is no source's word: the hospital's open
// consoles prove it by leases that they renew ([Console]).
//
// Silence is no news. Only a poll that was complete counts against what it does
// not mention, and only two in a row remove it: a half answer never lifts a
// closure and never empties a board.
//
// # Cases and reservations
//
// A [Case] is a patient's condition; a [Reservation] is one case at one hospital.
// What may happen to them stands in [Docket], which knows no database and no
// clock. A command enters a scene (the locks of the unit, the case and the
// hospitals whose load changes), takes one step of the docket, and leaves it: the
// rows, the beds and the keys of the feeds follow from what has changed, so that
// nothing can be approved and not held, or held and not shown. Deadlines are such
// steps as well, taken by whichever node is alive ([Service.KeepDeadlines]).
//
// # Webhooks
//
// A [Webhook] stands at a place in a feed's history, and what lies between that
// and the feed's head is owed to it. Nodes claim it in the database, one at a
// time, and write down what came of each request; nothing has to have seen an
// event for it to arrive.
//
// # Changes
//
// [Service] has one function for each change. It decides on what it reads under
// lock, inside one transaction that a [Store] runs, and calls nothing outside
// the database in between. A [Tx] locks in one order (unit, case, hospitals by
// id, other rows; the feeds last of all) and derives the feeds' keys itself
// from the rows that are saved, so no state can change without its event. Only
// after the commit are the events handed to the [Publisher], as hints that may
// be lost.
//
// The package knows no technology: it imports the standard library and its own
// subpackages feed, fault and seal, nothing else.
package model
