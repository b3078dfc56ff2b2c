package hook

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"weer/deploy/lab"
	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
	"weer/model/seal"
	"weer/model/store"
)

type quiet struct{}

func (quiet) Publish(...feed.Hint) {}

var databases = map[string]func(testing.TB) string{
	"sqlite":  func(tb testing.TB) string { return "sqlite:" + filepath.Join(tb.TempDir(), "weer.db") },
	"mariadb": lab.MariaDB,
}

// A site is hooks over a real database and a real network.
type site struct {
	db     *store.DB
	work   *model.Service
	owners *owners
	keys   *chest
	roots  *x509.CertPool
}

func newSite(t *testing.T, url string) *site {
	t.Helper()
	db, err := store.Open(t.Context(), url, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return &site{db: db, work: model.NewService(db, quiet{}), owners: newOwners(), keys: newChest(t), roots: x509.NewCertPool()}
}

func (s *site) node() *Hooks {
	h := New(Options{Work: s.work, Snapshot: s.db.Snapshot, Keys: s.keys, Owner: s.owners.ask, Networks: loopback, Build: "test"})
	dialer := &net.Dialer{Timeout: connectTime, Control: h.targets.control("https")}
	h.poster.clients["https"] = newClient(dialer.DialContext, s.roots)
	return h
}

// run runs hooks until the test ends.
func (s *site) run(t *testing.T, h *Hooks) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = h.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
}

// serve runs a receiver over TLS and makes a webhook for it.
func (s *site) serve(t *testing.T, h *Hooks, r *receiver) (id string) {
	t.Helper()
	server := httptest.NewUnstartedServer(r)
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	s.roots.AddCert(server.Certificate())
	w, secret, _, err := h.Create(asKey(t.Context()), region, server.URL+"/weer")
	if err != nil {
		t.Fatal(err)
	}
	r.secret = secret
	return w.ID
}

func (s *site) put(t *testing.T, key string, value int) {
	t.Helper()
	_, _, err := s.db.Write(t.Context(), func(_ context.Context, tx model.Tx) error {
		if value < 0 {
			return tx.Remove(region, key)
		}
		return tx.Put(region, key, map[string]any{"value": value, "text": "강남"})
	})
	if err != nil {
		t.Error(err)
	}
}

// same reports whether a receiver holds what the database holds.
func (s *site) same(t *testing.T, r *receiver) bool {
	t.Helper()
	snapshot, err := s.db.Snapshot(t.Context(), region)
	if err != nil {
		t.Fatal(err)
	}
	at, have := r.held()
	want := map[string]string{}
	for _, e := range snapshot.Entries {
		if !e.Gone {
			want[e.Key] = string(e.Value)
		}
	}
	return at.Epoch == snapshot.Epoch && at.Seq == snapshot.Seq && maps.Equal(have, want)
}

// settled waits until nothing is owed to a webhook and nobody has claimed it.
func (s *site) settled(t *testing.T, id string) {
	t.Helper()
	limit := time.After(20 * time.Second)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		w, err := s.work.Webhook(asKey(t.Context()), id)
		if err != nil {
			t.Fatal(err)
		}
		log, err := s.work.Backlog(t.Context(), w.Place, 1)
		if err == nil && w.State == model.HookActive && w.Claim == "" && log.Reset(w.Place) == "" && len(log.Events) == 0 {
			return
		}
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("not settled within 20 s: %s, %+v, %v", w.State, w.Place, err)
		}
	}
}

// Two nodes, one database, a target that answers as it likes, and writers: what
// arrives is the feed, in order, over TLS.
func TestARealTargetHoldsTheFeed(t *testing.T) {
	for name, newURL := range databases {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, newURL(t))
			s.put(t, "A0/er", 1)
			first, second := s.node(), s.node()
			r := newReceiver(t)
			r.answer = func(n int, w http.ResponseWriter, _ *http.Request) {
				if n%9 == 4 {
					w.WriteHeader(http.StatusBadGateway)
				}
			}
			id := s.serve(t, first, r)
			s.run(t, first)
			s.run(t, second)
			var writers sync.WaitGroup
			for i := range 2 {
				writers.Go(func() {
					for j := range 60 {
						s.put(t, fmt.Sprintf("A%d/er", j%5), (i+1)*j%7-1)
						first.Wake()
						second.Wake()
					}
				})
			}
			writers.Wait()
			r.until(t, "the feed's state at the receiver", func() bool { return s.same(t, r) })
			s.settled(t, id) // the answer is written down after it was given
			_, events, resets := r.seen()
			if len(resets) != 1 {
				t.Errorf("resets %q", resets)
			}
			seen := map[string]bool{}
			for _, e := range events {
				if seen[e] {
					t.Errorf("event %s came twice", e)
				}
				seen[e] = true
			}
		})
	}
}

func TestATestArrivesAndTellsWhatTheTargetSaid(t *testing.T) {
	s := newSite(t, databases["sqlite"](t))
	h := s.node()
	r := newReceiver(t)
	r.answer = answers(200, 503)
	id := s.serve(t, h, r)
	ping, _, err := h.Ping(asKey(t.Context()), id)
	if err != nil || ping.Status != 200 || ping.Failure != "" || r.pings != 1 {
		t.Errorf("%+v, %v, %d pings", ping, err, r.pings)
	}
	if ping, _, err = h.Ping(asKey(t.Context()), id); err != nil || ping.Status != 503 || ping.Failure != model.HookStatus {
		t.Errorf("%+v, %v", ping, err)
	}
	stranger := key
	stranger.Key = "k2"
	if _, _, err := h.Ping(model.WithCall(t.Context(), model.Call{By: stranger}), id); !fault.Is(err, fault.Forbidden) {
		t.Errorf("a stranger's test: %v", err)
	}
	if w, err := s.work.Webhook(asKey(t.Context()), id); err != nil || w.Failures != 0 || w.Place.Epoch != "" {
		t.Errorf("a test changed it: %+v, %v", w, err)
	}
}

func TestHowATargetFailsIsToldByItsKindOnly(t *testing.T) {
	s := newSite(t, databases["sqlite"](t))
	h := s.node()
	defer h.poster.close()
	secure := httptest.NewTLSServer(http.NotFoundHandler()) // whose certificate nobody trusts yet
	defer secure.Close()
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	old := httptest.NewUnstartedServer(http.NotFoundHandler())
	old.TLS = &tls.Config{MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}
	old.StartTLS()
	defer old.Close()
	for _, server := range []*httptest.Server{secure, old} {
		server.Config.ErrorLog = log.New(io.Discard, "", 0)
	}
	gone, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone.Close()
	for url, want := range map[string]model.HookFailure{
		secure.URL: model.HookTLS,
		strings.Replace(plain.URL, "http", "https", 1): model.HookTLS,
		old.URL:                                     model.HookTLS,
		"https://" + gone.Addr().String() + "/":     model.HookConnection,
		"https://receiver.invalid/":                 model.HookNoAddress,
		"https://169.254.169.254/latest/meta-data/": model.HookTarget,
		plain.URL: model.HookStatus, // 404, on an allowed network
	} {
		a, err := h.poster.post(t.Context(), url, make([]byte, seal.KeySize), pingOf(model.Webhook{ID: "w", Feed: region}, "p", time.Now()))
		if err != nil || a.failure != want {
			t.Errorf("%s: %+v, %v; want %s", url, a, err, want)
		}
	}
}

func TestTheSecretIsToldOnceToWhoeverAsked(t *testing.T) {
	s := newSite(t, databases["sqlite"](t))
	h := s.node()
	call := model.Call{By: key, Key: "once", Digest: "d"}
	ctx := model.WithCall(t.Context(), call)
	first, secret, receipt, err := h.Create(ctx, region, "https://receiver.example/")
	if err != nil || receipt.Replayed || !strings.HasPrefix(secret, "whsec_") {
		t.Fatalf("%+v, %v", receipt, err)
	}
	again, same, receipt, err := h.Create(ctx, region, "https://receiver.example/")
	if err != nil || !receipt.Replayed || again.ID != first.ID || same != secret {
		t.Errorf("the command repeated: %s, then %s, %v", first.ID, again.ID, err)
	}
	list, err := s.work.Webhooks(ctx, "", 10)
	if err != nil || len(list) != 1 {
		t.Errorf("%d webhooks, %v", len(list), err)
	}
	held, err := s.db.Recall(t.Context(), key.Actor(), "once")
	if err != nil || strings.Contains(string(held.Result), strings.TrimPrefix(secret, "whsec_")) {
		t.Errorf("the receipt holds the secret, or there is none: %v", err)
	}
	if text, err := json.Marshal(receipt); err != nil || strings.Contains(string(text), "whsec") {
		t.Errorf("%s, %v", text, err)
	}
}
