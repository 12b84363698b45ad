package main

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"lightsout/actors/drill"
	"lightsout/cmd/internal/clusterdrill"
)

func TestDocs_GuaranteesNameTheScenariosOfTheLibrariesAndNoOthers(t *testing.T) {
	one, around, is := strings.Cut(mustText(t, "docs/guarantees.md"), "\n## The whole server\n")
	if !is {
		t.Fatal("docs/guarantees.md has no part about the whole server")
	}
	actors, err := drill.Library()
	if err != nil {
		t.Fatal(err)
	}
	processes, err := clusterdrill.Library()
	if err != nil {
		t.Fatal(err)
	}
	var ofActors, ofProcesses []string
	for _, s := range actors {
		ofActors = append(ofActors, s.Name)
	}
	for _, s := range processes {
		ofProcesses = append(ofProcesses, s.Name)
	}
	for part, names := range map[string][]string{one: ofActors, around: ofProcesses} {
		var proofs []string
		for _, m := range regexp.MustCompile("(?m)^\\|.+\\| `([a-z-]+)` \\|$").FindAllStringSubmatch(part, -1) {
			proofs = append(proofs, m[1])
		}
		slices.Sort(proofs)
		slices.Sort(names)
		if !slices.Equal(proofs, names) {
			t.Errorf("the page has %v, the library %v", proofs, names)
		}
	}
}
