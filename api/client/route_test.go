package client

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"weer/model/fault"
)

func TestSocketURLs(t *testing.T) {
	for raw, want := range map[string]string{
		"http://127.0.0.1:8080":     "ws://127.0.0.1:8080/ws",
		"http://127.0.0.1:8080/":    "ws://127.0.0.1:8080/ws",
		"https://weer.example/er":   "wss://weer.example/er/ws",
		"https://weer.example/er/":  "wss://weer.example/er/ws",
		"ws://127.0.0.1:8080":       "ws://127.0.0.1:8080/ws",
		"wss://weer.example/socket": "wss://weer.example/socket",
	} {
		got, err := socketURLs([]string{raw})
		if err != nil || !slices.Equal(got, []string{want}) {
			t.Errorf("%s: %v, %v; want %s", raw, got, err, want)
		}
	}
	for _, bad := range []string{"", "127.0.0.1:8080", "ftp://weer.example", "http://", "http://me:secret@weer.example", "http://weer.example?token=secret", "::"} {
		if got, err := socketURLs([]string{bad}); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v, %v; want an error", bad, got, err)
		}
	}
	if _, err := socketURLs(nil); !fault.Is(err, fault.Invalid) {
		t.Errorf("no URL: %v", err)
	}
}

// TestRoute holds the route to its promises, whatever happens on it.
func TestRoute(t *testing.T) {
	ends := []fault.Code{fault.Unavailable, fault.Internal, fault.Restarting, fault.GoingAway, fault.Silent}
	rapid.Check(t, func(t *rapid.T) {
		r := &route{urls: []string{"a", "b", "c"}[:rapid.IntRange(1, 3).Draw(t, "urls")]}
		unlucky := 0
		for range rapid.IntRange(1, 60).Draw(t, "tries") {
			end := outcome{
				err:    fault.New(rapid.SampledFrom(ends).Draw(t, "end"), "x"),
				after:  time.Duration(rapid.IntRange(0, 3).Draw(t, "asked")) * time.Second,
				proved: rapid.Bool().Draw(t, "proved"),
			}
			before := r.at
			wait := r.after(end)
			unlucky++
			if end.proved {
				unlucky = 0
			}
			stays := end.proved && end.err.Code != fault.Restarting && end.err.Code != fault.GoingAway
			if moved := r.at != before; stays && moved || !stays && len(r.urls) > 1 && !moved {
				t.Fatalf("from URL %d to %d after %+v", before, r.at, end)
			}
			if wait < end.after || wait > end.after+longWait {
				t.Fatalf("waits %v, asked to wait %v", wait, end.after)
			}
			if unlucky < len(r.urls) && wait > end.after+firstWait {
				t.Fatalf("waits %v within the first round", wait)
			}
		}
	})
}

func TestBackOffDoublesToItsBound(t *testing.T) {
	r := &route{urls: []string{"a", "b"}}
	var bounds []time.Duration
	for range 16 {
		bounds = append(bounds, r.bound())
		r.after(outcome{err: fault.New(fault.Unavailable, "x")})
	}
	want := []time.Duration{250, 250, 500, 500, 1000, 1000, 2000, 2000, 4000, 4000, 8000, 8000, 8000, 8000, 8000, 8000}
	for i := range want {
		want[i] *= time.Millisecond
	}
	if !slices.Equal(bounds, want) {
		t.Errorf("bounds %v", bounds)
	}
}

func TestFullJitter(t *testing.T) {
	r := &route{urls: []string{"a"}, failed: 20}
	var under, over bool // both halves of the range are drawn
	for range 200 {
		wait := r.after(outcome{err: fault.New(fault.Unavailable, "x")})
		under, over = under || wait < longWait/2, over || wait >= longWait/2
	}
	if !under || !over {
		t.Errorf("200 waits all in one half of the range")
	}
}
