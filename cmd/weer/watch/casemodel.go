package watch

import (
	"fmt"
	"io"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"weer/model"
	"weer/model/feed"
)

// A CaseModel is the display of cases as bubbletea wants it; see [Model].
type CaseModel struct{ screen CaseScreen }

// NewCaseModel makes the display of a feed of cases.
func NewCaseModel(feedName string, of People, colour, wide bool) CaseModel {
	return CaseModel{CaseScreen{
		Screen: Screen{Feed: feedName, Colour: colour, Wide: wide, Link: feed.Connecting, Timings: feed.DefaultTimings, Width: 80, Height: 24},
		People: of,
	}}
}

// Init has nothing to start.
func (m CaseModel) Init() tea.Cmd { return nil }

// View draws the picture.
func (m CaseModel) View() string { return DrawCases(m.screen) }

// Update takes a key, a size or a Frame.
func (m CaseModel) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	s := &m.screen
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		s.Width, s.Height = msg.Width, msg.Height
	case Frame:
		s.take(msg)
	case tea.KeyMsg:
		if msg.Type == tea.KeyCtrlC || msg.String() == "q" {
			return m, tea.Quit
		}
		s.Offset += s.steps(msg)
	}
	s.Offset = max(0, min(s.Offset, s.caseHeight()-s.caseRoom()))
	return m, nil
}

// steps is how far a key scrolls.
func (s CaseScreen) steps(k tea.KeyMsg) int {
	switch k.String() {
	case "up", "k":
		return -1
	case "down", "j":
		return 1
	case "pgup":
		return -s.caseRoom()
	case "pgdown", " ":
		return s.caseRoom()
	case "home", "g":
		return -s.Offset
	case "end", "G":
		return s.caseHeight()
	}
	return 0
}

// caseHeight is how many lines all cases have.
func (s CaseScreen) caseHeight() (lines int) {
	for _, c := range casesOf(s.Board, s.Code) {
		lines += 2 + len(c.legs)
		for _, l := range c.legs {
			if l.loud() {
				lines++
			}
		}
	}
	return lines
}

// CaseLines writes a line for everything that changes of cases; see [Lines].
type CaseLines struct {
	out    io.Writer
	people People
	status string
	said   map[string]string // by id of a case or a leg: the last line about it, without what ticks
	failed error             // of the output
}

// NewCaseLines makes a writer of lines.
func NewCaseLines(out io.Writer, of People) *CaseLines {
	return &CaseLines{out: out, people: of, said: map[string]string{}}
}

// Take writes what differs from the frame before.
func (l *CaseLines) Take(f Frame) error {
	now := f.View.Server
	if status := statusKey(f); status != l.status {
		l.status = status
		if err := l.print(now, statusLine(f)); err != nil {
			return err
		}
	}
	before := l.said
	l.said = map[string]string{}
	for _, c := range casesOf(f.View.Board, l.people.Code) {
		l.say(before, now, c.id, caseLineText(c, l.people.Units))
		for _, leg := range c.legs {
			l.say(before, now, leg.id, legLineText(c, leg, now))
		}
	}
	return l.failed
}

// say writes a line unless it was the last one about the same.
func (l *CaseLines) say(before map[string]string, now time.Time, id, text string) {
	l.said[id] = text
	if before[id] != text && l.failed == nil {
		l.failed = l.print(now, text)
	}
}

func (l *CaseLines) print(now time.Time, text string) error {
	_, err := fmt.Fprintln(l.out, now.In(kst).Format(time.TimeOnly), text)
	return err
}

func caseLineText(c patientCase, units map[string]string) string {
	state := caseStateText(c)
	if c.State == model.CaseOpen && c.Winner == "" {
		state = "○ 병원 미정" // who is asked has lines of its own
	}
	return spaced(clean(c.Code), ktasText(c.KTAS), clean(units[c.Unit]), patientText(c.CaseValue), state)
}

// legLineText is a leg as of its last change: what ticks would be a line a second.
func legLineText(c patientCase, l leg, now time.Time) string {
	at := now
	if l.State == model.Pending {
		at = l.AskedAt.Std()
	}
	state := strings.TrimSuffix(legText(l, at), " 0:00")
	if l.loud() {
		state = "!! " + state
	}
	details := legDetails(l, at)
	if l.State == model.Approved {
		details = []string{arrivedBy(l)}
		if l.Designated {
			details = append(details, "지정 병원")
		}
	}
	return spaced(append([]string{clean(c.Code), state, spoken(clean(l.Name))}, details...)...)
}

// arrivedBy is when the patient will be there, by the clock.
func arrivedBy(l leg) string {
	switch {
	case l.OverdueAt != 0:
		return "▲ 도착 지연"
	case l.ArriveAt == 0:
		return "도착 예정 모름"
	}
	return "도착 예정 " + l.ArriveAt.Std().In(kst).Format("15:04")
}
