package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// trackedMax bounds a file under version control, in bytes. What is larger is built, downloaded or measured.
const trackedMax = 1 << 20

// silencer is the directive that silences linters in its line.
var silencer = regexp.MustCompile(`//nolint:([a-z,]+)`)

// trackedFiles lists the files under version control by their paths from the top. Outside a git checkout, such as in the
// sources of a release, it skips the test.
func trackedFiles(t *testing.T) []string {
	t.Helper()
	out, err := exec.Command("git", "-C", checkout, "ls-files", "-z").Output()
	if err != nil {
		t.Skipf("SKIPPED: not a git checkout, so tracked files are unknown (git ls-files: %v)", err)
	}
	return strings.Split(strings.TrimRight(string(out), "\x00"), "\x00")
}

// tooLarge returns those of the files under dir that exceed trackedMax. A file that is deleted but still tracked is passed over.
func tooLarge(dir string, files []string) (found []string) {
	for _, name := range files {
		if info, err := os.Lstat(filepath.Join(dir, name)); err == nil && info.Size() > trackedMax {
			found = append(found, name)
		}
	}
	return found
}

func TestHouse_NoTrackedFileIsLargerThanOneMegabyte(t *testing.T) {
	files := trackedFiles(t)
	if len(files) < 100 {
		t.Fatalf("git lists only %d files: %v", len(files), files)
	}
	for _, name := range tooLarge(checkout, files) {
		t.Errorf("%s is larger than 1 MB: remove it from version control (git rm --cached) and ignore it", name)
	}

	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "binary"), make([]byte, trackedMax+1), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := tooLarge(dir, []string{"binary", "deleted"}); !slices.Equal(got, []string{"binary"}) {
		t.Errorf("a file of 1 MB and a byte is not found: %v", got)
	}
}

// nolintlint finds a stale directive only if the linter that it names runs.
func TestHouse_EachNolintNamesAnEnabledLinter(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(checkout, ".golangci.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var config struct {
		Linters struct{ Enable []string }
	}
	if err := yaml.Unmarshal(data, &config); err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, name := range trackedFiles(t) {
		if filepath.Ext(name) != ".go" || strings.HasSuffix(name, "house_test.go") {
			continue
		}
		source, err := os.ReadFile(filepath.Join(checkout, name))
		if os.IsNotExist(err) {
			continue // deleted, but still tracked
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range silencer.FindAllStringSubmatch(string(source), -1) {
			for linter := range strings.SplitSeq(m[1], ",") {
				seen++
				if !slices.Contains(config.Linters.Enable, linter) {
					t.Errorf("%s: nolint names %s, which does not run: delete the directive", name, linter)
				}
			}
		}
	}
	if seen == 0 {
		t.Error("no nolint was found: the test looks in the wrong place")
	}
}

// fileMax bounds the lines of a Go file that is no test.
const fileMax = 400

// nameless are names that say nothing of what is in a file or folder.
var nameless = regexp.MustCompile(`(?i)(^|/)(utils?|helpers?|common|types|misc)(/|\.[a-z]+$)`)

// untidy returns what breaks the house style among files: too many lines, a name that says nothing, a package without a doc.go.
func untidy(files []string, lines func(name string) int) (found []string) {
	packages := map[string]bool{} // with a door
	for _, name := range files {
		if nameless.MatchString(name) {
			found = append(found, name+": the name says nothing of what is in it")
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		if n := lines(name); n > fileMax {
			found = append(found, fmt.Sprintf("%s: %d lines, allowed are %d", name, n, fileMax))
		}
		dir := filepath.Dir(name)
		packages[dir] = packages[dir] || filepath.Base(name) == "doc.go"
	}
	for dir, door := range packages {
		if !door {
			found = append(found, dir+": no doc.go says what the package is for")
		}
	}
	slices.Sort(found)
	return found
}

func TestHouse_IsTidy(t *testing.T) {
	lines := func(name string) int {
		text, err := os.ReadFile(filepath.Join(checkout, name))
		if err != nil && !os.IsNotExist(err) { // deleted and still tracked
			t.Error(err)
		}
		return strings.Count(string(text), "\n")
	}
	for _, said := range untidy(trackedFiles(t), lines) {
		t.Error(said)
	}
	planted := untidy([]string{"a/doc.go", "a/helpers.go", "b/b.go", "b/b_test.go"}, func(name string) int { return map[string]int{"b/b.go": 401}[name] })
	if len(planted) != 3 {
		t.Errorf("of three planted faults it finds %q", planted)
	}
}
