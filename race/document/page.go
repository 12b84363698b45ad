package document

import (
	"cmp"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"lightsout/race"
)

//go:embed page.html
var pageText string

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// columnsMax is how many columns fit on a page; the other columns of a wider table are printed below, with its keys repeated.
const columnsMax = 23

// widthMax is how many columns may have their natural width; in a wider table all are narrow.
const widthMax = 18

// wordMax is the longest text that is not wrapped.
const wordMax = 16

// page is the input of the template.
type page struct {
	Title, Race string
	Name        string   // of the race, for a sentence
	Facts       []string // of the race, in one line
	Issue       string   // the version and its status
	Details     []detail // of the version
	Foot        string
	Blocks      bool
	Narrow      bool // many narrow columns
	Tables      []pageTable
	Notes       []string
	Hash        string
}

type detail struct{ Label, Text string }

// pageTable is a table of the page. Its groups have headings between the rows; the first may have none.
type pageTable struct {
	Heading string
	Head    []pageCell
	Groups  []pageGroup
	Width   int
}

type pageGroup struct {
	Heading string
	Rows    [][]pageCell
}

type pageCell struct {
	Text, Class string
	Own         bool // a text, written in its own direction
}

// WriteHTML writes a page to print: A4, without scripts, in a single file.
func (d *Document) WriteHTML(w io.Writer) error {
	p := page{
		Title: d.Title, Race: d.Race.Name, Facts: d.facts(), Issue: issue(&d.Version), Details: d.details(),
		Blocks: d.blocks, Notes: d.Notes, Hash: d.Version.StateHash,
	}
	if p.Race == "" {
		p.Race = string(d.Race.ID)
	}
	p.Name = race.Isolated(p.Race)
	p.Foot = p.Name + " · " + p.Title
	if d.Version.Version > 0 {
		p.Foot += fmt.Sprintf(" · version %d", d.Version.Version)
	}
	if len(d.Rows) > 0 {
		p.Tables = d.tables()
	}
	p.Narrow = slices.ContainsFunc(p.Tables, func(t pageTable) bool { return t.Width > widthMax })
	if err := pageTemplate.Execute(w, p); err != nil {
		return fmt.Errorf("write %s: %w", d.Name, err)
	}
	return nil
}

// facts returns the known figures that are printed below the name of the race.
func (d *Document) facts() (out []string) {
	f, rules := &d.figures, &d.Race.Rules
	add := func(parts ...string) {
		parts = slices.DeleteFunc(parts, func(s string) bool { return s == "" })
		if len(parts) > 0 {
			out = append(out, strings.Join(parts, ", "))
		}
	}
	add(moment(d.Started))
	add(race.Isolated(cmp.Or(f.circuit, d.Race.Circuit)), kilometres(f.lengthM))
	switch {
	case f.laps == 1:
		add("1 lap", kilometres(f.distanceM(1)))
	case f.laps > 0:
		add(fmt.Sprintf("%d laps", f.laps), kilometres(f.distanceM(f.laps)))
	case rules.WindowLimit > 0:
		add(strings.TrimSuffix(rules.WindowLimit.String(), ".000"))
	}
	if rules.Name != "" {
		add("rules: " + rules.Name)
	}
	if d.Race.Kind == race.Simulation {
		add("simulation")
	}
	return out
}

// kilometres formats a length in metres; empty if it is 0.
func kilometres(m int64) string {
	if m <= 0 {
		return ""
	}
	return decimal(m) + " km"
}

// decimal formats a number of thousandths.
func decimal(n int64) string { return fmt.Sprintf("%d.%03d", n/1000, n%1000) }

var months = [...]string{
	"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
}

// moment formats an instant in RFC 3339, UTC, for print: 24 November 2026, 18:03 UTC. Empty stays empty.
func moment(at string) string {
	var year, month, day, hour, minute int
	_, err := fmt.Sscanf(at, "%d-%d-%dT%d:%d", &year, &month, &day, &hour, &minute)
	if err != nil || month < 1 || month > len(months) {
		return at
	}
	return fmt.Sprintf("%d %s %d, %02d:%02d UTC", day, months[month-1], year, hour, minute)
}

func issue(v *race.Version) string {
	if v.Version == 0 {
		return "No result yet"
	}
	return fmt.Sprintf("Version %d · %s", v.Version, v.Status)
}

// details returns author, reason and time of the version, and the winner's race time and average speed.
func (d *Document) details() []detail {
	v := &d.Version
	if v.Version == 0 {
		return []detail{{"State", "the order so far"}}
	}
	var out []detail
	for _, one := range []detail{{"By", v.Author}, {"Reason", v.Reason}, {"Published", moment(d.Published)}} {
		if one.Text != "" {
			out = append(out, one)
		}
	}
	if f := &d.figures; f.timeMS > 0 {
		out = append(out, detail{"Race time", duration(f.timeMS)})
		if f.speed > 0 {
			out = append(out, detail{"Average speed", decimal(f.speed) + " km/h"})
		}
	}
	return out
}

// tables splits the rows into tables: one for each group if blocks is set, and by columns if they are too wide.
func (d *Document) tables() (out []pageTable) {
	if !d.blocks {
		return d.cut("", d.Rows)
	}
	for from := 0; from < len(d.Rows); {
		to := from
		for to < len(d.Rows) && d.Rows[to].Group == d.Rows[from].Group {
			to++
		}
		out = append(out, d.cut(d.Rows[from].Group, d.Rows[from:to])...)
		from = to
	}
	return out
}

// cut splits rows into as many tables as their width needs.
func (d *Document) cut(heading string, rows []Row) (out []pageTable) {
	shown := d.shown(rows)
	room := columnsMax - d.keys
	for from := d.keys; from == d.keys || from < len(shown); from += room {
		columns := slices.Concat(shown[:d.keys], shown[min(from, len(shown)):min(from+room, len(shown))])
		t := d.table(columns)
		t.Heading, t.Groups = heading, d.groups(columns, rows)
		if heading != "" {
			t.Groups[0].Heading = ""
		}
		out = append(out, t)
	}
	return out
}

// shown returns the columns with a label that have a value in some row, and always the keys.
func (d *Document) shown(rows []Row) (out []int) {
	for _, i := range d.columns(onPage) {
		if d.Columns[i].Label == "" {
			continue
		}
		some := len(out) < d.keys || slices.ContainsFunc(rows, func(r Row) bool {
			c := &r.Cells[i]
			return !c.Blank && (c.Known || c.Page != "")
		})
		if some {
			out = append(out, i)
		}
	}
	return out
}

func (d *Document) table(columns []int) pageTable {
	t := pageTable{Width: len(columns)}
	for _, i := range columns {
		t.Head = append(t.Head, pageCell{Text: strings.TrimSpace(d.Columns[i].Label), Class: d.Columns[i].class()})
	}
	return t
}

// class returns the CSS classes of a column.
func (c *Column) class() string {
	if c.Kind == Text {
		return "t"
	}
	return "n"
}

func (d *Document) groups(columns []int, rows []Row) (out []pageGroup) {
	for _, r := range rows {
		if n := len(out); n == 0 || out[n-1].Heading != r.Group {
			out = append(out, pageGroup{Heading: r.Group})
		}
		cells := make([]pageCell, len(columns))
		for i, at := range columns {
			cells[i] = r.Cells[at].page(&d.Columns[at])
		}
		g := &out[len(out)-1]
		g.Rows = append(g.Rows, cells)
	}
	return out
}

func (c Cell) page(column *Column) pageCell {
	out := pageCell{Text: c.Page, Class: column.class()}
	if c.Mark != "" {
		out.Class += " " + c.Mark
	}
	if column.Kind == Text && utf8.RuneCountInString(c.Text) <= wordMax { // longer ones may be wrapped
		out.Class += " k"
	}
	if c.Page != "" || !c.Known || c.Blank {
		return out
	}
	switch column.Kind {
	case Text:
		out.Text, out.Own = c.Text, true
	case Number:
		out.Text = strconv.FormatInt(c.Number, 10)
	case Truth:
		if c.Number != 0 {
			out.Text = "yes"
		}
	case Time:
		out.Text = duration(c.Number)
	case Gap:
		out.Text = "+" + duration(c.Number)
	case Decimal:
		out.Text = decimal(c.Number)
	}
	return out
}

// duration formats a time in ms as usual in the sport: 28.568, 1:32.512, 1:02:03.004.
func duration(ms int64) string {
	if ms >= 0 && ms < 60_000 {
		return fmt.Sprintf("%d.%03d", ms/1000, ms%1000)
	}
	return (race.Micros(ms) * race.Millisecond).String()
}

// seconds formats a time penalty: +5 s.
func seconds(ms int64) string { return "+" + strconv.FormatFloat(float64(ms)/1000, 'f', -1, 64) + " s" }
