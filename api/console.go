package api

import (
	"context"
	"net/http"

	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
)

// A ConsoleRef is embedded in the input of what is about one console.
type ConsoleRef struct {
	HospitalRef
	ConsoleID string `path:"console" format:"uuid" maxLength:"36" example:"0197a2b4-8c6e-7d10-9a3f-1d2c3b4a5968" doc:"UUID that the console makes when it opens: another one for each window and device."`
}

type holdConsoleInput struct {
	ConsoleRef
	Body struct {
		Visible bool `json:"visible" doc:"It is in sight: its document is visible."`
		Audible bool `json:"audible" doc:"Its alarm can be heard: sound runs, is not muted, and passed its test."`
	}
}

// A Reached says whether anybody at a hospital would notice a request, after a
// console spoke.
type Reached struct {
	Reach model.Reach `json:"reach" enum:"audible,visible,open,none" doc:"Of the hospital: the best that its open consoles prove."`
	Moves
}

// A Lease is what a console's proof came to.
type Lease struct {
	Reached
	EndsAt  feed.Time `json:"lease_ends_at" doc:"Until then the proof stands."`
	RenewMS int64     `json:"renew_ms" minimum:"1" maximum:"60000" doc:"Prove again after so many milliseconds, and at once when something changes."`
}

type holdConsoleOutput struct{ Body Lease }

type leaveConsoleInput struct{ ConsoleRef }

type leaveConsoleOutput struct{ Body Reached }

const consoleText = `A request that nobody would notice is put in vain, so crews see before they ask whether
anybody there hears: ` + "`<id>/console`" + ` in the region's feed. A hospital's open console proves it with this
call, and again every ` + "`renew_ms`" + `. When it says nothing until ` + "`lease_ends_at`" + ` its proof is over, by the
server's clock. Proving the same again moves no feed.`

func (r *rest) consoles() {
	hold := func(id, method, summary string) operation {
		return operation{
			ID: id, Method: method, Path: "/hospitals/{id}/consoles/{console}", Tag: hospitalsTag, Right: model.HoldConsole,
			Command: true, Momentary: true, Summary: summary, Faults: []fault.Code{fault.Conflict},
		}
	}
	prove := hold("hold-console", http.MethodPut, "An open console proves that a request would be noticed")
	prove.Text = consoleText
	add(r, prove, r.server.holdConsole)
	leave := hold("leave-console", http.MethodDelete, "A console closes")
	leave.Text = "Its proof is over at once. A console that is not open stays so."
	add(r, leave, r.server.leaveConsole)
}

func (s *Server) holdConsole(ctx context.Context, in *holdConsoleInput) (*holdConsoleOutput, error) {
	if err := in.known(); err != nil {
		return nil, err
	}
	lease, receipt, err := s.service.ProveConsole(ctx, model.Console{
		HospitalID: in.ID, ID: in.ConsoleID, Visible: in.Body.Visible, Audible: in.Body.Audible,
	})
	if err != nil {
		return nil, err
	}
	return &holdConsoleOutput{Lease{Reached{lease.Reach, movesFor(ctx, receipt)}, lease.EndsAt, model.ConsoleRenewMS}}, nil
}

func (s *Server) leaveConsole(ctx context.Context, in *leaveConsoleInput) (*leaveConsoleOutput, error) {
	if err := in.known(); err != nil {
		return nil, err
	}
	lease, receipt, err := s.service.LeaveConsole(ctx, in.ID, in.ConsoleID)
	if err != nil {
		return nil, err
	}
	return &leaveConsoleOutput{Reached{lease.Reach, movesFor(ctx, receipt)}}, nil
}
