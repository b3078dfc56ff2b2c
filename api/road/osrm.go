package road

import (
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"strconv"
	"strings"

	"weer/model"
)

// Bounds of a server's word.
const (
	MostSpeed  = 160.0 // km/h on average: nothing is faster
	shorterBy  = 0.9   // of the great circle: points are moved to the next road
	shorterKM  = 1.0   // and by so much
	mostAnswer = 64 << 10
)

// A drive is what a server says of one leg; nil when it knows no road.
type drive struct{ seconds, metres *float64 }

// request is the path and query that ask for the legs: one route, or one row of
// a table.
func request(from model.Point, to []model.Point) string {
	points := make([]string, 0, len(to)+1)
	for _, p := range append([]model.Point{from}, to...) {
		points = append(points, degrees(p.Lon)+","+degrees(p.Lat))
	}
	if len(to) == 1 {
		return "/route/v1/driving/" + strings.Join(points, ";") + "?overview=false"
	}
	targets := make([]string, len(to))
	for i := range to {
		targets[i] = strconv.Itoa(i + 1)
	}
	return "/table/v1/driving/" + strings.Join(points, ";") + "?sources=0&annotations=duration,distance&destinations=" + url.QueryEscape(strings.Join(targets, ";"))
}

// degrees writes five decimals: a metre.
func degrees(d float64) string { return strconv.FormatFloat(d, 'f', 5, 64) }

// parse reads what a server answered about n targets.
func parse(body []byte, n int) ([]drive, error) {
	if n == 1 {
		return parseRoute(body)
	}
	return parseTable(body, n)
}

func parseRoute(body []byte) ([]drive, error) {
	var a struct {
		Code   string `json:"code"`
		Routes []struct {
			Duration *float64 `json:"duration"`
			Distance *float64 `json:"distance"`
		} `json:"routes"`
	}
	err := json.Unmarshal(body, &a)
	switch {
	case err != nil:
		return nil, err
	case a.Code == "NoRoute" || a.Code == "NoSegment":
		return make([]drive, 1), nil
	case a.Code != "Ok" || len(a.Routes) == 0 || a.Routes[0].Duration == nil || a.Routes[0].Distance == nil:
		return nil, fmt.Errorf("a route without a duration and a distance, code %.20q", a.Code)
	}
	return []drive{{a.Routes[0].Duration, a.Routes[0].Distance}}, nil
}

func parseTable(body []byte, n int) ([]drive, error) {
	var a struct {
		Code      string       `json:"code"`
		Durations [][]*float64 `json:"durations"`
		Distances [][]*float64 `json:"distances"`
	}
	if err := json.Unmarshal(body, &a); err != nil {
		return nil, err
	}
	if a.Code != "Ok" || len(a.Durations) != 1 || len(a.Distances) != 1 || len(a.Durations[0]) != n || len(a.Distances[0]) != n {
		return nil, fmt.Errorf("no table of 1 by %d, code %.20q", n, a.Code)
	}
	drives := make([]drive, n)
	for i := range drives {
		drives[i] = drive{a.Durations[0][i], a.Distances[0][i]}
	}
	return drives, nil
}

// leg is the drive as a leg, an estimate where it is none.
func (d drive) leg(from, to model.Point) Leg {
	if d.seconds == nil || d.metres == nil {
		return instead(from, to, WhyNoRoute)
	}
	l := Leg{Minutes: *d.seconds / 60, KM: *d.metres / 1000, By: ByOSRM}
	if !l.plausible(model.Distance(from, to)) {
		return instead(from, to, WhyImplausible)
	}
	return l
}

// plausible refuses what no car does over a distance.
func (l Leg) plausible(km float64) bool {
	finite := !math.IsNaN(l.Minutes) && !math.IsInf(l.Minutes, 0) && !math.IsNaN(l.KM) && !math.IsInf(l.KM, 0)
	return finite && l.Minutes >= 0 && l.KM >= km*shorterBy-shorterKM && l.KM >= 0 &&
		l.KM <= l.Minutes/60*MostSpeed+shorterKM && l.Minutes <= 24*60
}

// instead is an estimate that stands where a server's word should.
func instead(from, to model.Point, why Why) Leg {
	l := Estimate(from, to)
	l.Why = why
	return l
}
