package model

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"weer/model/feed"
)

// A Query says what is looked for. What is left empty is not asked.
type Query struct {
	From     *Point   // where the patient is; nil: no distances
	WithinKM float64  // 0: however far
	Items    []string // codes of items that are needed, each with a free bed or usable
	Diseases []string // codes of diseases that have to be accepted
	Levels   []Level  // one of these
	Regions  []string // one of these 시도 codes
	Name     string   // part of a name
	Misses   bool     // also what does not fit, with its reasons

	Now     feed.Time    // the server's clock
	Timings feed.Timings // the server's bands; zero is [feed.DefaultTimings]
}

// A Fit says whether a hospital is what is looked for.
type Fit int8

// The fits, from the worst to the best. Unknown is no no: somebody may ask.
const (
	FitNo Fit = iota
	FitUnknown
	FitYes
)

func (f Fit) String() string { return [...]string{"no", "unknown", "yes"}[f] }

// MarshalText writes the fit as it is called.
func (f Fit) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// A Why is the reason of a fit that is not yes.
type Why string

// The reasons.
const (
	WhyFar          Why = "far"          // outside of WithinKM
	WhyNoPlace      Why = "no_place"     // nobody knows where it is
	WhyName         Why = "name"         // called otherwise
	WhyRegion       Why = "region"       // in another region
	WhyLevel        Why = "level"        // of another level
	WhyNoLevel      Why = "no_level"     // of no known level
	WhyFull         Why = "full"         // nothing free, or not usable now
	WhyNotOffered   Why = "not_offered"  // the hospital does not have it
	WhyNotReported  Why = "not_reported" // the source says nothing
	WhyNotUsable    Why = "unknown"      // the source says something that is no value
	WhyNoTime       Why = "no_time"      // there is a value, but nobody knows how old it is
	WhyTooOld       Why = "too_old"      // there is a value, but too old to be shown
	WhyRefused      Why = "refused"      // declared as not possible
	WhyAnnouncement Why = "announcement" // declared as possible, but an announcement is in force: read it
)

// A Reason is one criterion that a hospital does not surely meet.
type Reason struct {
	About string `json:"about"` // an item's or disease's code, or name, region, level, distance
	Fit   Fit    `json:"fit"`
	Why   Why    `json:"why"`
}

// A Found is a hospital with how it fits: as badly as its worst reason.
type Found struct {
	Card    *Card
	Fit     Fit
	KM      float64 // great-circle distance, when HasKM
	HasKM   bool
	Reasons []Reason // what is not a yes, in the order of the query's fields
}

// Find looks through a board. What fits comes first, then what may fit, then,
// where the query asks for misses, what does not, each by distance, then by
// name; where a distance is asked for and not known, it is the longest. Nothing
// that may fit is ever left out.
//
// A number counts only while a screen may show it as one: a withdrawn or
// undated number is unknown, however good it looks. Declarations and
// announcements have no age of their own; whether their source is still heard
// is for the caller to show.
func Find(cards []Card, q Query) []Found {
	if q.Timings == (feed.Timings{}) {
		q.Timings = feed.DefaultTimings
	}
	name := newNameQuery(q.Name)
	found := make([]Found, 0, len(cards))
	for i := range cards {
		f := Found{Card: &cards[i], Fit: FitYes}
		f.judge(&q, name)
		if f.Fit != FitNo || q.Misses {
			found = append(found, f)
		}
	}
	slices.SortFunc(found, Found.compare)
	return found
}

func (f Found) compare(other Found) int {
	if f.Fit != other.Fit {
		return cmp.Compare(other.Fit, f.Fit)
	}
	if f.HasKM != other.HasKM {
		if f.HasKM {
			return -1
		}
		return 1
	}
	return cmp.Or(cmp.Compare(f.KM, other.KM), strings.Compare(f.Card.called(), other.Card.called()), strings.Compare(f.Card.ID, other.Card.ID))
}

func (f *Found) judge(q *Query, name nameQuery) {
	f.judgeDistance(q)
	for _, item := range q.Items {
		f.say(item, fitOfItem(f.Card, item, q))
	}
	for _, disease := range q.Diseases {
		f.say(disease, fitOfDisease(f.Card, disease, q.Now))
	}
	f.judgeKind(q)
	if name.whole != "" && !name.matches(f.Card.Name) {
		f.say("name", WhyName)
	}
}

func (f *Found) judgeDistance(q *Query) {
	if q.From == nil {
		return
	}
	if f.HasKM = f.Card.Place != nil; !f.HasKM {
		if q.WithinKM > 0 {
			f.say("distance", WhyNoPlace)
		}
		return
	}
	f.KM = Distance(*q.From, *f.Card.Place)
	if q.WithinKM > 0 && f.KM > q.WithinKM {
		f.say("distance", WhyFar)
	}
}

func (f *Found) judgeKind(q *Query) {
	switch {
	case len(q.Levels) == 0 || slices.Contains(q.Levels, f.Card.Level):
	case f.Card.Level == "":
		f.say("level", WhyNoLevel)
	default:
		f.say("level", WhyLevel)
	}
	if len(q.Regions) > 0 && !slices.Contains(q.Regions, f.Card.Region) {
		f.say("region", WhyRegion)
	}
}

// say adds a reason, none when there is no why.
func (f *Found) say(about string, why Why) {
	if why == "" {
		return
	}
	fit := FitNo
	switch why {
	case WhyNoPlace, WhyNoLevel, WhyNotReported, WhyNotUsable, WhyNoTime, WhyTooOld, WhyAnnouncement:
		fit = FitUnknown
	}
	f.Fit = min(f.Fit, fit)
	f.Reasons = append(f.Reasons, Reason{about, fit, why})
}

// whyOfNet is why a number that is none helps nobody.
var whyOfNet = map[NetState]Why{
	NetUnknown: WhyNotUsable, NetNotReported: WhyNotReported, NetNotOffered: WhyNotOffered,
	NetUndated: WhyNoTime, NetWithdrawn: WhyTooOld,
}

// fitOfItem is why an item does not surely help, "" when it does. What is held
// for others is not free.
func fitOfItem(c *Card, item string, q *Query) Why {
	net := c.Net(item, q.Now, q.Timings)
	if net.Full() {
		return WhyFull
	}
	return whyOfNet[net.State]
}

// fitOfDisease is why a disease is not surely accepted, "" when it is. What is
// declared and what is announced are two things that hospitals keep apart: an
// announcement about a disease that is declared as accepted is to be read first.
func fitOfDisease(c *Card, disease string, now feed.Time) Why {
	switch c.Declarations[disease].State {
	case Refuses:
		return WhyRefused
	case Accepts:
	default:
		return WhyNotReported
	}
	if c.warnsOf(disease, now) {
		return WhyAnnouncement
	}
	return ""
}

// warnsOf reports whether an announcement about a disease is in force that is to
// be read before somebody goes there. One that says that it is possible is none.
func (c *Card) warnsOf(disease string, now feed.Time) bool {
	return slices.ContainsFunc(c.Announcements, func(a Announcement) bool {
		return a.Disease == disease && a.Reason != ReasonPossible && a.ActiveAt(now)
	})
}

// earthKM is the radius of a sphere as large as the earth.
const earthKM = 6371.0

// Distance is the great-circle distance between two points in km (haversine).
// Roads are longer.
func Distance(a, b Point) float64 {
	lat, lon := radians(b.Lat-a.Lat), radians(b.Lon-a.Lon)
	h := square(math.Sin(lat/2)) + math.Cos(radians(a.Lat))*math.Cos(radians(b.Lat))*square(math.Sin(lon/2))
	return 2 * earthKM * math.Asin(math.Sqrt(min(h, 1)))
}

func radians(degrees float64) float64 { return degrees * math.Pi / 180 }
func square(x float64) float64        { return x * x }
