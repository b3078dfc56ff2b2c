package model

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"unicode/utf8"

	"weer/model/fault"
	"weer/model/feed"
)

// A Case is a patient's condition (환자 상태) as the crew of a unit sees it, from
// the first word until the patient has arrived. It has no name and no number of
// a person: no such field exists.
type Case struct {
	ID      string // UUIDv7
	Unit    string // whose case it is
	Region  string // 시도 code: the unit's when the case was opened
	Version uint64 // counts all changes: for If-Match, and what a hospital saw when it said yes
	// Changed is the version at which each part was changed last, by its name
	// (ktas, category, kind, age_band, sex, clinical, state, winner): what has
	// changed since somebody looked is told, and nothing else stands in the way.
	Changed  map[string]uint64
	Command  string // Idempotency-Key of the last command; "" of what nobody asked for
	State    CaseState
	Winner   string // id of the reservation that was approved; "" for none
	Triage          // what private feeds and hospitals see
	Sealed   []byte // the [Clinical] part, unreadable without the case's key; nil when that was destroyed
	Shown    bool   // it is on the feeds of its unit and its control room
	OpenedAt feed.Time
	MovedAt  feed.Time // the last change
	ClosedAt feed.Time // 0 while it is open
}

// A CaseState says whether a case goes on.
type CaseState string

// The states of a case.
const (
	CaseOpen     CaseState = "open"
	CaseArrived  CaseState = "arrived"  // the patient is at a hospital
	CaseCanceled CaseState = "canceled" // it ended otherwise
)

// Triage is what everybody concerned has to know at once. "" and 0 are not
// assessed, which is a value and never a guess.
type Triage struct {
	KTAS     int    // 1 (resuscitation) to 5; 0: not assessed
	Category string // code of a [Disease] that it looks like; "" none of them, or not known
	Kind     string // disease, injury
	AgeBand  string
	Sex      string
}

// The values of a triage's texts.
var (
	CaseKinds = []string{"disease", "injury"} // 질병, 질병 외
	AgeBands  = []string{"newborn", "infant", "child", "adolescent", "adult", "elderly"}
	Sexes     = []string{"male", "female"}
)

// Clinical is what only an audited read shows: it is stored sealed, and is in no
// feed, event, log or receipt.
type Clinical struct {
	AVPU        string `json:"avpu,omitempty"` // "" not assessed
	Systolic    Vital  `json:"systolic"`       // 수축기 혈압, mmHg
	Diastolic   Vital  `json:"diastolic"`      // 이완기 혈압, mmHg
	Pulse       Vital  `json:"pulse"`          // 맥박, per minute
	Respiration Vital  `json:"respiration"`    // 호흡, per minute
	Temperature Vital  `json:"temperature"`    // 체온, °C
	SpO2        Vital  `json:"spo2"`           // 산소포화도, %
	Complaint   string `json:"complaint,omitempty"`
}

// AVPUs are the levels of consciousness.
var AVPUs = []string{"alert", "voice", "pain", "unresponsive"}

// A Vital is a vital sign. What was not measured is not zero: a pulse of 0 is an
// arrest.
type Vital struct {
	Measured bool
	Value    float64
}

// MarshalJSON writes the value, or null for what was not measured.
func (v Vital) MarshalJSON() ([]byte, error) {
	if !v.Measured {
		return []byte("null"), nil
	}
	return json.Marshal(v.Value)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (v *Vital) UnmarshalJSON(text []byte) error {
	*v = Vital{}
	if string(text) == "null" {
		return nil
	}
	v.Measured = true
	return json.Unmarshal(text, &v.Value)
}

// MaxComplaint is the longest complaint, in characters.
const MaxComplaint = 500

// physiology is what a living or just dead person's vital signs can be, generous
// enough for every real reading: what lies outside is a slip of the finger. The
// bounds are our own, wider than those of triage scores.
var physiology = []struct {
	field       string
	of          func(Clinical) Vital
	least, most float64
	unit        string
}{
	{"systolic", func(c Clinical) Vital { return c.Systolic }, 0, 320, "mmHg"},
	{"diastolic", func(c Clinical) Vital { return c.Diastolic }, 0, 220, "mmHg"},
	{"pulse", func(c Clinical) Vital { return c.Pulse }, 0, 320, "per minute"},
	{"respiration", func(c Clinical) Vital { return c.Respiration }, 0, 100, "per minute"},
	{"temperature", func(c Clinical) Vital { return c.Temperature }, 12, 46, "°C"},
	{"spo2", func(c Clinical) Vital { return c.SpO2 }, 0, 100, "%"},
}

func (c Clinical) check() error {
	var errs []error
	for _, p := range physiology {
		if v := p.of(c); v.Measured && (v.Value < p.least || v.Value > p.most) {
			errs = append(errs, fault.Bad(p.field, "lies between %v and %v %s, or is not measured (null)", p.least, p.most, p.unit))
		}
	}
	if c.Systolic.Measured && c.Diastolic.Measured && c.Diastolic.Value > c.Systolic.Value {
		errs = append(errs, fault.Bad("diastolic", "is not above the systolic pressure"))
	}
	if c.AVPU != "" && !slices.Contains(AVPUs, c.AVPU) {
		errs = append(errs, fault.Bad("avpu", "is one of %v", AVPUs))
	}
	return fault.All(append(errs, checkComplaint(c.Complaint))...)
}

func checkComplaint(text string) error {
	switch {
	case !utf8.ValidString(text) || utf8.RuneCountInString(text) > MaxComplaint:
		return fault.Bad("complaint", "has at most %d characters", MaxComplaint)
	case hasResidentNumber(text):
		return fault.Bad("complaint", "looks as if it held a resident registration number: WeER keeps none")
	}
	return nil
}

func (t Triage) check() error {
	var errs []error
	if t.KTAS < 0 || t.KTAS > 5 {
		errs = append(errs, fault.Bad("ktas", "is 1 to 5, or not assessed (null)"))
	}
	if _, known := DiseaseByCode(t.Category); t.Category != "" && !known {
		errs = append(errs, fault.Bad("category", "is the code of a severe disease, as in severe.mi_reperfusion"))
	}
	for _, one := range []struct {
		field, value string
		of           []string
	}{{"kind", t.Kind, CaseKinds}, {"age_band", t.AgeBand, AgeBands}, {"sex", t.Sex, Sexes}} {
		if one.value != "" && !slices.Contains(one.of, one.value) {
			errs = append(errs, fault.Bad(one.field, "is one of %v", one.of))
		}
	}
	return fault.All(errs...)
}

// parts are a triage's fields by their names.
func (t Triage) parts() map[string]any {
	return map[string]any{"ktas": t.KTAS, "category": t.Category, "kind": t.Kind, "age_band": t.AgeBand, "sex": t.Sex}
}

// touched notes a change of some parts.
func (c *Case) touched(m Moment, parts ...string) {
	c.Changed = c.changes()
	c.Version++
	c.MovedAt, c.Command = m.Now, m.Command
	for _, part := range parts {
		c.Changed[part] = c.Version
	}
}

// changes are the versions at which the parts were changed last. A node from
// before they were written down names none at its version: then it may have been
// every part of the condition.
func (c Case) changes() map[string]uint64 {
	changes := map[string]uint64{}
	maps.Copy(changes, c.Changed)
	if c.Version <= 1 || slices.Contains(slices.Collect(maps.Values(changes)), c.Version) {
		return changes
	}
	for part := range c.Triage.parts() {
		changes[part] = c.Version
	}
	changes["clinical"] = c.Version
	return changes
}

// wins names the reservation that was approved; "" is none.
func (c *Case) wins(reservation string, m Moment) {
	c.Winner = reservation
	c.touched(m, "winner")
}

// assess changes the triage, and returns the names of the parts that differ.
func (c *Case) assess(t Triage) (parts []string) {
	was := c.Triage.parts()
	for name, value := range t.parts() {
		if was[name] != value {
			parts = append(parts, name)
		}
	}
	c.Triage = t
	return parts
}

// sameSince refuses what was decided on an older version of the condition, and
// names what has changed since, never what it is now. Who takes the patient is
// no part of the condition.
func (c Case) sameSince(seen uint64, field string) error {
	if seen > c.Version {
		return &fault.Error{Code: fault.PreconditionFailed, Field: field, Message: "the case has no such version yet"}
	}
	changes := c.changes()
	var changed []fault.Field
	for _, part := range slices.Sorted(maps.Keys(changes)) {
		if at := changes[part]; at > seen && part != "winner" {
			changed = append(changed, fault.Field{Name: part, Message: fmt.Sprintf("changed at version %d", at)})
		}
	}
	if len(changed) == 0 {
		return nil
	}
	return &fault.Error{Code: fault.PreconditionFailed, Field: field, Fields: changed, Message: "the patient's condition changed since: look at it again"}
}

// Record is whose the case is.
func (c Case) Record() Record { return Record{Unit: c.Unit, Region: c.Region} }

// about binds what is sealed to its case.
func (c Case) about() string { return "patient_condition|clinical|" + c.ID }

// Code is the case as people say it on the telephone: four digits of its id and
// one by which a slip is heard. Two open cases may have the same; it goes with
// the unit's call sign.
func (c Case) Code() string {
	digits := []byte{'0', '0', '0', '0'}
	for i := range c.ID { // all of the id counts: its beginning is only the time
		n := int(digits[3]-'0') + int(digits[2]-'0')*10 + int(digits[1]-'0')*100 + int(digits[0]-'0')*1000
		n = (n*31 + int(c.ID[i])) % 10_000
		digits = []byte{byte('0' + n/1000), byte('0' + n/100%10), byte('0' + n/10%10), byte('0' + n%10)}
	}
	return string(append(digits, damm(digits)))
}

// CheckCaseCode reports whether somebody may have said a case's code right.
func CheckCaseCode(code string) bool {
	return len(code) == 5 && !slices.ContainsFunc([]byte(code), func(b byte) bool { return b < '0' || b > '9' }) &&
		damm([]byte(code[:4])) == code[4]
}

// dammTable is H. M. Damm's quasigroup of order 10 (2004): its digit hears every
// single wrong digit and every swap of neighbours.
var dammTable = [10]string{
	"0317598642", "7092154863", "4206871359", "1750983426", "6123045978",
	"3674209581", "5869720134", "8945362017", "9438617205", "2581436790",
}

func damm(digits []byte) byte {
	interim := byte('0')
	for _, d := range digits {
		interim = dammTable[interim-'0'][d-'0']
	}
	return interim
}

// A CaseValue is what the feeds of the unit and its control room hold of a case,
// at case/ID: ids, states, versions and the triage, and nothing clinical.
type CaseValue struct {
	Code     string    `json:"code"`
	Unit     string    `json:"unit"`
	Region   string    `json:"region"`
	Version  uint64    `json:"version"`
	State    CaseState `json:"state"`
	Winner   string    `json:"winner,omitempty"`
	KTAS     int       `json:"ktas,omitempty"`
	Category string    `json:"category,omitempty"`
	Kind     string    `json:"kind,omitempty"`
	AgeBand  string    `json:"age_band,omitempty"`
	Sex      string    `json:"sex,omitempty"`
	OpenedAt feed.Time `json:"opened_at"`
	MovedAt  feed.Time `json:"moved_at"`
	ClosedAt feed.Time `json:"closed_at"`
	Command  string    `json:"command,omitempty"`
}

// show puts the case on the feeds that have it, or takes it off them.
func (c Case) show(tx Tx) error {
	return firstError(
		func() error { return showOn(tx, unitFeed(c.Unit), "case/"+c.ID, c.Shown, c.value()) },
		func() error { return showOn(tx, controlFeed(c.Region), "case/"+c.ID, c.Shown, c.value()) },
	)
}

// showOn puts a key on a feed, or takes it off.
func showOn(tx Tx, feedName, key string, shown bool, value any) error {
	if shown {
		return tx.Put(feedName, key, value)
	}
	return tx.Remove(feedName, key)
}

func unitFeed(id string) string        { return string(feed.Unit) + ":" + id }
func controlFeed(region string) string { return string(feed.Control) + ":" + region }
func hospitalFeed(id string) string    { return string(feed.Hospital) + ":" + id }

func (c Case) value() CaseValue {
	return CaseValue{
		Code: c.Code(), Unit: c.Unit, Region: c.Region, Version: c.Version, State: c.State, Winner: c.Winner,
		KTAS: c.KTAS, Category: c.Category, Kind: c.Kind, AgeBand: c.AgeBand, Sex: c.Sex,
		OpenedAt: c.OpenedAt, MovedAt: c.MovedAt, ClosedAt: c.ClosedAt, Command: c.Command,
	}
}
