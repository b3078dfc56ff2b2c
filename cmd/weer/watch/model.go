package watch

import (
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"weer/api/client"
	"weer/model"
	"weer/model/feed"
)

// highlight is how long a number that moved is marked.
const highlight = 1500 * time.Millisecond

// A Frame is what the display holds at a moment; each one is a new picture.
type Frame struct {
	At      time.Time // the local clock
	View    client.View
	Timings feed.Timings
	Mode    string
	Problem string
}

// since is the time since the last proof, 0 before the first.
func (f Frame) since() time.Duration {
	if f.View.ProvedAt.IsZero() {
		return 0
	}
	return max(0, f.At.Sub(f.View.ProvedAt))
}

// A Model is the terminal's display as bubbletea wants it: keys, sizes and
// Frames go in, pictures come out. Its only clock is Frame.At.
type Model struct {
	screen  Screen
	counts  map[string]model.Reading // by cellOf, as of the last frame; nil before the first board
	movedAt map[string]time.Time     // by cellOf
	before  string                   // the filter before it was edited
}

// NewModel makes the display of a feed.
func NewModel(feedName, filter string, colour, wide bool) Model {
	return Model{
		screen:  Screen{Feed: feedName, Filter: filter, Colour: colour, Wide: wide, Link: feed.Connecting, Timings: feed.DefaultTimings, Width: 80, Height: 24},
		movedAt: map[string]time.Time{},
	}
}

// Init has nothing to start.
func (m Model) Init() tea.Cmd { return nil }

// View draws the picture.
func (m Model) View() string { return Draw(m.screen) }

// Update takes a key, a size or a Frame.
func (m Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.screen.Width, m.screen.Height = msg.Width, msg.Height
	case Frame:
		m.take(msg)
	case tea.KeyMsg:
		if msg.Type == tea.KeyCtrlC {
			return m, tea.Quit
		}
		if m.screen.Typing {
			m.edit(msg)
			break
		}
		if msg.String() == "q" {
			return m, tea.Quit
		}
		m.press(msg)
	}
	m.screen.Offset = m.clamped()
	return m, nil
}

func (m *Model) take(f Frame) {
	s := &m.screen
	s.take(f)
	m.compare(f)
	s.Changed = map[string]bool{}
	for cell, at := range m.movedAt {
		if f.At.Sub(at) < highlight {
			s.Changed[cell] = true
		} else {
			delete(m.movedAt, cell)
		}
	}
}

// take puts into a screen what a frame shows.
func (s *Screen) take(f Frame) {
	s.Board, s.Timings, s.Now, s.Mode, s.Problem = f.View.Board, f.Timings, f.View.Server, f.Mode, f.Problem
	s.Link, s.Why, s.Since = f.View.Link, f.View.Why, f.since()
	s.Sources, s.Seq = f.View.Sources, f.View.Cursor.Seq
}

// compare finds the numbers that moved. A hospital that was not there before
// is new, not moved; so is everything on the first board.
func (m *Model) compare(f Frame) {
	now := countsOf(f.View.Board)
	for cell, r := range now {
		if before, known := m.counts[cell]; known && before != r {
			m.movedAt[cell] = f.At
		}
	}
	m.counts = now
}

func countsOf(board []feed.Entry) map[string]model.Reading {
	counts := map[string]model.Reading{}
	for _, r := range rowsOf(board, time.Time{}, feed.DefaultTimings) {
		counts[cellOf(r.id, itemER)], counts[cellOf(r.id, itemICU)] = r.er.Reading, r.icu.Reading
	}
	return counts
}

func (m *Model) press(k tea.KeyMsg) {
	s := &m.screen
	switch k.String() {
	case "s":
		s.SortByFree, s.Offset = !s.SortByFree, 0
	case "/":
		s.Typing, m.before = true, s.Filter
	case "esc":
		s.Filter = ""
	case "up", "k":
		s.Offset--
	case "down", "j":
		s.Offset++
	case "pgup":
		s.Offset -= s.room()
	case "pgdown", " ":
		s.Offset += s.room()
	case "home", "g":
		s.Offset = 0
	case "end", "G":
		s.Offset = len(s.Board)
	}
}

// edit types the filter; the table follows every letter.
func (m *Model) edit(k tea.KeyMsg) {
	s := &m.screen
	switch k.Type {
	case tea.KeyEnter:
		s.Typing = false
	case tea.KeyEsc:
		s.Typing, s.Filter = false, m.before
	case tea.KeyBackspace:
		if letters := []rune(s.Filter); len(letters) > 0 {
			s.Filter = string(letters[:len(letters)-1])
		}
	case tea.KeyRunes, tea.KeySpace:
		s.Filter += clean(string(k.Runes))
	}
}

// clamped keeps the offset on the table.
func (m Model) clamped() int {
	s := m.screen
	rows := len(visible(rowsOf(s.Board, s.Now, s.Timings), s.Filter, s.SortByFree))
	return max(0, min(s.Offset, rows-s.room()))
}
