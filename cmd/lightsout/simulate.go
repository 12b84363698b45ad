package main

import (
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"lightsout/cmd/internal/cli"
	"lightsout/cmd/internal/simulation"
	"lightsout/race"
)

func newSimulate() *cobra.Command {
	var o simulation.Options
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "simulate",
		Short: "Run a race without a server and print its classification",
		Long: `Run a race without a server, as fast as possible or at --speed times real time, and print its
classification. The same circuit, cars, laps and seed give the same result, to the bit. Without flags the race
is one of 20 cars over 10 laps of Meridian Park.

With --db the race is kept. If it was interrupted, the same command continues it; if it is over, the classification is
printed and nothing is simulated. An order that differs from the stored race of its id is refused. The file of --log is
written when the race is over: until then an existing file stays as it is.`,
		Example: `  lightsout simulate
  lightsout simulate --circuit harbour --cars 20 --laps 57 --seed 7
  lightsout simulate --circuit speedway --cars 2000 --laps 5 --json --log race.lolog
  lightsout simulate --circuit meridian --laps 57 --seed 7 --db season.db --id round-7`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.Progress = o.Progress && term.IsTerminal(int(os.Stderr.Fd()))
			done, err := simulation.Run(cmd.Context(), o, cmd.ErrOrStderr())
			if err != nil {
				return cli.AsBadInput(err)
			}
			if asJSON {
				return printResultJSON(cmd.OutOrStdout(), done.Race, done.Entries, done.Result)
			}
			return printResultTable(cmd.OutOrStdout(), done.Race, done.Entries, done.Result)
		},
	}
	orderFlags(cmd, &o.Order)
	cmd.Flags().Float64Var(&o.Order.Speed, "speed", 0, "times real time; 0 is as fast as possible")
	cmd.Flags().StringVar(&o.ID, "id", "", "id of the race; default: made of circuit, cars, laps and seed")
	cmd.Flags().StringVar(&o.DB, "db", "", "keep the race in this SQLite file")
	cmd.Flags().StringVar(&o.Log, "log", "", "keep the race's log in this file, for time and replay")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the classification as JSON")
	cmd.Flags().BoolVar(&o.Progress, "progress", true, "show progress on a terminal")
	return cmd
}

// orderFlags are the flags of the race to simulate.
func orderFlags(cmd *cobra.Command, o *race.Order) {
	cmd.Flags().StringVar(&o.Circuit, "circuit", "meridian", "key of a circuit (see lightsout circuit list) or a circuit file")
	cmd.Flags().IntVar(&o.Cars, "cars", 20, "cars, 1 to 100000")
	cmd.Flags().IntVar(&o.Laps, "laps", 10, "laps, 1 to 10000")
	cmd.Flags().Uint64Var(&o.Seed, "seed", 1, "seed of everything that chance decides")
	cmd.Flags().IntVar(&o.TickHz, "tick-hz", 10, "ticks in a second of race time, a divisor of 1000000 up to 100")
}
