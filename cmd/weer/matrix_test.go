package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"weer/api/schema"
	"weer/model"
	"weer/model/feed"
)

// A row says of one operation who may call it: a verdict for each of courtRoles,
// y for yes, n for forbidden (403), h for hidden (404, because even that there
// is such a record is nobody else's business). foreign is of a record that is
// not the caller's own; "" where nothing is anybody's own. The rows are written
// by hand from what the product demands, and know nothing of the program's table.
type row struct {
	own, foreign string
	ask          func(c *court, foreign bool) request
	alone        bool // ends or changes the session that asks: somebody new asks
	open         bool // no token is needed
}

func fixed(path string, body any) func(*court, bool) request {
	return func(*court, bool) request { return request{path: path, body: body} }
}

const (
	everybody = "yyyyyy"
	persons   = "yyyyny"
	crews     = "ynnnnn"
	admins    = "nnnynn"
)

var matrix = map[string]row{
	// Session
	"sign-in": {open: true, ask: func(c *court, _ bool) request {
		return request{path: "/session", body: o{"login": demoLogin(model.RoleViewer), "password": demoPassword(model.RoleViewer)}}
	}},
	"refresh-session": {open: true, ask: func(c *court, _ bool) request {
		var in struct {
			Token string `json:"refresh_token"`
		}
		c.read(c.ask("", request{path: "/session", body: o{"login": demoLogin(model.RoleViewer), "password": demoPassword(model.RoleViewer)}}, "POST"), &in)
		return request{path: "/session/refresh", body: o{"refresh_token": in.Token}}
	}},
	"list-demo-accounts":  {open: true, ask: fixed("/session/demo", nil)},
	"sign-up":             {open: true, ask: fixed("/users", o{"login": "new.person", "password": "korrekt-pferd-batterie", "name": "새 사람", "email": "n@example.kr", "phone": "02-123-4567", "organisation": "병원", "role": "viewer"})},
	"get-session":         {own: everybody, ask: fixed("/session", nil)},
	"list-sessions":       {own: persons, ask: fixed("/sessions", nil)},
	"sign-out":            {own: persons, ask: fixed("/session", nil), alone: true},
	"sign-out-everywhere": {own: persons, ask: fixed("/sessions", nil), alone: true},
	"end-session": {own: "-----y", foreign: "hhhhnh", ask: func(c *court, foreign bool) request {
		account := c.person(c.rights(model.RoleViewer))
		token := c.tokenOf(account, false)
		if !foreign {
			c.tokens[model.RoleViewer] = c.tokenOf(account, false)
		}
		return request{path: "/sessions/" + c.principal(token).Session}
	}},
	"change-password": {own: persons, alone: true, ask: func(c *court, _ bool) request {
		return request{path: "/session/password", body: o{"present": "wrong", "password": "korrekt-pferd-batterie"}}
	}},
	"sign-on":  {own: crews, ask: fixed("/session/unit", o{"unit": demoUnit.ID}), alone: true},
	"sign-off": {own: crews, ask: fixed("/session/unit", nil), alone: true},

	// Users, keys, units
	"list-users": {own: admins, ask: fixed("/users", nil)},
	"get-user":   {own: admins, ask: func(c *court, _ bool) request { return request{path: "/users/" + c.signedUp()} }},
	"change-user": {own: admins, ask: func(c *court, _ bool) request {
		return request{path: "/users/" + c.signedUp(), body: o{"name": "다른 사람"}}
	}},
	"approve-user": {own: admins, ask: func(c *court, _ bool) request { return request{path: "/users/" + c.signedUp() + "/approve", body: o{}} }},
	"reject-user": {own: admins, ask: func(c *court, _ bool) request {
		return request{path: "/users/" + c.signedUp() + "/reject", body: o{"reason": "모름"}}
	}},
	"block-user": {own: admins, ask: func(c *court, _ bool) request {
		return request{path: "/users/" + c.person(c.rights(model.RoleViewer)) + "/block", body: o{"reason": "퇴사"}}
	}},
	"unblock-user": {own: admins, ask: func(c *court, _ bool) request { return request{path: "/users/" + c.blocked() + "/unblock"} }},
	"create-key": {own: admins, ask: func(*court, bool) request {
		return request{path: "/keys", body: o{"name": "HIS", "scopes": []string{"board.read"}, "expires_at": time.Now().Add(48 * time.Hour).UTC().Format(time.RFC3339)}}
	}},
	"list-keys":  {own: admins, ask: fixed("/keys", nil)},
	"get-key":    {own: admins, ask: func(c *court, _ bool) request { return request{path: "/keys/" + c.apiKey()} }},
	"revoke-key": {own: admins, ask: func(c *court, _ bool) request { return request{path: "/keys/" + c.apiKey()} }},
	"create-unit": {own: "nnyynn", foreign: admins, ask: func(_ *court, foreign bool) request {
		region := map[bool]string{false: ownRegion, true: foreignRegion}[foreign]
		return request{path: "/units", body: o{"call_sign": "새 구급차", "region": region, "kind": "private"}}
	}},
	"list-units": {own: "yyyynn", ask: fixed("/units", nil)},
	"get-unit":   {own: "yyyynn", foreign: "yyyynn", ask: func(c *court, foreign bool) request { return request{path: "/units/" + c.vehicle(foreign)} }},
	"change-unit": {own: "nnyynn", foreign: admins, ask: func(c *court, foreign bool) request {
		return request{path: "/units/" + c.vehicle(foreign), body: o{"organisation": "소방서"}}
	}},

	// Patients
	"open-case": {own: "ynynnn", foreign: "hnhnnn", ask: func(c *court, foreign bool) request {
		return request{path: "/patient-conditions", body: o{"unit": c.vehicle(foreign), "triage": o{"ktas": 2}}}
	}},
	"list-cases": {own: "ynynnn", ask: fixed("/patient-conditions", nil)},
	"get-case": {own: "ynynnn", foreign: "hnhnnn", ask: func(c *court, foreign bool) request {
		return request{path: "/patient-conditions/" + c.openedCase(foreign)}
	}},
	"change-case": {own: "ynynnn", foreign: "hnhnnn", ask: func(c *court, foreign bool) request {
		return request{path: "/patient-conditions/" + c.openedCase(foreign), body: o{"triage": o{"ktas": 1}}, header: asRead}
	}},
	"close-case": {own: "ynynnn", foreign: "hnhnnn", ask: func(c *court, foreign bool) request {
		return request{path: "/patient-conditions/" + c.openedCase(foreign) + "/close", body: o{"state": "canceled"}, header: asRead}
	}},

	// Reservations
	"ask-hospitals": {own: "ynynnn", foreign: "hnhnnn", ask: func(c *court, foreign bool) request {
		return request{path: "/patient-conditions/" + c.openedCase(foreign) + "/reservations", body: o{"hospitals": []o{{"hospital_id": ownHospital}}}}
	}},
	"designate-hospital": {own: "nnynnn", foreign: "nnhnnn", ask: func(c *court, foreign bool) request {
		return request{path: "/patient-conditions/" + c.openedCase(foreign) + "/designation", body: o{"hospital_id": ownHospital, "case_version": 1, "override": "지정"}}
	}},
	"list-reservations":       {own: "yyynyn", ask: fixed("/reservations", nil)},
	"get-reservation":         {own: "yyynyn", foreign: "hhhnhn", ask: requested("", nil)},
	"get-reservation-patient": {own: "yyynyn", foreign: "hhhnhn", ask: requested("/patient-condition", nil)},
	"approve-reservation":     {own: "nynnyn", foreign: "nhnnhn", ask: requested("/approve", o{"case_version": 1, "override": "과밀이지만 받음"})},
	"reject-reservation":      {own: "nynnyn", foreign: "nhnnhn", ask: requested("/reject", o{"reason": "no_icu"})},
	"withdraw-reservation":    {own: "nynnyn", foreign: "nhnnhn", ask: approved("/withdraw", o{})},
	"acknowledge-reservation": {own: "nynnyn", foreign: "nhnnhn", ask: requested("/acknowledge", o{"case_version": 1})},
	"cancel-reservation":      {own: "ynynnn", foreign: "hnhnnn", ask: requested("/cancel", o{})},
	"extend-reservation": {own: "ynynnn", foreign: "hnhnnn", ask: func(c *court, foreign bool) request {
		return request{path: "/reservations/" + c.requested(foreign) + "/extend", body: o{"arrive_at": time.Now().UTC().Format(time.RFC3339)}}
	}},
	"confirm-reservation": {own: "ynnnnn", foreign: "hnnnnn", ask: approved("/confirm", o{"state": "approved"})},
	"report-arrival":      {own: "yyynyn", foreign: "hhhnhn", ask: approved("/arrive", o{})},
	"hand-over-patient": {own: "yyynyn", foreign: "hhhnhn", ask: func(c *court, foreign bool) request {
		return request{path: "/reservations/" + c.arrived(foreign) + "/hand-over", body: o{}}
	}},
	"release-reservation": {own: "nnynnn", foreign: "nnhnnn", ask: func(c *court, foreign bool) request {
		return request{path: "/reservations/" + c.overdue(foreign) + "/release", body: o{}}
	}},

	// Regions and feeds
	"list-regions":      {own: everybody, ask: fixed("/regions", nil)},
	"get-region-board":  {own: everybody, ask: fixed("/regions/26/board", nil)},
	"get-feed":          {own: everybody, ask: fixed("/feeds/region:26", nil)},
	"get-feed-snapshot": {own: everybody, ask: fixed("/feeds/region:26/snapshot", nil)},
	"list-feed-events": {own: everybody, ask: func(c *court, _ bool) request {
		return request{path: "/feeds/region:26/events?after=0&epoch=" + c.follower.Facts().Epoch}
	}},

	// Audit
	"list-audit":   {own: admins, ask: fixed("/audit", nil)},
	"export-audit": {own: admins, ask: fixed("/audit/exports", o{"reason": "월간 점검을 위한 내려받기"})},

	// Webhooks
	"create-webhook": {own: "nnnyyn", ask: func(c *court, _ bool) request { return webhookRequest() }},
	"list-webhooks":  {own: "nnnyyn", ask: fixed("/webhooks", nil)},
	"get-webhook":    {own: "nnnyyn", foreign: admins, ask: func(c *court, f bool) request { return request{path: "/webhooks/" + c.webhook(f)} }},
	"change-webhook": {own: "nnnyyn", foreign: admins, ask: func(c *court, f bool) request {
		return request{path: "/webhooks/" + c.webhook(f), body: o{"paused": true}}
	}},
	"delete-webhook": {own: "nnnyyn", foreign: admins, ask: func(c *court, f bool) request { return request{path: "/webhooks/" + c.webhook(f)} }},
	"replay-webhook": {own: "nnnyyn", foreign: admins, ask: func(c *court, f bool) request {
		return request{path: "/webhooks/" + c.webhook(f) + "/replay", body: o{}}
	}},
	"test-webhook":      {own: "nnnyyn", foreign: admins, ask: func(c *court, f bool) request { return request{path: "/webhooks/" + c.webhook(f) + "/test"} }},
	"list-dead-letters": {own: "nnnyyn", foreign: admins, ask: func(c *court, f bool) request { return request{path: "/webhooks/" + c.webhook(f) + "/dead-letters"} }},

	// Hospitals and what they have
	"list-items":                  {own: everybody, ask: fixed("/items", nil)},
	"list-diseases":               {own: everybody, ask: fixed("/diseases", nil)},
	"list-reasons":                {own: everybody, ask: fixed("/reasons", nil)},
	"list-hospitals":              {own: everybody, ask: fixed("/hospitals", nil)},
	"find-hospitals":              {own: everybody, ask: fixed("/find?lat=37.57&lon=126.98", nil)},
	"rank-hospitals":              {own: everybody, ask: fixed("/rank?lat=37.57&lon=126.98&ktas=2&category=severe.mi_reperfusion", nil)},
	"get-hospital":                {own: everybody, foreign: everybody, ask: of("")},
	"list-emergency-room-info":    {own: everybody, ask: fixed("/emergency-room-info?region=26", nil)},
	"get-emergency-room-info":     {own: everybody, foreign: everybody, ask: of("/emergency-room-info")},
	"list-icu":                    {own: everybody, ask: fixed("/icu?region=26", nil)},
	"get-icu":                     {own: everybody, foreign: everybody, ask: of("/icu")},
	"list-equipment":              {own: everybody, ask: fixed("/equipment?region=26", nil)},
	"get-equipment":               {own: everybody, foreign: everybody, ask: of("/equipment")},
	"list-acceptance":             {own: everybody, ask: fixed("/acceptance?region=26", nil)},
	"get-acceptance":              {own: everybody, foreign: everybody, ask: of("/acceptance")},
	"list-announcements":          {own: everybody, ask: fixed("/announcements?region=26", nil)},
	"list-hospital-announcements": {own: everybody, foreign: everybody, ask: of("/announcements")},
	"get-announcement": {own: everybody, foreign: everybody, ask: func(c *court, f bool) request {
		return request{path: "/hospitals/" + c.hospital(f) + "/announcements/" + c.announced(f)}
	}},
	"make-announcement": {own: "nyyyyn", foreign: admins, ask: func(c *court, f bool) request {
		return request{path: "/hospitals/" + c.hospital(f) + "/announcements", body: announcement()}
	}},
	"change-announcement": {own: "nyyyyn", foreign: admins, ask: func(c *court, f bool) request {
		return request{path: "/hospitals/" + c.hospital(f) + "/announcements/" + c.announced(f), body: o{"text": "오늘 밤까지"}}
	}},
	"lift-announcement": {own: "nyyyyn", foreign: admins, ask: func(c *court, f bool) request {
		return request{path: "/hospitals/" + c.hospital(f) + "/announcements/" + c.announced(f) + "/lift"}
	}},
	"hold-console": {own: "nynnyn", foreign: "nnnnnn", ask: func(c *court, f bool) request {
		return request{path: "/hospitals/" + c.hospital(f) + "/consoles/" + uuid.NewString(), body: o{"visible": true, "audible": false}}
	}},
	"leave-console": {own: "nynnyn", foreign: "nnnnnn", ask: func(c *court, f bool) request {
		return request{path: "/hospitals/" + c.hospital(f) + "/consoles/" + uuid.NewString()}
	}},
	"set-correction":       {own: "nyyyyn", foreign: admins, ask: ofWith("/corrections/er.general", o{"state": "known", "value": 3})},
	"take-back-correction": {own: "nyyyyn", foreign: admins, ask: of("/corrections/er.general")},
	"set-acceptance":       {own: "nyyyyn", foreign: admins, ask: ofWith("/acceptance/severe.delivery", o{"state": "refuses"})},
	"take-back-acceptance": {own: "nyyyyn", foreign: admins, ask: of("/acceptance/severe.delivery")},
	"set-override":         {own: admins, foreign: admins, ask: ofWith("/overrides/tel", o{"value": "02-123-4567", "reason": "바뀐 번호"})},
	"take-back-override":   {own: admins, foreign: admins, ask: of("/overrides/tel")},
	"push-observations": {own: "nynnyn", ask: func(c *court, f bool) request {
		return request{path: "/observations", body: o{"observations": []o{{
			"hospital_id": c.hospital(f), "observed_at": time.Now().UTC().Format(time.RFC3339), "readings": o{"er.general": o{"state": "known", "value": 2}},
		}}}}
	}},
	"list-ingest-runs": {own: "nnyyyn", ask: fixed("/ingest-runs", nil)},
	"get-ingest-run": {own: "nnyyyn", ask: func(c *court, _ bool) request {
		var runs struct{ Items []struct{ ID string } }
		c.read(c.ask(c.tokens[model.RoleAdmin], request{path: "/ingest-runs?limit=1"}, "GET"), &runs)
		return request{path: "/ingest-runs/" + runs.Items[0].ID}
	}},
}

// asRead is of a record that nobody has changed yet.
var asRead = map[string]string{"If-Match": `"1"`}

func requested(path string, body any) func(*court, bool) request {
	return func(c *court, foreign bool) request {
		return request{path: "/reservations/" + c.requested(foreign) + path, body: body}
	}
}

func approved(path string, body any) func(*court, bool) request {
	return func(c *court, foreign bool) request {
		return request{path: "/reservations/" + c.approved(foreign) + path, body: body}
	}
}

func of(path string) func(*court, bool) request { return ofWith(path, nil) }

func ofWith(path string, body any) func(*court, bool) request {
	return func(c *court, foreign bool) request {
		return request{path: "/hospitals/" + c.hospital(foreign) + path, body: body}
	}
}

func (c *court) read(a verdict, into any) {
	c.t.Helper()
	if err := json.Unmarshal(a.body, into); err != nil || a.status/100 != 2 {
		c.t.Fatalf("%d %s: %v", a.status, a.body, err)
	}
}

func (c *court) principal(token string) model.Principal {
	c.t.Helper()
	p, err := c.keys.Verifier().Verify(token)
	if err != nil {
		c.t.Fatal(err)
	}
	return p
}

// apart are routes that are no operations of the API.
var apart = regexp.MustCompile(`^/(livez|readyz|problems|problems/:code|metrics|ws|asyncapi\.yaml|openapi\.json|openapi\.yaml|docs|docs\.css|demo/token|sim/\*|\.well-known/jwks\.json)?$`)

// The router, the document and the matrix must speak of the same operations.
func TestEveryOperationHasItsRow(t *testing.T) {
	c := convene(t)
	said := map[string]bool{}
	for _, op := range c.doc.Operations() {
		said[op.Method+" "+op.Path] = true
		if _, ok := matrix[op.ID]; !ok {
			t.Errorf("%s has no row: who may call it?", op.ID)
		}
	}
	for id := range matrix {
		if !slices.ContainsFunc(c.doc.Operations(), func(op schema.Operation) bool { return op.ID == id }) {
			t.Errorf("%s has a row and is no operation", id)
		}
	}
	parameter := regexp.MustCompile(`:([a-z_]+)`)
	for _, r := range c.server.Routes() {
		method, path, _ := strings.Cut(r, " ")
		written := parameter.ReplaceAllString(path, "{$1}")
		if !said[method+" "+written] && !apart.MatchString(path) && method != http.MethodHead {
			t.Errorf("the router has %s, and the document has no such operation", r)
		}
	}
}

func TestWhoMayCallWhat(t *testing.T) {
	c := convene(t)
	for _, op := range c.doc.Operations() {
		r, ok := matrix[op.ID]
		if !ok {
			continue // the test above says so
		}
		for _, found := range c.judge(op, r) {
			t.Error(found)
		}
	}
}

// judge asks one operation as everybody.
func (c *court) judge(op schema.Operation, r row) (found []string) {
	if r.open {
		if a := c.ask("", r.ask(c, false), op.Method); a.status/100 != 2 {
			found = append(found, fmt.Sprintf("%s as nobody: %d %s", op.ID, a.status, a.body))
		}
		return found
	}
	for name, token := range map[string]string{"nobody": "", "a stranger": "x.y.z", "somebody blocked": c.tokenBlocked()} {
		if a := c.ask(token, r.ask(c, false), op.Method); a.status != 401 && a.code() != "revoked" {
			found = append(found, fmt.Sprintf("%s as %s: %d %s", op.ID, name, a.status, a.body))
		}
	}
	for i, role := range courtRoles {
		for _, foreign := range []bool{false, true} {
			verdicts := r.own
			if foreign {
				verdicts = r.foreign
			}
			if verdicts == "" || verdicts[i] == '-' {
				continue
			}
			in := r.ask(c, foreign)
			token := c.tokens[role] // after asking: what is the caller's own may be made with it
			if r.alone {
				token = c.member(role)
			}
			if a := c.ask(token, in, op.Method); !fits(verdicts[i], op.ID, a) {
				found = append(found, fmt.Sprintf("%s as %s, foreign %t: %d %s; want %c", op.ID, role, foreign, a.status, a.body, verdicts[i]))
			}
		}
	}
	return found
}

// fits compares an answer with its verdict. A password that is wrong was judged
// by somebody who let the caller in.
func fits(want byte, id string, a verdict) bool {
	switch want {
	case 'y':
		return a.status/100 == 2 || id == "change-password" && a.code() == "bad_credentials"
	case 'h':
		return a.status == 404
	}
	return a.status == 403 && a.code() == "forbidden"
}

// tokenBlocked is the token of an administrator who was blocked a moment ago.
func (c *court) tokenBlocked() string {
	c.t.Helper()
	if c.outcast != "" {
		return c.outcast
	}
	id := c.person(c.rights(model.RoleAdmin))
	token := c.tokenOf(id, false)
	ctx := model.WithCall(c.t.Context(), model.Call{By: model.Principal{Subject: "court", Role: model.RoleAdmin}})
	if _, _, err := c.service.Block(ctx, id, 0, "court"); err != nil {
		c.t.Fatal(err)
	}
	c.until(func() error {
		if c.revoked.standing(c.principal(token)) == nil {
			return fmt.Errorf("the block is not known here")
		}
		return nil
	})
	c.outcast = token
	return token
}

// The judge sees a right that is too wide, and one that is too narrow.
func TestTheMatrixFindsAWrongRight(t *testing.T) {
	c := convene(t)
	for id, wrong := range map[string]string{"list-users": everybody, "list-regions": admins} {
		i := slices.IndexFunc(c.doc.Operations(), func(op schema.Operation) bool { return op.ID == id })
		r := matrix[id]
		r.own = wrong
		if found := c.judge(c.doc.Operations()[i], r); len(found) != 5 {
			t.Errorf("%s: with %s for its verdicts the judge found %q", id, wrong, found)
		}
	}
}

// Feeds by kind: the same over REST and on the socket.
func TestWhoMayReadWhichFeed(t *testing.T) {
	c := convene(t)
	unit := c.vehicle(true)
	for name, verdicts := range map[string]string{
		"region:11": everybody, "region:26": everybody,
		"hospital:" + ownHospital: "nyynyn", "hospital:" + foreignHospital: "nnnnnn",
		"unit:" + demoUnit.ID: "ynnnnn", "unit:" + unit: "nnnnnn",
		"control:11": "nnynnn", "control:26": "nnnnnn",
		"admin": "nnnynn", "system": "nnnnnn",
	} {
		for i, role := range courtRoles {
			a := c.ask(c.tokens[role], request{path: "/feeds/" + name}, "GET")
			if rest := a.status == 200; rest != (verdicts[i] == 'y') || !rest && a.status != 403 {
				t.Errorf("%s over REST as %s: %d %s", name, role, a.status, a.body)
			}
			if got := c.subscribes(c.tokens[role], name); got != (verdicts[i] == 'y') {
				t.Errorf("%s on the socket as %s: %t", name, role, got)
			}
		}
	}
}

// subscribes reports whether a socket is given a feed.
func (c *court) subscribes(token, name string) (given bool) {
	s := c.screen()
	defer s.leave()
	s.welcome(token)
	s.say(`{"type":"subscribe","feed":%q}`, name)
	s.next(func(f any) bool {
		_, given = f.(*feed.Reset)
		_, refused := f.(*feed.ErrorFrame)
		return given || refused
	})
	return given
}
