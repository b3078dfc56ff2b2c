package api

import (
	"context"
	"net/http"

	"weer/model"
	"weer/model/feed"
)

// A DiseaseAcceptance (중증응급질환 수용) is whether one hospital takes one disease.
type DiseaseAcceptance struct {
	Disease   string                `json:"disease" maxLength:"60" example:"severe.mi_reperfusion" doc:"Code of the disease; see /diseases."`
	State     model.Acceptance      `json:"state" enum:"accepts,refuses,not_reported" doc:"not_reported (정보미제공) is no refusal."`
	Note      string                `json:"note,omitempty" maxLength:"1000" doc:"Limits of age or weight, free text."`
	Since     feed.Time             `json:"since" doc:"When it was first heard so; declarations have no time of their own."`
	Source    string                `json:"source" maxLength:"60" enum:"egen.acceptance,console"`
	Corrected *AcceptanceCorrection `json:"corrected,omitempty" doc:"A person said it (병원 확인), against the declaration."`
}

// An AcceptanceCorrection says who speaks against a declaration, and what that is.
type AcceptanceCorrection struct {
	By     string           `json:"by" maxLength:"100"`
	At     feed.Time        `json:"at"`
	EndsAt feed.Time        `json:"ends_at" doc:"When it ends by itself; another declaration ends it before."`
	State  model.Acceptance `json:"source_state" enum:"accepts,refuses,not_reported" doc:"What the hospital declares now."`
	Note   string           `json:"source_note,omitempty" maxLength:"1000"`
}

// An AcceptanceInfo is what one hospital takes of the severe diseases.
type AcceptanceInfo struct {
	HospitalID  string              `json:"hospital_id" maxLength:"8" example:"A1100001"`
	Name        string              `json:"name" maxLength:"400"`
	Region      string              `json:"region" maxLength:"2" example:"11"`
	ConfirmedAt feed.Time           `json:"confirmed_at" doc:"Last complete poll of the declarations: they are as old as this."`
	Late        bool                `json:"late" doc:"The source has missed two of its polls: the declarations may be old."`
	Diseases    []DiseaseAcceptance `json:"diseases" maxItems:"40" doc:"What is not among them is not_reported."`
}

func acceptanceOf(h model.Hospital, c model.Capacity) AcceptanceInfo {
	source := c.Sources[model.SourceAcceptance]
	out := AcceptanceInfo{
		HospitalID: h.ID, Name: h.Card().Name, Region: h.Region, ConfirmedAt: source.CompleteAt, Late: source.Late(c.Now.Std()),
		Diseases: []DiseaseAcceptance{},
	}
	shown, own := h.Acceptance(), h.OwnAcceptance()
	for _, d := range model.Diseases {
		word, there := shown[d.Code]
		if !there {
			continue
		}
		a := DiseaseAcceptance{Disease: d.Code, State: word.State, Note: word.Note, Since: word.Since, Source: model.SourceAcceptance}
		if w, corrected := h.Words[d.Code]; corrected {
			a.Source = model.SourceConsole
			a.Corrected = &AcceptanceCorrection{By: w.By, At: w.MadeAt, EndsAt: w.EndsAt, State: model.AcceptanceNotStated}
			if declared, said := own[d.Code]; said {
				a.Corrected.State, a.Corrected.Note = declared.State, declared.Note
			}
		}
		out.Diseases = append(out.Diseases, a)
	}
	return out
}

// An AcceptanceRecord is one hospital's acceptance, and from where it is.
type AcceptanceRecord struct {
	AcceptanceInfo
	Places
}

// An AcceptancePage is a part of a region's acceptance.
type AcceptancePage struct {
	Page[AcceptanceInfo]
	Places
}

type listAcceptanceOutput struct{ Body AcceptancePage }

type readAcceptanceOutput struct {
	Tagged
	Body AcceptanceRecord
}

// An AcceptanceRef is embedded in the input of what concerns one disease at a hospital.
type AcceptanceRef struct {
	HospitalRef
	Disease string `path:"disease" maxLength:"60" pattern:"^[a-z_.]+$" example:"severe.burn" doc:"Code of the disease; see /diseases."`
}

type setAcceptanceInput struct {
	AcceptanceRef
	Body struct {
		State model.Acceptance `json:"state" enum:"accepts,refuses,not_reported" doc:"not_reported: nobody can say now."`
		Note  string           `json:"note,omitempty" maxLength:"1000" doc:"What limits it."`
	}
}

const wordText = "Stands for 30 minutes, or until the source says something else than it did when the person spoke; until then both are shown."

func (r *rest) acceptance() {
	const tag = "Acceptance"
	add(r, operation{
		ID: "list-acceptance", Method: http.MethodGet, Path: "/acceptance", Tag: tag, Right: model.ReadBoard,
		Summary: "중증응급질환 수용 of a region's hospitals",
	}, r.server.listAcceptance)
	add(r, operation{
		ID: "get-acceptance", Method: http.MethodGet, Path: "/hospitals/{id}/acceptance", Tag: tag, Right: model.ReadBoard,
		Summary: "중증응급질환 수용 of one hospital",
	}, r.server.readAcceptance)
	add(r, operation{
		ID: "set-acceptance", Method: http.MethodPut, Path: "/hospitals/{id}/acceptance/{disease}", Tag: tag, Right: model.WriteCapacity, Command: true,
		Summary: "Says whether a hospital takes a disease now", Text: wordText,
	}, r.server.setAcceptance)
	add(r, operation{
		ID: "take-back-acceptance", Method: http.MethodDelete, Path: "/hospitals/{id}/acceptance/{disease}", Tag: tag, Right: model.WriteCapacity, Command: true,
		Summary: "Lets the hospital's own declaration count again",
	}, r.server.takeBackAcceptance)
}

func (s *Server) listAcceptance(ctx context.Context, in *listCapacityInput) (*listAcceptanceOutput, error) {
	c, hospitals, err := s.region(ctx, in.Region)
	if err != nil {
		return nil, err
	}
	list := make([]AcceptanceInfo, len(hospitals))
	for i, h := range hospitals {
		list[i] = acceptanceOf(h, c)
	}
	page, err := pageOf(in.Paging, list, func(a AcceptanceInfo) string { return a.HospitalID })
	return &listAcceptanceOutput{AcceptancePage{page, placesFor(ctx, c.Heads)}}, err
}

func (s *Server) readAcceptance(ctx context.Context, in *readCapacityInput) (*readAcceptanceOutput, error) {
	h, c, err := s.service.Hospital(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	info := acceptanceOf(h, c)
	tag := tagOf(info)
	if err := in.unchanged(tag); err != nil {
		return nil, err
	}
	return &readAcceptanceOutput{Tagged{tag}, AcceptanceRecord{info, placesFor(ctx, c.Heads)}}, nil
}

func (s *Server) setAcceptance(ctx context.Context, in *setAcceptanceInput) (*saidOutput, error) {
	if err := in.known(); err != nil {
		return nil, err
	}
	return saidOf(ctx)(s.service.Declare(ctx, model.DeclareCommand{HospitalID: in.ID, Disease: in.Disease, State: in.Body.State, Note: in.Body.Note}))
}

func (s *Server) takeBackAcceptance(ctx context.Context, in *AcceptanceRef) (*saidOutput, error) {
	if err := in.known(); err != nil {
		return nil, err
	}
	return saidOf(ctx)(s.service.Undeclare(ctx, in.ID, in.Disease))
}
