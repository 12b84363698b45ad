package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"lightsout/race"
	"lightsout/race/timing"
)

func newTime() *cobra.Command {
	var asJSON, laps bool
	cmd := &cobra.Command{
		Use:   "time PATH",
		Short: "Time a recorded race and print its classification",
		Long: `Time a recorded race: a log file (simulate --log) or a folder of CSV (laps.csv, and where present
grid.csv, results.csv for rulings, pitstops.csv, race.json; the columns are in storage/folder/README.md).
What is suspect is said on standard error.`,
		Example: `  lightsout time races/2022-17-singapore
  lightsout time race.lolog --json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return timeRace(args[0], asJSON, laps, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the classification as JSON")
	cmd.Flags().BoolVar(&laps, "laps", false, "print every lap as well")
	return cmd
}

func timeRace(path string, asJSON, laps bool, out, status io.Writer) error {
	state := timing.New()
	var facts []race.Fact
	var done []race.Lap
	note := func(s string) { fmt.Fprintln(status, "note: "+s) }
	err := recorded(path, func(s step) error {
		if s.record == nil {
			return nil
		}
		var err error
		if facts, err = state.Apply(s.record, facts[:0]); err != nil {
			note(fmt.Sprintf("record %d at %v is refused: %v", s.record.Seq, s.record.Time, err))
			return nil
		}
		for _, f := range facts {
			if l, ok := f.(race.LapCompleted); ok && laps {
				done = append(done, l.Lap)
			}
		}
		return nil
	}, note)
	if err != nil {
		return err
	}
	if len(state.Entries()) == 0 {
		return badInput("%s: the log announces no race with cars", path)
	}
	head, result := state.Race(), state.Classification()
	if asJSON {
		return printResultJSON(out, head, state.Entries(), result)
	}
	for _, l := range done {
		fmt.Fprintf(out, "%s lap %d %s position %d\n", state.Entries()[l.Car].Code, l.Number, msText(l.DurationMS, ""), l.Position)
	}
	return printResultTable(out, head, state.Entries(), result)
}
