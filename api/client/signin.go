package client

import (
	"context"
	"net/http"
	"sync"
	"time"

	"weer/model/fault"
)

// A SignedIn is a person's session as a source of tokens: each call of
// [SignedIn.Token] gives a new one. The refresh token stays in memory and is
// used once; of several callers at once one asks and all take its answer.
//
// A session that is over, by its time or because somebody ended it, is begun
// anew with the password: whoever is to stay out gets another password or is
// blocked, and then the error is BadCredentials or Revoked.
type SignedIn struct {
	login, password string
	rest            *REST
	err             error         // of the URLs
	turn            chan struct{} // held by who asks for tokens

	mu      sync.Mutex
	access  string
	refresh string
	made    int // how many tokens were given
}

// SignIn returns the source of tokens of an account; the first call of its Token
// signs in. The bases, as in Options.URLs, are tried in order.
func SignIn(login, password string, bases ...string) *SignedIn {
	return SignInOver(nil, login, password, bases...)
}

// SignInOver is SignIn with an HTTP client of one's own; nil: http.DefaultClient.
func SignInOver(h *http.Client, login, password string, bases ...string) *SignedIn {
	s := &SignedIn{login: login, password: password, turn: make(chan struct{}, 1)}
	s.rest, s.err = newREST(RESTOptions{URLs: bases, HTTPClient: h})
	return s
}

// refreshTime is how long the answer to a refresh is awaited. A server forgives
// a refresh token that is used again because its answer was lost, and there has
// to be time to ask again while the access token is good.
const refreshTime = 3 * time.Second

// Token returns a new token, for [Options] and [RESTOptions].
func (s *SignedIn) Token(ctx context.Context) (string, error) {
	if s.err != nil {
		return "", s.err
	}
	before := s.count()
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	if token, ok := s.madeSince(before); ok {
		return token, nil
	}
	return s.next(ctx)
}

func (s *SignedIn) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.made
}

// madeSince is the token that another caller got while this one waited.
func (s *SignedIn) madeSince(before int) (token string, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.access, s.made > before && s.access != ""
}

// next refreshes the session, or begins one.
func (s *SignedIn) next(ctx context.Context) (string, error) {
	if refresh := s.kept(); refresh != "" {
		token, err := s.ask(ctx, refreshing(refresh))
		if !fault.Is(err, fault.SignedOut) {
			return token, err
		}
		s.keep("", "")
	}
	body := map[string]string{"login": s.login, "password": s.password}
	return s.ask(ctx, Request{Method: http.MethodPost, Path: "/session", Body: body, public: true})
}

// tokens are what the answers to a sign-in and a refresh have for a program.
type tokens struct {
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
}

func refreshing(token string) Request {
	body := map[string]string{"refresh_token": token}
	return Request{Method: http.MethodPost, Path: "/session/refresh", Body: body, public: true, within: refreshTime}
}

func (s *SignedIn) ask(ctx context.Context, q Request) (string, error) {
	var tokens tokens
	if err := s.rest.Do(ctx, q, &tokens); err != nil {
		return "", err
	}
	if tokens.Access == "" || tokens.Refresh == "" {
		return "", fault.New(fault.Unavailable, "the answer to a sign-in held no tokens")
	}
	s.keep(tokens.Access, tokens.Refresh)
	return tokens.Access, nil
}

func (s *SignedIn) kept() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.refresh
}

func (s *SignedIn) keep(access, refresh string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.access, s.refresh = access, refresh
	if access != "" {
		s.made++
	}
}

// SignOut ends the session, which closes its sockets on all servers; nil also
// when there is none. Token after it signs in again.
func (s *SignedIn) SignOut(ctx context.Context) error {
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	refresh := s.kept()
	if refresh == "" {
		return nil
	}
	s.keep("", "")
	var tokens tokens // the access token may be over
	err := s.rest.Do(ctx, refreshing(refresh), &tokens)
	if err == nil {
		err = s.rest.Do(ctx, Request{Method: http.MethodDelete, Path: "/session", bearer: tokens.Access}, nil)
	}
	if fault.Is(err, fault.SignedOut) {
		return nil
	}
	return err
}
