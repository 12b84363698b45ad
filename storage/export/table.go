package export

import (
	"context"

	"lightsout/race"
)

// Type of a column's values.
type Type uint8

// Types of columns.
const (
	Small Type = iota // a 32-bit integer
	Whole             // a 64-bit integer
	Count             // an unsigned 64-bit integer
	Real              // a floating-point number
	Text
	Truth   // true or false
	Instant // a UTC time, in microseconds
)

// String returns the type's name.
func (t Type) String() string {
	return []string{"int32", "int64", "uint64", "double", "text", "bool", "moment"}[t]
}

// Column of a table.
type Column struct {
	Name  string
	Unit  string // empty if there is none
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

// word returns a text that is missing if empty.
func word(s string) cell { return cell{text: s, missing: s == ""} }

func truth(v bool) cell {
	if v {
		return cell{whole: 1}
	}
	return cell{}
}

// known returns a number that is missing if it is race.Unknown.
func known[T ~int | ~int32](v T) cell {
	return cell{whole: int64(v), missing: int64(v) == race.Unknown}
}

// above returns a number that is missing unless it is above a limit.
func above[T ~int | ~int64](v, limit T) cell { return cell{whole: int64(v), missing: v <= limit} }

// tenths returns a number of tenths that is missing if it is race.Unknown.
func tenths[T ~int | ~int32](v T) cell {
	return cell{real: float64(v) / 10, missing: int64(v) == race.Unknown}
}

// seconds converts milliseconds; missing unless above a limit.
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

// moment returns a UTC time in nanoseconds; 0 means missing.
func moment(ns int64) cell { return cell{whole: ns / 1000, missing: ns == 0} }

// date returns the start signal plus the race time.
func (e *Export) date(at race.Micros) cell {
	return cell{whole: e.roster.StartedAt/1000 + int64(at), missing: e.roster.StartedAt == 0}
}

// column is a column of rows of type R.
type column[R any] struct {
	Column
	of func(e *Export, r *R) cell
}

// table is a list of columns and the source of the rows.
type table[R any] struct {
	name, about string
	columns     []column[R]
	// rows calls emit with each row, which it may reuse, and stretch at places where a file may be divided.
	rows func(ctx context.Context, e *Export, emit func(*R) error, stretch func() error) error
}

// anyTable is a table with any type of rows.
type anyTable interface {
	Name() string
	About() string
	Columns() []Column
	write(ctx context.Context, e *Export, to sink) error
}

// sink receives the rows of a table.
type sink interface {
	// row writes a row; it must not keep cells.
	row(cells []cell) error
	stretch() error
	end() error
}

// Name returns the name of the table.
func (t *table[R]) Name() string { return t.name }

// About returns the description of its rows.
func (t *table[R]) About() string { return t.about }

// Columns returns the columns of the table.
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
