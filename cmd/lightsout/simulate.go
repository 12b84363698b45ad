package main

import (
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"lightsout/cmd/internal/cli"
	"lightsout/cmd/internal/manifest"
	"lightsout/cmd/internal/simulation"
)

func newSimulate() *cobra.Command {
	var o simulation.Options
	var order orderFlags
	var asJSON, printConfig, printSchema bool
	cmd := &cobra.Command{
		Use:   "simulate",
		Short: "Run a race without a server and print its classification",
		Long: `Run a race without a server, as fast as possible or at --speed times real time, and print its
classification. The same circuit, cars, laps and seed give the same result, to the bit. Without flags the race
is one of 20 cars over 10 laps of Meridian Park.

--race FILE gives entries (drivers, pace, grid, strategy) and any figure of the model; --print-config prints the file of a race
with all its fields. The result depends on what is given as well.

With --db the race is kept. If it was interrupted, the same command continues it; if it is over, the classification is
printed and nothing is simulated. An order that differs from the stored race of its id is refused. The file of --log is
written when the race is over: until then an existing file stays as it is. Beside a log or file FILE.manifest.json says how it was
made; lightsout rerun makes it again.`,
		Example: `  lightsout simulate
  lightsout simulate --circuit harbour --cars 20 --laps 57 --seed 7
  lightsout simulate --circuit speedway --cars 2000 --laps 5 --json --log race.lolog
  lightsout simulate --circuit meridian --laps 57 --seed 7 --db season.db --id round-7
  lightsout simulate --circuit kartwerk --duration 30m
  lightsout simulate --print-config > race.yaml
  lightsout simulate --race race.yaml --seed 8`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if printSchema {
				return printRaceSchema(cmd)
			}
			var err error
			if o.Order, err = order.order(cmd); err != nil {
				return err
			}
			if printConfig {
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
			if asJSON {
				r := resultOf(done.Race, done.Entries, done.Result)
				r.Manifest = m
				return cli.WriteJSON(cmd.OutOrStdout(), r)
			}
			return printResultTable(cmd.OutOrStdout(), done.Race, done.Entries, done.Result)
		},
	}
	order.add(cmd)
	cmd.Flags().BoolVar(&printConfig, "print-config", false, "print the race file of this race, every field with its value, meaning, range and source")
	cmd.Flags().BoolVar(&printSchema, "print-schema", false, "print the JSON schema of race files")
	cmd.Flags().StringVar(&o.ID, "id", "", "id of the race; default: made of circuit, cars, laps and seed")
	cmd.Flags().StringVar(&o.DB, "db", "", "keep the race in this SQLite file")
	cmd.Flags().StringVar(&o.Log, "log", "", "keep the race's log in this file, for time and replay")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the classification as JSON")
	cmd.Flags().BoolVar(&o.Progress, "progress", true, "show progress on a terminal")
	return cmd
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
