package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// root is the top of the checkout, seen from this package.
const root = "../.."

// trackedMax bounds a file under version control, in bytes. What is larger is built, downloaded or measured.
const trackedMax = 1 << 20

// trackedFiles lists the files under version control by their paths from the top. Outside a git checkout, such as in the
// sources of a release, it skips the test.
func trackedFiles(t *testing.T) []string {
	t.Helper()
	out, err := exec.Command("git", "-C", root, "ls-files", "-z").Output()
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
	for _, name := range tooLarge(root, files) {
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
