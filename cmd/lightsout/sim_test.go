package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"lightsout/actors/drill"
	"lightsout/actors/simulator"
	"lightsout/cmd/internal/drills"
	"lightsout/race"
	"lightsout/race/timing/timingtest"
	"lightsout/storage/memory"
)

// simRaces is how many races every run of the tests simulates; task test:sim asks for more.
const simRaces = 300

// fromEnv is a number from the environment.
func fromEnv(t *testing.T, name string, otherwise uint64) uint64 {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("%s is %q: expected a whole number", name, text)
	}
	return n
}

// TestSim_RandomRacesUnderRandomFaultsAreTheSame simulates small races in fake time, each with faults drawn from its seed, and
// checks them with code that has no part in what it checks: the undisturbed race, and the oracle of the rulebook.
func TestSim_RandomRacesUnderRandomFaultsAreTheSame(t *testing.T) {
	seed := fromEnv(t, "SEED", uint64(time.Now().UnixNano()))
	races := uint64(simRaces)
	if testing.Short() {
		races /= 6
	}
	n := fromEnv(t, "N", races)
	fmt.Printf("SEED=%d N=%d\n", seed, n)
	injected, cars := 0, 0
	for i := range n {
		s := drawScenario(seed + i)
		synctest.Test(t, func(t *testing.T) {
			undisturbed := mustSimulate(t, s, nil)
			in := drill.NewInjector(s, drill.Members{Cars: s.Race.Cars, Checkpoints: len(mustStart(t, s).Info.Lines)})
			drilled := mustSimulate(t, s, in)
			count, _ := in.Injected()
			injected, cars = injected+count, cars+s.Race.Cars
			v := drill.Judge(s, in, undisturbed, drilled)
			if count > 0 && !v.Passed {
				t.Errorf("SEED=%d N=1: %v\n%+v", seed+i, v.Broken, s)
			}
			checkResult(t, seed+i, drilled)
			time.Sleep(3 * time.Second) // of fake time: until those that hung and were replaced have come back
		})
		if t.Failed() {
			return
		}
	}
	t.Logf("%d races of %d cars, %d faults", n, cars, injected)
	if n >= 100 && injected == 0 {
		t.Error("no fault was injected in any race")
	}
}

// drawScenario draws a race and its faults.
func drawScenario(seed uint64) *drill.Scenario {
	rng := rand.New(rand.NewPCG(seed, 0x51))
	pick := func(words ...string) string { return words[rng.IntN(len(words))] }
	period := func(from, to int) drill.Duration {
		return drill.Duration(time.Duration(from+rng.IntN(to-from)) * 100 * time.Millisecond)
	}
	s := &drill.Scenario{
		Name: fmt.Sprint("seed ", seed), Seed: rng.Uint64(),
		Race: drill.Race{Circuit: "kartwerk", Cars: 1 + rng.IntN(8), Laps: 1 + rng.IntN(2), Seed: rng.Uint64()},
	}
	for range 1 + rng.IntN(5) {
		var f drill.Fault
		switch rng.IntN(10) {
		case 0:
			f = drill.Fault{Hits: pick("lose", "double", "late"), Chance: rng.Float64() / 2}
		case 1:
			f = drill.Fault{Store: pick("full", "slow"), Every: period(20, 300), For: period(1, 20)}
		case 2:
			f = drill.Fault{Link: "cut", Every: period(20, 300), For: period(1, 20)}
		case 3:
			f = drill.Fault{Panic: pick("car", "checkpoint", "race", "timekeeper"), Chance: rng.Float64() / 100}
		case 4:
			f = drill.Fault{Kill: "car", Rate: rng.Float64()}
		case 5:
			f = drill.Fault{Stall: pick("car", "checkpoint", "race", "recorder"), Every: period(50, 300), For: period(1, 20)}
		default:
			f = drill.Fault{
				Kill:  pick("car", "checkpoint", "race", "simulator", "processor", "timekeeper", "recorder", "publisher"),
				Every: period(5, 200), From: period(0, 100), Share: rng.Float64(), When: pick("", "before", "after"),
			}
		}
		s.Faults = append(s.Faults, f)
	}
	return s
}

func mustStart(t *testing.T, s *drill.Scenario) simulator.StartRace {
	t.Helper()
	start, err := drills.StartOf(s.Race.Order(), "sim")
	if err != nil {
		t.Fatal(err)
	}
	return start
}

func mustSimulate(t *testing.T, s *drill.Scenario, in *drill.Injector) *drill.Run {
	t.Helper()
	store := memory.New()
	trial := drill.Trial{Start: mustStart(t, s), Journal: store, Faults: in, Patience: time.Hour, Ticks: 100_000}
	out, err := trial.Run(t.Context())
	if err != nil {
		t.Fatalf("%s: %v", s.Name, err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	return out
}

// checkResult compares a result with the oracle's, and holds it against what is true of any race.
func checkResult(t *testing.T, seed uint64, r *drill.Run) {
	t.Helper()
	lines := timingtest.Classify(r.Records).Lines
	if len(lines) != len(r.Result.Entries) {
		t.Errorf("SEED=%d N=1: %d cars are classified, the oracle has %d", seed, len(r.Result.Entries), len(lines))
		return
	}
	gap := int64(0)
	for i, e := range r.Result.Entries {
		if e != lines[i] {
			t.Errorf("SEED=%d N=1: line %d is %+v, the oracle's %+v", seed, i, e, lines[i])
		}
		if e.Position > 0 && e.GapLaps == 0 && e.GapMS >= 0 {
			if e.GapMS < gap {
				t.Errorf("SEED=%d N=1: the gap falls from %d to %d ms", seed, gap, e.GapMS)
			}
			gap = e.GapMS
		}
	}
	last := race.Micros(0)
	for _, rec := range r.Records {
		if rec.Time < last {
			t.Errorf("SEED=%d N=1: record %d is at %v, after one at %v", seed, rec.Seq, rec.Time, last)
		}
		last = rec.Time
	}
}
