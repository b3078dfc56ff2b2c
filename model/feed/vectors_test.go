package feed_test

import (
	"encoding/json"
	"os"
	"reflect"
	"testing"
	"time"

	"weer/model/feed"
)

// vectors is testdata/vectors.json; its "about" says what the fields mean.
type vectors struct {
	Digests   []digestCase
	Freshness []freshnessCase
	Links     []feed.Link
	Readers   []scenario
}

type digestCase struct {
	Name           string
	Added, Removed []feed.Entry
	Digest         string
}

type freshnessCase struct {
	Name       string
	ObservedAt feed.Time `json:"observed_at"`
	Now        time.Time
	State      feed.Freshness
}

type scenario struct {
	Name  string
	Feed  string
	Steps []step
}

type step struct {
	AtMS    int64 `json:"at_ms"`
	Do      string
	Timings *feed.Timings
	Frame   json.RawMessage
	Answer  *feed.Answer
	Whole   *feed.Whole
	Expect  expectation
}

// An expectation is all that can be seen of a reader after a step.
type expectation struct {
	Link   feed.Link                  `json:"link"`
	Why    string                     `json:"why"`
	Asks   *feed.ClientFrame          `json:"asks"`
	Cursor cursor                     `json:"cursor"`
	Digest string                     `json:"digest"`
	Board  map[string]json.RawMessage `json:"board"`
}

type cursor struct {
	Epoch string `json:"epoch"`
	Seq   uint64 `json:"seq"`
}

func readVectors(t testing.TB) vectors {
	t.Helper()
	b, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	if len(v.Digests) == 0 || len(v.Freshness) == 0 || len(v.Links) == 0 || len(v.Readers) == 0 {
		t.Fatal("a part of the vectors is empty")
	}
	return v
}

func TestVectorDigests(t *testing.T) {
	for _, c := range readVectors(t).Digests {
		t.Run(c.Name, func(t *testing.T) {
			var d feed.Digest
			for _, e := range c.Added {
				d = d.Add(e.Key, e.Seq)
			}
			for _, e := range c.Removed {
				d = d.Remove(e.Key, e.Seq)
			}
			if d.String() != c.Digest {
				t.Errorf("digest %s, want %s", d, c.Digest)
			}
			if back, err := feed.ParseDigest(c.Digest); err != nil || back != d {
				t.Errorf("ParseDigest(%q) = %v, %v", c.Digest, back, err)
			}
		})
	}
}

func TestVectorFreshness(t *testing.T) {
	for _, c := range readVectors(t).Freshness {
		t.Run(c.Name, func(t *testing.T) {
			if got := feed.DefaultTimings.FreshnessOf(c.ObservedAt, c.Now); got != c.State {
				t.Errorf("%s, want %s", got, c.State)
			}
		})
	}
}

func TestVectorLinks(t *testing.T) {
	links := readVectors(t).Links
	for i, l := range links {
		for j, other := range links {
			if got := l.Worse(other); got != (i > j) {
				t.Errorf("%s.Worse(%s) = %v", l, other, got)
			}
		}
	}
}

func TestVectorReaders(t *testing.T) {
	for _, s := range readVectors(t).Readers {
		t.Run(s.Name, func(t *testing.T) { playScenario(t, s) })
	}
}

func playScenario(t *testing.T, s scenario) {
	r := feed.NewReader(s.Feed)
	for i, st := range s.Steps {
		now := time.UnixMilli(st.AtMS)
		asks := st.play(t, r, now)
		got := observe(r, now, asks)
		if !reflect.DeepEqual(got, st.Expect) {
			t.Fatalf("step %d (%s at %d ms)\n got %s\nwant %s", i+1, st.Do, st.AtMS, asJSON(t, got), asJSON(t, st.Expect))
		}
	}
}

// play does the step and returns the frame that the reader sends for it.
func (st step) play(t *testing.T, r *feed.Reader, now time.Time) *feed.ClientFrame {
	var done feed.Step
	switch st.Do {
	case "open":
		timings := feed.DefaultTimings
		if st.Timings != nil {
			timings = *st.Timings
		}
		r.Opened(timings)
		done.Ask = true
	case "close":
		r.Closed()
	case "frame":
		done = deliver(t, r, st.Frame, now)
	case "answer":
		done = r.Overlay(*st.Answer)
	case "begin":
		done = r.Begin(*st.Whole)
	case "none":
	default:
		t.Fatalf("unknown step %q", st.Do)
	}
	if !done.Ask {
		return nil
	}
	ask := r.Subscription()
	return &ask
}

// deliver gives a frame as received to the reader, as the owner of a socket does.
func deliver(t testing.TB, r *feed.Reader, raw []byte, now time.Time) feed.Step {
	t.Helper()
	f, err := feed.DecodeServer(raw)
	if err != nil {
		t.Fatal(err)
	}
	switch f := f.(type) {
	case *feed.Reset:
		return r.Reset(f)
	case *feed.Resumed:
		return r.Resumed(f)
	case *feed.EventFrame:
		keys, err := feed.Event{Keys: f.Keys}.Entries()
		if err != nil {
			t.Fatal(err)
		}
		return r.Event(f.From, f.To, keys)
	case *feed.Beat:
		return r.Beat(f, now)
	}
	t.Fatalf("%T is no frame of a feed", f)
	return feed.Step{}
}

func observe(r *feed.Reader, now time.Time, asks *feed.ClientFrame) expectation {
	e := expectation{Asks: asks, Digest: r.Digest().String(), Board: map[string]json.RawMessage{}}
	e.Link, e.Why = r.Link(now)
	c := r.Cursor()
	e.Cursor = cursor{c.Epoch, c.Seq}
	for _, k := range r.Board() {
		e.Board[k.Key] = k.Value
	}
	return e
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
