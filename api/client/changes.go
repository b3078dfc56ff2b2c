package client

import (
	"context"
	"iter"
	"maps"
	"slices"
	"time"

	"weer/model/feed"
)

// A Change says what moved on a display since the consumer last looked.
type Change struct {
	Keys  []string  // keys that were set or removed, sorted; nil when only the link moved
	Reset bool      // everything was replaced
	Link  feed.Link // the link state now
	Why   string
}

// A watcher is word left for one consumer, merged with what it has not taken.
type watcher struct {
	word  chan struct{} // there is some
	keys  map[string]struct{}
	reset bool
}

// leaveWord tells the consumers; the display's lock is held.
func (d *Display) leaveWord(s feed.Step, linkMoved bool) {
	if !s.Reset && len(s.Changed) == 0 && !linkMoved {
		return
	}
	for w := range d.watchers {
		w.reset = w.reset || s.Reset
		for _, k := range s.Changed {
			w.keys[k] = struct{}{}
		}
		select {
		case w.word <- struct{}{}:
		default:
		}
	}
}

// linkCheck is how often Changes looks whether the link grew old by itself.
const linkCheck = 250 * time.Millisecond

// Changes yields whenever the board or the link state moved, first at once, on
// the caller's goroutine, until ctx ends or the loop is left. A consumer that
// takes long gets one Change with everything that moved meanwhile; it never
// holds up the socket, nor other consumers.
func (d *Display) Changes(ctx context.Context) iter.Seq[Change] {
	return func(yield func(Change) bool) {
		w := d.watch()
		defer d.unwatch(w)
		check := time.NewTicker(linkCheck)
		defer check.Stop()
		last := d.collect(w)
		for yield(last) {
			for {
				select {
				case <-ctx.Done():
					return
				case <-w.word:
				case <-check.C:
				}
				if ctx.Err() != nil {
					return // select may have chosen another case
				}
				next := d.collect(w)
				if next.Reset || next.Keys != nil || next.Link != last.Link || next.Why != last.Why {
					last = next
					break
				}
			}
		}
	}
}

func (d *Display) watch() *watcher {
	w := &watcher{word: make(chan struct{}, 1), keys: map[string]struct{}{}}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.watchers[w] = struct{}{}
	return w
}

func (d *Display) unwatch(w *watcher) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.watchers, w)
}

func (d *Display) collect(w *watcher) Change {
	d.mu.Lock()
	defer d.mu.Unlock()
	ch := Change{Reset: w.reset}
	if len(w.keys) > 0 {
		ch.Keys = slices.Sorted(maps.Keys(w.keys))
		clear(w.keys)
	}
	w.reset = false
	ch.Link, ch.Why = d.reader.Link(time.Now())
	return ch
}
