package archive

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

	"github.com/schollz/progressbar/v3"

	"lightsout/cmd/internal/cli"
	"lightsout/race"
	"lightsout/race/circuit"
	"lightsout/storage/export"
	"lightsout/storage/sqlite"
	"lightsout/transport"
)

var (
	_ export.Source    = (*sqlite.Store)(nil)
	_ export.LogWriter = (*transport.LogWriter)(nil)
	_ export.Folder    = (*outFolder)(nil)
	_ export.Folder    = (*outZip)(nil)
)

// logFormat is the one format that has no tables: the log itself.
const logFormat = "log"

// logEnding is how names of log files end.
const logEnding = ".lolog"

// ExportOptions say what of a race is exported, and where to.
type ExportOptions struct {
	DB       string // SQLite file that keeps the race
	Format   string // csv, jsonl, parquet or log
	Table    string // empty means all of them
	Out      string // folder, file or .zip; "-" is standard output; empty means that the race's id names it
	Force    bool   // overwrite files
	Progress bool   // draw a bar
}

// tables are those to export; none means the log.
func (f ExportOptions) tables() []string {
	switch {
	case f.Format == logFormat:
		return nil
	case f.Table != "":
		return []string{f.Table}
	}
	return export.Tables()
}

func checkExport(f ExportOptions) error {
	if f.Format != logFormat {
		if _, err := export.ParseFormat(f.Format); err != nil {
			return err
		}
	}
	if f.Table != "" {
		if err := export.KnownTable(f.Table); err != nil {
			return err
		}
	}
	switch {
	case f.Format == logFormat && f.Table != "":
		return cli.BadInput("--table is for csv, jsonl and parquet: a log is whole")
	case f.Out == "-" && f.Format != logFormat && f.Table == "":
		return cli.BadInput("a folder does not fit on standard output: choose a table with --table, or a file that ends in .zip")
	}
	return nil
}

// Exported is what an export has written.
type Exported struct {
	Race       race.ID        `json:"race"`
	Format     string         `json:"format"`
	Out        string         `json:"out"`
	Files      []ExportedFile `json:"files"`
	Rows       int64          `json:"rows"`
	Bytes      int64          `json:"bytes"`
	DurationMS int64          `json:"duration_ms"`
}

// ExportedFile is a file of an export. In a log, rows are records, frames and pages of samples.
type ExportedFile struct {
	Name  string `json:"name"`
	Rows  int64  `json:"rows"`
	Bytes int64  `json:"bytes"`
}

// Export exports a race, by its id or "latest", and returns what it has written.
func Export(ctx context.Context, name string, f ExportOptions, out, status io.Writer) (_ *Exported, err error) {
	if err := checkExport(f); err != nil {
		return nil, err
	}
	store, err := openStored(f.DB, cli.Warnings(status))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	id, err := findRace(ctx, store, name)
	if err != nil {
		return nil, err
	}
	e, err := NewExport(ctx, store, id)
	if err != nil {
		return nil, err
	}
	to := &target{flags: f, export: e, done: Exported{Race: id, Format: f.Format}}
	if f.Progress && f.Out != "-" {
		bar := cli.NewBar(status, max(1, e.Estimate(f.tables()...)), progressbar.OptionSetDescription("export "+string(id)),
			progressbar.OptionShowIts(), progressbar.OptionSetItsString("rows"))
		e.Progress = func(rows int64) { _ = bar.Set64(min(rows, bar.GetMax64()-1)) } // only drawing
		defer func() { _ = bar.Finish() }()
	}
	began := time.Now()
	err = to.write(ctx, out)
	to.done.DurationMS = time.Since(began).Milliseconds()
	return &to.done, err
}

// openStored opens an existing file of races.
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

// findRace finds a race by its id; "latest" is the newest.
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

// courseOf places the cars of a race on its circuit, if that is known.
func courseOf(info race.Race) (*export.Course, error) {
	if info.CircuitText == "" {
		return nil, nil // no circuit is no error
	}
	c, err := circuit.FromText(info.Circuit, info.CircuitText)
	if err != nil {
		return nil, err
	}
	return export.NewCourse(c.Length(), c.At), nil
}

// fileName is the name of an export that is one file.
func fileName(id race.ID, format, table string) string {
	if format == logFormat {
		return string(id) + logEnding
	}
	return fmt.Sprintf("%s-%s.%s", id, table, format)
}

// place is the path of an export that has no path, or only a folder.
func (t *target) place() string {
	path := t.flags.Out
	single := t.flags.Format == logFormat || t.flags.Table != ""
	if !single {
		if path == "" {
			path = string(t.done.Race)
		}
		return path
	}
	name := fileName(t.done.Race, t.flags.Format, t.flags.Table)
	if path == "" {
		return name
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return filepath.Join(path, name)
	}
	return path
}

// NewExport begins the export of a stored race.
func NewExport(ctx context.Context, store *sqlite.Store, id race.ID) (*export.Export, error) {
	return export.New(ctx, store, id, export.Rules{Course: courseOf, OrderSoFar: func(ctx context.Context, id race.ID) (race.Classification, error) {
		return Standings(ctx, store, id)
	}})
}
