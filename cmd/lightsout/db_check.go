package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"lightsout/cmd/internal/cli"

	"github.com/spf13/cobra"

	"lightsout/storage/sqlite"
	"lightsout/transport"
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
			found, err := dbCheck(cmd.Context(), args[0], cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			if asJSON {
				err = cli.WriteJSON(cmd.OutOrStdout(), found)
			} else {
				found.print(cmd.OutOrStdout(), cmd.ErrOrStderr())
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

// checked is what db check found; it is what --json prints.
type checked struct {
	File  string        `json:"file"`
	Sound bool          `json:"sound"`
	Flaws []sqlite.Flaw `json:"flaws"`
	Notes []sqlite.Flaw `json:"notes"` // no damage
}

func dbCheck(ctx context.Context, path string, status io.Writer) (*checked, error) {
	found := &checked{File: path, Flaws: []sqlite.Flaw{}, Notes: []sqlite.Flaw{}}
	store, err := sqlite.OpenForReading(path, transport.Codec{})
	if errors.Is(err, sqlite.ErrDamaged) {
		found.Flaws = append(found.Flaws, sqlite.Flaw{Text: err.Error()})
		return found, nil
	}
	if err != nil {
		return nil, cli.BadInput("%w", err)
	}
	defer store.Close() //nolint:errcheck // it was only read
	still, done, err := store.Still(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	if found.Flaws, err = still.Check(ctx, cli.Bar(status, "looking through records and telemetry")); err != nil {
		return nil, err
	}
	if err := found.races(ctx, still, cli.Bar(status, "timing the races again")); err != nil {
		return nil, err
	}
	found.Sound = len(found.Flaws) == 0
	return found, nil
}

func (f *checked) print(out, status io.Writer) {
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
