package road

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/sony/gobreaker/v2"

	"weer/model"
	"weer/model/fault"
)

const (
	// Patience is how long a server is waited for.
	Patience = time.Second
	// MostTargets is how many are asked for in one request: OSRM's own default
	// takes a hundred points, and one of them is the start.
	MostTargets = 99

	failures = 3                // in a row, after which the server is left alone
	rest     = 10 * time.Second // for so long
)

// A Router knows the roads, through a server or by estimate. It is safe for
// concurrent use.
type Router struct {
	base    string // "" without a server
	client  *http.Client
	breaker *gobreaker.CircuitBreaker[[]drive]
	log     *slog.Logger
}

// New makes a router that asks the server at an address, or one that only
// estimates when the address is "". Invalid: the address is none.
func New(address string, log *slog.Logger) (*Router, error) {
	r := &Router{base: strings.TrimRight(address, "/"), log: log}
	if address == "" {
		return r, nil
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, fault.Bad("osrm_url", "the routing server has an address like http://osrm:5000")
	}
	r.client = &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport:     &http.Transport{MaxIdleConnsPerHost: 8, MaxConnsPerHost: 32, IdleConnTimeout: time.Minute},
	}
	r.breaker = gobreaker.NewCircuitBreaker[[]drive](gobreaker.Settings{
		Name: "osrm", Timeout: rest, MaxRequests: 1,
		ReadyToTrip:   func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= failures },
		OnStateChange: r.changed,
		// A caller that went away says nothing about the server.
		IsExcluded: func(err error) bool { return errors.Is(err, context.Canceled) },
	})
	return r, nil
}

func (r *Router) changed(_ string, _, now gobreaker.State) {
	switch now {
	case gobreaker.StateOpen:
		r.log.Warn("the routing server fails: road times are estimates")
	case gobreaker.StateClosed:
		r.log.Info("the routing server answers again")
	}
}

// Legs are the ways from a point to each target, in their order.
func (r *Router) Legs(ctx context.Context, from model.Point, to []model.Point) []Leg {
	legs := make([]Leg, len(to))
	asked := to[:min(len(to), MostTargets)]
	var drives []drive
	var err error
	if r.base != "" && len(asked) > 0 {
		drives, err = r.breaker.Execute(func() ([]drive, error) { return r.ask(ctx, from, asked) })
	}
	for i, p := range to {
		switch {
		case r.base == "":
			legs[i] = Estimate(from, p)
		case err != nil:
			legs[i] = instead(from, p, whyOf(err))
		case i >= len(drives):
			legs[i] = instead(from, p, WhyTooMany)
		default:
			legs[i] = drives[i].leg(from, p)
		}
	}
	return legs
}

// errShape marks an answer that is none.
var errShape = errors.New("the answer is none of OSRM's")

func (r *Router) ask(ctx context.Context, from model.Point, to []model.Point) ([]drive, error) {
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.base+request(from, to), nil)
	if err != nil {
		return nil, err
	}
	res, err := r.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close() //nolint:errcheck // what was read is all that counts
	body, err := io.ReadAll(io.LimitReader(res.Body, mostAnswer+1))
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil || len(body) > mostAnswer:
		return nil, errShape
	case res.StatusCode != http.StatusOK && res.StatusCode != http.StatusBadRequest: // OSRM says NoRoute with 400
		return nil, fmt.Errorf("status %d", res.StatusCode)
	}
	drives, err := parse(body, len(to))
	if err != nil {
		return nil, errors.Join(errShape, err)
	}
	return drives, nil
}

func whyOf(err error) Why {
	switch {
	case errors.Is(err, gobreaker.ErrOpenState), errors.Is(err, gobreaker.ErrTooManyRequests):
		return WhyResting
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return WhyTimeout
	case errors.Is(err, errShape):
		return WhyBadAnswer
	}
	return WhyUnreachable
}

// Close lets go of idle connections.
func (r *Router) Close() {
	if r.client != nil {
		r.client.CloseIdleConnections()
	}
}
