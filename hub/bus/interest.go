package bus

import "sync"

// A topic is one feed in one epoch.
type topic struct{ epoch, feed string }

// interest counts who wants which feed. On each channel may lie several feeds;
// the channels of all wanted feeds are what a subscriber subscribes to.
type interest struct {
	mu       sync.Mutex
	feeds    map[topic]int
	channels map[string]int // how many wanted feeds lie on a channel
	changed  chan struct{}  // holds one token after the channels changed
}

func newInterest() *interest {
	return &interest{feeds: map[topic]int{}, channels: map[string]int{}, changed: make(chan struct{}, 1)}
}

func (i *interest) add(t topic) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.feeds[t]++
	if i.feeds[t] > 1 {
		return
	}
	c := channelOf(t)
	i.channels[c]++
	if i.channels[c] == 1 {
		i.signal()
	}
}

func (i *interest) remove(t topic) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.feeds[t] == 0 {
		return
	}
	i.feeds[t]--
	if i.feeds[t] > 0 {
		return
	}
	delete(i.feeds, t)
	c := channelOf(t)
	i.channels[c]--
	if i.channels[c] == 0 {
		delete(i.channels, c)
		i.signal()
	}
}

func (i *interest) has(t topic) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.feeds[t] > 0
}

// missing tells what has to be subscribed and unsubscribed by one who holds the
// given channels.
func (i *interest) missing(held map[string]bool) (add, drop []string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for c := range i.channels {
		if !held[c] {
			add = append(add, c)
		}
	}
	for c := range held {
		if i.channels[c] == 0 {
			drop = append(drop, c)
		}
	}
	return add, drop
}

func (i *interest) signal() {
	select {
	case i.changed <- struct{}{}:
	default:
	}
}
