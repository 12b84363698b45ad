package archive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"

	"lightsout/cmd/internal/cli"
	"lightsout/race"
	"lightsout/storage/sqlite"
	"lightsout/transport"
)

// ImportOptions say where a race is imported to.
type ImportOptions struct {
	DB       string // SQLite file that is to keep the race
	ID       string // empty means the id in the log, or the name of the folder
	Progress bool   // draw a bar
}

// Imported is a race that was imported.
type Imported struct {
	Race       race.ID  `json:"race"`
	Name       string   `json:"name"`
	Status     string   `json:"status"`
	Records    race.Seq `json:"records"`
	Bytes      int64    `json:"bytes"`
	DurationMS int64    `json:"duration_ms"`
	Notes      []string `json:"notes"`
}

// Import imports the race of a log file, of standard input ("-"), or of a folder of CSV or a zip file of it.
func Import(ctx context.Context, path string, f ImportOptions, stdin io.Reader, status io.Writer) (_ *Imported, err error) {
	in, size, said, err := openImport(path, stdin)
	if err != nil {
		return nil, err
	}
	defer in.Close() //nolint:errcheck // only read
	store, err := sqlite.Open(f.DB, transport.Codec{}, cli.Warnings(status))
	if err != nil {
		return nil, cli.BadInput("%w", err)
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	read := &counted{r: in}
	if f.Progress {
		bar := cli.NewBar(status, size, progressbar.OptionSetDescription("import "+path), progressbar.OptionShowBytes(true))
		read.bar = bar
		defer func() { _ = bar.Finish() }() // only drawing
	}
	began := time.Now()
	made, notes, err := ImportLog(ctx, store, read, race.ID(f.ID))
	notes = append(said, notes...)
	if errors.Is(err, race.ErrConflict) {
		return nil, cli.BadInput("%w (--id gives it another)", err)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	end, err := store.FeedEnd(ctx, made.Race.ID)
	if err != nil {
		return nil, err
	}
	return &Imported{made.Race.ID, made.Race.Name, made.Status.String(), end.Seq, read.n, time.Since(began).Milliseconds(), append([]string{}, notes...)}, nil
}

// openImport opens the log of a race: a file, standard input, or a log that is written of a folder of CSV. It returns the size, or -1 if that
// is unknown, and notes on what is suspect.
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

// writeRecords writes a log of records, recorded now.
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

// counted counts and draws what is read.
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
	return n, err
}
