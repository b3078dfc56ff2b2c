// Package sim is a faithful E-Gen server, all nine operations of it: 534 real
// institutions (응급의료기관), of which 417 report beds and 438 declare what they
// accept; the gateway's envelopes and errors, XML in the wire's order, and values
// that live like the measured ones. It judges the decoder, so it shares no tag
// and no code with it.
//
// # What it promises
//
// The country is a pure function of the seed, the clock and what was done by
// hand: no goroutine moves it. Each request computes the values of its moment,
// so two simulators with one seed and one clock answer alike byte for byte, and
// a simulator that nobody asks costs nothing. At speed 1 the motion is as
// measured; [DefaultSpeed] lets an hour pass in a minute, so that in every region
// something moves within seconds.
//
//   - Beds (operation 1): a hospital's system reports every few minutes, values are
//     those of its newest report, hvidate is the report's time and as old as it
//     says. 48 % of observations 20 minutes apart differ in hvec, wards and
//     operating rooms move over hours, a few feeds have been silent for years, some
//     clocks run ahead, some emergency rooms are over capacity (negative), and what
//     a hospital does not have is N1 or not there.
//   - Acceptance (2): 정보미제공 is 70.8 % of all cells, from 21 % of a
//     권역응급의료센터's to 96 % of an 응급실운영신고기관's. 60 % of the declarations that
//     end do so nine hours after they were made, when E-Gen ends them; nine in ten
//     of the 565 changes a day are of that kind.
//   - Messages (9): about 700, of real texts. They appear, some before they begin,
//     are lifted (해제), end, and go, some long after their end; some were entered
//     twice; some name a department.
//   - The list (3), those near a point (4), basic info (5), and the same of trauma
//     centres (6 to 8): 528 to 534 rows, addresses as irregular as they are, one
//     hospital without coordinates.
//
// # Scenarios
//
// [Sim.Scenario] breaks the answers in one of the ways of [Scenarios];
// [Sim.Fault] does the same for one operation, for a number of answers, or for a
// hospital of choice. A connection is cut, a stall ends with its caller.
//
// # By hand
//
// [Sim.Change] holds items, declarations and what the list says of a hospital,
// and posts, lifts or removes a message, until [Sim.Release]; [Sim.Pause] stops
// everything else, times included; with [Sim.Churn] each nationwide poll of beds
// moves a fraction of all their values and nothing else does. The same is offered
// over HTTP beside the service:
//
//	POST /set       {"hospital":"A1100001","items":{"er.general":3}}
//	                {"hospital":"A1100001","acceptance":{"severe.burn":"refuses"},"notes":{"severe.bronchoscopy_infant":"5세 이상"}}
//	                {"hospital":"A1100001","message":{"text":"CT 고장","code":"Y000"}}
//	                {"hospital":"A1100001","lift":"CT 고장"}   or "remove"
//	                {"hospital":"A1100001","list":{"name":"새 이름","lat":37.5,"lon":127.1}}
//	POST /release   {"hospital":"A1100001"}      {} releases all
//	POST /pause     {"paused":true}
//	POST /churn     {"fraction":0.05}
//	POST /scenario  {"name":"half","operation":2,"count":1}
//	GET  /scenario  all of them, with what they do
//	GET  /state     and /state?hospital=A1100001
//
// POST /fault is /scenario with "mode" for "name". Bad input is answered with the
// code, message and field of package fault, and changes nothing.
//
// [Sim] is safe for concurrent use. Requests wait for each other for the few
// milliseconds that computing the country takes.
package sim
