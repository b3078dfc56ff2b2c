package client_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"weer/api/client"
	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
)

// exampleServer answers as WeER does, on the loopback: a demo token, and a
// region with one hospital.
func exampleServer() (url string, stop func()) {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /demo/token", func(w http.ResponseWriter, _ *http.Request) {
		w.Write([]byte(`{"token":"demo","expires_at":"2026-11-23T09:10:00.000Z"}`))
	})
	mux.HandleFunc("GET /api/v1/regions/11/board", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(whole(exampleBoard())) // to a client that is there
	})
	mux.HandleFunc("/ws", func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{feed.Protocol}})
		if err != nil {
			return
		}
		defer c.CloseNow()
		b := exampleBoard()
		for {
			_, raw, err := c.Read(r.Context())
			if err != nil {
				return
			}
			f, err := feed.DecodeClient(raw)
			switch {
			case err != nil, f.Type == feed.TypeAuth && f.Token != "demo":
				return
			case f.Type == feed.TypeAuth:
				answer(r, c, feed.Welcome{Type: feed.TypeWelcome, Timings: feed.DefaultTimings, At: serverNow(), ExpiresAt: serverNow() + 600_000})
			case f.Type == feed.TypeSubscribe:
				answer(r, c, b.reset(feed.ReasonAsked), b.beat())
			}
		}
	})
	s := httptest.NewServer(mux)
	return s.URL, func() {
		s.Close()
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	}
}

func exampleBoard() board {
	state := feed.NewState(false)
	state.Load(epoch, 2, []feed.Entry{
		{Key: "A1100001/hospital", Seq: 1, Value: json.RawMessage(`{"name":"경희대학교병원"}`)},
		{Key: "A1100001/er", Seq: 2, Value: json.RawMessage(`{"er.general":{"state":"known","value":3,"total":20}}`)},
	})
	return board{state}
}

func answer(r *http.Request, c *websocket.Conn, frames ...any) {
	for _, f := range frames {
		b, err := json.Marshal(f)
		if err != nil {
			panic(err)
		}
		if c.Write(r.Context(), websocket.MessageText, b) != nil {
			return
		}
	}
}

func TestDemoToken(t *testing.T) {
	url, stop := exampleServer()
	defer stop()
	for _, base := range []string{url, url + "/", "ws" + strings.TrimPrefix(url, "http"), "ws" + strings.TrimPrefix(url, "http") + "/ws"} {
		if token, err := client.DemoToken(base)(t.Context()); token != "demo" || err != nil {
			t.Errorf("%s: %q, %v", base, token, err)
		}
	}
	if token, err := client.DemoToken("http://127.0.0.1:1", url)(t.Context()); token != "demo" || err != nil {
		t.Errorf("with a second server: %q, %v", token, err)
	}
	for name, c := range map[string]struct {
		status int
		body   string
		want   fault.Code
	}{
		"a real server":  {404, `{"code":"not_found"}`, fault.TokenInvalid},
		"not loopback":   {403, `{"code":"loopback_only","message":"only here"}`, fault.LoopbackOnly},
		"a proxy":        {502, `<html>`, fault.Unavailable},
		"no token in it": {200, `{}`, fault.Unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(c.status)
				w.Write([]byte(c.body))
			}))
			defer s.Close()
			if _, err := client.DemoToken(s.URL)(t.Context()); !fault.Is(err, c.want) {
				t.Errorf("%v, want %s", err, c.want)
			}
		})
	}
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
}

func TestADemoTokenForSomebodyWhoActs(t *testing.T) {
	for _, c := range []struct {
		who  client.Demo
		want string
	}{
		{client.Demo{}, `{}`},
		{client.Demo{Role: model.RoleHospital, Hospital: "A1100017"}, `{"role":"hospital","hospital":"A1100017"}`},
		{client.Demo{Role: model.RoleControl, Regions: []string{"11"}}, `{"role":"control","regions":["11"]}`},
	} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if body, err := io.ReadAll(r.Body); err != nil || string(body) != c.want {
				t.Errorf("%+v asks with %s, %v", c.who, body, err)
			}
			w.Write([]byte(`{"token":"theirs"}`))
		}))
		if token, err := client.DemoTokenFor(c.who, s.URL)(t.Context()); token != "theirs" || err != nil {
			t.Errorf("%+v: %q, %v", c.who, token, err)
		}
		s.Close()
	}
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
}

func TestOptionsAreChecked(t *testing.T) {
	if _, err := client.New(client.Options{Token: client.DemoToken()}); !fault.Is(err, fault.Invalid) {
		t.Errorf("without a URL: %v", err)
	}
	if _, err := client.New(client.Options{URLs: []string{"http://127.0.0.1:8080"}}); !fault.Is(err, fault.Invalid) {
		t.Errorf("without a source of tokens: %v", err)
	}
	if _, err := client.New(client.Options{URLs: []string{"http://me:geheim@host"}, Token: client.DemoToken()}); err == nil || strings.Contains(err.Error(), "geheim") {
		t.Errorf("a password in the URL: %v", err)
	}
}
