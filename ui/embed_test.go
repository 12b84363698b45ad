package ui

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
)

func TestFiles_HasAFrontPageBuiltOrNot(t *testing.T) {
	site, built := Files()
	page, err := fs.ReadFile(site, "index.html")
	if err != nil {
		t.Fatal(err)
	}
	if says := strings.Contains(string(page), "task ui:build"); says == built {
		t.Errorf("built is %v, but the page says how to build: %v", built, says)
	}
}

func TestFiles_PrefersTheBuiltSite(t *testing.T) {
	unbuilt := fstest.MapFS{
		"dist/.gitkeep":     {},
		"static/index.html": {Data: []byte("go tool task ui:build")},
	}
	if site, built := choose(unbuilt); built || !has(site, "index.html") {
		t.Errorf("without a build: built is %v, front page %v", built, has(site, "index.html"))
	}
	unbuilt["dist/index.html"] = &fstest.MapFile{Data: []byte("<!doctype html>")}
	unbuilt["dist/assets/main.js"] = &fstest.MapFile{}
	if site, built := choose(unbuilt); !built || !has(site, "assets/main.js") {
		t.Errorf("with a build: built is %v, assets %v", built, has(site, "assets/main.js"))
	}
}

func has(site fs.FS, name string) bool {
	_, err := fs.Stat(site, name)
	return err == nil
}
