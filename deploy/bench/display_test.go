package bench

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"weer/api/client"
	"weer/deploy/lab"
	"weer/model/feed"
)

// A display is the least that follows a feed: it knows its cursor and when it
// got there, and looks at nothing else.
type display struct {
	feed   string
	socket *socket
	seen   atomic.Pointer[sight]
}

// A sight is a cursor and the moment when the frame that led to it was read.
type sight struct {
	seq uint64
	at  time.Time
}

// follow connects displays, one for each feed named, and returns when each has
// the feed's state. They end with the benchmark.
func follow(b *testing.B, node *lab.Node, feeds []string) []*display {
	b.Helper()
	token, err := client.DemoToken(node.URL())(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	all := make([]*display, len(feeds))
	var readers sync.WaitGroup
	ctx, cancel := context.WithCancel(context.Background())
	b.Cleanup(func() {
		cancel()
		for _, d := range all {
			if d != nil {
				d.socket.conn.Close() //nolint:errcheck // ends its reader
			}
		}
		readers.Wait()
	})
	for i, name := range feeds {
		s, err := subscribe(b.Context(), node.Addr, token, name, "")
		if err != nil {
			b.Fatal(err)
		}
		d := &display{feed: name, socket: s}
		all[i] = d
		readers.Go(func() {
			if err := d.read(); err != nil && ctx.Err() == nil {
				b.Errorf("a display of %s: %v", d.feed, err)
			}
		})
	}
	readers.Go(func() { ping(ctx, all) })
	lab.Until(b, "every display has its state", time.Minute, func() error {
		for i, d := range all {
			if d.seen.Load() == nil {
				return fmt.Errorf("display %d of %d has not", i, len(all))
			}
		}
		return nil
	})
	return all
}

// subscribe opens a socket, signs in and asks for a feed.
func subscribe(ctx context.Context, addr, token, name, extensions string) (*socket, error) {
	s, err := dial(ctx, addr, "/ws", feed.Protocol, extensions)
	if err != nil {
		return nil, err
	}
	err = s.send(feed.ClientFrame{Type: feed.TypeAuth, Token: token})
	if err == nil {
		_, err = s.next() // welcome
	}
	if err == nil {
		err = s.send(feed.ClientFrame{Type: feed.TypeSubscribe, Feed: name})
	}
	if err != nil {
		s.conn.Close() //nolint:errcheck // the first error counts
		return nil, err
	}
	return s, nil
}

// read notes when each event came, until the socket is closed.
func (d *display) read() error {
	for {
		m, err := d.socket.next()
		if err != nil {
			if opErr, ok := err.(*net.OpError); ok && opErr.Err == net.ErrClosed {
				return nil
			}
			return err
		}
		at := time.Now()
		name := `"to":`
		switch {
		case bytes.HasPrefix(m.payload, []byte(`{"type":"reset"`)):
			name = `"seq":`
		case !bytes.HasPrefix(m.payload, []byte(`{"type":"event"`)):
			continue
		}
		seq, err := numberAfter(m.payload, name)
		if err != nil {
			return err
		}
		d.seen.Store(&sight{seq, at})
	}
}

// numberAfter reads the first number behind a name: the numbers stand before
// the keys.
func numberAfter(payload []byte, name string) (uint64, error) {
	_, rest, _ := bytes.Cut(payload, []byte(name))
	digits := 0
	for digits < len(rest) && '0' <= rest[digits] && rest[digits] <= '9' {
		digits++
	}
	return strconv.ParseUint(string(rest[:digits]), 10, 64)
}

// ping keeps all displays' connections, one after the other.
func ping(ctx context.Context, all []*display) {
	every := time.Duration(feed.DefaultTimings.PingMS) * time.Millisecond
	turn := time.NewTicker(every / time.Duration(len(all)))
	defer turn.Stop()
	for i := 0; ; i++ {
		select {
		case <-ctx.Done():
			return
		case <-turn.C:
			// A socket that is gone is its reader's to report.
			_ = all[i%len(all)].socket.send(feed.ClientFrame{Type: feed.TypePing})
		}
	}
}
