package api

import (
	"context"
	"net/http"
	"net/url"

	"github.com/gofiber/fiber/v2"

	"weer/api/auth"
	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
)

// The refresh token of a browser lies in a cookie that no script reads and no
// other site sends; programs keep it themselves. With TLS the cookie's name says
// that only this host can have set it.
const (
	refreshCookie = "weer_refresh"
	hostCookie    = "__Host-" + refreshCookie
)

// An edge is what a handler has to know of the connection that a request came by.
type edge struct {
	secure     bool // TLS, here or at a trusted proxy
	sameOrigin bool // asked by a page of this host
}

type edgeKey struct{}

func edgeOf(ctx context.Context) edge {
	e, _ := ctx.Value(edgeKey{}).(edge)
	return e
}

// edge looks at the connection of a request.
func (s *Server) edge(c *fiber.Ctx) edge {
	origin := c.Get(fiber.HeaderOrigin)
	u, err := url.Parse(origin)
	own := err == nil && origin != "" && u.Host == c.Get(fiber.HeaderHost)
	return edge{
		secure:     c.Context().IsTLS() || s.isProxy(peer(c)) && c.Get(fiber.HeaderXForwardedProto) == "https",
		sameOrigin: own,
	}
}

// A SignedIn is a session's tokens.
type SignedIn struct {
	AccessToken  string    `json:"access_token" maxLength:"2048" doc:"Goes into Authorization: Bearer, and into the socket's auth frame."`
	ExpiresAt    feed.Time `json:"expires_at" doc:"When the access token ends: refresh before."`
	RefreshToken string    `json:"refresh_token,omitempty" maxLength:"200" doc:"Good once. Absent where it went into a cookie."`
	Session      SessionOf `json:"session"`
}

// A SessionOf says who is signed in, and as what.
type SessionOf struct {
	ID       string     `json:"id" maxLength:"40" doc:"Of the session; empty for a token that is of none."`
	Account  string     `json:"account" maxLength:"128" doc:"Id of the account (계정); the name in a token that was made by hand."`
	Role     model.Role `json:"role" enum:"crew,hospital,control,admin,integration,viewer"`
	Regions  []string   `json:"regions" maxItems:"16" doc:"시도 codes that it is responsible for."`
	Hospital string     `json:"hospital,omitempty" maxLength:"8" doc:"hpid of the hospital whose staff it is."`
	Unit     string     `json:"unit,omitempty" maxLength:"40" doc:"Id of the unit (구급차) that the crew is signed on to."`
	Name     string     `json:"name,omitempty" maxLength:"60"`
	Login    string     `json:"login,omitempty" maxLength:"40"`
}

func sessionOf(p model.Principal) SessionOf {
	return SessionOf{
		ID: p.Session, Account: p.Subject, Role: p.Role, Regions: append([]string{}, p.Regions...), Hospital: p.Hospital, Unit: p.Unit,
	}
}

// A SessionRecord is one session of an account.
type SessionRecord struct {
	ID        string    `json:"id" maxLength:"40"`
	Current   bool      `json:"current" doc:"The one that asks."`
	From      string    `json:"from" maxLength:"80" doc:"Address of the sign-in (접속지)."`
	Agent     string    `json:"agent" maxLength:"200" doc:"The program, as it named itself."`
	Unit      string    `json:"unit,omitempty" maxLength:"40"`
	CreatedAt feed.Time `json:"created_at"`
	UsedAt    feed.Time `json:"used_at"`
}

// A DemoAccount opens a simulated WeER to whoever looks at it.
type DemoAccount struct {
	Login    string     `json:"login" maxLength:"40" example:"demo.crew"`
	Password string     `json:"password" maxLength:"200"`
	Role     model.Role `json:"role" enum:"crew,hospital,control,admin,viewer"`
	Name     string     `json:"name" maxLength:"60" example:"구급대원"`
	Unit     string     `json:"unit,omitempty" maxLength:"40" doc:"Unit that a crew can sign on to."`
}

type signInInput struct {
	UserAgent string `header:"User-Agent" maxLength:"1000" doc:"Shown in the list of sessions."`
	Body      struct {
		Login    string `json:"login" minLength:"1" maxLength:"40" example:"demo.crew"`
		Password string `json:"password" minLength:"1" maxLength:"200"`
		Cookie   bool   `json:"cookie,omitempty" doc:"Put the refresh token into an HttpOnly cookie, for a page of this host."`
	}
}

type refreshInput struct {
	Cookie     string `cookie:"weer_refresh" maxLength:"200" doc:"Where a page of this host has its refresh token."`
	HostCookie string `cookie:"__Host-weer_refresh" maxLength:"200" doc:"The same, over TLS."`
	Body       struct {
		RefreshToken string `json:"refresh_token,omitempty" maxLength:"200" doc:"Of a program; a page has it in its cookie."`
	}
}

type signedInOutput struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
	Body      SignedIn
}

type cookieOutput struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
}

func (r *rest) sessions() {
	add(r, operation{
		ID: "sign-in", Method: http.MethodPost, Path: "/session", Tag: "Session", Right: public, Command: true, Secret: true,
		Summary: "Sign in", Text: "Begins a session. Tries are slowed down; neither the answer nor its time tells whether a login exists.",
		Faults: []fault.Code{fault.BadCredentials, fault.NotApproved, fault.Rejected, fault.Revoked},
	}, r.signIn)
	add(r, operation{
		ID: "refresh-session", Method: http.MethodPost, Path: "/session/refresh", Tag: "Session", Right: public, Command: true, Secret: true,
		Summary: "Get the next tokens of a session",
		Text: "A refresh token is good once. Asked again, because the answer was lost, it gives another, and the lost one is dead;" +
			" using a token that is dead ends the session, because then somebody has a copy. Also after `rights_changed`.",
		Faults: []fault.Code{fault.SignedOut, fault.NotApproved, fault.Rejected, fault.Revoked, fault.ForeignOrigin},
	}, r.refresh)
	add(r, operation{
		ID: "get-session", Method: http.MethodGet, Path: "/session", Tag: "Session", Right: model.ReadBoard,
		Summary: "Who the caller is, and as what",
	}, r.session)
	add(r, operation{
		ID: "sign-out", Method: http.MethodDelete, Path: "/session", Tag: "Session", Right: model.UseSession, Command: true, Secret: true,
		Summary: "Sign out", Text: "Ends the session: its tokens are void, its sockets are closed on all nodes.",
	}, r.signOut)
	add(r, operation{
		ID: "list-sessions", Method: http.MethodGet, Path: "/sessions", Tag: "Session", Right: model.UseSession,
		Summary: "The caller's sessions", Text: "Those that are not over, the newest first.",
	}, r.listSessions)
	add(r, operation{
		ID: "sign-out-everywhere", Method: http.MethodDelete, Path: "/sessions", Tag: "Session", Right: model.UseSession, Command: true, Secret: true,
		Summary: "Sign out everywhere", Text: "Ends all sessions of the caller's account, this one too.",
	}, r.signOutEverywhere)
	add(r, operation{
		ID: "end-session", Method: http.MethodDelete, Path: "/sessions/{id}", Tag: "Session", Right: model.UseSession, Command: true,
		Summary: "End one of the caller's sessions",
	}, r.endSession)
	add(r, operation{
		ID: "change-password", Method: http.MethodPut, Path: "/session/password", Tag: "Session", Right: model.UseSession, Command: true, Secret: true,
		Summary: "Change the caller's password", Text: "Ends its other sessions.", Faults: []fault.Code{fault.BadCredentials},
	}, r.changePassword)
	add(r, operation{
		ID: "sign-on", Method: http.MethodPut, Path: "/session/unit", Tag: "Session", Right: model.SignOn, Command: true,
		Summary: "Sign on to a unit (구급차), at the start of a shift",
		Text:    "Tokens from before are void (`rights_changed`): refresh the session.",
	}, r.signOn)
	add(r, operation{
		ID: "sign-off", Method: http.MethodDelete, Path: "/session/unit", Tag: "Session", Right: model.SignOn, Command: true,
		Summary: "Sign off from the unit", Text: "Tokens from before are void (`rights_changed`): refresh the session.",
	}, r.signOff)
	if r.server.demo != nil {
		add(r, operation{
			ID: "list-demo-accounts", Method: http.MethodGet, Path: "/session/demo", Tag: "Session", Right: public,
			Summary: "Accounts that open a simulated WeER", Text: "There are none in a real one.",
		}, r.demoAccounts)
	}
}

func (r *rest) signIn(ctx context.Context, in *signInInput) (*signedInOutput, error) {
	t, err := r.server.desk.SignIn(ctx, in.Body.Login, in.Body.Password, in.UserAgent)
	if err != nil {
		return nil, err
	}
	return r.signedIn(ctx, t, in.Body.Cookie)
}

func (r *rest) refresh(ctx context.Context, in *refreshInput) (*signedInOutput, error) {
	token, browser := in.Body.RefreshToken, false
	if token == "" {
		token, browser = in.HostCookie, true
		if token == "" {
			token = in.Cookie
		}
	}
	switch {
	case token == "":
		return nil, fault.New(fault.SignedOut, "send a refresh token: nobody is signed in here")
	case browser && !edgeOf(ctx).sameOrigin:
		return nil, fault.New(fault.ForeignOrigin, "a refresh by cookie is for pages of this host")
	}
	t, err := r.server.desk.Refresh(ctx, token)
	if err != nil {
		return nil, err
	}
	return r.signedIn(ctx, t, browser)
}

func (r *rest) signedIn(ctx context.Context, t auth.Tokens, browser bool) (*signedInOutput, error) {
	of, err := r.named(ctx, t.Principal)
	if err != nil {
		return nil, err
	}
	out := &signedInOutput{Body: SignedIn{AccessToken: t.Access, ExpiresAt: t.ExpiresAt, RefreshToken: t.Refresh, Session: of}}
	if browser {
		out.SetCookie = cookie(ctx, t.Refresh, model.SessionLifeMS/1000)
		out.Body.RefreshToken = ""
	}
	return out, nil
}

// cookie is the refresh token's; none when it is a program's.
func cookie(ctx context.Context, token string, seconds int) http.Cookie {
	c := http.Cookie{Name: refreshCookie, Value: token, Path: "/", MaxAge: seconds, HttpOnly: true, SameSite: http.SameSiteStrictMode}
	if edgeOf(ctx).secure {
		c.Name, c.Secure = hostCookie, true
	}
	return c
}

// named adds the account's names to a session of one.
func (r *rest) named(ctx context.Context, p model.Principal) (SessionOf, error) {
	of := sessionOf(p)
	if p.Session == "" {
		return of, nil
	}
	a, err := r.server.service.Account(ctx, p.Subject)
	of.Name, of.Login = a.Name, a.Login
	return of, err
}

func (r *rest) session(ctx context.Context, _ *struct{}) (*struct{ Body SessionOf }, error) {
	of, err := r.named(ctx, caller(ctx))
	return &struct{ Body SessionOf }{of}, err
}

// ownSession refuses a token that is of no session: there is nothing to end.
func ownSession(ctx context.Context) (model.Principal, error) {
	p := caller(ctx)
	if p.Session == "" {
		return p, fault.New(fault.Conflict, "this token is of no session: it was made by hand")
	}
	return p, may(ctx, model.UseSession, model.Record{Account: p.Subject})
}

func (r *rest) signOut(ctx context.Context, _ *struct{}) (*cookieOutput, error) {
	p, err := ownSession(ctx)
	if err != nil {
		return nil, err
	}
	_, err = r.server.service.SignOut(ctx, p.Subject, p.Session)
	return &cookieOutput{cookie(ctx, "", -1)}, err
}

func (r *rest) signOutEverywhere(ctx context.Context, _ *struct{}) (*cookieOutput, error) {
	p, err := ownSession(ctx)
	if err != nil {
		return nil, err
	}
	_, err = r.server.service.SignOutEverywhere(ctx, p.Subject, "")
	return &cookieOutput{cookie(ctx, "", -1)}, err
}

type sessionPath struct {
	ID string `path:"id" format:"uuid" maxLength:"40" doc:"Of the session."`
}

func (r *rest) endSession(ctx context.Context, in *sessionPath) (*Replay, error) {
	p, err := ownSession(ctx)
	if err != nil {
		return nil, err
	}
	receipt, err := r.server.service.SignOut(ctx, p.Subject, in.ID)
	replay := replayOf(receipt)
	return &replay, err
}

type sessionsOutput struct {
	Body struct {
		Items []SessionRecord `json:"items" maxItems:"1000"`
	}
}

func (r *rest) listSessions(ctx context.Context, _ *struct{}) (*sessionsOutput, error) {
	p, err := ownSession(ctx)
	if err != nil {
		return nil, err
	}
	open, err := r.server.service.SessionsOf(ctx, p.Subject)
	out := &sessionsOutput{}
	out.Body.Items = make([]SessionRecord, len(open))
	for i, s := range open {
		out.Body.Items[i] = SessionRecord{s.ID, s.ID == p.Session, s.From, s.Agent, s.Unit, s.CreatedAt, s.UsedAt}
	}
	return out, err
}

type passwordInput struct {
	Body struct {
		Present  string `json:"present" minLength:"1" maxLength:"200" doc:"The present password."`
		Password string `json:"password" minLength:"10" maxLength:"200" doc:"The new one."`
	}
}

func (r *rest) changePassword(ctx context.Context, in *passwordInput) (*struct{}, error) {
	p, err := ownSession(ctx)
	if err != nil {
		return nil, err
	}
	_, err = r.server.desk.ChangePassword(ctx, p, in.Body.Present, in.Body.Password)
	return nil, err
}

type signOnInput struct {
	Body struct {
		Unit string `json:"unit" format:"uuid" maxLength:"40" doc:"Id of the unit."`
	}
}

func (r *rest) signOn(ctx context.Context, in *signOnInput) (*struct{}, error) {
	return r.onto(ctx, in.Body.Unit)
}

func (r *rest) signOff(ctx context.Context, _ *struct{}) (*struct{}, error) { return r.onto(ctx, "") }

func (r *rest) onto(ctx context.Context, unit string) (*struct{}, error) {
	p := caller(ctx)
	if p.Session == "" {
		return nil, fault.New(fault.Conflict, "this token is of no session: it was made by hand")
	}
	_, err := r.server.service.SignOn(ctx, p.Session, unit)
	return nil, err
}

func (r *rest) demoAccounts(context.Context, *struct{}) (*struct{ Body Page[DemoAccount] }, error) {
	return &struct{ Body Page[DemoAccount] }{Page[DemoAccount]{Items: r.server.demo}}, nil
}
