package sim

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"weer/model/fault"
	"weer/model/feed"
)

// A Change is what is done to a hospital by hand; what is left out stays as it
// is. It holds until [Sim.Release].
type Change struct {
	Hospital string `json:"hospital"`
	// Items are counts and flags by item: a flag takes 1 (usable) or 0, a count
	// is at most the hospital's total.
	Items map[string]int `json:"items"`
	// Acceptance is accepts, refuses or not_reported by disease, and Notes the
	// free text beside it; "" takes the text away.
	Acceptance map[string]string `json:"acceptance"`
	Notes      map[string]string `json:"notes"`
	List       *Listing          `json:"list"`
	Message    *Message          `json:"message"` // is posted
	// Lift and Remove name a message that the hospital has, by its text. Of those
	// that are not posted by hand, the same words are lifted or removed later too.
	Lift   string `json:"lift"`
	Remove string `json:"remove"`
}

// A Listing is what operations 3 to 8 say of a hospital.
type Listing struct {
	Name     *string  `json:"name"`
	Address  *string  `json:"address"`
	Tel      *string  `json:"tel"`
	Level    *string  `json:"level"` // dutyEmcls; one that is not known is without a name
	Lat      *float64 `json:"lat"`   // with Lon
	Lon      *float64 `json:"lon"`
	Unplaced *bool    `json:"unplaced"` // without coordinates
	Unlisted *bool    `json:"unlisted"` // not in the list at all
}

// A Message is one that a hospital posts.
type Message struct {
	Text       string    `json:"text"`
	Code       string    `json:"code"` // symTypCod; "" is Y000, the emergency room as a whole
	Kind       string    `json:"kind"` // er or severe; "" is what the code says
	Department string    `json:"department"`
	StartsAt   feed.Time `json:"starts_at"` // 0: now
	EndsAt     feed.Time `json:"ends_at"`   // 0: open
	Automatic  bool      `json:"automatic"` // ends by itself
}

// A hand is what was done to an institution from outside.
type hand struct {
	held    map[int]int  // by field
	churned map[int]bool // by field
	touched time.Time    // the newest report that this caused

	declared, notes map[int]string // by disease
	listing         Listing
	posted          []message
	lifted, removed map[string]bool // of those that are not posted, by text
}

func newHand() *hand {
	return &hand{
		held: map[int]int{}, churned: map[int]bool{}, declared: map[int]string{}, notes: map[int]string{},
		lifted: map[string]bool{}, removed: map[string]bool{},
	}
}

// Set moves items of a hospital, holds them there and makes its system report
// now; as [Sim.Change] with items only.
func (s *Sim) Set(hospital string, items map[string]int) error {
	return s.Change(Change{Hospital: hospital, Items: items})
}

// Change does all of a change or, with an error that names the field, nothing.
// Items make the hospital's system report now.
func (s *Sim) Change(c Change) error {
	h, err := s.find(c.Hospital)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.accepts(h, c); err != nil {
		return err
	}
	s.hand(h).take(h, c, s.now())
	s.log.Info("set by hand", "hospital", h.id)
	return nil
}

func (b *hand) take(h *institution, c Change, now time.Time) {
	for item, n := range c.Items {
		b.held[fieldByItem[item]] = n
		b.touched = now
	}
	for item, state := range c.Acceptance {
		b.declared[diseaseByItem[item]] = acceptances[state]
	}
	for item, note := range c.Notes {
		b.notes[diseaseByItem[item]] = note
	}
	if c.List != nil {
		b.listing.merge(*c.List)
	}
	if c.Message != nil {
		b.posted = append(b.posted, c.Message.by(h, now))
	}
	if c.Lift != "" {
		b.lift(c.Lift)
	}
	if c.Remove != "" {
		b.remove(c.Remove)
	}
}

func (b *hand) lift(text string) {
	b.lifted[text] = true
	for i := range b.posted {
		b.posted[i].lifted = b.posted[i].lifted || b.posted[i].text == text
	}
}

func (b *hand) remove(text string) {
	b.removed[text] = true
	b.posted = slices.DeleteFunc(b.posted, func(m message) bool { return m.text == text })
}

func (s *Sim) accepts(h *institution, c Change) error {
	if len(c.Items)+len(c.Acceptance)+len(c.Notes) == 0 && c.List == nil && c.Message == nil && c.Lift == "" && c.Remove == "" {
		return fault.Bad("items", "name an item and its value, for example er.general=3, or what else to change")
	}
	for _, item := range slices.Sorted(maps.Keys(c.Items)) {
		if err := h.accepts(item, c.Items[item]); err != nil {
			return err
		}
	}
	if err := h.acceptsDeclared(c); err != nil {
		return err
	}
	if err := c.List.valid(); err != nil {
		return err
	}
	if err := c.Message.valid(); err != nil {
		return err
	}
	if err := s.says(h, "lift", c.Lift); err != nil {
		return err
	}
	return s.says(h, "remove", c.Remove)
}

func (s *Sim) says(h *institution, field, text string) error {
	if text != "" && !slices.ContainsFunc(s.messages(h), func(m message) bool { return m.text == text }) {
		return fault.Bad(field, "%s has no message of these words now", h.id)
	}
	return nil
}

func (h *institution) accepts(item string, n int) error {
	i, ok := fieldByItem[item]
	switch {
	case !h.reports():
		return fault.Bad("items", "%s reports no beds", h.id)
	case !ok:
		return fault.Bad("items."+item, "operation 1 has no item of this name")
	}
	x := h.holdings[i]
	switch {
	case fields[i].flag && n != 0 && n != 1:
		return fault.Bad("items."+item, "is a yes-or-no item: 1 (usable) or 0")
	case !fields[i].flag && x.reported && n > x.total:
		return fault.Bad("items."+item, "%s has %d of them; more free than that would be read as an error", h.id, x.total)
	case n < -999 || n > 999:
		return fault.Bad("items."+item, "is a count from -999 to 999")
	}
	return nil
}

func (h *institution) acceptsDeclared(c Change) error {
	if len(c.Acceptance)+len(c.Notes) > 0 && len(h.cells) == 0 {
		return fault.Bad("acceptance", "%s is not in operation 2", h.id)
	}
	for _, item := range slices.Sorted(maps.Keys(c.Acceptance)) {
		if _, ok := diseaseByItem[item]; !ok {
			return fault.Bad("acceptance."+item, "operation 2 has no disease of this name")
		}
		if acceptances[c.Acceptance[item]] == "" {
			return fault.Bad("acceptance."+item, "is accepts, refuses or not_reported")
		}
	}
	for _, item := range slices.Sorted(maps.Keys(c.Notes)) {
		i, ok := diseaseByItem[item]
		if !ok || diseases[i].noteTag == "" {
			return fault.Bad("notes."+item, "operation 2 has no text for this")
		}
		if err := validText("notes."+item, c.Notes[item], 120); err != nil {
			return err
		}
	}
	return nil
}

func validText(field, text string, most int) error {
	switch {
	case utf8.RuneCountInString(text) > most:
		return fault.Bad(field, "is longer than %d characters", most)
	case !writable(text):
		return fault.Bad(field, "holds a character that XML cannot")
	}
	return nil
}

func (l *Listing) valid() error {
	if l == nil {
		return nil
	}
	for _, text := range []struct {
		field string
		value *string
	}{{"list.name", l.Name}, {"list.address", l.Address}, {"list.tel", l.Tel}, {"list.level", l.Level}} {
		if text.value != nil {
			if err := validText(text.field, *text.value, 300); err != nil {
				return err
			}
		}
	}
	switch {
	case l.Lat == nil && l.Lon != nil || l.Lat != nil && (*l.Lat < -90 || *l.Lat > 90):
		return fault.Bad("list.lat", "is degrees from -90 to 90, with list.lon")
	case l.Lon == nil && l.Lat != nil || l.Lon != nil && (*l.Lon < -180 || *l.Lon > 180):
		return fault.Bad("list.lon", "is degrees from -180 to 180, with list.lat")
	}
	return nil
}

// merge takes what the other says.
func (l *Listing) merge(o Listing) {
	set(&l.Name, o.Name)
	set(&l.Address, o.Address)
	set(&l.Tel, o.Tel)
	set(&l.Level, o.Level)
	set(&l.Lat, o.Lat)
	set(&l.Lon, o.Lon)
	set(&l.Unplaced, o.Unplaced)
	set(&l.Unlisted, o.Unlisted)
}

func set[T any](to **T, from *T) {
	if from != nil {
		*to = from
	}
}

// over writes over a row and says whether it is there.
func (l *Listing) over(r *listed, there bool) bool {
	for _, text := range []struct {
		to   *string
		from *string
	}{{&r.name, l.Name}, {&r.address, l.Address}, {&r.tel, l.Tel}} {
		if text.from != nil {
			*text.to = *text.from
		}
	}
	if l.Level != nil {
		r.level, r.levelName = *l.Level, levelNames[*l.Level]
	}
	if l.Lat != nil {
		r.lat, r.lon = coordinate(*l.Lat), coordinate(*l.Lon)
	}
	if l.Unplaced != nil && *l.Unplaced {
		r.lat, r.lon = "", ""
	}
	if l.Unlisted != nil {
		return !*l.Unlisted
	}
	return there
}

func coordinate(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }

var symptomCode = regexp.MustCompile(`^Y[0-9]{3,4}$`)

var messageKinds = map[string]string{"er": kindER, "severe": kindSevere}

func (m *Message) valid() error {
	switch {
	case m == nil:
		return nil
	case m.Text == "":
		return fault.Bad("message.text", "is what the hospital says")
	case m.Code != "" && !symptomCode.MatchString(m.Code):
		return fault.Bad("message.code", "is Y000, or of a disease, as in Y0010")
	case m.Kind != "" && messageKinds[m.Kind] == "":
		return fault.Bad("message.kind", "is er or severe")
	}
	if err := validText("message.department", m.Department, 60); err != nil {
		return err
	}
	return validText("message.text", m.Text, 4000)
}

func (m *Message) by(h *institution, now time.Time) message {
	posted := message{
		institution: h, department: m.Department, starts: m.StartsAt.Std(), ends: m.EndsAt.Std(), automatic: m.Automatic,
		saying: saying{kind: messageKinds[m.Kind], code: m.Code, text: m.Text},
	}
	if posted.code == "" {
		posted.code = wholeER
	}
	if posted.saying.kind == "" {
		posted.saying.kind = either(posted.code == wholeER, kindER, kindSevere)
	}
	if posted.starts.IsZero() {
		posted.starts = now
	}
	return posted
}
