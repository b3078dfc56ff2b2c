// Package sim is a faithful E-Gen server for operation 1 (beds): real
// institutions (응급의료기관, 417 of them), the gateway's envelopes and errors,
// XML in the wire's order, and values that live like the measured ones. It
// judges the decoder, so it shares no tag and no code with it.
//
// # What it promises
//
// The country is a pure function of the seed, the clock and what was set by
// hand: no goroutine moves it. Each request computes the values of its moment,
// so two simulators with one seed and one clock answer alike byte for byte, and
// a simulator that nobody asks costs nothing.
//
// A hospital's system reports every few minutes; values are those of its newest
// report, and hvidate is the report's time. At speed 1 the motion is as
// measured: 48 % of observations 20 minutes apart differ in hvec, wards and
// operating rooms move over hours, a few feeds have been silent for years, some
// clocks run ahead, some emergency rooms are over capacity (negative), and what
// a hospital does not have is N1 or not there. [DefaultSpeed] lets an hour pass
// in a minute, so that in every region something moves within seconds. The
// times stay true: a report is as old as it says.
//
// # By hand
//
// [Sim.Set] moves items and holds them until [Sim.Release]; [Sim.Pause] stops
// everything else, times included; with [Sim.Churn] each nationwide poll moves a
// fraction of all values and nothing else does; [Sim.Fault] breaks the answers.
// The same is offered over HTTP beside the service:
//
//	POST /set      {"hospital":"A1100001","items":{"er.general":3}}
//	POST /release  {"hospital":"A1100001"}      {} releases all
//	POST /pause    {"paused":true}
//	POST /churn    {"fraction":0.05}
//	POST /fault    {"mode":"truncated","count":2}
//	GET  /state    and /state?hospital=A1100001
//
// Bad input is answered with the code, message and field of package fault.
//
// [Sim] is safe for concurrent use. Requests wait for each other for the few
// milliseconds that computing the country takes.
package sim
