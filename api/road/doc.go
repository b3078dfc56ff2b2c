// Package road says how long an ambulance drives.
//
// # Two ways of knowing
//
// [Estimate] needs nothing but two points: the great-circle distance, made longer
// by [Detour] and driven at [CitySpeed] and, beyond [CityKM], at [OpenSpeed]. The
// numbers are assumptions, not measurements: they rank hospitals, and no deadline
// hangs on them. It is pure and never fails.
//
// A [Router] with a server asks that server, which speaks the HTTP interface of
// OSRM (/table/v1/driving for many hospitals in one request, /route/v1/driving
// for one). Every [Leg] says which of the two it is, and an estimate that stands
// where a server's word should says why.
//
// # What is promised
//
// [Router.Legs] always has a leg for each target, in their order, and returns
// within [Patience] whatever the server does. The server is believed only as far
// as it can be: an answer that is cut, too large, of another shape, or that says
// what no car does (shorter than the great circle, faster than [MostSpeed]) is
// taken for none. After [failures] answers in a row that were none it is left
// alone for [rest], and then asked again by one request. A place that it cannot
// reach is that leg's matter alone.
//
// The server learns two points and nothing of a patient or a caller.
package road
