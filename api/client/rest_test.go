package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"weer/api/client"
	"weer/model/fault"
	"weer/model/feed"
)

// A call is what a server was asked.
type call struct{ server, method, path, query, key, match, bearer, body string }

// A desk answers calls by the steps of a script, the last one over and over.
type desk struct {
	calls []call
	steps []http.HandlerFunc
}

func (d *desk) at(name string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		d.calls = append(d.calls, call{name, r.Method, r.URL.Path, r.URL.RawQuery, r.Header.Get("Idempotency-Key"),
			r.Header.Get("If-Match"), r.Header.Get("Authorization"), string(body)})
		d.steps[min(len(d.calls), len(d.steps))-1](w, r)
	}
}

func (d *desk) keys() (keys []string) {
	for _, c := range d.calls {
		keys = append(keys, c.key)
	}
	return slices.Compact(keys)
}

func says(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func refuses(code fault.Code) http.HandlerFunc {
	return says(code.Row().HTTP, `{"code":"`+string(code)+`","detail":"because"}`)
}

func asks(code fault.Code, wait time.Duration) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Retry-After", strconv.Itoa(int(wait.Seconds())))
		refuses(code)(w, r)
	}
}

// breaks carries the command out, and its answer is lost.
func breaks(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// newDesk makes a REST whose servers, one and two, play a script.
func newDesk(t *testing.T, steps ...http.HandlerFunc) (*client.REST, *desk, network) {
	t.Helper()
	n, d, tokens := newNetwork(t, "one", "two"), &desk{steps: steps}, 0
	for name, s := range n {
		s.refusing(d.at(name))
	}
	r, err := client.NewREST(client.RESTOptions{
		URLs: []string{"http://one", "http://two"}, HTTPClient: n.client(),
		Token: func(context.Context) (string, error) { tokens++; return "token-" + strconv.Itoa(tokens), nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	return r, d, n
}

var put = client.Request{Method: http.MethodPut, Path: "/x", Body: map[string]int{"value": 3}, IfMatch: `"7"`}

func TestACommandKeepsItsKeyWhateverIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, d, _ := newDesk(t, breaks, asks(fault.Unavailable, 4*time.Second), refuses(fault.Internal), says(200, `{"value":3}`), says(200, `{}`))
		var out struct{ Value int }
		start := time.Now()
		if err := r.Do(t.Context(), put, &out); err != nil || out.Value != 3 {
			t.Fatalf("%+v, %v", out, err)
		}
		if took := time.Since(start); took < 4*time.Second {
			t.Errorf("a wait of 4 s took %v", took)
		}
		keys := d.keys()
		if len(d.calls) != 4 || len(keys) != 1 || len(keys[0]) < 16 {
			t.Errorf("%d calls with the keys %q, want 4 with one", len(d.calls), keys)
		}
		for i, server := range []string{"one", "two", "one", "two"} {
			if c := d.calls[i]; c.server != server || c.method != "PUT" || c.path != "/api/v1/x" || c.body != `{"value":3}` || c.match != `"7"` || c.bearer != "Bearer token-1" {
				t.Errorf("call %d was %+v", i+1, c)
			}
		}
		if err := r.Do(t.Context(), put, nil); err != nil || len(d.keys()) != 2 {
			t.Errorf("another command has the key of the first: %q, %v", d.keys(), err)
		}
	})
}

func TestAServerThatIsDownIsPassedOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, d, n := newDesk(t, says(200, `{"id":"s","role":"crew"}`))
		n["one"].down.Store(true)
		for range 2 {
			if who, err := r.Who(t.Context()); err != nil || who.Role != "crew" || who.ID != "s" {
				t.Fatalf("%+v, %v", who, err)
			}
		}
		if len(d.calls) != 2 || d.calls[0].key != "" {
			t.Errorf("asked %+v", d.calls)
		}
	})
}

func TestATokenThatIsOverIsReplacedOnce(t *testing.T) {
	for _, code := range []fault.Code{fault.TokenExpired, fault.RightsChanged} {
		synctest.Test(t, func(t *testing.T) {
			r, d, _ := newDesk(t, refuses(code), says(200, `{}`))
			if err := r.Do(t.Context(), put, nil); err != nil {
				t.Fatal(err)
			}
			if len(d.calls) != 2 || d.calls[1].bearer != "Bearer token-2" || len(d.keys()) != 1 {
				t.Errorf("asked %+v", d.calls)
			}
		})
	}
}

func TestATokenThatHasNoSuccessorIsAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, d := newNetwork(t, "one"), &desk{steps: []http.HandlerFunc{refuses(fault.TokenExpired)}}
		n["one"].refusing(d.at("one"))
		r, err := client.NewREST(client.RESTOptions{URLs: []string{"http://one"}, HTTPClient: n.client(),
			Token: func(context.Context) (string, error) { return "by hand", nil }})
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Do(t.Context(), put, nil); !fault.Is(err, fault.TokenInvalid) || len(d.calls) != 1 {
			t.Errorf("%v after %d calls", err, len(d.calls))
		}
	})
}

func TestARefusalIsAFaultWithAllItsFields(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, d, _ := newDesk(t, says(422, `{"code":"invalid","detail":"2 fields are wrong","field":"a","errors":[{"field":"a","detail":"no"},{"field":"b","detail":"nor"}]}`))
		err := r.Do(t.Context(), put, nil)
		var e *fault.Error
		if !errors.As(err, &e) || e.Code != fault.Invalid || e.Field != "a" || !slices.Equal(e.Fields, []fault.Field{{Name: "a", Message: "no"}, {Name: "b", Message: "nor"}}) {
			t.Errorf("%#v", err)
		}
		if len(d.calls) != 1 {
			t.Errorf("asked %d times for what stays wrong", len(d.calls))
		}
	})
}

func TestTriesAreBounded(t *testing.T) {
	for name, c := range map[string]struct {
		step  http.HandlerFunc
		calls int
		code  fault.Code
		most  time.Duration
	}{
		"unavailable for ever":    {refuses(fault.Unavailable), 6, fault.Unavailable, time.Minute},
		"no answer for ever":      {breaks, 6, fault.Unavailable, time.Minute},
		"a wait that is too long": {asks(fault.TooManyRequests, 15*time.Minute), 1, fault.TooManyRequests, time.Second},
		"no WeER at all":          {says(502, "<html>"), 6, fault.Unavailable, time.Minute},
		"an answer that is none":  {says(200, "<html>"), 6, fault.Unavailable, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, d, _ := newDesk(t, c.step)
				start := time.Now()
				err := r.Do(t.Context(), put, new(struct{}))
				if !fault.Is(err, c.code) || len(d.calls) != c.calls || time.Since(start) > c.most {
					t.Errorf("%v after %d calls and %v", err, len(d.calls), time.Since(start))
				}
				var e *fault.Error
				if errors.As(err, &e) && c.calls == 1 && e.RetryAfter != 15*time.Minute {
					t.Errorf("the wait is told as %v", e.RetryAfter)
				}
			})
		})
	}
}

func TestACallEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _, _ := newDesk(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		if err := r.Do(ctx, put, nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
	})
}

func TestACommandsAnswerIsForTheBoard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		moved := feed.Answer{Feed: seoul, Epoch: epoch, Seq: 2, Keys: []feed.Entry{{Key: "A/er", Seq: 2, Value: json.RawMessage(`"mine"`)}}}
		text, _ := json.Marshal(map[string]any{"feeds": []feed.Answer{moved}, "value": 3})
		r, _, _ := newDesk(t, says(200, string(text)))
		var out struct{ Value int }
		feeds, err := r.Command(t.Context(), put, &out)
		if err != nil || out.Value != 3 || len(feeds) != 1 {
			t.Fatalf("%+v, %+v, %v", feeds, out, err)
		}
		c, err := client.New(client.Options{URLs: []string{"http://one"}, Token: client.DemoToken("http://one")})
		if err != nil {
			t.Fatal(err)
		}
		b := newBoard("A/er")
		d := c.FollowFrom(whole(b))
		c.Overlay(feeds...)
		if e, ok := d.Get("A/er"); !ok || string(e.Value) != `"mine"` || d.Cursor().Seq != 1 {
			t.Errorf("the display shows %s at %d", e.Value, d.Cursor().Seq)
		}
	})
}

func TestABoardIsReadWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBoard("A/er", "B/er")
		text, _ := json.Marshal(whole(b))
		r, d, _ := newDesk(t, says(200, string(text)))
		for _, read := range []func() (feed.Whole, error){
			func() (feed.Whole, error) { return r.Board(t.Context(), "11") },
			func() (feed.Whole, error) { return r.Snapshot(t.Context(), seoul) },
		} {
			w, err := read()
			if err != nil || w.Digest != b.Digest() || w.Seq != 2 || len(w.Keys) != 2 {
				t.Fatalf("%+v, %v", w, err)
			}
		}
		if d.calls[0].path != "/api/v1/regions/11/board" || d.calls[1].path != "/api/v1/feeds/region:11/snapshot" {
			t.Errorf("asked %+v", d.calls)
		}
	})
}
