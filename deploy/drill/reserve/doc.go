// Package reserve proves that the first yes wins, and that nobody is promised a
// bed that there is not, while nodes and databases are killed.
//
// # The storm
//
// Three nodes share MariaDB and Redis. 64 crews open cases, ask one to three of
// four hospitals, wait, change their minds, arrive; 16 consoles answer what they
// see, sometimes on what they saw a while ago; each hospital has three beds, and
// its own system counts them again and again. Nodes, the database and Redis are
// killed with kill -9 meanwhile. Some answers are cut after some milliseconds.
// Whoever gets no answer asks again with the same key, on any node; some never
// do. What everybody saw is a [History] of [Op]s, with the times of calls and
// answers by one clock.
//
// # What an answer means
//
// A command that was carried out took effect once between its call and its
// answer; a replayed one since its first try. A refused one changed nothing and
// never will, though a try before it may still be on its way, and its reason held
// at some moment since its first try. Of what nobody answered nobody knows: it
// took effect once after its call, or never.
//
// # Who judges
//
// Two models say what may happen, one after the other: a [docket] is a case with
// its reservations, a [ward] is the beds of a hospital. They share no code with
// what they judge. Each command is a step of one case, and of the beds of every
// hospital at which that case asks. Three judges use them:
//
//   - Porcupine looks for an order in which each case by itself could have come to
//     what was seen. It knows answers, looks and times, nothing of the database. It
//     finds a second yes, an end after the end, a command that was acknowledged and
//     lost, a stale look, a refusal for what was not so. Beds it does not know: a
//     yes may always fail for want of one.
//   - Porcupine looks for such an order of the beds of each hospital by itself, by
//     the load that the answers tell. It finds a yes beyond a known count, a bed
//     that was refused and free, a load that is not what is held. Of cases it knows
//     only that they have at most one hold here. The numbers that the region's feed
//     gives to what was told are believed to rise in the order of the changes, which
//     keeps the search short; where they contradict the clock, no order is found.
//   - The replay ([Verdict]) reads the database with plain SQL ([Summon]) and takes
//     its word for the order: the events of the control room's feed name every
//     command that changed a case by its key, those of the region's feed every
//     change of beds. Each must be a step that case and beds can take, with exactly
//     the values that stand in it; each command must be there once, none that was
//     only refused, none before what was answered before it was given. Refusals and
//     looks must have had a moment. Then the rows, the kept keys, the audit and the
//     holds must be what the events came to.
//
// The first two prove nothing of an order across cases and hospitals: each object
// could be in order by itself and all of them not together. The third proves that
// there is one, because it has it, but believes that what the database wrote is
// what readers were given; that each of them could have seen it so is what the
// first two prove.
//
// Two things are named by the database for all judges: the ids of cases and
// reservations whose answer was lost ([Witness.Name]). Whether a bed of a patient
// who has arrived is in the hospital's own number depends on two clocks, so only
// an observation and the arrival itself may free it, and in the end one must.
// What time does by itself is no part of a storm, which is over before a request
// expires; an alarm that goes up only counts the version.
//
// # The judges themselves
//
// The tests tell the models short tales, true and false ones, and plant violations
// in what a real storm left: a second yes, beds that there were not, a lost
// command, a hold that ends twice or never, a stale look. Each judge that can see
// it has to.
package reserve
