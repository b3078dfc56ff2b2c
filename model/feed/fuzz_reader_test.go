package feed_test

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"testing"
	"time"

	"weer/model/feed"
)

// FuzzDecodeServer: whatever a server sends, decoding never panics, and what a
// reader makes of it keeps the reader's own promises.
func FuzzDecodeServer(f *testing.F) {
	for _, s := range readVectors(f).Readers {
		for _, st := range s.Steps {
			if st.Frame != nil {
				f.Add([]byte(st.Frame))
			}
		}
	}
	for _, seed := range []string{
		`{"type":"welcome","protocol":"weer.v1","at":"2026-11-23T09:00:00.000Z","timings":{"beat_ms":2000}}`,
		`{"type":"error","code":"forbidden","message":"no","feed":"control:11"}`, `{"type":"bye","code":"restarting","retry_after_ms":3000}`,
		`{"type":"of the future"}`, `{"type":"beat","seq":-1}`, `{"type":"beat","digest":"xyz"}`, `{"type":"event","from":9,"to":1,"keys":{}}`, `{"type":"reset","keys":null}`, `[]`, `{`, ``,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		frame, err := feed.DecodeServer(raw)
		if err != nil || frame == nil {
			return
		}
		again, err := json.Marshal(frame)
		if err != nil {
			if _, event := frame.(*feed.EventFrame); event {
				return // a missing "keys" has no JSON form
			}
			t.Fatalf("a frame that was read cannot be written: %v", err)
		}
		if _, err := feed.DecodeServer(again); err != nil {
			t.Fatalf("%s cannot be read again: %v", again, err)
		}
		giveTo(t, frame)
	})
}

func giveTo(t *testing.T, frame any) {
	r, now := feed.NewReader("region:11"), time.Unix(1_800_000_000, 0)
	r.Opened(feed.DefaultTimings)
	r.Reset(&feed.Reset{Epoch: "e", Seq: 2, Keys: []feed.Entry{{Key: "A/er", Seq: 1, Value: []byte("1")}, {Key: "B/er", Seq: 2, Value: []byte("2")}}})
	switch f := frame.(type) {
	case *feed.Reset:
		r.Reset(f)
	case *feed.Resumed:
		r.Resumed(f)
	case *feed.EventFrame:
		if keys, err := (feed.Event{Keys: f.Keys}).Entries(); err == nil {
			r.Event(f.From, f.To, keys)
		}
	case *feed.Beat:
		r.Beat(f, now)
	}
	checkSums(t, r.Board(), r.Digest())
	if l, _ := r.Link(now); l == feed.Live {
		if b, ok := frame.(*feed.Beat); !ok || b.Digest != r.Digest() || b.Seq != 2 || b.Unproved {
			t.Fatalf("live by %+v", frame)
		}
	}
}

// checkSums counts a digest anew.
func checkSums(t *testing.T, live []feed.Entry, d feed.Digest) {
	t.Helper()
	var sum feed.Digest
	for i, e := range live {
		if e.Gone || i > 0 && live[i-1].Key >= e.Key {
			t.Fatalf("the live keys are not sorted and alive: %v", live)
		}
		sum = sum.Add(e.Key, e.Seq)
	}
	if sum != d {
		t.Fatalf("the running digest is %s, counted anew %s", d, sum)
	}
}

// FuzzApply drives the cursor arithmetic of a State with events of any
// numbers: 18 bytes each (from, to, key, version's offset).
func FuzzApply(f *testing.F) {
	f.Add(eventBytes(1, 1, 0, 1), true)
	f.Add(append(eventBytes(1, 1, 0, 1), eventBytes(3, 3, 1, 3)...), false)
	f.Add(append(eventBytes(1, 5, 0, 5), eventBytes(2, 6, 128, 6)...), true)
	f.Add(append(eventBytes(0, 1<<63, 0, 1), eventBytes(1<<63, 1<<63+1, 1, 2)...), true)
	f.Add(append(eventBytes(9, 2, 0, 1), eventBytes(0, 0, 0, 0)...), false)
	f.Fuzz(func(t *testing.T, script []byte, graves bool) {
		script = script[:min(len(script), 64*18)]
		s := feed.NewState(graves)
		s.Load("e", 0, nil)
		for ; len(script) >= 18; script = script[18:] {
			from, to := binary.BigEndian.Uint64(script), binary.BigEndian.Uint64(script[8:])
			e := feed.Entry{Key: fmt.Sprintf("k%d", script[16]%8), Gone: script[16] >= 128, Seq: from + uint64(script[17])}
			applyOne(t, s, from, to, e)
		}
	})
}

func eventBytes(from, to uint64, key, offset byte) []byte {
	b := binary.BigEndian.AppendUint64(nil, from)
	return append(binary.BigEndian.AppendUint64(b, to), key, offset)
}

func applyOne(t *testing.T, s *feed.State, from, to uint64, e feed.Entry) {
	before, digest := s.Seq(), s.Digest()
	changed, err := s.Apply(from, to, []feed.Entry{e})
	switch {
	case to <= before: // held already
		if err != nil || changed != nil || s.Seq() != before || s.Digest() != digest {
			t.Fatalf("an event to %d moved a state at %d to %d: %v %v", to, before, s.Seq(), changed, err)
		}
	case from > before+1: // a hole
		if err == nil || s.Seq() != before || s.Digest() != digest {
			t.Fatalf("an event from %d moved a state at %d", from, before)
		}
	default:
		if err != nil || s.Seq() != to {
			t.Fatalf("an event %d..%d led from %d to %d: %v", from, to, before, s.Seq(), err)
		}
	}
	checkSums(t, s.Live(), s.Digest())
	for _, k := range s.Since(before) {
		if k.Seq <= before {
			t.Fatalf("Since(%d) has a key of %d", before, k.Seq)
		}
	}
}

// FuzzMerge holds the merge against the events: each byte of the script sets
// or removes one of eight keys; from any cursor, and after any burial that
// allows it, both ways lead to the same state.
func FuzzMerge(f *testing.F) {
	f.Add([]byte{0, 1, 2, 0x80, 0, 0x81}, uint8(2), uint8(1))
	f.Add([]byte{0, 0x80, 0, 0x80}, uint8(1), uint8(2))
	f.Add([]byte{7, 6, 0x87, 0x86, 7}, uint8(0), uint8(0))
	f.Fuzz(func(t *testing.T, script []byte, at, first uint8) {
		script = script[:min(len(script), 256)]
		head := uint64(len(script))
		cursor := min(uint64(at), head)
		follower, steps, merged := feed.NewState(true), feed.NewState(false), feed.NewState(false)
		for _, s := range []*feed.State{follower, steps, merged} {
			s.Load("e", 0, nil)
		}
		for i, b := range script {
			seq := uint64(i + 1)
			e := []feed.Entry{{Key: fmt.Sprintf("k%d", b%8), Seq: seq, Gone: b >= 128}}
			follower.Apply(seq, seq, e)
			steps.Apply(seq, seq, e)
			if seq <= cursor {
				merged.Apply(seq, seq, e)
			}
		}
		follower.Bury(min(uint64(first), cursor+1)) // a cursor is served down to first−1
		if _, err := merged.Apply(cursor+1, head, follower.Since(cursor)); err != nil {
			t.Fatal(err)
		}
		checkSums(t, merged.Live(), merged.Digest())
		if merged.Digest() != steps.Digest() || merged.Seq() != head || steps.Digest() != follower.Digest() {
			t.Fatalf("from %d the merge leads to %v, the events to %v", cursor, merged.Live(), steps.Live())
		}
	})
}

// The corpora are kept: they are run by every test, and found here.
func TestCorporaAreKept(t *testing.T) {
	for _, name := range []string{"FuzzDecodeServer", "FuzzApply", "FuzzMerge"} {
		if files, err := os.ReadDir("testdata/fuzz/" + name); err != nil || len(files) == 0 {
			t.Errorf("%s has no kept corpus: %v", name, err)
		}
	}
}
