package feed

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"
	"unicode/utf8"

	"weer/model/fault"
)

// FuzzDecodeClient: whatever comes, the decoder returns a frame that means the
// same when it is written and read again, or a fault that a client can act on.
func FuzzDecodeClient(f *testing.F) {
	for _, seed := range []string{
		`{"type":"ping"}`, `{"type":"auth","token":"t"}`, `{"type":"subscribe","feed":"region:11"}`,
		`{"type":"subscribe","feed":"region:11","epoch":"e","seq":9007199254740991}`,
		`{"type":"subscribe","feed":"region:11","epoch":"e","seq":9007199254740992}`,
		`{"type":"subscribe","feed":"region:11","cause":"digest"}`, `{"type":"unsubscribe","feed":"x"}`,
		`{"type":"ack","feed":"hospital:A1100001","acks":[{"id":"r","rung":"shown"}]}`, `{"type":"ack","feed":"x","acks":null}`,
		`{"type":"ack","feed":"x","acks":[{"id":1}]}`, `{"type":"ping","acks":[]}`,
		`{"type":"subscribe","feed":"region:11","seq":-1}`, `{"type":"subscribe","feed":"region:11","epoch":"e","seq":1.5}`,
		`{"Type":"ping"}`, `null`, `[]`, `""`, `{`, ``, ` {"type":"ping"} `, `{"type":"ping"}{}`, `{"type":null}`,
		`{"type":"ping","\u0000":1}`, "\xff\xfe", `{"type":"ping","type":"auth","token":"x"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		frame, err := DecodeClient(raw)
		if err != nil {
			var e *fault.Error
			if !errors.As(err, &e) || e.Message == "" {
				t.Fatalf("%q: %v is no fault", raw, err)
			}
			if e.Code != fault.BadFrame && e.Code != fault.UnknownType && e.Code != fault.Invalid {
				t.Fatalf("%q: %v", raw, err)
			}
			if utf8.Valid(raw) && !utf8.ValidString(e.Field+e.Message) {
				t.Fatalf("%q: the error itself is no text: %q", raw, err)
			}
			return
		}
		written, err := json.Marshal(frame)
		if err != nil {
			t.Fatal(err)
		}
		again, err := DecodeClient(written)
		if err != nil || !reflect.DeepEqual(frame, again) {
			t.Fatalf("%q: %+v, written %s, read %+v %v", raw, frame, written, again, err)
		}
	})
}
