package watch

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"weer/model/feed"
)

// Lines writes a line for everything that changes: for pipes, logs, and
// terminals that cannot be drawn on.
type Lines struct {
	out    io.Writer
	filter string
	status string         // what the last line about the link said
	rows   map[string]row // the last of each hospital that was shown
}

// NewLines makes a writer of lines for hospitals that match the filter.
func NewLines(out io.Writer, filter string) *Lines {
	return &Lines{out: out, filter: filter, rows: map[string]row{}}
}

// Take writes what differs from the frame before.
func (l *Lines) Take(f Frame) error {
	now := f.View.Server
	if status := statusKey(f); status != l.status {
		l.status = status
		if err := l.print(now, statusLine(f)); err != nil {
			return err
		}
	}
	shown := map[string]row{}
	for _, r := range visible(rowsOf(f.View.Board, now, f.Timings), l.filter, false) {
		shown[r.id] = r
		if before, known := l.rows[r.id]; known && same(before, r) {
			continue
		}
		if err := l.print(now, hospitalLine(r, now, f.Timings)); err != nil {
			return err
		}
	}
	for id, r := range l.rows {
		if _, still := shown[id]; !still {
			if err := l.print(now, r.name+" (목록에서 빠짐)"); err != nil {
				return err
			}
		}
	}
	l.rows = shown
	return nil
}

// same reports whether a line would say the same of both but for the age.
func same(a, b row) bool {
	return a.name == b.name && a.er == b.er && a.icu == b.icu && a.state == b.state &&
		a.reported == b.reported && slices.Equal(a.notices, b.notices)
}

// statusKey is the status without what ticks.
func statusKey(f Frame) string {
	late := lateSources(f.View.Sources, f.View.Server)
	return fmt.Sprint(f.View.Link, f.View.Why, f.Mode, late, f.Problem)
}

func statusLine(f Frame) string {
	parts := []string{linkText(f.View.Link, f.View.Why, f.since())}
	if m := modeText(f.Mode); m != "" {
		parts = append(parts, "["+m+"]")
	}
	late := lateSources(f.View.Sources, f.View.Server)
	if text := lateText(late, f.View.Sources, f.View.Server); text != "" {
		parts = append(parts, text)
	}
	if f.Problem != "" && f.View.Link != feed.Live {
		parts = append(parts, clean(f.Problem))
	}
	return strings.Join(parts, " ")
}

func (l *Lines) print(now time.Time, text string) error {
	_, err := fmt.Fprintln(l.out, now.In(kst).Format(time.TimeOnly), text)
	return err
}

func hospitalLine(r row, now time.Time, t feed.Timings) string {
	text := r.stateText() + " " + r.name
	if r.reported {
		text += fmt.Sprintf(": 응급실 %s, 중환자실 %s, %s", r.er.text(), r.icu.text(), observedText(r.observed, now, t))
	}
	if len(r.notices) > 0 {
		text += ", 안내 " + noticeCountText(len(r.notices)) + ": " + strings.Join(r.notices, " / ")
	}
	return text
}

// text is a count with what a line says of it.
func (c count) text() string {
	text := countText(c.Reading, c.state)
	if c.confirmed && c.state != feed.Withdrawn {
		text += confirmed
	}
	return text
}
