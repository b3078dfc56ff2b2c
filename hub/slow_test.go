package hub_test

import (
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"weer/hub/follow"
	"weer/model/fault"
	"weer/model/feed"
)

// A screen that does not read costs only itself, and is closed after 30 seconds
// without a byte.
func TestStalledReaderCostsOnlyItself(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.book.page(seoul)
		stalled, other := r.viewer(seoul), r.viewer(seoul)
		stop := pinging(stalled, other)
		defer stop()
		synctest.Wait()
		resume := stalled.pause()
		defer resume()
		start := time.Now()
		for i := range 250 {
			p.set("A/er", strings.Repeat("x", i))
			<-time.After(100 * time.Millisecond)
			synctest.Wait()
			if other.readers[seoul].Cursor().Seq != p.Status().Seq {
				t.Fatalf("the other screen is at %v of %d", other.readers[seoul].Cursor(), p.Status().Seq)
			}
		}
		if n := r.hub.Stats().Connections; n != 2 {
			t.Errorf("%d connections after 25 s", n)
		}
		elapse(15 * time.Second)
		if st := r.hub.Stats(); st.Connections != 1 || st.Closes[fault.Stalled] != 1 || time.Since(start) > 41*time.Second {
			t.Errorf("%d connections, %d stalled", st.Connections, st.Closes[fault.Stalled])
		}
		other.noDeadBeat()
		other.shows(seoul)
	})
}

// Whoever takes a byte now and then is not cut, and gets whole frames.
func TestSlowProgressIsProgress(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		s, err := r.handshake(nil)
		if err != nil {
			t.Fatal(err)
		}
		s.send(feed.ClientFrame{Type: feed.TypeAuth, Token: "viewer alice"})
		var raw []byte
		for range 12 { // twelve bytes in four minutes
			<-time.After(20 * time.Second)
			b := make([]byte, 1)
			if _, err := io.ReadFull(s.nc, b); err != nil {
				t.Fatalf("after %d bytes: %v", len(raw), err)
			}
			raw = append(raw, b...)
			s.send(feed.ClientFrame{Type: feed.TypePing})
		}
		rest := make([]byte, 600)
		n, err := io.ReadAtLeast(s.nc, rest, 300)
		if err != nil {
			t.Fatal(err)
		}
		raw = append(raw, rest[:n]...)
		if raw[0] != 0x81 || !strings.Contains(string(raw), `"type":"welcome"`) {
			t.Errorf("the frame came as %q", raw)
		}
	})
}

// A writer that panics ends its own connection only.
func TestPanicInAWriter(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.book.page(seoul)
		other := r.viewer(busan)
		s := r.viewer(seoul)
		r.book.tail = func(p *page, _ follow.Place) {
			if p.name == seoul {
				panic("planted in Tail")
			}
		}
		p.set("A/er", 1)
		s.until("the end", func() bool { return s.err != nil })
		r.book.page(busan).set("A/er", 1)
		elapse(4 * time.Second)
		other.shows(busan)
		other.noDeadBeat()
		if st := r.hub.Stats(); st.Panics != 1 || st.Connections != 1 || st.Closes[fault.Internal] != 1 {
			t.Errorf("%+v", st)
		}
		r.book.tail = nil
		again := r.viewer(seoul)
		again.shows(seoul)
	})
}

// Pings of RFC 6455 are answered, also while a write is running, and never
// inside another frame.
func TestPongsGoBetweenFrames(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		s := r.viewer(seoul)
		for i := range 5 {
			r.book.page(seoul).set("A/er", strings.Repeat("y", 3000*i))
			if err := s.ws.Ping(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		s.shows(seoul)
	})
}

func TestAClientsCloseIsEchoed(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		s, err := r.handshake(nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.ws.Close(websocket.StatusNormalClosure, "enough"); err != nil {
			t.Errorf("the close was not echoed: %v", err)
		}
		synctest.Wait()
		if n := r.hub.Stats().Connections; n != 0 {
			t.Errorf("%d connections left", n)
		}
	})
}

// Who asks and does not read fills a bounded room, then is ended.
func TestUnreadAnswersAreBounded(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		s := r.viewer(seoul)
		resume := s.stick(seoul)
		defer resume()
		for range 300 {
			<-time.After(100 * time.Millisecond)
			s.ws.Write(t.Context(), websocket.MessageText, []byte(`{"type":"nonsense"}`))
			if n := r.hub.Stats().Closes[fault.Stalled]; n > 0 {
				return
			}
		}
		t.Error("never ended")
	})
}
