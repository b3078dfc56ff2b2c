package client

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
)

// A keyring keeps the token between sockets.
type keyring struct {
	fetch func(context.Context) (string, error)

	mu      sync.Mutex // never held while fetching
	token   string
	renewAt time.Time // local; zero: a server has not told yet
	expired string    // the token that a server refused as expired
}

// get returns the token that is kept, or a new one. One caller at a time.
func (k *keyring) get(ctx context.Context) (string, error) {
	if token := k.kept(); token != "" {
		return token, nil
	}
	token, err := k.fetch(ctx)
	if err != nil {
		return "", err
	}
	return token, k.keep(token)
}

func (k *keyring) kept() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.renewAt.IsZero() || time.Now().Before(k.renewAt) {
		return k.token
	}
	return ""
}

func (k *keyring) keep(token string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch token {
	case "":
		return fault.New(fault.TokenInvalid, "there is no token; sign in first")
	case k.expired:
		return fault.New(fault.TokenInvalid, "the token's time is over, and there is no newer one")
	}
	k.token, k.renewAt = token, time.Time{}
	return nil
}

// discard forgets a token that a server called expired. The same one again
// would end the same, so it counts as none.
func (k *keyring) discard() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.expired, k.token = k.token, ""
}

// over is discard for one of several users of a keyring: another may have
// fetched a newer token since.
func (k *keyring) over(token string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.token == token {
		k.expired, k.token = token, ""
	}
}

// accepted takes from a welcome when the token is to be renewed: after four
// fifths of what is left of it, by the server's clock.
func (k *keyring) accepted(w *feed.Welcome) (renewAt time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.renewAt = time.Time{}
	if left := w.ExpiresAt.Std().Sub(w.At.Std()); w.ExpiresAt != 0 && left > 0 {
		k.renewAt = time.Now().Add(left / 5 * 4)
	}
	return k.renewAt
}

// A Demo says for whom a demo token is meant: a crew with its Unit, a Hospital's
// console, or a control room of Regions. Empty it is a viewer.
type Demo struct {
	Role     model.Role `json:"role,omitempty"`
	Unit     string     `json:"unit,omitempty"`
	Hospital string     `json:"hospital,omitempty"`
	Regions  []string   `json:"regions,omitempty"`
}

// DemoToken returns a source of tokens for Options.Token: the ten-minute viewer
// that a server in simulated mode gives to programs on its own machine. The
// bases, as in Options.URLs, are tried in order.
func DemoToken(bases ...string) func(context.Context) (string, error) {
	return DemoTokenFor(Demo{}, bases...)
}

// DemoTokenFor is DemoToken for somebody who acts.
func DemoTokenFor(who Demo, bases ...string) func(context.Context) (string, error) {
	return func(ctx context.Context) (token string, err error) {
		err = fault.Bad("URLs", "a demo token needs the URL of a server")
		for _, base := range bases {
			if token, err = demoToken(ctx, base, who); err == nil {
				return token, nil
			}
		}
		return "", err
	}
}

func demoToken(ctx context.Context, base string, who Demo) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	body, err := encode(who)
	if err != nil {
		return "", err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, httpBase(base)+"/demo/token", strings.NewReader(body))
	if err != nil {
		return "", fault.Bad("URLs", "%q is no URL like http://127.0.0.1:8080", redacted(base))
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", fault.Wrap(fault.Unavailable, err, "%s does not answer", req.URL.Host)
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusNotFound {
		return "", fault.New(fault.TokenInvalid, "%s gives no demo token (it is not simulated); a token has to be named", req.URL.Host)
	}
	if resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusCreated {
		return "", refusal(resp)
	}
	var answer struct {
		Token string `json:"token"`
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, 64<<10)).Decode(&answer); err != nil || answer.Token == "" {
		return "", fault.Wrap(fault.Unavailable, err, "%s gave no demo token", req.URL.Host)
	}
	return answer.Token, nil
}

func httpBase(base string) string {
	base = strings.TrimSuffix(strings.TrimSuffix(base, "/"), "/ws")
	if rest, ok := strings.CutPrefix(base, "ws"); ok {
		base = "http" + rest
	}
	return base
}
