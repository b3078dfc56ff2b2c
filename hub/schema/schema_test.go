package schema

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/goccy/go-yaml"

	"weer/hub"
	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
)

// The document prints what the code decides by.
func TestDocumentAgreesWithTheCode(t *testing.T) {
	raw, err := yaml.YAMLToJSON(hub.Document)
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Codes   []fault.Row      `json:"x-codes"`
		Timings feed.Timings     `json:"x-timings"`
		Limits  feed.Limits      `json:"x-limits"`
		Bounds  map[string]int64 `json:"x-bounds"`
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	for i, row := range fault.Table {
		if i >= len(doc.Codes) || doc.Codes[i] != row {
			t.Errorf("x-codes differs from fault.Table at %s", row.Code)
		}
	}
	if len(doc.Codes) != len(fault.Table) {
		t.Errorf("%d rows in the document, %d in the table", len(doc.Codes), len(fault.Table))
	}
	if doc.Timings != feed.DefaultTimings || doc.Limits != feed.DefaultLimits {
		t.Error("timings or limits differ")
	}
	b := hub.DefaultBounds
	want := map[string]int64{
		"unauthenticated": int64(b.Unauthenticated), "auth_bytes": int64(b.AuthBytes),
		"auth_within_ms": b.AuthWithin.Milliseconds(), "stalled_after_ms": b.StalledAfter.Milliseconds(),
		"close_within_ms": b.CloseWithin.Milliseconds(),
	}
	if !reflect.DeepEqual(doc.Bounds, want) {
		t.Errorf("bounds %v, want %v", doc.Bounds, want)
	}
}

// The document lists every item and every disease that a region's keys name.
func TestDocumentListsTheCatalogue(t *testing.T) {
	raw, err := yaml.YAMLToJSON(hub.Document)
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Items    []struct{ Code, Key, Kind, Ko, En string } `json:"x-items"`
		Diseases []struct{ Code, Official, Ko, En string }  `json:"x-diseases"`
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	if len(doc.Items) != len(model.Items) || len(doc.Diseases) != len(model.Diseases) {
		t.Fatalf("%d items and %d diseases in the document, %d and %d in the model", len(doc.Items), len(doc.Diseases), len(model.Items), len(model.Diseases))
	}
	for n, i := range doc.Items {
		want := model.Items[n]
		if got := (model.Item{Code: i.Code, Group: model.Group(i.Key), YesNo: i.Kind == "yes_no", Korean: i.Ko, English: i.En}); got != want {
			t.Errorf("x-items has %+v, the model %+v", got, want)
		}
	}
	for n, d := range doc.Diseases {
		if got := (model.Disease{Code: d.Code, Official: d.Official, Korean: d.Ko, English: d.En}); got != model.Diseases[n] {
			t.Errorf("x-diseases has %+v, the model %+v", got, model.Diseases[n])
		}
	}
}

// Every frame type of package feed is described, every code can be in an error,
// and every field that the server can send is known to the schema.
func TestSchemasKnowEveryFrame(t *testing.T) {
	whole := feed.Time(1_700_000_000_000)
	sources := map[string]feed.Source{"egen": {CompleteAt: whole, IntervalMS: 5000}}
	entry := feed.Entry{Key: "A1100001/er", Seq: 3, Value: json.RawMessage(`{"x":null}`)}
	frames := []any{
		feed.Welcome{Type: feed.TypeWelcome, Protocol: feed.Protocol, Mode: "simulated", Epoch: "0123456789abcdef", At: whole,
			Role: "viewer", Limits: feed.DefaultLimits, Timings: feed.DefaultTimings, Sources: sources},
		feed.Reset{Type: feed.TypeReset, Feed: "region:11", Epoch: "0123456789abcdef", Reason: feed.ReasonAsked, Keys: []feed.Entry{entry}},
		feed.Resumed{Type: feed.TypeResumed, Feed: "admin", Epoch: "0123456789abcdef"},
		feed.EventFrame{Type: feed.TypeEvent, Feed: "unit:a-1", From: 1, To: 2, Keys: json.RawMessage(`[{"key":"a","seq":2,"gone":true}]`)},
		feed.Beat{Type: feed.TypeBeat, Feed: "control:26", Epoch: "0123456789abcdef", At: whole, Unproved: true, Sources: sources},
		feed.Bye{Type: feed.TypeBye, Code: fault.Restarting, RetryAfterMS: 5},
	}
	for _, row := range fault.Table {
		frames = append(frames, feed.ErrorFrame{Type: feed.TypeError, Code: row.Code, Message: "m", Field: "f", Feed: "region:11"})
	}
	for _, f := range frames {
		raw, err := json.Marshal(f)
		if err != nil {
			t.Fatal(err)
		}
		if err := Check(Server, raw); err != nil {
			t.Errorf("%T: %v", f, err)
		}
	}
}

// The judge judges: what is wrong in the smallest way is refused, and what
// DecodeClient refuses is refused by the schema, and the other way round.
func TestCheckRefuses(t *testing.T) {
	for _, bad := range []string{
		``, `[]`, `{}`, `{"type":"nonsense"}`, `{"type":"ping"}`,
		`{"type":"resumed","feed":"region:11","epoch":"0123456789abcdef","seq":1,"more":1}`,
		`{"type":"resumed","feed":"region:11","epoch":"0123456789abcdef"}`,
		`{"type":"resumed","feed":"Region:11","epoch":"0123456789abcdef","seq":1}`,
		`{"type":"resumed","feed":"region:11","epoch":"0123456789ABCDEF","seq":1}`,
		`{"type":"resumed","feed":"region:11","epoch":"0123456789abcdef","seq":-1}`,
		`{"type":"event","feed":"region:11","from":1,"to":1,"keys":[{"key":"a","seq":1,"gone":true,"value":1}]}`,
		`{"type":"event","feed":"region:11","from":1,"to":1,"keys":null}`,
		`{"type":"error","code":"made_up","message":"m"}`,
	} {
		if Check(Server, []byte(bad)) == nil {
			t.Errorf("server: %s passes", bad)
		}
	}
	for frame, good := range map[string]bool{
		`{"type":"ping"}`:                                              true,
		`{"type":"ping","feed":"region:11"}`:                           false,
		`{"type":"auth","token":"x"}`:                                  true,
		`{"type":"auth"}`:                                              false,
		`{"type":"subscribe","feed":"region:11"}`:                      true,
		`{"type":"subscribe","feed":"region:11","seq":1}`:              false,
		`{"type":"subscribe","feed":"region:11","epoch":"e"}`:          false,
		`{"type":"subscribe","feed":"region:11","epoch":"e","seq":0}`:  true,
		`{"type":"subscribe","feed":"region:11","epoch":"e","seq":-1}`: false,
		`{"type":"subscribe","feed":"region:11","cause":"digest"}`:     true,
		`{"type":"subscribe","feed":"region:11","cause":"other"}`:      false,
		`{"type":"unsubscribe","feed":"region:11"}`:                    true,
		`{"type":"unsubscribe"}`:                                       false,
		`{"type":"welcome"}`:                                           false,
	} {
		_, decoded := feed.DecodeClient([]byte(frame))
		if checked := Check(Client, []byte(frame)); (checked == nil) != good || (decoded == nil) != good {
			t.Errorf("%s: schema %v, decoder %v, want good=%v", frame, checked, decoded, good)
		}
	}
}
