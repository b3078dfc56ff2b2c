package sim

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"

	"weer/model/fault"
)

const maxRequest = 64 << 10

func (s *Sim) postSet(w http.ResponseWriter, r *http.Request) {
	var in Change
	err := read(r, &in)
	if err == nil {
		err = s.Change(in)
	}
	s.reply(w, err, func() any { return s.hospital(in.Hospital) })
}

func (s *Sim) postRelease(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Hospital string `json:"hospital"`
	}
	err := read(r, &in)
	if err == nil {
		err = s.Release(in.Hospital)
	}
	s.reply(w, err, s.state)
}

func (s *Sim) postPause(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Paused *bool `json:"paused"`
	}
	err := read(r, &in)
	switch {
	case err != nil:
	case in.Paused == nil:
		err = fault.Bad("paused", "is true or false")
	default:
		s.Pause(*in.Paused)
	}
	s.reply(w, err, s.state)
}

func (s *Sim) postChurn(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Fraction *float64 `json:"fraction"`
	}
	err := read(r, &in)
	switch {
	case err != nil:
	case in.Fraction == nil:
		err = fault.Bad("fraction", "is a number from 0 to 1")
	default:
		err = s.Churn(*in.Fraction)
	}
	s.reply(w, err, s.state)
}

// postScenario takes a name; the rest is that of a [Fault].
func (s *Sim) postScenario(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Name      string `json:"name"`
		Operation int    `json:"operation"`
		Count     int    `json:"count"`
		DelayMS   int64  `json:"delay_ms"`
		Hospital  string `json:"hospital"`
	}
	err := read(r, &in)
	if err == nil {
		err = known("name", in.Name)
	}
	if err == nil {
		err = s.Fault(Fault{Mode: in.Name, Operation: in.Operation, Count: in.Count, DelayMS: in.DelayMS, Hospital: in.Hospital})
	}
	s.reply(w, err, s.state)
}

type scenarioView struct {
	Name  string `json:"name"`
	About string `json:"about"`
}

func (s *Sim) getScenarios(w http.ResponseWriter, _ *http.Request) {
	s.reply(w, nil, func() any {
		var list []scenarioView
		for _, x := range scenarios {
			list = append(list, scenarioView{x.name, x.about})
		}
		return list
	})
}

// postFault is the older name of postScenario.
func (s *Sim) postFault(w http.ResponseWriter, r *http.Request) {
	var in Fault
	err := read(r, &in)
	if err == nil {
		err = s.Fault(in)
	}
	s.reply(w, err, s.state)
}

func (s *Sim) getState(w http.ResponseWriter, r *http.Request) {
	id := r.URL.Query().Get("hospital")
	if id == "" {
		s.reply(w, nil, s.state)
		return
	}
	_, err := s.find(id)
	s.reply(w, err, func() any { return s.hospital(id) })
}

// read takes a JSON object with no field that is not known.
func read(r *http.Request, into any) error {
	d := json.NewDecoder(http.MaxBytesReader(nil, r.Body, maxRequest))
	d.DisallowUnknownFields()
	err := d.Decode(into)
	if err == nil && d.More() {
		return fault.Bad("", "the request is one JSON object")
	}
	var (
		wrongType *json.UnmarshalTypeError
		tooBig    *http.MaxBytesError
	)
	switch {
	case err == nil:
		return nil
	case errors.As(err, &tooBig):
		return fault.New(fault.TooLarge, "the request is larger than %d bytes", maxRequest)
	case errors.As(err, &wrongType):
		return fault.Bad(wrongType.Field, "takes no %s", wrongType.Value)
	case errors.Is(err, io.EOF):
		return fault.Bad("", "the request is a JSON object")
	}
	name, unknown := strings.CutPrefix(err.Error(), "json: unknown field ")
	if unknown {
		return fault.Bad(strings.Trim(name, `"`), "is no field of this request")
	}
	return fault.Bad("", "the request is no JSON object")
}

type faultView struct {
	Code    fault.Code `json:"code"`
	Message string     `json:"message"`
	Field   string     `json:"field,omitempty"`
}

func (s *Sim) reply(w http.ResponseWriter, err error, view func() any) {
	status, body := http.StatusOK, any(nil)
	if err != nil {
		f := fault.Public(err)
		status, body = f.Code.Row().HTTP, faultView{f.Code, f.Message, f.Field}
	} else {
		body = view()
	}
	b, err := json.Marshal(body)
	if err != nil {
		s.log.Error("an answer has no JSON form", "error", err)
	}
	answer(w, status, "application/json", string(b)+"\n")
}
