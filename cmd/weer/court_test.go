package main

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun/driver/sqliteshim"

	"weer/api/schema"
	"weer/model"
	"weer/model/feed"
)

// A court is where the REST API is judged: a node with accounts of every role,
// and records that are somebody's own and somebody else's. Every answer that it
// gets is held against the document.
type court struct {
	*running
	doc    *schema.Document
	client *http.Client
	tokens map[model.Role]string
	others map[model.Role]string // of what is foreign
	people atomic.Int64
	// outcast is the token of somebody whose access was taken back.
	outcast string
}

// What is everybody's own here lies in 서울, what is foreign in 부산.
const (
	ownRegion       = "11"
	foreignRegion   = "26"
	ownHospital     = demoHospital
	foreignHospital = "A1200001"
)

// roles in the order of the verdicts.
var courtRoles = []model.Role{
	model.RoleCrew, model.RoleHospital, model.RoleControl, model.RoleAdmin, model.RoleIntegration, model.RoleViewer,
}

// polledOnce lets the nation be asked when the node starts and not again: what is
// judged here is not moved by polls, and a node that polls all the time under the
// race detector does little else.
var polledOnce = []string{"--egen-interval", "1h", "--egen-acceptance-interval", "1h", "--egen-messages-interval", "1h", "--egen-list-interval", "1h"}

func convene(t *testing.T) *court { return conveneWith(t, t.Output()) }

// conveneWith writes the node's log, at its most talkative, and takes settings
// that go before those of a court.
func conveneWith(t *testing.T, log io.Writer, args ...string) *court {
	t.Helper()
	args = append([]string{"--database-url", "sqlite:" + filepath.Join(t.TempDir(), "weer.db")}, append(polledOnce, args...)...)
	c := &court{running: beginLogging(t, log, args...), tokens: map[model.Role]string{}, others: map[model.Role]string{}}
	t.Cleanup(c.end)
	_, text := c.do("GET", "/openapi.json", "")
	var err error
	if c.doc, err = schema.Parse([]byte(text)); err != nil {
		t.Fatal(err)
	}
	c.client = &http.Client{Timeout: patience, Transport: schema.Transport{
		Document: c.doc, Base: "/api/v1/", Next: &http.Transport{DisableKeepAlives: true}, Found: func(err error) { t.Error(err) },
	}}
	for _, r := range courtRoles {
		c.tokens[r] = c.member(r)
	}
	c.until(func() error {
		for _, id := range []string{ownHospital, foreignHospital} {
			if a := c.ask(c.tokens[model.RoleViewer], request{path: "/hospitals/" + id}, "GET"); a.status != 200 {
				return fmt.Errorf("hospital %s: %d", id, a.status)
			}
		}
		return nil
	})
	return c
}

// rights of a role, for what is its own.
func (c *court) rights(r model.Role) model.Rights {
	rights := model.Rights{Role: r}
	switch r {
	case model.RoleCrew, model.RoleControl:
		rights.Regions = []string{ownRegion}
	case model.RoleHospital:
		rights.Hospital = ownHospital
	}
	return rights
}

// member is the token of somebody new with a role; a crew is signed on.
func (c *court) member(r model.Role) string {
	c.t.Helper()
	if r == model.RoleIntegration {
		return c.key(ownHospital)
	}
	id := c.person(c.rights(r))
	return c.tokenOf(id, r == model.RoleCrew)
}

// person makes an account that may sign in.
func (c *court) person(r model.Rights) (id string) {
	c.t.Helper()
	id = uuid.Must(uuid.NewV7()).String()
	_, err := c.service.CreateAccount(c.t.Context(), model.Account{
		ID: id, Login: fmt.Sprintf("person.%d", c.people.Add(1)), Name: "사람", Email: "p@example.kr", Phone: "02-123-4567",
		Organisation: "법정", Certificate: "1", Password: c.hash(), Rights: r,
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return id
}

// hash is that of the password of the demo's viewer: making one takes long.
func (c *court) hash() string {
	c.t.Helper()
	a, err := c.service.Account(c.t.Context(), demoID(demoLogin(model.RoleViewer)))
	if err != nil {
		c.t.Fatal(err)
	}
	return a.Password
}

// tokenOf signs an account in, around its password.
func (c *court) tokenOf(account string, signOn bool) string {
	c.t.Helper()
	session := uuid.Must(uuid.NewV7()).String()
	p, err := c.service.SignIn(c.t.Context(), account, session, session, "court")
	if err == nil && signOn {
		if _, err = c.service.SignOn(c.t.Context(), session, demoUnit.ID); err == nil {
			p, err = c.service.Refresh(c.t.Context(), session, session, session+"2")
		}
	}
	if err != nil {
		c.t.Fatal(err)
	}
	token, err := c.keys.Sign(p, 10*time.Minute)
	if err != nil {
		c.t.Fatal(err)
	}
	return token
}

// key is an API key with every scope there is.
func (c *court) key(hospital string) string {
	c.t.Helper()
	text, _, _, err := c.desk.CreateKey(c.t.Context(), model.APIKey{
		Name: "법정", Scopes: model.Scopes, Hospital: hospital, ExpiresAt: feed.At(time.Now().Add(24 * time.Hour)),
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return text
}

// A request is what an operation is asked with.
type request struct {
	path   string // below the API, with its query
	body   any    // nil for none
	header map[string]string
}

type verdict struct {
	status int
	header http.Header
	body   []byte
}

// code is that of a problem.
func (v verdict) code() string {
	var p struct{ Code string }
	_ = json.Unmarshal(v.body, &p) // what is none has none
	return p.Code
}

func (c *court) ask(token string, r request, method string) verdict {
	c.t.Helper()
	var body io.Reader
	switch b := r.body.(type) {
	case nil:
	case []byte:
		body = bytes.NewReader(b)
	default:
		text, err := json.Marshal(b)
		if err != nil {
			c.t.Fatal(err)
		}
		body = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.baseURL()+"/api/v1"+r.path, body)
	if err != nil {
		c.t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for name, value := range r.header {
		req.Header.Set(name, value)
	}
	res, err := c.client.Do(req)
	if err != nil {
		c.t.Fatalf("%s %s: %v", method, r.path, err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return verdict{res.StatusCode, res.Header, text}
}

// made asks for something to be made and returns its id.
func (c *court) made(token string, r request) string {
	c.t.Helper()
	a := c.ask(token, r, "POST")
	var made struct{ ID string }
	if err := json.Unmarshal(a.body, &made); err != nil || a.status != http.StatusCreated || made.ID == "" {
		c.t.Fatalf("POST %s: %d %s", r.path, a.status, a.body)
	}
	return made.ID
}

// Records for a request, own or foreign.

func (c *court) hospital(foreign bool) string {
	if foreign {
		return foreignHospital
	}
	return ownHospital
}

func (c *court) vehicle(foreign bool) string {
	if !foreign {
		return demoUnit.ID
	}
	return c.made(c.tokens[model.RoleAdmin], request{path: "/units", body: o{"call_sign": "해운대 1", "region": foreignRegion, "kind": "119"}})
}

func (c *court) openedCase(foreign bool) string {
	c.t.Helper()
	if !foreign {
		return c.made(c.tokens[model.RoleCrew], request{path: "/patient-conditions", body: o{"triage": o{"ktas": 3}}})
	}
	return c.made(c.elsewhere(model.RoleControl), request{path: "/patient-conditions", body: o{"unit": c.vehicle(true), "triage": o{"ktas": 3}}})
}

// elsewhere is the token of the control room or the hospital of what is foreign.
func (c *court) elsewhere(r model.Role) string {
	c.t.Helper()
	if c.others[r] == "" {
		rights := model.Rights{Role: r, Regions: []string{foreignRegion}}
		if r == model.RoleHospital {
			rights = model.Rights{Role: r, Hospital: foreignHospital}
		}
		c.others[r] = c.tokenOf(c.person(rights), false)
	}
	return c.others[r]
}

// requested is a reservation that its hospital is asked for.
func (c *court) requested(foreign bool) string {
	c.t.Helper()
	token := c.tokens[model.RoleCrew]
	if foreign {
		token = c.elsewhere(model.RoleControl)
	}
	var made struct{ Reservations []struct{ ID string } }
	c.read(c.ask(token, request{
		path: "/patient-conditions/" + c.openedCase(foreign) + "/reservations", body: o{"hospitals": []o{{"hospital_id": c.hospital(foreign)}}},
	}, "POST"), &made)
	return made.Reservations[0].ID
}

// carried carries out a step of a reservation, as its hospital, and returns it.
func (c *court) carried(foreign bool, id, step string, body o) string {
	c.t.Helper()
	token := c.tokens[model.RoleHospital]
	if foreign {
		token = c.elsewhere(model.RoleHospital)
	}
	c.read(c.ask(token, request{path: "/reservations/" + id + "/" + step, body: body}, "POST"), new(any))
	return id
}

func (c *court) approved(foreign bool) string {
	return c.carried(foreign, c.requested(foreign), "approve", o{"case_version": 1, "override": "법정"})
}

func (c *court) arrived(foreign bool) string {
	return c.carried(foreign, c.approved(foreign), "arrive", o{})
}

// overdue is an approved one whose patient was expected long ago.
func (c *court) overdue(foreign bool) string {
	c.t.Helper()
	id := c.approved(foreign)
	db, err := sql.Open(sqliteshim.ShimName, "file:"+c.file+"?_pragma=busy_timeout(10000)")
	if err != nil {
		c.t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("UPDATE reservation SET due_at = 1 WHERE id = ?", id); err != nil {
		c.t.Fatal(err)
	}
	if _, err := c.service.KeepDeadlines(c.t.Context()); err != nil {
		c.t.Fatal(err)
	}
	return id
}

func (c *court) signedUp() string {
	c.t.Helper()
	id := uuid.Must(uuid.NewV7()).String()
	_, err := c.service.SignUp(c.t.Context(), model.Account{
		ID: id, Login: fmt.Sprintf("person.%d", c.people.Add(1)), Name: "사람", Email: "p@example.kr", Phone: "02-123-4567",
		Organisation: "법정", Certificate: "1", Password: c.hash(), Rights: c.rights(model.RoleCrew),
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return id
}

func (c *court) blocked() string {
	c.t.Helper()
	id := c.person(c.rights(model.RoleViewer))
	ctx := model.WithCall(c.t.Context(), model.Call{By: model.Principal{Subject: "court", Role: model.RoleAdmin}})
	if _, _, err := c.service.Block(ctx, id, 0, "court"); err != nil {
		c.t.Fatal(err)
	}
	return id
}

func (c *court) announced(foreign bool) string {
	return c.made(c.tokens[model.RoleAdmin], request{path: "/hospitals/" + c.hospital(foreign) + "/announcements", body: announcement()})
}

func announcement() o {
	return o{"kind": "er", "reason": "no_specialist", "ends_at": time.Now().Add(time.Hour).UTC().Format(time.RFC3339)}
}

// webhook is of a key made for it: a key has only so many.
func (c *court) webhook(foreign bool) string {
	token := c.key(ownHospital)
	if !foreign {
		c.tokens[model.RoleIntegration] = token
	}
	return c.made(token, webhookRequest())
}

func webhookRequest() request {
	return request{path: "/webhooks", body: o{"feed": "region:11", "url": "https://receiver.invalid/weer"}}
}

// o is a JSON object.
type o map[string]any

func (c *court) apiKey() string {
	text := c.key("")
	return strings.Split(text, "_")[1]
}
