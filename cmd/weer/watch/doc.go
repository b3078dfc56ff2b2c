// Package watch shows a region in a terminal: a display one would leave open.
//
// # What it promises
//
// It shows what [weer/api/client] holds, and beside it what that is worth: the
// link state of the feed, the age and the data state of every hospital's
// numbers, and whether anybody still collects them. No state is told by colour
// alone. A number whose state is withdrawn is not shown at all; one that is not
// reported, unknown or over capacity is never shown as a plain number. A hospital
// of whose beds nobody says anything (미보고) has none. A number that a person at
// the hospital said (병원 확인) is marked, and is as old as that word.
//
// The announcements (안내) in force are counted at every usual width and the most
// important one is told where there is room: the message decides, and the number
// beside it does not know.
//
// Of cases it shows what has become of every request, with the link state above:
// what a crew has not confirmed yet is loud, and what ticks is drawn, never told
// as a change.
//
// # How it is made
//
// [Draw] is a pure function from a [Screen] to text, and [Model] a pure state
// machine of keys and frames; neither has a clock. [Run] feeds them: a display
// where standard output is a terminal, otherwise a line for everything that
// changes ([Lines]), or every frame of the server as received.
//
// Run owns every goroutine and waits for it: the client's, the one that looks at
// the display, the one that hears of changes, and bubbletea's.
package watch
