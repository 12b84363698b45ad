package main

import (
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"testing"

	"lightsout/ui"
)

// listed is the text of the command, and whether it names a component with its version and its licence.
func listed(t *testing.T) (text string, names func(component string) bool) {
	t.Helper()
	text, _, err := command(t, "licenses")
	if err != nil {
		t.Fatal(err)
	}
	return text, func(component string) bool {
		return strings.Contains(text, "\n  "+component+"  ") && strings.Contains(text, "\n"+component)
	}
}

func TestLicenses_NameEachModuleInTheBinary(t *testing.T) {
	long(t)
	text, names := listed(t)
	own, err := os.ReadFile(checkout + "/LICENSE")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(text, string(own)) || !names("Go standard library and runtime") {
		t.Error("our own licence or Go's is missing")
	}
	out, err := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}{{end}}{{end}}", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	modules := strings.Fields(strings.ReplaceAll(string(out), " ", "@"))
	if len(modules) < 50 {
		t.Fatalf("go list gives only %v", modules)
	}
	for _, module := range modules {
		if component := strings.ReplaceAll(module, "@", " "); !names(component) {
			t.Errorf("%s is missing: run go tool task licenses", component)
		}
	}
}

func TestLicenses_NameEachPackageAndFontInThePage(t *testing.T) {
	site, built := ui.Files()
	if !built {
		t.Skip("SKIPPED: the page is not built, so what it bundles is unknown (go tool task ui:build)")
	}
	data, err := fs.ReadFile(site, "licenses.json")
	if err != nil {
		t.Fatal(err)
	}
	var packages []struct{ Name, Version string }
	if err := json.Unmarshal(data, &packages); err != nil {
		t.Fatal(err)
	}
	_, names := listed(t)
	fonts := 0
	for _, p := range packages {
		if strings.HasPrefix(p.Name, "@fontsource") {
			fonts++
		}
		if !names(p.Name + " " + p.Version) {
			t.Errorf("%s %s is missing: run go tool task licenses", p.Name, p.Version)
		}
	}
	if fonts != 2 {
		t.Errorf("the page has %d of its two fonts: %v", fonts, packages)
	}
}
