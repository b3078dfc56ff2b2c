package web

import (
	"cmp"
	"io/fs"
	"path"
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

// built reports whether there is a build at all: without one nothing of it may be there.
func built(t *testing.T) bool {
	t.Helper()
	if _, err := fs.Stat(Page(), "index.html"); err == nil {
		return true
	}
	if assets, _ := fs.Glob(Page(), "assets/*"); len(assets) > 0 {
		t.Errorf("no index.html, but %v", assets)
	}
	return false
}

// What is served must have been built whole: all pages and what they name.
func TestPagesAreWholeOrAbsent(t *testing.T) {
	if !built(t) {
		return
	}
	pages, _ := fs.Glob(Page(), "*.html")
	if len(pages) < 6 {
		t.Errorf("only %v were built", pages)
	}
	for _, page := range pages {
		text, err := fs.ReadFile(Page(), page)
		if err != nil {
			t.Fatal(err)
		}
		names := namedBy(string(text))
		if len(names) < 3 {
			t.Errorf("%s names only %v: no icon, style or script?", page, names)
		}
		for _, name := range names {
			if _, err := fs.Stat(Page(), served(name)); err != nil {
				t.Errorf("%s names what the build has not: %v", page, err)
			}
		}
	}
}

// The service worker keeps the whole build, and only files that there are: one
// that is missing would keep all others from being kept.
func TestTheWorkerKeepsTheBuild(t *testing.T) {
	if !built(t) {
		return
	}
	text, err := fs.ReadFile(Page(), "sw.js")
	if err != nil {
		t.Fatal(err)
	}
	kept := map[string]bool{}
	for _, m := range regexp.MustCompile(`"/([^"]*)"`).FindAllStringSubmatch(string(text), -1) {
		name := served(cmp.Or(m[1], "index"))
		kept[name] = true
		if _, err := fs.Stat(Page(), name); err != nil {
			t.Error(err)
		}
	}
	assets, _ := fs.Glob(Page(), "assets/*")
	for _, name := range append(assets, "hospital.html", "hospital.webmanifest") {
		if ending := path.Ext(name); ending != ".br" && ending != ".gz" && !kept[name] {
			t.Errorf("%s is not kept", name)
		}
	}
}

// served is the file behind a path: a page's has no ending.
func served(name string) string {
	if path.Ext(name) == "" {
		return name + ".html"
	}
	return name
}

var local = regexp.MustCompile(`(?:src|href)="/([^"]+)"`)

func namedBy(html string) (names []string) {
	for _, m := range local.FindAllStringSubmatch(html, -1) {
		names = append(names, m[1])
	}
	return names
}
