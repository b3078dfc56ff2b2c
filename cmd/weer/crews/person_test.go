package crews

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"weer/api/client"
	"weer/model/fault"
)

// tries are the times at which somebody tried to open a socket.
type tries []time.Time

func (t *tries) RoundTrip(*http.Request) (*http.Response, error) {
	*t = append(*t, time.Now())
	return nil, errors.New("nobody is there")
}

// TestADeadZoneIsSilent: a socket is tried again within seconds, but in a dead
// zone nothing is tried at all; and the person ends with the context.
func TestADeadZoneIsSilent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tried tries
		c, err := client.New(client.Options{
			URLs: []string{"http://one"}, HTTPClient: &http.Client{Transport: &tried},
			Token: func(context.Context) (string, error) { return "token", nil },
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Minute)
		defer cancel()
		p := &person{world: here, name: "강남 301", client: c, online: 2 * time.Minute, offline: 90 * time.Second, log: slog.New(slog.DiscardHandler)}
		if err := p.connect(ctx); err != nil {
			t.Fatal(err)
		}
		zones := 0
		for i := range len(tried) - 1 {
			switch gap := tried[i+1].Sub(tried[i]); {
			case gap >= p.offline/2:
				zones++
			case gap > 20*time.Second:
				t.Errorf("%s without a try is neither", gap)
			}
		}
		if zones < 3 {
			t.Errorf("%d dead zones in twenty minutes", zones)
		}
	})
}

func TestWhoNeedsAnotherTokenEnds(t *testing.T) {
	refuse := errors.New("no")
	c, err := client.New(client.Options{
		URLs:  []string{"http://one"},
		Token: func(context.Context) (string, error) { return "", fault.Wrap(fault.TokenInvalid, refuse, "sign in") },
	})
	if err != nil {
		t.Fatal(err)
	}
	p := &person{world: here, client: c, log: slog.New(slog.DiscardHandler)}
	if err := p.connect(t.Context()); !errors.Is(err, refuse) {
		t.Errorf("%v", err)
	}
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
