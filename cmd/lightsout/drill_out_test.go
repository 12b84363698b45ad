package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lightsout/actors/drill"
	"lightsout/cmd/internal/cli"
)

func TestDrill_LeavesAFolder(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "left")
	args := []string{
		"--out", dir, "--cars", "8", "--laps", "1", "--fault", "kill: car, every: 5s", "--fault", "stall: timekeeper, at: 10s, for: 50ms",
		"--fault", "hits: double, chance: 0.2",
	}
	v, text := mustVerdict(t, args...)
	read := func(name string) string {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	if read("verdict.json") != text {
		t.Error("verdict.json is not what --json prints")
	}
	lines := strings.Split(strings.TrimSpace(read("strikes.jsonl")), "\n")
	if len(lines) != v.Injected {
		t.Errorf("%d lines of %d strikes", len(lines), v.Injected)
	}
	for i, line := range lines {
		var s struct {
			drill.Struck
			Date string
		}
		if err := json.Unmarshal([]byte(line), &s); err != nil {
			t.Fatal(err)
		}
		hits := s.Fault == 3
		if s.Injected != v.Strikes[i] || s.Date == "" || s.ClockUS <= 0 || hits != (s.ProgressUS == nil) || (s.Fault == 1) != (s.RestartUS != nil) {
			t.Errorf("line %d: %s", i+1, line)
		}
		if s.Fault == 2 && *s.ProgressUS < 50_000 {
			t.Errorf("a stall of 50 ms: %s", line)
		}
	}
	for _, name := range []string{"undisturbed.lolog", "drilled.lolog"} {
		if out, _, err := command(t, "time", filepath.Join(dir, name)); err != nil || !strings.Contains(out, "state "+v.StateHash[:16]) {
			t.Errorf("lightsout time %s: %v, without the state hash %s in %q", name, err, v.StateHash, out)
		}
	}
	page := read("timeline.html")
	for _, not := range []string{"<script", "http:", "https:", "src=", "@import", "url("} {
		if strings.Contains(page, not) {
			t.Errorf("the page has %s", not)
		}
	}
	for _, want := range []string{"Undisturbed", "Under faults", ": timekeeper, before batch; restart none, progress ", "Commit latency", "prefers-color-scheme"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	manifest := read("manifest.json")
	if host, err := os.Hostname(); err == nil && len(host) > 3 && strings.Contains(manifest, host) {
		t.Error("the manifest names the host")
	}
	if again, _ := mustVerdict(t, args...); again.Injected != v.Injected { // its own folder may be written again
		t.Errorf("%d strikes, again %d", v.Injected, again.Injected)
	}
}

func TestDrill_DoesNotLeaveAFolderAmongOtherFiles(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "mine.txt"), []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, out := range []string{dir, filepath.Join(dir, "mine.txt")} {
		if _, _, err := command(t, "drill", "storm", "--out", out); !errors.Is(err, cli.ErrBadInput) || !strings.Contains(err.Error(), "--out") {
			t.Errorf("%s: got %v", out, err)
		}
	}
}
