package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	webhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"weer/api/hook"
	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
	"weer/model/seal"
	"weer/model/store"
)

type unheard struct{}

func (unheard) Publish(...feed.Hint) {}

// posting is a server whose webhooks are really sent, over loopback.
func posting(t *testing.T) (*harness, *store.DB) {
	t.Helper()
	db, err := store.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "weer.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	keys, err := seal.LoadOrCreate(filepath.Join(t.TempDir(), "case-key"))
	if err != nil {
		t.Fatal(err)
	}
	service := model.NewService(db, unheard{})
	hooks := hook.New(hook.Options{
		Work: service, Snapshot: db.Snapshot, Keys: keys, Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
		Owner: bearers,
	})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = hooks.Run(ctx) }()
	h := rig(t, Options{Service: service, Hooks: hooks})
	t.Cleanup(func() {
		cancel()
		<-done
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return h, db
}

// as asks with a bearer and decodes the answer.
func as[T any](h *harness, bearer, method, path, body string, headers ...string) (res *http.Response, out T, text string) {
	h.t.Helper()
	headers = append(headers, "Authorization", "Bearer "+bearer)
	if method != "GET" && body != "" {
		headers = append(headers, "Content-Type", "application/json")
	}
	res, text = h.ask(method, base+path, body, headers...)
	if res.StatusCode < 300 {
		if err := json.Unmarshal([]byte(text), &out); err != nil {
			h.t.Errorf("%s %s: %v: %s", method, path, err, text)
		}
	}
	return res, out, text
}

func TestTheLifeOfAWebhook(t *testing.T) {
	type request struct {
		header http.Header
		body   []byte
	}
	got := make(chan request, 10)
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- request{r.Header, body}
		w.WriteHeader(http.StatusAccepted)
	}))
	defer target.Close()
	arrived := func() request {
		t.Helper()
		select {
		case r := <-got:
			return r
		case <-time.After(10 * time.Second):
			t.Fatal("nothing arrived within 10 s")
		}
		panic("unreachable")
	}
	h, _ := posting(t)
	const me = "integration-11"
	command := fmt.Sprintf(`{"feed":"region:11","url":"%s/weer?token=hunter2"}`, target.URL)
	res, made, text := as[NewWebhook](h, me, "POST", "/webhooks", command, "Idempotency-Key", "k1")
	if res.StatusCode != http.StatusCreated || made.State != model.HookActive || made.Owner != me || !strings.HasPrefix(made.Secret, "whsec_") || res.Header.Get("ETag") != `"1"` {
		t.Fatalf("%s %s", res.Status, text)
	}
	verifier, err := webhooks.NewWebhook(made.Secret)
	if err != nil {
		t.Fatal(err)
	}
	first := arrived()
	if err := verifier.Verify(first.body, first.header); err != nil || !bytes.Contains(first.body, []byte(hook.TypeReset)) {
		t.Errorf("the first delivery: %v, %s", err, first.body)
	}
	again, same, _ := as[NewWebhook](h, me, "POST", "/webhooks", command, "Idempotency-Key", "k1")
	if again.Header.Get("Idempotency-Replayed") != "true" || same.ID != made.ID || same.Secret != made.Secret {
		t.Errorf("the command again: %s, %+v", again.Status, same)
	}
	path := "/webhooks/" + made.ID
	if _, test, text := as[WebhookTest](h, me, "POST", path+"/test", ""); test.Status != 202 || test.Failure != "" {
		t.Errorf("a test: %s", text)
	}
	if ping := arrived(); verifier.Verify(ping.body, ping.header) != nil || !bytes.Contains(ping.body, []byte(hook.TypePing)) {
		t.Errorf("the test: %s", ping.body)
	}
	res, _, text = as[ChangedWebhook](h, me, "PATCH", path, `{"paused":true}`, "If-Match", `"7"`)
	if res.StatusCode != http.StatusPreconditionFailed {
		t.Errorf("another revision: %s %s", res.Status, text)
	}
	res, paused, text := as[ChangedWebhook](h, me, "PATCH", path, `{"paused":true}`, "If-Match", `"1"`)
	if paused.State != model.HookPaused || paused.Why != model.HookAsked || res.Header.Get("ETag") != `"2"` {
		t.Errorf("paused: %s %s", res.Status, text)
	}
	if _, _, text := as[ChangedWebhook](h, me, "POST", path+"/replay", `{}`); !strings.Contains(text, `"state":"paused"`) {
		t.Errorf("replayed: %s", text)
	}
	if _, resumed, text := as[ChangedWebhook](h, me, "PATCH", path, `{"paused":false}`); resumed.State != model.HookActive {
		t.Errorf("resumed: %s", text)
	}
	if reset := arrived(); verifier.Verify(reset.body, reset.header) != nil || !bytes.Contains(reset.body, []byte(hook.TypeReset)) {
		t.Errorf("the replay: %s", reset.body)
	}
	if res, letters, text := as[Page[DeadLetter]](h, me, "GET", path+"/dead-letters", ""); res.StatusCode != 200 || len(letters.Items) != 0 {
		t.Errorf("dead letters: %s", text)
	}
	if res, _, text := as[struct{}](h, me, "DELETE", path, "", "If-Match", "*"); res.StatusCode != 200 {
		t.Errorf("deleted: %s %s", res.Status, text)
	}
	if strings.Contains(h.log.String(), "hunter2") || strings.Contains(h.log.String(), made.Secret) {
		t.Error("the log holds the target or the secret")
	}
}

func TestWebhooksOfOthers(t *testing.T) {
	h, _ := posting(t)
	var ids []string
	for range 3 {
		_, made, text := as[NewWebhook](h, "integration-11", "POST", "/webhooks", `{"feed":"region:11","url":"https://127.0.0.1:1/"}`)
		if made.ID == "" {
			t.Fatal(text)
		}
		ids = append(ids, made.ID)
	}
	path := "/webhooks/" + ids[0]
	for _, c := range []struct{ method, path, body string }{
		{"GET", path, ""}, {"PATCH", path, `{"paused":true}`}, {"DELETE", path, ""}, {"POST", path + "/replay", `{}`},
		{"POST", path + "/test", ""}, {"GET", path + "/dead-letters", ""},
		{"GET", "/webhooks/0197a2b4-8c6e-7d10-9a3f-1d2c3b4a5968", ""}, // there is none, which is not told either
	} {
		res, _, text := as[struct{}](h, "integration-26", c.method, c.path, c.body)
		if p := strict(t, res, text); p.Code != fault.Forbidden {
			t.Errorf("%s %s by a stranger: %s", c.method, c.path, text)
		}
	}
	if res, _, text := as[struct{}](h, "admin", "GET", "/webhooks/0197a2b4-8c6e-7d10-9a3f-1d2c3b4a5968", ""); strict(t, res, text).Code != fault.NotFound {
		t.Errorf("an administrator, where there is none: %s", text)
	}
	if _, one, text := as[Webhook](h, "admin", "GET", path, ""); one.ID != ids[0] {
		t.Errorf("an administrator: %s", text)
	}
	_, page, _ := as[Page[Webhook]](h, "admin", "GET", "/webhooks?limit=2", "")
	if len(page.Items) != 2 || page.Items[0].ID != ids[0] || page.Next == "" {
		t.Fatalf("the first page: %+v", page)
	}
	_, rest, _ := as[Page[Webhook]](h, "admin", "GET", "/webhooks?limit=2&cursor="+page.Next, "")
	if len(rest.Items) != 1 || rest.Items[0].ID != ids[2] || rest.Next != "" {
		t.Errorf("the second: %+v", rest)
	}
	if _, none, _ := as[Page[Webhook]](h, "integration-26", "GET", "/webhooks", ""); len(none.Items) != 0 {
		t.Errorf("a stranger's list: %+v", none)
	}
}

func TestWebhooksThatAreRefused(t *testing.T) {
	h, db := posting(t)
	for name, c := range map[string]struct {
		bearer, body string
		code         fault.Code
		field        string
	}{
		"http to the world":      {"admin", `{"feed":"region:11","url":"http://1.1.1.1/hunter2"}`, fault.Invalid, "url"},
		"a private address":      {"admin", `{"feed":"region:11","url":"https://10.0.0.1/hunter2"}`, fault.Invalid, "url"},
		"the cloud's metadata":   {"admin", `{"feed":"region:11","url":"https://169.254.169.254/hunter2"}`, fault.Invalid, "url"},
		"this machine, mapped":   {"admin", `{"feed":"region:11","url":"https://[::ffff:127.0.0.1]/hunter2"}`, fault.Invalid, "url"},
		"a password":             {"admin", `{"feed":"region:11","url":"https://a:hunter2@receiver.example/"}`, fault.Invalid, "url"},
		"no URL":                 {"admin", `{"feed":"region:11"}`, fault.Invalid, "url"},
		"another field":          {"admin", `{"feed":"region:11","url":"https://receiver.example/","secret":"hunter2"}`, fault.Invalid, "secret"},
		"no feed of that name":   {"admin", `{"feed":"hunter2","url":"https://receiver.example/"}`, fault.UnknownFeed, "feed"},
		"the nodes' feed":        {"admin", `{"feed":"system","url":"https://receiver.example/"}`, fault.Forbidden, "feed"},
		"somebody else's feed":   {"integration-11", `{"feed":"hospital:A1100001","url":"https://receiver.example/"}`, fault.Forbidden, "feed"},
		"a role that may not":    {"viewer", `{"feed":"region:11","url":"https://receiver.example/"}`, fault.Forbidden, ""},
		"another that may not":   {"crew", `{"feed":"region:11","url":"https://receiver.example/"}`, fault.Forbidden, ""},
		"control characters":     {"admin", "{\"feed\":\"region:11\",\"url\":\"https://receiver.example/\\u0000hunter2\"}", fault.Invalid, "url"},
		"more than a URL can be": {"admin", `{"feed":"region:11","url":"https://receiver.example/` + strings.Repeat("a", 2000) + `"}`, fault.Invalid, "url"},
	} {
		res, _, text := as[struct{}](h, c.bearer, "POST", "/webhooks", c.body)
		if p := strict(t, res, text); p.Code != c.code || p.Field != c.field {
			t.Errorf("%s: %s", name, text)
		}
		if strings.Contains(text, "hunter2") {
			t.Errorf("%s: the answer repeats what was sent: %s", name, text)
		}
	}
	if list, err := db.Webhooks(t.Context(), "", "", 1); err != nil || len(list) != 0 {
		t.Errorf("%d were made, %v", len(list), err)
	}
}

// A cursor that somebody made is refused before it reaches the database, where a
// text that no id can be fails in MySQL.
func TestCursorsThatSomebodyMade(t *testing.T) {
	h, _ := posting(t)
	for _, id := range []string{"한글", "a b", "'; DROP TABLE webhook; --", strings.Repeat("a", 41), "\x00"} {
		cursor := nextCursor(model.Made{ID: id})
		for _, path := range []string{"/webhooks", "/webhooks/0197a2b4-8c6e-7d10-9a3f-1d2c3b4a5968/dead-letters"} {
			res, _, text := as[struct{}](h, "admin", "GET", path+"?cursor="+cursor, "")
			if p := strict(t, res, text); p.Code != fault.Invalid || p.Field != "cursor" {
				t.Errorf("%s after %q: %s", path, id, text)
			}
		}
	}
}
