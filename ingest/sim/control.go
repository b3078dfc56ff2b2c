package sim

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"weer/model/fault"
	"weer/model/feed"
)

const maxRequest = 64 << 10

func (s *Sim) postSet(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Hospital string         `json:"hospital"`
		Items    map[string]int `json:"items"`
	}
	err := read(r, &in)
	if err == nil {
		err = s.Set(in.Hospital, in.Items)
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

type stateView struct {
	Now       feed.Time                 `json:"now"`
	Seed      uint64                    `json:"seed"`
	Speed     float64                   `json:"speed"`
	Paused    bool                      `json:"paused"`
	Churn     float64                   `json:"churn"`
	Fault     Fault                     `json:"fault"`
	Hospitals int                       `json:"hospitals"`
	Polls     uint64                    `json:"polls"` // nationwide answers given
	Held      map[string]map[string]int `json:"held"`
}

func (s *Sim) state() any {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := stateView{
		Now: feed.At(s.now()), Seed: s.seed, Speed: s.speed, Paused: s.paused, Churn: s.churn,
		Fault: s.fault, Hospitals: len(s.hospitals), Polls: s.polls, Held: map[string]map[string]int{},
	}
	for h, hand := range s.hands {
		for i, n := range hand.held {
			if v.Held[h.id] == nil {
				v.Held[h.id] = map[string]int{}
			}
			v.Held[h.id][fields[i].item] = n
		}
	}
	return v
}

type hospitalView struct {
	Hospital   string              `json:"hospital"`
	Name       string              `json:"name"`
	ObservedAt feed.Time           `json:"observed_at"`
	Items      map[string]itemView `json:"items"`
}

type itemView struct {
	Value string `json:"value"` // as in the XML
	Total string `json:"total,omitempty"`
	Held  bool   `json:"held,omitempty"`
}

// hospital shows one that exists.
func (s *Sim) hospital(id string) any {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.row(s.byID[id])
	v := hospitalView{Hospital: id, Name: r.name, ObservedAt: feed.At(r.at.Truncate(time.Second)), Items: map[string]itemView{}}
	for i, x := range r.readings {
		if x.value != "" {
			v.Items[fields[i].item] = itemView{strings.TrimSpace(x.value), x.total, x.held}
		}
	}
	return v
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
