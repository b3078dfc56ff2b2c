package api

import (
	"encoding/json"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"weer/api/auth"
	"weer/model"
	"weer/model/fault"
	"weer/model/store"
)

const kimsPassword = "보라색 등대 열일곱 자전거"

// counter is a server with accounts: kim, who drives in 서울, may sign in.
func counter(t *testing.T) *harness {
	t.Helper()
	dir := t.TempDir()
	db, err := store.Open(t.Context(), "sqlite:"+filepath.Join(dir, "weer.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	keys, err := auth.LoadOrCreate(filepath.Join(dir, "key"))
	if err != nil {
		t.Fatal(err)
	}
	service := model.NewService(db, unheard{})
	desk, err := auth.NewDesk(service, keys)
	if err != nil {
		t.Fatal(err)
	}
	_, err = desk.Create(t.Context(), model.Account{
		Login: "kim", Name: "김구급", Email: "kim@example.kr", Phone: "010-1234-5678", Organisation: "강남소방서", Certificate: "1",
		Rights: model.Rights{Role: model.RoleCrew, Regions: []string{"11"}},
	}, kimsPassword)
	if err != nil {
		t.Fatal(err)
	}
	return rig(t, Options{Service: service, Desk: desk, Authenticate: desk.Authenticate})
}

func (h *harness) post(path, body string, headers ...string) (*http.Response, string) {
	h.t.Helper()
	return h.ask("POST", base+path, body, append(headers, "Content-Type", "application/json")...)
}

func (h *harness) signIn(t *testing.T, more string) (in SignedIn, res *http.Response) {
	t.Helper()
	res, body := h.post("/session", `{"login":"Kim","password":"`+kimsPassword+`"`+more+`}`)
	if err := json.Unmarshal([]byte(body), &in); err != nil || res.StatusCode != 200 {
		t.Fatalf("signing in: %d %s", res.StatusCode, body)
	}
	return in, res
}

func TestAProgramsSession(t *testing.T) {
	h := counter(t)
	in, res := h.signIn(t, "")
	if in.RefreshToken == "" || res.Header.Get("Set-Cookie") != "" || in.Session.Login != "kim" || in.Session.Role != model.RoleCrew {
		t.Errorf("signed in as %+v, cookie %q", in.Session, res.Header.Get("Set-Cookie"))
	}
	res, next, text := as[SignedIn](h, in.AccessToken, "POST", "/session/refresh", `{"refresh_token":"`+in.RefreshToken+`"}`)
	if res.StatusCode != 200 || next.RefreshToken == in.RefreshToken || next.Session.ID != in.Session.ID {
		t.Fatalf("refreshed: %d %s", res.StatusCode, text)
	}
	if _, of, text := as[SessionOf](h, next.AccessToken, "GET", "/session", ""); of.Account != in.Session.Account || of.Name != "김구급" {
		t.Errorf("who it is: %s", text)
	}
	if res, text := h.ask("DELETE", base+"/session", "", "Authorization", "Bearer "+next.AccessToken); res.StatusCode >= 300 {
		t.Fatalf("signing out: %d %s", res.StatusCode, text)
	}
	res, text = h.post("/session/refresh", `{"refresh_token":"`+next.RefreshToken+`"}`)
	if p, _ := problemOf(t, res, text); p.Code != fault.SignedOut {
		t.Errorf("refreshing after signing out: %s", text)
	}
}

// A page's refresh token is where no script reads it, and no other site uses it.
func TestAPagesSession(t *testing.T) {
	h := counter(t)
	in, res := h.signIn(t, `,"cookie":true`)
	cookies := res.Cookies()
	if in.RefreshToken != "" || len(cookies) != 1 {
		t.Fatalf("the token is %q in the body, and there are %d cookies", in.RefreshToken, len(cookies))
	}
	c := cookies[0]
	if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Name != "weer_refresh" || c.Secure || c.Path != "/" {
		t.Errorf("the cookie is %s", c)
	}
	cookie := c.Name + "=" + c.Value
	for _, origin := range []string{"", "http://elsewhere.example", "null"} {
		headers := []string{"Cookie", cookie}
		if origin != "" {
			headers = append(headers, "Origin", origin)
		}
		res, text := h.post("/session/refresh", `{}`, headers...)
		if p, _ := problemOf(t, res, text); p.Code != fault.ForeignOrigin {
			t.Errorf("from %q: %d %s", origin, res.StatusCode, text)
		}
	}
	res, text := h.post("/session/refresh", `{}`, "Cookie", cookie, "Origin", "http://"+h.addr)
	if res.StatusCode != 200 || len(res.Cookies()) != 1 || res.Cookies()[0].Value == c.Value || strings.Contains(text, "refresh_token") {
		t.Errorf("from its own page: %d %s", res.StatusCode, text)
	}
}

// Whether a login exists is said neither to who guesses nor to who signs up.
func TestNobodyLearnsWhichLoginsThereAre(t *testing.T) {
	h := counter(t)
	var said []string
	for _, login := range []string{"kim", "nobody"} {
		res, text := h.post("/session", `{"login":"`+login+`","password":"wrong"}`)
		p, _ := problemOf(t, res, text)
		if p.Code != fault.BadCredentials {
			t.Errorf("%s: %s", login, text)
		}
		said = append(said, p.Detail)
	}
	const form = `,"password":"` + kimsPassword + `","name":"이구급","email":"kim@example.kr","phone":"010-1234-5678",` +
		`"organisation":"강남소방서","certificate":"1","role":"crew","regions":["11"]}`
	for _, login := range []string{"kim", "lee"} {
		res, text := h.post("/users", `{"login":"`+login+`"`+form)
		if res.StatusCode != http.StatusAccepted {
			t.Errorf("%s signs up: %d %s", login, res.StatusCode, text)
		}
		said = append(said, text)
	}
	if said[0] != said[1] || said[2] != said[3] {
		t.Errorf("the answers differ: %q", said)
	}
	h.signIn(t, "") // the account is who it was
}

func TestASignUpNamesEveryBadField(t *testing.T) {
	h := counter(t)
	res, text := h.post("/users", `{"login":"!","password":"short","name":"","email":"x","phone":"x","organisation":"","role":"crew"}`)
	p, fields := problemOf(t, res, text)
	for _, name := range []string{"login", "password", "name", "email", "phone", "organisation", "certificate", "regions"} {
		if fields[name] == "" {
			t.Errorf("%s is not named", name)
		}
	}
	if p.Code != fault.Invalid {
		t.Errorf("it is %s", p.Code)
	}
	res, text = h.post("/users", `{"login":"boss","password":"`+kimsPassword+`","name":"b","email":"b@example.kr","phone":"010-1234-5678","organisation":"o","role":"admin"}`)
	if _, fields := problemOf(t, res, text); fields["role"] == "" {
		t.Errorf("who signs up as admin: %d %s", res.StatusCode, text)
	}
}

func TestGuessingHasToWait(t *testing.T) {
	h := counter(t)
	for range 100 {
		res, text := h.post("/session", `{"login":"kim","password":"wrong"}`)
		if p, _ := problemOf(t, res, text); p.Code == fault.TooManyRequests {
			if res.Header.Get("Retry-After") == "" {
				t.Error("it does not say how long to wait")
			}
			return
		}
	}
	t.Error("a hundred tries were judged")
}
