package watch

import (
	"io"

	"github.com/charmbracelet/lipgloss"

	"weer/model/feed"
)

// ansi256 is termenv's profile of that name: colours that every terminal of
// the last twenty years has.
const ansi256 = 1

// styles are colours on top of what shapes and words already say.
type styles struct {
	plain, dim, strong, good, warn, bad, hot, mode lipgloss.Style
}

func newStyles(colour bool) styles {
	r := lipgloss.NewRenderer(io.Discard) // no profile of its own: without colour nothing is added
	if !colour {
		s := r.NewStyle()
		return styles{s, s, s, s, s, s, s, s}
	}
	r.SetColorProfile(ansi256)
	ink := func(c string) lipgloss.Style { return r.NewStyle().Foreground(lipgloss.Color(c)) }
	return styles{
		plain: r.NewStyle(), dim: ink("245"), strong: r.NewStyle().Bold(true),
		good: ink("75").Bold(true), warn: ink("220").Bold(true), bad: ink("210").Bold(true),
		hot: r.NewStyle().Reverse(true).Bold(true), mode: ink("220").Reverse(true),
	}
}

func (s styles) link(l feed.Link) lipgloss.Style {
	switch l {
	case feed.Live:
		return s.good
	case feed.Delayed:
		return s.warn
	case feed.Offline:
		return s.bad
	}
	return s.dim
}

func (s styles) state(f feed.Freshness, l feed.Link) lipgloss.Style {
	switch {
	case l == feed.Offline:
		return s.dim
	case f == feed.Fresh:
		return s.good
	case f == feed.Stale:
		return s.warn
	case f == feed.Withdrawn:
		return s.bad
	}
	return s.plain
}

// row greys what nobody should act on: old numbers, and all of them offline.
func (s styles) row(f feed.Freshness, l feed.Link) lipgloss.Style {
	if l == feed.Offline || f == feed.Stale || f == feed.Withdrawn {
		return s.dim
	}
	return s.plain
}
