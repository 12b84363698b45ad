package folder

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
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
	line    int            // of the header
	columns map[string]int // by their plain names
	header  []string       // as it is
	rows    [][]string
	lines   []int // of each row
}

// row is one line of a table; the first error of its fields is kept.
type row struct {
	t   *table
	at  int
	err error
}

// parseTable reads CSV separated by commas, semicolons or tabs. It must have the columns named, by any of their names; more
// are welcome. Rows without a value are passed over.
func parseTable(file, text string, columns ...string) (*table, error) {
	separator, text, line := separatorOf(text)
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.FieldsPerRecord, r.TrimLeadingSpace = separator, -1, separator != '\t'
	header, err := r.Read()
	if errors.Is(err, io.EOF) {
		return nil, &Error{file, 0, "the file is empty: expected a header with the columns " + strings.Join(columns, ", ")}
	}
	if err != nil {
		return nil, csvError(file, line, err)
	}
	at, _ := r.FieldPos(0)
	t := &table{file: file, line: line + at, columns: map[string]int{}, header: header}
	if err := t.name(); err != nil {
		return nil, err
	}
	for _, c := range columns {
		if !t.has(c) {
			return nil, t.missing(c)
		}
	}
	for {
		fields, err := r.Read()
		if errors.Is(err, io.EOF) {
			return t, nil
		}
		if err != nil {
			return nil, csvError(file, line, err)
		}
		at, _ := r.FieldPos(0)
		if err := t.add(line+at, fields); err != nil {
			return nil, err
		}
	}
}

// separatorOf tells what separates the fields: what "sep=;" in the first line says, as spreadsheets write it, or the one of
// comma, semicolon and tab that the header has most of. It gives the text without such a line, and how many lines it left out.
func separatorOf(text string) (separator rune, rest string, lines int) {
	first, rest, _ := strings.Cut(text, "\n")
	if said, is := strings.CutPrefix(strings.ToLower(strings.TrimRight(first, "\r")), "sep="); is && len(said) == 1 {
		return rune(said[0]), rest, 1
	}
	counts, quoted := map[rune]int{}, false
	for _, c := range strings.TrimLeft(text, "\r\n") {
		if c == '"' {
			quoted = !quoted
		}
		if c == '\n' && !quoted {
			break
		}
		if !quoted {
			counts[c]++
		}
	}
	separator = ','
	for _, c := range ";\t" {
		if counts[c] > counts[separator] {
			separator = c
		}
	}
	return separator, text, 0
}

// name notes where the columns stand.
func (t *table) name() error {
	for i, name := range t.header {
		plain := plainName(name)
		if _, twice := t.columns[plain]; twice && isColumn[plain] {
			return &Error{t.file, t.line, fmt.Sprintf("the column %q is there twice: expected it once", plain)}
		}
		if _, twice := t.columns[plain]; !twice {
			t.columns[plain] = i
		}
	}
	return nil
}

// missing says which column is, or which of several that are enough, and which there are.
func (t *table) missing(columns ...string) error {
	var names []string
	for _, c := range columns {
		ending := ""
		if slices.Contains(timeColumns, c) {
			ending = "_ms"
		}
		for _, name := range namesOf(c) {
			names = append(names, name+ending)
		}
	}
	return &Error{t.file, t.line, fmt.Sprintf("the column %s is missing: expected %s; the header has %s",
		strings.Join(columns, " or "), strings.Join(names, ", "), clip(strings.Join(t.header, ", ")))}
}

// clip keeps what is said of a file short.
func clip(s string) string {
	if c := []rune(s); len(c) > 200 {
		return string(c[:200]) + " …"
	}
	return s
}

// add takes a row. Fields that are empty at its end may be more or fewer than the header's: spreadsheets write them so.
func (t *table) add(line int, fields []string) error {
	n := len(fields)
	for n > 0 && strings.TrimSpace(fields[n-1]) == "" {
		n--
	}
	if n == 0 {
		return nil
	}
	if n > len(t.header) || len(fields) < len(t.header) {
		return &Error{t.file, line, fmt.Sprintf("the number of fields differs from the header's: %d, expected %d", len(fields), len(t.header))}
	}
	t.rows, t.lines = append(t.rows, fields), append(t.lines, line)
	return nil
}

func csvError(file string, line int, err error) error {
	var parse *csv.ParseError
	if !errors.As(err, &parse) {
		return fmt.Errorf("read %s: %w", file, err)
	}
	what := parse.Err.Error()
	if errors.Is(parse.Err, csv.ErrBareQuote) || errors.Is(parse.Err, csv.ErrQuote) {
		what = `has a quotation mark that neither begins nor ends a field: expected the field in quotation marks, and each one in it twice ("")`
	}
	return &Error{file, line + parse.Line, what}
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
