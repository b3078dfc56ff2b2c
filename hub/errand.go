package hub

import "sync/atomic"

// An errand is work that at most one goroutine does at a time, and that has a
// goroutine only while there is some. A call that comes while it runs makes it
// run once more, however many calls there were.
type errand struct {
	state  atomic.Int32
	rested chan struct{} // made by retire; closed by the round that it waits for
}

const (
	resting int32 = iota
	running
	wanted  // running, and called again since
	retired // never to run again
)

// call asks for the work. When it returns true the caller starts the goroutine.
func (e *errand) call() (start bool) {
	for {
		switch s := e.state.Load(); s {
		case resting:
			if e.state.CompareAndSwap(resting, running) {
				return true
			}
		case running:
			if e.state.CompareAndSwap(running, wanted) {
				return false
			}
		default:
			return false
		}
	}
}

// run does rounds until there is no call left. It is the goroutine's body.
func (e *errand) run(round func()) {
	for {
		round()
		if e.state.CompareAndSwap(running, resting) {
			return
		}
		// From running, others can only make it wanted or retired.
		if !e.state.CompareAndSwap(wanted, running) {
			close(e.rested)
			return
		}
	}
}

// retire lets no further round begin and returns when the last has ended. It is
// called once.
func (e *errand) retire() {
	e.rested = make(chan struct{})
	if was := e.state.Swap(retired); was == running || was == wanted {
		<-e.rested
	}
}
