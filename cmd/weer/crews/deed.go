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

	// An asking is what is wanted of one hospital.
	asking struct {
		Hospital string
		Item     string
		ArriveAt feed.Time
	}
	ask struct {
		Case      string
		Hospitals []asking
		SendBy    feed.Time
	}
	designate struct {
		Case     string
		Version  uint64
		Hospital asking
		Override string
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
		ID       string
		Version  uint64 // of the case
		Override string
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
func (d designate) String() string   { return "designates " + d.Hospital.Hospital }
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

// body is what a command says, by its fields.
type body map[string]any

func order(ctx context.Context, r *client.REST, path string, says body) ([]feed.Answer, error) {
	return r.Command(ctx, client.Request{Method: http.MethodPost, Path: path, Body: says}, nil)
}

func (a asking) body() body {
	b := body{"hospital_id": a.Hospital, "item": a.Item}
	if a.ArriveAt != 0 {
		b["arrive_at"] = a.ArriveAt
	}
	return b
}

func (d ask) do(ctx context.Context, r *client.REST) ([]feed.Answer, error) {
	var hospitals []body
	for _, a := range d.Hospitals {
		hospitals = append(hospitals, a.body())
	}
	return order(ctx, r, "/patient-conditions/"+d.Case+"/reservations", body{"hospitals": hospitals, "send_by": d.SendBy})
}

func (d designate) do(ctx context.Context, r *client.REST) ([]feed.Answer, error) {
	says := d.Hospital.body()
	says["case_version"] = d.Version
	if d.Override != "" {
		says["override"] = d.Override
	}
	return order(ctx, r, "/patient-conditions/"+d.Case+"/designation", says)
}

func (d cancel) do(ctx context.Context, r *client.REST) ([]feed.Answer, error) {
	return order(ctx, r, "/reservations/"+d.ID+"/cancel", body{})
}

func (d release) do(ctx context.Context, r *client.REST) ([]feed.Answer, error) {
	return order(ctx, r, "/reservations/"+d.ID+"/release", body{})
}

func (d arrive) do(ctx context.Context, r *client.REST) ([]feed.Answer, error) {
	return order(ctx, r, "/reservations/"+d.ID+"/arrive", body{})
}

func (d confirm) do(ctx context.Context, r *client.REST) ([]feed.Answer, error) {
	return order(ctx, r, "/reservations/"+d.ID+"/confirm", body{"state": d.Seen})
}

func (d extend) do(ctx context.Context, r *client.REST) ([]feed.Answer, error) {
	return order(ctx, r, "/reservations/"+d.ID+"/extend", body{"arrive_at": d.To})
}

func (d approve) do(ctx context.Context, r *client.REST) ([]feed.Answer, error) {
	says := body{"case_version": d.Version}
	if d.Override != "" {
		says["override"] = d.Override
	}
	return order(ctx, r, "/reservations/"+d.ID+"/approve", says)
}

func (d reject) do(ctx context.Context, r *client.REST) ([]feed.Answer, error) {
	says := body{"reason": d.Reason}
	if d.Until != 0 {
		says["announcement"] = body{"ends_at": d.Until}
	}
	return order(ctx, r, "/reservations/"+d.ID+"/reject", says)
}

func (d withdraw) do(ctx context.Context, r *client.REST) ([]feed.Answer, error) {
	says := body{}
	if d.Reason != "" {
		says["reason"] = d.Reason
	}
	return order(ctx, r, "/reservations/"+d.ID+"/withdraw", says)
}

func (d acknowledge) do(ctx context.Context, r *client.REST) ([]feed.Answer, error) {
	return order(ctx, r, "/reservations/"+d.ID+"/acknowledge", body{"case_version": d.Version})
}

func (d handOver) do(ctx context.Context, r *client.REST) ([]feed.Answer, error) {
	return order(ctx, r, "/reservations/"+d.ID+"/hand-over", body{})
}
