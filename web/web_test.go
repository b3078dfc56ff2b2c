package web

import (
	"io/fs"
	"regexp"
	"testing"
)

// The embedded folder exists in every clone, built or not: its placeholder is
// committed, and the build copies it back.
func TestPageHoldsThePlaceholder(t *testing.T) {
	if _, err := fs.Stat(Page(), ".gitkeep"); err != nil {
		t.Error(err)
	}
}

// What is served must have been built whole: index.html and what it names.
func TestPageIsWholeOrAbsent(t *testing.T) {
	index, err := fs.ReadFile(Page(), "index.html")
	if err != nil {
		assets, _ := fs.Glob(Page(), "assets/*")
		if len(assets) > 0 {
			t.Errorf("no index.html, but %v", assets)
		}
		return
	}
	names := namedBy(string(index))
	if len(names) < 3 {
		t.Errorf("index.html names only %v: no icon, style or script?", names)
	}
	for _, name := range names {
		if _, err := fs.Stat(Page(), name); err != nil {
			t.Errorf("index.html names what the build has not: %v", err)
		}
	}
}

var local = regexp.MustCompile(`(?:src|href)="/([^"]+)"`)

func namedBy(html string) (names []string) {
	for _, m := range local.FindAllStringSubmatch(html, -1) {
		names = append(names, m[1])
	}
	return names
}
