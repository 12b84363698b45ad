package main

import (
	"context"
	"fmt"
	"io"

	"lightsout/cmd/internal/cli"
	"lightsout/cmd/internal/drills"
	"lightsout/race"
)

func runProcessDrill(ctx context.Context, f drillFlags, out, status io.Writer) error {
	if f.kills < 1 || f.kills > 1000 {
		return cli.BadInput("--kills is %d: allowed are 1 to 1000", f.kills)
	}
	v, err := drills.Process(ctx, f.processOrder(), f.kills, f.seed, status)
	if err != nil {
		return cli.AsBadInput(err)
	}
	if f.asJSON {
		err = cli.WriteJSON(out, v)
	} else {
		fmt.Fprintf(out, "%d kills of the server; it answered again after %v ms\nstate %s, undisturbed %s\n", v.Kills, v.StartsMS[1:], v.StateHash[:16], v.Undisturbed[:16])
		printChecks(out, v.Checks)
		fmt.Fprintf(out, "\n%s\n", map[bool]string{true: "PASSED: identical", false: "FAILED: different"}[v.Passed])
	}
	if err == nil && !v.Passed {
		err = errDrillFailed
	}
	return err
}

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
