package export

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"lightsout/race"
)

// Format is the file format of tables.
type Format uint8

// Formats of tables.
const (
	CSV Format = iota
	JSONL
	Parquet
)

var formatNames = []string{"csv", "jsonl", "parquet"}

// String returns the format's name, which is also the extension of its files.
func (f Format) String() string { return formatNames[f] }

// MediaType returns the media type of a file.
func (f Format) MediaType() string {
	return []string{"text/csv; charset=utf-8; header=present", "application/jsonl", "application/vnd.apache.parquet"}[f]
}

// Packed reports whether files of the format are already compressed.
func (f Format) Packed() bool { return f == Parquet }

// ParseFormat parses a format's name.
func ParseFormat(s string) (Format, error) {
	i := slices.Index(formatNames, s)
	if i < 0 {
		return 0, invalid("format", s, append(slices.Clone(formatNames), "log"))
	}
	return Format(i), nil
}

func invalid(field, value string, allowed []string) error {
	return &race.InvalidError{Faults: []race.Fault{{
		Field: field, Message: fmt.Sprintf("is %q", value), Allowed: strings.Join(allowed, ", "),
	}}}
}

// tables in the order in which they are written.
var tables = []anyTable{
	entriesTable, linesTable, classificationTable, resultsTable, lapsTable, eventsTable, passingsTable, controlTable, telemetryTable,
}

// Tables returns the names of the tables.
func Tables() []string {
	names := make([]string, len(tables))
	for i, t := range tables {
		names[i] = t.Name()
	}
	return names
}

// Columns returns the columns of a table and a description of its rows.
func Columns(name string) ([]Column, string, error) {
	t, err := find(name)
	if err != nil {
		return nil, "", err
	}
	return t.Columns(), t.About(), nil
}

// KnownTable returns an error that lists the tables if there is none with the name.
func KnownTable(name string) error { _, err := find(name); return err }

func find(name string) (anyTable, error) {
	i := slices.Index(Tables(), name)
	if i < 0 {
		return nil, invalid("table", name, Tables())
	}
	return tables[i], nil
}

// Table writes one table.
func (e *Export) Table(ctx context.Context, name string, f Format, w io.Writer) error {
	t, err := find(name)
	if err != nil {
		return err
	}
	var to sink
	switch f {
	case CSV:
		to, err = newCSV(w, t.Columns())
	case JSONL:
		to = newJSONL(w, t.Columns())
	case Parquet:
		to, err = e.newParquet(w, t)
	}
	if err == nil {
		err = t.write(ctx, e, to)
	}
	if err != nil {
		return fmt.Errorf("table %s: %w", name, err)
	}
	return nil
}

// Folder receives the files of tables.
type Folder interface {
	// Create begins a file; Close completes it.
	Create(name string) (io.WriteCloser, error)
}

// Folder writes race.json and all tables, each to its own file. As CSV it is a folder that storage/folder reads.
func (e *Export) Folder(ctx context.Context, f Format, to Folder) error {
	if err := e.file(to, headFile, e.Head); err != nil {
		return err
	}
	for _, name := range Tables() {
		err := e.file(to, name+"."+f.String(), func(w io.Writer) error { return e.Table(ctx, name, f, w) })
		if err != nil {
			return err
		}
	}
	return nil
}

// file writes a file of a folder. If that fails, the owner of the folder must remove the partial file.
func (e *Export) file(to Folder, name string, write func(io.Writer) error) error {
	file, err := to.Create(name)
	if err != nil {
		return fmt.Errorf("begin %s: %w", name, err)
	}
	if err := write(file); err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return fmt.Errorf("end %s: %w", name, err)
	}
	return nil
}
