package api

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
)

// bearers are the callers of tests, by their tokens.
func bearers(_ context.Context, token string) (model.Principal, error) {
	role, regions, _ := strings.Cut(token, "-")
	if !slices.Contains(model.Roles, model.Role(role)) {
		return model.Principal{}, fault.New(fault.TokenInvalid, "no such token")
	}
	return model.Principal{
		Subject: token, Role: model.Role(role), Regions: []string{regions}, Session: "s",
		ExpiresAt: feed.At(time.Now().Add(time.Hour)),
	}, nil
}

// plan is an input with something of every kind.
type plan struct {
	Paging
	ID    string `path:"id" maxLength:"8" pattern:"^[a-z]+$"`
	Scale int    `query:"scale" minimum:"1" maximum:"9" default:"1"`
	Body  struct {
		Name  string `json:"name" minLength:"1" maxLength:"10"`
		Note  string `json:"note,omitempty" maxLength:"100" format:"multiline"`
		Count *int   `json:"count,omitempty" minimum:"-9" maximum:"9"`
		Parts []struct {
			Value int `json:"value" maximum:"5"`
		} `json:"parts,omitempty" maxItems:"3"`
	}
}

type planned struct {
	Replay
	Body struct {
		Call model.Call `json:"call"`
		Moves
	}
}

// rig is a server with one command beside the real operations.
func rig(t *testing.T, o Options) *harness {
	t.Helper()
	if o.Authenticate == nil {
		o.Authenticate = bearers
	}
	return serve(t, o, func(s *Server) { addPlan(s.rest) })
}

func addPlan(r *rest) {
	add(r, operation{
		ID: "make-plan", Method: http.MethodPost, Path: "/plans/{id}", Tag: "Plans", Summary: "Makes a plan",
		Right: model.WriteCapacity, Command: true,
	}, func(ctx context.Context, in *plan) (*planned, error) {
		if err := may(ctx, model.WriteCapacity, model.Record{Region: in.ID}); in.ID == "foreign" && err != nil {
			return nil, err
		}
		out := &planned{Replay: replayOf(model.Receipt{Replayed: in.ID == "again"})}
		out.Body.Call, _ = model.CallOf(ctx)
		out.Body.Moves = movesFor(ctx, model.Receipt{Feeds: []feed.Answer{
			{Feed: "region:11", Epoch: "e", Seq: 7, Keys: []feed.Entry{{Key: "A1100001/er", Seq: 7, Value: json.RawMessage(`{"v":1}`)}}},
			{Feed: "admin", Epoch: "e", Seq: 1},
		}})
		return out, nil
	})
}

func problemOf(t *testing.T, res *http.Response, body string) (Problem, map[string]string) {
	t.Helper()
	p := strict(t, res, body)
	fields := map[string]string{}
	for _, f := range p.Errors {
		fields[f.Name] = f.Message
	}
	if p.Errors == nil && p.Field != "" {
		fields[p.Field] = p.Detail
	}
	return p, fields
}

func TestEveryBadFieldIsNamedAtOnce(t *testing.T) {
	h := rig(t, Options{})
	const sent = `{"name":"","note":"a\u0007b","count":"hunter2","extra":1,"parts":[{"value":1},{"value":9},{}],"name":"x\ny"}`
	res, body := h.ask("POST", "/api/v1/plans/UPPER?scale=77&limit=x&more=1", sent, "Authorization", "Bearer admin", "Content-Type", "application/json")
	p, fields := problemOf(t, res, body)
	if p.Code != fault.Invalid {
		t.Fatalf("%+v", p)
	}
	for _, want := range []string{"id", "scale", "limit", "more", "name", "note", "count", "extra", "parts[1].value", "parts[2].value"} {
		if fields[want] == "" {
			t.Errorf("%s is not named: %s", want, body)
		}
	}
	if strings.Contains(body, "hunter2") || strings.Contains(h.log.String(), "hunter2") {
		t.Error("a value is repeated")
	}
}

func TestWhoMayCall(t *testing.T) {
	h := rig(t, Options{})
	for _, tc := range []struct {
		bearer, path string
		code         fault.Code
	}{
		{"", "/api/v1/regions", fault.AuthRequired},
		{"Basic admin", "/api/v1/regions", fault.AuthRequired},
		{"Bearer nobody", "/api/v1/regions", fault.TokenInvalid},
		{"Bearer viewer", "/api/v1/plans/own", fault.Forbidden},
		{"Bearer control-11", "/api/v1/plans/foreign", fault.Forbidden},
		{"bearer viewer", "/api/v1/regions", ""},
		{"Bearer control-11", "/api/v1/plans/own", ""},
	} {
		method, body, headers := "GET", "", []string{"Authorization", tc.bearer}
		if strings.Contains(tc.path, "plans") {
			method, body, headers = "POST", `{"name":"a"}`, append(headers, "Content-Type", "application/json")
		}
		res, got := h.ask(method, tc.path, body, headers...)
		if tc.code == "" {
			if res.StatusCode != 200 {
				t.Errorf("%+v: %s %s", tc, res.Status, got)
			}
			continue
		}
		if p := strict(t, res, got); p.Code != tc.code {
			t.Errorf("%+v: %+v", tc, p)
		}
	}
}

func TestACommandCarriesItsCall(t *testing.T) {
	h := rig(t, Options{})
	ask := func(path, body, key string) (*http.Response, planned) {
		t.Helper()
		res, text := h.ask("POST", path, body, "Authorization", "Bearer control-11", "Content-Type", "application/json", keyHeader, key)
		var out planned
		if err := json.Unmarshal([]byte(text), &out.Body); err != nil || res.StatusCode != 200 {
			t.Fatalf("%s %s %v", res.Status, text, err)
		}
		return res, out
	}
	res, first := ask("/api/v1/plans/a", `{"name":"x"}`, "k1")
	call := first.Body.Call
	switch {
	case call.By.Subject != "control-11", call.From != "127.0.0.1", call.Key != "k1", len(call.Digest) != 64:
		t.Errorf("%+v", call)
	case call.Request != res.Header.Get("X-Request-Id"), res.Header.Get("Idempotency-Replayed") != "":
		t.Errorf("%+v %v", call, res.Header)
	case len(first.Body.Feeds) != 1 || first.Body.Feeds[0].Feed != "region:11" || first.Body.Feeds[0].Keys[0].Seq != 7:
		t.Errorf("feeds that it may read: %+v", first.Body.Feeds)
	}
	for _, other := range []struct{ path, body string }{
		{"/api/v1/plans/b", `{"name":"x"}`}, {"/api/v1/plans/a", `{"name":"y"}`}, {"/api/v1/plans/a?scale=2", `{"name":"x"}`},
	} {
		if _, out := ask(other.path, other.body, "k1"); out.Body.Call.Digest == call.Digest {
			t.Errorf("%+v is the same command", other)
		}
	}
	if _, again := ask("/api/v1/plans/a", `{"name":"x"}`, "k2"); again.Body.Call.Digest != call.Digest {
		t.Error("the same command is another one")
	}
	if res, _ := ask("/api/v1/plans/again", `{"name":"x"}`, ""); res.Header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("a replay: %v", res.Header)
	}
	if res, body := h.ask("POST", "/api/v1/plans/a", `{"name":"x"}`, "Authorization", "Bearer control-11", "Content-Type", "application/json",
		keyHeader, "with blank"); strict(t, res, body).Field != keyHeader {
		t.Error(body)
	}
}

func TestAnOperationSaysWhoMayCallIt(t *testing.T) {
	h := rig(t, Options{})
	whole := operation{ID: "list-plans", Method: "GET", Path: "/all-plans", Tag: "Plans", Summary: "Plans", Right: model.ReadBoard}
	for name, spoil := range map[string]func(*operation){
		"no right":        func(o *operation) { o.Right = "" },
		"an unknown one":  func(o *operation) { o.Right = "board.reed" },
		"no summary":      func(o *operation) { o.Summary = "" },
		"a name twice":    func(o *operation) { o.ID = "list-regions" },
		"no verb":         func(o *operation) { o.ID = "plans" },
		"a silent change": func(o *operation) { o.Method = "POST" },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: it was added", name)
				}
			}()
			o := whole
			spoil(&o)
			add(h.rest, o, listRegions)
		}()
	}
}

func TestPagesOfRegions(t *testing.T) {
	h := rig(t, Options{})
	var codes []string
	for next, turns := "", 0; turns == 0 || next != ""; turns++ {
		res, body := h.ask("GET", "/api/v1/regions?limit=7&cursor="+next, "", "Authorization", "Bearer viewer")
		var page Page[Region]
		if err := json.Unmarshal([]byte(body), &page); err != nil || res.StatusCode != 200 || res.Header.Get("Cache-Control") != "no-store" {
			t.Fatalf("%s %s %v", res.Status, body, err)
		}
		for _, r := range page.Items {
			codes = append(codes, r.Code)
		}
		next = page.Next
	}
	if len(codes) != len(model.Regions) || !slices.IsSorted(codes) {
		t.Errorf("%q", codes)
	}
	for _, cursor := range []string{"garbage", "e30x", "bnVsbA", nextCursor(map[string]int{"x": 1}), nextCursor(map[string]string{"n": "99"})} {
		res, body := h.ask("GET", "/api/v1/regions?cursor="+cursor, "", "Authorization", "Bearer viewer")
		if p := strict(t, res, body); p.Code != fault.Invalid || p.Field != "cursor" {
			t.Errorf("%q: %+v", cursor, p)
		}
	}
}

func TestABearerIsVerifiedOnceAndAskedForEachTime(t *testing.T) {
	var (
		verified, asked atomic.Int32
		revoked         atomic.Bool
	)
	h := rig(t, Options{
		Authenticate: func(ctx context.Context, b string) (model.Principal, error) { verified.Add(1); return bearers(ctx, b) },
		Standing: func(model.Principal) error {
			asked.Add(1)
			if revoked.Load() {
				return fault.New(fault.SignedOut, "signed out")
			}
			return nil
		},
	})
	for range 3 {
		h.ask("GET", "/api/v1/regions", "", "Authorization", "Bearer viewer")
	}
	revoked.Store(true)
	res, body := h.ask("GET", "/api/v1/regions", "", "Authorization", "Bearer viewer")
	if p := strict(t, res, body); p.Code != fault.SignedOut || verified.Load() != 1 || asked.Load() != 4 {
		t.Errorf("%+v; verified %d times, asked %d times", p, verified.Load(), asked.Load())
	}
}

func TestTagsOfAList(t *testing.T) {
	for _, tc := range []struct {
		list      string
		none, any bool
	}{
		{`"a"`, true, true}, {`"b", "a"`, true, true}, {`W/"a"`, true, false}, {`*`, true, true}, {`"b"`, false, false}, {``, false, true},
	} {
		if got := (Conditions{tc.list}).unchanged(`"a"`) != nil; got != tc.none {
			t.Errorf("If-None-Match %s: %v", tc.list, got)
		}
		if got := (Precondition{tc.list}).holds(`"a"`) == nil; got != tc.any {
			t.Errorf("If-Match %s: %v", tc.list, got)
		}
	}
}
