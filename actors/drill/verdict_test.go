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

func TestJudge_ARaceWithAPoisonedCarIsComparedLikeAnyOther(t *testing.T) {
	s := mustScenario(t, "{poison: car, share: 1, at: 3s}")
	// undisturbed, the car is taken out as well
	undisturbed := run(race.Started{}, race.Passing{Car: 2}, race.CarRetired{Car: 0, Reason: "engine"}, race.CarRetired{Car: 1}, race.Passing{Car: 2}, race.Ended{})
	for _, test := range []struct {
		name    string
		drilled *drill.Run
		says    string // empty: passed
	}{
		{"it is out", run(race.Started{}, race.Passing{Car: 2}, race.CarRetired{Car: 0, Reason: "engine"}, race.CarRetired{Car: 1}, race.Passing{Car: 2}, race.Ended{}), ""},
		{"it is not out", run(race.Started{}, race.Passing{Car: 2}, race.CarRetired{Car: 0, Reason: "engine"}, race.Passing{Car: 2}, race.Ended{}), "car 1 was poisoned and not retired"},
		{"a passing before it is lost", run(race.Started{}, race.CarRetired{Car: 0, Reason: "engine"}, race.CarRetired{Car: 1}, race.Passing{Car: 2}, race.Ended{}), "records of the undisturbed race are missing"},
		{"a passing after it is lost", run(race.Started{}, race.Passing{Car: 2}, race.CarRetired{Car: 0, Reason: "engine"}, race.CarRetired{Car: 1}, race.Ended{}), "records of the undisturbed race are missing"},
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

func TestJudge_SaysWhatTheStoreLacks(t *testing.T) {
	s := mustScenario(t, "{kill: car, share: 1, when: before}")
	in := drill.NewInjector(s, drill.Members{Cars: 2})
	strike(in, "1", 1)
	undisturbed := run(race.Started{}, race.Passing{Car: 1}, race.Passing{Car: 2}, race.Ended{})
	drilled := run(race.Started{}, race.Passing{Car: 1}, race.Passing{Car: 2}, race.Ended{})
	drilled.Answers = &drill.Answers{
		Summary:  &race.Summary{},
		Passings: []race.PassingRow{{Seq: 2, Time: race.Second, Passing: race.Passing{Car: 1}, Split: race.NoTime}},
		Laps:     []race.Lap{{Car: 1, Number: 1}},
	}
	v := drill.Judge(s, in, undisturbed, drilled)
	for _, says := range []string{"2 passings in the store: 1 missing; the first: record 3 of car 2", "0 laps in the store: 1 too many; the first: lap 1 of car 1", "the laps differ"} {
		if !strings.Contains(broken(v), says) {
			t.Errorf("%q, expected %q", v.Broken, says)
		}
	}
	if v.Passed || v.Lost > 0 || v.Laps {
		t.Errorf("the verdict is %+v", v)
	}
}

func TestCompare_NamesTheTickWhoseTelemetryIsLost(t *testing.T) {
	var batches []*race.Batch
	for n := range race.Tick(1234) {
		batches = append(batches, &race.Batch{Count: uint64(n + 1), Frame: &race.Frame{
			Tick: n + 1, Time: race.Micros(n) * race.Second, LapFraction: []uint16{uint16(n)}, State: make([]race.CarState, 1), Lap: []uint16{1},
			SpeedDKMH: []uint16{900}, RPM50: []uint8{90}, Throttle: []uint8{50}, Brake: []uint8{0}, GearDRS: []uint8{3},
		}})
	}
	made := drill.NewMade(true)
	for _, b := range batches {
		made.Note(b)
		made.Note(b) // sent again after a restart
	}
	for name, test := range map[string]struct {
		frames func([]drill.FrameMark) []drill.FrameMark
		says   string
	}{
		"all of it": {func(f []drill.FrameMark) []drill.FrameMark { return f }, "telemetry of 1,234 ticks in the store: identical"},
		"lost":      {func(f []drill.FrameMark) []drill.FrameMark { return f[20:] }, "telemetry of 1,234 ticks in the store: 20 missing; the first: tick 1"},
		"twice":     {func(f []drill.FrameMark) []drill.FrameMark { return append(f, f[7]) }, "1 too many, 1 different; the first: tick 8, twice"},
		"changed": {func(f []drill.FrameMark) []drill.FrameMark {
			f[99].Hash++
			return f
		}, "1 different; the first: tick 100"},
	} {
		t.Run(name, func(t *testing.T) {
			reference := made.Reference()
			stored := &drill.Telemetry{Frames: test.frames(append([]drill.FrameMark(nil), reference.Telemetry.Frames...)), Traces: reference.Telemetry.Traces}
			c := drill.Compare(reference, &drill.Run{Answers: &drill.Answers{Telemetry: stored}})
			found := false
			for _, one := range c.Checks {
				found = found || strings.Contains(one.Text, test.says)
			}
			if !found {
				t.Errorf("%+v, expected %q", c.Checks, test.says)
			}
		})
	}
}
