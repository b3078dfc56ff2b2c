package watch

import (
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"weer/api/client"
	"weer/model"
	"weer/model/feed"
)

func frame(at time.Duration, board []feed.Entry) Frame {
	return Frame{
		At: now.Add(at), Timings: feed.DefaultTimings, Mode: model.Simulated,
		View: client.View{Link: feed.Live, Board: board, ProvedAt: now, Server: now.Add(at), Cursor: feed.Cursor{Feed: "region:11", Seq: 7}},
	}
}

// send gives messages to a display and returns it with what it wants done.
func send(m tea.Model, msgs ...tea.Msg) (tea.Model, tea.Cmd) {
	var cmd tea.Cmd
	for _, msg := range msgs {
		m, cmd = m.Update(msg)
	}
	return m, cmd
}

func keys(text string) (msgs []tea.Msg) {
	for _, r := range text {
		msgs = append(msgs, tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{r}})
	}
	return msgs
}

func fresh() tea.Model {
	m, _ := send(NewModel("region:11", "", false, false), tea.WindowSizeMsg{Width: 80, Height: 10}, frame(0, board(hospitals...)))
	return m
}

func want(t *testing.T, m tea.Model, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(m.View(), text) {
			t.Fatalf("%q is not shown:\n%s", text, m.View())
		}
	}
}

func wantNot(t *testing.T, m tea.Model, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if strings.Contains(m.View(), text) {
			t.Fatalf("%q is shown:\n%s", text, m.View())
		}
	}
}

func TestChangedNumberIsMarkedFor1500ms(t *testing.T) {
	m := fresh()
	wantNot(t, m, "*") // the first board is new, not changed
	after := append([]hospital{}, hospitals...)
	after[0].er = known(13, 20)
	m, _ = send(m, frame(time.Second, board(after...)))
	want(t, m, "13/20 *")
	m, _ = send(m, frame(2499*time.Millisecond, board(after...)))
	want(t, m, "13/20 *")
	m, _ = send(m, frame(2500*time.Millisecond, board(after...)))
	want(t, m, "13/20  ")
	wantNot(t, m, "*")
}

func TestNewHospitalIsNotMarked(t *testing.T) {
	m, _ := send(fresh(), frame(time.Second, board(append(hospitals, hospital{"A1100010", "가나병원", 0, known(1, 2), nil})...)))
	want(t, m, "가나병원")
	wantNot(t, m, "*")
}

func TestBoardHeldOfflineIsNotMarkedAnew(t *testing.T) {
	f := frame(20*time.Second, board(hospitals...))
	f.View.Link, f.Problem = feed.Offline, "the server does not answer"
	m, _ := send(fresh(), f)
	want(t, m, "✕ 끊김 0:20", "the server does not answer", "14/20")
	wantNot(t, m, "*")
}

func TestSortKey(t *testing.T) {
	m, _ := send(fresh(), keys("s")...)
	want(t, m, "정렬:빈 병상")
	if text := m.View(); strings.Index(text, "경희대병원") > strings.Index(text, "서울아산병원") {
		t.Errorf("14 free beds stand below 6:\n%s", text)
	}
	m, _ = send(m, keys("s")...)
	want(t, m, "정렬:이름")
}

func TestFilter(t *testing.T) {
	m, _ := send(fresh(), keys("/서q")...) // q is a letter here
	want(t, m, "/서q▏", "찾는 병원이 없습니다")
	m, _ = send(m, tea.KeyMsg{Type: tea.KeyBackspace}, tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("울")})
	want(t, m, "/서울▏", "서울아산병원", "서울의료원")
	wantNot(t, m, "경희대병원")
	m, _ = send(m, tea.KeyMsg{Type: tea.KeyEnter})
	want(t, m, "찾기:서울")
	m, _ = send(m, keys("/x")...)
	m, _ = send(m, tea.KeyMsg{Type: tea.KeyEsc})
	want(t, m, "찾기:서울") // as before it was edited
	m, _ = send(m, tea.KeyMsg{Type: tea.KeyEsc})
	want(t, m, "경희대병원")
}

func TestScroll(t *testing.T) {
	m := fresh() // six of nine rows fit
	want(t, m, "1–6/9")
	for _, c := range []struct {
		key  tea.KeyMsg
		want string
	}{
		{tea.KeyMsg{Type: tea.KeyUp}, "1–6/9"},
		{tea.KeyMsg{Type: tea.KeyDown}, "2–7/9"},
		{tea.KeyMsg{Type: tea.KeyPgDown}, "4–9/9"},
		{tea.KeyMsg{Type: tea.KeyDown}, "4–9/9"},
		{tea.KeyMsg{Type: tea.KeyUp}, "3–8/9"},
		{tea.KeyMsg{Type: tea.KeyHome}, "1–6/9"},
		{tea.KeyMsg{Type: tea.KeyEnd}, "4–9/9"},
	} {
		m, _ = send(m, c.key)
		want(t, m, c.want)
	}
	m, _ = send(m, tea.WindowSizeMsg{Width: 80, Height: 30})
	want(t, m, "가톨릭대 서울성모병원")
}

func TestQuit(t *testing.T) {
	for name, msgs := range map[string][]tea.Msg{
		"q": keys("q"), "ctrl+c": {tea.KeyMsg{Type: tea.KeyCtrlC}}, "ctrl+c while typing": append(keys("/a"), tea.KeyMsg{Type: tea.KeyCtrlC}),
	} {
		if _, cmd := send(fresh(), msgs...); cmd == nil || cmd() != tea.Quit() {
			t.Errorf("%s does not quit", name)
		}
	}
}

func TestLines(t *testing.T) {
	var out strings.Builder
	l := NewLines(&out, "")
	take := func(f Frame, want string) {
		t.Helper()
		out.Reset()
		if err := l.Take(f); err != nil {
			t.Fatal(err)
		}
		if out.String() != want {
			t.Fatalf("got\n%swant\n%s", out.String(), want)
		}
	}
	two := board(hospitals[0], hospitals[2])
	waiting := frame(0, nil)
	waiting.View.Link, waiting.Mode, waiting.Problem, waiting.View.ProvedAt = feed.Connecting, "", "nobody answers", time.Time{}
	take(waiting, "18:02:11 ◌ 연결 중 nobody answers\n")
	take(frame(time.Second, two), "18:02:12 ● 실시간 [모의]\n"+
		"18:02:12 ● 최신 가톨릭대 서울성모병원: 응급실 포화 +3/30, 중환자실 포화 +1/10, 9분 전\n"+
		"18:02:12 ● 최신 경희대병원: 응급실 14/20, 중환자실 2/8, 방금\n")
	take(frame(2*time.Second, two), "") // nothing moved but the clock
	moved := hospitals[0]
	moved.er = known(13, 20)
	take(frame(3*time.Second, board(moved, hospitals[2])), "18:02:14 ● 최신 경희대병원: 응급실 13/20, 중환자실 2/8, 방금\n")
	take(frame(70*time.Second, board(moved, hospitals[2])), "18:03:21 ◐ 경과 가톨릭대 서울성모병원: 응급실 포화 +3/30, 중환자실 포화 +1/10, 10분 전\n")
	silent := frame(75*time.Second, board(moved))
	silent.View.Link, silent.View.Why = feed.Delayed, feed.WhySilent
	silent.View.ProvedAt = now.Add(70 * time.Second)
	take(silent, "18:03:26 ▲ 지연 5초 (응답 없음) [모의]\n18:03:26 가톨릭대 서울성모병원 (목록에서 빠짐)\n")
}
