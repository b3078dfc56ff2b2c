package main

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"weer/api/client"
	"weer/model"
)

// growing is an output that can be looked at while it is written.
type growing struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (g *growing) Write(b []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.buf.Write(b)
}

func (g *growing) String() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.buf.String()
}

// TestCaseWatchFollowsAUnitAndAControlRoom: a person sees the unit that the
// account is on, a program of the machine a control room; both the same case.
func TestCaseWatchFollowsAUnitAndAControlRoom(t *testing.T) {
	r := begin(t, append(calm, "--database-url", "sqlite:"+filepath.Join(t.TempDir(), "weer.db"))...)
	t.Setenv("WEER_PASSWORD", demoPassword(model.RoleCrew))
	crew := client.SignIn(demoLogin(model.RoleCrew), demoPassword(model.RoleCrew), r.baseURL())
	rest, err := client.NewREST(client.RESTOptions{URLs: []string{r.baseURL()}, Token: crew.Token})
	if err != nil {
		t.Fatal(err)
	}
	if err := rest.SignOn(t.Context(), demoUnit.ID); err != nil {
		t.Fatal(err)
	}
	three := 3
	c, _, err := rest.OpenCase(t.Context(), client.Triage{KTAS: &three, Category: "severe.burn", AgeBand: "adult"}, client.Clinical{})
	if err != nil {
		t.Fatal(err)
	}
	line := c.Code + "  KTAS 3  %s[중증화상] 전문치료  성인  ○ 병원 미정\n"
	for _, tc := range []struct {
		args []string
		want string
	}{
		{[]string{"--login", "demo.crew"}, fmt.Sprintf(line, "")},
		{[]string{"--login", "demo.crew", "--unit", demoUnit.CallSign, c.Code}, fmt.Sprintf(line, "")},
		{[]string{"--region", "11"}, fmt.Sprintf(line, demoUnit.CallSign+"  ")},
		{[]string{"--region", "11", "--json"}, `"type":"reset","feed":"control:11"`},
	} {
		ctx, stop := context.WithCancel(t.Context())
		var out, errs growing
		code := make(chan int, 1)
		go func() {
			code <- run(ctx, append([]string{"case", "watch", "--url", r.baseURL()}, tc.args...), outlet{&out, &errs})
		}()
		r.until(func() error {
			if !strings.Contains(out.String(), tc.want) {
				return fmt.Errorf("%v: no %q in %q, %q", tc.args, tc.want, out.String(), errs.String())
			}
			return nil
		})
		stop()
		if got := <-code; got != 0 || errs.String() != "" {
			t.Errorf("%v: exit %d, %q", tc.args, got, errs.String())
		}
	}
	for _, tc := range []struct {
		args []string
		want string
	}{
		{nil, "--region"},
		{[]string{"--region", "99"}, "regions"},
		{[]string{"--region", "11", "--unit", "강남 201"}, "two people's"},
		{[]string{"--login", "demo.crew", "--unit", "강남 999"}, "--unit: names the unit"},
		{[]string{"--login", "demo.crew", "12345"}, "misheard"},
	} {
		if code, out, text := call(t, append([]string{"case", "watch", "--url", r.baseURL()}, tc.args...)...); code != 1 || out != "" || !strings.Contains(text, tc.want) || strings.Count(text, "\n") != 1 {
			t.Errorf("%v: exit %d, %q, %q", tc.args, code, out, text)
		}
	}
	t.Setenv("WEER_PASSWORD", demoPassword(model.RoleHospital))
	if code, _, text := call(t, "case", "watch", "--url", r.baseURL(), "--login", "demo.hospital"); code != 1 || !strings.Contains(text, "is no crew") {
		t.Errorf("a hospital: exit %d, %q", code, text)
	}
	if err := crew.SignOut(t.Context()); err != nil {
		t.Error(err)
	}
	r.end()
}
