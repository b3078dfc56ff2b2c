package model_test

import (
	"fmt"
	"maps"
	"testing"

	"pgregory.net/rapid"

	"weer/model"
	"weer/model/feed"
)

// What is expected of one hospital.
type bedded struct {
	name     string
	times    model.SourceTimes
	readings model.Readings
	missed   int
}

// The rules once more, in the plainest words, one hospital at a time.
type expectation struct {
	held     map[string]bedded
	twoLooks bool // an answer that had to be looked at under lock, though nothing moved
}

func (e *expectation) take(m *memory, p model.Poll) {
	e.twoLooks = false
	for _, id := range []string{seoul, seoul2, busan, daegu} {
		region, _ := model.RegionOfHospital(id)
		var newest *model.Observation
		for i, o := range p.Rows {
			if o.HospitalID == id && (newest == nil || o.ObservedAt > newest.ObservedAt) {
				newest = &p.Rows[i]
			}
		}
		h, known := e.held[id]
		switch {
		case region == m.broken:
			continue
		case newest == nil && !known:
			continue
		case newest == nil:
			if p.Complete && h.missed < 2 {
				h.missed++
			}
		case known && newest.ObservedAt != 0 && newest.ObservedAt < h.times.ObservedAt && h.times.ObservedAt <= m.now+2*minute:
			e.twoLooks = e.twoLooks || h.times.ObservedAt > h.times.ReceivedAt+2*minute
			h.missed = 0
		default:
			received := m.now
			if known && newest.ObservedAt == h.times.ObservedAt && maps.Equal(newest.Readings, h.readings) {
				received = h.times.ReceivedAt
			}
			h = bedded{name: newest.Name, readings: newest.Readings,
				times: model.SourceTimes{ObservedAt: newest.ObservedAt, ReceivedAt: received}}
		}
		e.held[id] = h
	}
}

func differs(m *memory, e *expectation) string {
	for _, id := range []string{seoul, seoul2, busan, daegu} {
		h, there := m.hospitals[id]
		egen := m.egen(id)
		got := bedded{h.Name, egen.SourceTimes, egen.Readings, h.Missed[model.SourceBeds]}
		want, expected := e.held[id]
		if there != expected || !same(got, want) {
			return fmt.Sprintf("%s: %+v, want %+v", id, got, want)
		}
		live := expected && want.missed < 2
		if live != m.has(id) || live && !maps.Equal(h.Readings, want.readings) || !live && len(h.Readings) > 0 {
			return fmt.Sprintf("%s is shown: %v with %v, missed %d", id, m.has(id), h.Readings, want.missed)
		}
	}
	return ""
}

func drawPoll(t *rapid.T, now feed.Time) model.Poll {
	p := poll(rapid.Bool().Draw(t, "complete"))
	for range rapid.IntRange(0, 5).Draw(t, "rows") {
		at := now + feed.Time(rapid.IntRange(-4, 1).Draw(t, "age"))*second
		switch rapid.IntRange(0, 9).Draw(t, "kind of time") {
		case 0:
			at = 0
		case 1:
			at = now + feed.Time(rapid.IntRange(1, 6).Draw(t, "minutes ahead"))*minute
		}
		p.Rows = append(p.Rows, beds(rapid.SampledFrom([]string{seoul, seoul2, busan, daegu}).Draw(t, "hospital"), at, rapid.IntRange(0, 2).Draw(t, "free")))
	}
	return p
}

// step takes one random poll into both and returns how they differ.
func step(t *rapid.T, m *memory, e *expectation) string {
	m.now += feed.Time(rapid.SampledFrom([]int{1, 5, 90, 400}).Draw(t, "seconds")) * second
	m.broken = rapid.SampledFrom([]string{"", "", "", "11", "26"}).Draw(t, "broken region")
	p := drawPoll(t, m.now)
	before, writes, runs := maps.Clone(e.held), m.writes, len(m.runs)
	e.take(m, p)
	run, err := model.NewService(m, m).RecordPoll(t.Context(), "r", p)
	nothing := m.broken == "" && maps.EqualFunc(before, e.held, same)
	switch {
	case len(m.runs) != runs+1:
		return "not one run row"
	case nothing && !e.twoLooks && m.writes != writes:
		return "nothing moved, and something was written"
	case nothing && run.Changed != 0:
		return "nothing moved, and the run says otherwise"
	case run.Complete != (p.Complete && err == nil):
		return fmt.Sprintf("complete %v of %v with %v", run.Complete, p.Complete, err)
	}
	return differs(m, e)
}

func same(a, b bedded) bool {
	return a.times == b.times && a.missed == b.missed && a.name == b.name && maps.Equal(a.readings, b.readings)
}

func TestAnyPollsFollowTheRules(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, e := newMemory(), &expectation{held: map[string]bedded{}}
		for range rapid.IntRange(1, 25).Draw(t, "polls") {
			if d := step(t, m, e); d != "" {
				t.Fatal(d)
			}
		}
	})
}

// The judge finds a planted fault: a store that loses one hospital of a save.
func TestTheRulesFindALostHospital(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, e := newMemory(), &expectation{held: map[string]bedded{}}
		m.forgets = true
		m.now += second
		p := poll(true, beds(seoul, noon, rapid.IntRange(0, 9).Draw(t, "free")))
		e.take(m, p)
		if _, err := model.NewService(m, m).RecordPoll(t.Context(), "r", p); err != nil {
			t.Fatal(err)
		}
		if differs(m, e) == "" {
			t.Fatal("not found")
		}
	})
}
