// Package web holds the page as it was built (npm run build), so that one
// binary serves it. Without a build it is empty but for a placeholder.
package web

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// Page returns the built page: index.html, assets, and what was compressed
// beside them.
func Page() fs.FS {
	page, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // the path is fixed and valid
	}
	return page
}
