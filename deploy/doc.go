// Package deploy holds what surrounds the code: the test of its architecture,
// the private servers that tests start (lab), the crash drill and its judge
// (drill), the end-to-end benchmarks (bench) and the scripts behind the
// Makefile. Nothing of WeER imports it.
package deploy
