package main

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"lightsout/actors/drill"
	"lightsout/cmd/internal/drills"
)

func TestDrillCommand_EveryScenarioOfTheLibraryPasses(t *testing.T) {
	long(t)
	all, err := drill.Library()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 10 {
		t.Errorf("the library has %d scenarios", len(all))
	}
	for _, s := range all {
		t.Run(s.Name, func(t *testing.T) {
			args := []string{"drill", s.Name, "--json", "--laps", fmt.Sprint(min(3, s.Race.Laps))}
			if s.NeedsInflux() {
				f := influxOf(t)
				args = append(args, f.args()...)
			}
			if s.Race.Cars > 100 {
				args = append(args, "--cars", "100")
			}
			run := func() (string, error) {
				out, _, err := command(t, args...)
				return out, err
			}
			if s.StrikesServer() { // which is this program again
				run = func() (string, error) {
					out, err := exec.Command(mustBuild(t), args...).Output()
					return string(out), err
				}
			}
			out, err := run()
			var v drill.Verdict
			if decoded := json.Unmarshal([]byte(out), &v); err != nil || decoded != nil {
				t.Fatalf("%v, %v\n%.2000s", err, decoded, out)
			}
			if s.StrikesServer() != (v.Restarts["server"] > 0) {
				t.Errorf("the server was restarted %d times", v.Restarts["server"])
			}
			if !v.Passed || v.Injected == 0 || v.Doubled > 0 || v.Difference != "" || len(v.Checks) < 18 || s.NeedsInflux() != (len(v.Fed) == 3) {
				t.Errorf("the verdict is %+v", v)
			}
		})
	}
}

// The spectators of a race in a server process are struck from outside, as the server is.
func TestDrillCommand_SpectatorsWhoNeverReadComeToAServerThatIsStruck(t *testing.T) {
	long(t)
	out, err := exec.Command(mustBuild(t), "drill", "--laps", "1", "--cars", "4", "--json",
		"--fault", "server: stop, at: 10s, for: 100ms", "--fault", "spectators: stuck, number: 3, at: 15s").Output()
	var v drill.Verdict
	if decoded := json.Unmarshal(out, &v); err != nil || decoded != nil {
		t.Fatalf("%v, %v\n%.2000s", err, decoded, out)
	}
	if !v.Passed || len(v.Strikes) != 2 || v.Strikes[0].What != "server" || v.Strikes[1].What != "spectators" {
		t.Errorf("passed: %v, strikes: %v", v.Passed, v.Strikes)
	}
}

func TestDrillCommand_RunsFaultsGivenAsFlags(t *testing.T) {
	out, _, err := command(t, "drill", "--fault", "kill: car, number: 2, every: 1s", "--fault", "{hits: lose, chance: 0.1}", "--laps", "1", "--json")
	var v drill.Verdict
	if decoded := json.Unmarshal([]byte(out), &v); err != nil || decoded != nil {
		t.Fatalf("%v, %v\n%.2000s", err, decoded, out)
	}
	if !v.Passed || len(v.Scenario.Faults) != 2 || v.Restarts["car"] == 0 || v.FilledIn == 0 {
		t.Errorf("the verdict is %+v", v)
	}
	_, _, err = command(t, "drill", "--fault", "kil: car")
	if err == nil || !strings.Contains(err.Error(), `--fault "kil: car"`) {
		t.Errorf("%v: expected it to name the fault", err)
	}
}

func TestDrillCommand_FailsIfNoFaultWasInjected(t *testing.T) {
	file := filepath.Join(t.TempDir(), "nothing.yaml")
	text := "about: too late\nrace: {circuit: kartwerk, cars: 4, laps: 1, seed: 1}\nfaults:\n  - {kill: car, at: 5h}\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	report := filepath.Join(t.TempDir(), "drill.xml")
	out, _, err := command(t, "drill", file, "--junit", report)
	if err == nil || !strings.Contains(out, "nothing was injected") {
		t.Errorf("%v\n%s", err, out)
	}
	data, readErr := os.ReadFile(report)
	var suite junitSuite
	if readErr != nil || xml.Unmarshal(data, &suite) != nil || suite.Failures != 1 || !strings.Contains(suite.Cases[0].Failure.Message, "nothing") {
		t.Errorf("the report is %s, %v", data, readErr)
	}
}

func TestDrill_TheSameSeedStrikesTheSameActors(t *testing.T) {
	strikes := func(seed uint64) []drill.Injected {
		all, err := drill.Library()
		if err != nil {
			t.Fatal(err)
		}
		var s *drill.Scenario
		for _, one := range all {
			if one.Name == "half-the-field" {
				s = one
			}
		}
		s.Seed, s.Race.Laps = seed, 1
		in := drill.NewInjector(s, drill.Members{Cars: s.Race.Cars})
		start, err := drills.StartOf(s.Race.Order(), "")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := drills.Run(t.Context(), start, drills.Bounds{Patience: drill.Patience, Faults: in}); err != nil {
			t.Fatal(err)
		}
		_, list := in.Injected()
		return list
	}
	count := func(list []drill.Injected) map[drill.Injected]int {
		n := map[drill.Injected]int{}
		for _, i := range list {
			i.At = 0 // the tick that others have come to meanwhile
			n[i]++
		}
		return n
	}
	one, again, other := count(strikes(1)), count(strikes(1)), count(strikes(2))
	equal := func(a, b map[drill.Injected]int) bool {
		for k, n := range a {
			if b[k] != n {
				return false
			}
		}
		return len(a) == len(b)
	}
	if !equal(one, again) || equal(one, other) {
		t.Errorf("struck %v, again %v, with another seed %v", one, again, other)
	}
}

func TestDrillCommand_NamesWhatIsWrongWithAScenario(t *testing.T) {
	for text, says := range map[string]string{
		"":                           "empty",
		"faults: 7":                  "line 1",
		"name: x":                    "nothing goes wrong",
		"fauls: []":                  "field fauls not found",
		"faults:\n - {kill: driver}": "allowed are car, checkpoint",
		"faults:\n - {kill: car, stall: car, for: 1s}":                        "expected one",
		"faults:\n - {stall: car}":                                            "needs for",
		"faults:\n - {hits: lose}":                                            "needs a chance",
		"faults:\n - {kill: car, at: soon}":                                   `line 2: "soon" is no duration`,
		"faults:\n - {kill: car, share: 2, number: 1, when: never, rate: 11}": "share is 2",
		"race: {cars: -1, circuit: x}\nfaults:\n - {kill: car}":               "cars: is out of range",
	} {
		file := filepath.Join(t.TempDir(), "wrong.yaml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, _, err := command(t, "drill", file)
		if err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), "wrong.yaml") {
			t.Errorf("%q: got %v, expected %q", text, err, says)
		}
	}
	if _, _, err := command(t, "drill", "no-such-drill"); err == nil || !strings.Contains(err.Error(), "half-the-field") {
		t.Errorf("got %v", err)
	}
}
