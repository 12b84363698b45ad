package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What is printed is a file that gives the same settings, and no secrets.
func TestServe_PrintsSettingsThatItTakes(t *testing.T) {
	t.Setenv("LIGHTSOUT_MAX_CARS", "77")
	first, _, err := command(t, "serve", "--print-config", "--token", "hidden", "--trusted-proxies", "127.0.0.1,10.0.0.0/8", "--retain-telemetry", "72h", "--demo")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"\nmax-cars: 77\n", "\ntrusted-proxies:\n    - 127.0.0.1\n    - 10.0.0.0/8\n", "\nretain-telemetry: 72h0m0s\n", "\ndemo: true\n", "\n# token:\n", "(LIGHTSOUT_ADDR)"} {
		if !strings.Contains(first, want) {
			t.Errorf("%q is missing in\n%s", want, first)
		}
	}
	if strings.Contains(first, "hidden") {
		t.Error("the token is printed")
	}
	file := filepath.Join(t.TempDir(), "lightsout.yaml")
	if err := os.WriteFile(file, []byte(first), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("LIGHTSOUT_MAX_CARS", "")
	again, _, err := command(t, "serve", "--print-config", "--config", file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first, again); diff != "" {
		t.Errorf("its own settings are read as others:\n%s", diff)
	}
}

func TestDeploy_TheSettingsForSystemdAreTaken(t *testing.T) {
	const dir = "../../deploy/systemd"
	out, _, err := command(t, "serve", "--print-config", "--config", filepath.Join(dir, "lightsout.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"\naddr: 0.0.0.0:8080\n", "\ntoken-file: /run/credentials/lightsout.service/token\n", "\nlog-json: true\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing in\n%s", want, out)
		}
	}
	unit, err := os.ReadFile(filepath.Join(dir, "lightsout.service"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(unit)) {
		if run, is := strings.CutPrefix(strings.TrimSpace(line), "ExecStart="); is {
			args := strings.Fields(run)[1:]
			if i := len(args) - 1; args[i] != "/etc/lightsout/lightsout.yaml" {
				t.Fatalf("the unit runs %q", run)
			} else {
				args[i] = filepath.Join(dir, "lightsout.yaml")
			}
			if same, _, err := command(t, append(args, "--print-config")...); err != nil || same != out {
				t.Errorf("the unit runs %q: %v", run, err)
			}
		}
	}
}

func TestDeploy_SystemdTakesTheUnit(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("no systemd-analyze on this machine")
	}
	// The program where the unit expects it: only that is allowed to be missing.
	out, err := exec.Command(analyze, "verify", "--man=no", "../../deploy/systemd/lightsout.service").CombinedOutput()
	for line := range strings.Lines(string(out)) {
		if !strings.Contains(line, "/usr/local/bin/lightsout is not executable") && strings.Contains(line, "lightsout.service") {
			t.Errorf("%v: %s", err, line)
		}
	}
}
