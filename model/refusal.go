package model

import "weer/model/fault"

// isNow refuses a step that the reservation's state does not allow, and says
// what is true instead.
func (r *Reservation) isNow() error {
	text := map[ReservationState]string{
		Pending:  "the hospital has not answered yet",
		Approved: "the hospital has said yes",
		Rejected: "the hospital has said no",
		Expired:  "the request is over: nobody answered, or nobody came",
		Arrived:  "the patient has arrived",
	}[r.State]
	if r.State == Canceled {
		text = map[End]string{
			EndByCrew:     "the crew has taken the request back",
			EndByControl:  "the control room has taken the request back",
			EndSuperseded: "another hospital takes the patient",
			EndCaseClosed: "the case is over",
			EndWithdrawn:  "the hospital has taken its yes back",
			EndUndone:     "the hospital has taken its yes back",
		}[r.End]
	}
	return isNow(text, "state", string(r.State), "end", string(r.End))
}

// isNow is a Conflict that names what is true now, as field and value.
func isNow(text string, facts ...string) error {
	e := &fault.Error{Code: fault.Conflict, Field: facts[0], Message: text}
	for i := 0; i < len(facts); i += 2 {
		if facts[i+1] != "" {
			e.Fields = append(e.Fields, fault.Field{Name: facts[i], Message: facts[i+1]})
		}
	}
	return e
}

func noSuchReservation() error { return fault.New(fault.NotFound, "there is no such reservation") }
