// Package drill kills WeER in the middle of a storm, again and again, and then
// asks an independent judge whether any display shows anything that is not so.
//
// # The storm
//
// A [Storm] is a simulated nation whose numbers move many times a second, one
// or more nodes, and displays of the public SDK that follow some regions over
// all of them. Everything is a process of its own and ends by kill -9: nodes,
// and Redis where there is one. The order of the kills follows a seed that is
// printed. After each kill every display has to be proved live again within
// [LiveAgain].
//
// # The judge
//
// The judge reads the tables with plain SQL ([Read]) and shares no code with the
// store, the hub, the SDK or the digest. What is true is what it computes itself
// from the domain's tables; the feeds' keys, the log of events and each
// display's board are compared with that in full ([Record.Verdict]), and what
// administrators are told of the runs with the runs. What it does not compute
// again, and why, stands at its computation. The tests plant a missing event, a
// torn snapshot, a ghost, and a lie in each table, and fail unless it finds each.
package drill
