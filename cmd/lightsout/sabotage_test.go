package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestDrill_FindsEachMechanismThatIsSwitchedOff(t *testing.T) {
	long(t)
	bin := filepath.Join(t.TempDir(), "sabotaged")
	if out, err := exec.Command("go", "build", "-tags", "sabotage", "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	drill := func(mechanism, scenario string) (string, error) {
		cmd := exec.Command(bin, "drill", scenario, "--laps", "2", "--cars", "10", "--patience", "2s")
		cmd.Env = append(os.Environ(), "LIGHTSOUT_SABOTAGE="+mechanism)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	for mechanism, test := range map[string]struct{ scenario, says string }{
		"fill-in": {"lost-hits", "records of the undisturbed race are missing"},
		"once":    {"half-the-field", "the"}, // a tick that closes on a row that came twice lacks another car's
		"retry":   {"half-the-field", "it stood still"},
	} {
		if out, err := drill("", test.scenario); err != nil || !strings.Contains(out, "PASSED") {
			t.Errorf("%s with everything on: %v\n%s", test.scenario, err, out)
		}
		if out, err := drill(mechanism, test.scenario); err == nil || !strings.Contains(out, "FAILED") || !strings.Contains(out, test.says) || strings.Contains(out, "PASSED") {
			t.Errorf("%s without %s: %v\n%s", test.scenario, mechanism, err, out)
		}
	}
}
