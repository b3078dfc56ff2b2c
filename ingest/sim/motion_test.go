package sim_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"weer/ingest/sim"
	"weer/model"
)

func TestSeedAndClockDecideEverything(t *testing.T) {
	a, b := noon(), noon()
	one, two := sim.New(sim.Options{Seed: 7, Now: a.now}), sim.New(sim.Options{Seed: 7, Now: b.now})
	other := sim.New(sim.Options{Seed: 8, Now: a.now})
	get := func(s *sim.Sim) string { return raw(s, "serviceKey=simulated&numOfRows=1000").Body.String() }
	a.pass(time.Hour)
	for range 3 {
		get(two) // being asked before moves nothing
	}
	b.pass(time.Hour)
	if get(one) != get(two) {
		t.Error("one seed and one clock, two countries")
	}
	if get(one) == get(other) {
		t.Error("two seeds, one country")
	}
}

// 48 % of observations 20 minutes apart differ in hvec; operating rooms move
// more slowly; the median report is a few minutes old.
func TestMotionAtSpeedOneIsAsMeasured(t *testing.T) {
	c := noon()
	s := sim.New(sim.Options{Seed: 3, Speed: 1, Now: c.now})
	slow := regexp.MustCompile(`<hvoc>-?[0-9]*</hvoc>`)
	moved, seen := map[string]int{}, 0
	before := texts(s)
	var ages []time.Duration
	for range 12 {
		c.pass(20 * time.Minute)
		now := texts(s)
		for id, row := range now {
			seen++
			for tag, form := range map[string]*regexp.Regexp{"hvec": hvec, "hvoc": slow} {
				if form.FindString(before[id]) != form.FindString(row) {
					moved[tag]++
				}
			}
			at := hvidate.FindStringSubmatch(row)[1]
			when, _ := time.ParseInLocation("20060102150405", at, time.FixedZone("", 9*3600))
			ages = append(ages, c.t.Sub(when))
		}
		before = now
	}
	slices.Sort(ages)
	share := func(tag string) float64 { return float64(moved[tag]) / float64(seen) }
	if x := share("hvec"); x < .43 || x > .53 {
		t.Errorf("hvec moved in %.0f %% of observations", 100*x)
	}
	if x := share("hvoc"); x == 0 || x > .15 {
		t.Errorf("hvoc moved in %.0f %% of observations", 100*x)
	}
	if median := ages[len(ages)/2]; median < 3*time.Minute || median > 5*time.Minute {
		t.Errorf("the median report is %v old", median)
	}
}

// At the demo's speed a number moves in every region within seconds.
func TestTheDemoIsLively(t *testing.T) {
	c := noon()
	s := sim.New(sim.Options{Seed: 1, Now: c.now})
	const step, steps = 10 * time.Second, 30
	still := map[string]int{}
	before := numbers(s)
	for range steps {
		c.pass(step)
		now := numbers(s)
		for region, values := range now {
			if values == before[region] {
				still[region]++
			}
		}
		before = now
	}
	for _, r := range model.Regions {
		if before[r.Code] == "" || still[r.Code] > steps*6/10 {
			t.Errorf("in %s nothing moved in %d of %d steps of %v", r.Name, still[r.Code], steps, step)
		}
	}
}

var (
	hpid    = regexp.MustCompile(`<hpid>([A-Z0-9]*)</hpid>`)
	hvidate = regexp.MustCompile(`<hvidate>([0-9]*)</hvidate>`)
	hvec    = regexp.MustCompile(`<hvec>(-?[0-9]*)</hvec>`)
)

// texts are the rows as they are written, by id.
func texts(s *sim.Sim) map[string]string {
	m := map[string]string{}
	for _, row := range strings.Split(raw(s, "serviceKey=simulated&numOfRows=1000").Body.String(), "<item>")[1:] {
		m[hpid.FindStringSubmatch(row)[1]] = row
	}
	return m
}

// numbers are all values of a region in one text, times left out.
func numbers(s *sim.Sim) map[string]string {
	all, out := texts(s), map[string]string{}
	for _, id := range s.Hospitals() {
		region, _ := model.RegionOfHospital(id)
		out[region] += hvidate.ReplaceAllString(all[id], "")
	}
	return out
}

// Times only go forward, whatever happens.
func TestReportsNeverGoBack(t *testing.T) {
	c := noon()
	s := sim.New(sim.Options{Seed: 5, Now: c.now})
	last := map[string]string{}
	acts := []func(){
		func() {}, func() { s.Pause(true) }, func() {}, func() { _ = s.Set(kyunghee, map[string]int{"er.general": 1}) },
		func() { s.Pause(false) }, func() { _ = s.Release("") }, func() { _ = s.Churn(.1) }, func() {}, func() { _ = s.Churn(0) }, func() {},
	}
	for i := range 60 {
		acts[i%len(acts)]()
		c.pass(1700 * time.Millisecond)
		for id, row := range texts(s) {
			at := hvidate.FindStringSubmatch(row)[1]
			if at < last[id] {
				t.Fatalf("%s: %s after %s", id, at, last[id])
			}
			last[id] = at
		}
	}
}

func TestPauseStopsEverything(t *testing.T) {
	c := noon()
	s := sim.New(sim.Options{Seed: 1, Now: c.now, ChurnPerPoll: .2})
	if status, _ := post(s, "/pause", `{"paused":true}`); status != 200 {
		t.Fatal(status)
	}
	get := func() string { return raw(s, "serviceKey=simulated&numOfRows=1000").Body.String() }
	before := get()
	c.pass(time.Hour)
	if get() != before {
		t.Error("something moved")
	}
	s.Pause(false)
	if get() == before {
		t.Error("nothing goes on")
	}
}

func TestChurnMovesItsFraction(t *testing.T) {
	for _, fraction := range []float64{.05, .5, 1} {
		c := noon()
		s := sim.New(sim.Options{Seed: 1, Now: c.now, ChurnPerPoll: fraction})
		list := fields(t)
		before := nation(t, s).byID()
		for range 2 {
			c.pass(time.Second)
			now := nation(t, s).byID()
			moved, all := 0, 0
			for id, row := range now {
				for _, f := range list {
					total, ok := row.get(f.baseline)
					if !ok || total == "0" {
						continue
					}
					all++
					a, _ := before[id].get(f.available)
					if b, _ := row.get(f.available); a != b {
						moved++
					}
				}
			}
			if got := float64(moved) / float64(all); got < fraction*.9-.01 || got > fraction*1.1 {
				t.Errorf("%.3f of all values moved, want %.2f", got, fraction)
			}
			before = now
		}
	}
}
