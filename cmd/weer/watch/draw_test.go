package watch

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mattn/go-runewidth"

	"weer/model"
	"weer/model/feed"
)

var update = flag.Bool("update", false, "write the golden pictures anew; read them before keeping them")

// now is the servers' clock in these tests: 18:02:11 in Seoul.
var now = time.Date(2026, 11, 23, 9, 2, 11, 0, time.UTC)

type hospital struct {
	id, name string
	age      time.Duration
	er, icu  *model.Reading
}

func known(value, totals int) *model.Reading {
	return &model.Reading{State: model.Known, Value: value, Total: totals, HasTotal: totals > 0}
}

func board(list ...hospital) []feed.Entry {
	var out []feed.Entry
	add := func(key string, v any) {
		b, err := json.Marshal(v)
		if err != nil {
			panic(err)
		}
		out = append(out, feed.Entry{Key: key, Seq: uint64(len(out) + 1), Value: b})
	}
	for _, h := range list {
		add(h.id+"/hospital", map[string]string{"name": h.name})
		observed := feed.At(now.Add(-h.age))
		if h.age < 0 {
			observed = 0
		}
		add(h.id+"/egen", model.SourceTimes{ObservedAt: observed, ReceivedAt: feed.At(now)})
		if h.er != nil {
			add(h.id+"/er", model.Readings{itemER: *h.er, "er.pediatric": *known(1, 2)})
		}
		if h.icu != nil {
			add(h.id+"/icu", model.Readings{itemICU: *h.icu})
		}
	}
	return out
}

var hospitals = []hospital{
	{"A1100001", "경희대학교병원", 3 * time.Second, known(14, 20), known(2, 8)},
	{"A1100002", "건국대학교병원", 25 * time.Second, known(0, 25), known(0, 0)},
	{"A1100003", "학교법인가톨릭학원가톨릭대학교서울성모병원", 9 * time.Minute, known(-3, 30), known(-1, 10)},
	{"A1100004", "재단법인아산사회복지재단서울아산병원", 12 * time.Minute, known(6, 40), &model.Reading{State: model.NotOffered}},
	{"A1100005", "의료법인서울효천의료재단에이치플러스양지병원", 23 * time.Minute, known(5, 10), nil},
	{"A1100006", "강북삼성병원", 2 * time.Hour, known(7, 15), known(3, 9)},
	{"A1100007", "한양대학교병원", -1, known(4, 18), known(1, 6)},
	{"A1100008", "녹색병원", 40 * time.Second, &model.Reading{State: model.Unknown, Total: 12, HasTotal: true}, &model.Reading{State: model.Unknown}},
	{"A1100009", "서울의료원", 50 * time.Second, nil, nil},
}

func live() Screen {
	return Screen{
		Feed: "region:11", Board: board(hospitals...), Timings: feed.DefaultTimings, Now: now,
		Link: feed.Live, Since: time.Second, Mode: model.Simulated, Seq: 1234,
		Sources: map[string]feed.Source{model.SourceBeds: {CompleteAt: feed.At(now.Add(-3 * time.Second)), IntervalMS: 5000}},
		Width:   80, Height: 14,
	}
}

func screens() map[string]Screen {
	with := func(change func(*Screen)) Screen {
		s := live()
		change(&s)
		return s
	}
	return map[string]Screen{
		"live":   live(),
		"colour": with(func(s *Screen) { s.Colour, s.Changed = true, map[string]bool{cellOf("A1100001", itemER): true} }),
		"changed": with(func(s *Screen) {
			s.Changed = map[string]bool{cellOf("A1100003", itemER): true, cellOf("A1100006", itemER): true}
		}),
		"silent":   with(func(s *Screen) { s.Link, s.Why, s.Since = feed.Delayed, feed.WhySilent, 8*time.Second }),
		"unproved": with(func(s *Screen) { s.Link, s.Why, s.Since = feed.Delayed, feed.WhyUnproved, 11*time.Second }),
		"offline": with(func(s *Screen) {
			s.Link, s.Since, s.Problem, s.Colour = feed.Offline, 151*time.Second, "127.0.0.1:8080 does not answer", true
		}),
		"connecting": with(func(s *Screen) {
			s.Link, s.Board, s.Seq, s.Mode, s.Sources, s.Problem = feed.Connecting, nil, 0, "", nil, "127.0.0.1:8080 does not answer"
		}),
		"empty": with(func(s *Screen) { s.Board = nil }),
		"late": with(func(s *Screen) {
			s.Sources = map[string]feed.Source{model.SourceBeds: {CompleteAt: feed.At(now.Add(-75 * time.Second)), IntervalMS: 5000}, "egen.messages": {IntervalMS: 5000}}
		}),
		"free":       with(func(s *Screen) { s.SortByFree = true }),
		"filter":     with(func(s *Screen) { s.Filter, s.Typing = "서울", true }),
		"nothing":    with(func(s *Screen) { s.Filter = "없는 병원" }),
		"scrolled":   with(func(s *Screen) { s.Height, s.Offset = 9, 2 }),
		"narrow":     with(func(s *Screen) { s.Width = 50 }),
		"wide":       with(func(s *Screen) { s.Width, s.Wide = 120, true }),
		"all-50":     with(func(s *Screen) { s.Board, s.Width, s.Height = everything(), 50, 16 }),
		"all-80":     with(func(s *Screen) { s.Board, s.Width, s.Height = everything(), 80, 16 }),
		"all-100":    with(func(s *Screen) { s.Board, s.Width, s.Height = everything(), 100, 16 }),
		"all-130":    with(func(s *Screen) { s.Board, s.Width, s.Height = everything(), 130, 16 }),
		"all-160":    with(func(s *Screen) { s.Board, s.Width, s.Height, s.Wide = everything(), 160, 16, true }),
		"all-colour": with(func(s *Screen) { s.Board, s.Width, s.Height, s.Colour = everything(), 130, 16, true }),
		"real":       with(func(s *Screen) { s.Mode = model.Real }),
	}
}

func TestPictures(t *testing.T) {
	for name, s := range screens() {
		t.Run(name, func(t *testing.T) {
			got := Draw(s) + "\n"
			file := filepath.Join("testdata", name+".txt")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("got\n%swant\n%s", got, want)
			}
		})
	}
}

// TestPicturesFit: whatever is drawn has the terminal's height and no line is
// wider than it, down to terminals that nobody has.
func TestPicturesFit(t *testing.T) {
	for name, s := range screens() {
		s.Colour = false
		for s.Width = 1; s.Width < 130; s.Width += 11 {
			for s.Height = 1; s.Height < 30; s.Height += 5 {
				lines := strings.Split(Draw(s), "\n")
				if len(lines) != s.Height {
					t.Fatalf("%s in %d×%d: %d lines", name, s.Width, s.Height, len(lines))
				}
				cond := &runewidth.Condition{EastAsianWidth: s.Wide, StrictEmojiNeutral: true}
				for _, l := range lines {
					if cond.StringWidth(l) > s.Width {
						t.Fatalf("%s in %d×%d: %q is %d wide", name, s.Width, s.Height, l, cond.StringWidth(l))
					}
				}
			}
		}
	}
}

// TestMarksMoveNothing: a number that is marked stands where it stood.
func TestMarksMoveNothing(t *testing.T) {
	plain, marked := live(), live()
	marked.Changed = map[string]bool{cellOf("A1100001", itemER): true, cellOf("A1100001", itemICU): true}
	got := strings.NewReplacer("14/20 *", "14/20  ", "2/8 *", "2/8  ").Replace(Draw(marked))
	if got != Draw(plain) {
		t.Errorf("a mark moves something:\n%s", got)
	}
}

func TestWithdrawnShowsNoNumber(t *testing.T) {
	s := live()
	s.Board = board(hospital{"A1100006", "강북삼성병원", 61 * time.Minute, known(77, 88), known(66, 99)})
	text := Draw(s)
	for _, number := range []string{"77", "88", "66", "99"} {
		if strings.Contains(text, number) {
			t.Errorf("a withdrawn %s is shown:\n%s", number, text)
		}
	}
	if !strings.Contains(text, "✕ 무효") || !strings.Contains(text, "응급실 빈 병상 0, 0/1 병원") {
		t.Errorf("not withdrawn:\n%s", text)
	}
}

// TestNoStateByColourAlone: without colour every state still reads differently.
func TestNoStateByColourAlone(t *testing.T) {
	seen := map[string]string{}
	for _, f := range []feed.Freshness{feed.Fresh, feed.Ageing, feed.Stale, feed.Withdrawn} {
		seen[stateText(f)] = string(f)
	}
	for _, l := range []feed.Link{feed.Live, feed.Offline, feed.Syncing, feed.Connecting} {
		seen[linkText(l, "", 0)] = string(l)
	}
	for _, why := range []string{feed.WhySilent, feed.WhyClosed, feed.WhyUnverified, feed.WhyUnproved} {
		seen[linkText(feed.Delayed, why, 0)] = why
	}
	if len(seen) != 12 {
		t.Errorf("only %d of 12 states read differently: %v", len(seen), seen)
	}
}

func TestNothingSteersTheTerminal(t *testing.T) {
	s := live()
	s.Board = board(hospital{"A1100001", "병원\x1b[2J\x07\n이름", time.Second, known(1, 2), nil})
	s.Problem, s.Link = "bad\x1b]0;title\x07 server", feed.Offline
	if text := Draw(s); strings.ContainsAny(text, "\x1b\x07") || !strings.Contains(text, "병원[2J이름") {
		t.Errorf("%q", text)
	}
}

func TestAge(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "방금", 9999 * time.Millisecond: "방금", 10 * time.Second: "10초 전", 19 * time.Second: "10초 전", 59 * time.Second: "50초 전",
		time.Minute: "1분 전", 59*time.Minute + 59*time.Second: "59분 전", time.Hour: "1시간 전", 23 * time.Hour: "23시간 전",
		24 * time.Hour: "1일 전", 50 * time.Hour: "2일 전", -30 * time.Second: "방금",
	} {
		if got := age(d); got != want {
			t.Errorf("%v: %s, want %s", d, got, want)
		}
	}
	ahead := feed.At(now.Add(3 * time.Minute))
	if got := observedText(ahead, now, feed.DefaultTimings); got != "시각 이상" {
		t.Errorf("3 min ahead: %s", got)
	}
}

func TestSpokenNames(t *testing.T) {
	for name, want := range map[string]string{
		"경희대학교병원": "경희대병원",
		"학교법인고려중앙학원고려대학교의과대학부속병원(안암병원)": "고려대병원(안암병원)",
		"학교법인가톨릭학원가톨릭대학교서울성모병원":         "가톨릭대 서울성모병원",
		"의료법인서울효천의료재단에이치플러스양지병원":        "에이치플러스양지병원",
		"재단법인아산사회복지재단서울아산병원":            "서울아산병원",
		"재단법인 베스티안재단 베스티안부산병원":          "베스티안부산병원",
		"의료법인 영제 의료재단 엔케이세종병원":          "엔케이세종병원",
		"(재)미리내천주성삼성직수도회천주성삼병원":         "미리내천주성삼성직수도회천주성삼병원",
		"부산성모병원(재단법인 천주교부산교구유지재단)":      "부산성모병원",
		"이화여자대학교의과대학부속서울병원":             "이화여자대 서울병원",
		"한국보훈복지의료공단 부산보훈병원":             "한국보훈복지의료공단 부산보훈병원",
		"의료법인한마음재단병원":                   "한마음재단병원",
		"서울의료원":                         "서울의료원",
		"St. Mary's":                    "St. Mary's",
		"학교법인":                          "학교법인",
	} {
		if got := spoken(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestSameShortNameKeepsTheFullOnes(t *testing.T) {
	rows := rowsOf(board(
		hospital{"A1100001", "의료법인하나의료재단중앙병원", 0, known(1, 2), nil},
		hospital{"A1100002", "의료법인두리의료재단중앙병원", 0, known(1, 2), nil},
	), now, feed.DefaultTimings)
	if rows[0].name == rows[1].name || rows[0].name != rows[0].full {
		t.Errorf("two hospitals are called %q and %q", rows[0].name, rows[1].name)
	}
}

func TestValuesThatCannotBeRead(t *testing.T) {
	rows := rowsOf([]feed.Entry{
		{Key: "A1/er", Value: json.RawMessage(`{"er.general":{"state":"known"}}`)},
		{Key: "A1/egen", Value: json.RawMessage(`{"observed_at":"yesterday"}`)},
		{Key: "A1/icu", Value: json.RawMessage(`[]`)},
		{Key: "no hospital", Value: json.RawMessage(`{}`)},
	}, now, feed.DefaultTimings)
	if len(rows) != 1 {
		t.Fatalf("%d rows", len(rows))
	}
	r := rows[0]
	if r.er.State != model.Unknown || r.icu.State != model.Unknown || r.state != feed.Stale || r.name != "A1" {
		t.Errorf("%+v", r)
	}
}
