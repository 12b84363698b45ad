package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lightsout/actors/drill"
	"lightsout/cmd/internal/cli"
	"lightsout/cmd/internal/drills"
	"lightsout/cmd/internal/feed"
)

// drillFlags are the flags of drill.
type drillFlags struct {
	faults  []string
	seed    uint64
	seeds   string
	jobs    int
	circuit string
	cars    int
	laps    int
	asJSON  bool
	junit   string
	process bool
	kills   int
	replay  string
	shrink  string
	out     string
	// patience is how long the race may stand still.
	patience time.Duration
	influx   feed.Config
	cluster  clusterDrillFlags
}

func newDrill() *cobra.Command {
	f := drillFlags{cluster: clusterDrillFlags{kafkaFlags: newKafkaFlags()}}
	cmd := &cobra.Command{
		Use: "drill NAME|FILE…", Short: "Run a race under faults and compare it with the same race undisturbed", Args: cobra.ArbitraryArgs,
		Long: `Run a race under faults and compare it with the same race undisturbed. Faults kill actors, poison them, make them hang,
lose their messages, or fill the disk. The report lists the faults, the recovery times, and whether log, laps,
classification and the state hash at every lap are identical. Exit 1 if they are not, or if no fault was injected.

A scenario comes from the library (lightsout drill list), from a YAML file (actors/drill/SCENARIO.md), or from --fault.
Several names, patterns such as "*-cars", "all" and --seeds run many drills, --jobs at once, and print a table: of each scenario the
drills that failed, their seeds, strikes and the worst recovery. Ctrl-C ends with the table of what was run. With --json, one document
at the end has the table and each drill; lightsout drill compare compares two. Exit 1 if a drill failed.
With --process the race runs in a server process, which is killed with SIGKILL and started again.
With --cluster several races run in processes around a Kafka: roles are killed, frozen and cut off, Kafka is restarted, and every
race must be at every gateway what it is undisturbed.`,
		Example: `  lightsout drill half-the-field
  lightsout drill storm --seed 5 --json
  lightsout drill my-scenario.yaml --junit drill.xml
  lightsout drill storm --out storm
  lightsout drill storm --json > verdict.json; lightsout drill --replay verdict.json
  lightsout drill --fault "kill: car, share: 0.5, every: 1s" --fault "store: full, at: 30s, for: 1s"
  lightsout drill all --junit drills.xml
  lightsout drill "*-cars" storm --seeds 1-50 --jobs 2 --json > results.json
  lightsout drill --process --kills 10 --laps 20
  lightsout drill --cluster simulators-killed --kafka 127.0.0.1:9092`,
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, args) },
	}
	cmd.Flags().StringArrayVar(&f.faults, "fault", nil, "a fault as in a scenario file, instead of a scenario; may be repeated")
	cmd.Flags().Uint64Var(&f.seed, "seed", 0, "seed of the faults, instead of the scenario's")
	cmd.Flags().StringVar(&f.seeds, "seeds", "", "seeds of the faults of many drills, such as 1-200,300")
	cmd.Flags().IntVar(&f.jobs, "jobs", 1, "drills at once; a drill takes one core and more")
	cmd.Flags().StringVar(&f.circuit, "circuit", "", "circuit, instead of the scenario's")
	cmd.Flags().IntVar(&f.cars, "cars", 0, "cars, instead of the scenario's")
	cmd.Flags().IntVar(&f.laps, "laps", 0, "laps, instead of the scenario's")
	cmd.Flags().BoolVar(&f.asJSON, "json", false, "print the verdict as JSON")
	cmd.Flags().StringVar(&f.junit, "junit", "", "write the verdict as JUnit XML to this file")
	cmd.Flags().StringVar(&f.replay, "replay", "", "make the strikes of this verdict (as --json prints it) again, and no others")
	cmd.Flags().StringVar(&f.shrink, "shrink", "", "when the drill fails, look for a few strikes that alone make it fail, and write their verdict as JSON to this file")
	cmd.Flags().StringVar(&f.out, "out", "", "leave manifest, strikes, both logs, the verdict and a page with a timeline in this folder; of many drills, in a folder in it for each")
	cmd.Flags().BoolVar(&f.process, "process", false, "kill the server process instead of actors")
	cmd.Flags().IntVar(&f.kills, "kills", 5, "how often --process kills the server")
	cmd.Flags().DurationVar(&f.patience, "patience", drill.Patience, "how long the race may stand still before the drill fails")
	influxFlags(cmd, &f.influx)
	f.cluster.add(cmd)
	cmd.AddCommand(newDrillList(), newDrillCompare())
	return cmd
}

// run runs the form of drill that the flags ask for.
func (f drillFlags) run(cmd *cobra.Command, args []string) error {
	form, names := "a drill of actors", actorFlags
	many := f.seeds != "" || len(args) > 1 || len(args) == 1 && drills.Several(args[0])
	switch {
	case f.cluster.on:
		form, names = "--cluster", clusterFlagNames
	case f.process:
		form, names = "--process", processFlags
	case many:
		form, names = "many drills", manyFlags
	}
	if err := onlyFlags(cmd, form, names); err != nil {
		return err
	}
	switch {
	case f.patience < time.Second:
		return cli.BadInput("--patience is %v: allowed are 1s and more", f.patience)
	case f.cluster.on && len(args) > 1:
		return cli.BadInput("--cluster takes one scenario: %d are given", len(args))
	case f.cluster.on:
		return runClusterDrill(cmd.Context(), strings.Join(args, ""), f, cmd.OutOrStdout(), cmd.ErrOrStderr())
	case f.process && len(args) > 0:
		return cli.BadInput("--process takes no scenario: the server itself is killed")
	case f.process:
	case f.replay != "" && len(args)+len(f.faults) > 0:
		return cli.BadInput("--replay takes the scenario from its file: give no other")
	case f.replay == "" && (len(args) == 0) == (len(f.faults) == 0):
		return cli.BadInput("which scenario? see lightsout drill list, give a YAML file, or say with --fault what goes wrong")
	}
	if many {
		return f.runMany(cmd, args)
	}
	return runDrill(cmd.Context(), strings.Join(args, ""), f, cmd)
}

// errDrillFailed ends the program with exit code 1; the verdict says why.
var errDrillFailed = errors.New("the drill failed")

func runDrill(ctx context.Context, name string, f drillFlags, cmd *cobra.Command) error {
	t := &drills.Trial{Patience: f.patience, Feed: f.influx, Status: cmd.ErrOrStderr(), Out: f.out, Version: buildVersion()}
	var err error
	switch {
	case f.process:
		t.Scenario, err = f.processScenario()
	case f.replay != "":
		t.Scenario, t.Strikes, err = drills.ReadStrikes(f.replay)
	default:
		t.Scenario, err = drills.FindScenario(name, f.faults)
	}
	if err != nil {
		return err
	}
	if err := f.override(t.Scenario); err != nil {
		return err
	}
	if f.out != "" {
		if err := drills.MayLeave(f.out); err != nil {
			return err
		}
	}
	began := time.Now()
	v, err := t.Compare(ctx)
	if err != nil {
		return cli.AsBadInput(err)
	}
	took := time.Since(began)
	if f.shrink != "" && !v.Passed {
		if err := f.shrunk(ctx, t, v); err != nil {
			return err
		}
	}
	return f.report(v, took, cmd.OutOrStdout())
}

// shrunk writes the verdict on the fewest strikes that make the drill fail.
func (f drillFlags) shrunk(ctx context.Context, t *drills.Trial, failed *drill.Verdict) error {
	least, err := t.Shrink(ctx, failed)
	if err != nil {
		return err
	}
	fmt.Fprintf(t.Status, "%d of %d strikes are enough: lightsout drill --replay %s makes them again\n", len(least.Strikes), failed.Injected, f.shrink)
	return cli.WriteFile(f.shrink, func(w io.Writer) error { return cli.WriteJSON(w, least) })
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
