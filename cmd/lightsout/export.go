package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"lightsout/race/circuit"

	"lightsout/cmd/internal/cli"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"lightsout/race"
	"lightsout/storage/export"
	"lightsout/storage/sqlite"
	"lightsout/transport"
)

var (
	_ export.Source    = (*app)(nil)
	_ export.Source    = stored{}
	_ export.LogWriter = (*transport.LogWriter)(nil)
	_ export.Folder    = (*outFolder)(nil)
	_ export.Folder    = (*outZip)(nil)
)

// logFormat is the format that is no table's: the log itself.
const logFormat = "log"

// logEnding is how names of log files end.
const logEnding = ".lolog"

// exportFlags are what export is asked.
type exportFlags struct {
	db, format, table, out  string
	asJSON, force, progress bool
}

func newExport() *cobra.Command {
	var f exportFlags
	cmd := &cobra.Command{
		Use: "export RACE", Short: "Write a race as CSV, JSON Lines, Parquet or log", Args: cobra.ExactArgs(1),
		Long: `Write a race, by its id or "latest", out of an SQLite file, also while a server runs on it.

csv, jsonl and parquet write a folder, or a zip file where --out ends in .zip: race.json, and a file for each table
(` + strings.Join(export.Tables(), ", ") + `).
With --table it is one of them. The columns and their units are described in storage/export/README.md. A folder or zip
file of CSV is timed again by "lightsout time", and kept by "lightsout import".

log writes all that is kept of the race, its records, telemetry and samples, into one file: "lightsout import" makes the
same race of it in another store, to the bit, and "time" and "replay" read it.`,
		Example: `  lightsout export latest --format parquet
  lightsout export meridian-20x57-7 --format csv --out season/round-7.zip
  lightsout export latest --format csv --table laps --out - | head
  lightsout export latest --format log --out race.lolog && lightsout import race.lolog --db other.db
  duckdb -c "SELECT driver_number, max(speed) FROM 'meridian-20x57-7/telemetry.parquet' GROUP BY 1"`,
		RunE: func(cmd *cobra.Command, args []string) error {
			f.progress = f.progress && term.IsTerminal(int(os.Stderr.Fd()))
			return cli.AsBadInput(exportRace(cmd.Context(), args[0], f, cmd.OutOrStdout(), cmd.ErrOrStderr()))
		},
	}
	cmd.Flags().StringVar(&f.db, "db", "lightsout.db", "SQLite file that keeps the races")
	cmd.Flags().StringVar(&f.format, "format", "csv", "csv, jsonl, parquet or log")
	cmd.Flags().StringVar(&f.table, "table", "", "one table alone: "+strings.Join(export.Tables(), ", "))
	cmd.Flags().StringVar(&f.out, "out", "", "folder, file or .zip to write; - is standard output; by the race's name if not given")
	cmd.Flags().BoolVar(&f.force, "force", false, "write over files that are there")
	cmd.Flags().BoolVar(&f.asJSON, "json", false, "print what was written as JSON")
	cmd.Flags().BoolVar(&f.progress, "progress", true, "show progress on a terminal")
	return cmd
}

// stored is a file of races without a platform: a race that runs elsewhere has its order so far folded from its log.
type stored struct{ *sqlite.Store }

// Classification is the result, or the order so far.
func (s stored) Classification(ctx context.Context, id race.ID) (race.Classification, error) {
	return newApp(s.Store, nil, slog.New(slog.DiscardHandler)).kept(ctx, id)
}

// openStored opens a file of races that is there.
func openStored(path string, log *slog.Logger) (*sqlite.Store, error) {
	if _, err := os.Stat(path); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, cli.BadInput("%s: no such file: expected an SQLite file of lightsout serve --db", path)
		}
		return nil, cli.BadInput("%w", err)
	}
	store, err := sqlite.Open(path, transport.Codec{}, log)
	if err != nil {
		return nil, cli.BadInput("%w", err)
	}
	return store, nil
}

// findRace is the race of an id; "latest" is the newest.
func findRace(ctx context.Context, store *sqlite.Store, name string) (race.ID, error) {
	all, err := store.Summaries(ctx)
	if err != nil {
		return "", err
	}
	if len(all) == 0 {
		return "", cli.BadInput("the file holds no race")
	}
	var known []string
	for _, s := range all {
		if name == "latest" || string(s.Race.ID) == name {
			return s.Race.ID, nil
		}
		known = append(known, string(s.Race.ID))
	}
	more := ""
	if len(known) > 10 {
		known, more = known[:10], fmt.Sprintf(" and %d more", len(all)-10)
	}
	return "", cli.BadInput("no race %q: there are latest, %s%s", name, strings.Join(known, ", "), more)
}

// courseOf gives places to the cars of a race whose circuit is known.
func courseOf(head race.Race) (*export.Course, error) {
	if head.CircuitText == "" {
		return nil, nil //nolint:nilnil // it has none, which is no error
	}
	c, err := circuit.FromText(head.Circuit, head.CircuitText)
	if err != nil {
		return nil, err
	}
	return export.NewCourse(c.Length(), c.At), nil
}

// exported is what an export has written.
type exported struct {
	Race       race.ID        `json:"race"`
	Format     string         `json:"format"`
	Out        string         `json:"out"`
	Files      []exportedFile `json:"files"`
	Rows       int64          `json:"rows"`
	Bytes      int64          `json:"bytes"`
	DurationMS int64          `json:"duration_ms"`
}

// exportedFile is one of its files; of a log, rows are records, frames and pages of samples.
type exportedFile struct {
	Name  string `json:"name"`
	Rows  int64  `json:"rows"`
	Bytes int64  `json:"bytes"`
}

func exportRace(ctx context.Context, name string, f exportFlags, out, status io.Writer) (err error) {
	if err := checkExport(f); err != nil {
		return err
	}
	store, err := openStored(f.db, cli.Warnings(status))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	id, err := findRace(ctx, store, name)
	if err != nil {
		return err
	}
	e, err := export.New(ctx, stored{store}, id, courseOf)
	if err != nil {
		return err
	}
	to := &target{flags: f, export: e, done: exported{Race: id, Format: f.format}}
	if f.progress && f.out != "-" {
		bar := cli.NewBar(status, max(1, e.Estimate(f.tables()...)), progressbar.OptionSetDescription("export "+string(id)),
			progressbar.OptionShowIts(), progressbar.OptionSetItsString("rows"))
		e.Progress = func(rows int64) { _ = bar.Set64(min(rows, bar.GetMax64()-1)) } // only drawing
		defer func() { _ = bar.Finish() }()
	}
	began := time.Now()
	if err := to.write(ctx, out); err != nil {
		return err
	}
	to.done.DurationMS = time.Since(began).Milliseconds()
	return to.report(out)
}

// tables are those that are asked for; none: the log.
func (f exportFlags) tables() []string {
	switch {
	case f.format == logFormat:
		return nil
	case f.table != "":
		return []string{f.table}
	}
	return export.Tables()
}

func checkExport(f exportFlags) error {
	if f.format != logFormat {
		if _, err := export.ParseFormat(f.format); err != nil {
			return err
		}
	}
	if f.table != "" {
		if err := export.KnownTable(f.table); err != nil {
			return err
		}
	}
	switch {
	case f.format == logFormat && f.table != "":
		return cli.BadInput("--table is for csv, jsonl and parquet: a log is whole")
	case f.out == "-" && f.format != logFormat && f.table == "":
		return cli.BadInput("a folder does not fit on standard output: choose a table with --table, or a file that ends in .zip")
	case f.out == "-" && f.asJSON:
		return cli.BadInput("--json and --out - both want standard output")
	}
	return nil
}

// report prints what was written, unless it was written where reports go.
func (t *target) report(out io.Writer) error {
	if t.flags.out == "-" {
		return nil
	}
	if t.flags.asJSON {
		return cli.WriteJSON(out, t.done)
	}
	for _, f := range t.done.Files {
		fmt.Fprintf(out, "%-24s %12d rows %12d bytes\n", f.Name, f.Rows, f.Bytes)
	}
	fmt.Fprintf(out, "%s: %d rows, %d bytes in %.1f s\n", t.done.Out, t.done.Rows, t.done.Bytes, float64(t.done.DurationMS)/1000)
	return nil
}

// fileName of an export without a folder of its own.
func fileName(id race.ID, format, table string) string {
	if format == logFormat {
		return string(id) + logEnding
	}
	return fmt.Sprintf("%s-%s.%s", id, table, format)
}

// place is where an export goes that was not told, or was told a folder alone.
func (t *target) place() string {
	path := t.flags.out
	single := t.flags.format == logFormat || t.flags.table != ""
	if !single {
		if path == "" {
			path = string(t.done.Race)
		}
		return path
	}
	name := fileName(t.done.Race, t.flags.format, t.flags.table)
	if path == "" {
		return name
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return filepath.Join(path, name)
	}
	return path
}
