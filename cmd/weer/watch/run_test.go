package watch

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"go.uber.org/goleak"

	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve is a WeER with a board that never moves.
func serve(t *testing.T) (url string) {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("POST /demo/token", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"token":"demo"}`) })
	mux.HandleFunc("/ws", func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{feed.Protocol}})
		if err != nil {
			return
		}
		defer c.CloseNow()
		for {
			_, raw, err := c.Read(r.Context())
			if err != nil {
				return
			}
			for _, reply := range replies(raw) {
				if c.Write(r.Context(), websocket.MessageText, reply) != nil {
					return
				}
			}
		}
	})
	s := httptest.NewServer(mux)
	t.Cleanup(func() {
		s.Close()
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	})
	return s.URL
}

func replies(raw []byte) (out [][]byte) {
	f, _ := feed.DecodeClient(raw)
	say := func(v any) {
		b, _ := json.Marshal(v)
		out = append(out, b)
	}
	state := feed.NewState(false)
	state.Load("0123456789abcdef", 40, board(hospitals...))
	switch {
	case f.Type == feed.TypeAuth && f.Token != "demo":
		say(feed.ErrorFrame{Type: feed.TypeError, Code: fault.TokenInvalid, Message: "not ours"})
	case f.Type == feed.TypeAuth:
		say(feed.Welcome{Type: feed.TypeWelcome, Mode: model.Simulated, At: feed.At(now), Timings: feed.DefaultTimings})
	case f.Type == feed.TypeSubscribe && f.Feed != "region:11":
		say(feed.ErrorFrame{Type: feed.TypeError, Code: fault.Forbidden, Feed: f.Feed, Field: "feed", Message: "this account may not read that feed"})
	case f.Type == feed.TypeSubscribe:
		say(feed.Reset{Type: feed.TypeReset, Feed: f.Feed, Epoch: state.Epoch(), Seq: 40, Digest: state.Digest(), Reason: feed.ReasonAsked, Keys: state.Live()})
		say(feed.Beat{Type: feed.TypeBeat, Feed: f.Feed, Epoch: state.Epoch(), Seq: 40, Digest: state.Digest(), At: feed.At(now), VerifiedAt: feed.At(now)})
	}
	return out
}

// watching runs a watch and returns its output, and its end.
func watching(t *testing.T, o Options) (out *bufio.Reader, stop func(), ended <-chan error) {
	t.Helper()
	r, w := io.Pipe()
	ctx, cancel := context.WithCancel(context.Background())
	end := make(chan error, 1)
	o.Out = w
	go func() {
		end <- Run(ctx, o)
		w.Close()
	}()
	t.Cleanup(func() {
		cancel()
		r.Close()
	})
	return bufio.NewReader(r), cancel, end
}

func readLine(t *testing.T, r *bufio.Reader) string {
	t.Helper()
	line, err := r.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return line
}

func TestJSONPrintsEveryFrameAsReceived(t *testing.T) {
	out, stop, ended := watching(t, Options{Feed: "region:11", URLs: []string{serve(t)}, JSON: true})
	want := append(replies([]byte(`{"type":"auth","token":"demo"}`)), replies([]byte(`{"type":"subscribe","feed":"region:11"}`))...)
	for _, frame := range want {
		if line := readLine(t, out); line != string(frame)+"\n" {
			t.Fatalf("printed %s, want %s", line, frame)
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("ended with %v", err)
	}
}

func TestFrameWithLineBreaksStaysOneLine(t *testing.T) {
	var b strings.Builder
	if err := printFrame(&b, []byte("{\"a\":\r\n \"x\\ny\"}")); err != nil || b.String() != "{\"a\":\"x\\ny\"}\n" {
		t.Errorf("%q, %v", b.String(), err)
	}
}

func TestPlainLines(t *testing.T) {
	out, stop, ended := watching(t, Options{Feed: "region:11", URLs: []string{serve(t)}, Filter: "경희"})
	var text string
	for !strings.Contains(text, "경희대병원") {
		text = readLine(t, out)
	}
	if !strings.Contains(text, "● 최신 경희대병원: 응급실 14/20, 중환자실 2/8") {
		t.Errorf("printed %s", text)
	}
	go io.Copy(io.Discard, out)
	stop()
	if err := <-ended; err != nil {
		t.Errorf("ended with %v", err)
	}
}

func TestTerminalDisplayIsQuitByAKey(t *testing.T) {
	keys, press := io.Pipe()
	out, _, ended := watching(t, Options{Feed: "region:11", URLs: []string{serve(t)}, Terminal: true, In: keys})
	for text := []byte{}; !bytes.Contains(text, []byte("실시간")); {
		b, err := out.ReadByte()
		if err != nil {
			t.Fatalf("before the board was live: %v", err)
		}
		text = append(text, b)
	}
	go io.Copy(io.Discard, out)
	if _, err := io.WriteString(press, "q"); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Errorf("ended with %v", err)
	}
	press.Close()
}

func TestEndings(t *testing.T) {
	url := serve(t)
	real := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(real.Close)
	for name, c := range map[string]struct {
		o    Options
		want fault.Code
		say  string
	}{
		"no feed":            {Options{Feed: "seoul", URLs: []string{url}}, fault.Invalid, "region:11"},
		"no region":          {Options{Feed: "region:99", URLs: []string{url}}, fault.Invalid, "region:99"},
		"no URL":             {Options{Feed: "region:11"}, fault.Invalid, "URL"},
		"a feed of others":   {Options{Feed: "control:11", URLs: []string{url}}, fault.Forbidden, "may not read"},
		"of others, JSON":    {Options{Feed: "control:11", URLs: []string{url}, JSON: true}, fault.Forbidden, "may not read"},
		"a real server":      {Options{Feed: "region:11", URLs: []string{real.URL}}, fault.TokenInvalid, "--token"},
		"a real server, TUI": {Options{Feed: "region:11", URLs: []string{real.URL}, Terminal: true, In: strings.NewReader("")}, fault.TokenInvalid, "--token"},
	} {
		t.Run(name, func(t *testing.T) {
			c.o.Out = io.Discard
			err := Run(t.Context(), c.o)
			if !fault.Is(err, c.want) || !strings.Contains(err.Error(), c.say) {
				t.Errorf("%v, want %s that says %q", err, c.want, c.say)
			}
		})
	}
}

func TestOutputThatCannotBeWrittenEndsIt(t *testing.T) {
	broken := errors.New("the pipe is broken")
	for name, json := range map[string]bool{"lines": false, "JSON": true} {
		err := Run(t.Context(), Options{Feed: "region:11", URLs: []string{serve(t)}, JSON: json, Out: failing{broken}})
		if !errors.Is(err, broken) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }
