package export

import (
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"
)

// Sheet writes rows of any origin as Parquet.
type Sheet struct {
	sink  *parquetSink
	cells []cell
}

// NewSheet begins a sheet with columns; about describes its rows.
func NewSheet(w io.Writer, name, about string, columns []Column) (*Sheet, error) {
	sink, err := newParquetSink(w, name, about, columns)
	if err != nil {
		return nil, err
	}
	return &Sheet{sink, make([]cell, len(columns))}, nil
}

// Row appends a row: an int64, float64, string or bool for each column as its type wants, nil where a value is missing.
func (s *Sheet) Row(values []any) error {
	for i, v := range values {
		c := &s.cells[i]
		*c = cell{}
		switch v := v.(type) {
		case nil:
			c.missing = true
		case int64:
			c.whole = v
		case float64:
			c.real = v
		case string:
			c.text = v
		case bool:
			*c = truth(v)
		default:
			return fmt.Errorf("column %s has no place for a %T", s.sink.columns[i].Name, v)
		}
	}
	return s.sink.row(s.cells)
}

// Close ends the file.
func (s *Sheet) Close() error { return s.sink.end() }

// newParquetSink begins a file. Units of columns are in the metadata of the file, as unit:COLUMN, because Parquet readers do not show
// metadata of columns.
func newParquetSink(w io.Writer, name, about string, columns []Column, more ...parquet.WriterOption) (*parquetSink, error) {
	options := append([]parquet.WriterOption{
		parquetSchema(name, columns), parquet.Compression(&parquet.Zstd), parquet.CreatedBy("Lights Out", "1", ""),
		parquet.DataPageStatistics(true), parquet.DictionaryMaxBytes(1 << 20),
		parquet.KeyValueMetadata("table", name), parquet.KeyValueMetadata("about", about),
	}, more...)
	for _, c := range columns {
		if c.Unit != "" {
			options = append(options, parquet.KeyValueMetadata("unit:"+c.Name, c.Unit))
		}
		if c.About != "" {
			options = append(options, parquet.KeyValueMetadata("about:"+c.Name, c.About))
		}
	}
	config, err := parquet.NewWriterConfig(options...)
	if err != nil {
		return nil, fmt.Errorf("set up Parquet: %w", err)
	}
	return &parquetSink{
		w: parquet.NewGenericWriter[any](w, config), columns: columns, values: make([][]parquet.Value, len(columns)),
		words: make([]lastWord, len(columns)),
	}, nil
}
