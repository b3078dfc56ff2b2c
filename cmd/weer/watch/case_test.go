package watch

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/mattn/go-runewidth"

	"weer/api/client"
	"weer/model"
	"weer/model/feed"
)

func ago(d time.Duration) feed.Time { return feed.At(now.Add(-d)) }

// caseBoard is a unit's feed with everything that can become of a request.
func caseBoard() (board []feed.Entry) {
	add := func(key string, v any) {
		b, err := json.Marshal(v)
		if err != nil {
			panic(err)
		}
		board = append(board, feed.Entry{Key: key, Seq: uint64(len(board) + 1), Value: b})
	}
	add("case/c1", model.CaseValue{Code: "48212", Unit: "u1", State: model.CaseOpen, Winner: "r1", KTAS: 2, Category: "severe.mi_reperfusion", Kind: "disease", AgeBand: "elderly", Sex: "male", OpenedAt: ago(12 * time.Minute)})
	add("case/c2", model.CaseValue{Code: "05932", Unit: "u2", State: model.CaseOpen, Kind: "injury", Sex: "female", OpenedAt: ago(70 * time.Second)})
	add("case/c3", model.CaseValue{Code: "77113", Unit: "u1", State: model.CaseArrived, KTAS: 4, AgeBand: "child", OpenedAt: ago(3 * time.Hour), ClosedAt: ago(2 * time.Hour)})
	add("case/c4", model.CaseValue{Code: "31415", Unit: "u2", State: model.CaseOpen, KTAS: 1, OpenedAt: ago(20 * time.Second)})
	add("reservation/r1", model.ReservationValue{Case: "c1", Hospital: "A1100017", Name: "서울대학교병원", State: model.Approved, Designated: true, AskedAt: ago(9 * time.Minute), AnsweredAt: ago(8 * time.Minute), ArriveAt: ago(-6 * time.Minute), ConfirmedAt: 0, PushedAt: ago(9 * time.Minute), ShownAt: ago(9 * time.Minute)})
	add("reservation/r2", model.ReservationValue{Case: "c1", Name: "재단법인아산사회복지재단서울아산병원", State: model.Canceled, End: model.EndSuperseded, AskedAt: ago(10 * time.Minute), EndedAt: ago(8 * time.Minute)})
	add("reservation/r3", model.ReservationValue{Case: "c1", Name: "강북삼성병원", State: model.Rejected, Reason: model.ReasonNoICU, AskedAt: ago(10 * time.Minute), AnsweredAt: ago(9 * time.Minute)})
	add("reservation/r4", model.ReservationValue{Case: "c1", Name: "한양대학교병원", State: model.Canceled, End: model.EndWithdrawn, Reason: model.ReasonNoSpecialist, AskedAt: ago(11 * time.Minute), AnsweredAt: ago(10 * time.Minute), EndedAt: ago(9 * time.Minute)})
	add("reservation/r5", model.ReservationValue{Case: "c2", Name: "녹색병원", State: model.Pending, AskedAt: ago(12 * time.Second), PushedAt: ago(11 * time.Second), ShownAt: ago(11 * time.Second), SoundedAt: ago(11 * time.Second), OpenedAt: ago(3 * time.Second)})
	add("reservation/r6", model.ReservationValue{Case: "c2", Name: "서울의료원", State: model.Pending, AskedAt: ago(95 * time.Second), NoAnswerAt: ago(5 * time.Second)})
	add("reservation/r7", model.ReservationValue{Case: "c2", Name: "경희대학교병원", State: model.Canceled, End: model.EndByCrew, AskedAt: ago(40 * time.Second), EndedAt: ago(30 * time.Second)})
	add("reservation/r8", model.ReservationValue{Case: "c3", Name: "경희대학교병원", State: model.Arrived, AskedAt: ago(3 * time.Hour), ArrivedAt: ago(2 * time.Hour), HandedOverAt: ago(100 * time.Minute), EndedAt: ago(2 * time.Hour)})
	add("reservation/r9", model.ReservationValue{Case: "c9", Name: "주인 없는 병원", State: model.Pending, AskedAt: ago(time.Minute)})
	return board
}

func crewScreen() CaseScreen {
	s := live()
	s.Feed, s.Board, s.Sources, s.Height = "unit:u1", caseBoard(), nil, 26
	return CaseScreen{s, People{Place: "강남 201"}}
}

func caseScreens() map[string]CaseScreen {
	with := func(change func(*CaseScreen)) CaseScreen {
		s := crewScreen()
		change(&s)
		return s
	}
	return map[string]CaseScreen{
		"case-unit":   crewScreen(),
		"case-colour": with(func(s *CaseScreen) { s.Colour = true }),
		"case-control": with(func(s *CaseScreen) {
			s.Feed, s.People, s.Width = "control:11", People{Units: map[string]string{"u1": "강남 201", "u2": "종로 301"}}, 110
		}),
		"case-one":     with(func(s *CaseScreen) { s.Code, s.Height = "05932", 9 }),
		"case-none":    with(func(s *CaseScreen) { s.Code, s.Height = "00000", 6 }),
		"case-empty":   with(func(s *CaseScreen) { s.Board, s.Height = nil, 6 }),
		"case-waiting": with(func(s *CaseScreen) { s.Board, s.Link, s.Height = nil, feed.Connecting, 6 }),
		"case-narrow":  with(func(s *CaseScreen) { s.Width = 44 }),
		"case-scroll":  with(func(s *CaseScreen) { s.Height, s.Offset = 9, 4 }),
		"case-offline": with(func(s *CaseScreen) {
			s.Link, s.Since, s.Problem, s.Height = feed.Offline, 151*time.Second, "127.0.0.1:8080 does not answer", 9
		}),
	}
}

func TestPicturesOfCases(t *testing.T) {
	for name, s := range caseScreens() {
		t.Run(name, func(t *testing.T) {
			got := DrawCases(s) + "\n"
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

func TestPicturesOfCasesFit(t *testing.T) {
	for name, s := range caseScreens() {
		s.Colour = false
		for s.Width = 1; s.Width < 130; s.Width += 11 {
			for s.Height = 1; s.Height < 30; s.Height += 5 {
				lines := strings.Split(DrawCases(s), "\n")
				if len(lines) != s.Height {
					t.Fatalf("%s in %d×%d: %d lines", name, s.Width, s.Height, len(lines))
				}
				for _, l := range lines {
					if w := (&runewidth.Condition{StrictEmojiNeutral: true}).StringWidth(l); w > s.Width {
						t.Fatalf("%s in %d×%d: %q is %d wide", name, s.Width, s.Height, l, w)
					}
				}
			}
		}
	}
}

// TestEveryEndReadsDifferently: without colour whatever became of a request is
// told apart from everything else.
func TestEveryEndReadsDifferently(t *testing.T) {
	seen := map[string]bool{}
	legs := []leg{
		{"", model.ReservationValue{State: model.Pending, AskedAt: ago(0)}},
		{"", model.ReservationValue{State: model.Pending, AskedAt: ago(0), NoAnswerAt: ago(0)}},
		{"", model.ReservationValue{State: model.Approved}}, {"", model.ReservationValue{State: model.Rejected}},
		{"", model.ReservationValue{State: model.Arrived}}, {"", model.ReservationValue{State: model.Arrived, HandedOverAt: ago(0)}},
		{"", model.ReservationValue{State: model.Expired}}, {"", model.ReservationValue{State: model.Expired, AnsweredAt: ago(0)}},
	}
	for _, end := range []model.End{model.EndByCrew, model.EndByControl, model.EndSuperseded, model.EndCaseClosed, model.EndWithdrawn, model.EndUndone} {
		legs = append(legs, leg{"", model.ReservationValue{State: model.Canceled, End: end}})
	}
	for _, l := range legs {
		text := legText(l, now)
		if seen[text] || text == "" {
			t.Errorf("%+v reads %q, as another does", l, text)
		}
		seen[text] = true
	}
}

func TestTheWayIsTold(t *testing.T) {
	for want, l := range map[string]model.ReservationValue{
		"도착까지 6분":       {ArriveAt: ago(-6*time.Minute - time.Second)},
		"곧 도착":          {ArriveAt: ago(-30 * time.Second)},
		"도착 예정 3분 지남":   {ArriveAt: ago(3 * time.Minute)},
		"도착 예정 모름":      {},
		"▲ 도착 지연 20:00": {ArriveAt: ago(20 * time.Minute), OverdueAt: ago(5 * time.Minute)},
	} {
		if got := arrivalText(leg{"", l}, now); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestNothingOfACaseSteersTheTerminal(t *testing.T) {
	s := crewScreen()
	s.Place = "강남\x1b[2J"
	s.Board = []feed.Entry{
		{Key: "case/c1", Value: json.RawMessage(`{"code":"48212\u001b[2J","state":"open"}`)},
		{Key: "reservation/r1", Value: json.RawMessage(`{"case":"c1","name":"병원\u001b]0;x\u0007","state":"rejected","reason":"\u001b[31m"}`)},
		{Key: "case/c2", Value: json.RawMessage(`[]`)},
	}
	if text := DrawCases(s); strings.ContainsAny(text, "\x1b\x07") || !strings.Contains(text, "병원") {
		t.Errorf("%q", text)
	}
}

// TestACaseIsScrolled: to its last line and no further.
func TestACaseIsScrolled(t *testing.T) {
	m := tea.Model(NewCaseModel("unit:u1", People{}, false, false))
	press := func(keys ...tea.KeyMsg) string {
		for _, k := range keys {
			m, _ = m.Update(k)
		}
		return m.View()
	}
	m, _ = m.Update(tea.WindowSizeMsg{Width: 80, Height: 8})
	m, _ = m.Update(Frame{At: now, View: client.View{Link: feed.Live, Server: now, Board: caseBoard()}, Timings: feed.DefaultTimings})
	top := m.View()
	if end := press(tea.KeyMsg{Type: tea.KeyEnd}); !strings.Contains(end, "■ 인계") || strings.Contains(end, "48212") {
		t.Errorf("the end is\n%s", end)
	}
	if again := press(tea.KeyMsg{Type: tea.KeyDown}, tea.KeyMsg{Type: tea.KeyHome}); again != top {
		t.Errorf("home is\n%s", again)
	}
	if down := press(tea.KeyMsg{Type: tea.KeyDown}); down == top {
		t.Error("down moves nothing")
	}
	if _, quit := m.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("q")}); quit == nil {
		t.Error("q does not quit")
	}
}

// TestLinesOfCases: one for each thing that changes, and none for what only ticks.
func TestLinesOfCases(t *testing.T) {
	var out bytes.Buffer
	l := NewCaseLines(&out, People{Code: "05932", Units: map[string]string{"u2": "종로 301"}})
	take := func(at time.Time, board []feed.Entry) string {
		t.Helper()
		out.Reset()
		f := Frame{At: at, View: client.View{Link: feed.Live, Server: at, ProvedAt: at, Board: board}, Timings: feed.DefaultTimings, Mode: model.Simulated}
		if err := l.Take(f); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	want := `18:02:11 ● 실시간 [모의]
18:02:11 05932  KTAS 미평가  종로 301  질병 외  여  ○ 병원 미정
18:02:11 05932  ? 무응답  서울의료원  전송 안 됨
18:02:11 05932  … 응답 대기  녹색병원  전송→표시→울림→열람
18:02:11 05932  – 요청 취소  경희대병원
`
	if got := take(now, caseBoard()); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if got := take(now.Add(7*time.Second), caseBoard()); got != "" {
		t.Errorf("what ticks is told: %s", got)
	}
	board := caseBoard()
	for i, e := range board {
		if e.Key == "reservation/r5" {
			board[i].Value = json.RawMessage(strings.Replace(string(e.Value), `"pending"`, `"approved"`, 1))
		}
	}
	if got := take(now.Add(8*time.Second), board); got != "18:02:19 05932  !! ✓ 수용  녹색병원  도착 예정 모름\n" {
		t.Errorf("a yes is told as %q", got)
	}
}
