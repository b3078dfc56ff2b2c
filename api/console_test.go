package api

import (
	"fmt"
	"testing"
	"time"

	"weer/model"
	"weer/model/feed"
)

const window = "0197a2b4-8c6e-7d10-9a3f-1d2c3b4a5968"

func TestAConsoleIsHeldAndLeft(t *testing.T) {
	h := hear(t, Options{})
	path := "/hospitals/" + here + "/consoles/" + window
	hold := func(body string) Lease {
		t.Helper()
		res, lease, text := as[Lease](h.harness, "hospital", "PUT", path, body)
		left := time.Until(lease.EndsAt.Std())
		if res.StatusCode != 200 || lease.RenewMS != 5_000 || left > 15*time.Second || left < 5*time.Second {
			t.Errorf("%s: %d %s", body, res.StatusCode, text)
		}
		return lease
	}
	lease := hold(`{"visible":true,"audible":false}`)
	if lease.Reach != model.ReachVisible || len(lease.Feeds) != 1 || lease.Feeds[0].Keys[0].Key != here+"/console" {
		t.Errorf("%+v", lease)
	}
	if lease = hold(`{"visible":true,"audible":false}`); lease.Reach != model.ReachVisible || lease.Feeds == nil || len(lease.Feeds) != 0 {
		t.Errorf("the same again: %+v", lease)
	}
	if lease = hold(`{"visible":false,"audible":true}`); lease.Reach != model.ReachAudible {
		t.Errorf("with sound: %+v", lease)
	}
	if res, _, text := as[any](h.harness, "integration", "DELETE", path, ""); res.StatusCode != 403 {
		t.Errorf("a key without the scope: %d %s", res.StatusCode, text)
	}
	res, left, text := as[Reached](h.harness, "hospital", "DELETE", path, "")
	if res.StatusCode != 200 || left.Reach != model.ReachNone || len(left.Feeds) != 1 {
		t.Errorf("%d %s", res.StatusCode, text)
	}
	v, err := h.db.Value(t.Context(), feed.RegionFeed("11"), here+"/console")
	if err != nil || fmt.Sprint(string(v))[:15] != `{"reach":"none"` {
		t.Errorf("the region shows %s, %v", v, err)
	}
	if res, left, text = as[Reached](h.harness, "hospital", "DELETE", path, ""); res.StatusCode != 200 || len(left.Feeds) != 0 {
		t.Errorf("left again: %d %s", res.StatusCode, text)
	}
}

func TestWhatNoConsoleMay(t *testing.T) {
	h := hear(t, Options{})
	other := model.Console{HospitalID: here, ID: window, Account: "somebody else", Audible: true}
	if _, _, err := h.service.ProveConsole(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ who, method, path, body, want string }{
		{"hospital", "PUT", here + "/consoles/" + window, `{"visible":true,"audible":true}`, "conflict"},
		{"hospital", "DELETE", here + "/consoles/" + window, "", "conflict"},
		{"hospital", "PUT", here + "/consoles/one", `{"visible":true,"audible":true}`, "invalid console"},
		{"hospital", "PUT", here + "/consoles/" + window, `{"visible":true}`, "invalid audible"},
		{"hospital", "PUT", here + "/consoles/" + window, `{"visible":1,"audible":true}`, "invalid visible"},
		{"hospital", "PUT", south + "/consoles/" + window, `{"visible":true,"audible":true}`, "forbidden"},
		{"control", "PUT", here + "/consoles/" + window, `{"visible":true,"audible":true}`, "forbidden"},
		{"crew", "DELETE", here + "/consoles/" + window, "", "forbidden"},
		{"hospital", "PUT", "A9900001/consoles/" + window, `{"visible":true,"audible":true}`, "not_found"},
	} {
		if _, _, text := as[any](h.harness, tc.who, tc.method, "/hospitals/"+tc.path, tc.body); problem(text) != tc.want {
			t.Errorf("%s %s %s %s: %s, want %s", tc.who, tc.method, tc.path, tc.body, text, tc.want)
		}
	}
}
