package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"lightsout/cmd/internal/cli"
	"lightsout/race"
	"lightsout/storage/influx"
)

// allRaces stands for every race where one is named.
const allRaces = "all"

func newDBRefeed() *cobra.Command {
	var since string
	var asJSON bool
	cmd := &cobra.Command{
		Use: "refeed FILE RACE|all", Short: "Have races fed to InfluxDB again", Args: cobra.ExactArgs(2),
		Long: `Have races fed to InfluxDB again from their beginning, when a server is next started on the file: after points were lost.
That the bucket is another one, a server notices itself. Points that are there already are written over with the same values. What InfluxDB refused of the
races before is forgotten. No server may have the file open. Telemetry that retention has taken away is not fed again.`,
		Example: "  lightsout db refeed lightsout.db kartwerk-20261128-101500-abc\n  lightsout db refeed lightsout.db all\n  lightsout db refeed lightsout.db all --since 2026-11-01",
		RunE: func(cmd *cobra.Command, args []string) error {
			n, err := dbRefeed(cmd.Context(), args[0], race.ID(args[1]), since)
			if err != nil {
				return err
			}
			if asJSON {
				return cli.WriteJSON(cmd.OutOrStdout(), map[string]int64{"races": n})
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%d races are fed again from their beginning\n", n)
			return nil
		},
	}
	cmd.Flags().StringVar(&since, "since", "", "with all: only races made since this date, such as 2026-11-01 or 2026-11-01T12:00:00Z")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print it as JSON")
	return cmd
}

// dbRefeed returns how many races are fed again. Those of which nothing was fed are not counted.
func dbRefeed(ctx context.Context, path string, id race.ID, since string) (n int64, err error) {
	from, err := sinceOf(since)
	if err != nil {
		return 0, err
	}
	switch {
	case id == allRaces:
		id = ""
	case since != "":
		return 0, cli.BadInput("--since is given for race %s: it means something for all", id)
	}
	store, err := openToMaintain(path)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	n, err = store.Refeed(ctx, influx.FeedName, id, from)
	if errors.Is(err, race.ErrNotFound) {
		return 0, cli.BadInput("%s: %w", path, err)
	}
	return n, err
}

// sinceOf reads a date or a moment, in UTC nanoseconds; 0 for none.
func sinceOf(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UnixNano(), nil
		}
	}
	return 0, cli.BadInput("--since is %q: allowed is a date such as 2026-11-01, in UTC, or a moment such as 2026-11-01T12:00:00Z", text)
}
