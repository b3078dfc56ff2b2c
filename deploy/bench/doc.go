// Package bench measures WeER from the outside: a node of its own process, a
// simulated source, and displays at the other end of their sockets. The
// displays are the cheapest there can be, because they share the machine with
// what is measured.
//
//	go test -run '^$' -bench . -benchtime 20x ./deploy/bench
package bench
