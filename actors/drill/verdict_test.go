package drill_test

import (
	"strings"
	"testing"

	"lightsout/actors/drill"
	"lightsout/actors/simulator"
	"lightsout/actors/supervise"
	"lightsout/race"
)

func mustScenario(t *testing.T, faults string) *drill.Scenario {
	t.Helper()
	s, err := drill.Parse("test.yaml", []byte("faults: ["+faults+"]"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// run is a race of so many bodies, a second apart.
func run(bodies ...race.Body) *drill.Run {
	out := &drill.Run{}
	for i, b := range bodies {
		out.Records = append(out.Records, race.Record{Seq: race.Seq(i + 1), Time: race.Micros(i) * race.Second, Body: b})
	}
	return out
}

// strike strikes a car in a tick, at ten ticks a second.
func strike(in *drill.Injector, car string, n race.Tick) {
	defer func() { _ = recover() }() // it dies
	in.Strike(supervise.Strike{Kind: "car", ID: car, Message: &simulator.Tick{N: n}, When: supervise.BeforeReceive})
}

func broken(v *drill.Verdict) string { return strings.Join(v.Broken, "; ") }

func TestJudge_SeesMicroseconds(t *testing.T) {
	s := mustScenario(t, "{kill: car, share: 1, when: before}")
	in := drill.NewInjector(s, drill.Members{Cars: 2})
	strike(in, "1", 1)
	a := run(race.Started{}, race.TyresFitted{Car: 1, Stationary: 2_000_001}, race.Ended{})
	b := run(race.Started{}, race.TyresFitted{Car: 1, Stationary: 2_000_002}, race.Ended{})
	if v := drill.Judge(s, in, a, a); strings.Contains(broken(v), "differ") {
		t.Errorf("the same log: %q", v.Broken)
	}
	if v := drill.Judge(s, in, a, b); v.Passed || !strings.Contains(broken(v), "the logs differ") {
		t.Errorf("another log: %q", v.Broken)
	}
}

func TestJudge_PoisonedCarsAreOutAndNothingIsLostBefore(t *testing.T) {
	s := mustScenario(t, "{poison: car, share: 1, at: 3s}")
	undisturbed := run(race.Started{}, race.Passing{Car: 1}, race.CarRetired{Car: 0, Reason: "engine"}, race.Passing{Car: 1}, race.Ended{})
	for _, test := range []struct {
		name    string
		drilled *drill.Run
		says    string // empty: passed
	}{
		{"it is out", run(race.Started{}, race.Passing{Car: 1}, race.CarRetired{Car: 0, Reason: "engine"}, race.CarRetired{Car: 1}, race.Ended{}), ""},
		{"another one is out, by itself", undisturbed, "car 1 was poisoned and not retired; no poisoned car was retired"},
		{"a passing before it is lost", run(race.Started{}, race.CarRetired{Car: 0, Reason: "engine"}, race.CarRetired{Car: 1}, race.Ended{}), "the logs differ before a car was poisoned"},
	} {
		t.Run(test.name, func(t *testing.T) {
			in := drill.NewInjector(s, drill.Members{Cars: 2})
			strike(in, "1", 30)
			test.drilled.SetAside = 1
			if v := drill.Judge(s, in, undisturbed, test.drilled); v.Passed != (test.says == "") || !strings.Contains(broken(v), test.says) {
				t.Errorf("%q, expected %q", v.Broken, test.says)
			}
		})
	}
}
