package client

import (
	"context"
	"net/http"
	"net/url"

	"weer/model"
)

// A Unit is a vehicle with its crew (구급차).
type Unit struct {
	ID           string         `json:"id,omitempty"`
	CallSign     string         `json:"call_sign"` // as the radio calls it
	Region       string         `json:"region"`    // 시도 code
	Organisation string         `json:"organisation,omitempty"`
	Kind         model.UnitKind `json:"kind"`
	Active       bool           `json:"active,omitempty"` // in service: a crew can sign on
}

// Units returns all units of a region, of all regions with "", the oldest first.
func (r *REST) Units(ctx context.Context, region string) (all []Unit, err error) {
	query := url.Values{"limit": {"200"}}
	if region != "" {
		query.Set("region", region)
	}
	for {
		var page struct {
			Items []Unit `json:"items"`
			Next  string `json:"next"`
		}
		if err := r.get(ctx, "/units", query, &page); err != nil {
			return nil, err
		}
		if all = append(all, page.Items...); page.Next == "" {
			return all, nil
		}
		query.Set("cursor", page.Next)
	}
}

// CreateUnit adds a unit, in service; a control room adds units of its regions.
// What the server decides (id, active) is in its answer.
func (r *REST) CreateUnit(ctx context.Context, u Unit) (made Unit, err error) {
	u.ID, u.Active = "", false
	err = r.Do(ctx, Request{Method: http.MethodPost, Path: "/units", Body: u}, &made)
	return made, err
}
