package bench

import (
	"bufio"
	"bytes"
	"compress/flate"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
)

// A socket is the cheapest WebSocket client there is: it masks with zeros,
// reads into one buffer and knows what each message weighed on the wire. So
// the machine that is measured is spent on the node and not on its readers.
type socket struct {
	conn net.Conn
	in   *bufio.Reader
	buf  []byte
}

// A message is what one frame carried. payload is the socket's until the next read.
type message struct {
	payload  []byte
	deflated bool
	wire     int // bytes, the frame's head included
}

const (
	opText  = 0x1
	opClose = 0x8
	opPing  = 0x9
	opPong  = 0xA

	finBit     = 0x80
	deflateBit = 0x40
)

// dial opens a socket of the subprotocol; extensions is the header of that
// name, "" for none.
func dial(ctx context.Context, addr, path, subprotocol, extensions string) (*socket, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	s := &socket{conn: conn, in: bufio.NewReaderSize(conn, 2<<10)}
	if err := s.handshake(addr, path, subprotocol, extensions); err != nil {
		conn.Close()
		return nil, err
	}
	return s, nil
}

func (s *socket) handshake(addr, path, subprotocol, extensions string) error {
	head := "GET " + path + " HTTP/1.1\r\nHost: " + addr + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: " + subprotocol + "\r\n"
	if extensions != "" {
		head += "Sec-WebSocket-Extensions: " + extensions + "\r\n"
	}
	if _, err := io.WriteString(s.conn, head+"\r\n"); err != nil {
		return err
	}
	res, err := http.ReadResponse(s.in, nil)
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusSwitchingProtocols {
		return fmt.Errorf("upgrade: %s", res.Status)
	}
	return nil
}

// send writes one JSON text message.
func (s *socket) send(v any) error {
	payload, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return s.frame(opText, payload)
}

func (s *socket) frame(op byte, payload []byte) error {
	const masked = 0x80
	b := []byte{finBit | op}
	if n := len(payload); n < 126 {
		b = append(b, masked|byte(n))
	} else {
		b = binary.BigEndian.AppendUint16(append(b, masked|126), uint16(n))
	}
	b = append(b, 0, 0, 0, 0) // a mask of zeros leaves the payload as it is
	_, err := s.conn.Write(append(b, payload...))
	return err
}

// next reads the next message, answering pings on the way.
func (s *socket) next() (message, error) {
	for {
		m, op, err := s.readFrame()
		switch {
		case err != nil:
			return message{}, err
		case op == opText:
			return m, nil
		case op == opPing:
			if err := s.frame(opPong, m.payload); err != nil {
				return message{}, err
			}
		case op == opClose:
			return message{}, fmt.Errorf("closed by the node: %x %s", m.payload[:min(2, len(m.payload))], m.payload[min(2, len(m.payload)):])
		}
	}
}

func (s *socket) readFrame() (m message, op byte, err error) {
	var head [2]byte
	if _, err := io.ReadFull(s.in, head[:]); err != nil {
		return m, 0, err
	}
	if head[0]&finBit == 0 {
		return m, 0, errors.New("the node fragments its messages")
	}
	length, extended := uint64(head[1]&0x7f), 0
	switch length {
	case 126:
		extended = 2
	case 127:
		extended = 8
	}
	if extended > 0 {
		var b [8]byte
		if _, err := io.ReadFull(s.in, b[8-extended:]); err != nil {
			return m, 0, err
		}
		length = binary.BigEndian.Uint64(b[:])
	}
	if uint64(cap(s.buf)) < length {
		s.buf = make([]byte, length)
	}
	s.buf = s.buf[:length]
	_, err = io.ReadFull(s.in, s.buf)
	return message{s.buf, head[0]&deflateBit != 0, len(head) + extended + int(length)}, head[0] & 0x0f, err
}

// text inflates a message that was sent without context takeover.
func (m message) text() ([]byte, error) {
	if !m.deflated {
		return m.payload, nil
	}
	// RFC 7692: the sender took off the tail of a sync flush. The final empty
	// block after it ends the stream for the reader.
	tail := "\x00\x00\xff\xff\x01\x00\x00\xff\xff"
	return io.ReadAll(flate.NewReader(io.MultiReader(bytes.NewReader(m.payload), bytes.NewReader([]byte(tail)))))
}
