package main

import (
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"lightsout/cmd/internal/cli"
	"lightsout/cmd/internal/manifest"
	"lightsout/cmd/internal/simulation"
)

// simulateFlags are the flags of simulate.
type simulateFlags struct {
	order                            orderFlags
	sweep                            sweepFlags
	options                          simulation.Options
	seeds                            string
	asJSON, printConfig, printSchema bool
}

func newSimulate() *cobra.Command {
	var f simulateFlags
	cmd := &cobra.Command{
		Use:   "simulate",
		Short: "Run a race without a server and print its classification",
		Long: `Run a race without a server, as fast as possible or at --speed times real time, and print its
classification. The same circuit, cars, laps and seed give the same result, to the bit. Without flags the race
is one of 20 cars over 10 laps of Meridian Park. A field that does not fit on the circuit bumper to bumper is a load for the machine,
without physical meaning as a race: simulate says so.

--race FILE gives entries (drivers, pace, grid, strategy) and any figure of the model; --print-config prints the file of a race
with all its fields. The result depends on what is given as well.

With --db the race is kept. If it was interrupted, the same command continues it; if it is over, the classification is
printed and nothing is simulated. An order that differs from the stored race of its id is refused. The file of --log is
written when the race is over: until then an existing file stays as it is. Beside a log or file FILE.manifest.json says how it was
made; lightsout rerun makes it again.

--seeds runs the race with each seed, --jobs at once, into one data set (see lightsout sweep --help).`,
		Example: `  lightsout simulate
  lightsout simulate --circuit harbour --cars 20 --laps 57 --seed 7
  lightsout simulate --circuit speedway --cars 2000 --laps 5 --json --log race.lolog
  lightsout simulate --circuit meridian --laps 57 --seed 7 --db season.db --id round-7
  lightsout simulate --circuit kartwerk --duration 30m
  lightsout simulate --print-config > race.yaml
  lightsout simulate --race race.yaml --seed 8
  lightsout simulate --circuit harbour --seeds 1-200 --jobs 2 --out harbour.csv --page harbour.html`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd) },
	}
	f.order.add(cmd)
	o := &f.options
	cmd.Flags().BoolVar(&f.printConfig, "print-config", false, "print the race file of this race, every field with its value, meaning, range and source")
	cmd.Flags().BoolVar(&f.printSchema, "print-schema", false, "print the JSON schema of race files")
	cmd.Flags().StringVar(&o.ID, "id", "", "id of the race; default: made of circuit, cars, laps and seed")
	cmd.Flags().StringVar(&o.DB, "db", "", "keep the race in this SQLite file")
	cmd.Flags().StringVar(&o.Log, "log", "", "keep the race's log in this file, for time and replay")
	cmd.Flags().StringVar(&f.seeds, "seeds", "", "run the race with each of these seeds, such as 1-200")
	f.sweep.add(cmd)
	cmd.Flags().BoolVar(&f.asJSON, "json", false, "print the classification as JSON")
	cmd.Flags().BoolVar(&o.Progress, "progress", true, "show progress on a terminal")
	return cmd
}

func (f *simulateFlags) run(cmd *cobra.Command) error {
	if f.printSchema {
		return printRaceSchema(cmd)
	}
	if f.seeds != "" {
		return f.runSeeds(cmd)
	}
	for _, flag := range []string{"jobs", "out", "laps-out", "page"} {
		if cmd.Flags().Changed(flag) {
			return cli.BadInput("--%s is for many races: give --seeds as well", flag)
		}
	}
	var err error
	o := f.options
	if o.Order, err = f.order.order(cmd); err != nil {
		return err
	}
	if f.printConfig {
		return printRaceFile(cmd, o.Order)
	}
	o.Progress = o.Progress && term.IsTerminal(int(os.Stderr.Fd()))
	done, err := simulation.Run(cmd.Context(), o, cmd.ErrOrStderr())
	if err != nil {
		return cli.AsBadInput(err)
	}
	m, err := writeManifests(o, done)
	if err != nil {
		return err
	}
	if f.asJSON {
		r := resultOf(done.Race, done.Entries, done.Result)
		r.Manifest = m
		return cli.WriteJSON(cmd.OutOrStdout(), r)
	}
	return printResultTable(cmd.OutOrStdout(), done.Race, done.Entries, done.Result)
}

// runSeeds runs the race with many seeds.
func (f *simulateFlags) runSeeds(cmd *cobra.Command) error {
	for _, flag := range []string{"seed", "id", "db", "log", "speed", "print-config"} {
		if cmd.Flags().Changed(flag) {
			return cli.BadInput("--%s is for one race: it goes without --seeds", flag)
		}
	}
	t, err := f.order.tree(cmd)
	if err != nil {
		return err
	}
	plan, tree, err := seedsPlan(t, f.seeds)
	if err != nil {
		return err
	}
	f.sweep.asJSON, f.sweep.progress = f.asJSON, f.options.Progress
	return f.sweep.run(cmd.Context(), plan, tree, "lightsout simulate --seeds "+f.seeds, cmd.OutOrStdout(), cmd.ErrOrStderr())
}

// writeManifests writes the manifests of log and file beside them, and returns that of the result.
func writeManifests(o simulation.Options, done *simulation.Outcome) (*manifest.Manifest, error) {
	m, err := manifest.New(buildVersion(), done.Race.Race.ID, o.Order, done.Circuit)
	if err != nil {
		return nil, err
	}
	m.StateHash = done.Result.StateHash
	for _, one := range []struct {
		kind, file, beside string
		whole              bool
	}{
		{"log", o.Log, o.Log + manifest.Ending, done.Race.Race.Speed == 0},
		{"db", o.DB, o.DB + "." + string(done.Race.Race.ID) + manifest.Ending, false},
	} {
		if one.file == "" || !cli.Regular(one.file) {
			continue
		}
		of := *m
		of.Began = &done.Began
		if err := of.Write(one.kind, one.file, one.beside, one.whole); err != nil {
			return nil, err
		}
	}
	return m, nil
}
