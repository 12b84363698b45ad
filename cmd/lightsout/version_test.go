package main

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strings"
	"testing"
)

func TestVersion_NamesTheTagOrCommitOfTheBuild(t *testing.T) {
	stamped := func(settings ...string) *debug.BuildInfo {
		info := &debug.BuildInfo{Main: debug.Module{Version: "(devel)"}}
		for _, s := range settings {
			key, value, _ := strings.Cut(s, "=")
			info.Settings = append(info.Settings, debug.BuildSetting{Key: key, Value: value})
		}
		return info
	}
	commit := "vcs.revision=3dd28879f00b1e5cafe0123456789abcdef01234"
	for name, c := range map[string]struct {
		linked string
		info   *debug.BuildInfo
		want   string
	}{
		"a release":                       {"v1.2.0", stamped(commit), "v1.2.0"},
		"commits after a release":         {"v1.2.0-3-g3dd28879f00b", nil, "v1.2.0-3-g3dd28879f00b"},
		"a checkout without tags":         {"3dd28879f00b-dirty", nil, "development, commit 3dd28879f00b-dirty"},
		"go build in a checkout":          {"", stamped(commit, "vcs.modified=false"), "development, commit 3dd28879f00b"},
		"go build in a modified checkout": {"", stamped(commit, "vcs.modified=true"), "development, commit 3dd28879f00b-dirty"},
		"go install of a version":         {"", &debug.BuildInfo{Main: debug.Module{Version: "v1.3.0"}}, "v1.3.0"},
		"go build without a checkout":     {"", stamped(), "development, commit unknown"},
		"a binary without build info":     {"", nil, "development, commit unknown"},
	} {
		if got := describe(c.linked, c.info); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// The linker passes over a variable that does not exist, so the names in the build files are tried.
func TestVersion_BuildsByTaskAndByDockerSetIt(t *testing.T) {
	if testing.Short() {
		t.Skip("links the binary")
	}
	assignment := regexp.MustCompile(`-X ([\w./]+)=`)
	variables := map[string]bool{}
	for _, file := range []string{"Taskfile.yml", "Dockerfile"} {
		found := assignment.FindStringSubmatch(mustText(t, file))
		if found == nil {
			t.Fatalf("%s does not set the version", file)
		}
		variables[found[1]] = true
	}
	for variable := range variables {
		bin := filepath.Join(t.TempDir(), "lightsout")
		build := exec.Command("go", "build", "-ldflags", "-X "+variable+"=v9.8.7", "-o", bin, ".")
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		out, err := exec.Command(bin, "--version").Output()
		if err != nil || string(out) != "lightsout version v9.8.7\n" {
			t.Errorf("%s is set: %q, %v", variable, out, err)
		}
	}
}
