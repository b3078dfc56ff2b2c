package drill

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"weer/deploy/lab"
	"weer/model/fault"
	"weer/model/feed"
)

// How soon rights that were taken back are gone on every node, by the promise.
const (
	cutWithRedis    = time.Second
	cutWithoutRedis = 3 * time.Second
)

// A station is some nodes of one simulated site without displays and polls.
type station struct {
	t     *testing.T
	nodes []*lab.Node
}

// stationOf starts a node for each URL; all lead to one database.
func stationOf(t *testing.T, redis *lab.RedisServer, databases ...string) *station {
	t.Helper()
	env := append(lab.Settings(t, "", "", time.Minute), "WEER_ROLES=api,hub", "WEER_MODE=simulated")
	if redis != nil {
		env = append(env, "WEER_REDIS_URL="+redis.URL)
	}
	s := &station{t: t}
	for i, database := range databases {
		own := append(slices.Clone(env), "WEER_DATABASE_URL="+database)
		s.nodes = append(s.nodes, lab.Serve(t, fmt.Sprintf("node%d", i+1), own))
	}
	return s
}

// ask sends JSON to a node with a bearer, "" for none, and reads the answer into
// a value when it is a success; code is that of the problem otherwise.
func (s *station) ask(node int, bearer, method, path, body string, into any) (status int, code fault.Code) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.nodes[node].URL()+"/api/v1"+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Close = true
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if bearer != "" {
		req.Header.Set("Authorization", "Bearer "+bearer)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	if res.StatusCode >= 300 {
		var problem struct{ Code fault.Code }
		_ = json.Unmarshal(text, &problem) // what is no problem has no code
		return res.StatusCode, problem.Code
	}
	if into != nil {
		if err := json.Unmarshal(text, into); err != nil {
			s.t.Fatalf("%s %s: %v: %s", method, path, err, text)
		}
	}
	return res.StatusCode, ""
}

// do is ask where only a success will do.
func (s *station) do(node int, bearer, method, path, body string, into any) {
	s.t.Helper()
	if status, code := s.ask(node, bearer, method, path, body, into); status >= 300 {
		s.t.Fatalf("%s %s: %d %s", method, path, status, code)
	}
}

// A person is signed in with a demo account.
type person struct {
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
	Session struct{ Account string }
}

func (s *station) signIn(node int, role string) (p person) {
	s.t.Helper()
	s.do(node, "", "POST", "/session", fmt.Sprintf(`{"login":"demo.%s","password":"weer-demo-%[1]s"}`, role), &p)
	return p
}

// key makes an API key that may read boards.
func (s *station) key(admin person) (id, text string) {
	s.t.Helper()
	var made struct{ ID, Key string }
	until := time.Now().Add(24 * time.Hour).UTC().Format(time.RFC3339)
	s.do(0, admin.Access, "POST", "/keys", `{"name":"drill","scopes":["board.read"],"expires_at":"`+until+`"}`, &made)
	return made.ID, made.Key
}

// A line is a socket that waits for its end.
type line struct {
	ws    *websocket.Conn
	ended chan error // how it ended, once
}

// dial opens a socket on a node and signs in; the error is how it was refused.
func (s *station) dial(node int, bearer string) (*line, error) {
	ws, _, err := websocket.Dial(s.t.Context(), "ws"+strings.TrimPrefix(s.nodes[node].URL(), "http")+"/ws",
		&websocket.DialOptions{Subprotocols: []string{feed.Protocol}})
	if err != nil {
		return nil, err
	}
	ws.SetReadLimit(1 << 20)
	auth, err := json.Marshal(map[string]string{"type": "auth", "token": bearer})
	if err == nil {
		err = ws.Write(s.t.Context(), websocket.MessageText, auth)
	}
	if err == nil {
		_, _, err = ws.Read(s.t.Context()) // welcome, or the words before the end
	}
	l := &line{ws, make(chan error, 1)}
	go func() {
		for err == nil {
			_, _, err = ws.Read(context.Background())
		}
		l.ended <- err
	}()
	s.t.Cleanup(func() { ws.CloseNow() }) //nolint:errcheck // most are closed
	return l, nil
}

// open is dial where the socket has to be welcome.
func (s *station) open(node int, bearer string) *line {
	s.t.Helper()
	l, err := s.dial(node, bearer)
	if err != nil {
		s.t.Fatal(err)
	}
	select {
	case err := <-l.ended:
		s.t.Fatalf("a socket that may: %v", err)
	default:
	}
	return l
}

var errOpen = errors.New("the socket is open")

// within is nil when the socket ended with a code before the time was over.
func (l *line) within(limit <-chan time.Time, code fault.Code) error {
	select {
	case err := <-l.ended:
		if got := websocket.CloseStatus(err); int(got) != code.Row().Close {
			return fmt.Errorf("it ended with %v, want %s", err, code)
		}
		return nil
	case <-limit:
		return errOpen
	}
}

// gone looks that sockets on all nodes are closed in time, and that REST refuses
// the bearer on all nodes with the same code.
func (s *station) gone(what string, lines []*line, bearer string, code fault.Code, in time.Duration) {
	s.t.Helper()
	began, ctx := time.Now(), s.t.Context()
	var all sync.WaitGroup
	for i, l := range lines {
		all.Go(func() {
			if err := l.within(time.After(in), code); err != nil {
				s.t.Errorf("%s, on node %d after %s: %v", what, i+1, time.Since(began).Round(time.Millisecond), err)
			}
		})
	}
	all.Wait()
	s.t.Logf("%s: closed on all nodes within %s", what, time.Since(began).Round(time.Millisecond))
	for i := range s.nodes {
		if status, got := s.ask(i, bearer, "GET", "/session", "", nil); ctx.Err() == nil && (got != code || status != code.Row().HTTP) {
			s.t.Errorf("%s: REST on node %d says %d %s, want %d %s", what, i+1, status, got, code.Row().HTTP, code)
		}
	}
}

func (s *station) everywhere(bearer string) (lines []*line) {
	s.t.Helper()
	for i := range s.nodes {
		lines = append(lines, s.open(i, bearer))
	}
	return lines
}

// Everything that takes rights back, asked for at the first node.
func (s *station) cuts(in time.Duration) {
	s.t.Helper()
	admin := s.signIn(0, "admin")
	var offer struct {
		Items []struct{ Role, Unit string }
	}
	s.do(0, "", "GET", "/session/demo", "", &offer)
	for _, tc := range []struct {
		what, role string
		code       fault.Code
		take       func(p person)
	}{
		{"signing out", "viewer", fault.SignedOut, func(p person) { s.do(0, p.Access, "DELETE", "/session", "", nil) }},
		{"signing out everywhere", "viewer", fault.SignedOut, func(p person) { s.do(0, p.Access, "DELETE", "/sessions", "", nil) }},
		{"signing on to a unit", "crew", fault.RightsChanged, func(p person) {
			for _, one := range offer.Items {
				if one.Role == "crew" {
					s.do(0, p.Access, "PUT", "/session/unit", `{"unit":"`+one.Unit+`"}`, nil)
				}
			}
		}},
		{"another role", "control", fault.RightsChanged, func(p person) {
			s.do(0, admin.Access, "PATCH", "/users/"+p.Session.Account, `{"rights":{"role":"viewer"}}`, nil)
		}},
		{"a block", "hospital", fault.Revoked, func(p person) {
			s.do(0, admin.Access, "POST", "/users/"+p.Session.Account+"/block", `{"reason":"drill"}`, nil)
		}},
	} {
		p := s.signIn(0, tc.role)
		lines := s.everywhere(p.Access)
		tc.take(p)
		s.gone(tc.what, lines, p.Access, tc.code, in)
	}
	id, text := s.key(admin)
	lines := s.everywhere(text)
	s.do(0, admin.Access, "DELETE", "/keys/"+id, "", nil)
	s.gone("revoking a key", lines, text, fault.Revoked, in)
	for _, l := range s.everywhere(admin.Access) { // whoever was not meant goes on
		l.ws.CloseNow() //nolint:errcheck // it is no longer needed
	}
}

// race opens sockets on the last node while the first one ends their session:
// whatever comes first, none stays.
func (s *station) race(times int, in time.Duration) {
	s.t.Helper()
	refused := 0
	for range times {
		p := s.signIn(0, "viewer")
		var l *line
		var err error
		var both sync.WaitGroup
		both.Go(func() { l, err = s.dial(len(s.nodes)-1, p.Access) })
		s.do(0, p.Access, "DELETE", "/session", "", nil)
		both.Wait()
		if err != nil {
			s.t.Fatal(err)
		}
		select {
		case end := <-l.ended:
			refused++
			l.ended <- end
		default:
		}
		if err := l.within(time.After(in), fault.SignedOut); err != nil {
			s.t.Errorf("a socket that connected while its session ended: %v", err)
		}
	}
	s.t.Logf("%d of %d sockets came too late, the others were closed", refused, times)
}

// Rights that are taken back are gone on all nodes within the promised time,
// with Redis and without, each with its code.
func TestRightsAreTakenBackOnAllNodes(t *testing.T) {
	for name, tc := range map[string]struct {
		redis func(testing.TB) *lab.RedisServer
		in    time.Duration
	}{
		"with Redis":    {lab.Redis, cutWithRedis},
		"without Redis": {func(testing.TB) *lab.RedisServer { return nil }, cutWithoutRedis},
	} {
		t.Run(name, func(t *testing.T) {
			database := lab.MariaDB(t)
			s := stationOf(t, tc.redis(t), database, database)
			s.race(10, tc.in)
			s.cuts(tc.in)
		})
	}
}

// A node that cannot reach its database lets nobody in, and takes back what was
// taken back meanwhile as soon as it can: the cut is state, so none is missed.
func TestADeafNodeCatchesUpWithCuts(t *testing.T) {
	database := lab.MariaDB(t)
	c := cableTo(t, database)
	s := stationOf(t, nil, database, c.URL)
	p := s.signIn(0, "viewer")
	held := s.open(1, p.Access)
	c.sever()
	s.do(0, p.Access, "DELETE", "/session", "", nil)
	late, err := s.dial(1, p.Access)
	if err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-late.ended:
		t.Logf("a socket in the meantime: %v", err)
	case <-time.After(patience):
		t.Error("a node that cannot ask let a socket in")
	}
	c.mend()
	if err := held.within(time.After(2*cutWithoutRedis), fault.SignedOut); err != nil {
		t.Errorf("after the database was there again: %v", err)
	}
	lab.Until(t, "REST refuses it too", cutWithoutRedis, func() error {
		if status, code := s.ask(1, p.Access, "GET", "/session", "", nil); code != fault.SignedOut {
			return fmt.Errorf("it says %d %s", status, code)
		}
		return nil
	})
}
