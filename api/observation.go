package api

import (
	"context"
	"net/http"

	"weer/model"
	"weer/model/fault"
	"weer/model/feed"
)

// A PushedReading is what a hospital's own system says of one item.
type PushedReading struct {
	State model.ReadingState `json:"state" enum:"known,unknown,not_reported,not_offered"`
	Value *int               `json:"value,omitempty" minimum:"-999" maximum:"9999" doc:"Required where the state is known: free beds, negative over capacity; 1 or 0 for what is usable or not."`
	Total *int               `json:"total,omitempty" minimum:"0" maximum:"9999"`
}

// A PushedObservation is what a hospital's own system says of it at one time: all
// of it, because an item that is not said is not_reported.
type PushedObservation struct {
	HospitalID string                   `json:"hospital_id" minLength:"8" maxLength:"8" pattern:"^[A-Z][0-9]{7}$" example:"A1100001"`
	ObservedAt feed.Time                `json:"observed_at" doc:"When it was so, by the system's clock. One that lies in the future is held, and trusted less."`
	Readings   map[string]PushedReading `json:"readings" maxProperties:"60" doc:"By code of the item; see /items."`
}

type pushInput struct {
	Body struct {
		Observations []PushedObservation `json:"observations" minItems:"1" maxItems:"500" doc:"Within the limit of a request's body, which most batches meet first."`
	}
}

// A PushOutcome is what became of one observation.
type PushOutcome struct {
	HospitalID string        `json:"hospital_id" maxLength:"8"`
	Outcome    string        `json:"outcome" maxLength:"40" example:"held" doc:"held: it is the source's last one, or was already; else the code of what went wrong: conflict (a newer one is held), invalid, forbidden, unavailable."`
	Detail     string        `json:"detail,omitempty" maxLength:"500"`
	Errors     []fault.Field `json:"errors,omitempty" maxItems:"200" doc:"The fields that are wrong, by their names in the observation."`
}

// A PushResult is what became of a batch.
type PushResult struct {
	Source   string        `json:"source" maxLength:"60" example:"push:0197a2b4-8c6e-7d10-9a3f-1d2c3b4a5968" doc:"Whose observations they are: the API key's, else the hospital's."`
	Outcomes []PushOutcome `json:"outcomes" maxItems:"500" doc:"In the order of the batch."`
	Moves
}

type pushOutput struct{ Body PushResult }

func (r *rest) observations() {
	add(r, operation{
		ID: "push-observations", Method: http.MethodPost, Path: "/observations", Tag: capacityTag, Right: model.PushObservations, Command: true, Status: http.StatusOK,
		Summary: "A hospital's own system says what it has",
		Text: "Each observation has its own outcome, and the answer is 200 whatever they are. A batch may be sent again at any time: " +
			"what is held already moves nothing, so no Idempotency-Key is kept for it.",
	}, r.server.push)
}

func (s *Server) push(ctx context.Context, in *pushInput) (*pushOutput, error) {
	batch := make([]model.Observation, len(in.Body.Observations))
	unread := make([]error, len(batch))
	for i, o := range in.Body.Observations {
		batch[i], unread[i] = o.observation()
	}
	out := PushResult{Source: model.PushSource(caller(ctx))}
	outcomes, receipt, err := s.service.Push(ctx, out.Source, readable(batch, unread))
	if err != nil {
		return nil, err
	}
	for i, o := range batch {
		err := unread[i]
		if err == nil {
			err, outcomes = outcomes[0], outcomes[1:]
		}
		out.Outcomes = append(out.Outcomes, outcomeOf(o.HospitalID, err))
	}
	out.Moves = movesFor(ctx, receipt)
	return &pushOutput{out}, nil
}

// observation is what was pushed, as the model has it.
func (p PushedObservation) observation() (model.Observation, error) {
	o := model.Observation{HospitalID: p.HospitalID, ObservedAt: p.ObservedAt, Readings: model.Readings{}}
	var errs []error
	for code, r := range p.Readings {
		reading, ok := sentReading(r.State, r.Value, r.Total)
		if !ok {
			errs = append(errs, fault.Bad("readings."+code+".value", "is missing: a known number is one"))
			continue
		}
		o.Readings[code] = reading
	}
	return o, fault.All(errs...)
}

// readable are the observations that say something.
func readable(batch []model.Observation, unread []error) (list []model.Observation) {
	for i, o := range batch {
		if unread[i] == nil {
			list = append(list, o)
		}
	}
	return list
}

func outcomeOf(hospital string, err error) PushOutcome {
	out := PushOutcome{HospitalID: hospital, Outcome: "held"}
	if err == nil {
		return out
	}
	f := fault.Public(err)
	out.Outcome, out.Detail, out.Errors = string(f.Code), f.Message, f.Fields
	if len(f.Fields) == 0 && f.Field != "" {
		out.Errors = []fault.Field{{Name: f.Field, Message: f.Message}}
	}
	return out
}
