package document

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Formats returns the formats of documents.
func Formats() []string { return []string{"csv", "json", "html"} }

// Write writes the document in a format. The error for an unknown format lists the known ones.
func (d *Document) Write(w io.Writer, format string) error {
	switch format {
	case "csv":
		return d.WriteCSV(w)
	case "json":
		return d.WriteJSON(w)
	case "html":
		return d.WriteHTML(w)
	}
	return fmt.Errorf("%w format %q: allowed are %s", ErrUnknown, format, strings.Join(Formats(), ", "))
}

// WriteCSV writes a header with names and units, and the rows. Missing values are empty.
func (d *Document) WriteCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	columns := d.columns(inCSV)
	line := make([]string, len(columns))
	for i, at := range columns {
		line[i] = d.Columns[at].Heading()
	}
	if err := out.Write(line); err != nil {
		return fmt.Errorf("write %s: %w", d.Name, err)
	}
	for _, r := range d.Rows {
		for i, at := range columns {
			line[i] = r.Cells[at].csv(d.Columns[at].Kind)
		}
		if err := out.Write(line); err != nil {
			return fmt.Errorf("write %s: %w", d.Name, err)
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("write %s: %w", d.Name, err)
	}
	return nil
}

// inJSON is a place that no column is restricted to.
const inJSON where = "json"

// columns returns the columns that are written in a place.
func (d *Document) columns(in where) (out []int) {
	for i := range d.Columns {
		if only := d.Columns[i].only; only == "" || only == in {
			out = append(out, i)
		}
	}
	return out
}

func (c Cell) csv(kind Kind) string {
	switch {
	case !c.Known:
		return ""
	case kind == Text:
		return harmless(c.Text)
	case kind == Truth:
		return strconv.FormatBool(c.Number != 0)
	case kind == Decimal:
		return string(appendThousandths(nil, c.Number))
	}
	return strconv.FormatInt(c.Number, 10)
}

// appendThousandths appends a number of thousandths without trailing zeros.
func appendThousandths(b []byte, n int64) []byte {
	return strconv.AppendFloat(b, float64(n)/1000, 'f', -1, 64)
}

// harmless keeps a spreadsheet from interpreting text as a formula: it adds a quote before a leading special character.
// Source: OWASP, CSV Injection.
func harmless(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r\n", rune(s[0])) {
		return "'" + s
	}
	return s
}

// columnJSON is a column in JSON.
type columnJSON struct {
	Name string  `json:"name"`
	Unit *string `json:"unit"`
	Kind string  `json:"kind"`
}

// documentJSON is the part before the rows.
type documentJSON struct {
	Name    string       `json:"name"`
	Title   string       `json:"title"`
	Race    raceJSON     `json:"race"`
	Result  versionJSON  `json:"result"`
	Columns []columnJSON `json:"columns"`
	Notes   []string     `json:"notes"`
	Rows    []rowJSON    `json:"rows"`
}

// raceJSON describes the race as a whole; unknown values are null. Race time and average speed are the winner's.
type raceJSON struct {
	ID          string   `json:"id"`
	Name        string   `json:"name"`
	Date        *string  `json:"date"`
	Circuit     *string  `json:"circuit"` // its key
	CircuitName *string  `json:"circuit_name"`
	LengthM     *int64   `json:"circuit_length_m"`
	Rules       string   `json:"rules"`
	Laps        *int     `json:"laps"`
	DistanceM   *int64   `json:"distance_m"`
	DurationMS  *int64   `json:"duration_ms"`
	SpeedKMH    *float64 `json:"average_speed_kmh"`
}

func (d *Document) raceJSON() raceJSON {
	f := &d.figures
	return raceJSON{
		ID: string(d.Race.ID), Name: d.Race.Name, Date: known(d.Started), Circuit: known(d.Race.Circuit), CircuitName: known(f.circuit),
		LengthM: known(f.lengthM),
		Rules:   d.Race.Rules.Name, Laps: known(f.laps), DistanceM: known(f.distanceM(f.laps)), DurationMS: known(f.timeMS),
		SpeedKMH: thousandths(f.speed),
	}
}

// known returns a value, or null for the zero value.
func known[T comparable](v T) *T {
	var none T
	if v == none {
		return nil
	}
	return &v
}

func thousandths(n int64) *float64 { return known(float64(n) / 1000) }

type versionJSON struct {
	Version   int     `json:"version"`
	Status    string  `json:"status"`
	Author    string  `json:"author"`
	Reason    string  `json:"reason"`
	Published *string `json:"published"`
	StateHash string  `json:"state_hash"`
}

// rowJSON is an object with the headings as names, in their order.
type rowJSON struct {
	d     *Document
	cells []Cell
}

// MarshalJSON keeps the order of the columns, which a map would lose.
func (r rowJSON) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i, at := range r.d.columns(inJSON) {
		if i > 0 {
			b = append(b, ',')
		}
		c := r.cells[at]
		b = strconv.AppendQuote(b, r.d.Columns[at].Heading()) // column names are plain ASCII
		b = append(b, ':')
		switch kind := r.d.Columns[at].Kind; {
		case !c.Known:
			b = append(b, "null"...)
		case kind == Text:
			s, err := json.Marshal(c.Text)
			if err != nil {
				return nil, fmt.Errorf("write a text: %w", err)
			}
			b = append(b, s...)
		case kind == Truth:
			b = strconv.AppendBool(b, c.Number != 0)
		case kind == Decimal:
			b = appendThousandths(b, c.Number)
		default:
			b = strconv.AppendInt(b, c.Number, 10)
		}
	}
	return append(b, '}'), nil
}

// WriteJSON writes one object: title, race, version of the result, columns, and the rows by name.
func (d *Document) WriteJSON(w io.Writer) error {
	v := &d.Version
	out := documentJSON{
		Name: d.Name, Title: d.Title, Notes: append([]string{}, d.Notes...), Rows: []rowJSON{}, Columns: []columnJSON{},
		Race: d.raceJSON(), Result: versionJSON{v.Version, v.Status.String(), v.Author, v.Reason, known(d.Published), v.StateHash},
	}
	for _, at := range d.columns(inJSON) {
		c := &d.Columns[at]
		one := columnJSON{Name: c.Heading(), Kind: c.Kind.String()}
		if c.Unit != "" {
			one.Unit = &c.Unit
		}
		out.Columns = append(out.Columns, one)
	}
	for _, r := range d.Rows {
		out.Rows = append(out.Rows, rowJSON{d, r.Cells})
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", " ")
	if err := enc.Encode(out); err != nil {
		return fmt.Errorf("write %s: %w", d.Name, err)
	}
	return nil
}
