package api

import (
	"context"
	"net/http"

	"github.com/google/uuid"

	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
)

// A Unit is a vehicle with its crew (구급차).
type Unit struct {
	ID           string         `json:"id" maxLength:"40"`
	CallSign     string         `json:"call_sign" maxLength:"40" doc:"As the radio calls it." example:"강남 201"`
	Region       string         `json:"region" maxLength:"2" doc:"시도 code." example:"11"`
	Organisation string         `json:"organisation" maxLength:"100" doc:"소속." example:"강남소방서"`
	Kind         model.UnitKind `json:"kind" enum:"119,private" doc:"Of a fire service, or private (사설)."`
	Active       bool           `json:"active" doc:"In service: a crew can sign on."`
	Feed         string         `json:"feed" maxLength:"60" doc:"Feed of its cases, for the crew that is signed on."`
	CreatedAt    feed.Time      `json:"created_at"`
	Revision     uint64         `json:"revision" doc:"Counts changes; the ETag."`
}

func unitOf(u model.Unit) Unit {
	return Unit{u.ID, u.CallSign, u.Region, u.Organisation, u.Kind, u.Active, "unit:" + u.ID, u.CreatedAt, u.Revision}
}

type createUnitInput struct {
	Body struct {
		CallSign     string         `json:"call_sign" minLength:"1" maxLength:"40" example:"강남 201"`
		Region       string         `json:"region" maxLength:"2" pattern:"^[0-9]{2}$" example:"11"`
		Organisation string         `json:"organisation,omitempty" maxLength:"100" example:"강남소방서"`
		Kind         model.UnitKind `json:"kind" enum:"119,private"`
	}
}

type changeUnitInput struct {
	UnitPath
	Precondition
	Body struct {
		CallSign     *string         `json:"call_sign,omitempty" minLength:"1" maxLength:"40"`
		Region       *string         `json:"region,omitempty" maxLength:"2" pattern:"^[0-9]{2}$"`
		Organisation *string         `json:"organisation,omitempty" maxLength:"100"`
		Kind         *model.UnitKind `json:"kind,omitempty" enum:"119,private"`
		Active       *bool           `json:"active,omitempty"`
	}
}

// A UnitPath is the path of a unit.
type UnitPath struct {
	ID string `path:"id" format:"uuid" maxLength:"40" doc:"Of the unit."`
}

type unitOutput struct {
	Replay
	ETag string `header:"ETag"`
	Body Unit
}

func (r *rest) units() {
	const tag = "Units"
	add(r, operation{
		ID: "create-unit", Method: http.MethodPost, Path: "/units", Tag: tag, Right: model.WriteUnits, Command: true, Status: http.StatusCreated,
		Summary: "Add a unit (구급차)", Text: "It is in service. A control room adds units of its own regions.",
	}, r.createUnit)
	add(r, operation{ID: "list-units", Method: http.MethodGet, Path: "/units", Tag: tag, Right: model.ReadUnits, Summary: "Units"}, r.listUnits)
	add(r, operation{ID: "get-unit", Method: http.MethodGet, Path: "/units/{id}", Tag: tag, Right: model.ReadUnits, Summary: "A unit"}, r.getUnit)
	add(r, operation{
		ID: "change-unit", Method: http.MethodPatch, Path: "/units/{id}", Tag: tag, Right: model.WriteUnits, Command: true,
		Summary: "Change a unit", Text: "What is left out stays.", Faults: []fault.Code{fault.PreconditionFailed},
	}, r.changeUnit)
}

func (r *rest) createUnit(ctx context.Context, in *createUnitInput) (*unitOutput, error) {
	b := in.Body
	u := model.Unit{ID: uuid.Must(uuid.NewV7()).String(), CallSign: b.CallSign, Region: b.Region, Organisation: b.Organisation, Kind: b.Kind}
	if err := may(ctx, model.WriteUnits, u.Record()); err != nil {
		return nil, err
	}
	receipt, err := r.server.service.CreateUnit(ctx, u)
	if err != nil {
		return nil, err
	}
	return r.unitAfter(ctx, receipt)
}

// unitAfter answers a command with the unit as it is now.
func (r *rest) unitAfter(ctx context.Context, receipt model.Receipt) (*unitOutput, error) {
	id, err := madeBy(receipt)
	if err != nil {
		return nil, err
	}
	u, err := r.server.service.Unit(ctx, id)
	return &unitOutput{replayOf(receipt), revisionTag(u.Revision), unitOf(u)}, err
}

func (r *rest) listUnits(ctx context.Context, in *struct {
	Paging
	Region string `query:"region" maxLength:"2" pattern:"^[0-9]{2}$" doc:"시도 code; left out, all."`
}) (*struct{ Body Page[Unit] }, error) {
	after, err := in.afterID()
	if err != nil {
		return nil, err
	}
	var regions []string
	if in.Region != "" {
		regions = []string{in.Region}
	}
	found, err := r.server.service.Units(ctx, regions, after, in.Limit+1)
	page := cutPage(in.Paging, found, unitOf, func(u model.Unit) string { return u.ID })
	return &struct{ Body Page[Unit] }{page}, err
}

func (r *rest) getUnit(ctx context.Context, in *struct {
	UnitPath
	Conditions
}) (*unitOutput, error) {
	u, err := r.server.service.Unit(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	tag := revisionTag(u.Revision)
	if err := in.unchanged(tag); err != nil {
		return nil, err
	}
	return &unitOutput{ETag: tag, Body: unitOf(u)}, nil
}

func (r *rest) changeUnit(ctx context.Context, in *changeUnitInput) (*unitOutput, error) {
	revision, err := in.revision()
	if err != nil {
		return nil, err
	}
	b := in.Body
	_, receipt, err := r.server.service.ChangeUnit(ctx, in.ID, revision, model.UnitChange{
		CallSign: b.CallSign, Region: b.Region, Organisation: b.Organisation, Kind: b.Kind, Active: b.Active,
	})
	if err != nil {
		return nil, err
	}
	return r.unitAfter(ctx, receipt)
}
