package ui

import (
	"embed"
	"io/fs"
)

// dist holds only .gitkeep in a clean checkout, so that the pattern matches before the first build.
//
//go:embed all:dist static
var files embed.FS

// Files is the built site, or, where it was not built, one page that says how to build it.
// The second result is true for the built site. Both have an index.html.
func Files() (fs.FS, bool) { return choose(files) }

// choose takes the built site if it has a front page.
func choose(from fs.FS) (fs.FS, bool) {
	if _, err := fs.Stat(from, "dist/index.html"); err == nil {
		return sub(from, "dist"), true
	}
	return sub(from, "static"), false
}

func sub(from fs.FS, dir string) fs.FS {
	inner, err := fs.Sub(from, dir)
	if err != nil {
		panic(err) // only an invalid path fails, and both paths are constants
	}
	return inner
}
