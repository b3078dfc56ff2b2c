package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	webhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"weer/api/hook"
	"weer/model"
	"weer/model/feed"
)

// A mirror is another system that holds a region by webhooks alone.
type mirror struct {
	mu       sync.Mutex
	verifier *webhooks.Webhook
	state    *feed.State
	wrong    error
}

func (m *mirror) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	defer m.mu.Unlock()
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = m.verifier.Verify(body, r.Header)
	}
	if err == nil {
		err = m.apply(body)
	}
	m.wrong = errors.Join(m.wrong, err)
}

// apply takes a batch and proves each event by its digest.
func (m *mirror) apply(body []byte) error {
	var batch []struct {
		Type string
		Data struct {
			Epoch         string
			Seq, From, To uint64
			Digest        feed.Digest
			Keys          []feed.Entry
		}
	}
	if err := json.Unmarshal(body, &batch); err != nil {
		return err
	}
	for _, e := range batch {
		if e.Type == hook.TypeReset {
			m.state.Load(e.Data.Epoch, e.Data.Seq, e.Data.Keys)
		} else if _, err := m.state.Apply(e.Data.From, e.Data.To, e.Data.Keys); err != nil {
			return err
		}
		if m.state.Digest() != e.Data.Digest {
			return fmt.Errorf("at %d the digest is %s, not %s", m.state.Seq(), m.state.Digest(), e.Data.Digest)
		}
	}
	return nil
}

// mirror holds a feed by a webhook that belongs to a key.
func (r *running) mirror(key model.APIKey, of string) (*mirror, model.APIKey, model.Webhook, string) {
	r.t.Helper()
	admin := model.WithCall(r.t.Context(), model.Call{By: model.Principal{Role: model.RoleAdmin, Subject: "admin", Session: "s"}})
	key.ID, key.Name, key.Hash, key.ExpiresAt = uuid.NewString(), "mirror", "h", feed.At(time.Now().Add(24*time.Hour))
	key, _, err := r.service.CreateAPIKey(admin, key)
	if err != nil {
		r.t.Fatal(err)
	}
	m := &mirror{state: feed.NewState(false)}
	target := httptest.NewServer(m)
	r.t.Cleanup(target.Close)
	m.mu.Lock() // until the secret is known
	defer m.mu.Unlock()
	w, secret, _, err := r.hooks.Create(model.WithCall(r.t.Context(), model.Call{By: key.Principal()}), of, target.URL)
	if err == nil {
		m.verifier, err = webhooks.NewWebhook(secret)
	}
	if err != nil {
		r.t.Fatal(err)
	}
	return m, key, w, secret
}

// request is a request as the mirror of its hospital holds it.
func (m *mirror) request(id string) (v model.RequestValue, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, e := range m.state.Live() {
		if e.Key == "request/"+id {
			return v, json.Unmarshal(e.Value, &v)
		}
	}
	return v, fmt.Errorf("the mirror has no request %s", id)
}

// The second channel of a request that nobody answers: a lamp or a pager of the
// emergency room hears of it by webhook as the request's escalation, and of the
// answer that ends it.
func TestTheSecondChannelHearsOfARequestThatWaits(t *testing.T) {
	t.Parallel() // it waits for most of its time
	n := begin(t, "--database-url", "sqlite:"+filepath.Join(t.TempDir(), "weer.db"), "--roles", "api,hub",
		"--answer-steps", "1s,2s,60s", "--hook-networks", "127.0.0.0/8")
	defer n.end()
	n.mention(ownHospital)
	lamp, _, _, _ := n.mirror(model.APIKey{Hospital: ownHospital, Scopes: []model.Right{model.ManageHooks, model.ReadHospitalFeed}}, "hospital:"+ownHospital)
	id := n.asked(ownHospital)
	hears := func(what string, so func(model.RequestValue) bool) {
		t.Helper()
		n.until(func() error {
			v, err := lamp.request(id)
			if err == nil && !so(v) {
				err = fmt.Errorf("%s is not heard: %+v", what, v)
			}
			return err
		})
	}
	hears("the second channel", func(v model.RequestValue) bool {
		return v.Escalation == model.EscalatedSecond && v.State == model.Pending
	})
	if _, err := n.service.RejectRequest(n.nurse(ownHospital), model.RejectCommand{ID: id, Reason: model.ReasonNoStaff}); err != nil {
		t.Fatal(err)
	}
	hears("the answer", func(v model.RequestValue) bool { return v.State == model.Rejected })
	if lamp.wrong != nil {
		t.Error(lamp.wrong)
	}
}

// A region polled on a node is held by another system, until the key with which
// it asked for it is revoked.
func TestAnotherSystemHoldsARegionByWebhooks(t *testing.T) {
	file := filepath.Join(t.TempDir(), "weer.db")
	n := begin(t, "--database-url", "sqlite:"+file, "--egen-interval", "1s", "--hook-networks", "127.0.0.0/8")
	defer n.end()
	admin := model.WithCall(t.Context(), model.Call{By: model.Principal{Role: model.RoleAdmin, Subject: "admin", Session: "s"}})
	m, key, w, secret := n.mirror(model.APIKey{Scopes: []model.Right{model.ManageHooks, model.ReadBoard}}, "region:11")
	n.until(func() error {
		at, err := n.db.Snapshot(t.Context(), "region:11")
		m.mu.Lock()
		defer m.mu.Unlock()
		if err == nil && (at.Seq < 3 || m.state.Seq() != at.Seq || m.state.Digest() != at.Digest || len(m.state.Live()) == 0) {
			err = fmt.Errorf("the mirror is at %d of %d", m.state.Seq(), at.Seq)
		}
		return err
	})
	if _, err := n.service.RevokeAPIKey(admin, key.ID); err != nil {
		t.Fatal(err)
	}
	n.until(func() error {
		now, err := n.service.Webhook(admin, w.ID)
		if err == nil && (now.State != model.HookPaused || now.Why != model.HookForbidden) {
			err = fmt.Errorf("the webhook is %s", now.State)
		}
		return err
	})
	if m.wrong != nil {
		t.Error(m.wrong)
	}
	_, metrics := n.do("GET", "/metrics", "")
	for _, want := range []string{`weer_webhook_requests_total{result="taken"}`, "weer_webhook_resets_total 1", "weer_webhook_suspended_total 1"} {
		if !strings.Contains(metrics, want) {
			t.Errorf("the metrics have no %s", want)
		}
	}
	coded := strings.TrimPrefix(secret, "whsec_")
	raw, err := base64.StdEncoding.DecodeString(coded)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{file, file + "-wal"} {
		text, err := os.ReadFile(name)
		if err != nil || bytes.Contains(text, raw) || bytes.Contains(text, []byte(coded)) {
			t.Errorf("%s holds the secret in clear, or is not there: %v", name, err)
		}
	}
}

func TestHookNetworksAreNetworks(t *testing.T) {
	for text, good := range map[string]bool{"10.20.0.0/16": true, "127.0.0.1": true, "fd00::/8": true, "inside": false, "10.0.0.0/99": false} {
		var c cli
		args := []string{"serve", "--addr", "127.0.0.1:0", "--hook-networks", text}
		if _, err := parse(t.Context(), &c, args, outlet{io.Discard, io.Discard}); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Serve.settings(); (err == nil) != good || !good && !strings.Contains(err.Error(), "WEER_HOOK_NETWORKS") {
			t.Errorf("%s: %v", text, err)
		}
	}
}
