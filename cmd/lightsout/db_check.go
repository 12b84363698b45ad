package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"lightsout/storage/sqlite"
	"lightsout/transport"
)

func newDBCheck() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "check FILE", Short: "Look whether a file is sound; exit 1 if it is not", Args: cobra.ExactArgs(1),
		Long: `Look whether a file is sound: what SQLite wrote is whole, each race's log is without gaps and can be
read, each block of telemetry can be read, and what follows from the logs is kept. Exit code 1 says
that something is wrong.`,
		Example: "  lightsout db check lightsout.db\n  lightsout db check lightsout.db --json",
		RunE: func(cmd *cobra.Command, args []string) error {
			flaws, err := dbCheck(cmd.Context(), args[0], cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			if asJSON {
				err = writeJSON(cmd.OutOrStdout(), map[string]any{"file": args[0], "sound": len(flaws) == 0, "flaws": flaws})
			} else {
				printFlaws(cmd.OutOrStdout(), args[0], flaws)
			}
			if err == nil && len(flaws) > 0 {
				err = fmt.Errorf("%s: %d flaws", args[0], len(flaws))
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print it as JSON")
	return cmd
}

func dbCheck(ctx context.Context, path string, status io.Writer) ([]sqlite.Flaw, error) {
	store, err := sqlite.OpenForReading(path, transport.Codec{})
	if errors.Is(err, sqlite.ErrDamaged) {
		return []sqlite.Flaw{{Text: err.Error()}}, nil
	}
	if err != nil {
		return nil, badInput("%w", err)
	}
	defer store.Close() //nolint:errcheck // it was only read
	return store.Check(ctx, bar(status, "looking through records and telemetry"))
}

// bar draws how far something has come, on a terminal.
func bar(w io.Writer, what string) func(done, total int64) {
	if !term.IsTerminal(int(os.Stderr.Fd())) {
		return func(int64, int64) {}
	}
	var b *progressbar.ProgressBar
	return func(done, total int64) {
		if b == nil {
			b = newBar(w, total, progressbar.OptionSetDescription(what))
		}
		_ = b.Set64(done) // only drawing
	}
}

func printFlaws(w io.Writer, path string, flaws []sqlite.Flaw) {
	for _, f := range flaws {
		if f.Race != "" {
			fmt.Fprintf(w, "race %s: ", f.Race)
		}
		fmt.Fprintln(w, f.Text)
	}
	if len(flaws) == 0 {
		fmt.Fprintf(w, "%s is sound\n", path)
	}
}
