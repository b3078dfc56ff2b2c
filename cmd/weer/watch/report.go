package watch

import (
	"cmp"
	"encoding/json"
	"strings"
	"time"

	"weer/model"
	"weer/model/feed"
)

// A report is a hospital's card with what of it could not be read.
type report struct {
	model.Card
	reported bool            // a source's times are among the keys
	broken   map[string]bool // names of keys that could not be read
	unread   int             // announcements among them
}

// shown reports whether the table shows anything of a hospital's key of that
// name. What it does not show is not read: a display looks four times a second.
func shown(name string) bool {
	switch name {
	case "hospital", "egen", "push", "corrected", string(model.GroupER), string(model.GroupICU):
		return true
	}
	return strings.HasPrefix(name, "msg/")
}

// readReport reads a hospital's keys. A key that cannot be read costs nothing
// but what it said, and never makes a number better than it is.
func readReport(id string, keys map[string]json.RawMessage) report {
	r := report{}
	_, polled := keys[id+"/egen"]
	_, pushed := keys[id+"/push"]
	r.reported = polled || pushed
	card, err := model.ReadCard(id, keys)
	if err != nil {
		card, _ = model.ReadCard(id, r.legible(id, keys))
	}
	r.Card = card
	if r.broken["push"] {
		r.ObservedAt = 0 // what is shown is the push's, and not of E-Gen's time
	}
	return r
}

// legible keeps the keys that can be read one by one, and a name in any case.
func (r *report) legible(id string, keys map[string]json.RawMessage) map[string]json.RawMessage {
	head := id + "/hospital"
	kept := map[string]json.RawMessage{head: json.RawMessage(`{}`)}
	r.broken = map[string]bool{}
	for key, value := range keys {
		_, err := model.ReadCard(id, map[string]json.RawMessage{head: json.RawMessage(`{}`), key: value})
		if err == nil {
			kept[key] = value
			continue
		}
		name := strings.TrimPrefix(key, id+"/")
		r.broken[name] = true
		if strings.HasPrefix(name, "msg/") {
			r.unread++
		}
	}
	return kept
}

// row judges a report at the server's clock.
func (r report) row(now time.Time, t feed.Timings) row {
	line := row{
		id: r.ID, full: cmp.Or(clean(r.Name), r.ID), level: levelText(r.Level, r.LevelName),
		er:       r.count(itemER, model.GroupER, now, t),
		icu:      r.count(itemICU, model.GroupICU, now, t),
		reported: r.reported, observed: r.ObservedAt, notices: r.noticesAt(feed.At(now)),
	}
	if said, ok := r.said(); ok && !r.reported {
		line.reported, line.observed = true, said
	}
	line.state = t.FreshnessOf(line.observed, now)
	return line
}

// said is when a person said what is shown, the older word when there are two.
func (r report) said() (at feed.Time, ok bool) {
	for _, item := range []string{itemER, itemICU} {
		if word, said := r.Corrected[item]; said && (!ok || word < at) {
			at, ok = word, true
		}
	}
	return at, ok
}

// count is what a report says of an item. A group that could not be read is
// unknown, a number that nobody stands for is none.
func (r report) count(item string, g model.Group, now time.Time, t feed.Timings) count {
	at, confirmed := r.Corrected[item]
	if !confirmed {
		at = r.ObservedAt
	}
	c := count{r.Readings.Of(item), t.FreshnessOf(at, now), confirmed}
	switch {
	case r.broken[string(g)]:
		c.Reading = model.Reading{State: model.Unknown}
	case !r.reported && !confirmed:
		c.Reading = model.Reading{State: model.NotReported}
	}
	return c
}
