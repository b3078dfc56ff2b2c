package model

import (
	"encoding/json"
	"regexp"

	"weer/model/feed"
)

// A Hospital (의료기관) with everything that its region's screens show of it.
type Hospital struct {
	ID       string // hpid: one letter and seven digits
	Name     string // dutyName, as the source writes it
	Tel      string // the emergency room's telephone, free form; "" when unknown
	Region   string // 시도 code
	Egen     SourceTimes
	Readings Readings
	Missed   int // complete polls in a row that did not mention it; at MissedPolls it is withdrawn
}

// MissedPolls is how many complete polls without a hospital it takes to
// believe that it is gone.
const MissedPolls = 2

var hospitalID = regexp.MustCompile(`^[A-Z][0-9]{7}$`)

// ValidHospitalID reports whether id has the form of an hpid.
func ValidHospitalID(id string) bool { return hospitalID.MatchString(id) }

type hospitalValue struct {
	Name string `json:"name"`
	Tel  string `json:"tel,omitempty"`
}

// Keys are what the hospital's region feed holds of it, values as JSON. What
// changes together is one key, what changes apart is two. A withdrawn hospital
// has none.
func (h Hospital) Keys() map[string]json.RawMessage {
	if h.Missed >= MissedPolls {
		return nil
	}
	keys := map[string]json.RawMessage{
		h.ID + "/hospital": mustJSON(hospitalValue{h.Name, h.Tel}),
		h.ID + "/egen":     mustJSON(h.Egen),
	}
	for _, g := range Groups {
		if r := h.Readings.In(g); r != nil {
			keys[h.ID+"/"+string(g)] = r
		}
	}
	return keys
}

// Feed names the hospital's region feed.
func (h Hospital) Feed() string { return feed.RegionFeed(h.Region) }

func mustJSON(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // our own types always have a JSON form
	}
	return b
}
