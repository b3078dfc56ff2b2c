package hub_test

import (
	"bufio"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"weer/hub"
	"weer/hub/schema"
	"weer/model/fault"
	"weer/model/feed"
)

// A rawClient speaks RFC 6455 byte by byte, so that it can also get it wrong.
type rawClient struct {
	t    testing.TB
	rig  *rig
	nc   net.Conn
	br   *bufio.Reader
	resp *http.Response
}

const goodHead = "GET / HTTP/1.1\r\nHost: weer.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
	"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"

func (r *rig) raw(head string) *rawClient {
	c := &rawClient{t: r.t, rig: r, nc: r.dial()}
	r.t.Cleanup(func() { _ = c.nc.Close() })
	c.br = bufio.NewReader(c.nc)
	go func() { _, _ = io.WriteString(c.nc, head+"\r\n") }()
	var err error
	if c.resp, err = http.ReadResponse(c.br, nil); err != nil {
		r.t.Fatal(err)
	}
	return c
}

// rawViewer has signed in and read its welcome.
func (r *rig) rawViewer(extra string) *rawClient {
	c := r.raw(goodHead + "Sec-WebSocket-Protocol: weer.v1\r\n" + extra)
	if c.resp.StatusCode != 101 {
		r.t.Fatalf("status %d", c.resp.StatusCode)
	}
	c.write(masked(0x81, `{"type":"auth","token":"viewer alice"}`))
	if op, _ := c.frame(); op != 0x81 {
		r.t.Fatalf("no welcome but %x", op)
	}
	return c
}

func (c *rawClient) write(b []byte) {
	go func() { _, _ = c.nc.Write(b) }() // the pipe holds nothing: the hub may answer before it has read all
}

// frame reads one frame; op 0 is the end.
func (c *rawClient) frame() (first byte, payload []byte) {
	var h [2]byte
	if _, err := io.ReadFull(c.br, h[:]); err != nil {
		return 0, nil
	}
	n := uint64(h[1])
	switch h[1] {
	case 126:
		var b [2]byte
		_, _ = io.ReadFull(c.br, b[:])
		n = uint64(binary.BigEndian.Uint16(b[:]))
	case 127:
		var b [8]byte
		_, _ = io.ReadFull(c.br, b[:])
		n = binary.BigEndian.Uint64(b[:])
	}
	payload = make([]byte, n)
	if _, err := io.ReadFull(c.br, payload); err != nil {
		c.t.Errorf("half a frame: %v", err)
	}
	return h[0], payload
}

// masked makes a client's frame.
func masked(first byte, payload string) []byte {
	out := []byte{first}
	switch n := len(payload); {
	case n < 126:
		out = append(out, 0x80|byte(n))
	case n < 1<<16:
		out = binary.BigEndian.AppendUint16(append(out, 0x80|126), uint16(n))
	default:
		out = binary.BigEndian.AppendUint64(append(out, 0x80|127), uint64(n))
	}
	mask := [4]byte{1, 2, 3, 4}
	out = append(out, mask[:]...)
	for i := range len(payload) {
		out = append(out, payload[i]^mask[i%4])
	}
	return out
}

// outcome reads to the end and tells the codes of the error frames and of the
// close frame.
func (c *rawClient) outcome() (codes []fault.Code, status int) {
	for {
		first, payload := c.frame()
		switch first {
		case 0:
			return codes, status
		case 0x81:
			if err := schema.Check(schema.Server, payload); err != nil {
				c.t.Error(err)
			}
			if f, _ := feed.DecodeServer(payload); f != nil {
				if e, ok := f.(*feed.ErrorFrame); ok {
					codes = append(codes, e.Code)
				}
			}
		case 0x88:
			if status = 1005; len(payload) >= 2 {
				status = int(binary.BigEndian.Uint16(payload))
			}
			_ = c.nc.Close() // the hub lingers until it sees that the client has read
			return codes, status
		}
	}
}

func (c *rawClient) endsWith(code fault.Code) {
	c.t.Helper()
	codes, status := c.outcome()
	if len(codes) == 0 || codes[len(codes)-1] != code || status != code.Row().Close {
		c.t.Errorf("errors %v, closed with %d; want %s and %d", codes, status, code, code.Row().Close)
	}
	if c.rig.hub.Stats().Closes[code] != 1 {
		c.t.Errorf("%s was not counted once", code)
	}
}

// Bytes that end a connection, each with its code, and none with an effect on
// another connection.
func TestBadBytes(t *testing.T) {
	ping := `{"type":"ping"}`
	for name, c := range map[string]struct {
		bytes []byte
		code  fault.Code
	}{
		"no JSON":                      {masked(0x81, "hello"), fault.BadFrame},
		"an array":                     {masked(0x81, `[1]`), fault.BadFrame},
		"two objects":                  {masked(0x81, ping+ping), fault.BadFrame},
		"nothing":                      {masked(0x81, ""), fault.BadFrame},
		"half an object":               {masked(0x81, `{"type":"pi`), fault.BadFrame},
		"a binary frame":               {masked(0x82, ping), fault.NotText},
		"an empty binary frame":        {masked(0x82, ""), fault.NotText},
		"bad UTF-8":                    {masked(0x81, "{\"type\":\"\xff\"}"), fault.BadUTF8},
		"5,000 bytes":                  {masked(0x81, strings.Repeat(" ", 4090)+ping), fault.FrameTooBig},
		"10 megabytes announced":       {masked(0x81, strings.Repeat(" ", 10<<20))[:4096*3], fault.FrameTooBig},
		"fragments that add up":        {fragments(ping, 4090), fault.FrameTooBig},
		"RSV1 without an extension":    {masked(0xc1, ping), fault.BadFrame},
		"RSV2":                         {masked(0xa1, ping), fault.BadFrame},
		"RSV3":                         {masked(0x91, ping), fault.BadFrame},
		"an unknown opcode":            {masked(0x83, ping), fault.BadFrame},
		"an unmasked frame":            {append([]byte{0x81, byte(len(ping))}, ping...), fault.BadFrame},
		"a continuation of nothing":    {masked(0x80, ping), fault.BadFrame},
		"a frame inside fragments":     {append(masked(0x01, `{"ty`), masked(0x81, ping)...), fault.BadFrame},
		"a fragmented control frame":   {masked(0x09, "x"), fault.BadFrame},
		"a control frame of 126":       {masked(0x89, strings.Repeat("x", 126)), fault.BadFrame},
		"a close frame of one byte":    {masked(0x88, "x"), fault.BadFrame},
		"a hundred frames too many":    {bytes.Repeat(masked(0x81, ping), 200), fault.TooManyFrames},
		"a hundred pings too many":     {bytes.Repeat(masked(0x89, ""), 200), fault.TooManyFrames},
		"an expired token, in band":    {masked(0x81, `{"type":"auth","token":"expired"}`), fault.TokenExpired},
		"a worthless token, in band":   {masked(0x81, `{"type":"auth","token":"worthless"}`), fault.TokenInvalid},
		"a panicking token, in band":   {masked(0x81, `{"type":"auth","token":"panic"}`), fault.Internal},
		"deflate that is none":         {masked(0xc1, "\xff\xff\xff\xff"), fault.BadFrame},
		"a bomb of deflated blanks":    {masked(0xc1, bomb(1<<20)), fault.FrameTooBig},
		"a frame after a good one":     {append(masked(0x81, ping), masked(0x82, ping)...), fault.NotText},
		"a good frame, then garbage":   {append(masked(0x81, ping), bytes.Repeat([]byte{0xff}, 14)...), fault.BadFrame},
		"a length of 2^63 bytes":       {append([]byte{0x81, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0}, 1, 2, 3, 4), fault.BadFrame},
		"null":                         {masked(0x81, "null"), fault.Invalid},
		"an unknown field":             {masked(0x81, `{"type":"ping","extra":1}`), fault.Invalid},
		"a field of the wrong type":    {masked(0x81, `{"type":"ping","seq":"1"}`), fault.Invalid},
		"an unknown type":              {masked(0x81, `{"type":"shutdown"}`), fault.UnknownType},
		"half a cursor":                {masked(0x81, `{"type":"subscribe","feed":"region:11","seq":1}`), fault.Invalid},
		"an unknown feed":              {masked(0x81, `{"type":"subscribe","feed":"nonsense"}`), fault.UnknownFeed},
		"a forbidden feed":             {masked(0x81, `{"type":"subscribe","feed":"system"}`), fault.Forbidden},
		"another account's token":      {masked(0x81, `{"type":"auth","token":"viewer mallory"}`), fault.Forbidden},
		"an unreachable authenticator": {masked(0x81, `{"type":"auth","token":"database down"}`), fault.Unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, r *rig) {
				other := r.viewer(seoul)
				var extra string
				if strings.Contains(name, "deflate") {
					extra = "Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover; server_no_context_takeover\r\n"
				}
				bad := r.rawViewer(extra)
				bad.write(c.bytes)
				if c.code.Row().Close != 0 {
					bad.endsWith(c.code)
				} else {
					bad.staysAfter(c.code)
				}
				r.book.page(seoul).set("A/er", 1)
				elapse(5 * time.Second)
				other.shows(seoul)
				other.noDeadBeat()
			})
		})
	}
}

// staysAfter expects an error frame and an open connection.
func (c *rawClient) staysAfter(code fault.Code) {
	c.t.Helper()
	_, payload := c.frame()
	if err := schema.Check(schema.Server, payload); err != nil {
		c.t.Error(err)
	}
	if f, _ := feed.DecodeServer(payload); f == nil || f.(*feed.ErrorFrame).Code != code {
		c.t.Errorf("got %s, want the error %s", payload, code)
	}
	c.write(masked(0x81, `{"type":"subscribe","feed":"region:26"}`))
	if _, payload := c.frame(); !strings.Contains(string(payload), `"type":"reset"`) {
		c.t.Errorf("the connection did not stay: %s", payload)
	}
	if n := c.rig.hub.Stats().Errors[code]; n != 1 {
		c.t.Errorf("%s counted %d times", code, n)
	}
}

// fragments cuts a text into two frames, with blanks before it.
func fragments(text string, blanks int) []byte {
	return append(masked(0x01, strings.Repeat(" ", blanks)), masked(0x80, text)...)
}

func bomb(n int) string {
	var out bytes.Buffer
	w, _ := flate.NewWriter(&out, flate.BestCompression)
	_, _ = w.Write(bytes.Repeat([]byte(" "), n))
	_ = w.Flush()
	return string(bytes.TrimSuffix(out.Bytes(), []byte{0, 0, 0xff, 0xff}))
}

func TestFragmentsWithinLimitsAreFine(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		c := r.rawViewer("")
		var b []byte
		text := `{"type":"subscribe","feed":"region:11"}`
		for i := range len(text) {
			first := byte(0x00)
			switch i {
			case 0:
				first = 0x01
			case len(text) - 1:
				first = 0x80
			case 5:
				b = append(b, masked(0x89, "between")...)
			}
			b = append(b, masked(first, text[i:i+1])...)
		}
		c.write(b)
		if first, payload := c.frame(); first != 0x8a || string(payload) != "between" {
			t.Errorf("no pong: %x %s", first, payload)
		}
		if _, payload := c.frame(); !strings.Contains(string(payload), `"type":"reset"`) {
			t.Errorf("got %s", payload)
		}
	})
}

// The first frame has 1 KB and must be auth.
func TestFirstFrame(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		code fault.Code
	}{
		"1,025 bytes": {`{"type":"auth","token":"` + strings.Repeat("x", 999) + `"}`, fault.FrameTooBig},
		"1,024 bytes": {`{"type":"auth","token":"` + strings.Repeat("x", 998) + `"}`, fault.TokenInvalid},
		"subscribe":   {`{"type":"subscribe","feed":"region:11"}`, fault.AuthRequired},
		"ping":        {`{"type":"ping"}`, fault.AuthRequired},
		"no token":    {`{"type":"auth"}`, fault.AuthRequired},
		"unknown":     {`{"type":"hello"}`, fault.AuthRequired},
		"no JSON":     {`hello`, fault.BadFrame},
		"bad UTF-8":   {"\xff", fault.BadUTF8},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, r *rig) {
				raw := r.raw(goodHead + "Sec-WebSocket-Protocol: weer.v1\r\n")
				raw.write(masked(0x81, c.text))
				raw.endsWith(c.code)
				synctest.Wait()
				if st := r.hub.Stats(); st.Connections != 0 || st.Unauthenticated != 0 {
					t.Errorf("left over: %+v", st)
				}
			})
		})
	}
}

func TestTooManySubscriptions(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		s := r.viewer("region:11", "region:26")
		s.send(feed.ClientFrame{Type: feed.TypeSubscribe, Feed: "region:27"})
		s.tells("region:27", "error(too_many_subscriptions)")
		s.send(feed.ClientFrame{Type: feed.TypeUnsubscribe, Feed: "region:11"})
		s.send(feed.ClientFrame{Type: feed.TypeSubscribe, Feed: "region:27"})
		s.tells("region:27", "reset(asked) beat(0)")
	}, func(o *hub.Options) { o.Limits = feed.DefaultLimits; o.Limits.Subscriptions = 2 })
}

func TestRefusedHandshakes(t *testing.T) {
	for name, c := range map[string]struct {
		head   string
		status int
		code   fault.Code
	}{
		"no subprotocol":      {goodHead, 400, fault.Invalid},
		"another subprotocol": {goodHead + "Sec-WebSocket-Protocol: weer.v2, chat\r\n", 400, fault.Invalid},
		"no upgrade":          {"GET / HTTP/1.1\r\nHost: weer.test\r\n", 426, fault.Invalid},
		"POST":                {strings.Replace(goodHead, "GET", "POST", 1) + "Sec-WebSocket-Protocol: weer.v1\r\n", 405, fault.MethodNotAllowed},
		"version 8":           {strings.Replace(goodHead, "13", "8", 1) + "Sec-WebSocket-Protocol: weer.v1\r\n", 400, fault.Invalid},
		"no key":              {strings.Replace(goodHead, "AAAAAAAAAAAAAAAAAAAAAA==", "short", 1) + "Sec-WebSocket-Protocol: weer.v1\r\n", 400, fault.Invalid},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, r *rig) {
				resp := r.raw(c.head).resp
				body, _ := io.ReadAll(resp.Body)
				if resp.StatusCode != c.status || resp.Header.Get("Content-Type") != "application/problem+json" ||
					!strings.Contains(string(body), fmt.Sprintf("%q:%q", "code", c.code)) {
					t.Errorf("status %d, %v, %s", resp.StatusCode, resp.Header, body)
				}
				if st := r.hub.Stats(); st.Connections != 0 || st.Refused[c.code] != 1 {
					t.Errorf("stats %+v", st)
				}
			})
		})
	}
}

func TestNotReadyBeforeTheDatabase(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.book.mu.Lock()
		r.book.facts.Epoch = ""
		r.book.mu.Unlock()
		resp := r.raw(goodHead + "Sec-WebSocket-Protocol: weer.v1\r\n").resp
		if resp.StatusCode != 503 || resp.Header.Get("Retry-After") == "" {
			t.Errorf("status %d", resp.StatusCode)
		}
	})
}

// A region of 74 hospitals goes deflated to who takes it, prepared once, and in
// at most 20 KB; plain to who does not; and both are the same.
func TestResetsAreDeflatedOnce(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		for i := range 74 {
			for _, group := range []string{"er", "icu", "beds", "equipment", "egen"} {
				r.book.page(seoul).set(fmt.Sprintf("A11%05d/%s", i, group), values(i))
			}
		}
		small := r.rawViewer("Sec-WebSocket-Extensions: permessage-deflate\r\n")
		small.write(masked(0x81, `{"type":"subscribe","feed":"region:11"}`))
		first, squeezed := small.frame()
		if first != 0xc1 || len(squeezed) > 20<<10 {
			t.Errorf("first byte %x, %d bytes", first, len(squeezed))
		}
		inflated, err := io.ReadAll(flate.NewReader(io.MultiReader(bytes.NewReader(squeezed), strings.NewReader("\x00\x00\xff\xff\x01\x00\x00\xff\xff"))))
		if err != nil {
			t.Fatal(err)
		}
		large := r.rawViewer("")
		large.write(masked(0x81, `{"type":"subscribe","feed":"region:11"}`))
		first, plain := large.frame()
		if first != 0x81 || !bytes.Equal(plain, inflated) {
			t.Errorf("first byte %x, plain and inflated differ", first)
		}
		synctest.Wait()
	})
}

func values(i int) map[string]int {
	m := map[string]int{}
	for k := range 12 {
		m[fmt.Sprintf("item.%d", k)] = (i * k) % 37
	}
	return m
}

// Frames that come in the same packet as the handshake are not lost.
func TestFramesBehindTheHandshake(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		c := r.raw(goodHead + "Sec-WebSocket-Protocol: weer.v1\r\n\r\n" +
			string(masked(0x81, `{"type":"auth","token":"viewer alice"}`)) +
			string(masked(0x81, `{"type":"subscribe","feed":"region:11"}`)) +
			string(masked(0x81, `{"type":"unsubscribe","feed":"`+strings.Repeat("x", 600)+`"}`)) +
			string(masked(0x89, "xx"))[:6]) // its payload is the blank line that raw adds
		got := map[string]bool{}
		for range 4 { // a pong may overtake
			first, payload := c.frame()
			kind, _, _ := strings.Cut(strings.TrimPrefix(string(payload), `{"type":"`), `"`)
			if first == 0x8a {
				kind = fmt.Sprint(len(payload), " bytes")
			}
			got[fmt.Sprintf("%x %s", first, kind)] = true
		}
		if want := "map[81 beat:true 81 reset:true 81 welcome:true 8a 2 bytes:true]"; fmt.Sprint(got) != want {
			t.Errorf("got %v, want %s", got, want)
		}
	})
}
