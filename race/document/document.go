package document

import (
	"errors"
	"fmt"
	"strings"

	"lightsout/race"
)

// ErrUnknown is wrapped where a document or a format is asked for that there is not; the error lists what there is.
var ErrUnknown = errors.New("unknown")

// Document is a table with a title, of a version of a race's result.
type Document struct {
	Name    string
	Title   string
	Race    race.Race
	Version race.Version // without its entries
	// Started and Published are as in Input.
	Started, Published string
	Columns            []Column
	Rows               []Row
	// Notes stand under the table.
	Notes []string

	figures figures
	// blocks has the page show each group of rows as a table of its own.
	blocks bool
	// keys are the columns that are repeated where the page cuts a table that is too wide.
	keys int
}

// Column is what stands in a place of every row.
type Column struct {
	Name string // as CSV and JSON have it, without the unit
	Unit string // empty where there is none
	Kind Kind
	// Label is what the page has at the head of the column; empty: the page does without the column.
	Label string
	// only says where alone the column is; empty: everywhere.
	only where
}

// where a column may be alone: on the page, where CSV and JSON have it in other columns; in CSV, where JSON and the page have
// it in the head of the document.
type where string

const (
	onPage where = "page"
	inCSV  where = "csv"
)

// Heading is the column's name with its unit, as CSV and JSON have it.
func (c *Column) Heading() string {
	if c.Unit == "" {
		return c.Name
	}
	return c.Name + "_" + strings.ReplaceAll(c.Unit, "/", "")
}

// Kind is what a column holds.
type Kind uint8

// Kinds of column. Times are whole milliseconds; a Decimal has three places and is kept in thousandths.
const (
	Text Kind = iota
	Number
	Truth
	Time
	Gap
	Decimal
)

var kindNames = [...]string{"text", "number", "truth", "time", "gap", "decimal"}

// String is the kind's name in JSON.
func (k Kind) String() string {
	if int(k) >= len(kindNames) {
		return fmt.Sprintf("unknown_%d", k)
	}
	return kindNames[k]
}

// Row is a line of the table.
type Row struct {
	// Group is the heading on the page under which it stands with its neighbours of the same group; empty: none.
	Group string
	Cells []Cell
}

// Cell is a value, or none.
type Cell struct {
	Known  bool
	Text   string // of a Text column
	Number int64  // of the others; a truth is 0 or 1
	// Page is what the page shows instead; empty: the value. Blank has it show nothing.
	Page  string
	Blank bool
	// Mark is how the page sets it off: "best", "own", "struck", "weak"; empty: not.
	Mark string
}

func text(s string) Cell         { return Cell{Known: s != "", Text: s} }
func number[T ~int](n T) Cell    { return Cell{Known: true, Number: int64(n)} }
func millis(ms int64) Cell       { return Cell{Known: true, Number: ms} }
func (c Cell) as(s string) Cell  { c.Page = s; return c }
func (c Cell) set(m string) Cell { c.Mark = m; return c }

// positive is a number that is none where it is not above 0.
func positive[T ~int | ~int64](n T) Cell { return Cell{Known: n > 0, Number: int64(n)} }

// applies is a time that is none below 0.
func applies(ms int64) Cell { return Cell{Known: ms >= 0, Number: ms} }

func truth(b bool) Cell {
	if b {
		return Cell{Known: true, Number: 1}
	}
	return Cell{Known: true}
}

// makers are the documents by their names, in the order in which they are listed.
var makers = []struct {
	name string
	make func(in *Input, d *Document)
}{
	{"classification", classification},
	{"lap_chart", lapChart},
	{"lap_analysis", lapAnalysis},
	{"best_sectors", bestSectors},
	{"pit_stops", pitStops},
	{"penalties", penalties},
}

// Names are the documents that there are.
func Names() []string {
	names := make([]string, len(makers))
	for i, m := range makers {
		names[i] = m.name
	}
	return names
}

// Make makes the document of a name. An unknown one gives an error that lists those that are known.
func Make(name string, in *Input) (*Document, error) {
	for _, m := range makers {
		if m.name == name {
			d := &Document{
				Name: name, Race: in.Race, Version: in.Result, Started: in.Started, Published: in.Published, figures: in.figures(), keys: 1,
			}
			d.Version.Entries = nil
			m.make(in, d)
			return d, nil
		}
	}
	return nil, fmt.Errorf("%w document %q: allowed are %s", ErrUnknown, name, strings.Join(Names(), ", "))
}

// who are the columns that name a car, and their values.
func who() []Column {
	return []Column{{Name: "driver_number", Kind: Number, Label: "No"}, {Name: "name_acronym", Label: "Car"}}
}

func (in *Input) who(car race.CarIdx) []Cell {
	e := in.entry(car)
	return []Cell{number(e.Number), text(e.Code)}
}

// entry is a car's; an empty one where the slot is none.
func (in *Input) entry(car race.CarIdx) race.Entry {
	if car < 0 || int(car) >= len(in.Entries) {
		return race.Entry{}
	}
	return in.Entries[car]
}

// heading names a car over its group of rows.
func (in *Input) heading(car race.CarIdx) string {
	e := in.entry(car)
	return strings.TrimSpace(fmt.Sprintf("%d  %s", e.Number, race.Isolated(nameOf(e))))
}

func nameOf(e race.Entry) string {
	if e.Name != "" {
		return e.Name
	}
	return e.Code
}

func (d *Document) add(group string, cells ...[]Cell) {
	row := Row{Group: group}
	for _, c := range cells {
		row.Cells = append(row.Cells, c...)
	}
	d.Rows = append(d.Rows, row)
}

func (d *Document) note(format string, args ...any) {
	d.Notes = append(d.Notes, fmt.Sprintf(format, args...))
}
