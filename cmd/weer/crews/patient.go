package crews

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"time"

	"weer/api/client"
	"weer/api/road"
	"weer/model"
)

// A patient is whom a crew was called to.
type patient struct {
	triage   client.Triage
	clinical client.Clinical
}

// newPatient draws one.
func newPatient(r *rand.Rand) patient {
	ktas := pick(r, urgencies)
	of := pick(r, complaintsOf(r, ktas))
	p := patient{
		triage: client.Triage{
			Category: of.category, Kind: of.kind, AgeBand: pick(r, of.ages),
			Sex: cmp.Or(of.sex, pick(r, []choice[string]{{"male", 1}, {"female", 1}})),
		},
		clinical: signs(r, ktas),
	}
	p.clinical.Complaint = of.text
	if ktas != 0 {
		p.triage.KTAS = &ktas
	}
	return p
}

// complaintsOf is what patients of an urgency have: a 3 may be either.
func complaintsOf(r *rand.Rand, ktas int) []choice[complaint] {
	if ktas == 1 || ktas == 2 || ktas == 3 && chance(r, 0.2) {
		return severe
	}
	return common
}

// signs are vital signs that go with an urgency: the graver, the further from
// what is usual. Some are not measured.
func signs(r *rand.Rand, ktas int) client.Clinical {
	grave := max(0, 4-cmp.Or(ktas, 3)) // 3 for the gravest
	vital := func(usual, spread float64) *float64 {
		if chance(r, 0.12) {
			return nil
		}
		v := float64(int(usual + (r.Float64()*2-1)*spread*float64(1+grave)))
		return &v
	}
	systolic := vital(128, 11)
	c := client.Clinical{
		AVPU: pick(r, consciousness[grave]), Systolic: systolic, Pulse: vital(84, 9), Respiration: vital(17, 2), Temperature: vital(36.9, 0.7),
		SpO2: vital(97-3*float64(grave), 0.7),
	}
	if systolic != nil {
		diastolic := float64(int(*systolic * 0.62))
		c.Diastolic = &diastolic
	}
	return c
}

// consciousness by how grave a patient is, the least grave first.
var consciousness = [][]choice[string]{
	{{"alert", 98}, {"voice", 2}},
	{{"alert", 92}, {"voice", 8}},
	{{"alert", 60}, {"voice", 25}, {"pain", 15}},
	{{"unresponsive", 60}, {"pain", 30}, {"voice", 10}},
}

// A course is what becomes of one patient as far as chance has a say in it: by
// the seed and the case's id alone, so that crew and control room, and both of
// them after a restart, know the same.
type course struct {
	near     float64 // the patient lies near one of the region's hospitals, which one
	north    float64 // and so many kilometres from there
	east     float64
	asks     time.Duration // after the case was opened
	sees     time.Duration // until the crew confirms an outcome
	controls bool          // the control room decides, should the patient be a 1 or 2
	decides  time.Duration // when it does
	givesUp  time.Duration // after the case was opened; 0 never
	worsens  float64       // on this part of the way; 0 never
	late     time.Duration // the drive takes longer by so much
	next     float64       // time to the crew's next case, of the usual one
	watched  bool          // the patient lies near a hospital where a person may answer
}

func courseOf(seed uint64, id string) course {
	r := luck(seed, "case", id)
	c := course{
		near: r.Float64(), north: r.NormFloat64() * 2, east: r.NormFloat64() * 2,
		asks: between(r, askLeast, askMost), sees: between(r, seeLeast, seeMost),
		controls: chance(r, controlDecides), decides: between(r, controlLeast, controlMost),
		givesUp: sometimes(r, givesUp, time.Minute, 5*time.Minute),
		late:    sometimes(r, isLate, 3*time.Minute, 12*time.Minute),
		next:    0.3 + r.ExpFloat64()*0.7,
	}
	if worse, where := chance(r, getsWorse), 0.2+0.6*r.Float64(); worse {
		c.worsens = where
	}
	c.watched = chance(r, isWatched)
	return c
}

// place is where the patient lies: near some hospital, because most people are; and
// often very near to a spare one, for whoever sits there wants to be asked.
func (c course) place(cards []model.Card, spare []string) (at model.Point, ok bool) {
	var places, watched []model.Point
	for _, card := range cards {
		if card.Place == nil {
			continue
		}
		places = append(places, *card.Place)
		if slices.Contains(spare, card.ID) {
			watched = append(watched, *card.Place)
		}
	}
	if len(places) == 0 {
		return at, false
	}
	spread := 1.0
	if c.watched && len(watched) > 0 {
		places, spread = watched, nearby
	}
	at = places[int(c.near*float64(len(places)))]
	at.Lat += spread * c.north / 111
	at.Lon += spread * c.east / 88 // at the latitude of Seoul
	return at, true
}

// minutes of driving from where the patient lies, to all that have a place.
func (c course) minutes(cards []model.Card, spare []string) map[string]float64 {
	from, ok := c.place(cards, spare)
	if !ok {
		return nil
	}
	minutes := map[string]float64{}
	for _, card := range cards {
		if card.Place != nil {
			minutes[card.ID] = road.Estimate(from, *card.Place).Minutes
		}
	}
	return minutes
}
