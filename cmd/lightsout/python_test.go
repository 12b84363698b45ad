package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestPython_PackageRunsSweepsAndFollowsAServer runs the package's own tests, which execute the notebook as well: from its folder with the
// standard library alone and, unless the run is short, installed with pip beside pandas and polars.
func TestPython_PackageRunsSweepsAndFollowsAServer(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("python3"); errors.Is(err, exec.ErrNotFound) {
		t.Skip("SKIPPED: there is no python3")
	}
	dir := t.TempDir()
	source := filepath.Join(dir, "python") // pip builds beside the sources
	if err := os.CopyFS(source, os.DirFS("../../docs/python")); err != nil {
		t.Fatal(err)
	}
	test := func(t *testing.T, path string) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
		defer cancel()
		cmd := exec.CommandContext(ctx, "python3", "-m", "unittest", "discover", "--start-directory", filepath.Join(source, "tests"), "--verbose")
		cmd.Env = append(os.Environ(), "PYTHONPATH="+path, "PYTHONDONTWRITEBYTECODE=1", "LIGHTSOUT_BIN="+mustBuild(t))
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "test_notebook_runs") {
			t.Errorf("%v\n%s", err, out)
		}
		t.Logf("%s", out) // names what was skipped
	}
	t.Run("from its folder", func(t *testing.T) { test(t, source) })
	t.Run("installed", func(t *testing.T) {
		if testing.Short() {
			t.Skip("SKIPPED: it installs pandas and polars, which a short run does not")
		}
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
		defer cancel()
		site := filepath.Join(dir, "site")
		cmd := exec.CommandContext(ctx, "python3", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target", site, source+"[pandas,polars]")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Skipf("SKIPPED: the package cannot be installed: %v\n%.500s", err, out)
		}
		if err := os.RemoveAll(filepath.Join(source, "lightsout")); err != nil { // what was installed is tested
			t.Fatal(err)
		}
		test(t, site)
	})
}
