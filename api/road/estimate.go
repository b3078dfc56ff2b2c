package road

import "weer/model"

// The assumptions of an estimate.
const (
	Detour    = 1.35 // kilometres of road for one of great circle
	CityKM    = 8.0  // so much of the road is driven at CitySpeed
	CitySpeed = 28.0 // km/h
	OpenSpeed = 65.0 // km/h
)

// By says how a leg was found.
type By string

// The ways.
const (
	ByEstimate By = "estimate" // from the great-circle distance
	ByOSRM     By = "osrm"     // a routing server's word
)

// A Why is the reason of an estimate that stands where a server's word should.
type Why string

// The reasons.
const (
	WhyTimeout     Why = "timeout"     // no answer within Patience
	WhyUnreachable Why = "unreachable" // no connection, or a status that is none of success
	WhyBadAnswer   Why = "bad_answer"  // cut, too large or of another shape
	WhyImplausible Why = "implausible" // what no car does
	WhyNoRoute     Why = "no_route"    // the server knows no road between the two
	WhyResting     Why = "resting"     // the server failed just now and is left alone
	WhyTooMany     Why = "too_many"    // beyond what one request asks
)

// A Leg is the way from one point to another.
type Leg struct {
	Minutes float64 // of driving
	KM      float64 // of road
	By      By
	Why     Why // "" where By is what was asked for
}

// Estimate makes a leg of two points alone.
func Estimate(from, to model.Point) Leg {
	km := model.Distance(from, to) * Detour
	city := min(km, CityKM)
	return Leg{Minutes: (city/CitySpeed + (km-city)/OpenSpeed) * 60, KM: km, By: ByEstimate}
}
