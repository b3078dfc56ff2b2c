package api

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"weer/model"
)

func TestABatchOfObservations(t *testing.T) {
	h := hear(t, Options{})
	at := func(ago time.Duration) string { return time.Now().Add(-ago).UTC().Format(time.RFC3339) }
	item := func(id string, ago time.Duration, readings string) string {
		return fmt.Sprintf(`{"hospital_id":%q,"observed_at":%q,"readings":{%s}}`, id, at(ago), readings)
	}
	body := `{"observations":[` + strings.Join([]string{
		item(here, time.Second, `"er.general":{"state":"known","value":5}`), item(busan, time.Second, ``),
		item(here, time.Second, `"er.general":{"state":"known"}`), item(here, time.Hour, `"er.general":{"state":"known","value":1}`),
		item(here, time.Second, `"er.sofa":{"state":"known","value":1}`), item(here, time.Second, `"equipment.ct":{"state":"known","value":3}`),
	}, ",") + `]}`
	res, got, text := as[PushResult](h.harness, "integration", "POST", "/observations", body)
	var outcomes []string
	for _, o := range got.Outcomes {
		name := o.Outcome
		for _, e := range o.Errors {
			name += ":" + e.Name
		}
		outcomes = append(outcomes, name)
	}
	want := "held forbidden invalid:readings.er.general.value conflict invalid:readings invalid:readings.equipment.ct.value"
	if res.StatusCode != 200 || strings.Join(outcomes, " ") != want || got.Source != "push:key-1" || len(got.Feeds) != 1 {
		t.Fatalf("%d %q: %s", res.StatusCode, outcomes, text)
	}
	_, shown, _ := as[CapacityRecord](h.harness, "viewer", "GET", "/hospitals/"+here+"/emergency-room-info", "")
	if *shown.Readings[0].Value != 5 || shown.Source != "push:key-1" {
		t.Errorf("%+v", shown)
	}
	if res, _, text = as[PushResult](h.harness, "integration", "POST", "/observations", `{"observations":[]}`); res.StatusCode != 422 {
		t.Errorf("%d %s", res.StatusCode, text)
	}
	if res, _, _ = as[PushResult](h.harness, "control", "POST", "/observations", body); res.StatusCode != 403 {
		t.Errorf("control pushes: %d", res.StatusCode)
	}
}

func TestRunsAndCataloguesOverREST(t *testing.T) {
	h := hear(t, Options{})
	_, page, _ := as[Page[IngestRun]](h.harness, "admin", "GET", "/ingest-runs?limit=2&complete=true", "")
	if len(page.Items) != 2 || page.Items[0].Source != model.SourceAcceptance || !page.Items[0].Complete || page.Items[0].EndedAt == 0 {
		t.Fatalf("%+v", page)
	}
	_, rest, _ := as[Page[IngestRun]](h.harness, "admin", "GET", "/ingest-runs?limit=2&complete=true&cursor="+page.Next, "")
	_, one, _ := as[IngestRun](h.harness, "control", "GET", "/ingest-runs/"+rest.Items[0].ID, "")
	if len(rest.Items) != 1 || rest.Next != "" || one.Source != model.SourceBeds || one.Rows != 3 {
		t.Errorf("%+v, %+v", rest, one)
	}
	for path, want := range map[string]int{"/ingest-runs/none": 404, "/ingest-runs?complete=perhaps": 422} {
		if res, _, _ := as[any](h.harness, "admin", "GET", path, ""); res.StatusCode != want {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
	if res, _, _ := as[any](h.harness, "viewer", "GET", "/ingest-runs", ""); res.StatusCode != 403 {
		t.Errorf("a viewer reads runs: %d", res.StatusCode)
	}
	for path, n := range map[string]int{"/items?limit=200": len(model.Items), "/diseases": len(model.Diseases), "/reasons": len(model.Reasons)} {
		if _, page, _ := as[Page[map[string]any]](h.harness, "viewer", "GET", path, ""); len(page.Items) != n || page.Items[0]["ko"] == "" {
			t.Errorf("%s: %d", path, len(page.Items))
		}
	}
}
