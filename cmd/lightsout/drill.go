package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"lightsout/actors/drill"
	"lightsout/cmd/internal/cli"
	"lightsout/cmd/internal/drills"
	"lightsout/cmd/internal/feed"
	"lightsout/race"
)

// drillFlags are the flags of drill.
type drillFlags struct {
	faults  []string
	seed    uint64
	circuit string
	cars    int
	laps    int
	asJSON  bool
	junit   string
	process bool
	kills   int
	// patience is how long the race may stand still.
	patience time.Duration
	influx   feed.Config
}

func newDrill() *cobra.Command {
	var f drillFlags
	cmd := &cobra.Command{
		Use: "drill NAME|FILE", Short: "Run a race with faults beside the same race without, and compare", Args: cobra.MaximumNArgs(1),
		Long: `Run a race with faults beside the same race without: kill its actors, poison them, let them hang, lose
their messages, take the disk away. What was injected, the recovery times and the verdict are printed: whether log, laps,
classification and the state hash at every lap are identical. Exit 1 if a promise is broken, or nothing was injected.

A scenario is one of the library (lightsout drill list), a YAML file (actors/drill/SCENARIO.md), or made of --fault. With --process the
race runs in a server of its own, which is killed with SIGKILL and started again.`,
		Example: `  lightsout drill half-the-field
  lightsout drill storm --seed 5 --json
  lightsout drill my-scenario.yaml --junit drill.xml
  lightsout drill --fault "kill: car, share: 0.5, every: 1s" --fault "store: full, at: 30s, for: 1s"
  lightsout drill --process --kills 10 --laps 20`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.process {
				if len(args) > 0 {
					return cli.BadInput("--process takes no scenario: the server itself is killed")
				}
				return runProcessDrill(cmd.Context(), f, cmd.OutOrStdout(), cmd.ErrOrStderr())
			}
			if (len(args) == 0) == (len(f.faults) == 0) {
				return cli.BadInput("which scenario? see lightsout drill list, give a YAML file, or say with --fault what goes wrong")
			}
			return runDrill(cmd.Context(), strings.Join(args, ""), f, cmd)
		},
	}
	cmd.Flags().StringArrayVar(&f.faults, "fault", nil, "a fault as in a scenario's file; may be given again, instead of a scenario")
	cmd.Flags().Uint64Var(&f.seed, "seed", 0, "seed of the faults, instead of the scenario's")
	cmd.Flags().StringVar(&f.circuit, "circuit", "", "circuit, instead of the scenario's")
	cmd.Flags().IntVar(&f.cars, "cars", 0, "cars, instead of the scenario's")
	cmd.Flags().IntVar(&f.laps, "laps", 0, "laps, instead of the scenario's")
	cmd.Flags().BoolVar(&f.asJSON, "json", false, "print the verdict as JSON")
	cmd.Flags().StringVar(&f.junit, "junit", "", "write the verdict as JUnit XML to this file")
	cmd.Flags().BoolVar(&f.process, "process", false, "kill the whole server instead of actors")
	cmd.Flags().IntVar(&f.kills, "kills", 5, "how often --process kills the server")
	cmd.Flags().DurationVar(&f.patience, "patience", drill.Patience, "how long the race may stand still before it has failed")
	influxFlags(cmd, &f.influx)
	cmd.AddCommand(newDrillList())
	return cmd
}

func newDrillList() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "list", Short: "List the scenarios that ship with the program", Args: cobra.NoArgs,
		Example: "  lightsout drill list",
		RunE: func(cmd *cobra.Command, _ []string) error {
			all, err := drill.Library()
			if err != nil {
				return fmt.Errorf("open the library: %w", err)
			}
			if asJSON {
				return cli.WriteJSON(cmd.OutOrStdout(), map[string]any{"scenarios": all})
			}
			t := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			fmt.Fprintln(t, "Name\tRace\tWhat happens")
			for _, s := range all {
				fmt.Fprintf(t, "%s\t%d cars, %d laps of %s\t%s\n", s.Name, s.Race.Cars, s.Race.Laps, s.Race.Circuit, s.About)
			}
			return cli.Flush(t)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print as JSON")
	return cmd
}

// errDrillFailed ends the program with exit code 1; the verdict says why.
var errDrillFailed = errors.New("the drill failed")

func runDrill(ctx context.Context, name string, f drillFlags, cmd *cobra.Command) error {
	s, err := drills.FindScenario(name, f.faults)
	if err != nil {
		return err
	}
	if err := f.override(s); err != nil {
		return err
	}
	if f.patience < time.Second {
		return cli.BadInput("--patience is %v: allowed are 1s and more", f.patience)
	}
	v, err := drills.Compare(ctx, s, f.patience, f.influx, cmd.ErrOrStderr())
	if err != nil {
		return cli.AsBadInput(err)
	}
	return f.report(v, cmd.OutOrStdout())
}

// override replaces values of the scenario by those of the flags.
func (f drillFlags) override(s *drill.Scenario) error {
	if f.seed != 0 {
		s.Seed = f.seed
	}
	if f.circuit != "" {
		s.Race.Circuit = f.circuit
	}
	if f.cars != 0 {
		s.Race.Cars = f.cars
	}
	if f.laps != 0 {
		s.Race.Laps = f.laps
	}
	if err := s.Validate(); err != nil {
		return cli.BadInput("%w", err)
	}
	return nil
}

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
		fmt.Fprintf(out, "%d kills of the server; it answered again after %v ms\nstate %s, undisturbed %s\n%s\n", v.Kills,
			v.StartsMS[1:], v.StateHash[:16], v.Undisturbed[:16], map[bool]string{true: "PASSED: identical", false: "FAILED: different"}[v.Passed])
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
