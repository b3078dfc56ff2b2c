package hub

import (
	"errors"
	"net"
	"os"
	"sync"
	"time"
)

// This file is how bytes reach a socket, and the only place that writes to one.
// A faster path (a non-blocking write for many sockets in one walk) replaces
// line.send and nothing else.

// errStalled tells that the peer took no byte for as long as a line is patient.
var errStalled = errors.New("no byte of progress")

// A line is the sending side of a socket. One goroutine uses it at a time.
type line struct {
	nc       net.Conn
	patience time.Duration // without a byte accepted by the kernel
	armed    time.Time     // when the write deadline was last set
}

// joinUpTo is the size up to which small pieces are copied together: one write
// of joined bytes is cheaper than a writev, and the runtime keeps the vectors
// of a writev as long as the socket lives.
const joinUpTo = 32 << 10

var joiners = sync.Pool{New: func() any { return new([joinUpTo]byte) }}

// send writes all pieces or fails for good: then the peer may hold half a frame
// and only closing is left. It waits as long as the kernel takes bytes, however
// slowly. The bytes are shared and stay as they are; the list of pieces is used up.
func (l *line) send(pieces [][]byte) error {
	if len(pieces) > 1 && size(pieces) <= joinUpTo {
		room := joiners.Get().(*[joinUpTo]byte)
		defer joiners.Put(room)
		pieces[0], pieces = join(room[:0], pieces), pieces[:1]
	}
	progress := time.Now()
	for {
		l.arm()
		n, rest, err := l.push(pieces)
		switch {
		case err == nil:
			return nil
		case !errors.Is(err, os.ErrDeadlineExceeded):
			return err
		case n > 0:
			progress = time.Now()
		case time.Since(progress) >= l.patience:
			return errStalled
		}
		pieces, l.armed = rest, time.Time{}
	}
}

// push writes until all is accepted or the deadline cuts it, and returns what
// is left.
func (l *line) push(pieces [][]byte) (n int64, rest [][]byte, err error) {
	if len(pieces) == 1 {
		n, err := l.nc.Write(pieces[0])
		pieces[0] = pieces[0][n:]
		return int64(n), pieces, err
	}
	all := net.Buffers(pieces)
	n, err = all.WriteTo(l.nc)
	return n, all, err
}

// arm sets the deadline at which a write comes back to look at its progress: a
// sixth of the patience, set anew only when a good part of it is used up.
func (l *line) arm() {
	step := l.patience / 6
	if now := time.Now(); now.Sub(l.armed) > step/4 {
		l.armed = now
		_ = l.nc.SetWriteDeadline(now.Add(step)) // fails only on a closed socket, as the write will
	}
}

// hangUp tells the peer that nothing more comes; it can still be read from.
func (l *line) hangUp() {
	if half, ok := l.nc.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite() // a socket that is gone already says so to its reader
	}
}

func size(pieces [][]byte) (n int) {
	for _, p := range pieces {
		n += len(p)
	}
	return n
}

func join(to []byte, pieces [][]byte) []byte {
	for _, p := range pieces {
		to = append(to, p...)
	}
	return to
}

// A tap is the socket as coder/websocket sees it: it reads from it, and that is
// all. What it would write (the echo of a close, a close for a broken frame) is
// answered by the hub, from its own table and in its own order. What it would
// close is closed by the connection's reader; its Read only returns.
type tap struct {
	net.Conn
	early []byte // what the client sent with its handshake, already read by the server
	err   error  // of the last Read: with it a failure was the network's, without it the frame's
}

func (t *tap) Read(p []byte) (n int, err error) {
	if len(t.early) > 0 {
		n = copy(p, t.early)
		if t.early = t.early[n:]; len(t.early) == 0 {
			t.early = nil
		}
		return n, nil
	}
	n, err = t.Conn.Read(p)
	t.err = err
	return n, err
}

func (t *tap) Write(p []byte) (int, error) { return len(p), nil }

func (t *tap) Close() error { return t.SetReadDeadline(time.Unix(1, 0)) }
