package client

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	mathrand "math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"weer/model/fault"
)

// RESTOptions of a REST.
type RESTOptions struct {
	// URLs are the servers, the preferred one first, as in [Options].
	URLs []string
	// Token as in [Options], and the same function may serve both: it is called
	// before the first call and when a server calls the token over.
	Token func(context.Context) (string, error)
	// HTTPClient makes the calls; nil: http.DefaultClient.
	HTTPClient *http.Client
}

// A REST calls operations below /api/v1 on one of several servers. Each call is
// repeated where the table of codes says that this may help: on the next server
// after one that does not answer, after the wait that a server asks for, with a
// newer token when one is over; at most [maxTries] times and only while its ctx
// lasts. A command keeps its Idempotency-Key over all of that, so it is carried
// out once however often an answer is lost. Errors are *fault.Error, or ctx's.
//
// Its methods may be called from any goroutine.
type REST struct {
	bases []string
	keys  *keyring
	turn  chan struct{} // held by who fetches a token
	http  *http.Client

	mu sync.Mutex
	at int // index of the server that answered last
}

// NewREST makes a REST. The error is a *fault.Error that names the option.
func NewREST(o RESTOptions) (*REST, error) {
	if o.Token == nil {
		return nil, fault.Bad("Token", "a client needs a source of tokens")
	}
	return newREST(o)
}

func newREST(o RESTOptions) (*REST, error) {
	if _, err := socketURLs(o.URLs); err != nil {
		return nil, err
	}
	r := &REST{keys: &keyring{fetch: o.Token}, turn: make(chan struct{}, 1), http: o.HTTPClient}
	if r.http == nil {
		r.http = http.DefaultClient
	}
	for _, base := range o.URLs {
		r.bases = append(r.bases, httpBase(base)+"/api/v1")
	}
	return r, nil
}

const (
	maxTries    = 6
	longestWait = 30 * time.Second // a server that asks for more is an error, with what it asked
	tryTime     = 8 * time.Second  // of one try: longer than a server's own deadline
	maxAnswer   = 16 << 20         // bytes of the largest answer that is taken
)

// A Request is one call of an operation.
type Request struct {
	Method string
	Path   string // below /api/v1, its parts escaped where they need to be
	Query  url.Values
	Body   any // sent as JSON; nil: none
	// Key is a command's Idempotency-Key: one for each command, not for each
	// patient. "" is a new one for this call.
	Key string
	// IfMatch is the ETag of the version that a change is meant for.
	IfMatch string

	public  bool          // needs no token
	keyless bool          // says how things are now, and is carried out each time
	bearer  string        // the token to send, instead of the source's
	within  time.Duration // of one try; 0: tryTime
}

// Do calls an operation and reads its answer into out, a pointer or nil.
func (r *REST) Do(ctx context.Context, q Request, out any) error {
	if q.Key == "" && q.Method != http.MethodGet && !q.public && !q.keyless {
		q.Key = rand.Text()
	}
	body, err := encode(q.Body)
	if err != nil {
		return err
	}
	for try := 1; ; try++ {
		at := r.server()
		token, err := r.token(ctx, q)
		if err != nil {
			return err
		}
		err = r.try(ctx, r.bases[at], token, q, body, out)
		wait, again := r.judge(err, q, at, token, try)
		if !again {
			return orCtx(ctx, err)
		}
		if !sleep(ctx, wait) {
			return ctx.Err()
		}
	}
}

func encode(body any) (string, error) {
	if body == nil {
		return "", nil
	}
	b, err := json.Marshal(body)
	if err != nil {
		return "", fault.Wrap(fault.Invalid, err, "the body cannot be written as JSON")
	}
	return string(b), nil
}

// orCtx prefers the error of a context that ended: whatever failed, failed by it.
func orCtx(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

func (r *REST) server() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.at
}

// leave goes on to the next server, unless another call did already.
func (r *REST) leave(at int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.at == at {
		r.at = (at + 1) % len(r.bases)
	}
}

func (r *REST) token(ctx context.Context, q Request) (string, error) {
	if q.public || q.bearer != "" {
		return q.bearer, nil
	}
	select {
	case r.turn <- struct{}{}:
		defer func() { <-r.turn }()
		return r.keys.get(ctx)
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// try asks one server once.
func (r *REST) try(ctx context.Context, base, token string, q Request, body string, out any) error {
	within := q.within
	if within == 0 {
		within = tryTime
	}
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	req, err := q.request(ctx, base, token, body)
	if err != nil {
		return err
	}
	resp, err := r.http.Do(req)
	if err != nil {
		return fault.Wrap(fault.Unavailable, err, "%s does not answer", req.URL.Host)
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		return refusal(resp)
	}
	return decode(resp, out)
}

func (q Request) request(ctx context.Context, base, token, body string) (*http.Request, error) {
	address := base + q.Path
	if len(q.Query) > 0 {
		address += "?" + q.Query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, q.Method, address, strings.NewReader(body))
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "this is no request that can be sent")
	}
	for name, value := range map[string]string{"Idempotency-Key": q.Key, "If-Match": q.IfMatch} {
		if value != "" {
			req.Header.Set(name, value)
		}
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	return req, nil
}

// decode reads an answer. One that breaks off was lost, like one that never came.
func decode(resp *http.Response, out any) error {
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return fault.Wrap(fault.Unavailable, err, "the answer of %s broke off", resp.Request.URL.Host)
	}
	if out == nil || len(b) == 0 {
		return nil
	}
	if err := json.Unmarshal(b, out); err != nil {
		return fault.Wrap(fault.Unavailable, err, "the answer of %s is not what it should be", resp.Request.URL.Host)
	}
	return nil
}

// judge decides after a failed try whether to ask again, and when.
func (r *REST) judge(err error, q Request, at int, token string, try int) (wait time.Duration, again bool) {
	var e *fault.Error
	if !errors.As(err, &e) || try == maxTries {
		return 0, false
	}
	jitter := mathrand.N(min(firstWait<<try, longWait))
	switch e.Code.Row().Action {
	case fault.ActionRetry:
		r.leave(at)
		return jitter, true
	case fault.ActionRetryAfter:
		if e.Code != fault.TooManyRequests { // the next server counts the same tries
			r.leave(at)
		}
		return e.RetryAfter + jitter, e.RetryAfter <= longestWait
	case fault.ActionRefreshToken:
		r.keys.over(token)
		return 0, q.bearer == "" && !q.public
	}
	return 0, false
}
