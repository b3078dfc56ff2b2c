package model

import (
	"cmp"
	"encoding/json"

	"weer/model/feed"
)

// Keys are what the hospital's region feed holds of it, values as JSON. What
// changes together is one key, what changes apart is two. A hospital that
// nobody mentions any more has none.
func (h Hospital) Keys() map[string]json.RawMessage {
	keys := map[string]json.RawMessage{}
	if !h.mentioned() {
		return keys
	}
	put := func(name string, value any) {
		raw, done := value.(json.RawMessage)
		if !done {
			raw = mustJSON(value)
		}
		keys[h.ID+"/"+name] = raw
	}
	put("hospital", h.value())
	h.putReadings(put)
	if said := h.Acceptance(); len(said) > 0 {
		put("acceptance", said)
	}
	if len(h.Words) > 0 {
		put("acceptance_corrected", h.reworded())
	}
	for id, a := range h.Announcements {
		put("msg/"+id, a.value())
	}
	if load := h.Load(); len(load) > 0 {
		put("load", load)
	}
	if h.Console != "" {
		put("console", consoleValue{h.Console, h.ConsoleAt})
	}
	return keys
}

func (h Hospital) putReadings(put func(string, any)) {
	if o, heard := h.Observed[SourceBeds]; heard && !h.gone(SourceBeds) {
		put("egen", o.SourceTimes)
	}
	if pushed(h.Base) {
		put("push", pushValue{h.Base, h.Observed[h.Base].SourceTimes})
	}
	for _, g := range Groups {
		if r := h.Readings.In(g); r != nil {
			put(string(g), r)
		}
	}
	if len(h.Corrections) > 0 {
		put("corrected", h.corrected())
	}
}

type hospitalValue struct {
	Name      string `json:"name"`
	Region    string `json:"region"`
	Level     Level  `json:"level,omitempty"`
	LevelName string `json:"level_name,omitempty"`
	Address   string `json:"address,omitempty"`
	District  string `json:"district,omitempty"`
	Tel       string `json:"tel,omitempty"`
	MainTel   string `json:"main_tel,omitempty"`
	Place     *Point `json:"place,omitempty"`
}

// value is the hospital by the list, else by its bed report. One that only
// another operation knows has its id for a name.
func (h Hospital) value() hospitalValue {
	i := h.Institution()
	return hospitalValue{
		Name: cmp.Or(i.Name, h.Name, h.ID), Region: h.Region, Level: i.Level, LevelName: i.LevelName,
		Address: i.Address, District: i.District, Tel: cmp.Or(i.Tel, h.Tel), MainTel: i.MainTel, Place: i.Place,
	}
}

type pushValue struct {
	Source string `json:"source"`
	SourceTimes
}

type correctedValue struct {
	Value  Reading   `json:"value"`
	Source Reading   `json:"source"` // what the base says now
	By     string    `json:"by"`
	At     feed.Time `json:"at"`
	EndsAt feed.Time `json:"ends_at"`
}

func (h Hospital) corrected() map[string]correctedValue {
	base := h.Observed[h.Base].Readings
	values := make(map[string]correctedValue, len(h.Corrections))
	for item, c := range h.Corrections {
		values[item] = correctedValue{c.Value, base.Of(item), c.By, c.MadeAt, c.EndsAt}
	}
	return values
}

func mustJSON(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // our own types always have a JSON form
	}
	return b
}
