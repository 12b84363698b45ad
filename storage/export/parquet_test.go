package export_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"lightsout/storage/export"
)

func mustParquet(t *testing.T, e *export.Export, name string) *parquet.File {
	t.Helper()
	var out bytes.Buffer
	if err := e.Table(context.Background(), name, export.Parquet, &out); err != nil {
		t.Fatal(err)
	}
	f, err := parquet.OpenFile(bytes.NewReader(out.Bytes()), int64(out.Len()))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return f
}

// rowsOf returns the rows of a Parquet file, formatted as in CSV.
func rowsOf(t *testing.T, f *parquet.File, columns []export.Column) [][]string {
	t.Helper()
	var out [][]string
	for _, group := range f.RowGroups() {
		rows := group.Rows()
		buffer := make([]parquet.Row, 10)
		for {
			n, err := rows.ReadRows(buffer)
			for _, row := range buffer[:n] {
				var cells []string
				for i, v := range row {
					cells = append(cells, cellOf(v, columns[i]))
				}
				out = append(out, cells)
			}
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		rows.Close()
	}
	return out
}

func cellOf(v parquet.Value, c export.Column) string {
	switch {
	case v.IsNull():
		return ""
	case c.Type == export.Instant:
		return time.UnixMicro(v.Int64()).UTC().Format("2006-01-02T15:04:05.000000Z")
	case c.Type == export.Count:
		return strconv.FormatUint(v.Uint64(), 10)
	case c.Type == export.Real:
		return strconv.FormatFloat(v.Double(), 'f', -1, 64)
	}
	return v.String()
}

func TestParquet_HasTheValuesOfCSV(t *testing.T) {
	e := mustExport(t, mustKeep(t))
	for _, name := range export.Tables() {
		columns, _, err := export.Columns(name)
		if err != nil {
			t.Fatal(err)
		}
		f := mustParquet(t, e, name)
		if diff := cmp.Diff(mustTable(t, e, name)[1:], rowsOf(t, f, columns)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		for i, field := range f.Schema().Fields() {
			if field.Name() != columns[i].Name || field.Optional() != columns[i].Optional {
				t.Errorf("%s: column %d is %s, optional %v; expected %+v", name, i, field.Name(), field.Optional(), columns[i])
			}
			if unit, _ := f.Lookup("unit:" + columns[i].Name); unit != columns[i].Unit {
				t.Errorf("%s.%s: the unit is %q, expected %q", name, columns[i].Name, unit, columns[i].Unit)
			}
		}
		if id, _ := f.Lookup("race"); id != "r" {
			t.Errorf("%s: the race is %q", name, id)
		}
	}
}

func TestParquet_UsesStandardTypes(t *testing.T) {
	e := mustExport(t, mustKeep(t))
	want := map[string]string{
		"date": "TIMESTAMP(isAdjustedToUTC=true,unit=MICROS)", "time_us": "INT(64,true)", "driver_number": "INT(32,true)", "speed": "DOUBLE", "state": "STRING", "x": "DOUBLE",
	}
	for _, field := range mustParquet(t, e, "telemetry").Schema().Fields() {
		if of, checked := want[field.Name()]; checked && field.Type().String() != of {
			t.Errorf("%s is %s, expected %s", field.Name(), field.Type(), of)
		}
	}
	for _, field := range mustParquet(t, e, "laps").Schema().Fields() {
		if field.Name() == "is_deleted" && field.Type().Kind() != parquet.Boolean {
			t.Errorf("is_deleted is %s", field.Type())
		}
	}
}

func TestParquet_RowGroupsAreOrderedByCar(t *testing.T) {
	const cars, ticks = 1000, 270
	e := mustExport(t, generated{Store: mustKeep(t), cars: cars, ticks: ticks})
	f := mustParquet(t, e, "telemetry")
	var total int64
	for i, group := range f.RowGroups() {
		n := group.NumRows()
		if total += n; n > 1<<18 || i == 0 && n != 262*cars {
			t.Errorf("row group %d has %d rows", i, n)
		}
	}
	if want := int64(cars*ticks + 1); total != want { // plus a sample
		t.Errorf("%d rows, expected %d", total, want)
	}
}
