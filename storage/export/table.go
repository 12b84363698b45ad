package export

import (
	"context"

	"lightsout/race"
)

// Type of a column's values.
type Type uint8

// Types of columns.
const (
	Small   Type = iota // a whole number of 32 bits
	Whole               // a whole number of 64 bits
	Count               // a whole number of 64 bits without a sign
	Real                // a floating-point number
	Text                //
	Truth               // true or false
	Instant             // a moment, in microseconds of UTC
)

// String is the type's name.
func (t Type) String() string {
	return []string{"int32", "int64", "uint64", "double", "text", "bool", "moment"}[t]
}

// Column of a table.
type Column struct {
	Name  string
	Unit  string // empty where there is none
	About string
	Type  Type
	// Optional values may be missing.
	Optional bool
}

// cell is a value of a column.
type cell struct {
	missing bool
	whole   int64 // of Small, Whole, Count, Truth and Instant
	real    float64
	text    string
}

func whole[T ~int | ~int32 | ~int64 | ~uint64](v T) cell { return cell{whole: int64(v)} }
func text(s string) cell                                 { return cell{text: s} }

// word is a text that may be missing.
func word(s string) cell { return cell{text: s, missing: s == ""} }

func truth(v bool) cell {
	if v {
		return cell{whole: 1}
	}
	return cell{}
}

// known is a number that is race.Unknown where it was not reported.
func known[T ~int | ~int32](v T) cell {
	return cell{whole: int64(v), missing: int64(v) == race.Unknown}
}

// above is a number that is missing unless it is above a limit.
func above[T ~int | ~int64](v, limit T) cell { return cell{whole: int64(v), missing: v <= limit} }

// tenths is a number in tenths, race.Unknown where it was not reported.
func tenths[T ~int | ~int32](v T) cell {
	return cell{real: float64(v) / 10, missing: int64(v) == race.Unknown}
}

// seconds of milliseconds that are missing unless they are above a limit.
func seconds(ms, limit int64) cell { return cell{real: float64(ms) / 1000, missing: ms <= limit} }

func number(who *race.Entry) cell {
	if who == nil {
		return cell{missing: true}
	}
	return whole(who.Number)
}

func acronym(who *race.Entry) cell {
	if who == nil {
		return cell{missing: true}
	}
	return word(who.Code)
}

// moment is a UTC time in nanoseconds; 0: missing.
func moment(ns int64) cell { return cell{whole: ns / 1000, missing: ns == 0} }

// date is when something happened: the start signal and the race time.
func (e *Export) date(at race.Micros) cell {
	return cell{whole: e.roster.StartedAt/1000 + int64(at), missing: e.roster.StartedAt == 0}
}

// column of rows of a kind.
type column[R any] struct {
	Column
	of func(e *Export, r *R) cell
}

// table is a list of columns and whoever knows the rows.
type table[R any] struct {
	name, about string
	columns     []column[R]
	// rows calls emit with each row, which it may use again, and stretch where a good place for a cut is.
	rows func(ctx context.Context, e *Export, emit func(*R) error, stretch func() error) error
}

// anyTable is a table of any kind of rows.
type anyTable interface {
	Name() string
	About() string
	Columns() []Column
	write(ctx context.Context, e *Export, to sink) error
}

// sink takes the rows of a table.
type sink interface {
	// row takes a row; cells are borrowed.
	row(cells []cell) error
	stretch() error
	end() error
}

// Name of the table.
func (t *table[R]) Name() string { return t.name }

// About says what its rows are.
func (t *table[R]) About() string { return t.about }

// Columns of the table.
func (t *table[R]) Columns() []Column {
	out := make([]Column, len(t.columns))
	for i := range t.columns {
		out[i] = t.columns[i].Column
	}
	return out
}

func (t *table[R]) write(ctx context.Context, e *Export, to sink) error {
	cells := make([]cell, len(t.columns))
	err := t.rows(ctx, e, func(r *R) error {
		for i := range t.columns {
			cells[i] = t.columns[i].of(e, r)
		}
		e.wrote()
		return to.row(cells)
	}, func() error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return to.stretch()
	})
	if err != nil {
		return err
	}
	return to.end()
}
