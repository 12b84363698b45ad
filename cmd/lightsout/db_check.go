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
		Use: "check FILE", Short: "Check a file for damage; exit 1 if there is any", Args: cobra.ExactArgs(1),
		Long: `Check a file for damage. SQLite's pages must be intact. Each race's log must be readable and complete, announce one race,
and be one that a single producer can have made; its telemetry must be readable, and match the ticks of the race; and
laps, results and counts must be those that follow from the log. Exit code 1 means damage. Notes that are no damage go to
standard error. A server may write to the file meanwhile: the check sees it as it was at one moment.`,
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
