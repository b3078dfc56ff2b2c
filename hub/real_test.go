package hub_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"weer/hub"
	"weer/hub/follow"
	"weer/model"
	"weer/model/feed"
)

// A ledger is a database of feeds in memory, for the real follower: it keeps
// states with tombstones, events, and tells a bus what moved.
type ledger struct {
	mu      sync.Mutex
	epoch   string
	states  map[string]*feed.State
	digests map[string]feed.Digest // as stored; differs from the state where a fault is planted
	events  map[string][]feed.Event
	deliver map[int]func(feed.Hint)
	next    int
	lossy   bool // hints are lost
}

func newLedger() *ledger {
	return &ledger{
		epoch: epoch1, states: map[string]*feed.State{}, digests: map[string]feed.Digest{},
		events: map[string][]feed.Event{}, deliver: map[int]func(feed.Hint){},
	}
}

func (l *ledger) state(name string) *feed.State {
	s := l.states[name]
	if s == nil {
		s = feed.NewState(true)
		s.Load(l.epoch, 0, nil)
		l.states[name] = s
	}
	return s
}

// set commits one event.
func (l *ledger) set(name, key string, value any) {
	l.mu.Lock()
	s := l.state(name)
	e := feed.Entry{Key: key, Seq: s.Seq() + 1, Gone: value == nil}
	if value != nil {
		e.Value, _ = json.Marshal(value)
	}
	_, _ = s.Apply(e.Seq, e.Seq, []feed.Entry{e})
	keys, _ := json.Marshal([]feed.Entry{e})
	event := feed.Event{Feed: name, From: e.Seq, To: e.Seq, Digest: s.Digest(), Keys: keys}
	l.events[name] = append(l.events[name], event)
	l.digests[name] = event.Digest
	var tell []func(feed.Hint)
	for _, d := range l.deliver {
		if !l.lossy {
			tell = append(tell, d)
		}
	}
	epoch := l.epoch
	l.mu.Unlock()
	for _, d := range tell {
		d(feed.Hint{Epoch: epoch, Event: event})
	}
}

func (l *ledger) board(name string) map[string]string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return board(l.state(name).Live())
}

func (l *ledger) Verify(context.Context, feed.Time) (feed.Verification, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	v := feed.Verification{
		Now: feed.At(time.Now()), Epoch: l.epoch, Mode: model.Simulated,
		Sources: map[string]feed.Source{"egen": {CompleteAt: feed.At(time.Now()), IntervalMS: 5000}},
	}
	for name, s := range l.states {
		v.Heads = append(v.Heads, feed.Head{Feed: name, Seq: s.Seq(), First: 1})
	}
	return v, nil
}

func (l *ledger) Snapshot(_ context.Context, name string) (feed.Snapshot, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.state(name)
	return feed.Snapshot{
		Head: feed.Head{Feed: name, Seq: s.Seq(), First: 1}, Epoch: l.epoch,
		Digest: l.digests[name], Entries: s.Since(0),
	}, nil
}

func (l *ledger) Events(_ context.Context, after []feed.Cursor) (out []feed.Event, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range after {
		if c.Epoch == l.epoch {
			list := l.events[c.Feed]
			i, _ := slices.BinarySearchFunc(list, c.Seq+1, func(e feed.Event, seq uint64) int { return int(e.From) - int(seq) })
			out = append(out, list[i:]...)
		}
	}
	return out, nil
}

func (l *ledger) Follow(string, string)   {}
func (l *ledger) Unfollow(string, string) {}

func (l *ledger) Run(ctx context.Context, deliver func(feed.Hint)) error {
	l.mu.Lock()
	id := l.next
	l.next++
	l.deliver[id] = deliver
	l.mu.Unlock()
	<-ctx.Done()
	l.mu.Lock()
	delete(l.deliver, id)
	l.mu.Unlock()
	return nil
}

// node starts a hub on the real follower; stop ends both, as a restart does.
func (l *ledger) node(t *testing.T) (r *rig, stop func()) {
	f := follow.New(follow.Options{Store: l, Bus: l})
	ctx, cancel := context.WithCancel(context.Background())
	var run sync.WaitGroup
	run.Go(func() { _ = f.Run(ctx) })
	r = newRig(t, func(o *hub.Options) { o.Follower = hub.Over(f) })
	elapse(10 * time.Millisecond) // the first verification
	stop = sync.OnceFunc(func() { r.stop(); synctest.Wait(); cancel(); run.Wait() })
	t.Cleanup(stop)
	return r, stop
}

// resume connects the readers of a screen to another node.
func (s *screen) resumeOn(r *rig) *screen {
	next := r.connect()
	next.signIn("viewer alice")
	for name, reader := range s.readers {
		reader.Closed()
		reader.Opened(next.welcome.Timings)
		next.mu.Lock()
		next.readers[name] = reader
		next.mu.Unlock()
		next.send(reader.Subscription())
	}
	synctest.Wait()
	return next
}

func (l *ledger) shownBy(s *screen, name string) {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if got, want := board(s.readers[name].Board()), l.board(name); !same(got, want) {
		s.t.Errorf("%s shows %d keys, want %d: %v, %v", name, len(got), len(want), got, want)
	}
	if !s.live(name) {
		link, why := s.readers[name].Link(time.Now())
		s.t.Errorf("%s is %s %s", name, link, why)
	}
}

// A display that resumes on a fresh node holds no ghost of a key that was
// removed meanwhile, however often and wherever it resumes.
func TestResumeOnAFreshNodeHoldsNoGhosts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLedger()
		l.set(seoul, "ghost", 1)
		l.set(seoul, "stays", 1)
		first, stop := l.node(t)
		s := first.viewer(seoul)
		l.shownBy(s, seoul)
		stop()
		l.set(seoul, "ghost", nil)
		l.set(seoul, "new", 1)
		for range 3 {
			second, stop := l.node(t)
			s = s.resumeOn(second)
			if story := s.story(seoul); !strings.HasPrefix(story, "resumed(") {
				t.Errorf("the cursor was not resumed: %s", story)
			}
			elapse(2 * time.Second)
			l.shownBy(s, seoul)
			stop()
			l.set(seoul, "new", fmt.Sprint(rand.Int()))
		}
	})
}

// With hints lost at random, a new epoch and jerky screens, every display ends
// up live with what the ledger holds.
func TestDisplaysFollowTheLedger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLedger()
		r, _ := l.node(t)
		screens := []*screen{r.viewer(seoul), r.viewer(seoul, busan), r.viewer(busan)}
		stopPings := pinging(screens...)
		defer stopPings()
		dice := rand.New(rand.NewPCG(1, 2))
		for i := range 2000 {
			l.mu.Lock()
			l.lossy = dice.IntN(10) == 0
			l.mu.Unlock()
			var value any = i
			if dice.IntN(5) == 0 {
				value = nil
			}
			l.set([]string{seoul, busan}[dice.IntN(2)], fmt.Sprintf("H%d/er", dice.IntN(40)), value)
			<-time.After(10 * time.Millisecond)
		}
		elapse(4 * time.Second)
		for _, s := range screens {
			s.noDeadBeat()
			for name := range s.readers {
				l.shownBy(s, name)
			}
		}
		l.mu.Lock()
		l.epoch = epoch2
		for _, s := range l.states {
			s.Load(epoch2, s.Seq()/2, s.Live()[:5])
		}
		for name, s := range l.states {
			l.digests[name], l.events[name] = s.Digest(), nil
		}
		l.mu.Unlock()
		elapse(6 * time.Second)
		for _, s := range screens {
			for name := range s.readers {
				l.shownBy(s, name)
			}
		}
	})
}

// The ledger's stored digest is wrong: nobody is told that it is live.
func TestPlantedDigestInTheLedger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLedger()
		l.set(seoul, "A/er", 1)
		l.mu.Lock()
		l.digests[seoul] = l.digests[seoul].Add("planted", 1)
		l.mu.Unlock()
		r, _ := l.node(t)
		s := r.connect()
		s.signIn("viewer alice")
		s.mu.Lock()
		reader := feed.NewReader(seoul)
		reader.Opened(s.welcome.Timings)
		s.readers[seoul] = reader
		s.mu.Unlock()
		s.send(reader.Subscription())
		for range 30 {
			elapse(time.Second)
			if s.live(seoul) {
				t.Fatal("live")
			}
		}
		if n := len(of[*feed.Beat](s)); n == 0 || !of[*feed.Beat](s)[n-1].Unproved {
			t.Errorf("%d beats, the last does not say unproved", n)
		}
	})
}
