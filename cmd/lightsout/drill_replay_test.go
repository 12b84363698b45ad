package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lightsout/actors/drill"
	"lightsout/cmd/internal/cli"
	"lightsout/race"
)

// everyFault strikes every kind of actor that a race without InfluxDB has, in every way.
func everyFault() (out []string) {
	for i, kind := range []string{"car", "checkpoint", "race", "processor", "timekeeper", "recorder", "publisher", "simulator"} {
		share := ""
		if kind == "checkpoint" { // one that nobody passes meanwhile is not struck
			share = ", share: 0.5"
		}
		out = append(out, fmt.Sprintf("kill: %s, every: %d.3s%s", kind, 5+i, share))
		if kind == "simulator" {
			continue
		}
		out = append(out, fmt.Sprintf("kill: %s, rate: 0.03", kind), fmt.Sprintf("panic: %s, chance: 0.0005, from: 5s, until: 60s", kind),
			fmt.Sprintf("stall: %s, at: %ds, for: 5ms, when: after", kind, 20+i))
	}
	return append(out, "hits: lose, chance: 0.05, from: 10s, until: 50s", "hits: double, chance: 0.05", "hits: late, chance: 0.05",
		"store: full, every: 13s, for: 3ms", "link: cut, every: 11s, for: 3ms", "poison: car, at: 70s")
}

func mustVerdict(t *testing.T, args ...string) (v drill.Verdict, text string) {
	t.Helper()
	text, _, err := command(t, append([]string{"drill", "--json"}, args...)...)
	if err != nil && !errors.Is(err, errDrillFailed) {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	return v, text
}

func TestDrill_StrikesAreTheSameAgainAndCanBeMadeAgain(t *testing.T) {
	t.Parallel()
	args := []string{"--circuit", "kartwerk", "--cars", "10", "--laps", "2"}
	for _, f := range everyFault() {
		args = append(args, "--fault", f)
	}
	one, text := mustVerdict(t, args...)
	again, _ := mustVerdict(t, args...)
	other, _ := mustVerdict(t, append(args, "--seed", "2")...)
	file := filepath.Join(t.TempDir(), "verdict.json")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	replayed, _ := mustVerdict(t, "--replay", file)
	if slices.Equal(one.Strikes, other.Strikes) {
		t.Error("another seed strikes alike")
	}
	for what, v := range map[string]drill.Verdict{"once": one, "again": again, "replayed": replayed, "with another seed": other} {
		if !v.Passed || v.Injected != len(v.Strikes) {
			t.Errorf("%s: %d strikes, %v", what, v.Injected, v.Broken)
		}
	}
	struck := map[string]bool{}
	for i, s := range one.Strikes {
		struck[fmt.Sprint(s.Fault)] = true
		for what, v := range map[string]drill.Verdict{"again": again, "replayed": replayed} {
			if i < len(v.Strikes) && v.Strikes[i] != s {
				t.Fatalf("strike %d is %+v, %s it is %+v", i, s, what, v.Strikes[i])
			}
		}
	}
	if len(again.Strikes) != len(one.Strikes) || len(replayed.Strikes) != len(one.Strikes) {
		t.Errorf("%d strikes, again %d, replayed %d", len(one.Strikes), len(again.Strikes), len(replayed.Strikes))
	}
	for i, f := range everyFault() {
		if !struck[fmt.Sprint(i+1)] && !strings.Contains(f, "panic") && !strings.Contains(f, "rate") { // chance may pass by
			t.Errorf("%s never struck", f)
		}
	}
}

func TestDrill_FaultsStrikeWithinTheirWindow(t *testing.T) {
	t.Parallel()
	v, _ := mustVerdict(t, "--cars", "8", "--laps", "2", "--fault", "hits: lose, chance: 0.5, from: 20s, until: 40s", "--fault", "panic: car, chance: 0.02, from: 30s, until: 50s",
		"--fault", "panic: timekeeper, chance: 0.1, from: 60s, until: 70s", "--fault", "kill: car, rate: 0.5, from: 25s, until: 35s")
	windows := [][2]race.Micros{{20, 40}, {30, 50}, {60, 70}, {25, 35}}
	counts := make([]int, len(windows))
	for _, s := range v.Strikes {
		counts[s.Fault-1]++
		if w := windows[s.Fault-1]; s.At < w[0]*race.Second || s.At > w[1]*race.Second {
			t.Errorf("fault %d struck at %v", s.Fault, s.At)
		}
	}
	if slices.Contains(counts, 0) || !v.Passed {
		t.Errorf("strikes %v, %v", counts, v.Broken)
	}
}

func TestDrill_ReplayRefusesWhatCannotBeMadeAgain(t *testing.T) {
	scenario := `"scenario": {"name": "x", "race": {"circuit": "kartwerk", "cars": 5, "laps": 1, "seed": 1}, "faults": [{"kill": "car", "at": "5s"}]}`
	for text, says := range map[string]string{
		`{"passed": true}`: "no scenario or no strikes",
		`nonsense`:         "is no verdict of a drill",
		`{` + scenario + `, "injected": 2, "strikes": [{"fault": 1, "what": "car 1", "tick": 50}]}`: "lists 1 of 2 strikes",
		`{` + scenario + `, "injected": 1, "strikes": [{"fault": 2, "what": "car 1", "tick": 50}]}`: "strike 1 is of fault 2: the scenario has 1 to 1",
	} {
		file := filepath.Join(t.TempDir(), "v.json")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, err := command(t, "drill", "--replay", file); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: got %v, expected %q", text, err, says)
		}
	}
	if _, _, err := command(t, "drill", "storm", "--replay", "v.json"); err == nil || !strings.Contains(err.Error(), "give no other") {
		t.Errorf("got %v", err)
	}
}

func TestDrillCommand_RefusesFlagsThatMeanNothing(t *testing.T) {
	for line, says := range map[string]string{
		"--process --fault x":                     "--fault is given and means nothing for --process",
		"--process --influx-url http://x":         "--influx-url is given and means nothing for --process",
		"--process --replay x.json":               "--replay is given and means nothing for --process",
		"--process --patience 1ms":                "--patience is 1ms: allowed are 1s and more",
		"--cluster zombies --kafka x:1 --fault x": "--fault is given and means nothing for --cluster",
		"--cluster zombies --kafka x:1 --seed 5":  "--seed is given and means nothing for --cluster",
		"--cluster zombies --kafka x:1 --kills 5": "--kills is given and means nothing for --cluster",
		"storm --kills 5":                         "--kills is given and means nothing for a drill of actors",
		"storm --kafka x:1":                       "--kafka is given and means nothing for a drill of actors",
		"storm --keep x":                          "--keep is given and means nothing for a drill of actors",
	} {
		if _, _, err := command(t, append([]string{"drill"}, strings.Fields(line)...)...); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: got %v, expected %q", line, err, says)
		}
	}
}

func TestDrill_AScenarioThatExpectsWhatIsUnknownIsBadInput(t *testing.T) {
	file := filepath.Join(t.TempDir(), "mine.yaml")
	for text, says := range map[string]string{
		"expect: {recovery: {car: <5ms}}":    `mine.yaml: line 2: "recovery" is unknown: allowed are injected, longest_stall`,
		"expect: {longest_stall: about 5ms}": `line 2: longest_stall: "about 5ms" is no bound`,
		"invariants: [laps > 3]":             `"laps > 3" is no invariant`,
	} {
		if err := os.WriteFile(file, []byte("faults: [{kill: car}]\n"+text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, err := command(t, "drill", file); err == nil || !strings.Contains(err.Error(), says) || !errors.Is(err, cli.ErrBadInput) {
			t.Errorf("%s: got %v, expected %q", text, err, says)
		}
	}
}
