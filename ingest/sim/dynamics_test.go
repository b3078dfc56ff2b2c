package sim_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"weer/ingest/sim"
)

// levelsOf is the level of each hospital, as the list has it.
func levelsOf(t *testing.T, s *sim.Sim) map[string]string {
	t.Helper()
	m := map[string]string{}
	for _, i := range parse(t, body(s, 3, "")).Items {
		id, _ := i.Children.get("hpid")
		m[id], _ = i.Children.get("dutyEmcls")
	}
	return m
}

// declarations are the rows of operation 2 as they are written, by hospital.
func declarations(s *sim.Sim) map[string]string {
	m := map[string]string{}
	for _, text := range strings.Split(body(s, 2, ""), "<item>")[1:] {
		m[hpid.FindStringSubmatch(text)[1]] = text
	}
	return m
}

// valuesOf are a row's 28, in the order of the diseases.
func valuesOf(text string) (values [28]string) {
	for i := range values {
		_, after, _ := strings.Cut(text, fmt.Sprintf("<MKioskTy%d>", i+1))
		values[i], _, _ = strings.Cut(after, "<")
	}
	return values
}

// movedCells calls back with what each cell that moved said and says now.
func movedCells(before, now map[string]string, tell func(cell, was, is string)) {
	for id, text := range now {
		if text == before[id] {
			continue
		}
		was, is := valuesOf(before[id]), valuesOf(text)
		for n := range is {
			if was[n] != is[n] {
				tell(fmt.Sprint(id, n), was[n], is[n])
			}
		}
	}
}

// 정보미제공 is as frequent as measured: 70.8 % of all, by level 21, 53, 88, 96 %.
func TestSilenceIsAsMeasured(t *testing.T) {
	type tally struct{ silent, all int }
	by := map[string]*tally{"": {}, "G001": {}, "G006": {}, "G007": {}, "G009": {}}
	words := map[string]int{}
	for seed := range uint64(4) {
		s := sim.New(sim.Options{Seed: seed, Now: noon().now})
		levels := levelsOf(t, s)
		for id, text := range declarations(s) {
			for n, value := range valuesOf(text) {
				words[value]++
				for _, level := range []string{"", levels[id]} {
					if by[level] == nil {
						continue // not listed just now
					}
					by[level].all++
					if value == "정보미제공" {
						by[level].silent++
					}
				}
				if n == 27 && value != "Y         " {
					t.Errorf("%s: the gate keeper says %q", id, value)
				}
			}
		}
	}
	for level, want := range map[string]float64{"": .708, "G001": .21, "G006": .53, "G007": .88, "G009": .96} {
		if got := float64(by[level].silent) / float64(by[level].all); math.Abs(got-want) > .025 {
			t.Errorf("level %q: %.3f of %d say nothing, measured %.3f", level, got, by[level].all, want)
		}
	}
	if len(words) != 3 || words["Y         "] == 0 || words["불가능"] < words["Y         "]/50 || words["불가능"] > words["Y         "]/5 {
		t.Errorf("%v", words)
	}
}

// 60 % of declarations fall back exactly nine hours after they were made; nine
// in ten changes are between Y and 정보미제공; 565 changes a day.
func TestDeclarationsFallBackAsMeasured(t *testing.T) {
	const step, days = 15 * time.Minute, 3
	c := noon()
	s := sim.New(sim.Options{Seed: 1, Speed: 1, Now: c.now})
	before := declarations(s)
	since := map[string]time.Time{}
	var ended, exact, churn, turns int
	for range days * 24 * 4 {
		c.pass(step)
		now := declarations(s)
		movedCells(before, now, func(cell, was, is string) {
			switch was + "→" + is {
			case "정보미제공→Y         ":
				churn++
				since[cell] = c.t
			case "Y         →정보미제공":
				churn++
				if at, known := since[cell]; known {
					ended++
					life := c.t.Sub(at)
					exact += count(life >= 9*time.Hour-step && life <= 9*time.Hour+step)
				}
			default:
				turns++
			}
		})
		before = now
	}
	t.Logf("%d declarations ended, %d after nine hours; %d changes, %d of them turns", ended, exact, churn+turns, turns)
	if share := float64(exact) / float64(ended); ended < 400 || share < .56 || share > .66 {
		t.Errorf("%.3f of %d declarations ended after nine hours", share, ended)
	}
	if share := float64(churn) / float64(churn+turns); share < .85 || share > .95 {
		t.Errorf("%.3f of changes are between Y and 정보미제공", share)
	}
	if perDay := (churn + turns) / days; perDay < 430 || perDay > 700 {
		t.Errorf("%d changes a day", perDay)
	}
}

// Sixty times faster, nine hours are nine minutes.
func TestSpeedHastensDeclarations(t *testing.T) {
	c := noon()
	s := sim.New(sim.Options{Seed: 1, Speed: 60, Now: c.now})
	before, moved := declarations(s), 0
	for range 24 {
		c.pass(time.Minute)
		now := declarations(s)
		movedCells(before, now, func(string, string, string) { moved++ })
		before = now
	}
	if moved < 430 || moved > 700 {
		t.Errorf("%d changes in a simulated day", moved)
	}
}

// said are the messages by what makes them the same message.
func said(t *testing.T, s *sim.Sim) map[string]item {
	t.Helper()
	m := map[string]item{}
	for _, i := range parse(t, body(s, 9, "")).Items {
		key := ""
		for _, tag := range []string{"hpid", "symTypCod", "symBlkMsgTyp", "symBlkMsg", "symBlkSttDtm"} {
			text, _ := i.Children.get(tag)
			key += text + "|"
		}
		m[key] = i.Children
	}
	return m
}

// Messages appear, begin, are lifted, end and go; what one says stays.
func TestMessagesComeAndGo(t *testing.T) {
	c := noon()
	s := sim.New(sim.Options{Seed: 2, Speed: 1, Now: c.now})
	before := said(t, s)
	var came, went, lifted, wentLifted, wentEnded, ahead, over int
	for range 24 {
		c.pass(time.Hour)
		now := said(t, s)
		at := c.t.Add(9 * time.Hour).Format("20060102150405")
		for key, i := range now {
			was, known := before[key]
			state, _ := i.get("symOutDspYon")
			starts, _ := i.get("symBlkSttDtm")
			ends, closed := i.get("symBlkEndDtm")
			if !known {
				came++
			} else if old, _ := was.get("symOutDspYon"); old != state {
				lifted++
				if state != "해제" {
					t.Errorf("%s is %s again", key, state)
				}
			}
			if starts > at {
				ahead++
			}
			if closed && ends < at {
				over++
			}
			if closed && ends <= starts {
				t.Errorf("%s ends at %s", key, ends)
			}
		}
		for key, was := range before {
			if _, there := now[key]; there {
				continue
			}
			went++
			state, _ := was.get("symOutDspYon")
			if ends, closed := was.get("symBlkEndDtm"); closed && ends <= at {
				wentEnded++
			} else if state == "해제" {
				wentLifted++
			}
		}
		before = now
	}
	t.Logf("%d now; came %d, went %d (%d lifted, %d ended), lifted %d; ahead %d, over %d", len(before), came, went, wentLifted, wentEnded, lifted, ahead, over)
	if came < 200 || went < 200 || lifted < 20 || wentLifted < 20 || wentEnded < 50 || ahead == 0 || over == 0 || wentLifted+wentEnded == went {
		t.Error("messages do not live")
	}
}

// As the real ones: several a hospital, 15 at most; texts of all kinds, some
// said twice, some with a department, most without an end.
func TestMessagesAreLikeTheRealOnes(t *testing.T) {
	s := sim.New(sim.Options{Seed: 1, Now: noon().now})
	d := parse(t, body(s, 9, ""))
	each, texts, twice := map[string]int{}, map[string]bool{}, map[string]int{}
	var severe, departments, open, manual, lifted int
	for _, i := range d.Items {
		get := func(tag string) string { text, _ := i.Children.get(tag); return text }
		each[get("hpid")]++
		texts[get("symBlkMsg")] = true
		twice[get("hpid")+get("symTypCod")+get("symBlkMsg")+get("symBlkSttDtm")]++
		severe += count(get("symBlkMsgTyp") == "중증")
		departments += count(get("trtPrtCodMag") != "")
		open += count(get("symBlkEndDtm") == "")
		manual += count(get("symOutDspMth") == "수동")
		lifted += count(get("symOutDspYon") == "해제")
		if code := get("symTypCod"); (code == "Y000") != (get("symTypCodMag") == "응급실") || get("symTypCodMag") == "" {
			t.Errorf("%s is %q", code, get("symTypCodMag"))
		}
		if name := get("trtPrtCodMag"); !strings.Contains(get("symBlkMsg"), name) {
			t.Errorf("%s: %s", name, get("symBlkMsg"))
		}
	}
	for id, n := range each {
		if n > 30 { // 15, each twice
			t.Errorf("%s says %d things", id, n)
		}
	}
	again := len(d.Items) - len(twice)
	t.Logf("%d messages of %d hospitals, %d texts, %d severe, %d with a department, %d open, %d by hand, %d lifted, %d again",
		len(d.Items), len(each), len(texts), severe, departments, open, manual, lifted, again)
	if len(each) < 180 || len(texts) < 90 || severe < 100 || departments < 60 || open < 200 || open > 600 || manual < 200 || lifted < 5 || again < 5 || again > 60 {
		t.Error("messages are not like the real ones")
	}
}

func count(yes bool) int {
	if yes {
		return 1
	}
	return 0
}
