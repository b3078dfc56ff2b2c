package api

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"weer/model"
	"weer/model/feed"
)

func TestReadingsAreTruthTyped(t *testing.T) {
	h := hear(t, Options{})
	res, got, text := as[CapacityRecord](h.harness, "viewer", "GET", "/hospitals/"+here+"/emergency-room-info", "")
	if res.StatusCode != 200 || got.Source != model.SourceBeds || got.Freshness != feed.Fresh || len(got.Readings) != 3 || len(got.Feeds) != 1 || got.Feeds[0].Feed != "region:11" {
		t.Fatalf("%d %s", res.StatusCode, text)
	}
	byItem := map[string]Reading{}
	for _, r := range got.Readings {
		byItem[r.Item] = r
	}
	if r := byItem["er.general"]; r.State != model.Known || *r.Value != 3 || *r.Total != 20 || r.Freshness != feed.Fresh || r.Source != model.SourceBeds || r.Corrected != nil {
		t.Errorf("known: %+v", r)
	}
	if r := byItem["er.isolation"]; r.State != model.Unknown || r.Value != nil || *r.Raw != 999 {
		t.Errorf("unknown is shown as a number: %+v", r)
	}
	if r := byItem["ward.general"]; *r.Value != 0 {
		t.Errorf("zero is not missing: %+v", r)
	}
	_, icu, _ := as[CapacityRecord](h.harness, "viewer", "GET", "/hospitals/"+here+"/icu", "")
	if len(icu.Readings) != 1 || *icu.Readings[0].Value != -2 {
		t.Errorf("over capacity: %+v", icu.Readings)
	}
	_, old, _ := as[CapacityRecord](h.harness, "viewer", "GET", "/hospitals/"+south+"/emergency-room-info", "")
	if r := old.Readings[0]; r.Freshness != feed.Withdrawn || r.Value != nil || *r.Raw != 7 || r.State != model.Known {
		t.Errorf("two hours old: %+v", r)
	}
	_, page, _ := as[CapacityPage](h.harness, "viewer", "GET", "/equipment?region=11", "")
	if len(page.Items) != 2 || len(page.Items[0].Readings) != 1 || page.Items[1].Readings == nil || page.Items[0].HospitalID != here {
		t.Errorf("%+v", page)
	}
	for path, want := range map[string]string{
		"/icu": "invalid region", "/icu?region=99": "invalid region", "/hospitals/A1100009/icu": "not_found", "/hospitals/A9900001/icu": "not_found", "/hospitals/x/icu": "invalid id",
	} {
		if res, _, text := as[any](h.harness, "viewer", "GET", path, ""); res.StatusCode < 400 || problem(text) != want {
			t.Errorf("%s: %d %s, want %s", path, res.StatusCode, problem(text), want)
		}
	}
}

// A record is not sent again while it says the same, and is when it says more.
func TestARecordThatIsHeldIsNotSentAgain(t *testing.T) {
	h := hear(t, Options{})
	for _, path := range []string{"", "/emergency-room-info", "/icu", "/equipment", "/acceptance"} {
		res, _, _ := as[any](h.harness, "viewer", "GET", "/hospitals/"+here+path, "")
		tag := res.Header.Get("ETag")
		if res, _, _ = as[json.RawMessage](h.harness, "viewer", "GET", "/hospitals/"+here+path, "", "If-None-Match", `"x", `+tag); res.StatusCode != 304 && tag != "" {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
	res, _, _ := as[any](h.harness, "viewer", "GET", "/hospitals/"+here+"/emergency-room-info", "")
	as[any](h.harness, "hospital", "PUT", "/hospitals/"+here+"/corrections/er.general", `{"state":"known","value":1}`)
	if res, _, _ = as[any](h.harness, "viewer", "GET", "/hospitals/"+here+"/emergency-room-info", "", "If-None-Match", res.Header.Get("ETag")); res.StatusCode != 200 {
		t.Errorf("after a correction: %d", res.StatusCode)
	}
}

func TestHospitalsByRegionLevelNameAndPlace(t *testing.T) {
	h := hear(t, Options{})
	for query, want := range map[string]string{
		"":                                 "A1100001 A1100002 A1200001",
		"?sort=-id":                        "A1200001 A1100002 A1100001",
		"?sort=name":                       "A1100002 A1200001 A1100001",
		"?region=11":                       "A1100001 A1100002",
		"?region=26,11&level=G006":         "A1100002 A1200001",
		"?q=강남":                            "A1100002",
		"?near=37.5,127.03":                "A1100002 A1100001 A1200001",
		"?near=37.5,127.03&km=5":           "A1100002",
		"?near=37.5,127.03&sort=-distance": "A1200001 A1100001 A1100002",
		"?bbox=126.9,37.5,127,37.6":        "A1100001",
		"?limit=2&sort=-id":                "A1200001 A1100002 …",
		"?bbox=1,2,3&near=0,0&region=99":   "invalid bbox near region",
		"?km=5&sort=distance":              "invalid km sort",
		"?near=here":                       "invalid near",
		"?near=NaN,127":                    "invalid near",
		"?sort=beds":                       "invalid sort",
		"?q=" + strings.Repeat("a", 101):   "invalid q",
		"?name=강남":                         "invalid name",
		"?cursor=zzz":                      "invalid cursor",
	} {
		res, page, text := as[HospitalPage](h.harness, "crew", "GET", "/hospitals"+query, "")
		var ids []string
		for _, i := range page.Items {
			ids = append(ids, i.ID)
		}
		if page.Next != "" {
			ids = append(ids, "…")
		}
		got := strings.Join(ids, " ")
		if res.StatusCode >= 400 {
			got = problem(text)
		}
		if got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
	_, page, _ := as[HospitalPage](h.harness, "crew", "GET", "/hospitals?limit=2", "")
	_, rest, _ := as[HospitalPage](h.harness, "crew", "GET", "/hospitals?limit=2&cursor="+page.Next, "")
	if len(rest.Items) != 1 || rest.Items[0].ID != busan || rest.Next != "" || len(rest.Feeds) != 2 {
		t.Errorf("%+v", rest)
	}
}

// What people say is there on the next read, says who said it, and moves the
// region's feed to where the answer says.
func TestCorrectionsOverREST(t *testing.T) {
	h := hear(t, Options{})
	path := "/hospitals/" + here + "/corrections/er.general"
	res, said, text := as[Said](h.harness, "hospital", "PUT", path, `{"state":"known","value":0}`, "Idempotency-Key", "k1")
	if res.StatusCode != 200 || len(said.Feeds) != 1 || len(said.Feeds[0].Keys) == 0 || !strings.Contains(text, `"by":"hospital"`) {
		t.Fatalf("%d %s", res.StatusCode, text)
	}
	_, got, _ := as[CapacityRecord](h.harness, "viewer", "GET", "/hospitals/"+here+"/emergency-room-info", "")
	r := got.Readings[0]
	if *r.Value != 0 || *r.Total != 20 || r.Source != model.SourceConsole || r.Corrected.By != "hospital" || *r.Corrected.Says.Value != 3 || got.Feeds[0].Seq != said.Feeds[0].Seq {
		t.Errorf("%+v", r)
	}
	res, again, _ := as[Said](h.harness, "hospital", "PUT", path, `{"state":"known","value":0}`, "Idempotency-Key", "k1")
	if res.Header.Get("Idempotency-Replayed") != "true" || fmt.Sprint(again.Result) != fmt.Sprint(said.Result) || len(again.Feeds) != 0 {
		t.Errorf("again: %v, %+v", res.Header, again)
	}
	if _, _, text := as[any](h.harness, "hospital", "PUT", path, `{"state":"known","value":1}`, "Idempotency-Key", "k1"); problem(text) != "key_reused Idempotency-Key" {
		t.Errorf("another command: %s", text)
	}
	if res, _, _ = as[Said](h.harness, "control", "DELETE", path, ""); res.StatusCode != 200 {
		t.Errorf("taken back: %d", res.StatusCode)
	}
	if _, got, _ = as[CapacityRecord](h.harness, "viewer", "GET", "/hospitals/"+here+"/emergency-room-info", ""); *got.Readings[0].Value != 3 {
		t.Errorf("%+v", got.Readings[0])
	}
	for _, c := range []struct{ who, method, path, body, want string }{
		{"hospital", "PUT", path, `{"state":"known"}`, "invalid value"},
		{"hospital", "PUT", path, `{"state":"not_reported"}`, "invalid body.state"},
		{"hospital", "PUT", path, `{"state":"known","value":99999,"beds":1}`, "invalid beds value"},
		{"hospital", "PUT", "/hospitals/" + here + "/corrections/equipment.ct", `{"state":"known","value":2}`, "invalid value"},
		{"hospital", "PUT", "/hospitals/" + here + "/corrections/er.sofa", `{"state":"unknown"}`, "invalid item"},
		{"hospital", "PUT", "/hospitals/A9900001/corrections/er.general", `{"state":"unknown"}`, "not_found"},
		{"hospital", "PUT", "/hospitals/" + south + "/corrections/er.general", `{"state":"unknown"}`, "forbidden"},
		{"control", "PUT", "/hospitals/" + busan + "/corrections/er.general", `{"state":"unknown"}`, "forbidden"},
		{"crew", "PUT", path, `{"state":"unknown"}`, "forbidden"},
		{"hospital", "PUT", "/hospitals/" + here + "/overrides/tel", `{"value":"1","reason":"r"}`, "forbidden"},
		{"admin", "PUT", "/hospitals/" + here + "/overrides/beds", `{"value":"1","reason":"r"}`, "invalid field"},
		{"admin", "PUT", "/hospitals/" + here + "/overrides/lat", `{"value":"127","reason":"r"}`, "invalid value"},
	} {
		if res, _, text := as[any](h.harness, c.who, c.method, c.path, c.body); res.StatusCode < 400 || strings.ReplaceAll(problem(text), "body.", "") != strings.ReplaceAll(c.want, "body.", "") {
			t.Errorf("%s %s %s: %s, want %s", c.who, c.path, c.body, problem(text), c.want)
		}
	}
}

func TestOverridesOverREST(t *testing.T) {
	h := hear(t, Options{})
	path := "/hospitals/" + here + "/overrides/name"
	if res, _, text := as[Said](h.harness, "admin", "PUT", path, `{"value":"새 이름","reason":"개명"}`); res.StatusCode != 200 {
		t.Fatal(text)
	}
	_, got, _ := as[HospitalRecord](h.harness, "viewer", "GET", "/hospitals/"+here, "")
	if got.Name != "새 이름" || !slices.Equal(got.Overridden, []string{"name"}) {
		t.Errorf("%+v", got)
	}
	as[Said](h.harness, "admin", "DELETE", path, "")
	if _, got, _ = as[HospitalRecord](h.harness, "viewer", "GET", "/hospitals/"+here, ""); got.Name != "서울시청병원" || got.Overridden != nil {
		t.Errorf("%+v", got)
	}
}

func TestAcceptanceOverREST(t *testing.T) {
	h := hear(t, Options{})
	res, _, text := as[Said](h.harness, "hospital", "PUT", "/hospitals/"+here+"/acceptance/severe.burn", `{"state":"refuses","note":"의사 부재"}`)
	if res.StatusCode != 200 {
		t.Fatal(text)
	}
	_, got, text := as[AcceptanceRecord](h.harness, "viewer", "GET", "/hospitals/"+here+"/acceptance", "")
	d := got.Diseases[0]
	if d.State != model.Refuses || d.Source != model.SourceConsole || d.Corrected.State != model.Accepts || d.Corrected.Note != "성인" || got.ConfirmedAt == 0 || got.Late {
		t.Errorf("%s", text)
	}
	as[Said](h.harness, "hospital", "DELETE", "/hospitals/"+here+"/acceptance/severe.burn", "")
	_, page, _ := as[AcceptancePage](h.harness, "viewer", "GET", "/acceptance?region=11", "")
	if d := page.Items[0].Diseases[0]; d.State != model.Accepts || d.Corrected != nil || d.Source != model.SourceAcceptance || len(page.Items) != 2 {
		t.Errorf("%+v", page)
	}
	for path, body := range map[string]string{"severe.hiccups": `{"state":"accepts"}`, "severe.burn": `{"state":"perhaps"}`} {
		if res, _, text := as[any](h.harness, "hospital", "PUT", "/hospitals/"+here+"/acceptance/"+path, body); res.StatusCode != 422 {
			t.Errorf("%s: %s", path, text)
		}
	}
}

func TestTheLifeOfAnAnnouncement(t *testing.T) {
	h := hear(t, Options{})
	list := "/hospitals/" + here + "/announcements"
	ends := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	body := `{"kind":"severe","disease":"severe.burn","reason":"no_specialist","ends_at":"` + ends + `"}`
	res, made, text := as[Announced](h.harness, "hospital", "POST", list, body, "Idempotency-Key", "a1")
	if res.StatusCode != 201 || made.Text != "전문의 부재" || !made.InForce || made.Revision != 1 || made.By != "hospital" || len(made.Feeds) != 1 {
		t.Fatalf("%d %s", res.StatusCode, text)
	}
	_, again, _ := as[Announced](h.harness, "hospital", "POST", list, body, "Idempotency-Key", "a1")
	_, page, _ := as[AnnouncementPage](h.harness, "viewer", "GET", "/announcements?region=11&in_force=true", "")
	if again.ID != made.ID || len(page.Items) != 1 || page.Items[0].ID != made.ID || page.Items[0].Region != "11" {
		t.Errorf("%+v, %+v", again, page)
	}
	path := list + "/" + made.ID
	res, one, _ := as[AnnouncementRecord](h.harness, "viewer", "GET", path, "")
	tag := res.Header.Get("ETag")
	if res, _, _ = as[any](h.harness, "viewer", "GET", path, "", "If-None-Match", tag); res.StatusCode != 304 || one.Announcement.ID != made.ID {
		t.Errorf("%d, %+v", res.StatusCode, one)
	}
	res, changed, text := as[Announced](h.harness, "hospital", "PATCH", path, `{"text":"야간만"}`, "If-Match", tag, "Idempotency-Key", "a2")
	if res.StatusCode != 200 || changed.Text != "야간만" || changed.Revision != 2 {
		t.Errorf("%d %s", res.StatusCode, text)
	}
	if res, _, text = as[any](h.harness, "hospital", "PATCH", path, `{"text":"주말만"}`, "If-Match", tag); problem(text) != "precondition_failed If-Match" || res.StatusCode != 412 {
		t.Errorf("%d %s", res.StatusCode, text)
	}
	if res, _, _ = as[Announced](h.harness, "hospital", "PATCH", path, `{"text":"야간만"}`, "If-Match", tag, "Idempotency-Key", "a2"); res.Header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("a command that was carried out fails on what it did itself: %d", res.StatusCode)
	}
	if _, lifted, text := as[Announced](h.harness, "hospital", "POST", path+"/lift", ""); !lifted.Lifted || lifted.InForce {
		t.Errorf("%s", text)
	}
	if _, page, _ = as[AnnouncementPage](h.harness, "viewer", "GET", list+"?in_force=true", ""); len(page.Items) != 0 {
		t.Errorf("%+v", page)
	}
	if _, page, _ = as[AnnouncementPage](h.harness, "viewer", "GET", list, ""); len(page.Items) != 1 {
		t.Errorf("%+v", page)
	}
	for _, c := range []struct{ who, method, path, body, want string }{
		{"hospital", "PATCH", path, `{"text":"x"}`, "conflict"},
		{"hospital", "POST", list + "/0197/lift", "", "not_found"},
		{"hospital", "POST", list, `{"kind":"er","disease":"severe.burn","reason":"boredom","ends_at":"` + ends + `"}`, "invalid disease reason"},
		{"hospital", "POST", list, `{"kind":"er","reason":"no_beds","ends_at":"2020-01-01T00:00:00Z"}`, "invalid ends_at"},
		{"hospital", "POST", "/hospitals/" + south + "/announcements", body, "forbidden"},
		{"crew", "POST", list, body, "forbidden"},
		{"viewer", "GET", list + "/0197", "", "not_found"},
	} {
		if res, _, text := as[any](h.harness, c.who, c.method, c.path, c.body); res.StatusCode < 400 || problem(text) != c.want {
			t.Errorf("%s %s %s: %s, want %s", c.who, c.path, c.body, problem(text), c.want)
		}
	}
}
