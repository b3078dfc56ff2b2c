package api

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"weer/model"
)

// The documents are of the operations that there are, and the page for people
// needs nothing but itself: no script, no style in it, nothing from elsewhere.
func TestTheDocuments(t *testing.T) {
	h := rig(t, Options{Service: model.NewService(stored(t), quiet{}), Boards: newCopies()})
	res, body := h.ask("GET", "/openapi.json", "")
	var doc struct {
		OpenAPI string `json:"openapi"`
		Paths   map[string]map[string]struct {
			ID        string         `json:"operationId"`
			Right     string         `json:"x-right"`
			Summary   string         `json:"summary"`
			Responses map[string]any `json:"responses"`
		} `json:"paths"`
		Components struct{ Schemas map[string]any }
	}
	if err := json.Unmarshal([]byte(body), &doc); err != nil || res.StatusCode != 200 || !strings.HasPrefix(doc.OpenAPI, "3.1.") {
		t.Fatalf("%s %s %v", res.Status, doc.OpenAPI, err)
	}
	if res, yaml := h.ask("GET", "/openapi.yaml", ""); res.StatusCode != 200 || !strings.Contains(yaml, "operationId: list-regions") {
		t.Errorf("the document as YAML: %s", res.Status)
	}
	res, page := h.ask("GET", "/docs", "")
	if res.StatusCode != 200 || res.Header.Get("Content-Type") != "text/html; charset=utf-8" {
		t.Fatal(res.Status)
	}
	if bad := regexp.MustCompile(`(?i)<script|<style|style=| on[a-z]+="|https?://|<img|<iframe`).FindString(page); bad != "" {
		t.Errorf("the page has %q", bad)
	}
	if res, _ := h.ask("GET", "/docs.css", ""); res.StatusCode != 200 || res.Header.Get("Content-Type") != "text/css; charset=utf-8" {
		t.Errorf("its style: %s", res.Status)
	}
	if len(doc.Paths["/api/v1/feeds/{feed}/events"]) != 1 || len(doc.Paths["/api/v1/regions/{region}/board"]) != 1 {
		t.Errorf("paths %v", doc.Paths)
	}
	for path, operations := range doc.Paths {
		for method, op := range operations {
			if op.Right == "" || op.Responses["422"] == nil || op.Responses["default"] == nil || !strings.Contains(page, `id="`+op.ID+`"`) {
				t.Errorf("%s %s: %+v", method, path, op)
			}
		}
	}
	for _, link := range regexp.MustCompile(`href="#([^"]+)"`).FindAllStringSubmatch(page, -1) {
		if !strings.Contains(page, `id="`+link[1]+`"`) {
			t.Errorf("#%s leads nowhere", link[1])
		}
	}
}
