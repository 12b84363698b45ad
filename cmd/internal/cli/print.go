package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/rivo/uniseg"
	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"lightsout/race"
)

// WriteJSON prints a value for programs: one object, indented.
func WriteJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}

// Flush prints a table.
func Flush(t *tabwriter.Writer) error {
	if err := t.Flush(); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}

// Table is a table of what people named. Its columns are as wide as a terminal shows their text: text/tabwriter counts
// code points, which are two cells wide in Chinese and none where they combine.
type Table struct{ rows [][]string }

// Row adds a row.
func (t *Table) Row(cells ...string) { t.rows = append(t.rows, cells) }

// pad puts a cell beside the room that it leaves in its column. The last column has no other beside it.
type pad func(cell, room string) string

// Left aligns a column to the left.
func Left(cell, room string) string { return cell + room }

// Right aligns a column to the right.
func Right(cell, room string) string { return room + cell }

// Write prints the rows, two spaces between the columns.
func (t *Table) Write(w io.Writer, to pad) error {
	var widths []int
	for _, row := range t.rows {
		widths = append(widths, make([]int, max(0, len(row)-len(widths)))...)
		for i, cell := range row {
			widths[i] = max(widths[i], uniseg.StringWidth(cell))
		}
	}
	for _, row := range t.rows {
		cells := slices.Clone(row)
		for i, cell := range row[:len(row)-1] {
			cells[i] = to(cell, strings.Repeat(" ", widths[i]-uniseg.StringWidth(cell)))
		}
		if _, err := fmt.Fprintln(w, strings.TrimRight(strings.Join(cells, "  "), " ")); err != nil {
			return fmt.Errorf("write: %w", err)
		}
	}
	return nil
}

// Warnings is the log of a command that serves nobody.
func Warnings(w io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

// NewBar draws how far something long has come.
func NewBar(w io.Writer, total int64, more ...progressbar.Option) *progressbar.ProgressBar {
	return progressbar.NewOptions64(total, append([]progressbar.Option{
		progressbar.OptionSetWriter(w), progressbar.OptionClearOnFinish(), progressbar.OptionSetWidth(30),
	}, more...)...)
}

// Bar draws how far something has come, on a terminal.
func Bar(w io.Writer, what string) func(done, total int64) {
	if !term.IsTerminal(int(os.Stderr.Fd())) {
		return func(int64, int64) {}
	}
	var b *progressbar.ProgressBar
	return func(done, total int64) {
		if b == nil {
			b = NewBar(w, total, progressbar.OptionSetDescription(what))
		}
		_ = b.Set64(done) // only drawing
	}
}

// Plural is a word in the number that n asks for.
func Plural(n int, word string) string {
	if n == 1 {
		return word
	}
	return word + "s"
}

// TimeText is a time or a gap in ms, with three decimals and after a sign; "-" for a negative one, which stands for none.
func TimeText(ms int64, sign string) string {
	if ms < 0 {
		return "-"
	}
	if sign != "" && ms < 60_000 {
		return fmt.Sprintf("%s%d.%03d", sign, ms/1000, ms%1000)
	}
	return sign + (race.Micros(ms) * race.Millisecond).String()
}
