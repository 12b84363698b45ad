package document

import (
	"errors"
	"fmt"
	"strings"

	"lightsout/race"
)

// ErrUnknown is wrapped for an unknown document or format; the error lists the known ones.
var ErrUnknown = errors.New("unknown")

// Document is a table with a title, for one version of a race's result.
type Document struct {
	Name    string
	Title   string
	Race    race.Race
	Version race.Version // without its entries
	// Started and Published are as in Input.
	Started, Published string
	Columns            []Column
	Rows               []Row
	// Notes are printed below the table.
	Notes []string

	figures figures
	// blocks makes the page show each group of rows as a table of its own.
	blocks bool
	// keys is the number of columns that are repeated when the page splits a table that is too wide.
	keys int
}

// Column describes a column of the table.
type Column struct {
	Name string // in CSV and JSON, without the unit
	Unit string // empty if there is none
	Kind Kind
	// Label is the column's heading on the page; empty means that the page omits the column.
	Label string
	// only restricts the column to one place; empty means everywhere.
	only where
}

// where is the only place of a column: the page, if CSV and JSON have the value in other columns; or CSV, if JSON and the page
// have it in the head of the document.
type where string

const (
	onPage where = "page"
	inCSV  where = "csv"
)

// Heading returns the column's name with its unit, as in CSV and JSON.
func (c *Column) Heading() string {
	if c.Unit == "" {
		return c.Name
	}
	return c.Name + "_" + strings.ReplaceAll(c.Unit, "/", "")
}

// Kind is the type of a column's values.
type Kind uint8

// Kinds of column. Times are whole milliseconds; a Decimal has three places and is stored in thousandths.
const (
	Text Kind = iota
	Number
	Truth
	Time
	Gap
	Decimal
)

var kindNames = [...]string{"text", "number", "truth", "time", "gap", "decimal"}

// String returns the kind's name in JSON.
func (k Kind) String() string {
	if int(k) >= len(kindNames) {
		return fmt.Sprintf("unknown_%d", k)
	}
	return kindNames[k]
}

// Row is a line of the table.
type Row struct {
	// Group is the heading on the page above consecutive rows of the same group; empty means none.
	Group string
	Cells []Cell
}

// Cell is a value, or missing.
type Cell struct {
	Known  bool
	Text   string // of a Text column
	Number int64  // of the other kinds; a bool is 0 or 1
	// Page is shown on the page instead; empty means the value. Blank shows nothing.
	Page  string
	Blank bool
	// Mark is the highlighting on the page: "best", "own", "struck", "weak"; empty means none.
	Mark string
}

func text(s string) Cell         { return Cell{Known: s != "", Text: s} }
func number[T ~int](n T) Cell    { return Cell{Known: true, Number: int64(n)} }
func millis(ms int64) Cell       { return Cell{Known: true, Number: ms} }
func (c Cell) as(s string) Cell  { c.Page = s; return c }
func (c Cell) set(m string) Cell { c.Mark = m; return c }

// positive returns a number that is missing unless it is above 0.
func positive[T ~int | ~int64](n T) Cell { return Cell{Known: n > 0, Number: int64(n)} }

// orNone returns a number that is missing if it is nil.
func orNone[T ~int | ~int64](n *T) Cell {
	if n == nil {
		return Cell{}
	}
	return Cell{Known: true, Number: int64(*n)}
}

// applies returns a time that is missing below 0.
func applies(ms int64) Cell { return Cell{Known: ms >= 0, Number: ms} }

func truth(b bool) Cell {
	if b {
		return Cell{Known: true, Number: 1}
	}
	return Cell{Known: true}
}

// makers are the documents by name, in the order of Names.
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

// Names returns the names of all documents.
func Names() []string {
	names := make([]string, len(makers))
	for i, m := range makers {
		names[i] = m.name
	}
	return names
}

// Make makes a document. The error for an unknown name lists the known ones.
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

// who returns the columns that identify a car.
func who() []Column {
	return []Column{{Name: "driver_number", Kind: Number, Label: "No"}, {Name: "name_acronym", Label: "Car"}}
}

func (in *Input) who(car race.CarIdx) []Cell {
	e := in.entry(car)
	return []Cell{number(e.Number), text(e.Code)}
}

// entry returns a car's entry; an empty one for an invalid slot.
func (in *Input) entry(car race.CarIdx) race.Entry {
	if car < 0 || int(car) >= len(in.Entries) {
		return race.Entry{}
	}
	return in.Entries[car]
}

// heading returns the heading of a car's group of rows.
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
