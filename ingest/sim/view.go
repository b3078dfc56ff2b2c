package sim

import (
	"strings"
	"time"

	"weer/model/feed"
)

type stateView struct {
	Now       feed.Time                 `json:"now"`
	Seed      uint64                    `json:"seed"`
	Speed     float64                   `json:"speed"`
	Paused    bool                      `json:"paused"`
	Churn     float64                   `json:"churn"`
	Fault     Fault                     `json:"fault"`
	Scenario  string                    `json:"scenario"`
	Hospitals int                       `json:"hospitals"` // that report beds
	Listed    int                       `json:"listed"`    // all that there are
	Polls     uint64                    `json:"polls"`     // nationwide answers given
	Held      map[string]map[string]int `json:"held"`
}

func (s *Sim) state() any {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := stateView{
		Now: feed.At(s.now()), Seed: s.seed, Speed: s.speed, Paused: s.paused, Churn: s.churn,
		Fault: s.fault, Scenario: s.fault.Mode, Hospitals: len(s.Hospitals()), Listed: len(s.institutions),
		Polls: s.polls, Held: map[string]map[string]int{},
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
	Hospital   string                     `json:"hospital"`
	Name       string                     `json:"name"`
	ObservedAt feed.Time                  `json:"observed_at"` // null: it reports no beds
	Items      map[string]itemView        `json:"items"`
	Acceptance map[string]declarationView `json:"acceptance"` // empty: it declares nothing
	Messages   []messageView              `json:"messages"`
	List       *listView                  `json:"list"` // null: it is not listed now
}

// Values and totals are as in the XML, blanks aside.
type itemView struct {
	Value string `json:"value"`
	Total string `json:"total,omitempty"`
	Held  bool   `json:"held,omitempty"`
}

type declarationView struct {
	Value string `json:"value"`
	Note  string `json:"note,omitempty"`
}

type messageView struct {
	Text       string    `json:"text"`
	Code       string    `json:"code"`
	Kind       string    `json:"kind"`
	Department string    `json:"department,omitempty"`
	StartsAt   feed.Time `json:"starts_at"`
	EndsAt     feed.Time `json:"ends_at"`
	Lifted     bool      `json:"lifted,omitempty"`
	Automatic  bool      `json:"automatic,omitempty"`
}

type listView struct {
	Name    string `json:"name"`
	Address string `json:"address"`
	Level   string `json:"level,omitempty"`
	Tel     string `json:"tel,omitempty"`
	MainTel string `json:"main_tel,omitempty"`
	Lat     string `json:"lat,omitempty"`
	Lon     string `json:"lon,omitempty"`
}

// hospital shows one that exists.
func (s *Sim) hospital(id string) any {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.byID[id]
	v := hospitalView{
		Hospital: id, Name: h.name, Items: map[string]itemView{}, Acceptance: map[string]declarationView{}, Messages: []messageView{},
	}
	if h.reports() {
		r := s.row(h)
		v.ObservedAt = feed.At(r.at.Truncate(time.Second))
		for i, x := range r.readings {
			if x.value != "" {
				v.Items[fields[i].item] = itemView{strings.TrimSpace(x.value), x.total, x.held}
			}
		}
	}
	if len(h.cells) > 0 {
		r := s.declaration(h)
		for i, d := range diseases {
			v.Acceptance[d.item] = declarationView{strings.TrimSpace(r.values[i]), r.notes[i]}
		}
	}
	for _, m := range s.messages(h) {
		v.Messages = append(v.Messages, m.view())
	}
	if l, there := s.listed(h); there {
		v.List = &listView{l.name, l.address, l.level, l.tel, l.mainTel(), l.lat, l.lon}
	}
	return v
}

func (m *message) view() messageView {
	return messageView{
		Text: m.text, Code: m.code, Kind: m.saying.kind, Department: m.department, Lifted: m.lifted, Automatic: m.automatic,
		StartsAt: feed.At(m.starts.Truncate(time.Second)), EndsAt: feed.At(m.ends.Truncate(time.Second)),
	}
}
