package export

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"lightsout/race"
)

// Format is how tables are written.
type Format uint8

// Formats of tables.
const (
	CSV Format = iota
	JSONL
	Parquet
)

var formatNames = []string{"csv", "jsonl", "parquet"}

// String is the format's name, and how its files end.
func (f Format) String() string { return formatNames[f] }

// MediaType of a file.
func (f Format) MediaType() string {
	return []string{"text/csv; charset=utf-8; header=present", "application/jsonl", "application/vnd.apache.parquet"}[f]
}

// Packed says that files of the format gain nothing from being compressed again.
func (f Format) Packed() bool { return f == Parquet }

// ParseFormat reads a format's name.
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
	entriesTable, classificationTable, resultsTable, lapsTable, eventsTable, passingsTable, telemetryTable,
}

// Tables are the names of the tables.
func Tables() []string {
	names := make([]string, len(tables))
	for i, t := range tables {
		names[i] = t.Name()
	}
	return names
}

// Columns of a table, and what its rows are.
func Columns(name string) ([]Column, string, error) {
	t, err := find(name)
	if err != nil {
		return nil, "", err
	}
	return t.Columns(), t.About(), nil
}

// KnownTable says whether there is a table of a name, and which there are.
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

// Folder is where files of tables go.
type Folder interface {
	// Create begins a file; closing it ends it.
	Create(name string) (io.WriteCloser, error)
}

// Tables writes all tables, each to a file of its own name.
func (e *Export) Tables(ctx context.Context, f Format, to Folder) error {
	for _, name := range Tables() {
		file, err := to.Create(name + "." + f.String())
		if err != nil {
			return fmt.Errorf("table %s: %w", name, err)
		}
		if err := e.Table(ctx, name, f, file); err != nil {
			return err // who owns the folder takes what was begun away
		}
		if err := file.Close(); err != nil {
			return fmt.Errorf("table %s: %w", name, err)
		}
	}
	return nil
}
