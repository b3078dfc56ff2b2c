package api

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/google/uuid"

	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
)

// A Triage is what everybody concerned with a patient has to know at once.
type Triage struct {
	KTAS     *int   `json:"ktas" required:"false" nullable:"true" minimum:"1" maximum:"5" doc:"1 (resuscitation, 소생) to 5; null: not assessed."`
	Category string `json:"category,omitempty" maxLength:"60" doc:"Code of the severe disease (중증응급질환) that it looks like." example:"severe.mi_reperfusion"`
	Kind     string `json:"kind,omitempty" enum:"disease,injury" doc:"질병 or 질병 외; left out: not known."`
	AgeBand  string `json:"age_band,omitempty" enum:"newborn,infant,child,adolescent,adult,elderly"`
	Sex      string `json:"sex,omitempty" enum:"male,female"`
}

// A Clinical is what only an audited read shows. A vital sign is null when it
// was not measured, which is not zero.
type Clinical struct {
	AVPU        string   `json:"avpu,omitempty" enum:"alert,voice,pain,unresponsive" doc:"의식 수준; left out: not assessed."`
	Systolic    *float64 `json:"systolic" required:"false" nullable:"true" minimum:"0" maximum:"320" doc:"수축기 혈압, mmHg."`
	Diastolic   *float64 `json:"diastolic" required:"false" nullable:"true" minimum:"0" maximum:"220" doc:"이완기 혈압, mmHg; not above the systolic."`
	Pulse       *float64 `json:"pulse" required:"false" nullable:"true" minimum:"0" maximum:"320" doc:"맥박, per minute; 0 is an arrest."`
	Respiration *float64 `json:"respiration" required:"false" nullable:"true" minimum:"0" maximum:"100" doc:"호흡, per minute."`
	Temperature *float64 `json:"temperature" required:"false" nullable:"true" minimum:"12" maximum:"46" doc:"체온, °C."`
	SpO2        *float64 `json:"spo2" required:"false" nullable:"true" minimum:"0" maximum:"100" doc:"산소포화도, %."`
	Complaint   string   `json:"complaint,omitempty" maxLength:"500" format:"multiline" doc:"주호소. No names, and nothing that looks like a resident registration number."`
}

// A PatientCase is a patient's condition (환자 상태), without its clinical part.
type PatientCase struct {
	ID     string `json:"id" maxLength:"40"`
	Code   string `json:"code" maxLength:"5" doc:"As people say it on the telephone, with the unit's call sign; its last digit checks the others." example:"40273"`
	Unit   string `json:"unit" maxLength:"40"`
	Region string `json:"region" maxLength:"2"`
	Triage
	State    model.CaseState `json:"state" enum:"open,arrived,canceled"`
	Winner   string          `json:"winner,omitempty" maxLength:"40" doc:"The reservation that has a yes."`
	Version  uint64          `json:"version" doc:"Counts changes; the ETag."`
	OpenedAt feed.Time       `json:"opened_at"`
	MovedAt  feed.Time       `json:"moved_at" doc:"The last change."`
	ClosedAt feed.Time       `json:"closed_at" doc:"null while it is open."`
}

func patientCaseOf(c model.Case) PatientCase {
	return PatientCase{
		ID: c.ID, Code: c.Code(), Unit: c.Unit, Region: c.Region, Triage: triageOf(c.Triage), State: c.State, Winner: c.Winner, Version: c.Version,
		OpenedAt: c.OpenedAt, MovedAt: c.MovedAt, ClosedAt: c.ClosedAt,
	}
}

func triageOf(t model.Triage) Triage {
	out := Triage{Category: t.Category, Kind: t.Kind, AgeBand: t.AgeBand, Sex: t.Sex}
	if t.KTAS != 0 {
		out.KTAS = &t.KTAS
	}
	return out
}

func (t Triage) triage() model.Triage {
	out := model.Triage{Category: t.Category, Kind: t.Kind, AgeBand: t.AgeBand, Sex: t.Sex}
	if t.KTAS != nil {
		out.KTAS = *t.KTAS
	}
	return out
}

func clinicalOf(c model.Clinical) *Clinical {
	vital := func(v model.Vital) *float64 {
		if !v.Measured {
			return nil
		}
		return &v.Value
	}
	return &Clinical{
		AVPU: c.AVPU, Systolic: vital(c.Systolic), Diastolic: vital(c.Diastolic), Pulse: vital(c.Pulse), Respiration: vital(c.Respiration),
		Temperature: vital(c.Temperature), SpO2: vital(c.SpO2), Complaint: c.Complaint,
	}
}

func (c Clinical) clinical() model.Clinical {
	vital := func(v *float64) model.Vital {
		if v == nil {
			return model.Vital{}
		}
		return model.Vital{Measured: true, Value: *v}
	}
	return model.Clinical{
		AVPU: c.AVPU, Systolic: vital(c.Systolic), Diastolic: vital(c.Diastolic), Pulse: vital(c.Pulse), Respiration: vital(c.Respiration),
		Temperature: vital(c.Temperature), SpO2: vital(c.SpO2), Complaint: c.Complaint,
	}
}

// A CasePath is the path of a case.
type CasePath struct {
	ID string `path:"id" format:"uuid" maxLength:"40" doc:"Of the case."`
}

type openCaseInput struct {
	Body struct {
		Unit     string   `json:"unit,omitempty" format:"uuid" maxLength:"40" doc:"Of a control room: whose case it is. A crew opens its own unit's."`
		Triage   Triage   `json:"triage"`
		Clinical Clinical `json:"clinical,omitempty"`
	}
}

type caseOutput struct {
	Replay
	ETag string `header:"ETag"`
	Body struct {
		PatientCase
		Others int `json:"others,omitempty" doc:"Of a case that was just opened: how many others of the unit go on. Usually a mistake."`
		Moves
	}
}

type readCaseOutput struct {
	ETag string `header:"ETag"`
	Body struct {
		PatientCase
		Clinical  *Clinical `json:"clinical,omitempty" doc:"Absent when it was destroyed, as it has to be some days after the case."`
		Destroyed bool      `json:"destroyed,omitempty"`
	}
}

func (r *rest) conditions() {
	const tag = "Patient conditions"
	add(r, operation{
		ID: "open-case", Method: http.MethodPost, Path: "/patient-conditions", Tag: tag, Right: model.WriteCases, Command: true, Status: http.StatusCreated,
		Summary: "Open a case", Text: "The triage goes to the feeds of the unit and its control room; the clinical part is stored sealed and shown to audited reads only.",
		Faults: []fault.Code{fault.NotFound, fault.Conflict},
	}, r.openCase)
	add(r, operation{
		ID: "list-cases", Method: http.MethodGet, Path: "/patient-conditions", Tag: tag, Right: model.ReadCases,
		Summary: "The caller's cases", Text: "Of its unit, or of its regions; without the clinical part.",
	}, r.listCases)
	add(r, operation{
		ID: "get-case", Method: http.MethodGet, Path: "/patient-conditions/{id}", Tag: tag, Right: model.ReadCases,
		Summary: "A case with its clinical part", Text: "Each read is written down.",
	}, r.getCase)
	add(r, operation{
		ID: "change-case", Method: http.MethodPatch, Path: "/patient-conditions/{id}", Tag: tag, Right: model.WriteCases, Command: true,
		Summary: "Change a case", Text: "triage and clinical are taken whole where they are given: what is left out of one was not assessed. Send the ETag that was read as If-Match, which is required: two tablets of one vehicle must not overwrite each other. * is whatever there is.",
		Faults: []fault.Code{fault.PreconditionFailed, fault.Conflict, fault.Gone},
	}, r.changeCase)
	add(r, operation{
		ID: "close-case", Method: http.MethodPost, Path: "/patient-conditions/{id}/close", Tag: tag, Right: model.WriteCases, Command: true,
		Summary: "Close a case", Text: "The patient has arrived, or the case is canceled; what goes on of it ends with it. If-Match is required.", Faults: []fault.Code{fault.PreconditionFailed, fault.Conflict},
	}, r.closeCase)
}

func (r *rest) openCase(ctx context.Context, in *openCaseInput) (*caseOutput, error) {
	by := caller(ctx)
	unit := in.Body.Unit
	switch {
	case unit == "" && by.Unit != "":
		unit = by.Unit
	case unit == "":
		return nil, fault.Bad("unit", "names whose case it is: sign on to a unit, or say which")
	}
	receipt, err := r.server.service.OpenCase(ctx, model.Case{
		ID: uuid.Must(uuid.NewV7()).String(), Unit: unit, Triage: in.Body.Triage.triage(),
	}, in.Body.Clinical.clinical())
	if err != nil {
		return nil, err
	}
	var made model.Opened
	if err := json.Unmarshal(receipt.Result, &made); err != nil {
		return nil, err
	}
	out, err := r.caseAfter(ctx, made.ID, receipt)
	if err == nil {
		out.Body.Others = made.Others
	}
	return out, err
}

// caseAfter answers a command with the case as it is now.
func (r *rest) caseAfter(ctx context.Context, id string, receipt model.Receipt) (*caseOutput, error) {
	c, err := r.server.service.CaseOf(ctx, id)
	out := &caseOutput{Replay: replayOf(receipt), ETag: revisionTag(c.Version)}
	out.Body.PatientCase, out.Body.Moves = patientCaseOf(c), movesFor(ctx, receipt)
	return out, err
}

func (r *rest) listCases(ctx context.Context, in *struct {
	Paging
	Open bool `query:"open" doc:"Only those that go on."`
}) (*struct{ Body Page[PatientCase] }, error) {
	after, err := in.afterID()
	if err != nil {
		return nil, err
	}
	found, err := r.server.service.Cases(ctx, model.CaseQuery{Open: in.Open, After: after, Most: in.Limit + 1})
	page := cutPage(in.Paging, found, patientCaseOf, func(c model.Case) string { return c.ID })
	return &struct{ Body Page[PatientCase] }{page}, err
}

func (r *rest) getCase(ctx context.Context, in *CasePath) (*readCaseOutput, error) {
	c, clinical, destroyed, err := r.server.service.ReadCase(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return readCaseOf(c, clinical, destroyed), nil
}

func readCaseOf(c model.Case, clinical model.Clinical, destroyed bool) *readCaseOutput {
	out := &readCaseOutput{ETag: revisionTag(c.Version)}
	out.Body.PatientCase, out.Body.Destroyed = patientCaseOf(c), destroyed
	if !destroyed {
		out.Body.Clinical = clinicalOf(clinical)
	}
	return out
}

type changeCaseInput struct {
	CasePath
	SeenVersion
	Body struct {
		Triage   *Triage   `json:"triage,omitempty" doc:"The whole triage as it is now."`
		Clinical *Clinical `json:"clinical,omitempty" doc:"The whole clinical part as it is now."`
	}
}

func (r *rest) changeCase(ctx context.Context, in *changeCaseInput) (*caseOutput, error) {
	version, err := in.revision()
	if err != nil {
		return nil, err
	}
	var change model.CaseChange
	if t := in.Body.Triage; t != nil {
		change.Triage = func(into *model.Triage) { *into = t.triage() }
	}
	if c := in.Body.Clinical; c != nil {
		change.Clinical = func(into *model.Clinical) { *into = c.clinical() }
	}
	_, receipt, err := r.server.service.ChangeCase(ctx, in.ID, version, change)
	if err != nil {
		return nil, err
	}
	return r.caseAfter(ctx, in.ID, receipt)
}

type closeCaseInput struct {
	CasePath
	SeenVersion
	Body struct {
		State model.CaseState `json:"state" enum:"arrived,canceled"`
	}
}

func (r *rest) closeCase(ctx context.Context, in *closeCaseInput) (*caseOutput, error) {
	version, err := in.revision()
	if err != nil {
		return nil, err
	}
	_, receipt, err := r.server.service.CloseCase(ctx, in.ID, version, in.Body.State)
	if err != nil {
		return nil, err
	}
	return r.caseAfter(ctx, in.ID, receipt)
}
