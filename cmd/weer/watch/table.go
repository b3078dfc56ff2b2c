package watch

import (
	"strings"

	"github.com/charmbracelet/lipgloss"

	"weer/model/feed"
)

// Widths of the columns in cells. Beside the name they are what the widest
// usual text needs; one blank stands between two columns.
const (
	stateWidth  = 9
	nameLeast   = 12
	nameUsual   = 22 // less only where the terminal has no room
	nameMost    = 34
	levelWidth  = 4
	countWidth  = 12 // the number, the mark of a person's word, the mark of a change
	ageWidth    = 9
	noticeCount = 4  // "12건"
	noticeLeast = 16 // a shorter beginning of a text says nothing
)

// columns says which columns there is room for. What the terminal cannot hold
// goes in this order: the announcement's text, the level, the intensive care.
// How many announcements there are stays: it says that the numbers are not all.
type columns struct {
	name, notice int // widths; a notice of 0 shows no text
	icu, level   bool
}

func columnsOf(width int) (c columns) {
	left := width - (stateWidth + 1 + 1 + countWidth + 1 + ageWidth + 1 + noticeCount)
	if left >= countWidth+1+nameLeast {
		c.icu, left = true, left-countWidth-1
	}
	if c.icu && left >= levelWidth+1+nameUsual {
		c.level, left = true, left-levelWidth-1
	}
	if c.level && left >= nameUsual+1+noticeLeast {
		c.name = min(nameMost, max(nameUsual, left*2/5))
		c.notice = left - c.name - 1
		return c
	}
	c.name = max(nameLeast, min(nameMost, left))
	return c
}

func (p *picture) titles() string {
	cells := p.left("상태", stateWidth) + " " + p.left("병원", p.name) + " "
	if p.level {
		cells += p.left("등급", levelWidth) + " "
	}
	cells += p.right("응급실", countWidth-2) + "  "
	if p.icu {
		cells += " " + p.right("중환자실", countWidth-2) + "  "
	}
	return p.line(part{p.styles.dim, cells + " " + p.right("관측", ageWidth) + " " + p.right("안내", noticeCount)})
}

func (p *picture) row(r row) string {
	base := p.styles.row(r.state, p.Link)
	parts := []part{
		{p.styles.state(r.state, p.Link), p.left(r.stateText(), stateWidth)},
		{base, " " + p.left(r.name, p.name) + " "},
	}
	if !r.reported {
		parts[0].style = p.styles.dim
	}
	if p.level {
		parts = append(parts, part{base, p.left(r.level, levelWidth) + " "})
	}
	parts = append(parts, p.count(r.id, itemER, r.er)...)
	if p.icu {
		parts = append(parts, part{base, " "})
		parts = append(parts, p.count(r.id, itemICU, r.icu)...)
	}
	parts = append(parts, part{base, " " + p.right(r.observedText(p.Now, p.Timings), ageWidth)})
	return p.line(append(parts, p.notices(r.notices))...)
}

// count draws one number. Its last two cells are kept for the marks of a
// person's word and of a change, so that nothing moves when they come and go.
func (p *picture) count(hospital, item string, c count) []part {
	base := p.styles.row(c.state, p.Link)
	style, said, moved := base, " ", " "
	if c.confirmed && c.state != feed.Withdrawn {
		said = confirmed
	}
	if p.Changed[cellOf(hospital, item)] && c.state != feed.Withdrawn {
		style, moved = p.styles.hot, "*"
	}
	text := countText(c.Reading, c.state)
	gap := max(0, countWidth-2-p.cond.StringWidth(text))
	return []part{{base, strings.Repeat(" ", gap)}, {style, text}, {base, said + moved}}
}

// notices are drawn as bright as they are: an announcement does not age with
// the numbers beside it.
func (p *picture) notices(texts []string) part {
	if len(texts) == 0 {
		return part{}
	}
	text := " " + p.right(noticeCountText(len(texts)), noticeCount)
	if p.notice > 0 {
		text += " " + p.cond.Truncate(texts[0], p.notice, "…")
	}
	return part{p.noticeStyle(), text}
}

func (p *picture) noticeStyle() lipgloss.Style {
	if p.Link == feed.Offline {
		return p.styles.dim
	}
	return p.styles.warn
}
