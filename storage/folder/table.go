package folder

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Error is a fault in a file. Line counts from 1; 0 means the whole file.
type Error struct {
	File    string
	Line    int
	Message string
}

// Error starts with file and line, as compilers do.
func (e *Error) Error() string {
	if e.Line == 0 {
		return e.File + ": " + e.Message
	}
	return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Message)
}

// faultsMax bounds the reported faults of a file.
const faultsMax = 10

// Faults are the faults of a file, by line, at most faultsMax.
type Faults []*Error

// Error has one line for each fault.
func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i, e := range f {
		lines[i] = e.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the faults one by one.
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
	columns map[string]int // by normalised name
	header  []string       // as written
	rows    [][]string
	lines   []int // line of each row
}

// row is one line of a table; it keeps the first error of its fields.
type row struct {
	t   *table
	at  int
	err error
}

// parseTable reads CSV separated by commas, semicolons or tabs. The table must have the given columns, under any of their
// names; more are allowed. Empty rows are skipped.
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

// separatorOf returns the separator of the fields: the one in a first line "sep=;", as spreadsheets write it, or otherwise the
// most frequent of comma, semicolon and tab in the header. It returns the text without such a line, and the number of lines
// removed.
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

// name records the index of each column.
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

// missing returns an error that names the missing column, or the alternatives of which one is needed, and the columns of the
// header.
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

// clip shortens a text for a message.
func clip(s string) string {
	if c := []rune(s); len(c) > 200 {
		return string(c[:200]) + " …"
	}
	return s
}

// add adds a row. Its trailing empty fields may differ in number from the header's, because spreadsheets write them so.
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

// each calls do for the rows in order and stops at the first fault, because later faults may be consequences of it.
func (t *table) each(do func(r *row) error) error {
	for i := range t.rows {
		if err := t.do(i, do); err != nil {
			return err
		}
	}
	return nil
}

// all calls do for every row and returns several faults together.
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

// do calls do for one row; the first fault of its fields counts.
func (t *table) do(i int, do func(r *row) error) error {
	r := &row{t: t, at: i}
	err := do(r)
	if r.err != nil {
		return r.err
	}
	return err
}
