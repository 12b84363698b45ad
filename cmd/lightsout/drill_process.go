package main

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"time"

	"lightsout/actors/drill"
	"lightsout/cmd/internal/cli"
)

// fastest is faster than a car of ours goes around any circuit, in m/s, so that all kills fall into the race.
const fastest = 80

// processScenario is the drill of --process: kills of the server, spread over the race by chance.
func (f drillFlags) processScenario() (*drill.Scenario, error) {
	if f.kills < 1 || f.kills > 1000 {
		return nil, cli.BadInput("--kills is %d: allowed are 1 to 1000", f.kills)
	}
	of := f.processRace()
	c, err := cli.OpenCircuit(of.Circuit)
	if err != nil {
		return nil, cli.AsBadInput(err)
	}
	s := &drill.Scenario{Name: "process", About: fmt.Sprintf("Kills the server %d times.", f.kills), Seed: cmp.Or(f.seed, 1), Race: of}
	length := time.Duration(c.Length()/fastest*float64(of.Laps)*1000) * time.Millisecond
	part, rng := length/time.Duration(f.kills), rand.New(rand.NewPCG(s.Seed, 1))
	for i := range f.kills {
		at := part*time.Duration(i) + part/4 + time.Duration(rng.Float64()*float64(part)/2)
		s.Faults = append(s.Faults, drill.Fault{Server: "kill", At: drill.Duration(max(at, 100*time.Millisecond).Round(100 * time.Millisecond))})
	}
	return s, nil
}

// processRace is the race of a process drill, with defaults for what the flags leave out.
func (f drillFlags) processRace() drill.Race {
	return drill.Race{Circuit: cmp.Or(f.circuit, "harbour"), Cars: cmp.Or(f.cars, 20), Laps: cmp.Or(f.laps, 10), Seed: 7}
}
