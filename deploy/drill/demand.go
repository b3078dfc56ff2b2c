package drill

import (
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
	"strings"
)

func (h *hospital) heard(source string) bool { return h.missed[source] < gone }

// mentioned tells whether anybody still speaks of it.
func (h *hospital) mentioned() bool {
	for source := range h.missed {
		if h.heard(source) {
			return true
		}
	}
	for source := range h.observed {
		if strings.HasPrefix(source, "push:") {
			return true
		}
	}
	return len(h.messages)+len(h.words)+len(h.corrections)+len(h.holds) > 0
}

// judge demands a hospital's keys and finds what its rows say against each other.
//
// What it does not compute again, because that would be the model's own words
// once more: which of several sources is shown, and which corrections and
// words still stand (both were decided with the clock of their moment); an announcement's id
// and disease; the region that an hpid names. Of those it holds what can be
// read: what is shown was observed by a source that still speaks, no
// announcement is there twice, and the region is the override's or the list's
// where there is one.
func (r *Record) judge(h *hospital) {
	for _, fault := range h.contradictions() {
		r.odd = append(r.odd, h.id+": "+fault)
	}
	if !h.mentioned() {
		return
	}
	put := func(name string, value any) { r.demand(h.region, h.id+"/"+name, value) }
	put("hospital", h.about())
	if o, ok := h.observed[beds]; ok && h.heard(beds) {
		put("egen", o.value())
	}
	if strings.HasPrefix(h.base, "push:") {
		value := h.observed[h.base].value()
		value["source"] = h.base
		put("push", value)
	}
	for group, value := range h.readings() {
		put(group, value)
	}
	if accepts := h.accepts(); len(accepts) > 0 {
		put("acceptance", accepts)
	}
	if len(h.words) > 0 {
		put("acceptance_corrected", h.reworded())
	}
	for id, value := range h.messages {
		put("msg/"+id, value)
	}
	if len(h.corrections) > 0 {
		put("corrected", h.corrected())
	}
	if load := h.load(); len(load) > 0 {
		put("load", load)
	}
	if h.console != "" {
		put("console", map[string]any{"reach": h.console, "since": moment(h.consoleAt)})
	}
}

// levels are the official names of those that an override may set.
var levels = map[string]string{
	"G001": "권역응급의료센터", "G006": "지역응급의료센터", "G007": "지역응급의료기관", "G009": "응급실운영신고기관",
}

// about is the list with the overrides over it, else the bed report.
func (h *hospital) about() map[string]any {
	v := map[string]any{}
	if h.list != nil && h.heard("egen.institutions") {
		v = maps.Clone(h.list)
	}
	place, _ := v["place"].(map[string]any)
	place = maps.Clone(place)
	for field, value := range h.overrides {
		switch field {
		case "lat", "lon":
			if place == nil {
				place = map[string]any{}
			}
			place[field], _ = strconv.ParseFloat(value, 64)
		case "level":
			v["level"], v["level_name"] = value, levels[value]
		default:
			v[field] = value
		}
	}
	if delete(v, "place"); len(place) == 2 {
		v["place"] = place
	}
	v["name"] = firstText(v["name"], h.name, h.id)
	v["tel"], v["region"] = firstText(v["tel"], h.tel), h.region
	return said(v, nil)
}

func firstText(texts ...any) any {
	for _, t := range texts {
		if t != nil && t != "" {
			return t
		}
	}
	return nil
}

// groupOf sorts items by the part before the point.
func groupOf(item string) string {
	switch kind, _, _ := strings.Cut(item, "."); kind {
	case "er", "icu", "equipment":
		return kind
	}
	return "beds"
}

// readings are, by group, the base's with the corrections over them. A
// corrected number keeps the total that the base knows.
func (h *hospital) readings() map[string]map[string]reading {
	all := maps.Clone(h.observed[h.base].readings)
	if all == nil {
		all = map[string]reading{}
	}
	for item, c := range h.corrections {
		value := maps.Clone(c.value)
		if total, ok := all[item]["total"]; ok && value["state"] == "known" && value["total"] == nil {
			value["total"] = total
		}
		all[item] = value
	}
	groups := map[string]map[string]reading{}
	for item, value := range all {
		g := groupOf(item)
		if groups[g] == nil {
			groups[g] = map[string]reading{}
		}
		groups[g][item] = value
	}
	return groups
}

func (h *hospital) corrected() map[string]any {
	v := map[string]any{}
	for item, c := range h.corrections {
		source := h.observed[h.base].readings[item]
		if source == nil {
			source = reading{"state": "not_reported"}
		}
		v[item] = map[string]any{"value": c.value, "source": source, "by": c.by, "at": moment(c.made), "ends_at": moment(c.endTime)}
	}
	return v
}

// declares is what the hospital declares, by disease, while anybody hears it.
func (h *hospital) declares() map[string]map[string]any {
	all := map[string]map[string]any{}
	if h.declared != "" && h.heard("egen.acceptance") {
		if err := decode([]byte(h.declared), &all); err != nil {
			return map[string]map[string]any{"": {"not JSON": h.declared}}
		}
	}
	return all
}

// accepts is what it declares with what people say over it.
func (h *hospital) accepts() map[string]map[string]any {
	all := h.declares()
	for disease, w := range h.words {
		all[disease] = said(map[string]any{"note": w.note}, map[string]any{"state": w.state, "since": moment(w.made)})
	}
	return all
}

func (h *hospital) reworded() map[string]any {
	v, declared := map[string]any{}, h.declares()
	for disease, w := range h.words {
		source := declared[disease]
		if source == nil {
			source = map[string]any{"state": "not_reported", "since": nil}
		}
		v[disease] = map[string]any{
			"value":  said(map[string]any{"note": w.note}, map[string]any{"state": w.state}),
			"source": source, "by": w.by, "at": moment(w.made), "ends_at": moment(w.endTime),
		}
	}
	return v
}

// contradictions are what a hospital's rows say against each other.
func (h *hospital) contradictions() (faults []string) {
	claim := func(holds bool, text string, args ...any) {
		if !holds {
			faults = append(faults, fmt.Sprintf(text, args...))
		}
	}
	base, observed := h.observed[h.base]
	claim(observed == (h.base != ""), "%q is shown and was never observed", h.base)
	claim(h.heard(h.base), "%q is shown and is gone", h.base)
	for source := range h.observed {
		claim(h.base != "" || !h.heard(source), "nothing is shown, and %s speaks", source)
	}
	readings := h.readings()
	for _, group := range []string{"er", "beds", "icu", "equipment"} {
		row, want := h.shown[group], text(readings[group])
		claim(row.readings == want, "its row of %s is %s, and its sources say %s: %s/%[2]s", group, row.readings, want, h.id)
		claim(row.times == base.times, "its row of %s is of other times than %q", group, h.base)
	}
	words := map[string]bool{}
	for id, m := range h.messages {
		same := fmt.Sprint(m["kind"], "|", m["code"], "|", m["text"], "|", m["starts_at"])
		claim(!words[same], "%s is another announcement's twin", id)
		words[same] = true
	}
	if region := h.saidRegion(); region != nil {
		claim(region == h.region, "it lies in %s and is shown in %s", region, h.region)
	}
	proved, once := h.proved(), h.console != ""
	claim(h.console == proved || !once && proved == "none", "it is reached %q, and its consoles prove %q", h.console, proved)
	return faults
}

// saidRegion is the region that an administrator or the list gives it.
func (h *hospital) saidRegion() any {
	if region, ok := h.overrides["region"]; ok {
		return region
	}
	if h.list != nil && h.heard("egen.institutions") {
		return firstText(h.list["region"])
	}
	return nil
}

// text is the canonical form of readings; {} when there are none.
func text(readings map[string]reading) string {
	if len(readings) == 0 {
		return "{}"
	}
	raw, err := json.Marshal(readings)
	if err != nil {
		return "not JSON: " + err.Error()
	}
	return canonical(raw)
}
