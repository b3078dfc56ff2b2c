package api

import (
	"context"
	"net/http"

	"weer/model"
	"weer/model/feed"
)

// An IngestRun is one poll of one operation of the national service.
type IngestRun struct {
	ID         string    `json:"id" maxLength:"40"`
	Source     string    `json:"source" maxLength:"60" example:"egen.beds"`
	StartedAt  feed.Time `json:"started_at"`
	EndedAt    feed.Time `json:"ended_at"`
	IntervalMS int64     `json:"interval_ms" minimum:"0" doc:"How often the source is asked."`
	Rows       int       `json:"rows" minimum:"0" doc:"In the answer."`
	Changed    int       `json:"changed" minimum:"0" doc:"Hospitals of which something moved."`
	Rejected   []string  `json:"rejected" maxItems:"10000" doc:"Rows that could not be taken, and why."`
	Complete   bool      `json:"complete" doc:"All rows were fetched and all regions committed."`
	Error      string    `json:"error,omitempty" maxLength:"2000" doc:"Why it was not complete."`
}

func runOf(r model.Run) IngestRun {
	return IngestRun{
		ID: r.ID, Source: r.Source, StartedAt: r.StartedAt, EndedAt: r.EndedAt, IntervalMS: r.IntervalMS,
		Rows: r.Rows, Changed: r.Changed, Rejected: append([]string{}, r.Rejected...), Complete: r.Complete, Error: r.Error,
	}
}

type listRunsInput struct {
	Paging
	Source   string `query:"source" maxLength:"60" example:"egen.beds"`
	Complete string `query:"complete" enum:"true,false" doc:"Only those that were, or were not."`
}

type listRunsOutput struct{ Body Page[IngestRun] }

type readRunInput struct {
	ID string `path:"id" minLength:"1" maxLength:"40" pattern:"^[0-9A-Za-z-]+$"`
	Conditions
}

type readRunOutput struct {
	Tagged
	Body IngestRun
}

func (r *rest) runs() {
	const tag = "Ingest"
	add(r, operation{
		ID: "list-ingest-runs", Method: http.MethodGet, Path: "/ingest-runs", Tag: tag, Right: model.ReadRuns,
		Summary: "Polls of the national service, the newest first",
	}, r.server.listRuns)
	add(r, operation{
		ID: "get-ingest-run", Method: http.MethodGet, Path: "/ingest-runs/{id}", Tag: tag, Right: model.ReadRuns,
		Summary: "One poll",
	}, r.server.readRun)
}

func (s *Server) listRuns(ctx context.Context, in *listRunsInput) (*listRunsOutput, error) {
	before, err := in.afterID()
	if err != nil {
		return nil, err
	}
	f := model.RunFilter{Source: in.Source, Before: before, Limit: in.Limit + 1}
	if in.Complete != "" {
		f.Complete = ptr(in.Complete == "true")
	}
	found, err := s.service.Runs(ctx, f)
	page := cutPage(in.Paging, found, runOf, func(r model.Run) string { return r.ID })
	return &listRunsOutput{page}, err
}

func (s *Server) readRun(ctx context.Context, in *readRunInput) (*readRunOutput, error) {
	r, err := s.service.RunByID(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	out := runOf(r)
	tag := tagOf(out)
	return &readRunOutput{Tagged{tag}, out}, in.unchanged(tag)
}
