package hook

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	webhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"weer/model"
)

// Bounds of one request.
const (
	connectTime = 5 * time.Second
	postTime    = 10 * time.Second // all of it
	maxHeader   = 16 << 10         // bytes of an answer's headers
	maxAnswer   = 4 << 10          // bytes of an answer's body that are read, only to keep the connection
)

// An answer is what came of a request.
type answer struct {
	status     int // 0 without an answer
	failure    model.HookFailure
	retryAfter time.Duration
}

// A poster sends requests to targets.
type poster struct {
	clients map[string]*http.Client // by scheme
	agent   string
}

// A dial is net.Dialer.DialContext.
type dial func(ctx context.Context, network, address string) (net.Conn, error)

func newPoster(t targets, agent string) *poster {
	p := &poster{agent: agent, clients: map[string]*http.Client{}}
	for _, scheme := range []string{"https", "http"} {
		d := &net.Dialer{Timeout: connectTime, Control: t.control(scheme)}
		p.clients[scheme] = newClient(d.DialContext, nil)
	}
	return p
}

// newClient makes a client that goes nowhere but to the target: no proxy, no
// redirect, no cookie. A connection that is kept was checked when it was made.
func newClient(dial dial, roots *x509.CertPool) *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			DialContext: dial, ForceAttemptHTTP2: true, DisableCompression: true,
			TLSClientConfig:     &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots},
			TLSHandshakeTimeout: connectTime, MaxResponseHeaderBytes: maxHeader,
			MaxIdleConnsPerHost: 1, MaxIdleConns: 100, IdleConnTimeout: 30 * time.Second,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// close drops the connections that are kept.
func (p *poster) close() {
	for _, c := range p.clients {
		c.CloseIdleConnections()
	}
}

// post sends a message, signed with a secret, and waits for the answer: for
// [postTime] at most.
func (p *poster) post(ctx context.Context, url string, secret []byte, m message) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, postTime)
	defer cancel()
	req, err := p.request(ctx, url, secret, m)
	if err != nil {
		return answer{}, err
	}
	client, ok := p.clients[req.URL.Scheme]
	if !ok {
		return answer{}, errors.New("a webhook's URL has no scheme that is posted to")
	}
	resp, err := client.Do(req)
	if err != nil {
		return answer{failure: failureOf(err)}, nil
	}
	defer resp.Body.Close() //nolint:errcheck // nothing of it is needed
	if resp.ContentLength > 0 && resp.ContentLength <= maxAnswer {
		_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, maxAnswer)) // or else the connection is dropped, no more
	}
	return judge(resp), nil
}

func (p *poster) request(ctx context.Context, url string, secret []byte, m message) (*http.Request, error) {
	body, err := json.Marshal(m.events)
	if err != nil {
		return nil, err
	}
	signer, err := webhooks.NewWebhookRaw(secret)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	signature, err := signer.Sign(m.id, now, body)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	for name, value := range map[string]string{
		"Content-Type": ContentType, "User-Agent": p.agent,
		webhooks.HeaderWebhookID: m.id, webhooks.HeaderWebhookSignature: signature,
		webhooks.HeaderWebhookTimestamp: strconv.FormatInt(now.Unix(), 10),
	} {
		req.Header.Set(name, value)
	}
	return req, nil
}

func judge(resp *http.Response) answer {
	a := answer{status: resp.StatusCode}
	switch {
	case a.status >= 200 && a.status < 300:
		return a
	case a.status >= 300 && a.status < 400:
		a.failure = model.HookRedirect
	default:
		a.failure = model.HookStatus
	}
	a.retryAfter = retryAfter(resp.Header.Get("Retry-After"), time.Now())
	return a
}

// retryAfter reads seconds or a date; what is neither, or past, asks for nothing.
func retryAfter(text string, now time.Time) time.Duration {
	text = strings.TrimSpace(text)
	if n, err := strconv.ParseUint(text, 10, 31); err == nil {
		return time.Duration(n) * time.Second
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	return max(0, at.Sub(now))
}

// failureOf names an error by its kind. Its text is not kept: it may hold
// addresses, and what the target said.
func failureOf(err error) model.HookFailure {
	var (
		noName *net.DNSError
		timed  net.Error
	)
	switch {
	case errors.Is(err, errTarget):
		return model.HookTarget
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timed) && timed.Timeout():
		return model.HookTimeout
	case errors.As(err, &noName):
		return model.HookNoAddress
	case isTLS(err):
		return model.HookTLS
	}
	return model.HookConnection
}

// isTLS tells errors of a handshake. Alerts have no type of their own outside of
// crypto/tls, but their operation has a name.
func isTLS(err error) bool {
	var (
		cert  *tls.CertificateVerificationError
		noTLS tls.RecordHeaderError
		op    *net.OpError
	)
	return errors.As(err, &cert) || errors.As(err, &noTLS) || errors.Is(err, http.ErrSchemeMismatch) ||
		errors.As(err, &op) && (op.Op == "remote error" || op.Op == "local error")
}
