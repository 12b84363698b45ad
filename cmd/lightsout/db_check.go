package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"lightsout/cmd/internal/archive"
	"lightsout/cmd/internal/cli"
	"lightsout/storage/sqlite"
)

func newDBCheck() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "check FILE", Short: "Look whether a file is sound; exit 1 if it is not", Args: cobra.ExactArgs(1),
		Long: `Look whether a file is sound: what SQLite wrote is whole; each race's log is without gaps, can be read, has
one head and can be the work of one race; telemetry can be read, is there once and is of the race's ticks; and laps,
results and counts are those of the log. Exit code 1 says that something is wrong. What is no damage and worth knowing is
said on standard error. A server may be writing the file: it is looked at as it was at one moment.`,
		Example: "  lightsout db check lightsout.db\n  lightsout db check lightsout.db --json",
		RunE: func(cmd *cobra.Command, args []string) error {
			found, err := archive.Check(cmd.Context(), args[0], cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			if asJSON {
				err = cli.WriteJSON(cmd.OutOrStdout(), found)
			} else {
				printChecked(found, cmd.OutOrStdout(), cmd.ErrOrStderr())
			}
			if err == nil && !found.Sound {
				err = fmt.Errorf("%s: %d flaws", args[0], len(found.Flaws))
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print it as JSON")
	return cmd
}

func printChecked(f *archive.Checked, out, status io.Writer) {
	say := func(w io.Writer, before string, flaw sqlite.Flaw) {
		if flaw.Race != "" {
			before += fmt.Sprintf("race %s: ", flaw.Race)
		}
		fmt.Fprintln(w, before+flaw.Text)
	}
	for _, note := range f.Notes {
		say(status, "note: ", note)
	}
	for _, flaw := range f.Flaws {
		say(out, "", flaw)
	}
	if f.Sound {
		fmt.Fprintf(out, "%s is sound\n", f.File)
	}
}
