package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"text/tabwriter"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"lightsout/cmd/internal/cli"
	"lightsout/storage/sqlite"
	"lightsout/transport"
)

func newDB() *cobra.Command {
	cmd := &cobra.Command{
		Use: "db", Short: "Maintain the SQLite file that keeps the races", Args: cobra.NoArgs,
		Long: `Maintain the SQLite file that keeps the races. info, check and backup work on a file that a server is writing; vacuum and refeed do not.
You can also query the tables with sqlite3: storage/sqlite/README.md has useful queries.`,
		Example: `  lightsout db info lightsout.db
  lightsout db check lightsout.db
  lightsout db backup lightsout.db backup.db
  lightsout db refeed lightsout.db all
  lightsout db vacuum lightsout.db
  lightsout db salvage damaged.db saved.db`,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newDBInfo(), newDBCheck(), newDBVacuum(), newDBSalvage(), newDBBackup(), newDBRefeed())
	return cmd
}

func newDBInfo() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "info FILE", Short: "Show what a file holds", Args: cobra.ExactArgs(1),
		Long: `Show what a file holds: the version of its schema, its size, rows and bytes of each table, records,
telemetry and bytes a sample of each race, and how far feeds have come. It reads the whole file.`,
		Example: "  lightsout db info lightsout.db\n  lightsout db info lightsout.db --json",
		RunE: func(cmd *cobra.Command, args []string) error {
			info, err := dbInfo(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			if asJSON {
				return cli.WriteJSON(cmd.OutOrStdout(), info)
			}
			return printInfo(cmd.OutOrStdout(), info)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print it as JSON")
	return cmd
}

func dbInfo(ctx context.Context, path string) (*sqlite.Info, error) {
	store, err := sqlite.OpenForReading(path, transport.Codec{})
	if err != nil {
		return nil, cli.BadInput("%w", err)
	}
	defer store.Close() //nolint:errcheck // it was only read
	return store.Info(ctx)
}

func size(n int64) string { return humanize.Bytes(uint64(max(n, 0))) }

func printInfo(w io.Writer, i *sqlite.Info) error {
	fmt.Fprintf(w, "%s: schema version %d, %s, of which %s are free; %s in the WAL\n\n", i.Path, i.SchemaVersion, size(i.FileBytes),
		size(i.FreeBytes), size(i.WALBytes))
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "rows\tsize\t table")
	for _, v := range i.Tables {
		fmt.Fprintf(t, "%d\t%s\t %s\n", v.Rows, size(v.Bytes), v.Name)
	}
	if len(i.Races) > 0 {
		fmt.Fprintln(t, "\nrecords\tsamples\ttelemetry\tbytes/sample\t race")
	}
	for _, r := range i.Races {
		fmt.Fprintf(t, "%d\t%d\t%s\t%.2f\t %s (%s, %s, %d cars)\n", r.Records, r.Samples, size(r.TelemetryBytes), r.BytesPerSample,
			r.ID, r.Kind, r.Status, r.Cars)
	}
	if len(i.Feeds) > 0 {
		fmt.Fprintln(t, "\nrecord\ttick\tbatch\tput aside\t feed and race")
	}
	for _, f := range i.Feeds {
		behind := ""
		if f.Behind {
			behind = ", behind"
		}
		fmt.Fprintf(t, "%d\t%d\t%d\t%d\t %s in %s%s\n", f.Seq, f.Tick, f.Count, f.Rejected, f.Feed, f.Race, behind)
	}
	return cli.Flush(t)
}

func newDBVacuum() *cobra.Command {
	var asJSON, incremental bool
	cmd := &cobra.Command{
		Use: "vacuum FILE", Short: "Give the free space of a file back to the disk", Args: cobra.ExactArgs(1),
		Long: `Rewrite a file without its free pages. No server may have it open, and the disk needs room for a second copy meanwhile.
With --incremental the free pages are given back without rewriting the file.`,
		Example: "  lightsout db vacuum lightsout.db\n  lightsout db vacuum lightsout.db --incremental --json",
		RunE: func(cmd *cobra.Command, args []string) error {
			before, after, err := dbVacuum(cmd.Context(), args[0], incremental)
			if err != nil {
				return err
			}
			if asJSON {
				return cli.WriteJSON(cmd.OutOrStdout(), map[string]int64{"before_bytes": before, "after_bytes": after})
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s: %s before, %s after\n", args[0], size(before), size(after))
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print it as JSON")
	cmd.Flags().BoolVar(&incremental, "incremental", false, "give back free pages only, without rewriting the file")
	return cmd
}

func dbVacuum(ctx context.Context, path string, incremental bool) (before, after int64, err error) {
	store, err := openToMaintain(path)
	if err != nil {
		return 0, 0, err
	}
	before, after, err = store.Vacuum(ctx, incremental)
	if closed := store.Close(); err == nil {
		err = closed
	}
	return before, after, err
}

// openToMaintain opens a file that is there and that no server has open.
func openToMaintain(path string) (*sqlite.Store, error) {
	reading, err := sqlite.OpenForReading(path, transport.Codec{}) // it names what is wrong, and creates no file
	if err != nil {
		return nil, cli.BadInput("%w", err)
	}
	if err := reading.Close(); err != nil {
		return nil, fmt.Errorf("close %s: %w", path, err)
	}
	store, err := sqlite.Open(path, transport.Codec{}, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, cli.BadInput("%w", err)
	}
	return store, nil
}
