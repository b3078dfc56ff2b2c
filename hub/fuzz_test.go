package hub_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"weer/hub"
	"weer/hub/schema"
	"weer/model/fault"
	"weer/model/feed"
)

// FuzzFrames sends any bytes as a signed-in client's text frame: the hub
// answers with frames of the document, an error frame has a code of the table,
// a close has that code's close code, and nothing panics. What the schema lets
// a client send is never called malformed.
func FuzzFrames(f *testing.F) {
	for _, seed := range []string{
		`{"type":"ping"}`, `{"type":"subscribe","feed":"region:11"}`, `{"type":"unsubscribe","feed":"region:11"}`,
		`{"type":"subscribe","feed":"region:11","epoch":"00000000000000e1","seq":9007199254740991}`,
		`{"type":"subscribe","feed":"region:11","epoch":"00000000000000e1","seq":0,"cause":"digest"}`,
		`{"type":"auth","token":"viewer alice"}`, `{"type":"auth","token":"expired"}`, `{"type":1}`, `{"TYPE":"ping"}`,
		`{"type":"ping","type":"auth"}`, "\xff", `{`, ``, `[[[[`, `{"seq":1e400,"type":"ping"}`, "{\"type\":\"ping\"}\x00",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, frame []byte) {
		r := newRig(t, func(o *hub.Options) { o.Limits = feed.DefaultLimits })
		c := r.rawViewer("")
		c.write(append(masked(0x81, string(frame)), masked(0x82, "the end")...))
		codes, status := c.outcome()
		if r.hub.Stats().Panics > 0 {
			t.Fatal("a panic")
		}
		last := codes[len(codes)-1]
		if last.Row().Close != status || status == 0 {
			t.Errorf("%v, closed with %d", codes, status)
		}
		proper := utf8.Valid(frame) && len(frame) <= feed.DefaultLimits.FrameBytes && schema.Check(schema.Client, frame) == nil
		for _, code := range codes {
			if proper && (code == fault.BadFrame || code == fault.UnknownType || code == fault.Invalid) && !strings.Contains(string(frame), "cause") {
				t.Errorf("%q is in the document and was answered with %s", frame, code)
			}
		}
	})
}
