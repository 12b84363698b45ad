package archive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"lightsout/cmd/internal/cli"
	"lightsout/storage/export"
	"lightsout/transport"
)

// target is the destination of an export.
type target struct {
	flags  ExportOptions
	export *export.Export
	done   Exported
	began  int64 // rows that were written before the open file
}

// write writes the files of the export.
func (t *target) write(ctx context.Context, out io.Writer) error {
	t.done.Out = t.place()
	format, _ := export.ParseFormat(t.flags.Format) // it was checked
	switch {
	case t.flags.Out == "-":
		return t.single(ctx, format, out)
	case t.flags.Format == logFormat || t.flags.Table != "":
		return t.file(t.done.Out, func(w io.Writer) error { return t.single(ctx, format, w) })
	case strings.HasSuffix(t.done.Out, ".zip"):
		return t.file(t.done.Out, func(w io.Writer) error { return t.zip(ctx, format, w) })
	}
	return t.folder(ctx, format)
}

// single writes a table or the log.
func (t *target) single(ctx context.Context, f export.Format, w io.Writer) error {
	if t.flags.Format == logFormat {
		return t.export.Log(ctx, transport.NewLogWriter(w))
	}
	return t.export.Table(ctx, t.flags.Table, f, w)
}

// zip writes all tables into one file.
func (t *target) zip(ctx context.Context, f export.Format, w io.Writer) error {
	z := t.export.NewZip(w, f)
	if err := t.export.Folder(ctx, f, &outZip{t, z}); err != nil {
		return err
	}
	return z.Close()
}

// file writes one file.
func (t *target) file(path string, write func(io.Writer) error) error {
	if err := t.free(path); err != nil {
		return err
	}
	counted := &counter{}
	err := cli.WriteFile(path, func(w io.Writer) error {
		counted.w = w
		return write(counted)
	})
	if err != nil {
		return err
	}
	inside := len(t.done.Files) > 0 // a zip file lists what is in it
	t.done.Bytes = counted.n
	if !inside {
		t.wrote(filepath.Base(path), counted.n)
	}
	return nil
}

func (t *target) folder(ctx context.Context, f export.Format) error {
	dir := t.done.Out
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return cli.BadInput("%w", err)
	}
	for _, name := range export.Files(f) {
		if err := t.free(filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	to := &outFolder{target: t, dir: dir}
	if err := t.export.Folder(ctx, f, to); err != nil {
		return errors.Join(err, to.file.Discard())
	}
	for _, f := range t.done.Files {
		t.done.Bytes += f.Bytes
	}
	return nil
}

// free refuses an existing file.
func (t *target) free(path string) error {
	switch _, err := os.Stat(path); {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return cli.BadInput("%w", err)
	case cli.SameFile(path, t.flags.DB):
		return cli.BadInput("%s is the file that keeps the races: choose another place with --out", path)
	case !t.flags.Force:
		return cli.BadInput("%s is there already: choose another place with --out, or --force to write over it", path)
	}
	return nil
}

// wrote notes a complete file.
func (t *target) wrote(name string, bytes int64) {
	rows := t.export.Written()
	t.done.Files = append(t.done.Files, ExportedFile{Name: name, Rows: rows - t.began, Bytes: bytes})
	t.began, t.done.Rows = rows, rows
}

// outFolder is a folder of the file system.
type outFolder struct {
	*target
	dir  string
	file *cli.OutFile
}

// Create begins a file.
func (o *outFolder) Create(name string) (io.WriteCloser, error) {
	f, err := cli.CreateFile(filepath.Join(o.dir, name))
	if err != nil {
		return nil, err
	}
	o.file = f
	return &counter{w: f, close: f.Close, closed: func(n int64) { o.wrote(name, n) }}, nil
}

// outZip is a folder in a zip file. It counts bytes before compression.
type outZip struct {
	*target
	z *export.Zip
}

// Create begins a file.
func (o *outZip) Create(name string) (io.WriteCloser, error) {
	f, err := o.z.Create(name)
	if err != nil {
		return nil, fmt.Errorf("write the zip file: %w", err)
	}
	return &counter{w: f, close: f.Close, closed: func(n int64) { o.wrote(name, n) }}, nil
}

// counter counts bytes.
type counter struct {
	w      io.Writer
	close  func() error
	closed func(bytes int64)
	n      int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

func (c *counter) Close() error {
	if err := c.close(); err != nil {
		return err
	}
	c.closed(c.n)
	return nil
}
