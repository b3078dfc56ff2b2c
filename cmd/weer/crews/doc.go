// Package crews is the people of a simulated WeER: crews who open cases, ask
// hospitals and drive, the consoles that answer them, and a control room that
// sometimes decides. They use the Go SDK and nothing else, so that whatever they
// can do a program of somebody else's can do as well.
//
// # What they know
//
// Everybody decides by the state that a display holds, never by an event that was
// seen: what is to be done follows from what is there. And whatever chance has to
// say about a case or a request (does the console answer, when, does the patient
// get worse) is drawn from the seed and its id alone. So a decision is a pure
// function of the state, the seed and the clock; nobody remembers anything, and
// whoever comes back after a restart, of the server or of the simulation, goes on
// where the state stands.
//
// A person decides only on a board that is live: one whose socket is lost waits
// until it is back, as a crew in a dead zone does.
//
// # Time
//
// All times of people (to answer, to drive, to the next case) are those that such
// people take, divided by the speed. The server's own deadlines are not: nobody
// can make those faster.
//
// # Who owns which goroutine
//
// [Run] owns all of them and returns after the last has ended. Each person is two:
// one keeps the socket, one looks at the display and acts. When the context ends,
// a crew cancels its open cases, unless they are to be left.
package crews
