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

// An AskedHospital is a hospital that is asked.
type AskedHospital struct {
	HospitalID string    `json:"hospital_id" minLength:"8" maxLength:"8" pattern:"^[A-Z][0-9]{7}$" example:"A1100017"`
	Item       string    `json:"item,omitempty" maxLength:"60" example:"er.general" doc:"The kind of bed; left out: er.general."`
	ArriveAt   feed.Time `json:"arrive_at,omitempty" doc:"When the crew expects to be there."`
}

func (a AskedHospital) ask() model.Ask {
	return model.Ask{ID: uuid.Must(uuid.NewV7()).String(), Hospital: a.HospitalID, Item: a.Item, ArriveAt: a.ArriveAt}
}

type askInput struct {
	CasePath
	Body struct {
		Hospitals []AskedHospital `json:"hospitals" minItems:"1" maxItems:"10"`
		SendBy    feed.Time       `json:"send_by,omitempty" doc:"A request that arrives later is not put: a crew that was in a dead zone asks by what the board says then."`
	}
}

type askOutput struct {
	Replay
	Body struct {
		Reservations []Reservation `json:"reservations" maxItems:"10" doc:"As they are now, in the order of the hospitals."`
		Moves
	}
}

type designateInput struct {
	CasePath
	Body struct {
		AskedHospital
		CaseVersion uint64 `json:"case_version" minimum:"1" doc:"The version of the case that was looked at."`
		Override    string `json:"override,omitempty" maxLength:"200" doc:"Why, although no bed is known to be free."`
	}
}

// Nothing is the body of a command that says all with its path.
type Nothing struct{}

// An Extension says when the patient will be there.
type Extension struct {
	ArriveAt feed.Time `json:"arrive_at"`
}

// A Confirmation says what the crew has seen.
type Confirmation struct {
	State model.ReservationState `json:"state" enum:"approved,rejected,canceled,expired,arrived" doc:"The state that was seen; 409 when it is another by now, which is what has to be seen."`
}

// asking are the operations of crews and control rooms.
func (r *rest) asking() {
	add(r, operation{
		ID: "ask-hospitals", Method: http.MethodPost, Path: "/patient-conditions/{id}/reservations", Tag: reservationTag, Right: model.AskHospitals,
		Command: true, Status: http.StatusCreated, Summary: "Ask hospitals to take a patient",
		Text:   "All of them or none. The first yes wins, and the others fall silent by themselves.",
		Faults: []fault.Code{fault.Conflict},
	}, r.askHospitals)
	add(r, operation{
		ID: "designate-hospital", Method: http.MethodPost, Path: "/patient-conditions/{id}/designation", Tag: reservationTag, Right: model.DesignateHospital,
		Command: true, Summary: "Decide where a patient goes (지정 병원)",
		Text:   "A yes over the hospital's head, in one step, whether it was being asked or not.",
		Faults: []fault.Code{fault.Conflict, fault.PreconditionFailed},
	}, r.designateHospital)
	s := r.server.service
	on(r, "cancel-reservation", "cancel", model.AskHospitals, "Take a request or a yes back", "", nil,
		func(ctx context.Context, id string, _ Nothing) (model.Receipt, error) {
			return s.CancelReservation(ctx, id)
		})
	on(r, "extend-reservation", "extend", model.AskHospitals, "Say when the patient will be there", "Of an overdue one the bed is expected again.", nil,
		func(ctx context.Context, id string, in Extension) (model.Receipt, error) {
			return s.ExtendArrival(ctx, id, in.ArriveAt)
		})
	on(r, "confirm-reservation", "confirm", model.ReadUnitFeed, "Say that the crew has seen what became of it", "A takeover of the crew's screen stands until then, whatever its socket missed.", nil,
		func(ctx context.Context, id string, in Confirmation) (model.Receipt, error) {
			return s.ConfirmOutcome(ctx, id, in.State)
		})
	on(r, "report-arrival", "arrive", model.ReportArrival, "The patient has arrived (도착)", "The case is over. The bed stays taken until the hospital's own number was said later, half an hour at most.", nil,
		func(ctx context.Context, id string, _ Nothing) (model.Receipt, error) {
			return s.ReportArrival(ctx, id)
		})
	on(r, "hand-over-patient", "hand-over", model.ReportArrival, "The patient was handed over (인계)", "", nil,
		func(ctx context.Context, id string, _ Nothing) (model.Receipt, error) { return s.HandOver(ctx, id) })
	on(r, "release-reservation", "release", model.DesignateHospital, "Give up the bed of a patient who is overdue", "Only a person does: a hold never lapses by itself.", nil,
		func(ctx context.Context, id string, _ Nothing) (model.Receipt, error) {
			return s.ReleaseOverdue(ctx, id)
		})
}

func (r *rest) askHospitals(ctx context.Context, in *askInput) (*askOutput, error) {
	c := model.AskCommand{Case: in.ID, SendBy: in.Body.SendBy}
	for _, h := range in.Body.Hospitals {
		a := h.ask()
		if a.Item == "" {
			a.Item = model.DefaultItem
		}
		c.Hospitals = append(c.Hospitals, a)
	}
	receipt, err := r.server.service.AskHospitals(ctx, c)
	if err != nil {
		return nil, err
	}
	out := &askOutput{Replay: replayOf(receipt)}
	out.Body.Reservations, err = r.asked(ctx, model.AskHospitals, receipt)
	out.Body.Moves = movesFor(ctx, receipt)
	return out, err
}

// asked are the reservations that a receipt names.
func (r *rest) asked(ctx context.Context, right model.Right, receipt model.Receipt) (list []Reservation, err error) {
	var named model.Asked
	if err := json.Unmarshal(receipt.Result, &named); err != nil {
		return nil, err
	}
	ids := make([]string, len(named.Reservations))
	for i, one := range named.Reservations {
		ids[i] = one.ID
	}
	held, err := r.server.service.ReservationsFor(ctx, right, ids...)
	become := reservationFor(ctx)
	for _, one := range held { // by id, which is the order in which they were named
		list = append(list, become(one))
	}
	return list, err
}

func (r *rest) designateHospital(ctx context.Context, in *designateInput) (*reservationOutput, error) {
	receipt, err := r.server.service.Designate(ctx, model.DesignateCommand{
		Case: in.ID, Seen: in.Body.CaseVersion, Hospital: in.Body.ask(), Override: in.Body.Override,
	})
	if err != nil {
		return nil, err
	}
	list, err := r.asked(ctx, model.DesignateHospital, receipt)
	if err != nil {
		return nil, err
	}
	out := &reservationOutput{Replay: replayOf(receipt)}
	out.Body.Reservation, out.Body.Moves = list[0], movesFor(ctx, receipt)
	return out, nil
}
