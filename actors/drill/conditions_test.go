package drill_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"lightsout/actors/drill"
	"lightsout/actors/simulator"
	"lightsout/actors/supervise"
	"lightsout/race"
)

func TestScenario_BoundsThatMeanNothingAreRefused(t *testing.T) {
	for text, says := range map[string]string{
		"expect: {recovery_p98: {car: <5ms}}":              `"recovery_p98" is unknown: allowed are injected, longest_stall`,
		"expect: {recovery_p99: <5ms}":                     "recovery_p99 is of kinds of actors",
		"expect: {recovery_p99: {cars: <5ms}}":             `"cars" is no kind: allowed are car, checkpoint`,
		"expect: {restart_p99: {store: <5ms}}":             `"store" is no kind`,
		"expect: {recovery_p99: {car: 5}}":                 `recovery_p99 of car: "5" is no bound: allowed is <, <=, ==, >= or >, and then a duration`,
		"expect: {recovery_p99: {car: ~5ms}}":              "is no bound",
		"expect: {ticks_late: <1s}":                        "ticks_late: \"<1s\" is no bound: allowed is <, <=, ==, >= or >, and then a number",
		"expect: {memory_growth: <10MX}":                   "and then a size, such as <10MB",
		"expect: {memory_growth: =<10MB}":                  "is no bound",
		"expect: {longest_stall: {car: <1s}}":              "is no bound",
		"expect: [longest_stall]":                          "expected names with bounds",
		"abort: {passings_filled_in: \">5\"}":              "passings_filled_in is known at the end alone",
		"abort: {longest_stall: >5s}":                      "a bound that begins with > must be in quotes",
		"abort:\n  longest_stall: >5s\n":                   "a bound that begins with > must be in quotes",
		"most: 1.5":                                        "most is 1.5: allowed is a share from 0 to 1",
		"invariants: [\"lap > 5\"]":                        `invariant 1: "lap > 5" is no invariant: unknown name lap`,
		"invariants: [\"injected\"]":                       "expected bool, but got int",
		"invariants: [\"injected >\"]":                     "is no invariant",
		"invariants: [\"now() == now()\"]":                 "is no invariant",
		"invariants: [\"all(laps, .duration > 5)\"]":       "duration",
		"expect: {injected: 1}\nexpect: {injected: 2}":     "already defined",
		"expect: {longest_stall: <2s, nonsense: 1, x: <1}": `"x" is unknown`,
	} {
		_, err := drill.Parse("x.yaml", []byte("faults: [{kill: car}]\n"+text))
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: got %v, expected %q", text, err, says)
		}
	}
}

func TestScenario_BoundsComeBackFromJSON(t *testing.T) {
	s, err := drill.Parse("x.yaml", []byte(`{faults: [{kill: car}], most: 0.5, invariants: ["injected > 0"], abort: {injected: ">=7"},
  expect: {recovery_p99: {car: <5ms, race: <=1s}, longest_stall: <2s, ticks_late: 0, memory_growth: <10MB}}`))
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var again drill.Scenario
	if err := json.Unmarshal(data, &again); err != nil {
		t.Fatal(err)
	}
	second, err := json.Marshal(&again)
	if err != nil || string(second) != string(data) || len(again.Expect) != 5 || len(again.Abort) != 1 || again.Most != 0.5 {
		t.Errorf("got %s and %v from %s", second, err, data)
	}
}

func TestJudge_WhatWasExpectedAndDidNotComeIsABrokenPromise(t *testing.T) {
	s, err := drill.Parse("x.yaml", []byte(`faults: [{kill: car, share: 1, when: before}]
expect: {ticks_late: 0, longest_stall: <2s, memory_growth: <10MB, recovery_p99: {car: <5ms}, restarts: {car: <3}, injected: "==1"}
invariants: ["restarts.car <= injected", "injected > 0", "len(strikes) == injected", "results[0].position == 1"]`))
	if err != nil {
		t.Fatal(err)
	}
	in := drill.NewInjector(s, drill.Members{Cars: 2})
	strike(in, "1", 1)
	a := run(race.Started{}, race.Ended{})
	b := run(race.Started{}, race.Ended{})
	b.Late, b.Stall, b.MemoryGrowth, b.Restarts = 3, 2_000_000_000, 10_000_001, map[string]int64{"car": 7}
	got := broken(drill.Judge(s, in, a, b))
	for _, says := range []string{
		"expected ticks_late 0: it was 3", "expected longest_stall <2s: it was 2s", "expected memory_growth <10MB: it was 10.0 MB",
		"expected recovery_p99 of car <5ms: there was none", "expected restarts of car <3: it was 7",
		`the invariant "restarts.car <= injected" does not hold`, `the invariant "results[0].position == 1" cannot be judged`,
	} {
		if !strings.Contains(got, says) {
			t.Errorf("%q is missing in %q", says, got)
		}
	}
	for _, not := range []string{"injected ==1", `"injected > 0"`, `"len(strikes) == injected"`} {
		if strings.Contains(got, not) {
			t.Errorf("%q is in %q", not, got)
		}
	}
}

func TestTrial_IsAbortedAndSaysWhy(t *testing.T) {
	t.Parallel()
	_, run := mustTrial(t, "{stall: recorder, at: 10s, for: 700ms}", `abort: {longest_stall: ">150ms"}`)
	if !strings.HasPrefix(run.Ended, "it was aborted for longest_stall >150ms: it was ") || run.Aborted != run.Ended {
		t.Errorf("ended %q, aborted %q", run.Ended, run.Aborted)
	}
}

func TestInjector_StrikesNoMoreThanTheShareAtOnce(t *testing.T) {
	const cars = 20
	s, err := drill.Parse("x.yaml", []byte(`{most: 0.25, faults: [{kill: car, share: 1, every: 1s, when: before}, {kill: car, number: 9, every: 700ms, when: after},
  {kill: car, rate: 5}, {panic: car, chance: 0.5}]}`))
	if err != nil {
		t.Fatal(err)
	}
	in := drill.NewInjector(s, drill.Members{Cars: cars})
	for n := race.Tick(1); n <= 300; n++ {
		for car := range cars {
			for _, when := range []supervise.When{supervise.BeforeReceive, supervise.AfterReceive} {
				func() {
					defer func() { _ = recover() }() // it dies
					in.Strike(supervise.Strike{Kind: "car", ID: fmt.Sprint(car), Message: &simulator.Tick{N: n}, When: when})
				}()
			}
		}
	}
	_, list := in.Injected()
	at, ever, by := map[race.Micros]map[string]bool{}, map[string]bool{}, map[int]int{}
	for _, s := range list {
		second := s.At / race.Second
		if at[second] == nil {
			at[second] = map[string]bool{}
		}
		at[second][s.What], ever[s.What] = true, true
		by[s.Fault]++
	}
	for second, struck := range at {
		if len(struck) > cars/4 {
			t.Errorf("in second %d, %d of %d cars were struck", second, len(struck), cars)
		}
	}
	if len(ever) != cars || len(by) != 4 || by[1] < 29*cars/4 {
		t.Errorf("%d cars were struck, by fault %v", len(ever), by)
	}
}
