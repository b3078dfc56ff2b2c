package hub_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"weer/model/fault"
	"weer/model/feed"
)

// story is a display's frames of one feed in short: "reset(asked) beat event".
func (s *screen) story(name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b []string
	for _, f := range s.frames {
		switch f := f.(type) {
		case *feed.Reset:
			if f.Feed == name {
				b = append(b, "reset("+f.Reason+")")
			}
		case *feed.Resumed:
			if f.Feed == name {
				b = append(b, fmt.Sprintf("resumed(%d)", f.Seq))
			}
		case *feed.EventFrame:
			if f.Feed == name {
				b = append(b, fmt.Sprintf("event(%d-%d)", f.From, f.To))
			}
		case *feed.Beat:
			if f.Feed == name {
				b = append(b, fmt.Sprintf("beat(%d)", f.Seq))
			}
		case *feed.ErrorFrame:
			if f.Feed == name {
				b = append(b, "error("+string(f.Code)+")")
			}
		}
	}
	return strings.Join(b, " ")
}

func (s *screen) tells(name, want string) {
	s.t.Helper()
	synctest.Wait()
	if got := s.story(name); got != want {
		s.t.Errorf("%s: %s\nwant %s", name, got, want)
	}
	s.forgetFrames()
}

// stick leaves a writer standing in a write to the screen, which has read one
// event and does not read the next before resume.
func (s *screen) stick(name string) (resume func()) {
	synctest.Wait() // the screen waits for a frame now: it still takes the first
	resume = s.pause()
	for i := range 2 {
		s.rig.book.page(name).set("stuck", i)
		synctest.Wait()
	}
	s.forgetFrames()
	return resume
}

func cursor(epoch string, seq uint64) feed.ClientFrame {
	return feed.ClientFrame{Type: feed.TypeSubscribe, Feed: seoul, Epoch: epoch, Seq: &seq}
}

func TestEachSubscribeHasOneAnswer(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.book.page(seoul)
		for i := range 10 {
			p.set("A/er", i)
		}
		p.forget(4)
		s := r.connect()
		s.signIn("viewer alice")
		ask := feed.ClientFrame{Type: feed.TypeSubscribe, Feed: seoul}
		s.send(ask)
		s.tells(seoul, "reset(asked) beat(10)")
		s.send(ask)
		synctest.Wait()
		s.send(cursor(epoch1, 8))
		s.tells(seoul, "reset(asked) beat(10) resumed(8) event(9-9) event(10-10) beat(10)")
		s.send(cursor(epoch1, 10))
		s.tells(seoul, "resumed(10) beat(10)")
		s.send(cursor(epoch1, 3))
		synctest.Wait()
		s.send(cursor(epoch1, 2))
		s.tells(seoul, "resumed(3) event(4-4) event(5-5) event(6-6) event(7-7) event(8-8) event(9-9) event(10-10) beat(10) "+
			"reset(too_old) beat(10)")
		s.send(cursor(epoch1, 11))
		s.tells(seoul, "reset(future) beat(10)")
		s.send(cursor(epoch2, 5))
		s.tells(seoul, "reset(epoch) beat(10)")
		s.send(feed.ClientFrame{Type: feed.TypeSubscribe, Feed: seoul, Cause: feed.ReasonDigest})
		s.tells(seoul, "reset(digest) beat(10)")
		p.set("A/er", 11)
		s.tells(seoul, "event(11-11)")
		p.load(epoch1, 11)
		s.tells(seoul, "reset(repaired)")
		p.load(epoch2, 2)
		s.tells(seoul, "reset(epoch)")

		want := map[string]uint64{"asked": 2, "digest": 1, "epoch": 2, "too_old": 1, "future": 1, "repaired": 1}
		st := r.hub.Stats()
		for reason, n := range st.Resets {
			if n != want[reason] {
				t.Errorf("%d resets for %s counted, want %d", n, reason, want[reason])
			}
		}
		if st.Disproofs != 1 || st.Subscriptions != 1 || r.book.onOpen[seoul] != 1 {
			t.Errorf("%d disproofs, %d subscriptions, followed %d times", st.Disproofs, st.Subscriptions, r.book.onOpen[seoul])
		}
	})
}

func TestTwoSubscribesInOneTurnHaveTwoAnswers(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		s := r.viewer(seoul)
		resume := s.stick(seoul)
		s.send(cursor(epoch1, 0))
		s.send(feed.ClientFrame{Type: feed.TypeSubscribe, Feed: seoul})
		synctest.Wait()
		resume()
		s.tells(seoul, "event(2-2) resumed(0) event(1-1) event(2-2) reset(asked) beat(2)")
	})
}

func TestCursorAheadOfThisHub(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.book.page(seoul)
		p.set("A/er", 1)
		early := r.connect()
		early.signIn("viewer alice")
		early.send(cursor(epoch1, 5))
		early.tells(seoul, "reset(future) beat(1)")
		r.book.reach = func(p *page, seq uint64) error {
			for p.Status().Seq < min(seq, 5) {
				p.step("A/er", seq) // moved has not been called yet
			}
			return nil
		}
		s := r.connect()
		s.signIn("viewer alice")
		s.send(cursor(epoch1, 5))
		s.tells(seoul, "resumed(5) beat(5)")
		s.send(cursor(epoch1, 6))
		s.tells(seoul, "reset(future) beat(5)")
		r.book.reach = func(*page, uint64) error { return errors.New("the database is gone") }
		s.send(cursor(epoch1, 7))
		s.tells(seoul, "error(unavailable)")
		p.set("A/er", 9)
		s.tells(seoul, "event(6-6)")
	})
}

// While a feed that was found wrong is loaded again nothing is said of it: no
// answer, no event, no beat, and no place moves.
func TestNothingIsSaidOfAVoidFeed(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.book.page(seoul)
		s := r.viewer(seoul)
		behind := r.viewer(seoul)
		resume := behind.pause()
		p.set("A/er", 1)
		p.set("A/er", 2)
		synctest.Wait()
		s.forgetFrames()
		p.mu.Lock()
		p.void = true
		p.mu.Unlock()
		resume()
		s.send(feed.ClientFrame{Type: feed.TypeSubscribe, Feed: seoul})
		s.tells(seoul, "")
		p.mu.Lock()
		p.void = false
		p.mu.Unlock()
		p.load(epoch1, 2)
		s.tells(seoul, "reset(asked) beat(2)")
		elapse(4 * time.Second)
		behind.shows(seoul)
		if !behind.live(seoul) {
			t.Error("the screen that was behind is not live")
		}
	})
}

func TestBeatsProveAnIdleScreen(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		s := r.viewer(seoul, busan)
		s.forgetFrames()
		elapse(30 * time.Second)
		s.noDeadBeat()
		if n := len(of[*feed.Beat](s)); n != 30 {
			t.Errorf("%d beats of two feeds in 30 s", n)
		}
		r.book.mu.Lock()
		r.book.deaf = true
		r.book.facts.VerifiedAt = feed.At(time.Now())
		r.book.mu.Unlock()
		elapse(3 * time.Second)
		s.noDeadBeat()
		elapse(6 * time.Second)
		if l, why := s.readers[seoul].Link(time.Now()); l != feed.Delayed || why != feed.WhyUnverified {
			t.Errorf("without a database the screen is %s %s", l, why)
		}
	})
}

// Under 100 changes a second every beat proves, for screens that read and for
// one that reads in jerks.
func TestEveryBeatProvesUnderLoad(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p, q := r.book.page(seoul), r.book.page(busan)
		screens := []*screen{r.viewer(seoul), r.viewer(seoul, busan), r.viewer(busan, seoul)}
		jerky := r.viewer(seoul)
		var resume func()
		for i := range 3000 {
			p.set(fmt.Sprintf("H%d/er", i%74), i)
			if i%3 == 0 {
				q.set(fmt.Sprintf("H%d/icu", i%50), i)
			}
			if i%7 == 0 {
				p.set(fmt.Sprintf("H%d/er", (i*31)%74), nil)
			}
			switch i % 300 {
			case 0:
				resume = jerky.pause()
			case 150:
				resume()
			}
			<-time.After(10 * time.Millisecond)
		}
		synctest.Wait()
		for _, s := range append(screens, jerky) {
			s.noDeadBeat()
			s.shows(seoul)
			if n := len(of[*feed.Beat](s)); n < 14 {
				t.Errorf("%d beats", n)
			}
		}
		if n := r.hub.Stats().Merges; n == 0 {
			t.Error("the jerky screen was never merged for")
		}
	})
}

func TestBurstIsOneWritePerScreen(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.book.page(seoul)
		s := r.viewer(seoul)
		resume := s.stick(seoul)
		before := r.hub.Stats()
		for i := range mergeFrom - 1 {
			p.set("A/er", i)
		}
		synctest.Wait()
		resume()
		synctest.Wait()
		after := r.hub.Stats()
		if writes := after.Writes - before.Writes; writes != 2 {
			t.Errorf("%d writes, want the one that was stuck and one with all the rest", writes)
		}
		if n := len(of[*feed.EventFrame](s)); n != mergeFrom {
			t.Errorf("%d events", n)
		}
		s.shows(seoul)
	})
}

func TestAllFeedsOfAConnectionInOneWrite(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		s := r.viewer(seoul, busan)
		synctest.Wait()
		before := r.hub.Stats()
		s.send(feed.ClientFrame{Type: feed.TypePing})
		synctest.Wait()
		after := r.hub.Stats()
		if after.Writes-before.Writes != 1 || after.Frames-before.Frames != 2 {
			t.Errorf("%d writes, %d frames", after.Writes-before.Writes, after.Frames-before.Frames)
		}
	})
}

// A screen whose board differs from the feed's digest never says live, asks
// once, and is counted.
func TestWrongDigestIsNeverLive(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.book.page(seoul)
		p.set("A/er", 1)
		p.mu.Lock()
		p.lie = true
		p.mu.Unlock()
		s := r.connect()
		s.signIn("viewer alice")
		s.mu.Lock()
		reader := feed.NewReader(seoul)
		reader.Opened(s.welcome.Timings)
		s.readers[seoul] = reader
		s.mu.Unlock()
		s.send(reader.Subscription())
		for range 40 {
			elapse(time.Second)
			if s.live(seoul) {
				t.Fatal("a wrong board says live")
			}
		}
		if len(s.dead) == 0 {
			t.Error("the judge of beats saw nothing wrong")
		}
		if st := r.hub.Stats(); st.Disproofs != 1 || st.Resets[feed.ReasonDigest] != 1 {
			t.Errorf("%d disproofs, %d resets for digest; want one of each", st.Disproofs, st.Resets[feed.ReasonDigest])
		}
		p.mu.Lock()
		p.lie = false
		p.mu.Unlock()
		elapse(2 * time.Second)
		if !s.live(seoul) {
			t.Error("a board that is proved again is not live")
		}
	})
}

func TestUnprovedFeedIsNeverLive(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		s := r.viewer(seoul)
		p := r.book.page(seoul)
		p.mu.Lock()
		p.unproved = true
		p.mu.Unlock()
		elapse(4 * time.Second)
		if _, why := s.readers[seoul].Link(time.Now()); why != feed.WhyUnproved {
			t.Errorf("an unproved feed: %s", why)
		}
	})
}

// A feed that is known to lie behind the database says so, whatever the node's
// last question says.
func TestAFeedThatIsBehindIsUnverified(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		s := r.viewer(seoul, busan)
		p := r.book.page(seoul)
		p.mu.Lock()
		p.lag = 7000
		p.mu.Unlock()
		elapse(4 * time.Second)
		if l, why := s.readers[seoul].Link(time.Now()); l != feed.Delayed || why != feed.WhyUnverified {
			t.Errorf("the feed that is behind is %s %s", l, why)
		}
		if !s.live(busan) {
			t.Error("the other feed is not live")
		}
	})
}

func TestUnsubscribeEndsAFeed(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		s := r.viewer(seoul, busan)
		s.send(feed.ClientFrame{Type: feed.TypeUnsubscribe, Feed: seoul})
		s.send(feed.ClientFrame{Type: feed.TypeUnsubscribe, Feed: seoul})
		synctest.Wait()
		s.forgetFrames()
		r.book.page(seoul).set("A/er", 1)
		elapse(5 * time.Second)
		s.tells(seoul, "")
		if st := r.hub.Stats(); st.Subscriptions != 1 || st.Feeds != 1 || r.book.page(seoul).closed != 1 {
			t.Errorf("%+v, closed %d times", st, r.book.page(seoul).closed)
		}
		s.send(feed.ClientFrame{Type: feed.TypeSubscribe, Feed: seoul})
		s.tells(seoul, "reset(asked) beat(1)")
	})
}

func TestUnreadableFeed(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		s := r.viewer(busan)
		for _, err := range []error{errors.New("dial tcp: secret"), fault.New(fault.Timeout, "too late")} {
			r.book.follow = func(string) error { return err }
			s.forgetFrames()
			s.send(feed.ClientFrame{Type: feed.TypeSubscribe, Feed: seoul})
			s.tells(seoul, "error(unavailable)")
		}
		r.book.follow = func(string) error { panic("planted in Follow") }
		other := r.viewer(busan)
		other.send(feed.ClientFrame{Type: feed.TypeSubscribe, Feed: seoul})
		other.endsWith(fault.Internal)
		r.book.follow = nil
		s.send(feed.ClientFrame{Type: feed.TypeSubscribe, Feed: seoul})
		s.tells(seoul, "reset(asked) beat(0)")
		if n := r.hub.Stats().Errors[fault.Unavailable]; n != 2 {
			t.Errorf("%d errors counted", n)
		}
	})
}

func TestForbiddenAndUnknownFeeds(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		s := r.viewer(seoul)
		for name, code := range map[string]fault.Code{"control:11": fault.Forbidden, "admin": fault.Forbidden, "system": fault.Forbidden} {
			s.send(feed.ClientFrame{Type: feed.TypeSubscribe, Feed: name})
			s.tells(name, "error("+string(code)+")")
		}
		s.say(`{"type":"subscribe","feed":"Region:11"}`)
		s.tells("Region:11", "error(unknown_feed)")
		if r.book.onOpen["control:11"] != 0 {
			t.Error("a forbidden feed was opened")
		}
	})
}

// A client that vanishes leaves nothing behind.
func TestIdleThenDropped(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		s := r.viewer(seoul)
		elapse(10 * time.Second)
		_ = s.nc.Close()
		synctest.Wait()
		if st := r.hub.Stats(); st.Connections != 0 || st.Subscriptions != 0 || st.Feeds != 0 || st.Unauthenticated != 0 {
			t.Errorf("left over: %+v", st)
		}
		r.book.page(seoul).set("A/er", 1)
	})
}
