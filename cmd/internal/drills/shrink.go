package drills

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"lightsout/actors/drill"
	"lightsout/cmd/internal/cli"
)

// ReadStrikes reads the scenario and the strikes of a verdict in JSON, to make them again.
func ReadStrikes(file string) (*drill.Scenario, []drill.Injected, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, nil, cli.BadInput("%w", err)
	}
	var v struct {
		Scenario *drill.Scenario
		Injected int
		Strikes  []drill.Injected
	}
	if err := json.Unmarshal(data, &v); err != nil {
		return nil, nil, cli.BadInput("%s is no verdict of a drill, as --json prints it: %w", file, err)
	}
	switch {
	case v.Scenario == nil || len(v.Strikes) == 0:
		return nil, nil, cli.BadInput("%s has no scenario or no strikes: allowed is a verdict of a drill, as --json prints it", file)
	case v.Injected > len(v.Strikes):
		return nil, nil, cli.BadInput("%s lists %d of %d strikes: the others cannot be made again; a shorter race has fewer", file, len(v.Strikes), v.Injected)
	}
	if err := v.Scenario.Validate(); err != nil {
		return nil, nil, cli.BadInput("%s: %w", file, err)
	}
	return v.Scenario, v.Strikes, nil
}

// Shrink looks for a few strikes of a drill that failed, which alone make it fail: it leaves out half of them, then smaller parts, as long as
// the drill still fails (Zeller's delta debugging). None of those that are left can be left out alone. Fewer strikes must fail twice: a race
// that stood still because the machine was busy would mislead the search. When ctx ends, it returns the fewest so far.
func (t *Trial) Shrink(ctx context.Context, failed *drill.Verdict) (*drill.Verdict, error) {
	if failed.Injected > len(failed.Strikes) {
		return nil, fmt.Errorf("the verdict lists %d of %d strikes: a drill with fewer can be shrunk, such as one of fewer laps", len(failed.Strikes), failed.Injected)
	}
	quiet := *t
	quiet.Status, quiet.Out = io.Discard, ""
	least, parts := failed, 2
	for len(least.Strikes) > 1 && ctx.Err() == nil {
		of, found := least.Strikes, false
		for i := 0; i < parts && !found && ctx.Err() == nil; i++ {
			from, to := i*len(of)/parts, (i+1)*len(of)/parts
			quiet.Strikes = append(append([]drill.Injected{}, of[:from]...), of[to:]...)
			if len(quiet.Strikes) == 0 {
				continue
			}
			v, err := quiet.failsTwice(ctx)
			if err != nil {
				break
			}
			fmt.Fprintf(t.Status, "%d strikes: %s\n", len(quiet.Strikes), map[bool]string{true: "passes", false: "fails"}[v.Passed])
			if !v.Passed && v.Injected > 0 {
				least, parts, found = v, max(2, parts-1), true
			}
		}
		switch {
		case found:
		case parts >= len(of):
			return least, nil
		default:
			parts = min(len(of), 2*parts)
		}
	}
	return least, nil
}

// failsTwice runs the drill, and again if it fails, with the strikes that could be made.
func (t *Trial) failsTwice(ctx context.Context) (*drill.Verdict, error) {
	v, err := t.Compare(ctx)
	if err != nil || v.Passed || v.Injected == 0 {
		return v, err
	}
	t.Strikes = v.Strikes
	return t.Compare(ctx)
}
