package store

import (
	"encoding/json"
	"maps"
	"testing"

	"pgregory.net/rapid"

	"weer/model"
	"weer/model/feed"
)

var anyReading = rapid.Custom(func(t *rapid.T) model.Reading {
	r := model.Reading{State: rapid.SampledFrom([]model.ReadingState{model.Known, model.Unknown, model.NotReported, model.NotOffered}).Draw(t, "state")}
	if r.State == model.Known || r.State == model.Unknown {
		r.Value = rapid.OneOf(rapid.IntRange(-66, 600), rapid.Int()).Draw(t, "value")
	}
	if r.HasTotal = rapid.Bool().Draw(t, "has total"); r.HasTotal {
		r.Total = rapid.IntRange(-1, 2118).Draw(t, "total")
	}
	return r
})

var anyItem = rapid.Custom(func(t *rapid.T) string { return rapid.SampledFrom(model.Items).Draw(t, "item").Code })

var anyReadings = rapid.Custom(func(t *rapid.T) model.Readings {
	return rapid.MapOfN(anyItem, anyReading, 0, 20).Draw(t, "readings")
})

// anyTime is one that JSON can write, or none.
var anyTime = rapid.Custom(func(t *rapid.T) feed.Time {
	return feed.Time(rapid.OneOf(rapid.Int64Range(0, 1), rapid.Int64Range(0, 4_000_000_000_000)).Draw(t, "time"))
})

// anyText is what a row may hold, of a few characters.
var anyText = rapid.StringOfN(rapid.SampledFrom([]rune("가나 다'\"\\<&?%_:{}[]🚑é0a")), 0, 12, -1)

var anyDeclarations = rapid.Custom(func(t *rapid.T) model.Declarations {
	code := rapid.Custom(func(t *rapid.T) string { return rapid.SampledFrom(model.Diseases).Draw(t, "disease").Code })
	declaration := rapid.Custom(func(t *rapid.T) model.Declaration {
		return model.Declaration{
			State: rapid.SampledFrom([]model.Acceptance{model.Accepts, model.Refuses, model.AcceptanceNotStated}).Draw(t, "state"),
			Note:  anyText.Draw(t, "note"), Since: anyTime.Draw(t, "since"),
		}
	})
	return rapid.MapOfN(code, declaration, 0, 10).Draw(t, "declarations")
})

// What the encoder writes of usual values takes the short way, and comes back.
func TestWhatIsWrittenIsScanned(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		readings := anyReadings.Draw(rt, "readings")
		if got, ok := scanReadings(jsonOf(readings)); !ok || !maps.Equal(got, readings) {
			rt.Fatalf("%v, %v; want %v", got, ok, readings)
		}
		declarations := anyDeclarations.Draw(rt, "declarations")
		if got, err := parseDeclarations(jsonOf(declarations)); err != nil || !maps.Equal(got, declarations) {
			rt.Fatalf("%v, %v; want %v", got, err, declarations)
		}
	})
	h := full("A1100001", 3)
	if got, ok := scanDeclarations(jsonOf(h.Declarations)); !ok || !maps.Equal(got, h.Declarations) {
		t.Errorf("%v, %v", got, ok)
	}
}

// FuzzScan: what the scanner takes means the same to the standard decoder, which
// takes it too.
func FuzzScan(f *testing.F) {
	for _, seed := range []string{
		`{"er.general":{"state":"known","value":3,"total":40},"icu.er":{"state":"unknown","raw":999}}`,
		`{"er.general":{"state":"known"}}`, `{"er.general":{"state":"known","value":007}}`, `{"er.general":{"state":"known","value":-0}}`,
		`{"er.general":{"state":"not_offered","raw":5}}`, `{"er.general":{"state":"known","value":3},}`, `{}`, `{"er.general":{"state":"known","value":99999999999999999999}}`,
		`{"er.dragon":{"state":"known","value":3}}`, `{"er.general":{"state":"known","value":3}}x`, `{ "er.general": {"state": "known", "value": 3}}`,
		`{"severe.burn":{"state":"accepts","note":"3세","since":"2026-11-23T01:02:03.004Z"}}`, `{"severe.burn":{"state":"refuses","since":null}}`,
		`{"severe.burn":{"state":"refuses","note":"a` + "\n" + `","since":"2026-11-23T01:02:03.004Z"}}`, `{"severe.burn":{"state":"refuses","note":"` + "\xff" + `","since":"0001-01-01T00:00:00Z"}}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if got, ok := scanReadings(text); ok {
			var want model.Readings
			if err := json.Unmarshal([]byte(text), &want); err != nil || !maps.Equal(got, want) {
				t.Errorf("%s: %v; want %v, %v", text, got, want, err)
			}
		}
		if got, ok := scanDeclarations(text); ok {
			var want model.Declarations
			if err := json.Unmarshal([]byte(text), &want); err != nil || !maps.Equal(got, want) {
				t.Errorf("%s: %v; want %v, %v", text, got, want, err)
			}
		}
	})
}
