package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"lightsout/cmd/internal/archive"
	"lightsout/cmd/internal/cli"
	"lightsout/storage/sqlite"
)

func newDBSalvage() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "salvage DAMAGED NEW", Short: "Save what can be read of a damaged file into a new one", Args: cobra.ExactArgs(2),
		Long: `Save what can be read of a damaged file into a new one, race by race: the records of each log up to the first
missing one, all telemetry that can be decoded, samples of real cars, cursors of feeds and imported circuits. Laps,
events and results are computed from the saved logs. The damaged file is only read. A report lists what was saved and
what was lost.`,
		Example: "  lightsout db salvage damaged.db saved.db\n  lightsout db salvage damaged.db saved.db --json",
		RunE: func(cmd *cobra.Command, args []string) error {
			saved, err := archive.Salvage(cmd.Context(), args[0], args[1], cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			if asJSON {
				return cli.WriteJSON(cmd.OutOrStdout(), saved)
			}
			return printSalvaged(cmd.OutOrStdout(), args[1], saved)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print it as JSON")
	return cmd
}

func printSalvaged(w io.Writer, path string, saved *sqlite.Salvaged) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "saved into %s:\n", path)
	fmt.Fprintln(t, "records\tlost\tsamples\tlost\t race")
	for _, r := range saved.Races {
		lost := fmt.Sprint(r.LostRecords)
		if r.LostRecords < 0 {
			lost = "unknown"
		}
		fmt.Fprintf(t, "%d\t%s\t%d\t%d\t %s\n", r.Records, lost, r.Samples, r.LostSamples, r.ID)
	}
	if err := cli.Flush(t); err != nil {
		return err
	}
	for _, r := range saved.Races {
		for _, note := range r.Notes {
			fmt.Fprintf(w, "race %s: %s\n", r.ID, note)
		}
	}
	for _, lost := range saved.Lost {
		fmt.Fprintln(w, "lost: "+lost)
	}
	return nil
}
