package hub_test

import (
	"context"
	"fmt"
	"net"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"weer/hub"
	"weer/model/fault"
	"weer/model/feed"
)

// Over real sockets: many screens, changes from several sides, and everybody
// ends up with the same.
func TestManyScreensOverTCP(t *testing.T) {
	r := newRig(t).overTCP()
	screens := make([]*screen, 40)
	for i := range screens {
		screens[i] = r.viewer(seoul, busan)
	}
	var writers sync.WaitGroup
	for _, name := range []string{seoul, busan} {
		writers.Go(func() {
			for i := range 500 {
				r.book.page(name).set(fmt.Sprintf("H%d/er", i%30), i)
			}
		})
	}
	writers.Wait()
	for _, s := range screens {
		s.until("the last event", func() bool {
			return s.readers[seoul].Cursor().Seq == 500 && s.readers[busan].Cursor().Seq == 500
		})
		s.shows(seoul)
		s.shows(busan)
		s.noDeadBeat()
	}
	if st := r.hub.Stats(); st.Writes >= 1000*uint64(len(screens)) {
		t.Errorf("%d writes for 1,000 events to %d screens: nothing was taken together", st.Writes, len(screens))
	}
}

// A socket whose kernel buffer is full is cut after the patience is over, and
// not before; the others never wait for it.
func TestStalledSocket(t *testing.T) {
	r := newRig(t, func(o *hub.Options) { o.Bounds.StalledAfter = 2 * time.Second })
	r.serve = func(nc net.Conn) net.Conn {
		_ = nc.(*net.TCPConn).SetWriteBuffer(64 << 10)
		return nc
	}
	r.overTCP()
	other, stalled := r.viewer(seoul), r.viewer(seoul)
	resume := stalled.pause()
	defer resume()
	p := r.book.page(seoul)
	big := strings.Repeat("x", 100<<10)
	for i := range 40 {
		p.set("A/er", fmt.Sprint(i, big))
		other.until("its event", func() bool { return other.readers[seoul].Cursor().Seq == p.Status().Seq })
	}
	other.until("the cut", func() bool { return r.hub.Stats().Closes[fault.Stalled] == 1 })
	if other.err != nil {
		t.Errorf("the other screen ended: %v", other.err)
	}
	other.noDeadBeat()
	other.shows(seoul)
}

// The hub is a plain handler: an ordinary server serves it as well.
func TestBehindAnOrdinaryServer(t *testing.T) {
	r := newRig(t)
	server := httptest.NewServer(r.hub)
	defer server.Close()
	r.dial = func() net.Conn {
		nc, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		return nc
	}
	s := r.viewer(seoul)
	r.book.page(seoul).set("A/er", 1)
	s.until("the event", func() bool { _, ok := s.readers[seoul].Get("A/er"); return ok })
	if s, err := r.handshake(map[string][]string{"Origin": {"https://evil.example"}}); err == nil || s.resp.StatusCode != 403 {
		t.Errorf("a foreign origin: %v", err)
	}
	if err := r.hub.Drain(context.Background(), 0); err != nil {
		t.Error(err)
	}
	if status, _ := s.ended(); status != 1012 || len(of[*feed.Bye](s)) != 1 {
		t.Errorf("ended with %d", status)
	}
}

// The last words reach a client that was in the middle of sending.
func TestLastWordsArriveOverTCP(t *testing.T) {
	r := newRig(t).overTCP()
	s := r.viewer(seoul)
	for range 300 {
		if s.ws.Write(context.Background(), websocket.MessageText, []byte(`{"type":"ping"}`)) != nil {
			break
		}
	}
	s.endsWith(fault.TooManyFrames)
}
