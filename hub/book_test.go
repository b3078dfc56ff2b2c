package hub_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"sync"
	"time"

	"weer/hub"
	"weer/hub/follow"
	"weer/model"
	"weer/model/feed"
)

const (
	epoch1 = "00000000000000e1"
	epoch2 = "00000000000000e2"
	seoul  = "region:11"
	busan  = "region:26"
)

// A book is a follower that a test writes itself: feeds that move when told to.
type book struct {
	mu     sync.Mutex
	facts  follow.Facts
	deaf   bool // the database is not asked any more: VerifiedAt stands still
	pages  map[string]*page
	follow func(name string) error         // before each Follow
	reach  func(p *page, seq uint64) error // instead of reading the database
	tail   func(p *page, at follow.Place)  // before each Tail
	onOpen map[string]int                  // how often each feed was followed
}

func newBook() *book {
	return &book{
		facts: follow.Facts{
			Epoch: epoch1, Mode: model.Simulated, VerifiedAt: feed.At(time.Now()),
			Sources: map[string]feed.Source{"egen": {CompleteAt: feed.At(time.Now()), IntervalMS: 5000}},
		},
		pages: map[string]*page{}, onOpen: map[string]int{},
	}
}

func (b *book) Facts() follow.Facts {
	b.mu.Lock()
	defer b.mu.Unlock()
	f := b.facts
	if !b.deaf {
		f.VerifiedAt = feed.At(time.Now().Truncate(time.Second))
	}
	return f
}

func (b *book) Follow(_ context.Context, name string, moved func()) (hub.Feed, error) {
	if b.follow != nil {
		if err := b.follow(name); err != nil {
			return nil, err
		}
	}
	b.mu.Lock()
	b.onOpen[name]++
	b.mu.Unlock()
	p := b.page(name)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.moved = moved
	return p, nil
}

func (b *book) page(name string) *page {
	b.mu.Lock()
	defer b.mu.Unlock()
	p, ok := b.pages[name]
	if !ok {
		p = &page{book: b, name: name, generation: 1, state: feed.NewState(true)}
		p.state.Load(epoch1, 0, nil)
		b.pages[name] = p
	}
	return p
}

// A page is one feed of a book.
type page struct {
	book *book
	name string

	mu         sync.Mutex
	moved      func()
	state      *feed.State
	first      uint64 // oldest event kept in log, 0: none
	log        []*follow.Packet
	resets     map[string]*follow.Packet
	generation uint64
	lie        bool // heads carry a wrong digest
	unproved   bool
	void       bool // it is being loaded again: nothing to tell
	closed     int
	lag        feed.Time // how long this feed, unlike others, has been behind the database, in ms
}

func (p *page) Status() follow.Status {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.status()
}

func (p *page) status() follow.Status {
	d := p.state.Digest()
	if p.lie {
		d = d.Add("planted", 1)
	}
	return follow.Status{
		Epoch: p.state.Epoch(), Seq: p.state.Seq(), Digest: d, Generation: p.generation,
		Unproved: p.unproved, VerifiedAt: p.book.Facts().VerifiedAt - p.lag,
	}
}

func (p *page) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.moved = nil
	p.closed++
}

func (p *page) Reach(_ context.Context, seq uint64) error {
	if p.book.reach != nil {
		return p.book.reach(p, seq)
	}
	return nil
}

func (p *page) Reset(reason string) follow.Tail {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.reset(reason)
}

func (p *page) reset(reason string) follow.Tail {
	at := p.status()
	if p.void {
		return follow.Tail{Status: at}
	}
	key := fmt.Sprint(reason, at)
	packet, ok := p.resets[key]
	if !ok {
		packet = &follow.Packet{Reset: &feed.Reset{
			Feed: p.name, Epoch: at.Epoch, Seq: at.Seq, Digest: at.Digest, Reason: reason, Keys: p.state.Live(),
		}}
		p.resets = map[string]*follow.Packet{key: packet}
	}
	return follow.Tail{Status: at, Packets: []*follow.Packet{packet}}
}

// mergeFrom is the backlog from which a book merges.
const mergeFrom = 64

func (p *page) Tail(at follow.Place) follow.Tail {
	if p.book.tail != nil {
		p.book.tail(p, at)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.status()
	switch {
	case p.void:
		return follow.Tail{Status: now}
	case at.Epoch != now.Epoch:
		return p.reset(feed.ReasonEpoch)
	case at.Generation != now.Generation:
		return p.reset(feed.ReasonRepaired)
	case at.Seq > now.Seq:
		return p.reset(feed.ReasonFuture)
	case at.Seq == now.Seq:
		return follow.Tail{Status: now}
	case p.first > 0 && at.Seq+1 < p.first:
		return p.reset(feed.ReasonTooOld)
	}
	if behind := now.Seq - at.Seq; behind < mergeFrom && behind <= uint64(len(p.log)) {
		return follow.Tail{Status: now, Packets: p.log[uint64(len(p.log))-behind:]}
	}
	keys, _ := json.Marshal(p.state.Since(at.Seq))
	return follow.Tail{Status: now, Packets: []*follow.Packet{{
		Event: &feed.Event{Feed: p.name, From: at.Seq + 1, To: now.Seq, Digest: now.Digest, Keys: keys},
	}}}
}

// set moves the feed by one event: a value, or nil to remove the key.
func (p *page) set(key string, value any) { p.step(key, value); p.wake() }

// step moves the feed and tells nobody yet.
func (p *page) step(key string, value any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	seq := p.state.Seq() + 1
	e := feed.Entry{Key: key, Seq: seq, Gone: value == nil}
	if value != nil {
		e.Value, _ = json.Marshal(value)
	}
	keys, _ := json.Marshal([]feed.Entry{e})
	if _, err := p.state.Apply(seq, seq, []feed.Entry{e}); err != nil {
		panic(err)
	}
	p.log = append(p.log, &follow.Packet{Event: &feed.Event{Feed: p.name, From: seq, To: seq, Digest: p.state.Digest(), Keys: keys}})
	if len(p.log) > 1024 {
		p.log = p.log[len(p.log)-1024:]
	}
}

func (p *page) wake() {
	p.mu.Lock()
	moved := p.moved
	p.mu.Unlock()
	if moved != nil {
		moved()
	}
}

// forget drops events before first, as the sweep after 48 hours does.
func (p *page) forget(first uint64) {
	p.mu.Lock()
	p.first = first
	p.mu.Unlock()
}

// load is what a follower does after a new epoch or a wrong digest.
func (p *page) load(epoch string, seq uint64) {
	p.mu.Lock()
	p.state.Load(epoch, seq, p.state.Live())
	p.generation++
	p.log, p.resets = nil, nil
	p.mu.Unlock()
	p.wake()
}

// board is what every display must show.
func (p *page) board() map[string]string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return board(p.state.Live())
}

func board(entries []feed.Entry) map[string]string {
	m := map[string]string{}
	for _, e := range entries {
		m[e.Key] = string(e.Value)
	}
	return m
}

func same(a, b map[string]string) bool { return maps.Equal(a, b) }
