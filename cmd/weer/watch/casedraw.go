package watch

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/charmbracelet/lipgloss"

	"weer/model"
	"weer/model/feed"
)

// A CaseScreen is everything that a picture of cases depends on.
type CaseScreen struct {
	Screen // what the picture of a region has as well
	People
}

// People say whose cases are shown.
type People struct {
	Code  string            // of the only case that is shown; "" all
	Place string            // whose cases they are, as people say it; "" is the feed's name
	Units map[string]string // call signs by id, for a control room; nil where all cases are one unit's
}

// Widths of a leg's columns.
const (
	legWidth      = 18
	legNameWidth  = 20
	legLeastWidth = 10
	detailWidth   = 22 // what is left for the rest before the name gives way
)

// DrawCases makes the text of a screen of cases: Height lines of at most Width
// cells.
func DrawCases(s CaseScreen) string {
	p := &casePicture{&picture{Screen: s.Screen, cond: widths(s.Wide), styles: newStyles(s.Colour)}, s.People, casesOf(s.Board, s.Code)}
	body := p.caseLines()
	first := max(0, min(s.Offset, len(body)-s.caseRoom()))
	body = body[first:min(len(body), first+s.caseRoom())]
	lines := append([]string{p.headOf(cmp.Or(clean(p.Place), place(p.Feed))), p.caseSum()}, body...)
	for len(lines) < s.Height-1 {
		lines = append(lines, "")
	}
	lines = lines[:max(0, min(len(lines), s.Height-1))]
	return strings.Join(append(lines, p.line(part{p.styles.dim, "↑↓ 이동  q 끝"})), "\n")
}

type casePicture struct {
	*picture
	People
	cases []patientCase
}

// caseRoom is how many lines of cases fit.
func (s CaseScreen) caseRoom() int { return max(0, s.Height-3) }

func (p *casePicture) caseSum() string {
	t := totalOfCases(p.cases)
	return p.line(part{p.styles.strong, fmt.Sprintf("환자 %d명, 응답 대기 %d, 이송 중 %d", t.open, t.asked, t.coming)})
}

// caseLines are all lines of all cases: a blank one, the case, what is loud, then
// its legs.
func (p *casePicture) caseLines() (lines []string) {
	for _, c := range p.cases {
		lines = append(lines, "", p.caseLine(c))
		for _, l := range c.legs {
			if l.loud() {
				lines = append(lines, p.line(part{p.styles.loud(l), "  " + loudText(l)}))
			}
		}
		for _, l := range c.legs {
			lines = append(lines, p.legLine(l))
		}
	}
	if len(p.cases) == 0 {
		return []string{"", p.line(part{p.styles.dim, p.noCase()})}
	}
	return lines
}

func (p *casePicture) noCase() string {
	switch {
	case p.Link == feed.Connecting || p.Link == feed.Syncing:
		return "환자 자료를 기다리는 중입니다"
	case p.Code != "":
		return "그 번호의 환자가 없습니다: " + p.Code
	}
	return "환자가 없습니다"
}

func (p *casePicture) caseLine(c patientCase) string {
	base := p.styles.plain
	if c.State != model.CaseOpen {
		base = p.styles.dim
	}
	rest := spaced(ktasText(c.KTAS), clean(p.Units[c.Unit]), patientText(c.CaseValue), caseStateText(c), lastedText(c, p.Now))
	return p.line(part{p.styles.strong, clean(c.Code)}, part{base, "  " + rest})
}

func (p *casePicture) legLine(l leg) string {
	now := p.Now
	name := max(legLeastWidth, min(legNameWidth, p.Width-legWidth-3-detailWidth))
	return p.line(
		part{p.styles.leg(l), "  " + p.left(legText(l, now), legWidth)},
		part{p.styles.base(l), p.left(spoken(clean(l.Name)), name) + " "},
		part{p.styles.base(l), spaced(legDetails(l, now)...)})
}

// leg colours what a leg has come to.
func (s styles) leg(l leg) lipgloss.Style {
	switch {
	case l.State == model.Approved, l.State == model.Arrived:
		return s.good
	case l.takenBack():
		return s.bad
	case l.State == model.Pending && l.NoAnswerAt != 0:
		return s.warn
	case l.State == model.Pending:
		return s.strong
	}
	return s.dim
}

// base greys what is over.
func (s styles) base(l leg) lipgloss.Style {
	if l.State.Goes() || l.loud() {
		return s.plain
	}
	return s.dim
}

func (s styles) loud(l leg) lipgloss.Style {
	if l.takenBack() {
		return s.bad
	}
	return s.warn
}
