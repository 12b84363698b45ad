package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"lightsout/cmd/internal/cli"
	"lightsout/cmd/internal/drills"
	"lightsout/race"
)

func runProcessDrill(ctx context.Context, f drillFlags, out, status io.Writer) error {
	if f.kills < 1 || f.kills > 1000 {
		return cli.BadInput("--kills is %d: allowed are 1 to 1000", f.kills)
	}
	began := time.Now()
	v, err := drills.Process(ctx, f.processOrder(), f.kills, f.seed, f.patience, status)
	if err != nil {
		return cli.AsBadInput(err)
	}
	how := ran{seedText(f.processOrder().Seed), v.Kills, time.Since(began)}
	return f.tell(out, drillOutcome{name: "process", passed: v.Passed, broken: v.Broken, verdict: v, ran: how, print: func(out io.Writer) error {
		fmt.Fprintf(out, "%d kills of the server; it answered again after %v ms\nstate %s, undisturbed %s\n", v.Kills, v.StartsMS[1:], short(v.StateHash), short(v.Undisturbed))
		printChecks(out, v.Checks)
		fmt.Fprintf(out, "\n%s\n", map[bool]string{true: "PASSED: identical", false: "FAILED: different"}[v.Passed])
		for _, b := range v.Broken {
			fmt.Fprintln(out, "  - "+b)
		}
		return nil
	}})
}

func short(hash string) string { return hash[:min(16, len(hash))] }

// processOrder is the race of a process drill, with defaults for what the flags leave out.
func (f drillFlags) processOrder() race.Order {
	o := race.Order{Circuit: "harbour", Cars: 20, Laps: 10, Seed: 7, TickHz: 10}
	if f.circuit != "" {
		o.Circuit = f.circuit
	}
	if f.cars > 0 {
		o.Cars = f.cars
	}
	if f.laps > 0 {
		o.Laps = f.laps
	}
	if f.seed != 0 {
		o.Seed = f.seed
	}
	return o
}
