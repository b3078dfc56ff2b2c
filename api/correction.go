package api

import (
	"context"
	"encoding/json"
	"net/http"

	"weer/model"
	"weer/model/fault"
)

// A Said is the answer to a person's word: how it stands, and what moved.
type Said struct {
	Result any `json:"result,omitempty" doc:"The word as it stands; absent when it was taken back."`
	Moves
}

type saidOutput struct {
	Replay
	Body Said
}

// saidOf makes the answer of a command's receipt.
func saidOf(ctx context.Context) func(model.Receipt, error) (*saidOutput, error) {
	return func(r model.Receipt, err error) (*saidOutput, error) {
		if err != nil {
			return nil, err
		}
		out := &saidOutput{Replay: replayOf(r), Body: Said{Moves: movesFor(ctx, r)}}
		if len(r.Result) > 0 {
			out.Body.Result = json.RawMessage(r.Result)
		}
		return out, nil
	}
}

// A CorrectionRef is embedded in the input of what concerns one item of a hospital.
type CorrectionRef struct {
	HospitalRef
	Item string `path:"item" maxLength:"60" pattern:"^[a-z_.]+$" example:"er.general" doc:"Code of the item; see /items."`
}

type correctInput struct {
	CorrectionRef
	Body struct {
		State model.ReadingState `json:"state" enum:"known,unknown,not_offered"`
		Value *int               `json:"value,omitempty" minimum:"-999" maximum:"9999" doc:"Required where the state is known: free beds, negative over capacity; 1 or 0 for what is usable or not."`
		Total *int               `json:"total,omitempty" minimum:"0" maximum:"9999" doc:"How many there are; without it the source's total stays."`
	}
}

// sentReading is a reading as it was sent; ok is false for a known one without a
// value, which is nobody's zero.
func sentReading(state model.ReadingState, value, total *int) (r model.Reading, ok bool) {
	r.State = state
	if value != nil {
		r.Value = *value
	}
	if total != nil {
		r.Total, r.HasTotal = *total, true
	}
	return r, state != model.Known || value != nil
}

// An OverrideRef is embedded in the input of what concerns one field of a hospital.
type OverrideRef struct {
	HospitalRef
	Field string `path:"field" maxLength:"20" pattern:"^[a-z_]+$" enum:"name,address,region,district,level,tel,main_tel,lat,lon" doc:"Field of the national list."`
}

type overrideInput struct {
	OverrideRef
	Body struct {
		Value  string `json:"value" maxLength:"400" doc:"What it is; degrees as a number in a text."`
		Reason string `json:"reason" minLength:"1" maxLength:"500" doc:"Why the list is wrong."`
	}
}

func (r *rest) corrections() {
	add(r, operation{
		ID: "set-correction", Method: http.MethodPut, Path: "/hospitals/{id}/corrections/{item}", Tag: capacityTag, Right: model.WriteCapacity, Command: true,
		Summary: "Corrects one item of a hospital (병원 확인)", Text: wordText,
	}, r.server.setCorrection)
	add(r, operation{
		ID: "take-back-correction", Method: http.MethodDelete, Path: "/hospitals/{id}/corrections/{item}", Tag: capacityTag, Right: model.WriteCapacity, Command: true,
		Summary: "Lets the source's number count again",
	}, r.server.takeBackCorrection)
	add(r, operation{
		ID: "set-override", Method: http.MethodPut, Path: "/hospitals/{id}/overrides/{field}", Tag: hospitalsTag, Right: model.OverrideHospital, Command: true,
		Summary: "Overrides a field of the national list", Text: "Stands until it is taken back, whatever the daily list says.",
	}, r.server.setOverride)
	add(r, operation{
		ID: "take-back-override", Method: http.MethodDelete, Path: "/hospitals/{id}/overrides/{field}", Tag: hospitalsTag, Right: model.OverrideHospital, Command: true,
		Summary: "Lets the list's value count again",
	}, r.server.takeBackOverride)
}

func (s *Server) setCorrection(ctx context.Context, in *correctInput) (*saidOutput, error) {
	reading, ok := sentReading(in.Body.State, in.Body.Value, in.Body.Total)
	if !ok {
		return nil, fault.Bad("value", "is missing: a known number is one")
	}
	if err := in.known(); err != nil {
		return nil, err
	}
	return saidOf(ctx)(s.service.Correct(ctx, model.CorrectCommand{HospitalID: in.ID, Item: in.Item, Value: reading}))
}

func (s *Server) takeBackCorrection(ctx context.Context, in *CorrectionRef) (*saidOutput, error) {
	if err := in.known(); err != nil {
		return nil, err
	}
	return saidOf(ctx)(s.service.Uncorrect(ctx, in.ID, in.Item))
}

func (s *Server) setOverride(ctx context.Context, in *overrideInput) (*saidOutput, error) {
	if err := in.known(); err != nil {
		return nil, err
	}
	return saidOf(ctx)(s.service.Override(ctx, in.ID, model.Override{Field: in.Field, Value: in.Body.Value, Reason: in.Body.Reason}))
}

func (s *Server) takeBackOverride(ctx context.Context, in *OverrideRef) (*saidOutput, error) {
	if err := in.known(); err != nil {
		return nil, err
	}
	return saidOf(ctx)(s.service.TakeBack(ctx, in.ID, in.Field))
}
