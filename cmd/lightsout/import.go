package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"lightsout/cmd/internal/archive"
	"lightsout/cmd/internal/cli"
)

func newImport() *cobra.Command {
	var f archive.ImportOptions
	var asJSON bool
	cmd := &cobra.Command{
		Use: "import PATH", Short: "Import a race from a log file, the same to the bit, or from a folder of CSV", Args: cobra.ExactArgs(1),
		Long: `Import a race into an SQLite file. A log file, written by "lightsout export --format log" or "simulate --log", gives the
same race to the bit: records, telemetry and samples; laps, events and results are computed from them. A log that is
cut off or damaged leaves nothing behind. A folder of CSV, or a zip file of it, is timed as by "lightsout time"
(storage/folder/README.md). A running server accepts both at POST /api/v1/races/import.`,
		Example: `  lightsout import race.lolog
  lightsout import race.lolog --db archive.db --id the-same-race-again
  lightsout import races/2022-17-singapore --db archive.db
  curl -H 'content-type: application/vnd.lightsout.log' --data-binary @race.lolog localhost:8080/api/v1/races/import`,
		RunE: func(cmd *cobra.Command, args []string) error {
			f.Progress = f.Progress && term.IsTerminal(int(os.Stderr.Fd()))
			done, err := archive.Import(cmd.Context(), args[0], f, cmd.InOrStdin(), cmd.ErrOrStderr())
			if err != nil {
				return cli.AsBadInput(err)
			}
			if asJSON {
				return cli.WriteJSON(cmd.OutOrStdout(), done)
			}
			for _, n := range done.Notes {
				fmt.Fprintln(cmd.ErrOrStderr(), "note: "+n)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s: %d records, %s, %d bytes read in %.1f s\n", done.Race, done.Records, done.Status, done.Bytes,
				float64(done.DurationMS)/1000)
			return nil
		},
	}
	cmd.Flags().StringVar(&f.DB, "db", "lightsout.db", "SQLite file that keeps the races")
	cmd.Flags().StringVar(&f.ID, "id", "", "id of the race; default: the id in the log, or the name of the folder")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print what was imported as JSON")
	cmd.Flags().BoolVar(&f.Progress, "progress", true, "show progress on a terminal")
	return cmd
}
