package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"lightsout/cmd/internal/archive"
	"lightsout/cmd/internal/cli"
	"lightsout/storage/export"
)

func newExport() *cobra.Command {
	var f archive.ExportOptions
	var asJSON bool
	cmd := &cobra.Command{
		Use: "export RACE", Short: "Export a race as CSV, JSON Lines, Parquet or log", Args: cobra.ExactArgs(1),
		Long: `Export a race, by its id or "latest", from an SQLite file, also while a server writes to it.

csv, jsonl and parquet write a folder, or a zip file if --out ends in .zip: race.json and a file for each table
(` + strings.Join(export.Tables(), ", ") + `), or the one table
that --table names. storage/export/README.md describes the columns and their units. "lightsout time" times a folder or
zip file of CSV again, and "lightsout import" stores it.

log writes the whole race, its records, telemetry and samples, into one file: "lightsout import" makes the same race of
it in another store, to the bit, and "time" and "replay" read it.`,
		Example: `  lightsout export latest --format parquet
  lightsout export meridian-20x57-7 --format csv --out season/round-7.zip
  lightsout export latest --format csv --table laps --out - | head
  lightsout export latest --format log --out race.lolog && lightsout import race.lolog --db other.db
  duckdb -c "SELECT driver_number, max(speed) FROM 'meridian-20x57-7/telemetry.parquet' GROUP BY 1"`,
		RunE: func(cmd *cobra.Command, args []string) error {
			f.Progress = f.Progress && term.IsTerminal(int(os.Stderr.Fd()))
			if f.Out == "-" && asJSON {
				return cli.BadInput("--json and --out - both want standard output")
			}
			done, err := archive.Export(cmd.Context(), args[0], f, cmd.OutOrStdout(), cmd.ErrOrStderr())
			if err != nil {
				return cli.AsBadInput(err)
			}
			return printExported(done, f.Out, asJSON, cmd.OutOrStdout())
		},
	}
	cmd.Flags().StringVar(&f.DB, "db", "lightsout.db", "SQLite file that keeps the races")
	cmd.Flags().StringVar(&f.Format, "format", "csv", "csv, jsonl, parquet or log")
	cmd.Flags().StringVar(&f.Table, "table", "", "one table alone: "+strings.Join(export.Tables(), ", "))
	cmd.Flags().StringVar(&f.Out, "out", "", "folder, file or .zip to write; - is standard output; default: named by the race")
	cmd.Flags().BoolVar(&f.Force, "force", false, "overwrite existing files")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print what was written as JSON")
	cmd.Flags().BoolVar(&f.Progress, "progress", true, "show progress on a terminal")
	return cmd
}

// printExported prints what was exported, unless the export went to standard output.
func printExported(done *archive.Exported, to string, asJSON bool, out io.Writer) error {
	switch {
	case to == "-":
		return nil
	case asJSON:
		return cli.WriteJSON(out, done)
	}
	for _, f := range done.Files {
		fmt.Fprintf(out, "%-24s %12d rows %12d bytes\n", f.Name, f.Rows, f.Bytes)
	}
	fmt.Fprintf(out, "%s: %d rows, %d bytes in %.1f s\n", done.Out, done.Rows, done.Bytes, float64(done.DurationMS)/1000)
	return nil
}
