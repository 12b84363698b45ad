package folder

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"lightsout/race"
)

// Error says what is wrong in a file. Line counts from 1; 0 is the file as a whole.
type Error struct {
	File    string
	Line    int
	Message string
}

// Error names the file and the line first, as compilers do.
func (e *Error) Error() string {
	if e.Line == 0 {
		return e.File + ": " + e.Message
	}
	return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Message)
}

// faultsMax bounds how many faults of a file are told.
const faultsMax = 10

// Faults are what is wrong in a file, line by line, faultsMax at most.
type Faults []*Error

// Error has a line for each fault.
func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i, e := range f {
		lines[i] = e.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap gives the faults one by one.
func (f Faults) Unwrap() []error {
	out := make([]error, len(f))
	for i, e := range f {
		out[i] = e
	}
	return out
}

// table is a CSV file with a header.
type table struct {
	file    string
	columns map[string]int
	rows    [][]string
	lines   []int // of each row
}

// row is one line of a table; the first error of its fields is kept.
type row struct {
	t   *table
	at  int
	err error
}

// readTable reads a CSV file. It must have the columns named; more are welcome.
func readTable(dir fs.FS, file string, columns ...string) (*table, error) {
	f, err := dir.Open(file)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fs.ErrNotExist
		}
		return nil, fmt.Errorf("open %s: %w", file, err)
	}
	defer f.Close() //nolint:errcheck // only read
	r := csv.NewReader(f)
	r.ReuseRecord = false
	header, err := r.Read()
	if errors.Is(err, io.EOF) {
		return nil, &Error{file, 0, "the file is empty: expected a header with the columns " + strings.Join(columns, ", ")}
	}
	if err != nil {
		return nil, csvError(file, err)
	}
	t := &table{file: file, columns: map[string]int{}}
	for i, name := range header {
		t.columns[strings.TrimPrefix(strings.TrimSpace(name), "\ufeff")] = i
	}
	for _, c := range columns {
		if _, ok := t.columns[c]; !ok {
			return nil, &Error{file, 1, fmt.Sprintf("the column %q is missing: expected %s", c, strings.Join(columns, ", "))}
		}
	}
	for {
		fields, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, csvError(file, err)
		}
		line, _ := r.FieldPos(0)
		t.rows, t.lines = append(t.rows, fields), append(t.lines, line)
	}
	return t, nil
}

func csvError(file string, err error) error {
	var parse *csv.ParseError
	if !errors.As(err, &parse) {
		return fmt.Errorf("read %s: %w", file, err)
	}
	what := parse.Err.Error()
	if errors.Is(parse.Err, csv.ErrFieldCount) {
		what = "the number of fields differs from the header's"
	}
	return &Error{file, parse.Line, what}
}

// each calls do for the rows in order, and stops at the first fault: what comes after it may only follow from it.
func (t *table) each(do func(r *row) error) error {
	for i := range t.rows {
		if err := t.do(i, do); err != nil {
			return err
		}
	}
	return nil
}

// all calls do for every row, and tells of several faults at once.
func (t *table) all(do func(r *row) error) error {
	var faults Faults
	for i := range t.rows {
		var fault *Error
		err := t.do(i, do)
		switch {
		case errors.As(err, &fault):
			if faults = append(faults, fault); len(faults) == faultsMax {
				return faults
			}
		case err != nil:
			return err
		}
	}
	if faults != nil {
		return faults
	}
	return nil
}

// do is one row; the first fault of its fields counts.
func (t *table) do(i int, do func(r *row) error) error {
	r := &row{t: t, at: i}
	err := do(r)
	if r.err != nil {
		return r.err
	}
	return err
}

// has says that the table has a column.
func (t *table) has(column string) bool {
	_, ok := t.columns[column]
	return ok
}

// line is where the row stands in its file, the header being line 1.
func (r *row) line() int { return r.t.lines[r.at] }

func (r *row) wrong(format string, args ...any) error {
	return &Error{r.t.file, r.line(), fmt.Sprintf(format, args...)}
}

// text is a field; empty where the table has no such column.
func (r *row) text(column string) string {
	i, ok := r.t.columns[column]
	if !ok {
		return ""
	}
	return strings.TrimSpace(r.t.rows[r.at][i])
}

// number is a whole number from low to high.
func (r *row) number(column string, low, high int64) int64 {
	s := r.text(column)
	v, err := strconv.ParseInt(s, 10, 64)
	if err != nil || v < low || v > high {
		r.fault("%s is %q: expected a whole number from %d to %d", column, s, low, high)
		return low
	}
	return v
}

// optional is a number, or 0 where the field is empty.
func (r *row) optional(column string, low, high int64) int64 {
	if r.text(column) == "" {
		return 0
	}
	return r.number(column, low, high)
}

// micros is a time given by a column in microseconds or one in milliseconds, from low to high.
func (r *row) micros(us, ms string, low, high race.Micros) race.Micros {
	if r.text(us) != "" {
		return race.Micros(r.number(us, int64(low), int64(high)))
	}
	return race.Micros(r.number(ms, low.Millis(), high.Millis())) * race.Millisecond
}

// truth is a field that says yes or no; empty is no.
func (r *row) truth(column string) bool {
	switch s := r.text(column); s {
	case "true", "1", "yes":
		return true
	case "", "false", "0", "no":
	default:
		r.fault("%s is %q: expected true or false", column, s)
	}
	return false
}

// fault keeps what is wrong in the row, if it is the first.
func (r *row) fault(format string, args ...any) {
	if r.err == nil {
		r.err = r.wrong(format, args...)
	}
}

// oneOf checks that a field has one of a few words.
func (r *row) oneOf(column string, words ...string) {
	if s := r.text(column); !slices.Contains(words, s) {
		r.fault("%s is %q: expected one of %s", column, s, strings.Join(words, ", "))
	}
}
