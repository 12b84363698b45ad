package export

import (
	"fmt"
	"io"
	"reflect"

	"github.com/parquet-go/parquet-go"
)

// groupRows is the maximum number of rows in a row group: the unit that a reader can skip, and that is in memory at once.
const groupRows = stretchRows

// handedOver is the number of values of a column passed to the library at once.
const handedOver = 4096

// parquetSink writes row groups, column by column, compressed with zstd.
type parquetSink struct {
	w       *parquet.GenericWriter[any]
	columns []Column
	values  [][]parquet.Value
	words   []lastWord
	group   int // rows in the row group
}

// lastWord avoids converting the same text repeatedly.
type lastWord struct {
	text  string
	value parquet.Value
}

// newParquet begins the file of a table.
func (e *Export) newParquet(w io.Writer, t anyTable) (*parquetSink, error) {
	head := e.summary.Race
	return newParquetSink(w, t.Name(), t.About(), t.Columns(), parquet.KeyValueMetadata("race", string(e.id)),
		parquet.KeyValueMetadata("race_name", head.Name), parquet.KeyValueMetadata("circuit", head.Circuit))
}

// parquetSchema builds the schema from struct tags, the only way in the library that keeps the order of columns.
func parquetSchema(name string, columns []Column) *parquet.Schema {
	fields := make([]reflect.StructField, len(columns))
	for i, c := range columns {
		var of any
		options := ""
		switch c.Type {
		case Small:
			of, options = int32(0), "dict"
		case Whole:
			of, options = int64(0), "delta"
		case Count:
			of, options = uint64(0), "delta"
		case Real:
			of, options = float64(0), "dict"
		case Text:
			of, options = "", "dict"
		case Truth:
			of = false
		case Instant:
			of, options = int64(0), "timestamp(microsecond:utc),delta"
		}
		tag := c.Name
		if c.Optional {
			tag += ",optional"
		}
		if options != "" {
			tag += "," + options
		}
		fields[i] = reflect.StructField{
			Name: fmt.Sprintf("F%d", i), Type: reflect.TypeOf(of), Tag: reflect.StructTag(fmt.Sprintf("parquet:%q", tag)),
		}
	}
	return parquet.NewSchema(name, parquet.SchemaOf(reflect.New(reflect.StructOf(fields)).Interface()))
}

func (s *parquetSink) row(cells []cell) error {
	for i := range cells {
		s.values[i] = append(s.values[i], s.value(i, &cells[i]))
	}
	s.group++
	switch {
	case s.group == groupRows:
		return s.stretch()
	case len(s.values[0]) == handedOver:
		return s.handOver()
	}
	return nil
}

func (s *parquetSink) value(i int, c *cell) parquet.Value {
	column := &s.columns[i]
	level := 0
	if column.Optional {
		if c.missing {
			return parquet.NullValue().Level(0, 0, i)
		}
		level = 1
	}
	var v parquet.Value
	switch column.Type {
	case Small:
		v = parquet.Int32Value(int32(c.whole))
	case Whole, Count, Instant:
		v = parquet.Int64Value(c.whole)
	case Real:
		v = parquet.DoubleValue(c.real)
	case Truth:
		v = parquet.BooleanValue(c.whole != 0)
	case Text:
		last := &s.words[i]
		if last.text != c.text || last.value.IsNull() {
			*last = lastWord{c.text, parquet.ByteArrayValue([]byte(c.text))}
		}
		v = last.value
	}
	return v.Level(0, level, i)
}

func (s *parquetSink) handOver() error {
	for i, column := range s.w.ColumnWriters() {
		if _, err := column.WriteRowValues(s.values[i]); err != nil {
			return fmt.Errorf("write column %s: %w", s.columns[i].Name, err)
		}
		s.values[i] = s.values[i][:0]
	}
	return nil
}

// stretch ends the row group.
func (s *parquetSink) stretch() error {
	if err := s.handOver(); err != nil {
		return err
	}
	s.group = 0
	if err := s.w.Flush(); err != nil {
		return fmt.Errorf("write a row group: %w", err)
	}
	return nil
}

func (s *parquetSink) end() error {
	if err := s.stretch(); err != nil {
		return err
	}
	if err := s.w.Close(); err != nil {
		return fmt.Errorf("end the file: %w", err)
	}
	return nil
}
