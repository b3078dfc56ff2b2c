package client

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"weer/model"
	"weer/model/feed"
)

// Who says who is signed in, and as what.
type Who struct {
	ID       string     `json:"id"`      // of the session; "" for a token that is of none
	Account  string     `json:"account"` // id of the account; the name in a token that was made by hand
	Role     model.Role `json:"role"`
	Regions  []string   `json:"regions"` // 시도 codes that it is responsible for
	Hospital string     `json:"hospital"`
	Unit     string     `json:"unit"` // id of the unit (구급차) that the crew is signed on to
	Name     string     `json:"name"`
	Login    string     `json:"login"`
}

// Who returns who the token speaks for.
func (r *REST) Who(ctx context.Context) (w Who, err error) {
	err = r.get(ctx, "/session", nil, &w)
	return w, err
}

// SignOn puts the crew on a unit (구급차) for its shift. The token from before is
// void at once, which a call and a socket find by themselves.
func (r *REST) SignOn(ctx context.Context, unit string) error {
	body := struct {
		Unit string `json:"unit"`
	}{unit}
	return r.Do(ctx, Request{Method: http.MethodPut, Path: "/session/unit", Body: body}, nil)
}

// SignOff ends what SignOn began.
func (r *REST) SignOff(ctx context.Context) error {
	return r.Do(ctx, Request{Method: http.MethodDelete, Path: "/session/unit"}, nil)
}

// Board returns a region's whole state as the server's node holds it in memory;
// [Client.FollowFrom] goes on from it.
func (r *REST) Board(ctx context.Context, region string) (w feed.Whole, err error) {
	err = r.get(ctx, "/regions/"+url.PathEscape(region)+"/board", nil, &w)
	return w, err
}

// Snapshot returns a feed's whole state from the database. Of a feed of patients
// each is written into the audit; a display follows instead.
func (r *REST) Snapshot(ctx context.Context, name string) (w feed.Whole, err error) {
	err = r.get(ctx, "/feeds/"+url.PathEscape(name)+"/snapshot", nil, &w)
	return w, err
}

// Command carries out a command. Its answer goes into out, a pointer or nil; what
// it came to in the feeds that the caller may read is returned, for
// [Client.Overlay].
func (r *REST) Command(ctx context.Context, q Request, out any) ([]feed.Answer, error) {
	a := answer{rest: out}
	err := r.Do(ctx, q, &a)
	return a.feeds, err
}

// An answer is read twice: what it says of feeds, and all of it by whoever asked.
type answer struct {
	feeds []feed.Answer
	rest  any
}

func (a *answer) UnmarshalJSON(b []byte) error {
	var places struct{ Feeds []feed.Answer }
	if err := json.Unmarshal(b, &places); err != nil {
		return err
	}
	a.feeds = places.Feeds
	if a.rest == nil {
		return nil
	}
	return json.Unmarshal(b, a.rest)
}

func (r *REST) get(ctx context.Context, path string, query url.Values, out any) error {
	return r.Do(ctx, Request{Method: http.MethodGet, Path: path, Query: query}, out)
}

// Correct says what an item of a hospital is (병원 확인), until that expires or
// the source says something else than now.
func (r *REST) Correct(ctx context.Context, hospital, item string, to model.Reading) ([]feed.Answer, error) {
	body := struct {
		State model.ReadingState `json:"state"`
		Value *int               `json:"value,omitempty"`
		Total *int               `json:"total,omitempty"`
	}{State: to.State}
	if to.State == model.Known {
		body.Value = &to.Value
	}
	if to.HasTotal {
		body.Total = &to.Total
	}
	return r.Command(ctx, Request{Method: http.MethodPut, Path: correctionPath(hospital, item), Body: body}, nil)
}

// Uncorrect lets the source's word count again.
func (r *REST) Uncorrect(ctx context.Context, hospital, item string) ([]feed.Answer, error) {
	return r.Command(ctx, Request{Method: http.MethodDelete, Path: correctionPath(hospital, item)}, nil)
}

func correctionPath(hospital, item string) string {
	return "/hospitals/" + url.PathEscape(hospital) + "/corrections/" + url.PathEscape(item)
}
