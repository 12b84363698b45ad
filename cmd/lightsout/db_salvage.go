package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"text/tabwriter"

	"lightsout/cmd/internal/cli"

	"github.com/spf13/cobra"

	"lightsout/race"
	"lightsout/storage/sqlite"
	"lightsout/transport"
)

func newDBSalvage() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "salvage DAMAGED NEW", Short: "Save what can still be read of a damaged file into a new one", Args: cobra.ExactArgs(2),
		Long: `Save what can still be read of a damaged file into a new one, race by race: of each log the records up
to the first that is missing, all telemetry that can be decoded, samples of real cars, cursors of
feeds and imported circuits. Laps, events and results are worked out again from the log that was
saved. The damaged file is only read. What was saved and what was lost is printed.`,
		Example: "  lightsout db salvage damaged.db saved.db\n  lightsout db salvage damaged.db saved.db --json",
		RunE: func(cmd *cobra.Command, args []string) error {
			saved, err := dbSalvage(cmd.Context(), args[0], args[1], cmd.ErrOrStderr())
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

func dbSalvage(ctx context.Context, damaged, path string, status io.Writer) (*sqlite.Salvaged, error) {
	saved, err := sqlite.Salvage(ctx, damaged, path, transport.Codec{}, func(what string) { fmt.Fprintln(status, "saving "+what) })
	if err != nil {
		return nil, asSalvageInput(err)
	}
	log := slog.New(slog.DiscardHandler)
	store, err := sqlite.Open(path, transport.Codec{}, log)
	if err != nil {
		return nil, err
	}
	a := newApp(store, nil, log)
	fmt.Fprintln(status, "working out what follows from the logs")
	lagging, err := a.Lagging(ctx)
	if err == nil {
		err = a.catchUp(ctx, lagging)
	}
	if err == nil {
		err = compareResults(ctx, a, saved)
	}
	return saved, errors.Join(err, store.Close())
}

func asSalvageInput(err error) error {
	if errors.Is(err, race.ErrConflict) {
		return cli.BadInput("%w", err)
	}
	return err
}

// compareResults compares the results that follow from the saved logs with those that were kept: a difference is damage that
// no checksum has seen.
func compareResults(ctx context.Context, a *app, saved *sqlite.Salvaged) error {
	for i := range saved.Races {
		r := &saved.Races[i]
		if _, err := a.settled(ctx, r.ID); err != nil {
			return err
		}
		versions, err := a.Versions(ctx, r.ID)
		if err != nil {
			return err
		}
		for _, v := range versions {
			if was, known := r.Hashes[v.Version]; known && was != v.StateHash {
				r.Notes = append(r.Notes, fmt.Sprintf("version %d of its result is not what was kept: its log is damaged where no check sees it", v.Version))
			}
		}
	}
	return nil
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
