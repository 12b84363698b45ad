package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"lightsout/cmd/internal/cli"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"lightsout/race"
	"lightsout/storage/sqlite"
	"lightsout/transport"
)

// importFlags are what import is asked.
type importFlags struct {
	db, id           string
	asJSON, progress bool
}

func newImport() *cobra.Command {
	var f importFlags
	cmd := &cobra.Command{
		Use: "import PATH", Short: "Keep a race of a log file, the same to the bit, or of a folder of CSV", Args: cobra.ExactArgs(1),
		Long: `Keep a race of a log file, written by "lightsout export --format log" or "simulate --log", in an SQLite file: the
same records, telemetry and samples, and the same laps, events and results, which are worked out again. A log that
is cut off or damaged leaves nothing behind. Or keep the race in a folder of CSV, or in a zip file of it, as
"lightsout time" times it (storage/folder/README.md). A running server takes them at POST /api/v1/races/import.`,
		Example: `  lightsout import race.lolog
  lightsout import race.lolog --db archive.db --id the-same-race-again
  lightsout import races/2022-17-singapore --db archive.db
  curl -H 'content-type: application/vnd.lightsout.log' --data-binary @race.lolog localhost:8080/api/v1/races/import`,
		RunE: func(cmd *cobra.Command, args []string) error {
			f.progress = f.progress && term.IsTerminal(int(os.Stderr.Fd()))
			return cli.AsBadInput(importRace(cmd.Context(), args[0], f, cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr()))
		},
	}
	cmd.Flags().StringVar(&f.db, "db", "lightsout.db", "SQLite file that keeps the races")
	cmd.Flags().StringVar(&f.id, "id", "", "id of the race; as in the log, or as the folder is called, if not given")
	cmd.Flags().BoolVar(&f.asJSON, "json", false, "print what was imported as JSON")
	cmd.Flags().BoolVar(&f.progress, "progress", true, "show progress on a terminal")
	return cmd
}

// imported is what import --json prints.
type imported struct {
	Race       race.ID  `json:"race"`
	Name       string   `json:"name"`
	Status     string   `json:"status"`
	Records    race.Seq `json:"records"`
	Bytes      int64    `json:"bytes"`
	DurationMS int64    `json:"duration_ms"`
	Notes      []string `json:"notes"`
}

func importRace(ctx context.Context, path string, f importFlags, stdin io.Reader, out, status io.Writer) (err error) {
	in, size, said, err := openImport(path, stdin)
	if err != nil {
		return err
	}
	defer in.Close() //nolint:errcheck // only read
	store, err := sqlite.Open(f.db, transport.Codec{}, cli.Warnings(status))
	if err != nil {
		return cli.BadInput("%w", err)
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	read := &counted{r: in}
	if f.progress {
		bar := cli.NewBar(status, size, progressbar.OptionSetDescription("import "+path), progressbar.OptionShowBytes(true))
		read.bar = bar
		defer func() { _ = bar.Finish() }() // only drawing
	}
	began := time.Now()
	made, notes, err := importLog(ctx, store, read, race.ID(f.id))
	notes = append(said, notes...)
	if errors.Is(err, race.ErrConflict) {
		return cli.BadInput("%w (--id gives it another)", err)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	end, err := store.FeedEnd(ctx, made.Race.ID)
	if err != nil {
		return err
	}
	done := imported{made.Race.ID, made.Race.Name, made.Status.String(), end.Seq, read.n, time.Since(began).Milliseconds(), append([]string{}, notes...)}
	if f.asJSON {
		return cli.WriteJSON(out, done)
	}
	for _, n := range notes {
		fmt.Fprintln(status, "note: "+n)
	}
	fmt.Fprintf(out, "%s: %d records, %s, %d bytes read in %.1f s\n", done.Race, done.Records, done.Status, done.Bytes, float64(done.DurationMS)/1000)
	return nil
}

// openImport opens the log of a race: a file, standard input, or one that is written of a folder of CSV. It gives its size,
// -1 where that is not known, and what was found suspect.
func openImport(path string, stdin io.Reader) (in io.ReadCloser, size int64, notes []string, err error) {
	if path == "-" {
		return io.NopCloser(stdin), -1, nil, nil
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, 0, nil, cli.BadInput("%w", err)
	}
	info, err := file.Stat()
	switch {
	case err != nil:
		return nil, 0, nil, errors.Join(cli.BadInput("%w", err), file.Close())
	case !info.IsDir() && !isZip(path):
		return file, info.Size(), nil, nil
	}
	r, err := readFolder(path)
	if err = errors.Join(err, file.Close()); err != nil {
		return nil, 0, nil, err
	}
	out, to := io.Pipe()
	go func() { to.CloseWithError(writeRecords(to, r.Records, time.Now().UnixNano())) }()
	return out, -1, r.Notes, nil
}

// writeRecords writes a log of records that are recorded now.
func writeRecords(w io.Writer, records []race.Record, now int64) error {
	log := transport.NewLogWriter(w)
	for i := range records {
		records[i].RecordedAt = now
		if err := log.Record(&records[i]); err != nil {
			return err
		}
	}
	return log.Close()
}

// counted counts what is read, and shows it.
type counted struct {
	r   io.Reader
	n   int64
	bar *progressbar.ProgressBar
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	if c.bar != nil {
		_ = c.bar.Add(n) // only drawing
	}
	return n, err //nolint:wrapcheck // io.EOF must stay what it is
}
