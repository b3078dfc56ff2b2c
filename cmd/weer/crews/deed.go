package crews

import (
	"context"
	"fmt"
	"net/http"

	"weer/api/client"
	"weer/model"
	"weer/model/feed"
)

// A deed is one thing that somebody decided to do: a value, so that a decision
// can be compared with another.
type deed interface {
	// do carries it out, and says what it came to in the feeds of whoever did it.
	do(ctx context.Context, r *client.REST) ([]feed.Answer, error)
	// String is what happens, for a log: ids and numbers of hospitals, and nothing
	// of a patient.
	String() string
}

type (
	openCase struct{ patient patient }
	assess   struct {
		Case    string
		Version uint64
		Triage  client.Triage
	}
	closeCase struct {
		Case    string
		Version uint64
		As      model.CaseState
	}

	ask struct {
		Case      string
		Hospitals []client.Asked
		SendBy    feed.Time
	}
	designate struct {
		Case string
		client.Designation
	}

	cancel  struct{ ID string }
	release struct{ ID string }
	arrive  struct{ ID string }
	confirm struct {
		ID   string
		Seen model.ReservationState
	}
	extend struct {
		ID string
		To feed.Time
	}

	approve struct {
		ID string
		client.Yes
	}
	reject struct {
		ID     string
		Reason model.AnnouncementReason
		Until  feed.Time // the reason is announced until then; 0: it is not
	}
	withdraw struct {
		ID     string
		Reason model.AnnouncementReason
	}
	acknowledge struct {
		ID      string
		Version uint64
	}
	handOver struct{ ID string }
)

func (d openCase) String() string    { return "opens a case" }
func (d assess) String() string      { return "sees the patient get worse" }
func (d closeCase) String() string   { return "ends the case: " + string(d.As) }
func (d ask) String() string         { return fmt.Sprintf("asks %d hospitals", len(d.Hospitals)) }
func (d designate) String() string   { return "designates " + d.Hospital }
func (d cancel) String() string      { return "takes a request back" }
func (d release) String() string     { return "gives an overdue bed up" }
func (d arrive) String() string      { return "arrives" }
func (d confirm) String() string     { return "confirms: " + string(d.Seen) }
func (d extend) String() string      { return "will be later" }
func (d approve) String() string     { return "says yes" }
func (d reject) String() string      { return "says no: " + string(d.Reason) }
func (d withdraw) String() string    { return "takes its yes back" }
func (d acknowledge) String() string { return "has seen that the patient got worse" }
func (d handOver) String() string    { return "takes the patient over" }

func (d openCase) do(ctx context.Context, r *client.REST) ([]feed.Answer, error) {
	_, answers, err := r.OpenCase(ctx, d.patient.triage, d.patient.clinical)
	return answers, err
}

func (d assess) do(ctx context.Context, r *client.REST) ([]feed.Answer, error) {
	_, answers, err := r.ChangeCase(ctx, client.Case{ID: d.Case, Version: d.Version}, &d.Triage, nil)
	return answers, err
}

func (d closeCase) do(ctx context.Context, r *client.REST) ([]feed.Answer, error) {
	_, answers, err := r.CloseCase(ctx, client.Case{ID: d.Case, Version: d.Version}, d.As)
	return answers, err
}

func (d ask) do(ctx context.Context, r *client.REST) ([]feed.Answer, error) {
	_, answers, err := r.AskHospitals(ctx, d.Case, d.SendBy, d.Hospitals...)
	return answers, err
}

func (d designate) do(ctx context.Context, r *client.REST) ([]feed.Answer, error) {
	return answers(r.Designate(ctx, d.Case, d.Designation))
}

func (d cancel) do(ctx context.Context, r *client.REST) ([]feed.Answer, error) {
	return answers(r.Cancel(ctx, d.ID))
}

func (d release) do(ctx context.Context, r *client.REST) ([]feed.Answer, error) {
	return answers(r.Release(ctx, d.ID))
}

func (d arrive) do(ctx context.Context, r *client.REST) ([]feed.Answer, error) {
	return answers(r.Arrive(ctx, d.ID))
}

func (d confirm) do(ctx context.Context, r *client.REST) ([]feed.Answer, error) {
	return answers(r.Confirm(ctx, d.ID, d.Seen))
}

func (d extend) do(ctx context.Context, r *client.REST) ([]feed.Answer, error) {
	return answers(r.Extend(ctx, d.ID, d.To))
}

func (d approve) do(ctx context.Context, r *client.REST) ([]feed.Answer, error) {
	return answers(r.Approve(ctx, d.ID, d.Yes))
}

func (d reject) do(ctx context.Context, r *client.REST) ([]feed.Answer, error) {
	if d.Until == 0 {
		return answers(r.Reject(ctx, d.ID, d.Reason))
	}
	says := map[string]any{"reason": d.Reason, "announcement": map[string]any{"ends_at": d.Until}}
	return r.Command(ctx, client.Request{Method: http.MethodPost, Path: "/reservations/" + d.ID + "/reject", Body: says}, nil)
}

func (d withdraw) do(ctx context.Context, r *client.REST) ([]feed.Answer, error) {
	return answers(r.Withdraw(ctx, d.ID, d.Reason))
}

func (d acknowledge) do(ctx context.Context, r *client.REST) ([]feed.Answer, error) {
	return answers(r.Acknowledge(ctx, d.ID, d.Version))
}

func (d handOver) do(ctx context.Context, r *client.REST) ([]feed.Answer, error) {
	return answers(r.HandOver(ctx, d.ID))
}

// answers leaves of a command's answer what it came to in the feeds: who decides
// looks there.
func answers(_ client.Reservation, moved []feed.Answer, err error) ([]feed.Answer, error) {
	return moved, err
}
