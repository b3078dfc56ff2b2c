package watch

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/lipgloss"
	"github.com/mattn/go-runewidth"

	"weer/model"
	"weer/model/feed"
)

// A Screen is everything that a picture depends on.
type Screen struct {
	Feed    string
	Board   []feed.Entry
	Timings feed.Timings
	Now     time.Time // the server's clock
	Link    feed.Link
	Why     string
	Since   time.Duration // since the last proof
	Mode    string        // of the server; "" before it is known
	Sources map[string]feed.Source
	Seq     uint64
	Problem string // why there is no socket, in one line

	Changed    map[string]bool // cells that moved just now, see cellOf
	SortByFree bool
	Filter     string
	Typing     bool // the filter is being typed
	Offset     int  // first row that is shown

	Width, Height int
	Colour        bool
	Wide          bool // the terminal draws ambiguous characters two cells wide
}

// cellOf names a cell of the table for Changed.
func cellOf(hospital, item string) string { return hospital + " " + item }

// chrome is how many lines are no rows.
const chrome = 4

// A picture draws one Screen.
type picture struct {
	Screen
	cond   *runewidth.Condition
	styles styles
	all    []row // of the board
	rows   []row // after filter and sort
	columns
}

// Draw makes the text of a screen: Height lines of at most Width cells.
func Draw(s Screen) string {
	p := newPicture(s)
	lines := append([]string{p.head(), p.sum(), p.titles()}, p.body()...)
	for len(lines) < s.Height-1 {
		lines = append(lines, "")
	}
	lines = lines[:max(0, min(len(lines), s.Height-1))]
	return strings.Join(append(lines, p.foot()), "\n")
}

func newPicture(s Screen) *picture {
	p := &picture{Screen: s, cond: widths(s.Wide), styles: newStyles(s.Colour), columns: columnsOf(s.Width)}
	p.all = rowsOf(s.Board, s.Now, s.Timings)
	p.rows = visible(p.all, s.Filter, s.SortByFree)
	return p
}

func visible(all []row, filter string, free bool) []row {
	rows := slices.DeleteFunc(slices.Clone(all), func(r row) bool { return !r.matches(filter) })
	if free {
		slices.SortFunc(rows, byFree)
	}
	return rows
}

// room is how many rows fit.
func (s Screen) room() int { return max(0, s.Height-chrome) }

// A part is text with a style; parts of a line are cut to the width together.
type part struct {
	style lipgloss.Style
	text  string
}

func (p *picture) line(parts ...part) string {
	var b strings.Builder
	left := p.Width
	for _, x := range parts {
		if left <= 0 || x.text == "" {
			continue
		}
		text := p.cond.Truncate(x.text, left, "…")
		if left -= p.cond.StringWidth(text); left < 0 {
			break // not even the ellipsis fits
		}
		b.WriteString(x.style.Render(text))
	}
	return strings.TrimRight(b.String(), " ")
}

func (p *picture) head() string { return p.headOf(place(p.Feed)) }

// headOf is the link first, then whose board it is.
func (p *picture) headOf(place string) string {
	parts := []part{{p.styles.link(p.Link), linkText(p.Link, p.Why, p.Since)}, {p.styles.plain, "  " + place}}
	if m := modeText(p.Mode); m != "" {
		parts = append(parts, part{p.styles.plain, "  "}, part{p.styles.mode, "[" + m + "]"})
	}
	parts = append(parts, part{p.styles.dim, fmt.Sprintf("  #%d  %s", p.Seq, p.Now.In(kst).Format(time.TimeOnly))})
	if p.Problem != "" && p.Link != feed.Live {
		parts = append(parts, part{p.styles.bad, "  " + clean(p.Problem)})
	}
	return p.line(parts...)
}

// place names a feed as people do.
func place(name string) string {
	for _, r := range model.Regions {
		switch name {
		case feed.RegionFeed(r.Code):
			return r.Short + " (" + name + ")"
		case string(feed.Control) + ":" + r.Code:
			return r.Short + " 상황실 (" + name + ")"
		}
	}
	return name
}

// sum is what the region has, and who does not collect it any more. Which
// sources those are must be readable; for how long may be left out.
func (p *picture) sum() string {
	t := totalOf(p.all)
	free := fmt.Sprintf("응급실 빈 병상 %d, %d/%d 병원", t.free, t.reported, t.hospitals)
	late := lateSources(p.Sources, p.Now)
	text := lateText(late, p.Sources, p.Now)
	if p.cond.StringWidth(free+"  "+text) > p.Width {
		text = lateNames(late)
	}
	return p.line(part{p.styles.strong, free}, part{p.styles.plain, "  "}, part{p.styles.bad, text})
}

func (p *picture) body() []string {
	if len(p.rows) == 0 {
		return []string{"", p.line(part{p.styles.dim, p.nothing()})}
	}
	first := max(0, min(p.Offset, len(p.rows)-p.room()))
	shown := p.rows[first:min(len(p.rows), first+p.room())]
	lines := make([]string, len(shown))
	for i, r := range shown {
		lines[i] = p.row(r)
	}
	return lines
}

func (p *picture) nothing() string {
	switch {
	case len(p.all) > 0:
		return "찾는 병원이 없습니다"
	case p.Link == feed.Connecting || p.Link == feed.Syncing:
		return "병원 자료를 기다리는 중입니다"
	}
	return "이 지역에는 병원이 없습니다"
}

func (p *picture) foot() string {
	if p.Typing {
		return p.line(part{p.styles.strong, "/" + p.Filter + "▏"}, part{p.styles.dim, "  Enter 확인  Esc 취소"})
	}
	order := "이름"
	if p.SortByFree {
		order = "빈 병상"
	}
	text := "↑↓ 이동  s 정렬:" + order + "  / 찾기"
	if p.Filter != "" {
		text += ":" + p.Filter
	}
	text += "  q 끝"
	if len(p.rows) > p.room() && p.room() > 0 {
		first := max(0, min(p.Offset, len(p.rows)-p.room()))
		text += fmt.Sprintf("  %d–%d/%d", first+1, min(len(p.rows), first+p.room()), len(p.rows))
	}
	if slices.ContainsFunc(p.rows, func(r row) bool { return r.er.confirmed || r.icu.confirmed }) {
		text += "  " + confirmed + " 병원 확인"
	}
	return p.line(part{p.styles.dim, text})
}

func (p *picture) left(s string, width int) string {
	return p.cond.FillRight(p.cond.Truncate(s, width, "…"), width)
}

func (p *picture) right(s string, width int) string {
	return p.cond.FillLeft(p.cond.Truncate(s, width, "…"), width)
}
